//! What Bitnami put into an image: `opt/bitnami/<component>/.spdx-<component>.spdx`, SPDX in JSON.
//!
//! See: <https://github.com/bitnami/vulndb>, <https://spdx.github.io/spdx-spec/v2.3/>.

use crate::{Listed, sbom::Sbom};

pub(super) fn parse(bytes: &[u8]) -> Result<Listed, String> {
    let sbom = Sbom::of_package(bytes)
        .map_err(|error| format!("is no list of Bitnami that can be read: {error}"))?;
    let packages = sbom.contents.packages.into_iter();
    let packages = packages.map(|placed| placed.package);
    let (packages, unversioned): (Vec<_>, Vec<_>) =
        packages.partition(|package| !package.version.is_empty());
    let unread = sbom.unread.iter();
    let mut unread: Vec<_> = unread
        .map(|unread| format!("{} {}", unread.count, unread.reason))
        .collect();
    if !unversioned.is_empty() {
        unread.push(format!("{} without a version", unversioned.len()));
    }
    let damage = (!unread.is_empty())
        .then(|| format!("lists components that are not read: {}", unread.join(", ")));
    match damage {
        None if packages.is_empty() => Err("lists no packages".to_owned()),
        damage => Ok(Listed {
            packages,
            damage,
            ..Listed::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(packages: &str) -> String {
        format!(
            r#"{{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "documentDescribes": ["SPDXRef-tea"],
            "packages": [{packages}]}}"#
        )
    }

    fn package(name: &str, purl: &str) -> String {
        format!(
            r#"{{"SPDXID": "SPDXRef-{name}", "name": "{name}", "versionInfo": "x", "licenseDeclared": "MIT",
            "externalRefs": [{{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": "{purl}"}}]}}"#
        )
    }

    #[test]
    fn the_component_and_what_it_is_made_of_are_listed() {
        let tea = package("tea", "pkg:bitnami/tea@18.6.0-3?arch=amd64&distro=photon-5");
        let cup = package("cup", "pkg:bitnami/cup@3.14.1?arch=amd64&distro=photon-5");
        let jar = package("jar", "pkg:maven/org.cups/jar@1.6");
        let listed = parse(document(&[tea.clone(), cup, jar].join(", ")).as_bytes()).unwrap();
        assert_eq!(listed.damage, None);
        let purls = listed.packages.iter();
        let purls: Vec<_> = purls.map(|it| it.purl(None).unwrap().to_string()).collect();
        assert_eq!(
            purls,
            [
                "pkg:maven/org.cups/jar@1.6",
                "pkg:bitnami/cup@3.14.1?arch=amd64",
                "pkg:bitnami/tea@18.6.0-3?arch=amd64",
            ]
        );
        assert_eq!(listed.packages[2].licences, ["MIT"]);
        let plain = package("plain", "pkg:maven/a/b").replace("\"x\"", "\"\"");
        let listed = parse(document(&format!("{tea}, {plain}")).as_bytes()).unwrap();
        assert_eq!(listed.packages.len(), 1);
        assert!(listed.damage.unwrap().contains("1 without a version"));
        let other = package("other", "pkg:github/cups/other@1");
        let listed = parse(document(&format!("{tea}, {other}")).as_bytes()).unwrap();
        assert_eq!(listed.packages.len(), 1);
        let damage = listed.damage.unwrap();
        assert!(
            damage.contains("1 of a type that is not read: github"),
            "{damage}"
        );
    }

    #[test]
    fn damage_is_told() {
        for text in ["", "{", "SPDXVersion: SPDX-2.3", &document("")] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
