//! A package, made again from its package URL.

use ringwall_advisory::Purl;

use crate::{Ecosystem, Package, SourcePackage, packages::rpm};

/// What an SBOM says of a package besides its package URL.
#[derive(Debug, Default)]
pub(super) struct Hints<'t> {
    /// Its name.
    pub(super) name: &'t str,
    /// Its version.
    pub(super) version: &'t str,
    /// What it was built from.
    pub(super) source: Option<SourcePackage>,
    /// Licences that it states.
    pub(super) licences: Vec<String>,
}

/// The package; `None` where packages of its kind are not read.
pub(super) fn of_purl(purl: &Purl, hints: Hints<'_>) -> Option<Package> {
    let ecosystem = Ecosystem::of_purl_type(purl.kind())?;
    let qualifier = |key: &str| purl.qualifiers().get(key).map(String::as_str);
    let separator = match ecosystem {
        // Their namespace is the distribution.
        _ if ecosystem.is_of_distribution() => None,
        Ecosystem::Maven => Some(':'),
        _ => Some('/'),
    };
    let name = match (purl.namespace(), separator) {
        (Some(namespace), _) if ecosystem == Ecosystem::Go => module(namespace, purl, hints.name),
        (Some(namespace), _) if ecosystem == Ecosystem::Swift => repository(namespace, purl.name()),
        (Some(namespace), Some(separator)) => format!("{namespace}{separator}{}", purl.name()),
        _ => as_written(ecosystem, purl.name(), hints.name).to_owned(),
    };
    let version = match purl.version() {
        Some(version) => as_written(ecosystem, version, hints.version),
        None => hints.version,
    };
    // Some tools write the epoch at both places.
    let has_epoch = version.split_once(':').is_some_and(|(epoch, _)| {
        !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit())
    });
    let version = match qualifier("epoch") {
        Some(epoch) if ecosystem.is_of_distribution() && purl.version().is_some() && !has_epoch => {
            format!("{epoch}:{version}")
        }
        _ => version.to_owned(),
    };
    let (name, version) = match (&*name, purl.namespace()) {
        ("std" | "stdlib", None) if ecosystem == Ecosystem::Go => standard_library(&version),
        _ => (name, version),
    };
    let source = qualifier("upstream").and_then(|it| upstream(ecosystem, it, &version));
    let mut package = Package::new(ecosystem, name, version);
    package.architecture = qualifier(ecosystem.architecture_key()).map(str::to_owned);
    package.source = source.or(hints.source);
    package.licences = hints.licences;
    // The words of Syft and of Trivy for it.
    let module = qualifier("rpmmod").or_else(|| qualifier("modularitylabel"));
    package.module = module.map(str::to_owned);
    Some(package)
}

/// A module of Go. Syft puts what stands behind the third part of its path into the subpath, where the rules for package
/// URLs have a package inside of the module: `pkg:golang/github.com/jackc/pgx@v4.18.1#v4`.
fn module(namespace: &str, purl: &Purl, written: &str) -> String {
    let path = format!("{namespace}/{}", purl.name());
    let Some(subpath) = purl.subpath() else {
        return path;
    };
    let whole = format!("{path}/{subpath}");
    let first = subpath.split('/').next().unwrap_or_default();
    let major = first.strip_prefix('v').unwrap_or_default();
    let is_major = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    if written == whole || is_major && written != path {
        whole
    } else {
        path
    }
}

/// The standard library of Go, which cyclonedx-gomod calls `std`, with a version that may be that of a module or of a
/// release: `v1.22.1`, `go1.22.1`.
fn standard_library(version: &str) -> (String, String) {
    let number = version.strip_prefix("go").or(version.strip_prefix('v'));
    let is_number = |it: &&str| it.starts_with(|first: char| first.is_ascii_digit());
    let number = number.filter(is_number).unwrap_or(version);
    ("stdlib".to_owned(), number.to_owned())
}

/// A repository of Swift. Syft says the name of the package behind that of its repository:
/// `pkg:swift/github.com/apple/swift-nio.git/swift-nio@1.0.0`.
fn repository(namespace: &str, name: &str) -> String {
    if let Some(repository) = namespace.strip_suffix(".git") {
        return repository.to_owned();
    }
    let mut parts = namespace.rsplit('/');
    let is_repeated = parts.next() == Some(name) && parts.count() >= 2;
    if is_repeated {
        namespace.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}

/// A name or a version before the rules for package URLs were applied to it, where that is known.
fn as_written<'t>(ecosystem: Ecosystem, canonical: &'t str, written: &'t str) -> &'t str {
    let is_same = match ecosystem {
        Ecosystem::Pypi => written.replace('_', "-").eq_ignore_ascii_case(canonical),
        Ecosystem::Deb | Ecosystem::Apk | Ecosystem::Alpm | Ecosystem::Bitnami => {
            written.eq_ignore_ascii_case(canonical)
        }
        _ => false,
    };
    if is_same { written } else { canonical }
}

/// `gcc-12@12.2.0-14`, `glibc` for a source of the same version, and for RPM `bash-4.4-19.6.1.src.rpm`.
fn upstream(ecosystem: Ecosystem, text: &str, version: &str) -> Option<SourcePackage> {
    if ecosystem == Ecosystem::Rpm && text.ends_with(".rpm") {
        return rpm::source_of(text.to_owned(), version);
    }
    let (name, version) = text.rsplit_once('@').unwrap_or((text, version));
    Some(SourcePackage {
        name: name.to_owned(),
        version: version.to_owned(),
        archive: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Distribution;

    #[test]
    fn a_package_is_what_its_package_url_was_made_of() {
        // One of which nobody knows which packages it installs.
        let distribution = Distribution {
            id: "homemade".to_owned(),
            version_id: "12".to_owned(),
            name: String::new(),
        };
        let mut packages = vec![
            Package::new(Ecosystem::Npm, "@babel/core", "7.0.0"),
            Package::new(Ecosystem::Maven, "org.apache:a", "1"),
            Package::new(Ecosystem::Pypi, "Zope_x", "1!2RC1"),
            Package::new(Ecosystem::Go, "stdlib", "1.22"),
            Package::new(Ecosystem::Go, "github.com/A/b", "v1.0.0+incompatible"),
            Package::new(Ecosystem::Cargo, "a_b", "1.0.0"),
            Package::new(Ecosystem::Rpm, "audit", "1:3.0-1"),
            Package::new(Ecosystem::Apk, "musl", "1.1.22-r3"),
            Package::new(Ecosystem::Deb, "libc6", "1:2.36-9+b1"),
            Package::new(Ecosystem::Deb, "libc-bin", "2.36-9"),
            Package::new(Ecosystem::Gem, "nokogiri", "1.15.4"),
            Package::new(Ecosystem::Conda, "zlib", "1.2.13"),
            Package::new(Ecosystem::Alpm, "zlib", "1:1.3-1"),
            Package::new(Ecosystem::Opkg, "zlib", "1.3-1"),
            Package::new(Ecosystem::Cran, "digest", "0.6-31"),
            Package::new(Ecosystem::Bitnami, "redis", "7.4.1-0"),
        ];
        let source = |name: &str, version: &str, archive: Option<&str>| {
            Some(SourcePackage {
                name: name.to_owned(),
                version: version.to_owned(),
                archive: archive.map(str::to_owned),
            })
        };
        packages[6].source = source("audit", "1:3.0-1", Some("audit-3.0-1.src.rpm"));
        packages[8].source = source("glibc", "2.36-9", None);
        packages[8].architecture = Some("amd64".to_owned());
        packages[9].source = source("glibc", "2.36-9", None);
        packages[10].architecture = Some("x86_64-linux".to_owned());
        packages[11].architecture = Some("linux-64".to_owned());
        packages[12].architecture = Some("x86_64".to_owned());
        packages[12].source = source("zlib", "1:1.3-1", None);
        for package in packages {
            let purl = package.purl(Some(&distribution)).unwrap();
            let hints = Hints {
                name: &package.name,
                version: &package.version,
                ..Hints::default()
            };
            // The epoch of RPM stands by itself in the package URL, and not in the hint of others.
            assert_eq!(of_purl(&purl, hints).unwrap(), package, "{purl}");
        }
    }

    #[test]
    fn modules_and_repositories_of_syft_are_known() {
        let check = |purl: &str, written: &str, expected: &str| {
            let hints = Hints {
                name: written,
                ..Hints::default()
            };
            let package = of_purl(&purl.parse().unwrap(), hints).unwrap();
            assert_eq!(package.name, expected, "{purl} {written}");
        };
        let pgx = "pkg:golang/github.com/jackc/pgx@v4.18.1#v4";
        check(pgx, "github.com/jackc/pgx/v4", "github.com/jackc/pgx/v4");
        check(pgx, "", "github.com/jackc/pgx/v4");
        let consul = "pkg:golang/github.com/hashicorp/consul@v1.2.3#api";
        let api = "github.com/hashicorp/consul/api";
        check(consul, api, api);
        // A package inside of the module, as the rules for package URLs have it.
        let genproto = "pkg:golang/google.golang.org/genproto@v0.1.0#googleapis/api";
        let name = "google.golang.org/genproto";
        check(genproto, name, name);
        check(genproto, "", name);
        let nio = "github.com/apple/swift-nio";
        let purl = "pkg:swift/github.com/apple/swift-nio.git/swift-nio@1.0.0";
        check(purl, "swift-nio", nio);
        let purl = "pkg:swift/github.com/apple/swift-nio/swift-nio@1.0.0";
        check(purl, "swift-nio", nio);
        check("pkg:swift/github.com/apple/swift-nio@1.0.0", "", nio);
        let purl = "pkg:swift/github.com/Alamofire/Alamofire@5.4.3";
        check(purl, "", "github.com/Alamofire/Alamofire");
    }

    #[test]
    fn the_standard_library_of_go_has_one_name() {
        let check = |purl: &str, expected: (&str, &str)| {
            let package = of_purl(&purl.parse().unwrap(), Hints::default()).unwrap();
            assert_eq!((&*package.name, &*package.version), expected, "{purl}");
        };
        for version in ["1.22.1", "v1.22.1", "go1.22.1"] {
            for name in ["std", "stdlib"] {
                let purl = format!("pkg:golang/{name}@{version}?type=module");
                check(&purl, ("stdlib", "1.22.1"));
            }
        }
        check("pkg:golang/std@devel", ("stdlib", "devel"));
        let module = "pkg:golang/example.com/std@v1.22.1";
        check(module, ("example.com/std", "v1.22.1"));
    }

    #[test]
    fn epochs_and_sources_of_trivy_are_known() {
        let purl = "pkg:deb/debian/bsdutils@2.33.1-0.1?distro=debian-10.2&epoch=1";
        let hints = Hints {
            name: "bsdutils",
            version: "1:2.33.1-0.1",
            ..Hints::default()
        };
        let package = of_purl(&purl.parse().unwrap(), hints).unwrap();
        assert_eq!(package.version, "1:2.33.1-0.1");
        for purl in [
            "pkg:rpm/almalinux/openssl@1.1.1k-6.el8?epoch=1&distro=almalinux-8.5",
            "pkg:rpm/almalinux/openssl@1:1.1.1k-6.el8?epoch=1&distro=almalinux-8.5",
            "pkg:rpm/almalinux/openssl@1%3A1.1.1k-6.el8?distro=almalinux-8.5",
        ] {
            let package = of_purl(&purl.parse().unwrap(), Hints::default()).unwrap();
            assert_eq!(package.version, "1:1.1.1k-6.el8", "{purl}");
        }
        let unknown = "pkg:luarocks/rack@2.0".parse().unwrap();
        assert_eq!(of_purl(&unknown, Hints::default()), None);
    }
}
