//! What a peer said, and what we say at the same places.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read as _,
};

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::corpora::{Instructions, Objects, Place, object_name, places, shared};

/// A recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Checkov over `manifests/`: a verdict per object.
    CheckovManifests,
    /// Checkov over `dockerfiles/`: a verdict per file and sort of instruction; files are compared.
    CheckovDockerfiles,
    /// hadolint over `dockerfiles/`: what it found, by instruction.
    Hadolint,
}

impl Peer {
    /// The word in `peer-ids.csv`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hadolint => "hadolint",
            _ => "checkov",
        }
    }

    /// The name of the recording.
    pub(crate) fn recording(self) -> &'static str {
        match self {
            Self::CheckovManifests => "checkov-manifests",
            Self::CheckovDockerfiles => "checkov-dockerfiles",
            Self::Hadolint => "hadolint",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::CheckovManifests => "manifests",
            _ => "dockerfiles",
        }
    }
}

/// A line of a recording.
#[derive(Deserialize)]
pub(crate) struct Row {
    check: String,
    pub(crate) file: String,
    #[serde(default)]
    pub(crate) resource: String,
    #[serde(default)]
    line: u32,
    result: Option<String>,
}

/// What a check of a peer said.
#[derive(Default)]
pub(crate) struct Judged {
    /// Where it looked, as far as it says so.
    pub(crate) all: BTreeSet<Place>,
    /// Where it found a flaw.
    pub(crate) failed: BTreeSet<Place>,
}

/// A peer's verdicts beside ours.
pub(crate) struct Verdicts {
    /// The peer's, by its id.
    pub(crate) peer: BTreeMap<String, Judged>,
    /// Our places, by our id.
    pub(crate) ours: BTreeMap<String, BTreeSet<Place>>,
    /// Where the peer told something that ShellCheck found.
    pub(crate) scripts: BTreeSet<Place>,
    /// Our ids for each of the peer's.
    pub(crate) our_ids: BTreeMap<String, Vec<String>>,
}

impl Verdicts {
    /// Reads the recording and the map of ids, and scans.
    pub(crate) fn read(peer: Peer) -> Self {
        let folder = peer.folder();
        let (place, ours): (Box<dyn Fn(&Row) -> String>, _) = match peer {
            Peer::CheckovManifests => {
                let objects = Objects::read(folder);
                (
                    Box::new(move |row: &Row| objects.owner(&row.file, &row.resource)),
                    places(folder, |_, finding| object_name(&finding.subject)),
                )
            }
            Peer::CheckovDockerfiles => (
                Box::new(|_: &Row| String::new()),
                places(folder, |_, _| Some(String::new())),
            ),
            Peer::Hadolint => {
                let instructions = Instructions::read(folder);
                let line = |file: &str, line| instructions.first_line(file, line).to_string();
                let ours = places(folder, |file, finding| {
                    Some(line(file, finding.location.start.line))
                });
                (
                    Box::new(move |row: &Row| {
                        instructions.first_line(&row.file, row.line).to_string()
                    }),
                    ours,
                )
            }
        };
        let mut verdicts: BTreeMap<String, Judged> = BTreeMap::new();
        let mut scripts = BTreeSet::new();
        for row in rows(peer) {
            let judged = verdicts.entry(id(&row.check).to_owned()).or_default();
            let place = (row.file.clone(), place(&row));
            if row.check.starts_with("SC") {
                scripts.insert(place.clone());
            }
            // hadolint tells only what it found.
            if row
                .result
                .as_deref()
                .is_none_or(|result| result == "FAILED")
            {
                judged.failed.insert(place.clone());
            }
            judged.all.insert(place);
        }
        Self {
            peer: verdicts,
            ours,
            scripts,
            our_ids: our_ids(peer),
        }
    }
}

/// The id that the map of ids knows. ShellCheck split SC2039 into SC3001 and those behind it.
fn id(check: &str) -> &str {
    if check.starts_with("SC3") {
        "SC2039"
    } else {
        check
    }
}

/// Every verdict of a recording.
pub(crate) fn rows(peer: Peer) -> Vec<Row> {
    let path = shared(&format!("corpora/verdicts/{}.jsonl.gz", peer.recording()));
    let mut text = String::new();
    GzDecoder::new(File::open(path).expect("a recording"))
        .read_to_string(&mut text)
        .expect("gzip of UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a verdict"))
        .collect()
}

/// No cell of the map holds a quote or a comma, so commas separate.
fn our_ids(peer: Peer) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(shared("catalogue/peer-ids.csv")).expect("the map of ids");
    text.lines()
        .filter_map(|line| {
            let mut cells = line.split(',');
            let (word, id) = (cells.next()?, cells.next()?);
            let ours = cells.nth(1)?;
            (word == peer.word()).then(|| {
                let ours = ours.split(';').map(|id| id.trim().to_owned());
                (id.to_owned(), ours.filter(|id| !id.is_empty()).collect())
            })
        })
        .collect()
}
