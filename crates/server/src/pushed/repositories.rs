//! Which repositories are asked for what was pushed: those that the configuration names, and no others.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_input::image_reference::ImageReference;

use crate::wire::notification::Push;

/// Repositories, as patterns over `registry/path`, each with its registry written out.
#[derive(Clone, Debug)]
pub struct Repositories {
    registries: Vec<String>,
    patterns: GlobSet,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pattern '{pattern}' {reason}")]
pub struct RepositoryPatternError {
    pattern: String,
    reason: String,
}

impl Repositories {
    /// Compiles patterns; `*` stays within a part of the path, `**` crosses slashes, and one without either covers
    /// everything below it.
    ///
    /// # Errors
    ///
    /// For a malformed pattern, and for one whose registry is a pattern itself: nobody but the configuration says
    /// who is asked.
    pub fn new(patterns: &[String]) -> Result<Self, RepositoryPatternError> {
        let mut registries: Vec<String> = Vec::new();
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let error = |reason: String| RepositoryPatternError {
                pattern: pattern.clone(),
                reason,
            };
            let (registry, _) = pattern.split_once('/').unwrap_or((pattern, ""));
            let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
            if is_pattern(registry) {
                let reason = "has a pattern for its registry; name each registry".to_owned();
                return Err(error(reason));
            }
            if registry != "localhost" && !registry.contains(['.', ':']) {
                return Err(error(format!(
                    "names no registry; write registry.example.com/{pattern}"
                )));
            }
            let mut add = |text: &str| {
                let glob = GlobBuilder::new(text).literal_separator(true).build();
                set.add(glob.map_err(|glob| error(format!("cannot be used: {}", glob.kind())))?);
                Ok(())
            };
            add(pattern)?;
            if !is_pattern(pattern) {
                add(&format!("{}/**", pattern.trim_end_matches('/')))?;
            }
            if !registries.iter().any(|known| known == registry) {
                registries.push(registry.to_owned());
            }
        }
        let patterns = set.build().map_err(|error| RepositoryPatternError {
            pattern: patterns.join(", "),
            reason: error.kind().to_string(),
        })?;
        Ok(Self {
            registries,
            patterns,
        })
    }

    /// The reference by which something that was pushed is asked for. Where several registries are configured, the
    /// notification chooses among them; it never adds one.
    pub fn image(&self, push: &Push) -> Option<String> {
        let registry = match &*self.registries {
            [only] => only,
            several => {
                let host = push.host.as_deref()?;
                several.iter().find(|known| *known == host)?
            }
        };
        self.known(&format!("{registry}/{}@{}", push.repository, push.digest))
    }

    /// The reference, where it is about a repository that is configured, and by digest.
    pub(super) fn known(&self, image: &str) -> Option<String> {
        let reference = ImageReference::parse(image).ok()?;
        let (name, digest) = (reference.name(), reference.digest?);
        // Nothing else is in it: no tag, no second host, no name that means another one.
        let is_same = format!("{name}@{digest}") == image;
        let registry = name.split('/').next().unwrap_or_default();
        let is_of_ours = self.registries.iter().any(|known| known == registry);
        (is_same && is_of_ours && self.patterns.is_match(&*name)).then(|| image.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repositories(patterns: &[&str]) -> Result<Repositories, String> {
        let patterns: Vec<_> = patterns.iter().map(|&it| it.to_owned()).collect();
        Repositories::new(&patterns).map_err(|error| error.to_string())
    }

    fn asked(repositories: &Repositories, host: Option<&str>, repository: &str) -> Option<String> {
        let push = Push {
            host: host.map(str::to_owned),
            repository: repository.to_owned(),
            digest: format!("sha256:{}", "a".repeat(64)),
            tag: None,
        };
        let image = repositories.image(&push)?;
        Some(image.split('@').next()?.to_owned())
    }

    #[test]
    fn nobody_but_the_configuration_says_who_is_asked() {
        let one = repositories(&["registry.example.com:5000/shop/**"]).unwrap();
        let found = Some("registry.example.com:5000/shop/web".to_owned());
        // As the registry calls itself is nobody's concern.
        assert_eq!(asked(&one, Some("10.0.0.7:5000"), "shop/web"), found);
        assert_eq!(asked(&one, None, "shop/web"), found);
        for repository in [
            "bank/web",
            "",
            "shop/../bank/web",
            "shop/web:1",
            "shop/Web",
            "/shop/web",
            "shop//web",
            "shop/web@x",
            "@elsewhere.example/shop/web",
            "shop/web?x=y",
            "shop/web#",
            "shop/\u{0}",
        ] {
            assert_eq!(asked(&one, None, repository), None, "{repository}");
        }
        let two = repositories(&["a.example.com/**", "b.example.com"]).unwrap();
        let found = Some("b.example.com/web".to_owned());
        assert_eq!(asked(&two, Some("b.example.com"), "web"), found);
        for host in [
            None,
            Some("c.example.com"),
            Some("b.example.com/web@c.example.com"),
        ] {
            assert_eq!(asked(&two, host, "web"), None, "{host:?}");
        }
    }

    #[test]
    fn patterns_name_their_registry() {
        let check = |pattern: &str, expected: &str| {
            let error = repositories(&[pattern]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("*.example.com/**", "name each registry");
        check("**", "name each registry");
        check("shop/**", "write registry.example.com/shop/**");
        check("a.example.com/{", "cannot be used");
        let none = repositories(&[]).unwrap();
        assert_eq!(asked(&none, Some("a.example.com"), "web"), None);
    }
}
