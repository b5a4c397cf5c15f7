//! What the buckets of Trivy's database are about.

use crate::Scope;

/// What a bucket at the top of the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Packages of a release of a distribution, with the version that mends each flaw.
    Distribution(Scope),
    /// Packages of an ecosystem, with ranges of versions.
    Language(Scope),
    /// What people read of each flaw, and how bad it is.
    Flaws,
    /// Where the advisories of each bucket are from.
    Sources,
    /// No advisories.
    Nothing,
    /// Advisories about what cannot be looked for, and what that is.
    Elsewhere(String),
}

/// The ecosystems in front of `::`.
const ECOSYSTEMS: &[(&str, &str)] = &[
    ("bitnami", "Bitnami"),
    ("cargo", "crates.io"),
    ("composer", "Packagist"),
    ("erlang", "Hex"),
    ("go", "Go"),
    ("julia", "Julia"),
    ("k8s", "Kubernetes"),
    ("maven", "Maven"),
    ("npm", "npm"),
    ("nuget", "NuGet"),
    ("pip", "PyPI"),
    ("pub", "Pub"),
    ("rubygems", "RubyGems"),
    ("swift", "SwiftURL"),
];

/// The distributions in front of a release, and how OSV calls both.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("alma ", "AlmaLinux:"),
    ("alpine ", "Alpine:v"),
    ("amazon linux ", "Amazon Linux:"),
    ("azure linux ", "Azure Linux:"),
    ("cbl-mariner ", "Azure Linux:"),
    ("debian ", "Debian:"),
    ("opensuse leap ", "openSUSE:Leap "),
    ("oracle linux ", "Oracle Linux:"),
    ("photon os ", "Photon OS:"),
    ("photon ", "Photon OS:"),
    ("rocky ", "Rocky Linux:"),
    (
        "suse linux enterprise micro ",
        "SUSE:Linux Enterprise Micro ",
    ),
    ("suse linux enterprise ", "SUSE:Linux Enterprise "),
    ("ubuntu ", "Ubuntu:"),
];

/// Buckets without a release.
const ROLLING: &[(&str, &str)] = &[
    ("alpine edge", "Alpine:edge"),
    ("chainguard", "Chainguard"),
    ("echo", "Echo"),
    ("minimos", "MinimOS"),
    ("opensuse tumbleweed", "openSUSE:Tumbleweed"),
    ("wolfi", "Wolfi"),
];

impl Place {
    /// Reads the name of a bucket at the top of the file.
    pub(super) fn of(bucket: &str) -> Self {
        match bucket {
            "vulnerability" => return Self::Flaws,
            "data-source" => return Self::Sources,
            // Which CPEs the repositories and images of Red Hat have.
            "Red Hat CPE" => return Self::Nothing,
            "Red Hat" => return Self::Elsewhere("Red Hat by CPE".to_owned()),
            _ => {}
        }
        if let Some((ecosystem, _)) = bucket.split_once("::") {
            let known = ECOSYSTEMS.iter().find(|(known, _)| *known == ecosystem);
            return match known.and_then(|(_, name)| Scope::parse(name)) {
                Some(scope) => Self::Language(scope),
                None => Self::Elsewhere(ecosystem.to_owned()),
            };
        }
        match distribution(&bucket.to_ascii_lowercase()) {
            Some(scope) => Self::Distribution(scope),
            None => Self::Elsewhere(bucket.to_owned()),
        }
    }
}

fn distribution(bucket: &str) -> Option<Scope> {
    if let Some((_, name)) = ROLLING.iter().find(|(known, _)| *known == bucket) {
        return Scope::parse(name);
    }
    let (name, release) = DISTRIBUTIONS
        .iter()
        .find_map(|(known, name)| Some((*name, bucket.strip_prefix(known)?)))?;
    // Anything but a number is a channel of its own, such as `18.04-ESM`.
    let is_number = release.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let release = match name {
        // A service pack stands behind a dash or, later, behind a dot. From 16 on there are none.
        "SUSE:Linux Enterprise " => match release.split_once("-sp") {
            Some((major, pack)) => format!("{major} SP{pack}"),
            None if !is_number => return None,
            None => match release.split_once('.') {
                Some((major @ ("11" | "12" | "15"), pack)) => format!("{major} SP{pack}"),
                _ => release.to_owned(),
            },
        },
        _ if !is_number => return None,
        "Azure Linux:" => release.split('.').next().unwrap_or_default().to_owned(),
        _ => release.to_owned(),
    };
    Scope::parse(&format!("{name}{release}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_scopes() {
        let check = |bucket: &str, expected: &str| {
            let scope = match Place::of(bucket) {
                Place::Distribution(scope) | Place::Language(scope) => scope.to_string(),
                Place::Elsewhere(what) => format!("elsewhere: {what}"),
                other => format!("{other:?}"),
            };
            assert_eq!(scope, expected, "{bucket}");
        };
        check("debian 12", "Debian:12");
        check("alpine 3.18", "Alpine:v3.18");
        check("alpine edge", "Alpine:edge");
        check("alma 9", "AlmaLinux:9");
        check("rocky 9", "Rocky Linux:9");
        check("ubuntu 22.04", "Ubuntu:22.04");
        check("amazon linux 2", "Amazon Linux:2");
        check("Oracle Linux 8", "Oracle Linux:8");
        check("Photon OS 3.0", "Photon OS:3.0");
        check("CBL-Mariner 1.0", "Azure Linux:1");
        check("Azure Linux 3.0", "Azure Linux:3");
        check("openSUSE Leap 15.1", "openSUSE:Leap 15.1");
        check("openSUSE Tumbleweed", "openSUSE:Tumbleweed");
        check(
            "SUSE Linux Enterprise 15-SP3",
            "SUSE:Linux Enterprise 15 SP3",
        );
        check("SUSE Linux Enterprise 15.3", "SUSE:Linux Enterprise 15 SP3");
        check("SUSE Linux Enterprise 15", "SUSE:Linux Enterprise 15");
        check("SUSE Linux Enterprise 16.0", "SUSE:Linux Enterprise 16.0");
        check(
            "SUSE Linux Enterprise Micro 5.3",
            "SUSE:Linux Enterprise Micro 5.3",
        );
        check("wolfi", "Wolfi");
        check("pip::GitHub Security Advisory Pip", "PyPI");
        check("swift::GitHub Security Advisory Swift", "SwiftURL");
        check(
            "conan::GitLab Advisory Database Community",
            "elsewhere: conan",
        );
        check("ubuntu 18.04-ESM", "elsewhere: ubuntu 18.04-ESM");
        check("Red Hat", "elsewhere: Red Hat by CPE");
        check("Red Hat CPE", "Nothing");
        check("vulnerability", "Flaws");
    }
}
