//! What may be shown of a secret.

/// The most characters of a secret that are ever shown.
const SHOWN: usize = 4;

/// The secret's beginning and `****`: enough to recognise it, too little to use it.
///
/// Shows at most four characters and at most a quarter; the rest is always the same four stars,
/// so that the length stays unknown. Line breaks and control characters are never shown.
pub fn redact(secret: &str) -> String {
    let mut redacted: String = secret
        .chars()
        .take(shown_characters(secret))
        .take_while(|character| !character.is_control())
        .collect();
    redacted.push_str("****");
    redacted
}

/// How many characters of a secret are shown, from its first one on.
pub(crate) fn shown_characters(secret: &str) -> usize {
    SHOWN.min(secret.chars().count() / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_a_quarter_is_shown() {
        assert_eq!(redact(""), "****");
        assert_eq!(redact("abc"), "****");
        assert_eq!(redact("hunter2"), "h****");
        assert_eq!(redact("ghp_0123456789abcdef"), "ghp_****");
        assert_eq!(redact("ééééèèèè"), "éé****");
        assert_eq!(redact("a\nb1234567890abcdef"), "a****");
    }
}
