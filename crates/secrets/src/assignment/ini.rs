//! Settings of INI files, which are written without quotes: `password = hunter2` below `[section]`.

/// How far before a setting its section is looked for.
const REACH: usize = 2 * 1024;
/// Over how many lines.
const LINES: usize = 40;

/// Whether a name that begins at `key` and a value that ends at `end` have a line for themselves, and stand below
/// the head of a section, with nothing but settings and comments between.
pub(super) fn is_setting(text: &str, key: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let rest = bytes.get(end..).unwrap_or_default();
    let mut rest = rest
        .iter()
        .skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    if !matches!(rest.next(), None | Some(b'\n')) {
        return false;
    }
    let before = bytes.get(key.saturating_sub(REACH)..key);
    let mut lines = before.unwrap_or_default().rsplit(|byte| *byte == b'\n');
    let is_first = lines
        .next()
        .is_some_and(|line| line.trim_ascii().is_empty());
    is_first
        && lines
            .take(LINES)
            .map(<[u8]>::trim_ascii)
            .find(|line| !is_between(line))
            .is_some_and(is_head)
}

/// `[section]`, and no list and no attribute of a program.
fn is_head(line: &[u8]) -> bool {
    let name = line
        .strip_prefix(b"[")
        .and_then(|line| line.strip_suffix(b"]"));
    name.is_some_and(|name| {
        !name.is_empty() && !name.iter().any(|byte| br#"[](){}"',;="#.contains(byte))
    })
}

/// A setting, a comment or a blank line.
fn is_between(line: &[u8]) -> bool {
    let name = line.split(|byte| matches!(byte, b'=' | b':')).next();
    let name = name.unwrap_or_default();
    line.is_empty()
        || line.starts_with(b"#")
        || line.starts_with(b";")
        || (name.len() < line.len()
            && !line.ends_with(b";")
            && !line.ends_with(b"{")
            && !name.iter().any(|byte| b"[](){}\"'".contains(byte)))
}
