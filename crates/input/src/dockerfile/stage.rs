//! Build stages and the images they start from.

use ringwall_model::Span;

use super::{FromClause, Instruction, Shell, Word};
use crate::image_reference::DOCKER_HUB_HOSTS;

/// A build stage: FROM and all instructions up to the next FROM.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Position among the stages, from 0.
    pub index: usize,
    /// The name behind AS.
    pub name: Option<Word>,
    /// The arguments of FROM.
    pub from: FromClause,
    /// What FROM means after substitution of global ARGs.
    pub base: Base,
    /// The instructions in order; the first is the FROM.
    ///
    /// A FROM with stray words is [`super::InstructionKind::Invalid`] but starts a stage all the same,
    /// so that what follows is not taken for a part of the stage before.
    pub instructions: Vec<Instruction>,
    /// The shell at the start of the stage.
    pub shell: Shell,
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image outside this file.
    Image(ImageRef),
    /// Not known before the build.
    Unresolved {
        /// The variables without a default; empty when FROM has no readable image.
        variables: Vec<String>,
    },
}

impl Base {
    /// The external image.
    pub fn image(&self) -> Option<&ImageRef> {
        match self {
            Self::Image(image) => Some(image),
            _ => None,
        }
    }
}

/// An image reference in its parts, none of them filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageRef {
    /// Host and port; `None` means Docker Hub.
    pub registry: Option<String>,
    /// The path without registry: `library/alpine`, `alpine`, `kubernetes/pause`.
    pub repository: String,
    /// What follows `:`.
    pub tag: Option<String>,
    /// What follows `@`, with its algorithm.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Takes a reference apart; any text gives some parts.
    pub fn parse(text: &str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (registry, rest) = match rest.split_once('/') {
            Some((first, path))
                if first.contains(['.', ':'])
                    || first == "localhost"
                    || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
            {
                (Some(first.to_owned()), path)
            }
            _ => (None, rest),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
            _ => (rest, None),
        };
        Self {
            registry,
            repository: repository.to_owned(),
            tag,
            digest,
        }
    }

    /// Whether the image is on Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        let registry = self.registry.as_deref();
        registry.is_none_or(|registry| DOCKER_HUB_HOSTS.contains(&registry))
    }

    /// The last component of the repository: `alpine` of `docker.io/library/alpine`.
    pub fn short_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or("")
    }

    /// `docker.io/library/alpine` for `alpine`: registry and repository with the defaults filled in.
    pub fn full_name(&self) -> String {
        if self.is_docker_hub() {
            let library = if self.repository.contains('/') {
                ""
            } else {
                "library/"
            };
            return format!("docker.io/{library}{}", self.repository);
        }
        format!(
            "{}/{}",
            self.registry.as_deref().unwrap_or(""),
            self.repository
        )
    }

    /// Whether it is known to hold Windows, where the default shell is `cmd`.
    pub fn is_windows(&self) -> bool {
        self.registry
            .as_deref()
            .is_some_and(|registry| registry.eq_ignore_ascii_case("mcr.microsoft.com"))
            && (self.repository == "windows" || self.repository.starts_with("windows/"))
            || self.is_docker_hub()
                && ["microsoft/windowsservercore", "microsoft/nanoserver"]
                    .contains(&self.repository.as_str())
    }
}

/// The USER that a stage ends with.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveUser<'a> {
    /// The stage that sets it: the one asked for, or one it is based on.
    pub stage: &'a Stage,
    /// The instruction that sets it.
    pub instruction: &'a Instruction,
    /// What it says.
    pub user: &'a super::User,
}

impl EffectiveUser<'_> {
    /// Where the user is named.
    pub fn span(&self) -> Span {
        self.user.word.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: (Option<&str>, &str, Option<&str>, Option<&str>)) {
        let image = ImageRef::parse(text);
        let parts = (
            image.registry.as_deref(),
            image.repository.as_str(),
            image.tag.as_deref(),
            image.digest.as_deref(),
        );
        assert_eq!(parts, expected, "{text}");
    }

    #[test]
    fn references_are_taken_apart() {
        check("alpine", (None, "alpine", None, None));
        check("alpine:3.20", (None, "alpine", Some("3.20"), None));
        check(
            "a/b:1@sha256:00",
            (None, "a/b", Some("1"), Some("sha256:00")),
        );
        check("ghcr.io/a/b", (Some("ghcr.io"), "a/b", None, None));
        check("localhost/b:1", (Some("localhost"), "b", Some("1"), None));
        check("host:5000/b", (Some("host:5000"), "b", None, None));
        check("host:5000/b:1", (Some("host:5000"), "b", Some("1"), None));
        check("", (None, "", None, None));
    }

    #[test]
    fn names_are_filled_in_as_docker_does() {
        assert_eq!(
            ImageRef::parse("alpine").full_name(),
            "docker.io/library/alpine"
        );
        assert_eq!(
            ImageRef::parse("docker.io/a/b:1").full_name(),
            "docker.io/a/b"
        );
        assert_eq!(ImageRef::parse("quay.io/a/b").full_name(), "quay.io/a/b");
        assert_eq!(ImageRef::parse("quay.io/a/b:2").short_name(), "b");
        assert!(ImageRef::parse("mcr.microsoft.com/windows/servercore:ltsc2022").is_windows());
        assert!(!ImageRef::parse("mcr.microsoft.com/dotnet/sdk:8.0").is_windows());
    }
}
