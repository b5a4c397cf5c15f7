//! Who is trusted, where certificates name the signer.

use regex::{Regex, RegexBuilder};

use crate::TrustError;

/// Bytes that a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// What a name has to be.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This, letter by letter.
    Exact(String),
    /// All of it matches.
    Regex(Regex),
}

impl Pattern {
    /// A regular expression that the whole name has to match, whether or not it has anchors.
    pub fn regex(pattern: &str) -> Result<Self, TrustError> {
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .size_limit(MAX_PATTERN_BYTES)
                .build()
        };
        // By itself first: what closes a group and opens another would stand outside of the anchors.
        compile(pattern)
            .and_then(|_| compile(&format!(r"\A(?:{pattern})\z")))
            .map(Self::Regex)
            .map_err(|error| TrustError::Pattern {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            })
    }

    /// Whether a name is what it has to be.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(wanted) => wanted == name,
            Self::Regex(regex) => regex.is_match(name),
        }
    }
}

/// Who is trusted: a subject, and the issuer that knows it.
///
/// One without the other says little: an issuer vouches for everybody whom it knows, and any issuer could claim a name.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The OpenID issuer: `https://token.actions.githubusercontent.com`.
    pub issuer: Pattern,
    /// The mail address, or the address of the workflow.
    pub subject: Pattern,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_counts() {
        let check = |pattern: &str, name: &str| Pattern::regex(pattern).unwrap().matches(name);
        assert!(check(
            "https://github.com/shop/.*",
            "https://github.com/shop/a"
        ));
        assert!(!check(
            "github.com/shop/.*",
            "https://evil/github.com/shop/"
        ));
        assert!(!check(".*@shop.example", "a@shop.example.evil"));
        assert!(!check("a@shop", "a@shop\nb"));
        assert!(!check("a@shop\n?", "a@shop\n\n"));
        assert!(check("a|b", "b"));
        assert!(!check("a|b", "ab"));
        assert!(!check("(?m)^a$", "a\nb"));
        assert!(!check("(?im)A$", "x\na"));
    }

    #[test]
    fn patterns_that_would_leave_their_anchors_are_refused() {
        for wrong in ["a)|(?:b", "(", "(?x)a # b", r"\q", "a{1000}{1000}{1000}"] {
            assert!(
                matches!(Pattern::regex(wrong), Err(TrustError::Pattern { .. })),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_exact_name_is_no_pattern() {
        let exact = Pattern::Exact("a.b".to_owned());
        assert!(exact.matches("a.b"));
        assert!(!exact.matches("axb"));
    }
}
