//! CycloneDX 1.2 to 1.7.
//!
//! Components are taken as they stream by and may hold further ones, as deep as the parser of JSON goes.
//! See: <https://cyclonedx.org/docs/1.6/json/>

mod component;

use std::fmt;

use ringwall_advisory::Purl;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use self::component::{Component, Components, Property};
use super::{
    Sbom, SbomFormat, Subject,
    list::{Item, List},
    listing::Listing,
};

/// Reads a document.
pub(super) fn read(bytes: &[u8], version: String) -> Result<Sbom, serde_json::Error> {
    let mut reading = Reading {
        sbom: Sbom {
            format: SbomFormat::CycloneDx,
            version,
            ..Sbom::default()
        },
        ..Reading::default()
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Document(&mut reading).deserialize(&mut deserializer)?;
    deserializer.end()?;
    if let Some(component) = reading.subject.take() {
        reading.sbom.subject = subject(&component);
        // A document about one package, which is all that there is.
        if reading.listing.is_empty() && component.is_package() {
            let listed = component.list(&mut reading.listing);
            listed.map_err(serde_json::Error::custom)?;
        }
    }
    let (contents, unread) = reading.listing.finish();
    Ok(Sbom {
        contents,
        unread,
        ..reading.sbom
    })
}

#[derive(Default)]
struct Reading {
    sbom: Sbom,
    /// What the document is about.
    subject: Option<Component>,
    listing: Listing,
}

/// The image that a document is about.
fn subject(component: &Component) -> Subject {
    let values = |name: &'static str| {
        let properties = component.properties.0.iter();
        let named = properties.filter(move |it| it.name == name);
        named.map(|it| it.value.clone())
    };
    let purl: Option<Purl> = component.purl.as_deref().and_then(|it| it.parse().ok());
    let purl = purl.filter(|purl| purl.kind() == "oci");
    let digest = purl.as_ref().and_then(Purl::version);
    // Syft has the digest for the version of an image.
    let digest = digest.or(component.version.as_deref());
    let tags = values("aquasecurity:trivy:RepoTag");
    Subject {
        names: values("ringwall:name").chain(tags).collect(),
        digest: digest.and_then(|digest| digest.parse().ok()),
        platform: values("ringwall:platform").next(),
        created: values("ringwall:created").next(),
    }
}

/// The document itself.
struct Document<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a document of CycloneDX")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "serialNumber" => {
                    let number: Option<String> = map.next_value()?;
                    let number = number
                        .as_deref()
                        .and_then(|it| it.strip_prefix("urn:uuid:"));
                    self.0.sbom.serial = number.map(str::to_ascii_lowercase);
                }
                "metadata" => map.next_value_seed(Metadata(self.0))?,
                "components" => map.next_value_seed(Components(&mut self.0.listing))?,
                "compositions" => {
                    let compositions: List<Composition> = map.next_value()?;
                    self.0.sbom.is_incomplete |= !compositions.0.is_empty();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// What the document says of itself.
struct Metadata<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Metadata<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the metadata of a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "tools" => {
                    let Tools(tools) = map.next_value()?;
                    self.0.sbom.tools = tools;
                }
                "component" => {
                    let seed = component::One(&mut self.0.listing);
                    self.0.subject = Some(map.next_value_seed(seed)?);
                }
                "properties" => {
                    let properties: List<Property> = map.next_value()?;
                    let gaps = properties.0.into_iter();
                    let gaps = gaps.filter(|it| it.name == "ringwall:not-assessed");
                    self.0.sbom.gaps.extend(gaps.map(|it| it.value));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// How much of something is known: `incomplete`, `incomplete_first_party_only`.
#[derive(Deserialize)]
struct Composition {
    #[serde(default)]
    aggregate: String,
    assemblies: Option<IgnoredAny>,
    dependencies: Option<IgnoredAny>,
    vulnerabilities: Option<IgnoredAny>,
}

impl Item for Composition {
    /// Those that say that packages are missing; flaws are looked for anew.
    fn is_kept(&self) -> bool {
        let is_of_packages = self.assemblies.is_some() || self.dependencies.is_some();
        self.aggregate.starts_with("incomplete")
            && (is_of_packages || self.vulnerabilities.is_none())
    }
}

/// What made the document: a list until 1.4, components since.
#[derive(Default)]
struct Tools(Vec<String>);

#[derive(Deserialize)]
struct Tool {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

impl Item for Tool {
    fn is_kept(&self) -> bool {
        !self.name.is_empty()
    }
}

impl Tools {
    fn of(tools: Vec<Tool>) -> Self {
        let words = tools.into_iter().map(|it| {
            let words = format!("{} {}", it.name, it.version);
            words.trim_end().to_owned()
        });
        Self(words.collect())
    }
}

impl<'de> Deserialize<'de> for Tools {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToolsVisitor)
    }
}

struct ToolsVisitor;

impl<'de> Visitor<'de> for ToolsVisitor {
    type Value = Tools;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("tools")
    }

    fn visit_unit<E: Error>(self) -> Result<Tools, E> {
        Ok(Tools::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tools, A::Error> {
        let mut tools = Vec::new();
        while let Some(tool) = items.next_element::<Tool>()? {
            if tool.is_kept() && tools.len() < MAX_TOOLS {
                tools.push(tool);
            }
        }
        Ok(Tools::of(tools))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tools, A::Error> {
        let mut tools = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == "components" {
                let List(components) = map.next_value()?;
                tools = components;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Tools::of(tools))
    }
}

/// Tools that are named.
const MAX_TOOLS: usize = 20;
