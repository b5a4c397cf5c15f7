//! A database of advisories from the files that others publish.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use rayon::prelude::*;
use ringwall_advisory::{
    Advisory, Collection, CveNumber, DatabaseBuilder, Exploited, Likelihood, OsvRecord, SourceFile,
    TooLarge, is_trivy_db, parse_debian_tracker, parse_epss, parse_kev, parse_osv, parse_secdb,
    parse_trivy_db,
};
use ringwall_collect::{
    Error,
    feeds::{Feed, read_feed},
};
use ringwall_model::Date;

/// A document of a feed that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableDocument {
    /// The feed, and the document where it has several.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// The bytes of the database.
    pub database: Vec<u8>,
    /// The files that it was built from, in the order in which they were given.
    pub sources: Vec<SourceFile>,
    /// What is not in it because it could not be read.
    pub unreadable: Vec<UnreadableDocument>,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file could not be read.
    #[error(transparent)]
    Collect(#[from] Error),
    /// Nothing in the files is about flaws.
    #[error(
        "nothing in the files is an advisory: OSV records (JSON, or archives of them), Debian's security tracker, security databases of Alpine, Wolfi and Chainguard, Trivy's database, CISA's catalogue of known exploited vulnerabilities and EPSS scores are read"
    )]
    Nothing,
    /// There is too much.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Builds a database from files, each with its name. `progress` is told the name of each file before it is read.
pub fn import_advisories(
    files: &[(String, PathBuf)],
    built: Date,
    mut progress: impl FnMut(&str),
) -> Result<Imported, ImportError> {
    let mut builder = DatabaseBuilder::new(built);
    let (mut unreadable, mut sources) = (Vec::new(), Vec::new());
    for (name, path) in files {
        progress(name);
        let feed = read_feed(name, path)?;
        let source = import_feed(&feed, &mut builder, &mut unreadable);
        sources.push(source.clone());
        builder.source(source);
    }
    progress("writing the database");
    if builder.is_empty() {
        return Err(ImportError::Nothing);
    }
    Ok(Imported {
        database: builder.build()?,
        sources,
        unreadable,
    })
}

/// What a document is.
enum Document {
    Osv(OsvRecord),
    /// Debian's tracker, which is the last word about Debian.
    Tracker(Collection),
    Secdb(Collection),
    Trivy(Collection),
    /// When Trivy's database was made, which stands beside it.
    TrivyDates,
    Exploited(Option<Date>, BTreeMap<CveNumber, Exploited>),
    Likelihoods(Option<Date>, BTreeMap<CveNumber, Likelihood>),
    Unreadable(String),
}

fn import_feed(
    feed: &Feed,
    builder: &mut DatabaseBuilder,
    unreadable: &mut Vec<UnreadableDocument>,
) -> SourceFile {
    let mut source = SourceFile {
        name: feed.name.clone(),
        sha256: feed.sha256.clone(),
        ..SourceFile::default()
    };
    let mut kinds = BTreeSet::new();
    let documents: Vec<Document> = (0..feed.len())
        .into_par_iter()
        .map(|at| match feed.document(at) {
            Ok(bytes) => read(&bytes),
            Err(reason) => Document::Unreadable(reason),
        })
        .collect();
    let mut advisories: Vec<Advisory> = Vec::new();
    for (at, document) in documents.into_iter().enumerate() {
        let name = || match feed.document_name(at) {
            "" => feed.name.clone(),
            document => format!("{}: {document}", feed.name),
        };
        match document {
            Document::Osv(record) => {
                kinds.insert("OSV");
                match record {
                    OsvRecord::Advisory(advisory) => {
                        source.advisories += 1;
                        builder.copy(advisory);
                    }
                    OsvRecord::Withdrawn(withdrawal) => {
                        source.withdrawn += 1;
                        builder.withdraw(withdrawal);
                    }
                    OsvRecord::NotSecurity => source.not_security += 1,
                    OsvRecord::Elsewhere(ecosystems) => {
                        let words = if ecosystems.is_empty() {
                            "no package".to_owned()
                        } else {
                            Vec::from_iter(ecosystems).join(", ")
                        };
                        *source.elsewhere.entry(words).or_default() += 1;
                    }
                }
            }
            Document::Tracker(collection) => {
                kinds.insert("Debian tracker");
                let advisories = taken(collection, &name(), &mut source, unreadable);
                source.advisories += advisories.len() as u64;
                for advisory in advisories {
                    builder.authority(advisory);
                }
            }
            Document::Secdb(collection) => {
                kinds.insert("secdb");
                advisories.extend(taken(collection, &name(), &mut source, unreadable));
            }
            Document::Trivy(collection) => {
                kinds.insert("trivy-db");
                advisories.extend(taken(collection, &name(), &mut source, unreadable));
            }
            Document::TrivyDates => {}
            Document::Exploited(day, flaws) => {
                kinds.insert("KEV");
                builder.exploited(day, flaws);
            }
            Document::Likelihoods(day, flaws) => {
                kinds.insert("EPSS");
                builder.likelihoods(day, flaws);
            }
            Document::Unreadable(reason) => {
                source.unreadable += 1;
                unreadable.push(UnreadableDocument {
                    name: name(),
                    reason,
                });
            }
        }
    }
    source.advisories += advisories.len() as u64;
    source.kind = Vec::from_iter(kinds).join(", ");
    for advisory in advisories {
        builder.advisory(advisory);
    }
    source
}

/// The advisories of a document that holds many; what of it is none is told.
fn taken(
    collection: Collection,
    name: &str,
    source: &mut SourceFile,
    unreadable: &mut Vec<UnreadableDocument>,
) -> Vec<Advisory> {
    source.unreadable += collection.unreadable.len() as u64;
    for entry in collection.unreadable {
        unreadable.push(UnreadableDocument {
            name: format!("{name}: {}", entry.place),
            reason: entry.reason,
        });
    }
    for (what, count) in collection.elsewhere {
        *source.elsewhere.entry(what).or_default() += count;
    }
    collection.advisories
}

/// Tells by its content what a document is.
fn read(bytes: &[u8]) -> Document {
    if is_trivy_db(bytes) {
        return match parse_trivy_db(bytes) {
            Ok(collection) => Document::Trivy(collection),
            Err(error) => Document::Unreadable(error.to_string()),
        };
    }
    let start = bytes.trim_ascii_start();
    if !start.starts_with(b"{") {
        let epss = std::str::from_utf8(bytes)
            .map_err(|error| error.to_string())
            .and_then(|csv| parse_epss(csv).map_err(|error| error.to_string()));
        return match epss {
            Ok((day, flaws)) if !flaws.is_empty() => Document::Likelihoods(day, flaws),
            Ok(_) => Document::Unreadable("is empty".to_owned()),
            Err(reason) => {
                Document::Unreadable(format!("is neither JSON nor scores of EPSS: {reason}"))
            }
        };
    }
    let osv = match parse_osv(bytes) {
        Ok(record) => return Document::Osv(record),
        Err(osv) => osv,
    };
    if is_trivy_metadata(bytes) {
        return Document::TrivyDates;
    }
    if let Ok((day, flaws)) = parse_kev(bytes) {
        return Document::Exploited(day, flaws);
    }
    if let Ok(collection) = parse_secdb(bytes) {
        return Document::Secdb(collection);
    }
    match parse_debian_tracker(bytes) {
        Ok(collection) => Document::Tracker(collection),
        Err(_) => Document::Unreadable(format!("is no OSV record: {osv}")),
    }
}

/// Whether a document is the `metadata.json` of Trivy's database.
fn is_trivy_metadata(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only that they are there matters")]
    struct Metadata {
        version: u64,
        next_update: String,
        updated_at: String,
        downloaded_at: Option<String>,
    }
    serde_json::from_slice::<Metadata>(bytes).is_ok()
}
