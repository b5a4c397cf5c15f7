//! Distributions by the names that SBOMs have for them.

use ringwall_advisory::{Purl, Scope};

use crate::Distribution;

/// The distribution that a package is of, as its package URL says: `debian` and `12`.
pub(super) fn of_purl(purl: &Purl) -> Option<Distribution> {
    let namespace = purl.namespace();
    let Some(stated) = purl.qualifiers().get("distro") else {
        return namespace.map(|namespace| new(namespace, ""));
    };
    let version_at = stated
        .match_indices('-')
        .map(|(at, _)| at)
        .find(|at| begins_with_digit(stated.get(at + 1..).unwrap_or_default()));
    if let Some((id, version)) = version_at.and_then(|at| stated.split_at_checked(at)) {
        return Some(new(id, version.trim_start_matches('-')));
    }
    Some(match namespace {
        // Trivy writes only the version of Alpine; others write code names.
        Some(namespace) if begins_with_digit(stated) => new(namespace, stated),
        Some(namespace) if namespace != stated && !stated.contains('-') => new(namespace, stated),
        _ => new(stated, ""),
    })
}

/// A distribution by the name and the version that an SBOM has for it.
pub(super) fn new(name: &str, version: &str) -> Distribution {
    // The names that Trivy has for what `os-release` calls otherwise.
    let id = match name.to_ascii_lowercase().as_str() {
        "alma" => "almalinux".to_owned(),
        "amazon" => "amzn".to_owned(),
        "cbl-mariner" => "mariner".to_owned(),
        "oracle" => "ol".to_owned(),
        "redhat" => "rhel".to_owned(),
        "opensuse.leap" => "opensuse-leap".to_owned(),
        "opensuse.tumbleweed" => "opensuse-tumbleweed".to_owned(),
        "suse linux enterprise server" => "sles".to_owned(),
        id => id.to_owned(),
    };
    // `2 (Karoo)`
    let version = version.split_whitespace().next().unwrap_or_default();
    Distribution {
        id,
        version_id: version.to_owned(),
        name: String::new(),
    }
}

/// Whether what is published about one is published about the other.
pub(super) fn are_same(one: &Distribution, other: &Distribution) -> bool {
    let scope = |it: &Distribution| Scope::of_distribution(&it.id, &it.version_id);
    let (one_scope, other_scope) = (scope(one), scope(other));
    if one_scope.is_some() && one_scope == other_scope {
        return true;
    }
    one.id == other.id
        && (one.version_id == other.version_id
            || one.version_id.is_empty()
            || other.version_id.is_empty())
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_known_by_each_of_their_names() {
        let check = |purl: &str, id: &str, version: &str| {
            let purl: Purl = purl.parse().unwrap();
            let read = of_purl(&purl).unwrap();
            assert_eq!((&*read.id, &*read.version_id), (id, version), "{purl}");
        };
        check("pkg:deb/debian/a@1?distro=debian-12", "debian", "12");
        check("pkg:apk/alpine/a@1?distro=3.10.4", "alpine", "3.10.4");
        check("pkg:rpm/redhat/a@1?distro=rhel-8.6", "rhel", "8.6");
        check("pkg:rpm/redhat/a@1?distro=redhat-8.6", "rhel", "8.6");
        check("pkg:rpm/amazon/a@1?distro=amazon-2%20(Karoo)", "amzn", "2");
        check(
            "pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.4",
            "opensuse-leap",
            "15.4",
        );
        check(
            "pkg:rpm/opensuse/a@1?distro=opensuse-tumbleweed",
            "opensuse-tumbleweed",
            "",
        );
        check("pkg:deb/debian/a@1?distro=jessie", "debian", "jessie");
        check("pkg:apk/wolfi/a@1?distro=wolfi", "wolfi", "");
        check("pkg:deb/debian/a@1", "debian", "");
    }

    #[test]
    fn releases_are_the_same_where_their_advisories_are() {
        let check = |one, other, expected| {
            let [one, other] = [one, other].map(|(id, version)| new(id, version));
            assert_eq!(are_same(&one, &other), expected, "{one:?} {other:?}");
        };
        check(("debian", "10.2"), ("debian", "10"), true);
        check(("debian", "10"), ("debian", "11"), false);
        check(("debian", "10"), ("ubuntu", "10"), false);
        check(("arch", ""), ("arch", "1"), true);
    }
}
