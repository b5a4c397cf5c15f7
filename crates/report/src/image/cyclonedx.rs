//! `-o cyclonedx`: an SBOM in version 1.6 of CycloneDX, with the flaws that were found.
//!
//! See: <https://cyclonedx.org/docs/1.6/json/>

mod vulnerability;

use std::{borrow::Cow, collections::BTreeMap, io};

use serde::Serialize;

use self::vulnerability::{Vulnerability, vulnerabilities};
use super::{
    ImageGap, ImagePackage, ImageReport,
    inventory::{self, Entry, Key, Place},
    licence::Licence,
};

/// Where the image itself is named; package URLs have a colon.
const IMAGE: &str = "image";
const DISTRIBUTION: &str = "distribution";

/// Ids of packages inside the document.
type Refs<'r> = BTreeMap<Key<'r>, Cow<'r, str>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'r>,
    components: Vec<Component<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compositions: Vec<Composition<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vulnerabilities: Vec<Vulnerability<'r>>,
}

#[derive(Serialize)]
struct Metadata<'r> {
    timestamp: String,
    tools: Tools,
    component: Component<'r>,
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
struct Tools {
    components: [Tool; 1],
}

#[derive(Serialize)]
struct Tool {
    r#type: &'static str,
    name: &'static str,
    version: &'static str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'r> {
    r#type: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'r str>,
    name: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenceChoice<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'r>>,
}

#[derive(Serialize)]
struct Hash<'r> {
    alg: &'static str,
    content: &'r str,
}

/// Either one expression, or licences each by itself.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum LicenceChoice<'r> {
    Expression(&'r str),
    License(NamedLicence<'r>),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum NamedLicence<'r> {
    Id(&'r str),
    Name(&'r str),
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
struct Occurrence {
    location: String,
}

#[derive(Serialize)]
struct Property<'r> {
    name: &'static str,
    value: Cow<'r, str>,
}

/// How much of something is known.
#[derive(Serialize)]
struct Composition<'r> {
    aggregate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assemblies: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vulnerabilities: Option<Vec<Cow<'r, str>>>,
}

fn property<'r>(name: &'static str, value: impl Into<Cow<'r, str>>) -> Property<'r> {
    Property {
        name,
        value: value.into(),
    }
}

/// Writes the image as CycloneDX.
pub fn image_cyclonedx(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    let entries = inventory::entries(report);
    let refs: Refs<'_> = entries
        .iter()
        .enumerate()
        .map(|(at, Entry { package, .. })| {
            let reference = match package.purl.as_deref() {
                Some(purl) => Cow::Borrowed(purl),
                None => Cow::Owned(format!("package-{at}")),
            };
            (inventory::key(package), reference)
        })
        .collect();
    let packages = entries.iter().map(|entry| component(entry, &refs));
    let vulnerabilities = vulnerabilities(report, &refs);
    let mut document = Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: metadata(report),
        components: distribution(report).into_iter().chain(packages).collect(),
        compositions: compositions(&report.not_assessed, &vulnerabilities),
        vulnerabilities,
    };
    document.serial_number = Some(format!("urn:uuid:{}", inventory::uuid_of(&document)?));
    inventory::write_document(&document, out)
}

fn metadata(report: &ImageReport) -> Metadata<'_> {
    let image = &report.image;
    let digest = image.digest.as_deref();
    let names = image.names.iter();
    let optional = [
        ("ringwall:platform", Some(&image.platform)),
        ("ringwall:created", image.created.as_ref()),
    ];
    let component = Component {
        r#type: match image.root_fs {
            Some(_) => "file",
            None => "container",
        },
        bom_ref: IMAGE.into(),
        name: &image.name,
        version: digest,
        hashes: digest
            .and_then(|digest| digest.strip_prefix("sha256:"))
            .map(|content| Hash {
                alg: "SHA-256",
                content,
            })
            .into_iter()
            .collect(),
        purl: inventory::image_purl(image).map(|purl| purl.to_string().into()),
        properties: names
            .map(|name| property("ringwall:name", name))
            .chain(optional.into_iter().filter_map(|(name, value)| {
                let value = value.filter(|value| !value.is_empty())?;
                Some(property(name, value))
            }))
            .collect(),
        ..Component::default()
    };
    let database = report.database.iter().flat_map(|database| {
        [
            property("ringwall:advisories:digest", &database.digest),
            property("ringwall:advisories:built", &database.built),
        ]
    });
    let gaps = report.not_assessed.iter().map(|gap| {
        let value = format!("{}: {}", gap.id, gap.words());
        property("ringwall:not-assessed", value)
    });
    Metadata {
        timestamp: inventory::midnight(report.as_of),
        tools: Tools {
            components: [Tool {
                r#type: "application",
                name: "ringwall",
                version: env!("CARGO_PKG_VERSION"),
            }],
        },
        component,
        properties: database.chain(gaps).collect(),
    }
}

fn distribution(report: &ImageReport) -> Option<Component<'_>> {
    let distribution = report.image.distribution.as_ref()?;
    let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
    Some(Component {
        r#type: "operating-system",
        bom_ref: DISTRIBUTION.into(),
        name: some(&distribution.id)?,
        version: some(&distribution.version_id),
        description: some(&distribution.name),
        ..Component::default()
    })
}

fn component<'r>(entry: &Entry<'r>, refs: &Refs<'r>) -> Component<'r> {
    let package = entry.package;
    let (group, name) = group_and_name(package);
    let places = entry.places.iter();
    Component {
        r#type: "library",
        bom_ref: refs
            .get(&inventory::key(package))
            .cloned()
            .unwrap_or_default(),
        group,
        name,
        version: Some(&package.version),
        licenses: licences(package),
        purl: package.purl.as_deref().map(Cow::Borrowed),
        evidence: (!entry.places.is_empty()).then(|| Evidence {
            occurrences: places
                .clone()
                .map(|place| Occurrence {
                    location: format!("/{}", place.path),
                })
                .collect(),
        }),
        properties: places.flat_map(placed).collect(),
        ..Component::default()
    }
}

/// A place, as properties that begin with its path.
fn placed<'r>(place: &Place<'r>) -> impl Iterator<Item = Property<'r>> + use<'r> {
    let layer = place.layer;
    let brought = place.is_of_distribution;
    [
        Some(property("ringwall:path", format!("/{}", place.path))),
        layer.map(|layer| property("ringwall:layer", layer.to_string())),
        brought.then(|| property("ringwall:of-distribution", "true")),
        place.owner.map(|owner| property("ringwall:owner", owner)),
    ]
    .into_iter()
    .flatten()
}

/// What npm calls a scope and Maven a group stands by itself.
fn group_and_name(package: &ImagePackage) -> (Option<&str>, &str) {
    let name = &*package.name;
    let split = match package.kind {
        "npm" => name.split_once('/'),
        "maven" => name.split_once(':'),
        _ => None,
    };
    split.map_or((None, name), |(group, name)| (Some(group), name))
}

fn licences(package: &ImagePackage) -> Vec<LicenceChoice<'_>> {
    let licences: Vec<_> = package.licences.iter().map(|it| Licence::of(it)).collect();
    if let [Licence::Expression { text, .. }] = *licences {
        return vec![LicenceChoice::Expression(text)];
    }
    let named = |licence| match licence {
        Licence::Id(id) => NamedLicence::Id(id),
        Licence::Expression { text, .. } | Licence::Words(text) => NamedLicence::Name(text),
    };
    licences
        .into_iter()
        .map(|licence| LicenceChoice::License(named(licence)))
        .collect()
}

/// What is missing: packages, where something could not be read, and flaws, where something could not be judged.
fn compositions<'r>(
    gaps: &[ImageGap],
    vulnerabilities: &[Vulnerability<'r>],
) -> Vec<Composition<'r>> {
    let (of_flaws, of_packages): (Vec<_>, Vec<_>) = gaps.iter().partition(|gap| gap.is_of_flaws());
    let packages = (!of_packages.is_empty()).then_some(Composition {
        aggregate: "incomplete",
        assemblies: Some([IMAGE]),
        vulnerabilities: None,
    });
    let flaws = (!of_flaws.is_empty()).then(|| Composition {
        aggregate: "incomplete",
        assemblies: None,
        vulnerabilities: Some(
            vulnerabilities
                .iter()
                .map(Vulnerability::reference)
                .collect(),
        ),
    });
    packages.into_iter().chain(flaws).collect()
}
