//! Names with `*` at the front, at the end, or both.

/// A pattern of names; a `*` anywhere but at its ends stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(String);

/// The form of patterns that Gatekeeper's schema allows.
pub(crate) const PATTERN: &str = r"^\*?[-:a-z0-9]*\*?$";

impl Wildcard {
    /// The pattern as it is written.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        let pattern = self.0.as_str();
        match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
            (Some(end), None) => name.ends_with(end),
            (None, Some(start)) => name.starts_with(start),
            (None, None) => name == pattern,
        }
    }

    /// Whether every name made from a `generateName` fits; what the server appends is not known.
    pub fn matches_generate_name(&self, prefix: &str) -> bool {
        self.0.ends_with('*') && self.matches(prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_at_the_ends() {
        for (pattern, name, fits) in [
            ("kube-system", "kube-system", true),
            ("kube-system", "kube-public", false),
            ("kube-*", "kube-system", true),
            ("kube-*", "my-kube-system", false),
            ("*-system", "kube-system", true),
            ("*-system", "kube-system-2", false),
            ("*-kube-*", "my-kube-system", true),
            ("*-kube-*", "my-kub", false),
            ("kube-", "kube-system", false),
            ("*", "anything", true),
            ("**", "anything", true),
        ] {
            assert_eq!(
                Wildcard::new(pattern).matches(name),
                fits,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn generated_names_need_a_star_at_the_end() {
        for (pattern, prefix, fits) in [
            ("web-*", "web-", true),
            ("*web*", "my-web-", true),
            ("web-", "web-", false),
            ("*web-", "web-", false),
            ("other-*", "web-", false),
        ] {
            let wildcard = Wildcard::new(pattern);
            assert_eq!(
                wildcard.matches_generate_name(prefix),
                fits,
                "{pattern} {prefix}"
            );
        }
    }
}
