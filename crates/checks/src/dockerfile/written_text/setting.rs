//! Settings in a text: a key, a separator and a word.

/// Where `key` gets a value that `is_bad`: a range from the key to the end of the value.
///
/// Keys are compared without regard to case and given in lower case, as values are.
pub(in crate::dockerfile) fn setting(
    text: &str,
    key: &str,
    is_bad: fn(&str) -> bool,
) -> Option<(usize, usize)> {
    setting_at(text, key, |_, _| true, is_bad)
}

/// The same where `is_place` accepts what stands before the key on its line, and what behind it.
pub(in crate::dockerfile) fn setting_at(
    text: &str,
    key: &str,
    is_place: fn(&str, &str) -> bool,
    is_bad: fn(&str) -> bool,
) -> Option<(usize, usize)> {
    // What printf makes lines of ends a word as well; places stay the same.
    let lower = text
        .to_ascii_lowercase()
        .replace("\\n", "\n\n")
        .replace("\\t", "\t\t");
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find(key) {
        let start = from + at;
        let end = start + key.len();
        let rest = lower.get(end..)?;
        let value = rest.trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
        let length = value.find(|byte: char| !byte.is_ascii_alphanumeric());
        let length = length.unwrap_or(value.len());
        let is_key = value.len() < rest.len();
        // The key itself is not the end of a longer word, nor is its line a comment.
        let before = lower.get(..start)?;
        let is_word = !before.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_');
        let line = before.rsplit('\n').next().unwrap_or("");
        let is_comment = line.trim_start().starts_with(['#', ';']);
        if is_key && is_word && !is_comment && is_place(line, rest) && is_bad(value.get(..length)?)
        {
            return Some((start, end + (rest.len() - value.len()) + length));
        }
        from = end;
    }
    None
}

/// Whether a value switches something off.
pub(in crate::dockerfile) fn is_off(value: &str) -> bool {
    matches!(value, "0" | "false" | "no" | "off")
}

/// Whether a value switches something on.
pub(in crate::dockerfile) fn is_on(value: &str) -> bool {
    matches!(value, "1" | "true" | "yes" | "on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_whole_words() {
        let bad = |text: &str| setting(text, "gpgcheck", is_off).is_some();
        assert!(bad("gpgcheck=0"));
        assert!(bad("[x]\ngpgcheck = no\n"));
        assert!(bad(r"[x]\ngpgcheck=0\n"));
        assert!(!bad(r"[x]\n#gpgcheck=0\n"));
        assert!(!bad("gpgcheck=1"));
        assert!(!bad("repo_gpgcheckx=0"));
        // Of the list of packages, and not of them.
        assert!(!bad("gpgcheck=1\nrepo_gpgcheck=0\n"));
        assert!(!bad("#gpgcheck=0"));
        assert!(!bad("gpgcheck"));
    }
}
