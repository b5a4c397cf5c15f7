//! Components: packages, distributions, files, and what else a document lists.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{
    SourcePackage,
    sbom::{
        list::{Item, List},
        listing::{Listing, Place},
        package::Hints,
    },
};

/// What a component says of itself, as far as anybody asks.
#[derive(Default)]
pub(super) struct Component {
    kind: String,
    name: String,
    pub(super) version: Option<String>,
    description: String,
    pub(super) purl: Option<String>,
    licences: List<LicenceChoice>,
    evidence: Evidence,
    pub(super) properties: List<Property>,
}

/// A name and a value; those of tools that are known are kept.
#[derive(Deserialize)]
pub(super) struct Property {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

impl Item for Property {
    fn is_kept(&self) -> bool {
        let known = ["ringwall:", "syft:", "aquasecurity:trivy:"];
        known.iter().any(|start| self.name.starts_with(start)) && !self.name.contains(":cpe")
    }
}

#[derive(Default, Deserialize)]
struct Evidence {
    #[serde(default)]
    occurrences: List<Occurrence>,
}

#[derive(Deserialize)]
struct Occurrence {
    #[serde(default)]
    location: String,
}

impl Item for Occurrence {
    fn is_kept(&self) -> bool {
        !self.location.is_empty()
    }
}

#[derive(Deserialize)]
struct LicenceChoice {
    license: Option<Licence>,
    expression: Option<String>,
}

#[derive(Deserialize)]
struct Licence {
    id: Option<String>,
    name: Option<String>,
}

impl Item for LicenceChoice {
    fn is_kept(&self) -> bool {
        let is_named = |it: &Licence| it.id.is_some() || it.name.is_some();
        self.expression.is_some() || self.license.as_ref().is_some_and(is_named)
    }
}

impl LicenceChoice {
    fn words(self) -> Option<String> {
        let licence = self.license.and_then(|it| it.id.or(it.name));
        self.expression.or(licence)
    }
}

impl Component {
    fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.0.iter();
        let property = properties.find(|it| it.name == name)?;
        Some(&property.value)
    }

    /// Whether it is a package, and no image of packages.
    pub(super) fn is_package(&self) -> bool {
        let purl = self.purl.as_deref();
        purl.is_some_and(|purl| !purl.starts_with("pkg:oci/") && !purl.starts_with("pkg:docker/"))
    }

    /// Adds it to what is listed.
    pub(super) fn list(self, listing: &mut Listing) -> Result<(), &'static str> {
        if self.kind == "operating-system" {
            return self.list_distribution(listing);
        }
        let Some(purl) = &self.purl else {
            let is_package = match &*self.kind {
                "file" | "data" | "machine-learning-model" | "cryptographic-asset" => false,
                // Trivy lists files that name packages, and the packages besides.
                _ => self.property("aquasecurity:trivy:Class").is_none(),
            };
            if !is_package {
                return Ok(());
            }
            return listing.unread("without a package URL", &self.kind);
        };
        let (places, source) = (self.places(), self.source());
        let licences = self.licences.0.into_iter();
        let hints = Hints {
            name: &self.name,
            version: self.version.as_deref().unwrap_or_default(),
            source,
            licences: licences.filter_map(LicenceChoice::words).collect(),
        };
        listing.package(purl, hints, places)
    }

    fn list_distribution(&self, listing: &mut Listing) -> Result<(), &'static str> {
        // Syft tells the fields of `os-release` from the name that it gives.
        let id = self.property("syft:distro:id").unwrap_or(&self.name);
        let version = self.property("syft:distro:versionID");
        let version = version.or(self.version.as_deref()).unwrap_or_default();
        listing.distribution(id, version, &self.description)
    }

    /// Where it is: as ringwall, Trivy and Syft say, or by what CycloneDX has for it since 1.5.
    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for Property { name, value } in &self.properties.0 {
            match (&**name, places.last_mut()) {
                ("ringwall:path", _) => places.push(Place {
                    path: value.clone(),
                    ..Place::default()
                }),
                ("ringwall:layer", Some(place)) => {
                    place.layer = value.parse().unwrap_or_default();
                }
                ("ringwall:of-distribution", Some(place)) => {
                    place.is_of_distribution = value == "true";
                }
                ("ringwall:owner", Some(place)) => place.owner = Some(value.clone()),
                _ => {}
            }
        }
        if !places.is_empty() {
            return places;
        }
        // Where Syft names several files, the first tells of the package.
        let path = self
            .property("aquasecurity:trivy:FilePath")
            .or_else(|| self.property("syft:location:0:path"));
        let occurrences = self.evidence.occurrences.0.iter();
        let paths: Vec<_> = match path {
            Some(path) => vec![path],
            None => occurrences.map(|it| &*it.location).collect(),
        };
        let place = |path: &str| Place {
            path: path.to_owned(),
            ..Place::default()
        };
        paths.into_iter().map(place).collect()
    }

    /// What it was built from, in the words of Trivy; others have it in the package URL.
    fn source(&self) -> Option<SourcePackage> {
        let field = |name: &str| self.property(&format!("aquasecurity:trivy:Src{name}"));
        let mut version = field("Version")?.to_owned();
        if let Some(release) = field("Release") {
            version = format!("{version}-{release}");
        }
        if let Some(epoch) = field("Epoch") {
            version = format!("{epoch}:{version}");
        }
        Some(SourcePackage {
            name: field("Name")?.to_owned(),
            version,
            archive: None,
        })
    }
}

/// A list of components.
pub(super) struct Components<'r>(pub(super) &'r mut Listing);

impl<'de> DeserializeSeed<'de> for Components<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Components<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of components")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(component) = items.next_element_seed(One(self.0))? {
            component.list(self.0).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// One component. Those inside it are listed at once; it is not.
pub(super) struct One<'r>(pub(super) &'r mut Listing);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Component;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Component, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Component;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a component")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Component, A::Error> {
        let mut component = Component::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => component.kind = map.next_value()?,
                "name" => component.name = map.next_value()?,
                "version" => component.version = map.next_value()?,
                "description" => {
                    let description: Option<String> = map.next_value()?;
                    component.description = description.unwrap_or_default();
                }
                "purl" => component.purl = map.next_value()?,
                "licenses" => component.licences = map.next_value()?,
                "evidence" => {
                    let evidence: Option<Evidence> = map.next_value()?;
                    component.evidence = evidence.unwrap_or_default();
                }
                "properties" => component.properties = map.next_value()?,
                "components" => map.next_value_seed(Components(self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(component)
    }
}
