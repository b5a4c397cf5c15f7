//! Texts that have the form of a secret and stand for one.

/// Words that an author writes where a reader is to put a secret.
const WORDS: [&str; 16] = [
    "example",
    "placeholder",
    "redacted",
    "changeme",
    "change_me",
    "change-me",
    "replace",
    "insert",
    "dummy",
    "fake",
    "sample",
    "your_",
    "your-",
    "yourtoken",
    "xxxx",
    "notreal",
];

/// Runs that nobody gets from a random generator.
const RUNS: [&str; 6] = [
    "1234567890",
    "0123456789",
    "abcdefghij",
    "abcdef0123",
    "0000000000",
    "1111111111",
];

/// The longest secret that is searched for words: in a long one they stand by chance.
const SEARCHED: usize = 200;

/// Whether a text with the form of a token is a documented or an obvious stand-in, such as
/// the AWS documentation's keys that end in `EXAMPLE`.
pub(crate) fn is_placeholder(secret: &str) -> bool {
    if ["...", "***", "${", "$(", "{{", "<", "…"]
        .iter()
        .any(|mark| secret.contains(mark))
    {
        return true;
    }
    if secret.len() > SEARCHED {
        return false;
    }
    let lower = secret.to_ascii_lowercase();
    WORDS.iter().chain(&RUNS).any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_keys_are_placeholders() {
        assert!(is_placeholder("AKIAIOSFODNN7EXAMPLE"));
        assert!(is_placeholder("abcdef.0123456789abcdef"));
        assert!(is_placeholder("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx"));
        assert!(is_placeholder("glpat-<token>"));
        assert!(!is_placeholder("AKIAQ4TZ7NWM2RKVB5CE"));
    }
}
