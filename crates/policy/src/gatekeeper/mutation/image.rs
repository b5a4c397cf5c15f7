//! The parts of an image that `AssignImage` sets: domain, path, and tag or digest.

use std::sync::OnceLock;

use regex::Regex;

/// What to put in the place of the parts of an image; empty parts stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageParts {
    domain: String,
    path: String,
    /// With its mark, `:` or `@`.
    tag: String,
}

impl ImageParts {
    /// Parts that give the same image again when they are set again.
    pub(super) fn new(domain: &str, path: &str, tag: &str) -> Result<Self, String> {
        if domain.is_empty() && path.is_empty() && tag.is_empty() {
            return Err("one of assignDomain, assignPath, assignTag must be given".to_owned());
        }
        if !domain.is_empty() && !is_domain(domain) {
            return Err(format!(
                "assignDomain `{domain}` must be a domain name with a dot, or localhost"
            ));
        }
        if !path.is_empty() && !is_path(path) {
            return Err(format!("assignPath `{path}` is no path of an image"));
        }
        if !tag.is_empty() && !is_tag(tag) {
            return Err(format!(
                "assignTag `{tag}` must be a tag that begins with `:` or a digest that begins with `@`"
            ));
        }
        // Otherwise the front of the path would be taken for a domain the next time, and set in front of itself.
        if domain.is_empty() && !split_domain(path).0.is_empty() {
            return Err(format!(
                "assignDomain must be given, as assignPath `{path}` begins like a domain"
            ));
        }
        Ok(Self {
            domain: domain.to_owned(),
            path: path.to_owned(),
            tag: tag.to_owned(),
        })
    }

    /// The image with these parts.
    pub(super) fn set(&self, image: &str) -> String {
        let (domain, rest) = split_domain(image);
        let (path, tag) = match rest.find([':', '@']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let domain = given(&self.domain, domain);
        let slash = if domain.is_empty() { "" } else { "/" };
        let path = given(&self.path, path);
        let tag = given(&self.tag, tag);
        format!("{domain}{slash}{path}{tag}")
    }
}

fn given<'a>(new: &'a str, old: &'a str) -> &'a str {
    if new.is_empty() { old } else { new }
}

/// What stands before the first slash is a domain if it has a dot or colon or is localhost.
fn split_domain(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((domain, rest)) if domain.contains(['.', ':']) || domain == "localhost" => {
            (domain, rest)
        }
        _ => ("", image),
    }
}

fn is_domain(text: &str) -> bool {
    static DOMAIN: OnceLock<Option<Regex>> = OnceLock::new();
    let word = "[0-9A-Za-z_]";
    is(
        &DOMAIN,
        &format!(r"^({word}[0-9A-Za-z_-]*\.[0-9A-Za-z_.-]*{word}|localhost)(:[0-9]+)?$"),
        text,
    )
}

fn is_path(text: &str) -> bool {
    static PATH: OnceLock<Option<Regex>> = OnceLock::new();
    is(&PATH, "^[a-z0-9]+(([._/]|__|-*)[a-z0-9]+)*$", text)
}

fn is_tag(text: &str) -> bool {
    static TAG: OnceLock<Option<Regex>> = OnceLock::new();
    is(
        &TAG,
        "^(:[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}|@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})$",
        text,
    )
}

fn is(regex: &'static OnceLock<Option<Regex>>, pattern: &str, text: &str) -> bool {
    regex
        .get_or_init(|| Regex::new(pattern).ok())
        .as_ref()
        .is_some_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_set_and_setting_them_again_changes_nothing() {
        let digest = "@sha256:abcde67890123456789abc345678901a";
        for (domain, path, tag, image, expected) in [
            ("a.b.c", "lib/repo", ":latest", "", "a.b.c/lib/repo:latest"),
            ("a.b.c", "", "", "lib/repo", "a.b.c/lib/repo"),
            ("a.b.c", "", "", "old.io/lib/repo:v1", "a.b.c/lib/repo:v1"),
            ("", "repo", "", "old.io/lib/x:v1", "old.io/repo:v1"),
            ("", "", ":v2", "lib/x:v1", "lib/x:v2"),
            (
                "",
                "",
                digest,
                "lib/x:v1",
                "lib/x@sha256:abcde67890123456789abc345678901a",
            ),
            ("", "", ":v2", "lib/x@sha256:0", "lib/x:v2"),
            ("", "", ":v2", "localhost:5000/x", "localhost:5000/x:v2"),
            ("localhost:5000", "", "", "x", "localhost:5000/x"),
            ("", "a_b__c-d.e", "", "x:1", "a_b__c-d.e:1"),
        ] {
            let parts = ImageParts::new(domain, path, tag).expect(expected);
            assert_eq!(parts.set(image), expected);
            assert_eq!(parts.set(expected), expected);
        }
    }

    #[test]
    fn parts_that_would_leak_into_each_other_are_refused() {
        for (domain, path, tag) in [
            ("", "", ""),
            ("not-a-domain", "", ""),
            ("a.b/c", "", ""),
            ("a.b:port", "", ""),
            ("", "gcr.io/repo", ""),
            ("", "localhost/repo", ""),
            ("", "Repo", ""),
            ("", "repo:tag", ""),
            ("", "/repo", ""),
            ("", "", "latest"),
            ("", "", ":a:b"),
            ("", "", "@sha256:short"),
            ("", "", ":-a"),
        ] {
            assert!(
                ImageParts::new(domain, path, tag).is_err(),
                "{domain} {path} {tag}"
            );
        }
    }
}
