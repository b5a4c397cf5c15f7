//! Where packages and advisories meet: an ecosystem, or one release of a distribution.
//!
//! The names are those of the OSV schema: <https://ossf.github.io/osv-schema/#defined-ecosystems>.

use std::{borrow::Cow, fmt};

use crate::VersionOrder;

/// The ecosystems whose versions have an order here, by the first part of their names.
const FAMILIES: &[(&str, VersionOrder)] = &[
    ("AlmaLinux", VersionOrder::Rpm),
    ("Alpaquita", VersionOrder::Alpine),
    ("Alpine", VersionOrder::Alpine),
    ("Amazon Linux", VersionOrder::Rpm),
    ("Azure Linux", VersionOrder::Rpm),
    ("Bioconductor", VersionOrder::Cran),
    ("Bitnami", VersionOrder::Bitnami),
    ("CRAN", VersionOrder::Cran),
    ("Chainguard", VersionOrder::Alpine),
    ("Debian", VersionOrder::Debian),
    ("Echo", VersionOrder::Debian),
    ("GHC", VersionOrder::Hackage),
    ("GitHub Actions", VersionOrder::SemVer),
    ("Go", VersionOrder::Go),
    ("Hackage", VersionOrder::Hackage),
    ("Hex", VersionOrder::SemVer),
    ("Julia", VersionOrder::SemVer),
    ("Kubernetes", VersionOrder::SemVer),
    ("Mageia", VersionOrder::Rpm),
    ("Maven", VersionOrder::Maven),
    ("MinimOS", VersionOrder::Alpine),
    ("NuGet", VersionOrder::NuGet),
    ("Oracle Linux", VersionOrder::Rpm),
    ("Packagist", VersionOrder::Packagist),
    ("Photon OS", VersionOrder::Rpm),
    ("Pub", VersionOrder::Pub),
    ("PyPI", VersionOrder::PyPi),
    ("Red Hat", VersionOrder::Rpm),
    ("Rocky Linux", VersionOrder::Rpm),
    ("RubyGems", VersionOrder::RubyGems),
    ("SUSE", VersionOrder::Rpm),
    ("SwiftURL", VersionOrder::SemVer),
    ("Ubuntu", VersionOrder::Debian),
    ("VSCode", VersionOrder::SemVer),
    ("Wolfi", VersionOrder::Alpine),
    ("crates.io", VersionOrder::Cargo),
    ("npm", VersionOrder::Npm),
    ("openEuler", VersionOrder::Rpm),
    ("openSUSE", VersionOrder::Rpm),
];

/// An ecosystem of packages, or one release of a distribution: `PyPI`, `Debian:12`.
///
/// Two spellings of the same place are equal: the `:LTS` of Ubuntu, the repository of a Maven package
/// and the case of the name make no difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    name: String,
    family: &'static str,
    order: VersionOrder,
}

impl Scope {
    /// Reads the name of an ecosystem; `None` for one whose versions have no order here.
    pub fn parse(ecosystem: &str) -> Option<Self> {
        let (family, release) = match ecosystem.split_once(':') {
            Some((family, release)) => (family, Some(release)),
            None => (ecosystem, None),
        };
        let (family, order) = *FAMILIES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(family))?;
        let release = release.and_then(|release| Self::release(family, release));
        let name = match release.as_deref() {
            None | Some("") => family.to_owned(),
            Some(release) => format!("{family}:{release}"),
        };
        Some(Self {
            name,
            family,
            order,
        })
    }

    /// What of a release tells one set of packages from another.
    fn release<'a>(family: &str, release: &'a str) -> Option<Cow<'a, str>> {
        match family {
            // A repository: packages of the same name are the same.
            "Maven" => None,
            "Ubuntu" => Some(Cow::Borrowed(
                release.strip_suffix(":LTS").unwrap_or(release),
            )),
            "SUSE" => Some(match release.strip_prefix("Linux Micro ") {
                // From release 6 on, which Trivy calls as those before.
                Some(version) => Cow::Owned(format!("Linux Enterprise Micro {version}")),
                None => service_pack(release).map_or(Cow::Borrowed(release), Cow::Owned),
            }),
            // Products of Red Hat are CPEs: `enterprise_linux:9::appstream`.
            "Red Hat" => {
                let parts: Vec<_> = release.split(':').collect();
                match *parts {
                    ["enterprise_linux", version, ..] => {
                        let (major, _) = version.split_once('.').unwrap_or((version, ""));
                        Some(Cow::Owned(major.to_owned()))
                    }
                    _ => Some(Cow::Borrowed(release)),
                }
            }
            _ => Some(Cow::Borrowed(release)),
        }
    }

    /// The scope of a distribution, as `os-release` has its `ID` and `VERSION_ID`.
    ///
    /// `None` for a distribution that no advisories are known of, or whose release it does not say.
    pub fn of_distribution(id: &str, version_id: &str) -> Option<Self> {
        let major = || version_id.split('.').next().unwrap_or_default();
        let minor = || {
            let mut parts = version_id.split('.');
            let (major, minor) = (parts.next()?, parts.next()?);
            // What is not released is built from `edge`: its version is `3.21_alpha20240807` or `3.22.0_alpha20250108`.
            Some(if version_id.contains("_alpha") {
                "edge".to_owned()
            } else {
                format!("v{major}.{minor}")
            })
        };
        let name = match id {
            "wolfi" => "Wolfi".to_owned(),
            "chainguard" => "Chainguard".to_owned(),
            "minimos" => "MinimOS".to_owned(),
            "opensuse-tumbleweed" => "openSUSE:Tumbleweed".to_owned(),
            "echo" => "Echo".to_owned(),
            _ if version_id.is_empty() => return None,
            "debian" => format!("Debian:{}", major()),
            "ubuntu" => format!("Ubuntu:{version_id}"),
            "alpine" => format!("Alpine:{}", minor()?),
            "almalinux" => format!("AlmaLinux:{}", major()),
            "rocky" => format!("Rocky Linux:{}", major()),
            "rhel" => format!("Red Hat:{}", major()),
            // Built from the sources of RHEL, with its versions. CentOS Stream is what comes before a release of it,
            // and its versions are its own: `8-stream`.
            "centos" if matches!(major(), "6" | "7" | "8") => format!("Red Hat:{}", major()),
            "ol" => format!("Oracle Linux:{}", major()),
            // The first release counted by month: 2018.03. Later ones may say of which day they are: 2023.3.20240304.
            "amzn" => match major().parse() {
                Ok(2010..=2018) => "Amazon Linux:1".to_owned(),
                _ => format!("Amazon Linux:{}", major()),
            },
            "photon" => format!("Photon OS:{version_id}"),
            "azurelinux" | "mariner" => format!("Azure Linux:{}", major()),
            "mageia" => format!("Mageia:{}", major()),
            "openEuler" | "openeuler" => format!("openEuler:{version_id}"),
            // Before release 15 it was called as all of openSUSE is. Of `15.2.1` the last number is no release.
            "opensuse-leap" | "opensuse" => {
                let release: Vec<_> = version_id.split('.').take(2).collect();
                format!("openSUSE:Leap {}", release.join("."))
            }
            "sle-micro" | "sle-micro-rancher" | "sl-micro" => {
                format!("SUSE:Linux Enterprise Micro {version_id}")
            }
            "sles" | "sles_sap" | "sled" => match version_id.split_once('.') {
                Some((major @ ("11" | "12" | "15"), pack)) => {
                    format!("SUSE:Linux Enterprise {major} SP{pack}")
                }
                _ => format!("SUSE:Linux Enterprise {version_id}"),
            },
            _ => return None,
        };
        Self::parse(&name)
    }

    /// Where else advisories about the same packages stand: some modules of SUSE are the same for every service pack.
    pub fn wider(&self) -> Option<Self> {
        let (all, _pack) = self.name.rsplit_once(" SP")?;
        (self.family == "SUSE").then(|| Self {
            name: all.to_owned(),
            ..self.clone()
        })
    }

    /// Where advisories stand that do not say which release of a distribution they are about.
    pub fn of_any_release(&self) -> Option<Self> {
        (self.name != self.family).then(|| Self {
            name: self.family.to_owned(),
            ..self.clone()
        })
    }

    /// Where fixes stand that only those have who pay: Ubuntu Pro mends packages that Ubuntu itself leaves.
    pub fn paid(&self) -> Option<Self> {
        let release = self.name.strip_prefix("Ubuntu:")?;
        (!release.contains(':')).then(|| Self {
            name: format!("Ubuntu:Pro:{release}"),
            ..self.clone()
        })
    }

    /// Whether advisories may name the source of a package of RPM, where others name what is installed.
    ///
    /// Those of SUSE, Rocky Linux and Mageia in the form of OSV do, and those of Azure Linux and of Photon OS as
    /// Trivy has them. In the form of the other they name what is installed, so that both have to be asked for.
    pub fn may_name_sources(&self) -> bool {
        matches!(
            self.family,
            "Azure Linux"
                | "Mageia"
                | "Photon OS"
                | "Rocky Linux"
                | "SUSE"
                | "openEuler"
                | "openSUSE"
        )
    }

    /// The ecosystem of packages that no distribution installs, by the type of their package URLs.
    pub fn of_purl_type(kind: &str) -> Option<Self> {
        Self::parse(match kind {
            "bitnami" => "Bitnami",
            "cargo" => "crates.io",
            "composer" => "Packagist",
            "cran" => "CRAN",
            "gem" => "RubyGems",
            "golang" => "Go",
            "hackage" => "Hackage",
            "hex" => "Hex",
            "maven" => "Maven",
            "npm" => "npm",
            "nuget" => "NuGet",
            "pub" => "Pub",
            "pypi" => "PyPI",
            "swift" => "SwiftURL",
            _ => return None,
        })
    }

    /// Its name, as databases and reports have it.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The name without a release: `Debian`.
    pub const fn family(&self) -> &'static str {
        self.family
    }

    /// Whose rules order its versions.
    pub const fn order(&self) -> VersionOrder {
        self.order
    }

    /// The name of a package in the one form that all its spellings share.
    pub fn package_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.family {
            "PyPI" => normalized_python_name(name),
            "SwiftURL" => repository(name),
            // Modules of Go are told apart by case, repositories are not, and package URLs have them in lower case.
            "Go" | "NuGet" | "Packagist" | "Hex" | "GitHub Actions" | "VSCode"
                if name.bytes().any(|byte| byte.is_ascii_uppercase()) =>
            {
                Cow::Owned(name.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(name),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.name)
    }
}

/// The service pack that a product of SUSE belongs to: `Linux Enterprise 15 SP5` of `Linux Enterprise Module for
/// Basesystem 15 SP5` and of `Linux Enterprise Server 15 SP5-LTSS`.
///
/// An image says which service pack it is, and its packages come from many of these products. `None` for a product
/// that is none of them, such as `Linux Enterprise Micro 5.3`.
fn service_pack(product: &str) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let words = product.strip_prefix("Linux Enterprise ")?;
    let mut words = words.rsplit(' ');
    // What is paid for longer support stands behind: `-LTSS`, `-ESPOS`.
    let last = words.next()?.split('-').next()?;
    match last.strip_prefix("SP") {
        Some(pack) if is_number(pack) => {
            let major = words.next().filter(|major| is_number(major))?;
            Some(format!("Linux Enterprise {major} SP{pack}"))
        }
        // From 16 on there are releases with a dot: `Linux Enterprise Server 16.0`.
        _ if last.starts_with("16.") => Some(format!("Linux Enterprise {last}")),
        _ => is_number(last).then(|| format!("Linux Enterprise {last}")),
    }
}

/// The address of a repository without what is not needed to know it: `github.com/apple/swift-nio` of
/// `https://github.com/Apple/swift-nio.git`. Those who keep repositories tell none apart by case.
fn repository(address: &str) -> Cow<'_, str> {
    let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
    let bare = bare.trim_end_matches('/');
    let bare = bare.strip_suffix(".git").unwrap_or(bare);
    if bare.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(bare.to_ascii_lowercase());
    }
    Cow::Borrowed(bare)
}

/// A name as PEP 503 has it: lower case, each run of `-`, `_` and `.` one hyphen.
fn normalized_python_name(name: &str) -> Cow<'_, str> {
    let is_separator = |byte: u8| matches!(byte, b'-' | b'_' | b'.');
    let bytes = name.as_bytes();
    let is_normal = bytes.iter().enumerate().all(|(at, &byte)| {
        let doubled = byte == b'-' && bytes.get(at + 1) == Some(&b'-');
        !byte.is_ascii_uppercase() && !matches!(byte, b'_' | b'.') && !doubled
    });
    if is_normal {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    let mut after_separator = false;
    for character in name.chars() {
        let separates = u8::try_from(character).is_ok_and(is_separator);
        if !separates {
            normal.push(character.to_ascii_lowercase());
        } else if !after_separator {
            normal.push('-');
        }
        after_separator = separates;
    }
    Cow::Owned(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_place_are_equal() {
        let check = |ecosystem, expected| {
            assert_eq!(Scope::parse(ecosystem).unwrap().as_str(), expected);
        };
        check("Debian:12", "Debian:12");
        check("kubernetes", "Kubernetes");
        check("Ubuntu:22.04:LTS", "Ubuntu:22.04");
        check("Ubuntu:Pro:18.04:LTS", "Ubuntu:Pro:18.04");
        check("Maven:https://repo.example/", "Maven");
        check("Red Hat:enterprise_linux:9::baseos", "Red Hat:9");
        check("Red Hat:openshift:4.13::el9", "Red Hat:openshift:4.13::el9");
        assert_eq!(Scope::parse("Linux"), None);
    }

    #[test]
    fn releases_of_distributions_have_scopes() {
        let check = |id, version, expected: Option<&str>| {
            let scope = Scope::of_distribution(id, version);
            assert_eq!(
                scope.as_ref().map(Scope::as_str),
                expected,
                "{id} {version}"
            );
        };
        check("debian", "12", Some("Debian:12"));
        check("debian", "", None);
        check("alpine", "3.10.2", Some("Alpine:v3.10"));
        check("alpine", "3.21_alpha20240807", Some("Alpine:edge"));
        check("alpine", "3.22.0_alpha20250108", Some("Alpine:edge"));
        check("wolfi", "20230201", Some("Wolfi"));
        check("rhel", "9.4", Some("Red Hat:9"));
        check("centos", "7", Some("Red Hat:7"));
        check("centos", "7.9.2009", Some("Red Hat:7"));
        check("centos", "8", Some("Red Hat:8"));
        check("centos", "8-stream", None);
        check("centos", "9", None);
        check("sles", "15.5", Some("SUSE:Linux Enterprise 15 SP5"));
        check("sles", "12", Some("SUSE:Linux Enterprise 12"));
        check("sles", "16.0", Some("SUSE:Linux Enterprise 16.0"));
        check("sles_sap", "15.5", Some("SUSE:Linux Enterprise 15 SP5"));
        check("opensuse-leap", "15.5", Some("openSUSE:Leap 15.5"));
        check("opensuse-leap", "15.2.1", Some("openSUSE:Leap 15.2"));
        check("opensuse", "42.3", Some("openSUSE:Leap 42.3"));
        check("sle-micro", "5.3", Some("SUSE:Linux Enterprise Micro 5.3"));
        check("sl-micro", "6.0", Some("SUSE:Linux Enterprise Micro 6.0"));
        check("echo", "1", Some("Echo"));
        check(
            "openEuler",
            "24.03-LTS-SP1",
            Some("openEuler:24.03-LTS-SP1"),
        );
        check("amzn", "2018.03", Some("Amazon Linux:1"));
        check("amzn", "1", Some("Amazon Linux:1"));
        check("amzn", "2", Some("Amazon Linux:2"));
        check("amzn", "2023", Some("Amazon Linux:2023"));
        check("amzn", "2023.3.20240304", Some("Amazon Linux:2023"));
        check("arch", "", None);
        check("homemade", "1", None);
    }

    #[test]
    fn products_of_suse_are_their_service_pack() {
        let check = |product: &str, expected: &str| {
            let scope = Scope::parse(&format!("SUSE:{product}")).unwrap();
            assert_eq!(scope.as_str(), format!("SUSE:{expected}"));
            scope
        };
        let sp5 = check(
            "Linux Enterprise Module for Basesystem 15 SP5",
            "Linux Enterprise 15 SP5",
        );
        assert_eq!(sp5, Scope::of_distribution("sles", "15.5").unwrap());
        check(
            "Linux Enterprise Server 15 SP4-LTSS",
            "Linux Enterprise 15 SP4",
        );
        check(
            "Linux Enterprise High Performance Computing 15 SP4-ESPOS",
            "Linux Enterprise 15 SP4",
        );
        let all = check(
            "Linux Enterprise Module for Containers 12",
            "Linux Enterprise 12",
        );
        check("Linux Enterprise Server 11-SECURITY", "Linux Enterprise 11");
        check("Linux Enterprise Micro 5.3", "Linux Enterprise Micro 5.3");
        check("Linux Micro 6.0", "Linux Enterprise Micro 6.0");
        check("Linux Enterprise Server 16.0", "Linux Enterprise 16.0");
        check("Manager Server 4.3", "Manager Server 4.3");
        check("Linux Enterprise SP5", "Linux Enterprise SP5");
        let sp5 = Scope::of_distribution("sles", "12.5").unwrap();
        assert_eq!(sp5.wider(), Some(all));
        assert_eq!(
            Scope::of_distribution("debian", "12").unwrap().wider(),
            None
        );
    }

    #[test]
    fn names_have_one_form() {
        let python = Scope::parse("PyPI").unwrap();
        assert_eq!(python.package_name("Zope.Interface__x"), "zope-interface-x");
        assert_eq!(python.package_name("a--b"), "a-b");
        assert!(matches!(python.package_name("a-b"), Cow::Borrowed("a-b")));
        let swift = Scope::parse("SwiftURL").unwrap();
        for address in [
            "https://github.com/Apple/swift-nio.git",
            "github.com/apple/swift-nio",
            "https://github.com/apple/swift-nio/",
        ] {
            assert_eq!(swift.package_name(address), "github.com/apple/swift-nio");
        }
        let go = Scope::parse("Go").unwrap();
        assert_eq!(go.package_name("github.com/Tea/Pot"), "github.com/tea/pot");
        let npm = Scope::parse("npm").unwrap();
        assert_eq!(npm.package_name("JSONStream"), "JSONStream");
    }
}
