//! Which repositories and tags are meant: `registry.example`, `registry.example/team/*`, `registry.example/team/shop:1.*`.

use globset::{GlobBuilder, GlobMatcher};

/// A registry, repositories in it, and tags.
#[derive(Clone, Debug)]
pub struct RegistryPattern {
    /// The registry.
    pub registry: String,
    /// The repository, where it is one; else all of the registry have to be asked for.
    pub repository: Option<String>,
    /// The tag, where it is one of one repository, and so has to be there.
    pub tag: Option<String>,
    repositories: GlobMatcher,
    tags: Option<GlobMatcher>,
}

/// Why a text is no such pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryPatternError {
    /// What stands before the first slash is no registry.
    #[error("`{0}` begins with no registry; of Docker Hub, write docker.io/library/nginx")]
    Registry(String),
    /// A digest names one manifest, and the question is what tags name.
    #[error("`{0}` has a digest; name the repository, or tags of it")]
    Digest(String),
    /// It is no pattern.
    #[error("`{pattern}`: {reason}")]
    Pattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl RegistryPattern {
    /// Reads `REGISTRY[/REPOSITORY[:TAG]]`. In repositories, `*` stays within a part of the path and `**` crosses slashes.
    pub fn parse(text: &str) -> Result<Self, RegistryPatternError> {
        if text.contains('@') {
            return Err(RegistryPatternError::Digest(text.to_owned()));
        }
        let (registry, rest) = match text.split_once('/') {
            Some((registry, rest)) => (registry, Some(rest)),
            None => (text, None),
        };
        let is_registry = registry.contains(['.', ':']) || registry == "localhost";
        if !is_registry || registry.contains(['*', '?', '{']) || rest == Some("") {
            return Err(RegistryPatternError::Registry(text.to_owned()));
        }
        let (path, tag) = match rest.and_then(|rest| rest.rsplit_once(':')) {
            Some((path, tag)) => (Some(path), Some(tag)),
            None => (rest, None),
        };
        let glob = |pattern: &str| {
            let built = GlobBuilder::new(pattern).literal_separator(true).build();
            let built = built.map(|it| it.compile_matcher());
            built.map_err(|error| RegistryPatternError::Pattern {
                pattern: text.to_owned(),
                reason: error.kind().to_string(),
            })
        };
        let is_written_out = |text: &str| !text.contains(['*', '?', '[', '{', '\\']);
        let is_one = path.is_some_and(is_written_out);
        Ok(Self {
            registry: registry.to_owned(),
            repository: path.filter(|_| is_one).map(str::to_owned),
            tag: tag
                .filter(|tag| is_one && is_written_out(tag))
                .map(str::to_owned),
            repositories: glob(path.unwrap_or("**"))?,
            tags: tag.map(glob).transpose()?,
        })
    }

    /// Whether a repository of the registry is meant, by its path.
    pub fn has_repository(&self, path: &str) -> bool {
        self.repositories.is_match(path)
    }

    /// Whether a tag is meant.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.is_match(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_repositories_and_tags_are_told_apart() {
        let parse = |text: &str| RegistryPattern::parse(text).unwrap();
        let all = parse("localhost:5000");
        assert_eq!((&*all.registry, &all.repository), ("localhost:5000", &None));
        assert!(all.has_repository("team/deep/shop") && all.has_tag("1"));
        let team = parse("shop.example/team/*");
        assert!(team.has_repository("team/shop") && !team.has_repository("team/deep/shop"));
        assert!(!team.has_repository("teams/shop"));
        assert_eq!(team.repository, None);
        assert!(parse("shop.example/team/**").has_repository("team/deep/shop"));
        let one = parse("shop.example/team/shop:1.*");
        assert_eq!(one.repository.as_deref(), Some("team/shop"));
        assert!(one.has_tag("1.2") && !one.has_tag("2.1"));
        assert_eq!(one.tag, None);
        let tagged = parse("shop.example/team/shop:1.2");
        assert_eq!(tagged.tag.as_deref(), Some("1.2"));
        // Of several repositories, not each needs to have it.
        assert_eq!(parse("shop.example/team/*:1.2").tag, None);
        // The last colon stands before the tag, and one in the registry is none of them.
        let port = parse("shop.example:5000/web");
        assert_eq!(port.repository.as_deref(), Some("web"));
        assert!(port.has_tag("anything"));
    }

    #[test]
    fn what_names_no_registry_is_refused() {
        for wrong in [
            "",
            "nginx",
            "library/nginx",
            "*.example/x",
            "shop.example/",
            "/x",
        ] {
            let error = RegistryPattern::parse(wrong).unwrap_err();
            assert_eq!(error, RegistryPatternError::Registry(wrong.to_owned()));
        }
        let digest = "shop.example/web@sha256:00";
        let error = RegistryPattern::parse(digest).unwrap_err();
        assert_eq!(error, RegistryPatternError::Digest(digest.to_owned()));
        let error = RegistryPattern::parse("shop.example/[")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("`shop.example/[`: "), "{error}");
    }
}
