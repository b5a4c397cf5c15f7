//! The names of container images.
//!
//! Reads what container runtimes read; never asks a registry.
//! See: <https://pkg.go.dev/github.com/distribution/reference>

use std::{borrow::Cow, fmt};

const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_INDEX: &str = "index.docker.io";

/// The hosts that serve the images of Docker Hub.
pub const DOCKER_HUB_HOSTS: [&str; 4] = [
    DOCKER_HUB,
    DOCKER_HUB_INDEX,
    "registry-1.docker.io",
    "registry.hub.docker.com",
];

const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// An image's name, in parts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// Host and port, if written. See [`ImageReference::domain`] for what stands in for it.
    pub registry: Option<&'a str>,
    /// The path in the registry, as written. See [`ImageReference::path`] for what is implied.
    pub repository: &'a str,
    /// The tag, if written.
    pub tag: Option<&'a str>,
    /// The digest with its algorithm, if written.
    pub digest: Option<&'a str>,
}

/// Why a text is no image's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageReferenceError {
    /// No repository is named.
    NoRepository,
    /// Hexadecimal digits that are an image's id: 64 of them, or any behind `sha256:` to the runtime of a node.
    IsIdentifier,
    /// The part before the first slash is no host with an optional port.
    Registry(String),
    /// The repository has upper case letters.
    UppercaseRepository(String),
    /// A part of the repository is empty or holds what it must not.
    Repository(String),
    /// The repository is longer than 255 bytes; how long it is.
    LongRepository(usize),
    /// The tag is empty, longer than 128 bytes, or holds what it must not.
    Tag(String),
    /// The digest is no algorithm, colon and hexadecimal digits.
    Digest(String),
    /// No such digest algorithm is known.
    DigestAlgorithm(String),
    /// The digest is not as long as its algorithm makes it.
    DigestLength {
        /// `sha256`, `sha384` or `sha512`.
        algorithm: String,
        /// How many digits it has.
        found: usize,
        /// How many digits it should have.
        expected: usize,
    },
}

impl<'a> ImageReference<'a> {
    /// Reads an image's name as container runtimes do.
    pub fn parse(text: &'a str) -> Result<Self, ImageReferenceError> {
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(ImageReferenceError::IsIdentifier);
        }
        let (registry, remainder) = split_registry(text);
        let (named, digest) = split_at(remainder, b'@');
        let (repository, tag) = split_at(named, b':');
        if let Some(registry) = registry
            && !is_domain(registry)
            && !is_path_component(registry.as_bytes())
        {
            return Err(ImageReferenceError::Registry(registry.to_owned()));
        }
        check_repository(repository)?;
        if let Some(tag) = tag
            && !is_tag(tag)
        {
            return Err(ImageReferenceError::Tag(tag.to_owned()));
        }
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        let reference = Self {
            registry,
            repository,
            tag,
            digest,
        };
        // The bound is on the path, with the `library/` that may be implied.
        let implied = if reference.is_official() {
            "library/".len()
        } else {
            0
        };
        let length = implied + reference.repository.len();
        if length > LONGEST_REPOSITORY {
            return Err(ImageReferenceError::LongRepository(length));
        }
        Ok(reference)
    }

    /// The registry that is asked: Docker Hub if none is written.
    pub fn domain(&self) -> &'a str {
        match self.registry {
            None | Some(DOCKER_HUB_INDEX) => DOCKER_HUB,
            Some(registry) => registry,
        }
    }

    /// The path in the registry, with the `library/` that Docker Hub implies.
    pub fn path(&self) -> Cow<'a, str> {
        if self.is_official() {
            Cow::Owned(format!("library/{}", self.repository))
        } else {
            Cow::Borrowed(self.repository)
        }
    }

    /// Whether Docker Hub implies `library/`.
    fn is_official(&self) -> bool {
        self.domain() == DOCKER_HUB && !self.repository.as_bytes().contains(&b'/')
    }

    /// Domain and path: `docker.io/library/nginx`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain(), self.path())
    }

    /// The tag that is asked for: `latest` if neither tag nor digest is written, none if the digest decides.
    pub fn effective_tag(&self) -> Option<&'a str> {
        match (self.tag, self.digest) {
            (_, Some(_)) => None,
            (Some(tag), None) => Some(tag),
            (None, None) => Some("latest"),
        }
    }
}

impl fmt::Display for ImageReference<'_> {
    /// The full name, with everything implied written out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain(), self.path())?;
        if let Some(tag) = self.tag.or(self.effective_tag()) {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ImageReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRepository => write!(f, "no repository is named"),
            Self::IsIdentifier => write!(f, "hexadecimal digits are an image id, not a name"),
            Self::Registry(registry) => write!(
                f,
                "registry `{registry}` is not a host with an optional port"
            ),
            Self::UppercaseRepository(repository) => {
                write!(f, "repository `{repository}` must be in lower case")
            }
            Self::Repository(component) => write!(
                f,
                "`{component}` is not a repository name: lower case letters and digits with single dots, \
                 one or two underscores or hyphens between them"
            ),
            Self::LongRepository(length) => {
                write!(
                    f,
                    "the repository has {length} bytes, more than {LONGEST_REPOSITORY}"
                )
            }
            Self::Tag(tag) if tag.is_empty() => write!(f, "the tag after the colon is empty"),
            Self::Tag(tag) => write!(
                f,
                "`{tag}` is not a tag: up to {LONGEST_TAG} letters, digits, underscores, dots and hyphens, \
                 the first neither dot nor hyphen"
            ),
            Self::Digest(digest) => {
                write!(
                    f,
                    "`{digest}` is not a digest: an algorithm, a colon, lower case hexadecimal digits"
                )
            }
            Self::DigestAlgorithm(algorithm) => {
                write!(
                    f,
                    "digest algorithm `{algorithm}` is none of sha256, sha384, sha512"
                )
            }
            Self::DigestLength {
                algorithm,
                found,
                expected,
            } => write!(
                f,
                "a {algorithm} digest has {expected} hexadecimal digits, not {found}"
            ),
        }
    }
}

impl std::error::Error for ImageReferenceError {}

/// What stands before and behind a sign. Names are short: looking at each byte takes less than preparing a search.
fn split_at(text: &str, sign: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == sign);
    let parts = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
    parts.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// The registry, if the part before the first slash looks like one, and the rest.
fn split_registry(text: &str) -> (Option<&str>, &str) {
    match split_at(text, b'/') {
        (first, Some(rest))
            if first == "localhost"
                || first
                    .bytes()
                    .any(|byte| matches!(byte, b'.' | b':' | b'A'..=b'Z')) =>
        {
            (Some(first), rest)
        }
        _ => (None, text),
    }
}

fn check_repository(repository: &str) -> Result<(), ImageReferenceError> {
    if repository.is_empty() {
        return Err(ImageReferenceError::NoRepository);
    }
    let is_uppercase = if repository.is_ascii() {
        repository.bytes().any(|byte| byte.is_ascii_uppercase())
    } else {
        repository.chars().any(char::is_uppercase)
    };
    if is_uppercase {
        return Err(ImageReferenceError::UppercaseRepository(
            repository.to_owned(),
        ));
    }
    let components = repository.as_bytes().split(|&byte| byte == b'/');
    if components.clone().all(is_path_component) {
        return Ok(());
    }
    let mut components = repository.split('/');
    match components.find(|component| !is_path_component(component.as_bytes())) {
        Some(component) => Err(ImageReferenceError::Repository(component.to_owned())),
        None => Ok(()),
    }
}

fn check_digest(digest: &str) -> Result<(), ImageReferenceError> {
    let malformed = || ImageReferenceError::Digest(digest.to_owned());
    let (algorithm, encoded) = digest.split_once(':').ok_or_else(malformed)?;
    let expected = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        "" => return Err(malformed()),
        _ => return Err(ImageReferenceError::DigestAlgorithm(algorithm.to_owned())),
    };
    if !encoded.bytes().all(is_lower_hex) {
        return Err(malformed());
    }
    if encoded.len() != expected {
        return Err(ImageReferenceError::DigestLength {
            algorithm: algorithm.to_owned(),
            found: encoded.len(),
            expected,
        });
    }
    Ok(())
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Host names, IPv4 and bracketed IPv6 addresses, with an optional port.
fn is_domain(text: &str) -> bool {
    let (is_host, port) = if let Some(address) = text.strip_prefix('[') {
        let Some((address, port)) = address.split_once(']') else {
            return false;
        };
        let is_address = !address.is_empty()
            && address
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        (is_address, port)
    } else {
        let (host, port) = text
            .split_at_checked(text.find(':').unwrap_or(text.len()))
            .unwrap_or((text, ""));
        (host.split('.').all(is_domain_component), port)
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    is_host && is_port
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Lower case letters and digits, with one dot, one or two underscores or any number of hyphens between them.
fn is_path_component(bytes: &[u8]) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let has_ends = bytes.first().copied().is_some_and(is_alphanumeric)
        && bytes.last().copied().is_some_and(is_alphanumeric);
    let mut separators = bytes.split(|&byte| is_alphanumeric(byte));
    // Most have none but hyphens, which is told without taking the text apart.
    has_ends
        && (bytes
            .iter()
            .all(|&byte| is_alphanumeric(byte) || byte == b'-')
            || separators.all(|separator| {
                matches!(separator, b"" | b"." | b"_" | b"__")
                    || separator.iter().all(|&byte| byte == b'-')
            }))
}

fn is_tag(text: &str) -> bool {
    text.len() <= LONGEST_TAG
        && text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn check(text: &str, registry: Option<&str>, repository: &str, tag: Option<&str>, full: &str) {
        let reference = ImageReference::parse(text).unwrap();
        assert_eq!(reference.registry, registry, "{text}");
        assert_eq!(reference.repository, repository, "{text}");
        assert_eq!(reference.tag, tag, "{text}");
        assert_eq!(reference.to_string(), full, "{text}");
    }

    fn error(text: &str) -> ImageReferenceError {
        ImageReference::parse(text).unwrap_err()
    }

    #[test]
    fn docker_hub_is_implied() {
        check(
            "nginx",
            None,
            "nginx",
            None,
            "docker.io/library/nginx:latest",
        );
        check(
            "nginx:1.27",
            None,
            "nginx",
            Some("1.27"),
            "docker.io/library/nginx:1.27",
        );
        check(
            "grafana/loki",
            None,
            "grafana/loki",
            None,
            "docker.io/grafana/loki:latest",
        );
        check(
            "docker.io/nginx",
            Some("docker.io"),
            "nginx",
            None,
            "docker.io/library/nginx:latest",
        );
        check(
            "index.docker.io/nginx",
            Some("index.docker.io"),
            "nginx",
            None,
            "docker.io/library/nginx:latest",
        );
    }

    #[test]
    fn registries_have_a_dot_a_port_or_a_capital_or_are_localhost() {
        check(
            "ghcr.io/a/b:v1",
            Some("ghcr.io"),
            "a/b",
            Some("v1"),
            "ghcr.io/a/b:v1",
        );
        check(
            "host:5000/a",
            Some("host:5000"),
            "a",
            None,
            "host:5000/a:latest",
        );
        check(
            "localhost/a",
            Some("localhost"),
            "a",
            None,
            "localhost/a:latest",
        );
        check("HOST/a", Some("HOST"), "a", None, "HOST/a:latest");
        check(
            "[::1]:5000/a:b",
            Some("[::1]:5000"),
            "a",
            Some("b"),
            "[::1]:5000/a:b",
        );
        // Without a slash it is a tag, not a port.
        check(
            "host:5000",
            None,
            "host",
            Some("5000"),
            "docker.io/library/host:5000",
        );
    }

    #[test]
    fn a_digest_may_follow_a_tag() {
        let text = format!("quay.io/a/b:1@{SHA256}");
        let reference = ImageReference::parse(&text).unwrap();
        assert_eq!((reference.tag, reference.digest), (Some("1"), Some(SHA256)));
        assert_eq!(reference.effective_tag(), None);
        assert_eq!(reference.name(), "quay.io/a/b");
        assert_eq!(reference.to_string(), text);
    }

    #[test]
    fn separators_in_repositories_are_few() {
        for good in ["a.b", "a_b", "a__b", "a---b", "0/1-2"] {
            assert!(ImageReference::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "a..b", "a___b", "a.-b", "-a", "a-", "a/_b", "a b", "a//b", "é",
        ] {
            assert!(
                matches!(error(bad), ImageReferenceError::Repository(_)),
                "{bad}"
            );
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        assert_eq!(error(""), ImageReferenceError::NoRepository);
        assert_eq!(error("ghcr.io/"), ImageReferenceError::NoRepository);
        assert_eq!(error(":latest"), ImageReferenceError::NoRepository);
        assert_eq!(
            error("Nginx"),
            ImageReferenceError::UppercaseRepository("Nginx".to_owned())
        );
        assert_eq!(
            error("ghcr.io/Org/app:v1"),
            ImageReferenceError::UppercaseRepository("Org/app".to_owned())
        );
        assert_eq!(error("nginx:"), ImageReferenceError::Tag(String::new()));
        assert_eq!(error("nginx:-1"), ImageReferenceError::Tag("-1".to_owned()));
        assert_eq!(
            error("nginx:1:2"),
            ImageReferenceError::Tag("1:2".to_owned())
        );
        assert_eq!(
            error("a/b:5000/c"),
            ImageReferenceError::Tag("5000/c".to_owned())
        );
        assert_eq!(
            error("host:/a"),
            ImageReferenceError::Registry("host:".to_owned())
        );
        assert_eq!(
            error("https://ghcr.io/a"),
            ImageReferenceError::Registry("https:".to_owned())
        );
        assert_eq!(error(&"a".repeat(64)), ImageReferenceError::IsIdentifier);
        assert!(matches!(
            error(&format!("nginx:{}", "a".repeat(129))),
            ImageReferenceError::Tag(_)
        ));
        assert_eq!(
            error(&format!("ghcr.io/{}", "a".repeat(256))),
            ImageReferenceError::LongRepository(256)
        );
    }

    #[test]
    fn digests_are_as_long_as_their_algorithm_makes_them() {
        assert_eq!(
            error("nginx@sha256:abc"),
            ImageReferenceError::DigestLength {
                algorithm: "sha256".to_owned(),
                found: 3,
                expected: 64
            }
        );
        assert_eq!(
            error("nginx@md5:abc"),
            ImageReferenceError::DigestAlgorithm("md5".to_owned())
        );
        assert!(matches!(error("nginx@abc"), ImageReferenceError::Digest(_)));
        let upper = SHA256.to_uppercase().replace("SHA", "sha");
        assert!(matches!(
            error(&format!("nginx@{upper}")),
            ImageReferenceError::Digest(_)
        ));
        assert!(ImageReference::parse(&format!("nginx@sha512:{}", "0".repeat(128))).is_ok());
    }
}
