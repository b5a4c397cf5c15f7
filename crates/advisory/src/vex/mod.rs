//! VEX: what those who make a product say about flaws of what is in it.
//!
//! Documents of three formats become [`VexStatement`]s. A statement is about flaws, about products, and about
//! components of products; products and components are package URLs, and one without a version means all of them.

mod csaf;
mod cyclonedx;
mod openvex;

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use crate::{Purl, Vers};

/// Largest number of statements of a document.
const MOST_STATEMENTS: usize = 1_000_000;

/// What is said about a flaw in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VexStatus {
    /// The product does not have it.
    NotAffected,
    /// The product has it.
    Affected,
    /// The product does not have it any more.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

/// A product, or components of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexProduct {
    /// The product.
    pub named: VexNamed,
    /// The SBOM that lists it, by the number of the document, where the statement is about that SBOM.
    pub sbom: Option<String>,
    /// The components of it that this is about; none is all of it.
    pub components: Vec<VexNamed>,
}

/// What a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexNamed {
    /// Its package URL, or whatever else it is called.
    pub id: String,
    /// The versions that are meant where the id has none; none is all of them.
    pub versions: Arc<[VexVersions]>,
}

/// Versions of what a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VexVersions {
    /// One.
    One(String),
    /// All of a range.
    Range(Vers),
}

/// What one document says about flaws in products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexStatement {
    /// `openvex`, `csaf`, `cyclonedx`.
    pub format: &'static str,
    /// The flaw by all its ids.
    pub flaws: Vec<String>,
    /// What it is about.
    pub products: Vec<VexProduct>,
    /// What is said.
    pub status: VexStatus,
    /// Why, in the words of the format: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// Why, in words for people.
    pub statement: Option<String>,
    /// When it was said; later words count more.
    pub said: Option<Timestamp>,
}

/// What a document says, and what of it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VexDocument {
    /// Its statements.
    pub statements: Vec<VexStatement>,
    /// Statements that break a rule of their format and so are not followed, and why.
    pub problems: Vec<String>,
}

/// A document that is no VEX.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// It is no JSON.
    #[error("is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another kind.
    #[error("is neither OpenVEX nor CSAF nor CycloneDX with vulnerabilities")]
    Foreign,
    /// It says more than any does.
    #[error("holds more than {MOST_STATEMENTS} statements")]
    TooLarge,
    /// What it says takes more memory than that of any does.
    #[error("says more than fits into 256 MiB")]
    TooLong,
}

/// The room that is left for what a document says: what it names once, it may mean very often.
struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(256 << 20)
    }
}

impl Room {
    /// Takes what it takes to keep texts.
    fn take<'t>(&mut self, texts: impl IntoIterator<Item = &'t String>) -> Result<(), VexError> {
        let bytes = texts.into_iter().map(|it| it.len() + size_of::<String>());
        self.0 = self.0.checked_sub(bytes.sum()).ok_or(VexError::TooLong)?;
        Ok(())
    }
}

/// Reads a document of any of the formats.
pub fn parse_vex(json: &[u8]) -> Result<VexDocument, VexError> {
    let document: Value = serde_json::from_slice(json)?;
    let read = if openvex::is(&document) {
        openvex::read(&document)
    } else if csaf::is(&document) {
        csaf::read(&document, Room::default())?
    } else if cyclonedx::is(&document) {
        cyclonedx::read(&document, Room::default())?
    } else {
        return Err(VexError::Foreign);
    };
    if read.statements.len() > MOST_STATEMENTS {
        return Err(VexError::TooLarge);
    }
    Ok(read)
}

/// A package in a product, as statements are held against it.
#[derive(Clone, Copy, Debug)]
pub struct VexSubject<'a> {
    /// The flaw by all its ids.
    pub flaws: &'a [&'a str],
    /// The package that has it.
    pub package: &'a Purl,
    /// The product that holds the package: package URLs and names of an image.
    pub products: &'a [String],
    /// The number of the SBOM that lists the package, where there is one.
    pub sbom: Option<&'a str>,
}

impl VexStatement {
    /// Whether it is about a flaw of a package in a product.
    pub fn is_about(&self, subject: &VexSubject<'_>) -> bool {
        let names_flaw = self
            .flaws
            .iter()
            .any(|flaw| subject.flaws.contains(&&**flaw));
        names_flaw && self.products.iter().any(|product| product.holds(subject))
    }

    /// Whether it says that the product does not have the flaw.
    pub const fn clears(&self) -> bool {
        matches!(self.status, VexStatus::NotAffected | VexStatus::Fixed)
    }

    /// Why, in one sentence.
    pub fn reason(&self) -> String {
        let status = match self.status {
            VexStatus::NotAffected => "not affected",
            VexStatus::Affected => "affected",
            VexStatus::Fixed => "fixed",
            VexStatus::UnderInvestigation => "under investigation",
        };
        let words = self.justification.iter().map(|word| word.replace('_', " "));
        let why: Vec<_> = words.chain(self.statement.clone()).collect();
        if why.is_empty() {
            status.to_owned()
        } else {
            format!("{status}: {}", why.join(": "))
        }
    }
}

impl VexProduct {
    fn holds(&self, subject: &VexSubject<'_>) -> bool {
        // What is said of one product's list of components need not hold for another's.
        if let (Some(stated), Some(read)) = (&self.sbom, subject.sbom)
            && stated != read
        {
            return false;
        }
        let is_of_all = self.named.versions.is_empty();
        let is_product = subject.products.iter().any(|product| {
            (is_of_all && *product == self.named.id)
                || Purl::parse(product).is_ok_and(|product| self.named.names(&product))
        });
        if self.components.is_empty() {
            // The package itself, or an image in which nothing has the flaw.
            return is_product || self.named.names(subject.package);
        }
        is_product && self.components.iter().any(|it| it.names(subject.package))
    }
}

impl From<String> for VexNamed {
    fn from(id: String) -> Self {
        Self {
            id,
            versions: Arc::default(),
        }
    }
}

impl VexNamed {
    fn names(&self, package: &Purl) -> bool {
        names(&self.id, package)
            && (self.versions.is_empty() || self.versions.iter().any(|it| it.hold(package)))
    }
}

impl VexVersions {
    /// Reads a range. One that holds every version is none.
    fn range(text: &str) -> Result<Option<Self>, String> {
        let range = Vers::parse(text).map_err(|error| error.to_string())?;
        if range.constraints().is_empty() {
            return Ok(None);
        }
        // Says now what would otherwise only be noticed where a version is held against it.
        range.sorted().map_err(|error| error.to_string())?;
        Ok(Some(Self::Range(range)))
    }

    fn hold(&self, package: &Purl) -> bool {
        let Some(version) = package.version() else {
            return false;
        };
        let version = match package.qualifiers().get("epoch") {
            Some(epoch) => Cow::Owned(format!("{epoch}:{version}")),
            None => Cow::Borrowed(version),
        };
        match self {
            Self::One(one) => *one == version || package.version() == Some(one),
            // A version that its rules do not know is not known to be in it.
            Self::Range(range) => range.holds(&version) == Ok(true),
        }
    }
}

/// Whether an id names a package: what the id leaves out may be anything.
fn names(id: &str, package: &Purl) -> bool {
    Purl::parse(id).is_ok_and(|named| named.covers(package))
}

/// What stands at a pointer; null where nothing does.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// A text of a document.
fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A text that says something.
fn words(value: &Value) -> Option<String> {
    text(value).filter(|text| !text.trim().is_empty())
}

/// The first moment that is said; one that cannot be read is not one that nobody says.
fn time<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<Option<Timestamp>, String> {
    let said = values.into_iter().find(|value| !value.is_null());
    said.map(|said| {
        let moment = said.as_str().and_then(|said| said.parse().ok());
        moment.ok_or_else(|| format!("{said} is no moment of the form 2026-01-31T12:00:00Z"))
    })
    .transpose()
}

/// The items of a list; nothing where there is none.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
