//! What came of a layer, as bytes that can be kept: a base image is read once, and not with every image on it.
//!
//! The form is that of one version of ringwall and of nobody else: bytes of another version, or that are damaged, are
//! no layer, and the layer is read again.

use ringwall_malware::{Found, RuleMatch, Unmatched, rule};
use ringwall_model::{Confidence, Severity};
use ringwall_secrets::detector_words;
use serde::{Deserialize, Serialize};

use crate::{
    Digest, Distribution, Ecosystem, Layer, Listed, Malware, Notable, Owner, Package, ReadFile,
    Says, SecretFound, Secrets, SourcePackage, Wanted, links::Link,
};

/// Changes whenever a parser finds something else in the same bytes.
const VERSION: u32 = 15;

/// What stands before the layer: the version of the form and of ringwall, and what was asked of the layer.
fn header(question: &str) -> Vec<u8> {
    format!(
        "ringwall layer {VERSION} {} {question}\n",
        env!("CARGO_PKG_VERSION")
    )
    .into_bytes()
}

#[derive(Serialize, Deserialize)]
struct Wire {
    entries: u64,
    files: Vec<WireFile>,
    secrets: Vec<(String, WireSecrets)>,
    unsearched: Vec<String>,
    malware: Vec<(String, WireMalware)>,
    cut_programs: Vec<String>,
    too_large: Vec<(String, u64)>,
    notable: Vec<(String, u8)>,
    links: Vec<(String, String, bool)>,
    removed: Vec<String>,
    opaque: Vec<String>,
    replaced: Vec<u64>,
    folders: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct WireFile {
    path: String,
    says: WireSays,
}

#[derive(Serialize, Deserialize)]
enum WireSays {
    Packages {
        packages: Vec<WirePackage>,
        files: Vec<String>,
        owners: Vec<(String, u64)>,
        damage: Option<String>,
    },
    Distribution {
        id: String,
        version_id: String,
        name: String,
    },
    Roots(Vec<String>),
    Unreadable(String),
}

#[derive(Serialize, Deserialize)]
struct WirePackage {
    kind: String,
    name: String,
    version: String,
    architecture: Option<String>,
    source: Option<(String, String, Option<String>)>,
    licences: Vec<String>,
    module: Option<String>,
    supposed_group: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireSecrets {
    found: Vec<WireSecret>,
    is_truncated: bool,
}

#[derive(Serialize, Deserialize)]
struct WireMalware {
    found: Vec<(String, u32)>,
    own: Vec<WireMatch>,
}

#[derive(Serialize, Deserialize)]
struct WireMatch {
    namespace: String,
    rule: String,
    description: Option<String>,
    severity: Option<u8>,
    reference: Option<String>,
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireSecret {
    detector: String,
    severity: u8,
    confidence: u8,
    line: u32,
    column: u32,
    shown: String,
}

impl Layer {
    /// The bytes to keep of the answer to a question ([`crate::LayerReader::question`]); `None` for a layer that could
    /// not be read whole, or in time, which is to be read again.
    pub fn to_cache(&self, question: &str) -> Option<Vec<u8>> {
        if self.damage.is_some() {
            return None;
        }
        let too_large = self.unmatched.iter().map(|(path, reason)| match reason {
            Unmatched::TooLarge { most } => Some((path.clone(), *most)),
            _ => None,
        });
        let too_large: Vec<_> = too_large.collect::<Option<_>>()?;
        let sorted = |texts: &std::collections::HashSet<String>| {
            let mut texts: Vec<_> = texts.iter().cloned().collect();
            texts.sort();
            texts
        };
        let numbers = |numbers: &std::collections::HashSet<u64>| {
            let mut numbers: Vec<_> = numbers.iter().copied().collect();
            numbers.sort_unstable();
            numbers
        };
        let wire = Wire {
            entries: self.entries as u64,
            files: self.files.iter().map(wire_file).collect(),
            secrets: self
                .secrets
                .iter()
                .map(|(path, secrets)| (path.clone(), wire_secrets(secrets)))
                .collect(),
            unsearched: self.unsearched.clone(),
            malware: self
                .malware
                .iter()
                .map(|(path, malware)| (path.clone(), wire_malware(malware)))
                .collect(),
            cut_programs: self.cut_programs.clone(),
            too_large,
            notable: self
                .notable
                .iter()
                .map(|(path, notable)| (path.clone(), code(&Notable::ALL, notable)))
                .collect(),
            links: self
                .links
                .iter()
                .map(|it| (it.path.clone(), it.target.clone(), it.is_program))
                .collect(),
            removed: sorted(&self.removed),
            opaque: sorted(&self.opaque),
            replaced: numbers(&self.replaced),
            folders: numbers(&self.folders),
        };
        let body = postcard::to_stdvec(&wire).ok()?;
        let mut bytes = header(question);
        bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Some(bytes)
    }

    /// The layer that was kept for a question, whose bytes unpacked have this digest.
    pub fn from_cache(bytes: &[u8], question: &str, diff_id: Digest) -> Option<Self> {
        let rest = bytes.strip_prefix(&*header(question))?;
        let (crc, body) = rest.split_at_checked(4)?;
        if crc32fast::hash(body).to_le_bytes() != crc {
            return None;
        }
        let wire: Wire = postcard::from_bytes(body).ok()?;
        let files = wire.files.into_iter().map(file);
        let secrets = wire.secrets.into_iter();
        let secrets = secrets.map(|(path, found)| Some((path, read_secrets(found)?)));
        let malware = wire.malware.into_iter();
        let malware = malware.map(|(path, found)| Some((path, read_malware(found)?)));
        let notable = wire.notable.into_iter();
        let notable =
            notable.map(|(path, code)| Some((path, *Notable::ALL.get(usize::from(code))?)));
        Some(Self {
            diff_id: Some(diff_id),
            entries: usize::try_from(wire.entries).ok()?,
            files: files.collect::<Option<_>>()?,
            secrets: secrets.collect::<Option<_>>()?,
            unsearched: wire.unsearched,
            malware: malware.collect::<Option<_>>()?,
            cut_programs: wire.cut_programs,
            unmatched: wire
                .too_large
                .into_iter()
                .map(|(path, most)| (path, Unmatched::TooLarge { most }))
                .collect(),
            notable: notable.collect::<Option<_>>()?,
            links: wire
                .links
                .into_iter()
                .map(|(path, target, is_program)| Link {
                    path,
                    target,
                    is_program,
                })
                .collect(),
            removed: wire.removed.into_iter().collect(),
            opaque: wire.opaque.into_iter().collect(),
            replaced: wire.replaced.into_iter().collect(),
            folders: wire.folders.into_iter().collect(),
            ..Self::default()
        })
    }
}

/// The place of a value among all of its kind.
fn code<T: PartialEq>(all: &[T], value: &T) -> u8 {
    let place = all.iter().position(|known| known == value);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

fn wire_file(file: &ReadFile) -> WireFile {
    WireFile {
        path: file.path.clone(),
        says: match &file.says {
            Says::Packages(listed) => WireSays::Packages {
                packages: listed.packages.iter().map(wire_package).collect(),
                files: listed.files.clone(),
                owners: listed
                    .owners
                    .iter()
                    .map(|it| (it.name.clone(), it.files as u64))
                    .collect(),
                damage: listed.damage.clone(),
            },
            Says::Distribution(distribution) => WireSays::Distribution {
                id: distribution.id.clone(),
                version_id: distribution.version_id.clone(),
                name: distribution.name.clone(),
            },
            Says::Roots(names) => WireSays::Roots(names.clone()),
            Says::Unreadable(reason) => WireSays::Unreadable(reason.clone()),
        },
    }
}

fn file(file: WireFile) -> Option<ReadFile> {
    // What a path promises of a program; of everything else the mode tells nothing.
    let wanted = Wanted::of(&file.path, 0o755)?;
    let says = match file.says {
        WireSays::Packages {
            packages,
            files,
            owners,
            damage,
        } => Says::Packages(Listed {
            packages: packages.into_iter().map(package).collect::<Option<_>>()?,
            files,
            owners: owners
                .into_iter()
                .map(|(name, files)| {
                    let files = usize::try_from(files).ok()?;
                    Some(Owner { name, files })
                })
                .collect::<Option<_>>()?,
            damage,
        }),
        WireSays::Distribution {
            id,
            version_id,
            name,
        } => Says::Distribution(Distribution {
            id,
            version_id,
            name,
        }),
        WireSays::Roots(names) => Says::Roots(names),
        WireSays::Unreadable(reason) => Says::Unreadable(reason),
    };
    Some(ReadFile {
        path: file.path,
        wanted,
        says,
    })
}

fn wire_package(package: &Package) -> WirePackage {
    let source = package.source.as_ref();
    WirePackage {
        kind: package.ecosystem.purl_type().to_owned(),
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: package.architecture.clone(),
        source: source.map(|it| (it.name.clone(), it.version.clone(), it.archive.clone())),
        licences: package.licences.clone(),
        module: package.module.clone(),
        supposed_group: package.supposed_group.clone(),
    }
}

fn package(wire: WirePackage) -> Option<Package> {
    Some(Package {
        ecosystem: Ecosystem::of_purl_type(&wire.kind)?,
        name: wire.name,
        version: wire.version,
        architecture: wire.architecture,
        source: wire.source.map(|(name, version, archive)| SourcePackage {
            name,
            version,
            archive,
        }),
        licences: wire.licences,
        module: wire.module,
        supposed_group: wire.supposed_group,
    })
}

const CONFIDENCES: [Option<Confidence>; 4] = [
    None,
    Some(Confidence::Low),
    Some(Confidence::Medium),
    Some(Confidence::High),
];

fn wire_secrets(secrets: &Secrets) -> WireSecrets {
    let found = secrets.found.iter().map(|it| WireSecret {
        detector: it.detector.to_owned(),
        severity: code(&Severity::ALL, &it.severity),
        confidence: code(&CONFIDENCES, &it.confidence),
        line: it.line,
        column: it.column,
        shown: it.shown.clone(),
    });
    WireSecrets {
        found: found.collect(),
        is_truncated: secrets.is_truncated,
    }
}

fn read_secrets(wire: WireSecrets) -> Option<Secrets> {
    let found = wire.found.into_iter().map(|it| {
        let known = detector_words(&it.detector)?;
        Some(SecretFound {
            detector: known.id,
            provider: known.provider,
            title: known.title,
            severity: *Severity::ALL.get(usize::from(it.severity))?,
            confidence: *CONFIDENCES.get(usize::from(it.confidence))?,
            line: it.line,
            column: it.column,
            shown: it.shown,
        })
    });
    Some(Secrets {
        found: found.collect::<Option<_>>()?,
        is_truncated: wire.is_truncated,
    })
}

fn wire_malware(malware: &Malware) -> WireMalware {
    let found = malware.found.iter();
    let own = malware.own.iter().map(|it| WireMatch {
        namespace: it.namespace.clone(),
        rule: it.rule.clone(),
        description: it.description.clone(),
        severity: it.severity.map(|it| code(&Severity::ALL, &it)),
        reference: it.reference.clone(),
        tags: it.tags.clone(),
    });
    WireMalware {
        found: found.map(|it| (it.rule.id.to_owned(), it.line)).collect(),
        own: own.collect(),
    }
}

fn read_malware(wire: WireMalware) -> Option<Malware> {
    let found = wire.found.into_iter().map(|(id, line)| {
        Some(Found {
            rule: rule(&id)?,
            line,
        })
    });
    let own = wire.own.into_iter().map(|it| {
        let severity = it.severity.map(|code| Severity::ALL.get(usize::from(code)));
        Some(RuleMatch {
            namespace: it.namespace,
            rule: it.rule,
            description: it.description,
            severity: match severity {
                Some(known) => Some(*known?),
                None => None,
            },
            reference: it.reference,
            tags: it.tags,
        })
    });
    Some(Malware {
        found: found.collect::<Option<_>>()?,
        own: own.collect::<Option<_>>()?,
    })
}
