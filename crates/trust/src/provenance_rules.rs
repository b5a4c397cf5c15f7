//! How an image has to have been built: rules over SLSA's provenance.

use crate::{Pattern, Provenance, statement::repository};

/// Who has to have built something, and from which source. What provenance does not say is not as it has to be.
#[derive(Clone, Debug, Default)]
pub struct ProvenanceRules {
    /// The id of the builder.
    pub builder: Option<Pattern>,
    /// Where the source has to be kept. A name without `git+` and without a branch or tag behind `@` stands for any of
    /// these; a pattern is held against the whole URI.
    pub source: Option<Pattern>,
}

impl ProvenanceRules {
    /// Why something was not built as it has to be; `None` if it was.
    pub fn refusal(&self, provenance: &Provenance) -> Option<String> {
        if let Some(wanted) = &self.builder {
            match &provenance.builder {
                None => return Some("it does not say who built it".to_owned()),
                Some(builder) if !wanted.matches(builder) => {
                    return Some(format!("it was built by another builder: {builder}"));
                }
                Some(_) => {}
            }
        }
        if let Some(wanted) = &self.source {
            match &provenance.source {
                None => return Some("it does not say from what source it was built".to_owned()),
                Some(source) if !is_source(wanted, source) => {
                    return Some(format!("it was built from another source: {source}"));
                }
                Some(_) => {}
            }
        }
        None
    }
}

fn is_source(wanted: &Pattern, source: &str) -> bool {
    let Pattern::Exact(name) = wanted else {
        return wanted.matches(source);
    };
    let bare = source.strip_prefix("git+").unwrap_or(source);
    [source, bare].contains(&&**name) || (repository(name) == repository(source) && is_plain(name))
}

/// Whether a name stands for a repository, with nothing behind it that tells one state from another.
fn is_plain(name: &str) -> bool {
    let bare = name.strip_prefix("git+").unwrap_or(name);
    bare.strip_suffix(".git").unwrap_or(bare) == repository(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(builder: Option<&str>, source: Option<&str>, found: [Option<&str>; 2]) -> String {
        let exact = |name: Option<&str>| name.map(|name| Pattern::Exact(name.to_owned()));
        let rules = ProvenanceRules {
            builder: exact(builder),
            source: exact(source),
        };
        let [builder, source] = found.map(|it| it.map(str::to_owned));
        let provenance = Provenance {
            builder,
            source,
            commit: None,
        };
        rules.refusal(&provenance).unwrap_or_default()
    }

    #[test]
    fn the_builder_is_the_one_that_is_wanted() {
        let runner = "https://github.com/actions/runner";
        assert_eq!(refusal(Some(runner), None, [Some(runner), None]), "");
        let longer = format!("{runner}/evil");
        assert_eq!(
            refusal(Some(runner), None, [Some(&longer), None]),
            format!("it was built by another builder: {longer}")
        );
        assert_eq!(
            refusal(Some(runner), None, [None, None]),
            "it does not say who built it"
        );
    }

    #[test]
    fn a_source_is_one_whatever_its_branch_unless_one_is_wanted() {
        let shop = "https://github.com/shop/app";
        for found in [
            "https://github.com/shop/app",
            "git+https://github.com/shop/app",
            "git+https://github.com/shop/app@refs/heads/main",
            "https://github.com/shop/app.git#refs/heads/main",
        ] {
            assert_eq!(
                refusal(None, Some(shop), [None, Some(found)]),
                "",
                "{found}"
            );
        }
        let main = "git+https://github.com/shop/app@refs/heads/main";
        assert_eq!(refusal(None, Some(main), [None, Some(main)]), "");
        let by_ssh = "git+ssh://git@github.com/shop/app";
        let tagged = format!("{by_ssh}@refs/tags/v1");
        assert_eq!(refusal(None, Some(by_ssh), [None, Some(&tagged)]), "");
        for (wanted, found) in [
            (shop, "https://github.com/shop/app2"),
            (shop, "https://github.com/shop/app/evil"),
            (shop, "https://github.com/shop/app@evil/x"),
            (shop, "https://github.com/shop@evil/shop/app"),
            (shop, "http://github.com/shop/app"),
            (main, "git+https://github.com/shop/app@refs/heads/other"),
            (main, "git+https://github.com/shop/app"),
            ("git+ssh://git", by_ssh),
        ] {
            let said = refusal(None, Some(wanted), [None, Some(found)]);
            assert_eq!(said, format!("it was built from another source: {found}"));
        }
        assert_eq!(
            refusal(None, Some(shop), [Some("b"), None]),
            "it does not say from what source it was built"
        );
    }

    #[test]
    fn a_pattern_is_held_against_all_of_the_source() {
        let rules = ProvenanceRules {
            builder: None,
            source: Some(
                Pattern::regex(r"git\+https://github\.com/shop/[a-z]+@refs/tags/v.*").unwrap(),
            ),
        };
        let of = |source: &str| {
            let provenance = Provenance {
                source: Some(source.to_owned()),
                ..Provenance::default()
            };
            rules.refusal(&provenance).is_none()
        };
        assert!(of("git+https://github.com/shop/app@refs/tags/v1"));
        assert!(!of("git+https://github.com/shop/app@refs/heads/main"));
        assert!(!of("evil git+https://github.com/shop/app@refs/tags/v1"));
    }
}
