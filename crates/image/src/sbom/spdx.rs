//! SPDX 2.2 and 2.3.
//!
//! See: <https://spdx.github.io/spdx-spec/v2.3/>

#![expect(
    clippy::struct_field_names,
    reason = "fields have the names of the format"
)]

use std::collections::{HashMap, HashSet};

use ringwall_advisory::Purl;
use serde::{Deserialize, de::Error};

use super::{
    Sbom, SbomFormat, Subject,
    list::{Item, List},
    listing::{Listing, Place},
    package::{self, Hints},
};
use crate::{Ecosystem, SourcePackage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    creation_info: CreationInfo,
    #[serde(default)]
    document_describes: List<String>,
    #[serde(default)]
    packages: List<Package>,
    #[serde(default)]
    relationships: List<Relationship>,
    #[serde(default)]
    annotations: List<Annotation>,
}

#[derive(Default, Deserialize)]
struct CreationInfo {
    #[serde(default)]
    creators: List<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID", default)]
    id: String,
    #[serde(default)]
    name: String,
    version_info: Option<String>,
    summary: Option<String>,
    source_info: Option<String>,
    license_declared: Option<String>,
    primary_package_purpose: Option<String>,
    #[serde(default)]
    external_refs: List<ExternalRef>,
    #[serde(default)]
    annotations: List<Annotation>,
}

impl Item for Package {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    #[serde(default)]
    reference_type: String,
    #[serde(default)]
    reference_locator: String,
}

impl Item for ExternalRef {
    fn is_kept(&self) -> bool {
        self.reference_type == "purl"
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    #[serde(default)]
    spdx_element_id: String,
    #[serde(default)]
    relationship_type: String,
    #[serde(default)]
    related_spdx_element: String,
    comment: Option<String>,
}

impl Relationship {
    /// Syft: the first package brought files of the second.
    fn is_ownership(&self) -> bool {
        let comment = self.comment.as_deref().unwrap_or_default();
        self.relationship_type == "OTHER" && comment.starts_with("ownership-by-file-overlap")
    }
}

impl Item for Relationship {
    fn is_kept(&self) -> bool {
        matches!(
            &*self.relationship_type,
            "DESCRIBES" | "DESCRIBE" | "DESCRIBED_BY"
        ) || self.is_ownership()
    }
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    comment: String,
}

impl Item for Annotation {
    fn is_kept(&self) -> bool {
        self.comment.starts_with("ringwall:") || self.comment.starts_with("Class: ")
    }
}

impl Annotation {
    /// What stands behind a word of ringwall.
    fn behind(&self, word: &str) -> Option<&str> {
        self.comment.strip_prefix(word)?.strip_prefix(' ')
    }
}

/// A place as ringwall writes it.
#[derive(Deserialize)]
struct WrittenPlace {
    path: String,
    #[serde(default)]
    layer: usize,
    #[serde(default)]
    of_distribution: bool,
    owner: Option<String>,
}

/// What a document describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// An image, which is no package.
    Image,
    /// A package.
    Package,
}

/// Reads a document.
pub(super) fn read(bytes: &[u8], version: String, about: About) -> Result<Sbom, serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let mut described: HashSet<&str> = HashSet::new();
    described.extend(document.document_describes.0.iter().map(String::as_str));
    let mut owner_of: HashMap<&str, &str> = HashMap::new();
    for relationship in &document.relationships.0 {
        match &*relationship.relationship_type {
            // The latter in documents of Trivy from 2022.
            "DESCRIBES" | "DESCRIBE" => described.insert(&relationship.related_spdx_element),
            "DESCRIBED_BY" => described.insert(&relationship.spdx_element_id),
            _ => {
                let owned = owner_of.entry(&relationship.related_spdx_element);
                owned.or_insert(&relationship.spdx_element_id);
                true
            }
        };
    }
    let owners: HashSet<&str> = owner_of.values().copied().collect();
    let owners = document
        .packages
        .0
        .iter()
        .filter(|it| owners.contains(&*it.id));
    let owners: HashMap<&str, String> = owners
        .filter_map(|it| Some((&*it.id, it.name_in_distribution()?)))
        .collect();
    let creators = document.creation_info.creators.0.iter();
    let tools = creators.filter_map(|it| it.strip_prefix("Tool:"));
    let annotations = document.annotations.0.iter();
    let gaps = annotations.filter_map(|it| it.behind("ringwall:not-assessed"));
    let mut sbom = Sbom {
        format: SbomFormat::Spdx,
        version,
        tools: tools.map(|it| it.trim().to_owned()).collect(),
        gaps: gaps.map(str::to_owned).collect(),
        ..Sbom::default()
    };
    let is_of_trivy = sbom.tools.iter().any(|it| it.starts_with("trivy"));
    let mut listing = Listing::default();
    // Some documents are about each of their packages.
    let is_about_one = described.len() == 1 && document.packages.0.len() > 1;
    for package in &document.packages.0 {
        let is_image = about == About::Image
            && described.contains(&*package.id)
            && (is_about_one || package.purls().any(|it| it.starts_with("pkg:oci/")));
        if is_image {
            sbom.subject = package.subject();
        } else if !is_of_trivy || !package.is_file_of_trivy() {
            let owner = owner_of.get(&*package.id).and_then(|it| owners.get(it));
            let listed = package.list(&mut listing, owner);
            listed.map_err(serde_json::Error::custom)?;
        }
    }
    (sbom.contents, sbom.unread) = listing.finish();
    Ok(sbom)
}

impl Package {
    fn notes<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let annotations = self.annotations.0.iter();
        annotations.filter_map(move |it| it.behind(word))
    }

    fn purls(&self) -> impl Iterator<Item = &str> {
        let references = self.external_refs.0.iter();
        references.map(|it| &*it.reference_locator)
    }

    /// What it is called in the list of the distribution; `None` where it is a package of something else.
    fn name_in_distribution(&self) -> Option<String> {
        let mut packages = self.purls().filter_map(|purl| {
            let purl = Purl::parse(purl).ok()?;
            let ecosystem = Ecosystem::of_purl_type(purl.kind())?;
            let hints = Hints {
                name: &self.name,
                ..Hints::default()
            };
            let package = package::of_purl(&purl, hints)?;
            ecosystem.is_of_distribution().then_some(package.name)
        });
        packages.next()
    }

    /// Trivy lists files that name packages, and the packages besides. In documents from 2022, the id tells them.
    fn is_file_of_trivy(&self) -> bool {
        let mut annotations = self.annotations.0.iter();
        self.purls().next().is_none()
            && (self.id.starts_with("SPDXRef-Application-")
                || annotations.any(|it| it.comment.starts_with("Class: lang-pkgs")))
    }

    fn subject(&self) -> Subject {
        let mut purls = self.purls().filter_map(|it| Purl::parse(it).ok());
        let purl = purls.find(|it| it.version().is_some());
        let digest = purl.as_ref().and_then(|purl| purl.version());
        let digest = digest.or(self.version_info.as_deref());
        let one = |word| self.notes(word).next().map(str::to_owned);
        Subject {
            names: self.notes("ringwall:name").map(str::to_owned).collect(),
            digest: digest.and_then(|digest| digest.parse().ok()),
            platform: one("ringwall:platform"),
            created: one("ringwall:created"),
        }
    }

    /// Adds it to what is listed; `owner` is the package of the distribution that brought it.
    fn list(&self, listing: &mut Listing, owner: Option<&String>) -> Result<(), &'static str> {
        let purpose = self.primary_package_purpose.as_deref().unwrap_or_default();
        // With a dash in the text of the specification, and without one in its schema. In documents of Trivy from
        // 2022, the id tells it.
        if matches!(purpose, "OPERATING-SYSTEM" | "OPERATING_SYSTEM")
            || self.id.starts_with("SPDXRef-OperatingSystem-")
        {
            let version = self.version_info.as_deref().unwrap_or_default();
            let summary = self.summary.as_deref().unwrap_or_default();
            return listing.distribution(&self.name, version, summary);
        }
        let Some(first) = self.purls().next() else {
            if purpose == "FILE" {
                return Ok(());
            }
            return listing.unread("without a package URL", purpose);
        };
        let licence = self.license_declared.as_deref();
        let licence = licence.filter(|it| !matches!(*it, "" | "NOASSERTION" | "NONE"));
        // One that has several names may have flaws under each of them.
        let mut readable: Vec<&str> = self.purls().filter(|it| is_readable(it)).collect();
        readable.sort_unstable();
        readable.dedup();
        if readable.is_empty() {
            readable.push(first);
        }
        for purl in readable {
            let hints = Hints {
                name: &self.name,
                version: self.version_info.as_deref().unwrap_or_default(),
                source: self.source(),
                licences: licence.into_iter().map(str::to_owned).collect(),
            };
            listing.package(purl, hints, self.places(owner))?;
        }
        Ok(())
    }

    /// Where it is, as ringwall and Syft say.
    fn places(&self, owner: Option<&String>) -> Vec<Place> {
        let written = self.notes("ringwall:place");
        let written = written.filter_map(|it| serde_json::from_str::<WrittenPlace>(it).ok());
        let places: Vec<_> = written
            .map(|it| Place {
                path: it.path,
                layer: it.layer,
                is_of_distribution: it.of_distribution,
                owner: it.owner,
            })
            .collect();
        if !places.is_empty() {
            return places;
        }
        // `acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/a/copyright`
        let stated = self.source_info.as_deref().unwrap_or_default();
        let acquired = stated.strip_prefix("acquired package info from ");
        let paths = acquired.and_then(|it| it.rsplit_once(": "));
        let path = paths.map(|(_, paths)| paths.split(", ").next().unwrap_or(paths));
        vec![Place {
            path: path.unwrap_or_default().to_owned(),
            is_of_distribution: owner.is_some(),
            owner: owner.cloned(),
            ..Place::default()
        }]
    }

    /// What it was built from, in the words of Trivy: `built package from: acl 2.2.53-4`.
    fn source(&self) -> Option<SourcePackage> {
        let stated = self.source_info.as_deref()?;
        let stated = stated.strip_prefix("built package from: ")?;
        let (name, version) = stated.rsplit_once(' ')?;
        Some(SourcePackage {
            name: name.to_owned(),
            version: version.to_owned(),
            archive: None,
        })
    }
}

/// Whether a package URL is of a type that is read.
fn is_readable(purl: &str) -> bool {
    let kind = Purl::parse(purl).ok();
    kind.is_some_and(|it| Ecosystem::of_purl_type(it.kind()).is_some())
}
