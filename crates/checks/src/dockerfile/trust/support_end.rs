//! When support of well-known releases ends.
//!
//! Days are facts taken from <https://endoflife.date> (August 2026), which names the page of each project.
//! They are the last day on which everyone gets fixes; for Debian that of LTS.

use ringwall_input::dockerfile::ImageRef;
use ringwall_model::Date;

/// The end of support of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SupportEnd {
    /// `alpine`, `python`, ...
    pub(super) product: &'static str,
    /// The release as the table names it.
    pub(super) release: &'static str,
    /// The last day of support.
    pub(super) day: Date,
}

/// When support of a distribution ends, as `os-release` has its `ID` and `VERSION_ID`: its name and the last day.
pub fn distribution_support_end(id: &str, version_id: &str) -> Option<(String, Date)> {
    let product = match id {
        "amzn" => "amazonlinux",
        "mariner" => "azurelinux",
        "ol" => "oraclelinux",
        "opensuse" => "opensuse-leap",
        "rhel" => "ubi",
        "rocky" => "rockylinux",
        "sl-micro" | "sle-micro-rancher" => "sle-micro",
        "sles_sap" | "sled" => "sles",
        other => other,
    };
    // `8-stream`, as what `os-release` says is read.
    let of_stream = version_id
        .strip_suffix("-stream")
        .filter(|_| id == "centos");
    let end = match of_stream {
        Some(number) => release("centos-stream", &format!("stream{number}"))?,
        None => release(product, version_id)?,
    };
    Some((format!("{} {}", end.product, end.release), end.day))
}

/// The earliest end of support among what an image's name and tag promise.
pub(super) fn support_end(image: &ImageRef) -> Option<SupportEnd> {
    let name = image.full_name();
    let tag = match (&image.tag, &image.digest) {
        (Some(tag), _) => tag.as_str(),
        (None, None) => "latest",
        (None, Some(_)) => "",
    };
    let official = [
        "docker.io/library/",
        "public.ecr.aws/docker/library/",
        "mirror.gcr.io/library/",
    ]
    .iter()
    .find_map(|mirror| name.strip_prefix(mirror));
    let own = match official {
        Some(official) => release(official, tag),
        None => elsewhere(&name, tag),
    };
    let has_variants = official.is_some() || name.starts_with("mcr.microsoft.com/dotnet/");
    let variant = has_variants
        .then(|| tag.split('-').find_map(distribution))
        .flatten();
    own.into_iter().chain(variant).min_by_key(|end| end.day)
}

/// Images outside Docker's official ones.
fn elsewhere(name: &str, tag: &str) -> Option<SupportEnd> {
    if let Some(path) = name.strip_prefix("registry.access.redhat.com/ubi") {
        return release("ubi", path.split(['/', '-']).next()?);
    }
    if let Some(distroless) = name.strip_prefix("gcr.io/distroless/") {
        return release("debian", distroless.rsplit_once("-debian")?.1);
    }
    match name {
        "quay.io/centos/centos" => release("centos-stream", tag).or_else(|| release("centos", tag)),
        "docker.io/opensuse/leap" | "registry.opensuse.org/opensuse/leap" => {
            release("opensuse-leap", tag)
        }
        "public.ecr.aws/amazonlinux/amazonlinux" => release("amazonlinux", tag),
        "registry.fedoraproject.org/fedora" | "quay.io/fedora/fedora" => release("fedora", tag),
        _ if name.starts_with("mcr.microsoft.com/dotnet/") => release("dotnet", tag),
        _ => None,
    }
}

/// A part of a tag that names a distribution: `bullseye`, `alpine3.12`.
fn distribution(part: &str) -> Option<SupportEnd> {
    if let Some(version) = part.strip_prefix("alpine") {
        return release("alpine", version);
    }
    let is_name = part.bytes().all(|byte| byte.is_ascii_lowercase());
    is_name
        .then(|| release("debian", part).or_else(|| release("ubuntu", part)))
        .flatten()
}

/// The most exact release of a product that a tag begins with: 3.12 of `3.12.1-slim`.
fn release(product: &str, tag: &str) -> Option<SupportEnd> {
    let (product, releases) = PRODUCTS.iter().find(|(name, _)| *name == product)?;
    let (release, (year, month, day)) = releases
        .iter()
        .filter(|(release, _)| {
            tag.strip_prefix(release)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        })
        .max_by_key(|(release, _)| release.len())?;
    Some(SupportEnd {
        product,
        // The tag `latest` of a dead repository stays where it is: centos:latest is 8.
        release: if *release == "latest" { "8" } else { release },
        day: Date::new(*year, *month, *day)?,
    })
}

type Release = (&'static str, (u16, u8, u8));

const ALPINE: &[Release] = &[
    ("3.0", (2016, 5, 1)),
    ("3.1", (2016, 11, 1)),
    ("3.2", (2017, 5, 1)),
    ("3.3", (2017, 11, 1)),
    ("3.4", (2018, 5, 1)),
    ("3.5", (2018, 11, 1)),
    ("3.6", (2019, 5, 1)),
    ("3.7", (2019, 11, 1)),
    ("3.8", (2020, 5, 1)),
    ("3.9", (2020, 11, 1)),
    ("3.10", (2021, 5, 1)),
    ("3.11", (2021, 11, 1)),
    ("3.12", (2022, 5, 1)),
    ("3.13", (2022, 11, 1)),
    ("3.14", (2023, 5, 1)),
    ("3.15", (2023, 11, 1)),
    ("3.16", (2024, 5, 23)),
    ("3.17", (2024, 11, 22)),
    ("3.18", (2025, 5, 9)),
    ("3.19", (2025, 11, 1)),
    ("3.20", (2026, 4, 1)),
    ("3.21", (2026, 11, 1)),
    ("3.22", (2027, 5, 1)),
    ("3.23", (2027, 11, 1)),
    ("3.24", (2028, 6, 1)),
];

const DEBIAN: &[Release] = &[
    ("6", (2016, 2, 29)),
    ("squeeze", (2016, 2, 29)),
    ("7", (2018, 5, 31)),
    ("wheezy", (2018, 5, 31)),
    ("8", (2020, 6, 30)),
    ("jessie", (2020, 6, 30)),
    ("9", (2022, 7, 1)),
    ("stretch", (2022, 7, 1)),
    ("10", (2024, 6, 30)),
    ("buster", (2024, 6, 30)),
    ("11", (2026, 8, 31)),
    ("bullseye", (2026, 8, 31)),
    ("12", (2028, 6, 30)),
    ("bookworm", (2028, 6, 30)),
    ("13", (2030, 6, 30)),
    ("trixie", (2030, 6, 30)),
];

const UBUNTU: &[Release] = &[
    ("12.04", (2017, 4, 28)),
    ("precise", (2017, 4, 28)),
    ("14.04", (2019, 4, 2)),
    ("trusty", (2019, 4, 2)),
    ("16.04", (2021, 4, 2)),
    ("xenial", (2021, 4, 2)),
    ("14.10", (2015, 7, 23)),
    ("utopic", (2015, 7, 23)),
    ("15.04", (2016, 2, 4)),
    ("vivid", (2016, 2, 4)),
    ("15.10", (2016, 7, 28)),
    ("wily", (2016, 7, 28)),
    ("16.10", (2017, 7, 20)),
    ("yakkety", (2017, 7, 20)),
    ("17.04", (2018, 1, 13)),
    ("zesty", (2018, 1, 13)),
    ("17.10", (2018, 7, 19)),
    ("artful", (2018, 7, 19)),
    ("18.10", (2019, 7, 18)),
    ("cosmic", (2019, 7, 18)),
    ("19.04", (2020, 1, 23)),
    ("disco", (2020, 1, 23)),
    ("18.04", (2023, 5, 31)),
    ("bionic", (2023, 5, 31)),
    ("19.10", (2020, 7, 6)),
    ("eoan", (2020, 7, 6)),
    ("20.04", (2025, 5, 31)),
    ("focal", (2025, 5, 31)),
    ("20.10", (2021, 7, 22)),
    ("groovy", (2021, 7, 22)),
    ("21.04", (2022, 1, 20)),
    ("hirsute", (2022, 1, 20)),
    ("21.10", (2022, 7, 14)),
    ("impish", (2022, 7, 14)),
    ("22.04", (2027, 4, 1)),
    ("jammy", (2027, 4, 1)),
    ("22.10", (2023, 7, 20)),
    ("kinetic", (2023, 7, 20)),
    ("23.04", (2024, 1, 20)),
    ("lunar", (2024, 1, 20)),
    ("23.10", (2024, 7, 12)),
    ("mantic", (2024, 7, 12)),
    ("24.04", (2029, 5, 31)),
    ("noble", (2029, 5, 31)),
    ("24.10", (2025, 7, 10)),
    ("oracular", (2025, 7, 10)),
    ("25.04", (2026, 1, 17)),
    ("plucky", (2026, 1, 17)),
    ("25.10", (2026, 7, 1)),
    ("questing", (2026, 7, 1)),
    ("26.04", (2031, 4, 30)),
    ("resolute", (2031, 4, 30)),
];

const CENTOS: &[Release] = &[
    ("5", (2017, 3, 31)),
    ("centos5", (2017, 3, 31)),
    ("6", (2020, 11, 30)),
    ("centos6", (2020, 11, 30)),
    ("7", (2024, 6, 30)),
    ("centos7", (2024, 6, 30)),
    ("8", (2021, 12, 31)),
    ("centos8", (2021, 12, 31)),
    ("latest", (2021, 12, 31)),
];

const CENTOS_STREAM: &[Release] = &[
    ("stream8", (2024, 5, 31)),
    ("stream9", (2027, 5, 31)),
    ("stream10", (2030, 5, 31)),
];

const FEDORA: &[Release] = &[
    ("25", (2017, 12, 12)),
    ("26", (2018, 5, 29)),
    ("27", (2018, 11, 30)),
    ("28", (2019, 5, 28)),
    ("29", (2019, 11, 26)),
    ("30", (2020, 5, 26)),
    ("31", (2020, 11, 24)),
    ("32", (2021, 5, 25)),
    ("33", (2021, 11, 30)),
    ("34", (2022, 6, 7)),
    ("35", (2022, 12, 13)),
    ("36", (2023, 5, 16)),
    ("37", (2023, 12, 5)),
    ("38", (2024, 5, 21)),
    ("39", (2024, 11, 26)),
    ("40", (2025, 5, 13)),
    ("41", (2025, 12, 15)),
    ("42", (2026, 5, 27)),
    ("43", (2026, 12, 9)),
    ("44", (2027, 6, 2)),
];

const OPENSUSE_LEAP: &[Release] = &[
    ("42.1", (2017, 5, 17)),
    ("42.2", (2018, 1, 26)),
    ("42.3", (2019, 7, 1)),
    ("15.0", (2019, 12, 3)),
    ("15.1", (2021, 2, 2)),
    ("15.2", (2022, 1, 4)),
    ("15.3", (2022, 12, 31)),
    ("15.4", (2023, 12, 7)),
    ("15.5", (2024, 12, 31)),
    ("15.6", (2026, 4, 30)),
    ("16.0", (2027, 10, 31)),
];

const AMAZONLINUX: &[Release] = &[
    ("1", (2023, 12, 31)),
    ("2018.03", (2023, 12, 31)),
    ("2", (2026, 6, 30)),
    ("2023", (2029, 6, 30)),
];

const ORACLELINUX: &[Release] = &[
    ("6", (2021, 3, 31)),
    ("7", (2024, 12, 31)),
    ("8", (2029, 7, 31)),
    ("9", (2032, 6, 30)),
    ("10", (2035, 6, 30)),
];

const ALMALINUX: &[Release] = &[
    ("8", (2029, 3, 1)),
    ("9", (2032, 5, 31)),
    ("10", (2035, 5, 31)),
];

const ROCKYLINUX: &[Release] = &[
    ("8", (2029, 5, 31)),
    ("9", (2032, 5, 31)),
    ("10", (2035, 5, 31)),
];

/// Service packs until the general support of each ends; those without a number have the name of all of them.
const SLES: &[Release] = &[
    ("11.1", (2012, 8, 31)),
    ("11.2", (2014, 1, 31)),
    ("11.3", (2016, 1, 31)),
    ("11.4", (2019, 3, 31)),
    ("12.1", (2017, 5, 31)),
    ("12.2", (2018, 3, 31)),
    ("12.3", (2019, 6, 30)),
    ("12.4", (2020, 6, 30)),
    ("12.5", (2024, 10, 31)),
    ("15.1", (2021, 1, 31)),
    ("15.2", (2021, 12, 31)),
    ("15.3", (2022, 12, 31)),
    ("15.4", (2023, 12, 31)),
    ("15.5", (2024, 12, 31)),
    ("15.6", (2025, 12, 31)),
    ("15.7", (2031, 7, 31)),
    ("16.0", (2027, 11, 30)),
];

const SLE_MICRO: &[Release] = &[
    ("5.0", (2022, 3, 31)),
    ("5.1", (2025, 10, 31)),
    ("5.2", (2026, 4, 30)),
    ("5.3", (2026, 10, 30)),
    ("5.4", (2027, 4, 30)),
    ("5.5", (2027, 10, 31)),
    ("6.0", (2028, 6, 30)),
    ("6.1", (2028, 11, 30)),
];

const PHOTON: &[Release] = &[
    ("1.0", (2022, 2, 28)),
    ("2.0", (2022, 12, 31)),
    ("3.0", (2024, 3, 31)),
    ("4.0", (2026, 3, 31)),
];

const AZURELINUX: &[Release] = &[("1.0", (2023, 7, 31)), ("2.0", (2025, 7, 31))];

const MAGEIA: &[Release] = &[
    ("6", (2019, 9, 30)),
    ("7", (2021, 6, 30)),
    ("8", (2023, 11, 30)),
];

const UBI: &[Release] = &[
    ("7", (2024, 6, 30)),
    ("8", (2029, 5, 31)),
    ("9", (2032, 5, 31)),
    ("10", (2035, 5, 31)),
];

const PYTHON: &[Release] = &[
    ("2", (2020, 1, 1)),
    ("2.7", (2020, 1, 1)),
    ("3.4", (2019, 3, 18)),
    ("3.5", (2020, 9, 30)),
    ("3.6", (2021, 12, 23)),
    ("3.7", (2023, 6, 27)),
    ("3.8", (2024, 10, 7)),
    ("3.9", (2025, 10, 31)),
    ("3.10", (2026, 10, 31)),
    ("3.11", (2027, 10, 31)),
    ("3.12", (2028, 10, 31)),
    ("3.13", (2029, 10, 31)),
    ("3.14", (2030, 10, 31)),
];

const NODE: &[Release] = &[
    ("0", (2016, 12, 31)),
    ("4", (2018, 4, 30)),
    ("5", (2016, 6, 30)),
    ("6", (2019, 4, 30)),
    ("7", (2017, 6, 30)),
    ("8", (2019, 12, 31)),
    ("carbon", (2019, 12, 31)),
    ("9", (2018, 6, 30)),
    ("10", (2021, 4, 30)),
    ("dubnium", (2021, 4, 30)),
    ("11", (2019, 6, 30)),
    ("12", (2022, 4, 30)),
    ("erbium", (2022, 4, 30)),
    ("13", (2020, 6, 1)),
    ("14", (2023, 4, 30)),
    ("fermium", (2023, 4, 30)),
    ("15", (2021, 6, 1)),
    ("16", (2023, 9, 11)),
    ("gallium", (2023, 9, 11)),
    ("17", (2022, 6, 1)),
    ("18", (2025, 4, 30)),
    ("hydrogen", (2025, 4, 30)),
    ("19", (2023, 6, 1)),
    ("20", (2026, 4, 30)),
    ("iron", (2026, 4, 30)),
    ("21", (2024, 6, 1)),
    ("22", (2027, 4, 30)),
    ("jod", (2027, 4, 30)),
    ("23", (2025, 6, 1)),
    ("24", (2028, 4, 30)),
    ("25", (2026, 6, 1)),
];

const PHP: &[Release] = &[
    ("5", (2018, 12, 31)),
    ("7", (2022, 11, 28)),
    ("7.0", (2019, 1, 10)),
    ("7.1", (2019, 12, 1)),
    ("7.2", (2020, 11, 30)),
    ("7.3", (2021, 12, 6)),
    ("7.4", (2022, 11, 28)),
    ("8.0", (2023, 11, 26)),
    ("8.1", (2025, 12, 31)),
    ("8.2", (2026, 12, 31)),
    ("8.3", (2027, 12, 31)),
    ("8.4", (2028, 12, 31)),
    ("8.5", (2029, 12, 31)),
];

const RUBY: &[Release] = &[
    ("2", (2023, 3, 31)),
    ("2.5", (2021, 3, 31)),
    ("2.6", (2022, 3, 31)),
    ("2.7", (2023, 3, 31)),
    ("3.0", (2024, 4, 23)),
    ("3.1", (2025, 3, 26)),
    ("3.2", (2026, 3, 31)),
    ("3.3", (2027, 3, 31)),
    ("3.4", (2028, 3, 31)),
    ("4.0", (2029, 3, 31)),
];

const GOLANG: &[Release] = &[
    ("1.10", (2019, 2, 25)),
    ("1.11", (2019, 9, 3)),
    ("1.12", (2020, 2, 25)),
    ("1.13", (2020, 8, 11)),
    ("1.14", (2021, 2, 16)),
    ("1.15", (2021, 8, 16)),
    ("1.16", (2022, 3, 15)),
    ("1.17", (2022, 8, 2)),
    ("1.18", (2023, 2, 1)),
    ("1.19", (2023, 9, 6)),
    ("1.20", (2024, 2, 6)),
    ("1.21", (2024, 8, 13)),
    ("1.22", (2025, 2, 11)),
    ("1.23", (2025, 8, 12)),
    ("1.24", (2026, 2, 10)),
    ("1.25", (2026, 8, 19)),
];

const DOTNET: &[Release] = &[
    ("2.1", (2021, 8, 21)),
    ("3.1", (2022, 12, 13)),
    ("5.0", (2022, 5, 10)),
    ("6.0", (2024, 11, 12)),
    ("7.0", (2024, 5, 14)),
    ("8.0", (2026, 11, 10)),
    ("9.0", (2026, 11, 10)),
    ("10.0", (2028, 11, 14)),
];

const PRODUCTS: &[(&str, &[Release])] = &[
    ("alpine", ALPINE),
    ("debian", DEBIAN),
    ("ubuntu", UBUNTU),
    ("centos", CENTOS),
    ("centos-stream", CENTOS_STREAM),
    ("fedora", FEDORA),
    ("opensuse-leap", OPENSUSE_LEAP),
    ("amazonlinux", AMAZONLINUX),
    ("oraclelinux", ORACLELINUX),
    ("almalinux", ALMALINUX),
    ("rockylinux", ROCKYLINUX),
    ("sles", SLES),
    ("sle-micro", SLE_MICRO),
    ("photon", PHOTON),
    ("azurelinux", AZURELINUX),
    ("mageia", MAGEIA),
    ("ubi", UBI),
    ("python", PYTHON),
    ("node", NODE),
    ("php", PHP),
    ("ruby", RUBY),
    ("golang", GOLANG),
    ("dotnet", DOTNET),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(image: &str, expected: Option<(&str, &str, &str)>) {
        let found = support_end(&ImageRef::parse(image));
        let found = found.map(|end| (end.product, end.release, end.day.to_string()));
        let found = found
            .as_ref()
            .map(|(product, release, day)| (*product, *release, day.as_str()));
        assert_eq!(found, expected, "{image}");
    }

    #[test]
    fn every_day_is_a_day() {
        for (product, releases) in PRODUCTS {
            for (release, (year, month, day)) in *releases {
                assert!(
                    Date::new(*year, *month, *day).is_some(),
                    "{product} {release}"
                );
            }
        }
    }

    #[test]
    fn tags_name_releases() {
        check("alpine:3.12.1", Some(("alpine", "3.12", "2022-05-01")));
        check("alpine:3.1", Some(("alpine", "3.1", "2016-11-01")));
        check(
            "ubuntu:focal-20240101",
            Some(("ubuntu", "focal", "2025-05-31")),
        );
        check(
            "python:3.14-buster",
            Some(("debian", "buster", "2024-06-30")),
        );
        check(
            "node:18.2-alpine3.15",
            Some(("alpine", "3.15", "2023-11-01")),
        );
        check("centos", Some(("centos", "8", "2021-12-31")));
        check(
            "quay.io/centos/centos:stream8",
            Some(("centos-stream", "stream8", "2024-05-31")),
        );
        check(
            "registry.access.redhat.com/ubi7/ubi-minimal:7.9",
            Some(("ubi", "7", "2024-06-30")),
        );
        check(
            "registry.access.redhat.com/ubi8-minimal:8.10",
            Some(("ubi", "8", "2029-05-31")),
        );
        check(
            "gcr.io/distroless/base-debian10",
            Some(("debian", "10", "2024-06-30")),
        );
        check(
            "mcr.microsoft.com/dotnet/sdk:6.0-focal",
            Some(("dotnet", "6.0", "2024-11-12")),
        );
        check("golang:buster", Some(("debian", "buster", "2024-06-30")));
        check("node:0.10", Some(("node", "0", "2016-12-31")));
    }

    #[test]
    fn distributions_are_known_as_they_call_themselves() {
        let check = |id: &str, version: &str, expected: Option<(&str, &str)>| {
            let found = distribution_support_end(id, version);
            let found = found.map(|(name, day)| (name, day.to_string()));
            let expected = expected.map(|(name, day)| (name.to_owned(), day.to_owned()));
            assert_eq!(found, expected, "{id} {version}");
        };
        check("sles", "15.3", Some(("sles 15.3", "2022-12-31")));
        // The first release has no number behind it, and later ones are none of it.
        check("sles", "15", None);
        check("sles", "15.9", None);
        check("sl-micro", "6.0", Some(("sle-micro 6.0", "2028-06-30")));
        check("photon", "2.0", Some(("photon 2.0", "2022-12-31")));
        check("mariner", "2.0", Some(("azurelinux 2.0", "2025-07-31")));
        check("azurelinux", "3.0", None);
        check("centos", "8", Some(("centos 8", "2021-12-31")));
        let stream = Some(("centos-stream stream8", "2024-05-31"));
        check("centos", "8-stream", stream);
        check("rocky", "8.9", Some(("rockylinux 8", "2029-05-31")));
        check("almalinux", "9.4", Some(("almalinux 9", "2032-05-31")));
        check(
            "opensuse",
            "42.2",
            Some(("opensuse-leap 42.2", "2018-01-26")),
        );
        check("ubuntu", "18.10", Some(("ubuntu 18.10", "2019-07-18")));
        check("wolfi", "20230201", None);
    }

    #[test]
    fn other_tags_name_none() {
        for image in [
            "alpine",
            "alpine:edge",
            "debian:stable-slim",
            "python:3-slim",
            "python:3.15-rc-slim",
            "example/alpine:3.12",
            "centos@sha256:00",
            "golang:1",
            "gcr.io/distroless/static",
            "scratch",
        ] {
            check(image, None);
        }
    }
}
