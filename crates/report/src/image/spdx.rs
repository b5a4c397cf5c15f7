//! `-o spdx`: an SBOM in version 2.3 of SPDX. It has no place for flaws that serves, so it names packages alone.
//!
//! See: <https://spdx.github.io/spdx-spec/v2.3/>

#![expect(
    clippy::struct_field_names,
    reason = "fields have the names of the format"
)]

use std::{borrow::Cow, io};

use serde::Serialize;

use super::{
    ImagePackage, ImageReport,
    inventory::{self, Entry},
    licence::Licence,
};

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const IMAGE: &str = "SPDXRef-Image";
const DISTRIBUTION: &str = "SPDXRef-Distribution";
const UNKNOWN: &str = "NOASSERTION";
const TOOL: &str = concat!("Tool: ringwall-", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'r> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'r str,
    document_namespace: String,
    creation_info: CreationInfo,
    document_describes: [&'static str; 1],
    packages: Vec<Package<'r>>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'r> {
    #[serde(rename = "SPDXID")]
    id: Cow<'static, str>,
    name: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'r str>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'r>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    source_info: String,
    license_concluded: &'static str,
    license_declared: &'r str,
    #[serde(skip_serializing_if = "String::is_empty")]
    license_comments: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'r>>,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

impl Default for Package<'_> {
    fn default() -> Self {
        Self {
            id: Cow::default(),
            name: "",
            version_info: None,
            summary: None,
            download_location: UNKNOWN,
            files_analyzed: false,
            checksums: Vec::new(),
            source_info: String::new(),
            license_concluded: UNKNOWN,
            license_declared: UNKNOWN,
            license_comments: String::new(),
            copyright_text: UNKNOWN,
            external_refs: Vec::new(),
            primary_package_purpose: "LIBRARY",
            annotations: Vec::new(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'r> {
    algorithm: &'static str,
    checksum_value: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'r> {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: Cow<'r, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: &'static str,
    relationship_type: &'static str,
    related_spdx_element: Cow<'static, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    annotation_date: String,
    annotation_type: &'static str,
    annotator: &'static str,
    comment: String,
}

/// Where a package is: what SPDX has no field for stands in an annotation, as JSON.
#[derive(Serialize)]
struct WrittenPlace<'r> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    of_distribution: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'r str>,
}

/// Writes the image as SPDX.
pub fn image_spdx(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    let created = inventory::midnight(report.as_of);
    let annotation = |comment| Annotation {
        annotation_date: created.clone(),
        annotation_type: "OTHER",
        annotator: TOOL,
        comment,
    };
    let entries = inventory::entries(report);
    let mut packages = vec![image(report, &annotation)];
    packages.extend(distribution(report));
    for (at, entry) in entries.iter().enumerate() {
        packages.push(package(at, entry, &annotation)?);
    }
    let relationships = packages.iter().map(|package| {
        let (from, how) = match &*package.id {
            IMAGE => (DOCUMENT, "DESCRIBES"),
            _ => (IMAGE, "CONTAINS"),
        };
        Relationship {
            spdx_element_id: from,
            relationship_type: how,
            related_spdx_element: package.id.clone(),
        }
    });
    let mut document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: &report.image.name,
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created: created.clone(),
            creators: [TOOL],
        },
        document_describes: [IMAGE],
        relationships: relationships.collect(),
        packages,
        annotations: report
            .not_assessed
            .iter()
            .filter(|gap| !gap.is_of_flaws())
            .map(|gap| annotation(format!("ringwall:not-assessed {}: {}", gap.id, gap.words())))
            .collect(),
    };
    let uuid = inventory::uuid_of(&document)?;
    document.document_namespace = format!("https://ringwall.dev/spdx/{uuid}");
    inventory::write_document(&document, out)
}

fn image<'r>(report: &'r ImageReport, annotation: &dyn Fn(String) -> Annotation) -> Package<'r> {
    let image = &report.image;
    let digest = image.digest.as_deref();
    let names = image.names.iter().map(|name| ("name", name));
    let optional = [
        ("platform", Some(&image.platform)),
        ("created", image.created.as_ref()),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(what, value)| Some((what, value.filter(|value| !value.is_empty())?)));
    Package {
        id: IMAGE.into(),
        name: &image.name,
        version_info: digest,
        checksums: digest
            .and_then(|digest| digest.strip_prefix("sha256:"))
            .map(|checksum_value| Checksum {
                algorithm: "SHA256",
                checksum_value,
            })
            .into_iter()
            .collect(),
        external_refs: inventory::image_purl(image)
            .map(|purl| package_url(purl.to_string().into()))
            .into_iter()
            .collect(),
        primary_package_purpose: match image.root_fs {
            Some(_) => "FILE",
            None => "CONTAINER",
        },
        annotations: names
            .chain(optional)
            .map(|(what, value)| annotation(format!("ringwall:{what} {value}")))
            .collect(),
        ..Package::default()
    }
}

fn distribution(report: &ImageReport) -> Option<Package<'_>> {
    let distribution = report.image.distribution.as_ref()?;
    let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
    Some(Package {
        id: DISTRIBUTION.into(),
        name: some(&distribution.id)?,
        version_info: some(&distribution.version_id),
        summary: some(&distribution.name),
        primary_package_purpose: "OPERATING_SYSTEM",
        ..Package::default()
    })
}

fn package<'r>(
    at: usize,
    entry: &Entry<'r>,
    annotation: &dyn Fn(String) -> Annotation,
) -> io::Result<Package<'r>> {
    let package = entry.package;
    let paths: Vec<_> = entry
        .places
        .iter()
        .map(|it| format!("/{}", it.path))
        .collect();
    let mut places = Vec::new();
    for place in &entry.places {
        let place = serde_json::to_string(&WrittenPlace {
            path: format!("/{}", place.path),
            layer: place.layer,
            of_distribution: place.is_of_distribution,
            owner: place.owner,
        })?;
        places.push(annotation(format!("ringwall:place {place}")));
    }
    let (license_declared, license_comments) = licences(package);
    Ok(Package {
        id: format!("SPDXRef-Package-{at}").into(),
        name: &package.name,
        version_info: Some(&*package.version).filter(|version| !version.is_empty()),
        source_info: match paths.as_slice() {
            [] => String::new(),
            paths => format!("found in {}", paths.join(", ")),
        },
        license_declared,
        license_comments,
        external_refs: package
            .purl
            .as_deref()
            .map(|purl| package_url(purl.into()))
            .into_iter()
            .collect(),
        annotations: places,
        ..Package::default()
    })
}

fn package_url(purl: Cow<'_, str>) -> ExternalRef<'_> {
    ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: purl,
    }
}

/// The licence that a package declares, and what it states where that is no one expression.
///
/// Whether several hold together or one may be chosen is not stated.
fn licences(package: &ImagePackage) -> (&str, String) {
    let stated = &package.licences;
    match stated.as_slice() {
        [] => return (UNKNOWN, String::new()),
        [one] => {
            if let Licence::Id(text)
            | Licence::Expression {
                text,
                is_listed: true,
            } = Licence::of(one)
            {
                return (text, String::new());
            }
        }
        _ => {}
    }
    (
        UNKNOWN,
        format!("stated by the package: {}", stated.join("; ")),
    )
}
