//! Which registries images may come from.

use ringwall_input::image_reference::ImageReference;

/// Whether an image comes from one of the registries; an entry may go on with a part of the repository,
/// and no registries mean any.
pub(super) fn is_allowed(reference: &ImageReference<'_>, registries: &[String]) -> bool {
    if registries.is_empty() {
        return true;
    }
    let name = plain(&reference.name());
    registries.iter().any(|entry| {
        let entry = &*plain(entry.trim_end_matches('*').trim_end_matches('/'));
        let rest = match entry.strip_prefix("index.docker.io") {
            Some(rest) => name
                .strip_prefix("docker.io")
                .and_then(|name| name.strip_prefix(rest)),
            None => name.strip_prefix(entry),
        };
        // `corp.example` is neither `corp.example.evil.test` nor `corp.examples/x`.
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A registry, with a path or not, by its plainest name: hosts know no case, and 443 is the port of one without.
fn plain(name: &str) -> String {
    let end = name.find('/').unwrap_or(name.len());
    let (host, path) = name.split_at_checked(end).unwrap_or((name, ""));
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(":443").unwrap_or(&host);
    format!("{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(image: &str, entry: &str, expected: bool) {
        let reference = ImageReference::parse(image).unwrap();
        let registries = [entry.to_owned()];
        assert_eq!(
            is_allowed(&reference, &registries),
            expected,
            "{image} {entry}"
        );
    }

    #[test]
    fn an_entry_covers_whole_parts_only() {
        check("corp.example/team/app:1", "corp.example", true);
        check("corp.example/team/app:1", "corp.example/team", true);
        check("corp.example/team/app:1", "corp.example/team/", true);
        check("corp.example/team/app:1", "corp.example/*", true);
        check("corp.example/team-b/app:1", "corp.example/team", false);
        check("corp.example.evil.test/team/app", "corp.example", false);
        check("corp.example:5000/app", "corp.example", false);
    }

    #[test]
    fn a_registry_is_the_same_in_capitals_and_with_its_port() {
        check("Corp.Example/app", "corp.example", true);
        check("corp.example:443/app", "corp.example", true);
        check("corp.example/app", "CORP.example:443", true);
        check("corp.example/app", "corp.example:5000", false);
    }

    #[test]
    fn names_without_registry_are_those_of_docker_hub() {
        check("nginx", "docker.io", true);
        check("nginx", "docker.io/library", true);
        check("nginx", "index.docker.io/library", true);
        check("bitnami/redis", "docker.io/library", false);
        check("nginx", "corp.example", false);
    }

    #[test]
    fn no_entries_allow_everything() {
        assert!(is_allowed(&ImageReference::parse("nginx").unwrap(), &[]));
    }
}
