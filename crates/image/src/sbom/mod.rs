//! SBOMs: packages as others list them, in the JSON of CycloneDX 1.2 to 1.7 and of SPDX 2.2 and 2.3.
//!
//! What an SBOM holds becomes [`Contents`] as an image does, so that both are judged alike. Package URLs say what
//! a package is; what tools have no field for they write into properties and comments of their own, and those of
//! ringwall, Syft and Trivy are known here.

mod cyclonedx;
mod distribution;
mod list;
mod listing;
mod package;
mod spdx;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{Contents, Digest};

/// Most bytes of an SBOM.
pub const MAX_SBOM_BYTES: u64 = 256 << 20;

/// Most packages and places of packages, and most items of any other list that is kept.
const MAX_ITEMS: usize = 1_000_000;

/// A list of packages that somebody made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// The form that it has.
    pub format: SbomFormat,
    /// The version of the form: `1.6`.
    pub version: String,
    /// What made it, as it says.
    pub tools: Vec<String>,
    /// The number that CycloneDX gives each of its documents, a UUID without `urn:uuid:`.
    pub serial: Option<String>,
    /// What it is about.
    pub subject: Subject,
    /// Its packages. Where it does not say in which file and which layer one is, the path is empty and the layer 0.
    pub contents: Contents,
    /// What it lists and is not read, by kind.
    pub unread: Vec<Unread>,
    /// What it says that it does not list, with an id of ringwall in front.
    pub gaps: Vec<String>,
    /// Whether it says that it does not list everything.
    pub is_incomplete: bool,
}

/// The form of an SBOM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SbomFormat {
    /// CycloneDX.
    #[default]
    CycloneDx,
    /// SPDX.
    Spdx,
}

impl SbomFormat {
    /// As people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "CycloneDX",
            Self::Spdx => "SPDX",
        }
    }
}

/// What an SBOM is about: an image, where these are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Names that it has where it is kept.
    pub names: Vec<String>,
    /// Digest of its manifest.
    pub digest: Option<Digest>,
    /// `linux/amd64`.
    pub platform: Option<String>,
    /// When it was made.
    pub created: Option<String>,
}

/// Components of one kind that are not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// What they are, and why they are not read.
    pub reason: String,
    /// How many they are.
    pub count: usize,
}

/// Why something is no SBOM that can be read.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// It is no JSON, or a field is not what the form says.
    #[error("it cannot be understood: {0}")]
    Damaged(#[from] serde_json::Error),
    /// It is something else in JSON.
    #[error(
        "it is JSON and no SBOM: it has neither the bomFormat of CycloneDX nor the spdxVersion of SPDX 2"
    )]
    Other,
    /// It has the marks of both forms.
    #[error("it says that it is CycloneDX and that it is SPDX")]
    Both,
    /// A version that is not known.
    #[error("it is {format} {version:?}; CycloneDX 1.2 to 1.7 and SPDX 2.2 and 2.3 are read")]
    Version {
        /// The form.
        format: &'static str,
        /// The version as it is written.
        version: String,
    },
    /// A form that is no JSON.
    #[error("it is {0}; SBOMs are read as JSON")]
    NoJson(&'static str),
}

/// The fields that tell one form from the other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(default)]
    bom_format: Option<String>,
    #[serde(default)]
    spec_version: Option<String>,
    #[serde(default)]
    spdx_version: Option<String>,
    #[serde(default, rename = "@context")]
    context: Context,
}

/// What the words of a document mean, where that is one text; a list of any length may stand there as well.
#[derive(Default)]
struct Context(Option<String>);

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Context(None))
    }
}

impl<'de> Visitor<'de> for Context {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a context")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self, E> {
        Ok(Self(Some(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

/// How the tag:value form of SPDX begins.
const TAGS: &[u8] = b"SPDXVersion:";

/// How a document of SPDX in YAML may begin.
const YAML: [&[u8]; 3] = [b"spdxVersion:", b"SPDXID:", b"\"SPDXID\":"];

/// A text behind blank lines, comments, and the mark at which a document of YAML begins.
fn behind_comments(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        if !text.starts_with(b"#") && !text.starts_with(b"---") {
            return text;
        }
        let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
        text = text.get(end..).unwrap_or_default();
    }
}

/// The version of SPDX that a context stands for: `3.0.1` of `https://spdx.org/rdf/3.0.1/spdx-context.jsonld`.
fn spdx_of_context(context: &str) -> Option<&str> {
    let (_, rest) = context.split_once("spdx.org/rdf/")?;
    rest.split('/').next()
}

impl Sbom {
    /// Whether a file that begins like this may be an SBOM, and is no archive.
    ///
    /// Of an archive, 512 bytes are needed: its first file may have any name.
    pub fn begins(start: &[u8]) -> bool {
        let is_archive = start.get(257..262) == Some(b"ustar");
        let text = behind_comments(content(start));
        let is_begun = |first: &&[u8]| text.starts_with(first);
        !is_archive
            && ([&b"{"[..], b"<?xml", b"<bom", TAGS].iter().any(is_begun)
                || YAML.iter().any(is_begun))
    }

    /// Reads one of SPDX that is about a package, which is listed with what it is made of.
    pub(crate) fn of_package(bytes: &[u8]) -> Result<Self, SbomError> {
        let about = spdx::About::Package;
        Ok(spdx::read(content(bytes), String::new(), about)?)
    }

    /// Reads an SBOM.
    pub fn parse(bytes: &[u8]) -> Result<Self, SbomError> {
        let bytes = content(bytes);
        match behind_comments(bytes) {
            [b'<', ..] if memchr::memmem::find(bytes, b"spdx.org/rdf/").is_some() => {
                return Err(SbomError::NoJson("the form of SPDX in RDF"));
            }
            [b'<', ..] => return Err(SbomError::NoJson("XML")),
            text if text.starts_with(TAGS) => {
                return Err(SbomError::NoJson("the tag:value form of SPDX"));
            }
            text if YAML.iter().any(|first| text.starts_with(first)) => {
                return Err(SbomError::NoJson("the form of SPDX in YAML"));
            }
            _ => {}
        }
        let head: Head = serde_json::from_slice(bytes)?;
        let is_cyclonedx = head.bom_format.as_deref() == Some("CycloneDX");
        match (is_cyclonedx, head.spdx_version) {
            (true, Some(_)) => Err(SbomError::Both),
            (true, None) => {
                let version = head.spec_version.unwrap_or_default();
                let minor = version.strip_prefix("1.").and_then(|it| it.parse().ok());
                if !minor.is_some_and(|minor: u8| (2..=7).contains(&minor)) {
                    let format = SbomFormat::CycloneDx.as_str();
                    return Err(SbomError::Version { format, version });
                }
                Ok(cyclonedx::read(bytes, version)?)
            }
            (false, Some(stated)) => match stated.strip_prefix("SPDX-") {
                Some(version) if version.starts_with("2.2") || version.starts_with("2.3") => {
                    Ok(spdx::read(bytes, version.to_owned(), spdx::About::Image)?)
                }
                _ => Err(SbomError::Version {
                    format: SbomFormat::Spdx.as_str(),
                    version: stated,
                }),
            },
            // Since 3, a document says by its context what it is.
            (false, None) => match head.context.0.as_deref().and_then(spdx_of_context) {
                Some(version) => Err(SbomError::Version {
                    format: SbomFormat::Spdx.as_str(),
                    version: version.to_owned(),
                }),
                None => Err(SbomError::Other),
            },
        }
    }
}

/// A text without its byte order mark.
fn content(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart_by_what_they_say() {
        let check = |text: &str, expected: Result<(SbomFormat, &str), &str>| {
            let read = Sbom::parse(text.as_bytes());
            let read = read.map(|sbom| (sbom.format, sbom.version));
            match (&read, expected) {
                (Ok((format, version)), Ok(expected)) => {
                    assert_eq!((*format, &**version), expected, "{text}");
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{text}: {error}");
                }
                _ => panic!("{text}: {read:?}"),
            }
        };
        let cyclonedx = SbomFormat::CycloneDx;
        check(
            r#"{"bomFormat": "CycloneDX", "specVersion": "1.2"}"#,
            Ok((cyclonedx, "1.2")),
        );
        check(
            "\u{feff} {\"specVersion\": \"1.7\", \"bomFormat\": \"CycloneDX\"}",
            Ok((cyclonedx, "1.7")),
        );
        check(
            r#"{"spdxVersion": "SPDX-2.3"}"#,
            Ok((SbomFormat::Spdx, "2.3")),
        );
        for version in ["1.1", "1.8", "2.0", "1.", ""] {
            let text = format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "{version}"}}"#);
            check(&text, Err("1.2 to 1.7"));
        }
        check(r#"{"spdxVersion": "SPDX-3.0"}"#, Err("\"SPDX-3.0\""));
        check(
            r#"{"spdxVersion": "SPDX-2.3", "bomFormat": "CycloneDX"}"#,
            Err("and that it is SPDX"),
        );
        check(r#"{"@context": "https://spdx.org/3"}"#, Err("neither"));
        check(
            "{\n\"bomFormat\": \"CycloneDX\",\n}",
            Err("line 3 column 1"),
        );
        check("<?xml version=\"1.0\"?>", Err("XML"));
        check("SPDXVersion: SPDX-2.3", Err("tag:value"));
        check("# a\n\nSPDXVersion: SPDX-2.3", Err("tag:value"));
        check("---\nSPDXID: \"SPDXRef-DOCUMENT\"\n", Err("YAML"));
        check(
            "<rdf:RDF xmlns:spdx=\"http://spdx.org/rdf/terms#\"/>",
            Err("RDF"),
        );
        check(
            r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#,
            Err("\"3.0.1\""),
        );
        check(
            r#"{"@context": ["a", {}], "spdxVersion": "SPDX-2.4"}"#,
            Err("2.4"),
        );
        check(r#"{"@context": {"a": []}}"#, Err("neither"));
        check(r#"{"@context": null}"#, Err("neither"));
    }

    #[test]
    fn archives_are_no_sboms() {
        assert!(Sbom::begins(b" \n{"));
        assert!(Sbom::begins(b"\xef\xbb\xbf{"));
        assert!(Sbom::begins(b"<bom xmlns="));
        assert!(Sbom::begins(b"# a\nSPDXVersion: SPDX-2.3"));
        assert!(Sbom::begins(b"# a\nspdxVersion: SPDX-2.3"));
        assert!(!Sbom::begins(b"# a"));
        assert!(!Sbom::begins(b"\x1f\x8b"));
        let mut archive = vec![0; 512];
        archive[..2].copy_from_slice(b"{a");
        archive[257..262].copy_from_slice(b"ustar");
        assert!(!Sbom::begins(&archive));
    }
    #[test]
    fn hostile_documents_end_in_an_error() {
        let check = |inner: &str, expected: &str| {
            let text = format!(
                r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": {inner}}}"#
            );
            let error = Sbom::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let nested = [r#"[{"components": "#.repeat(200), "}]".repeat(200)].join("[]");
        check(&nested, "recursion limit");
        // A large package in many places would be kept for each of them.
        let licence = "x".repeat(1 << 20);
        let places = r#"{"location": "a"},"#.repeat(600);
        check(
            &format!(
                r#"[{{"purl": "pkg:npm/a@1", "licenses": [{{"expression": "{licence}"}}],
                "evidence": {{"occurrences": [{places} {{}}]}}}}]"#
            ),
            "more than 512 MiB",
        );
        check(
            &format!("[{}{{}}]", "{},".repeat(MAX_ITEMS)),
            "more than a million packages",
        );
        check(r#"[{"purl": 1}]"#, "expected a string");
    }
}
