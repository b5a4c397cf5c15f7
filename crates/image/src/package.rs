//! A package that an image holds, and its package URL.

use ringwall_advisory::{
    Scope, VersionOrder,
    purl::{Parts, Purl},
};

use crate::Distribution;

/// Where a package comes from, and so who names its versions and its flaws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Debian and what is made from it.
    Deb,
    /// Alpine, Wolfi, Chainguard.
    Apk,
    /// Red Hat, Fedora, SUSE, Amazon Linux and more.
    Rpm,
    /// Node.js.
    Npm,
    /// Python.
    Pypi,
    /// Modules of Go, its standard library among them as `stdlib`.
    Go,
    /// Crates of Rust.
    Cargo,
    /// Java, as Maven names it: `group:artifact`.
    Maven,
    /// .NET.
    NuGet,
    /// PHP, as Packagist names it: `vendor/package`.
    Composer,
    /// Ruby.
    Gem,
    /// Dart.
    Pub,
    /// Elixir and Erlang.
    Hex,
    /// Pods of CocoaPods, for systems of Apple.
    CocoaPods,
    /// Swift, by the address of the repository: `github.com/apple/swift-nio`.
    Swift,
    /// Arch Linux and what is made from it.
    Alpm,
    /// OpenWrt and others that install with opkg.
    Opkg,
    /// Conda.
    Conda,
    /// R.
    Cran,
    /// Components that Bitnami builds.
    Bitnami,
    /// What Erlang/OTP and Elixir bring themselves.
    Otp,
}

impl Ecosystem {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Deb,
        Self::Apk,
        Self::Rpm,
        Self::Npm,
        Self::Pypi,
        Self::Go,
        Self::Cargo,
        Self::Maven,
        Self::NuGet,
        Self::Composer,
        Self::Gem,
        Self::Pub,
        Self::Hex,
        Self::CocoaPods,
        Self::Swift,
        Self::Alpm,
        Self::Opkg,
        Self::Conda,
        Self::Cran,
        Self::Bitnami,
        Self::Otp,
    ];

    /// The type of its package URLs.
    pub const fn purl_type(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Go => "golang",
            Self::Cargo => "cargo",
            Self::Maven => "maven",
            Self::NuGet => "nuget",
            Self::Composer => "composer",
            Self::Gem => "gem",
            Self::Pub => "pub",
            Self::Hex => "hex",
            Self::CocoaPods => "cocoapods",
            Self::Swift => "swift",
            Self::Alpm => "alpm",
            Self::Opkg => "opkg",
            Self::Conda => "conda",
            Self::Cran => "cran",
            Self::Bitnami => "bitnami",
            Self::Otp => "otp",
        }
    }

    /// The ecosystem whose package URLs have this type; `None` for one whose packages are not read.
    pub fn of_purl_type(kind: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|ecosystem| ecosystem.purl_type() == kind)
    }

    /// Whether the distribution of the image installs its packages.
    pub const fn is_of_distribution(self) -> bool {
        matches!(
            self,
            Self::Deb | Self::Apk | Self::Rpm | Self::Alpm | Self::Opkg
        )
    }

    /// Whether a distribution installs packages of this form, as far as it is known which it installs: what was copied
    /// out of another distribution is in none of its advisories.
    pub fn is_form_of(self, distribution: &Distribution) -> bool {
        let Distribution { id, version_id, .. } = distribution;
        // One that does not say its release has the form of all its releases.
        let scope = Scope::of_distribution(id, version_id);
        match scope.or_else(|| Scope::of_distribution(id, "1.0")) {
            None => true,
            Some(scope) => match scope.order() {
                VersionOrder::Debian => self == Self::Deb,
                VersionOrder::Alpine => self == Self::Apk,
                VersionOrder::Rpm => self == Self::Rpm,
                _ => false,
            },
        }
    }

    /// The qualifier of package URLs that tells builds for several machines apart.
    pub const fn architecture_key(self) -> &'static str {
        match self {
            Self::Gem => "platform",
            Self::Conda => "subdir",
            _ => "arch",
        }
    }
}

/// What a binary package was built from; advisories of distributions name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version. Of RPM, with the epoch of the package where the versions are the same.
    pub version: String,
    /// The file that it is kept in, where packages name it so: `bash-4.4-19.6.1.src.rpm`.
    pub archive: Option<String>,
}

/// A package that is installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name as it is written, the scope of npm included.
    pub name: String,
    /// Its version as it is written. Of RPM, all three parts as they are compared: `1:2.0.0-1.cm2`, where there is an
    /// epoch, be it 0.
    pub version: String,
    /// `amd64`, `all`, where packages have one; the platform of a gem: `x86_64-linux`.
    pub architecture: Option<String>,
    /// What it was built from, where it says so.
    pub source: Option<SourcePackage>,
    /// Licences as it states them.
    pub licences: Vec<String>,
    /// The module and its stream, where it was built as a part of one: `perl:5.26:8030020200313080146:466ea64f`.
    pub module: Option<String>,
    /// Of Java, where nothing but a word that looks like it tells the group, this word; the name is the artifact alone.
    pub supposed_group: Option<String>,
}

impl Package {
    /// A package of which no more is known than its name and version.
    pub fn new(ecosystem: Ecosystem, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            ecosystem,
            name: name.into(),
            version: version.into(),
            architecture: None,
            source: None,
            licences: Vec::new(),
            module: None,
            supposed_group: None,
        }
    }

    /// The package URL, with the distribution where it is one of the distribution's own; `None` where the
    /// name cannot be one.
    pub fn purl(&self, distribution: Option<&Distribution>) -> Option<Purl> {
        let is_own = |it: &&Distribution| {
            self.ecosystem.is_of_distribution() && self.ecosystem.is_form_of(it)
        };
        let distribution = distribution.filter(is_own);
        let separator = match self.ecosystem {
            Ecosystem::Maven => ':',
            _ => '/',
        };
        let (namespace, name) = match self.name.rsplit_once(separator) {
            Some((namespace, name)) => (Some(namespace), name),
            // A package URL of Java needs a group, be it one that is only supposed.
            None if self.ecosystem == Ecosystem::Maven => {
                (self.supposed_group.as_deref(), &*self.name)
            }
            None => (distribution.map(|it| &*it.id), &*self.name),
        };
        let distro = distribution.map(|it| match &*it.version_id {
            "" => it.id.clone(),
            version => format!("{}-{version}", it.id),
        });
        let upstream = self.source.as_ref().map(|source| {
            if let Some(archive) = &source.archive {
                archive.clone()
            } else if source.version == self.version {
                source.name.clone()
            } else {
                format!("{}@{}", source.name, source.version)
            }
        });
        // Package URLs of RPM have the epoch by itself. Only digits make one.
        let is_epoch = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (epoch, version) = match self.version.split_once(':') {
            Some((epoch, version)) if self.ecosystem == Ecosystem::Rpm && is_epoch(epoch) => {
                (Some(epoch), version)
            }
            _ => (None, &*self.version),
        };
        let qualifiers: Vec<_> = [
            (
                self.ecosystem.architecture_key(),
                self.architecture.as_deref(),
            ),
            ("distro", distro.as_deref()),
            ("epoch", epoch),
            ("upstream", upstream.as_deref()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
        let parts = Parts {
            kind: self.ecosystem.purl_type(),
            namespace,
            name,
            version: Some(version).filter(|version| !version.is_empty()),
            qualifiers: &qualifiers,
            subpath: None,
        };
        Purl::build(&parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_canonical() {
        let debian = Distribution {
            id: "debian".to_owned(),
            version_id: "12".to_owned(),
            name: String::new(),
        };
        let rocky = Distribution {
            id: "rocky".to_owned(),
            version_id: "9.4".to_owned(),
            name: String::new(),
        };
        let of = |distribution: &Distribution, package: &Package, expected: &str| {
            let purl = package.purl(Some(distribution)).unwrap();
            assert_eq!(purl.to_string(), expected);
        };
        let check = |package: &Package, expected| of(&debian, package, expected);
        check(
            &Package::new(Ecosystem::Npm, "@babel/core", "7.0.0"),
            "pkg:npm/%40babel/core@7.0.0",
        );
        check(
            &Package::new(Ecosystem::Maven, "org.apache:a", "1"),
            "pkg:maven/org.apache/a@1",
        );
        let supposed = Package {
            supposed_group: Some("org.apache".to_owned()),
            ..Package::new(Ecosystem::Maven, "a", "1")
        };
        check(&supposed, "pkg:maven/org.apache/a@1");
        check(
            &Package::new(Ecosystem::Pypi, "Zope.Interface__x", "1!2"),
            "pkg:pypi/zope.interface--x@1%212",
        );
        let mut package = Package::new(Ecosystem::Deb, "libstdc++6", "12.2.0-14+deb12u1");
        package.architecture = Some("amd64".to_owned());
        package.source = Some(SourcePackage {
            name: "gcc-12".to_owned(),
            version: "12.2.0-14".to_owned(),
            archive: None,
        });
        check(
            &package,
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14",
        );
        let mut package = Package::new(Ecosystem::Rpm, "audit", "1:3.0-1");
        package.source = Some(SourcePackage {
            name: "audit".to_owned(),
            version: "1:3.0-1".to_owned(),
            archive: Some("audit-3.0-1.nosrc.rpm".to_owned()),
        });
        of(
            &rocky,
            &package,
            "pkg:rpm/rocky/audit@3.0-1?distro=rocky-9.4&epoch=1&upstream=audit-3.0-1.nosrc.rpm",
        );
        of(
            &rocky,
            &Package::new(Ecosystem::Rpm, "a", "b:1-2"),
            "pkg:rpm/rocky/a@b:1-2?distro=rocky-9.4",
        );
        // What another distribution installs is not this one's.
        let apk = Package::new(Ecosystem::Apk, "musl", "1");
        assert_eq!(apk.purl(Some(&debian)), None);
    }

    #[test]
    fn distributions_have_packages_of_one_form() {
        let check = |id: &str, version: &str, expected: &[Ecosystem]| {
            let distribution = Distribution {
                id: id.to_owned(),
                version_id: version.to_owned(),
                name: String::new(),
            };
            let all = Ecosystem::ALL.into_iter();
            let forms = all.filter(|it| it.is_of_distribution() && it.is_form_of(&distribution));
            assert_eq!(forms.collect::<Vec<_>>(), expected, "{id} {version}");
        };
        check("debian", "12", &[Ecosystem::Deb]);
        // Testing says no release.
        check("debian", "", &[Ecosystem::Deb]);
        check("alpine", "3.20.1", &[Ecosystem::Apk]);
        check("wolfi", "20230201", &[Ecosystem::Apk]);
        check("rhel", "9.4", &[Ecosystem::Rpm]);
        for unknown in ["arch", "homemade", ""] {
            let all = Ecosystem::ALL.into_iter();
            let all: Vec<_> = all.filter(|it| it.is_of_distribution()).collect();
            check(unknown, "1", &all);
        }
    }
}
