//! Values that only a cluster can read: those of a `SealedSecret`.

/// How far before a value its parent is looked for.
const REACH: usize = 64 * 1024;

/// Whether a value is encrypted: it stands below `encryptedData`, and begins with the length of a key as all of those do.
///
/// See: <https://github.com/bitnami-labs/sealed-secrets>
pub(super) fn is_sealed(text: &str, key: usize, value: &str) -> bool {
    value.starts_with("Ag") && is_below(text.as_bytes(), key, b"encryptedData")
}

/// Whether the nearest field of a name before a place is one around it.
fn is_below(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    // With the first letter of its own name, so that its line is not blank.
    let before = bytes.get(at.saturating_sub(REACH)..=at).unwrap_or_default();
    let Some(parent) = memchr::memmem::rfind(before, name) else {
        return false;
    };
    let line = memchr::memrchr(b'\n', before.get(..parent).unwrap_or_default());
    let mut lines = before
        .get(line.map_or(0, |line| line + 1)..)
        .unwrap_or_default()
        .split(|byte| *byte == b'\n');
    let indentation = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let outer = lines.next().map_or(0, indentation);
    // What follows on the line of the parent is in it until a brace closes it.
    let rest = before.get(parent..).unwrap_or_default();
    !rest.contains(&b'}')
        && lines.all(|line| line.trim_ascii().is_empty() || indentation(line) > outer)
}
