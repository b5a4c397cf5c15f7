//! A baseline: findings that were there before, and do not count until they change.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use ringwall_model::{Acceptance, AcceptanceSource, Finding, NotAssessed, Report, Status, Subject};
use serde::{Deserialize, Serialize};

use crate::seen_from::SeenFrom;

/// Findings by what they are about, without lines, so that a baseline survives edits elsewhere in a file.
#[derive(Debug, Default)]
pub struct Baseline {
    known: HashMap<Key, u64>,
    /// Files are known by where they are from here: the same words from elsewhere may mean another file.
    folder: SeenFrom,
}

/// A baseline that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// No JSON, or not of this form.
    #[error("the baseline cannot be read: {0}; write a new one with --write-baseline")]
    Parse(#[from] serde_json::Error),
    /// Written by a later release.
    #[error("the baseline has version {0}; this release reads version 1")]
    Version(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    id: String,
    file: String,
    subject: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    count: u64,
}

impl Baseline {
    /// Reads what [`Baseline::write`] wrote; its files are named from `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, BaselineError> {
        let file: File = serde_json::from_str(text)?;
        if file.version != 1 {
            return Err(BaselineError::Version(file.version));
        }
        let known = file
            .findings
            .into_iter()
            .map(|entry| (entry.key, entry.count));
        Ok(Self {
            known: known.collect(),
            folder: SeenFrom::new(folder),
        })
    }

    /// Everything of a report that counts, as a baseline that names files from `folder`.
    pub fn write(report: &Report, folder: &Path) -> Result<String, BaselineError> {
        let folder = SeenFrom::new(folder);
        let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
        let findings = report
            .findings
            .iter()
            .filter(|finding| finding.fails())
            .map(|finding| key(finding, &folder));
        let unseen = report
            .not_assessed
            .iter()
            .filter(|item| item.counts())
            .map(|item| unseen_key(item, &folder));
        for key in findings.chain(unseen) {
            *counts.entry(key).or_default() += 1;
        }
        let file = File {
            version: 1,
            findings: counts
                .into_iter()
                .map(|(key, count)| Entry { key, count })
                .collect(),
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// Accepts what the baseline knows, as often as it knows it.
    pub(crate) fn apply(&self, findings: &mut Vec<Box<Finding>>, not_assessed: &mut [NotAssessed]) {
        let mut left = self.known.clone();
        let acceptance = Arc::new(Acceptance {
            source: AcceptanceSource::Baseline,
            reason: None,
            owner: None,
            until: None,
            location: None,
        });
        let mut accept = |key: &Key, status: &mut Status| {
            if let Some(count) = left.get_mut(key).filter(|count| **count > 0) {
                *count -= 1;
                *status = Status::Accepted(Arc::clone(&acceptance));
            }
        };
        // The earlier of equal findings are the known ones, in every run.
        ringwall_model::sort(findings);
        for finding in findings.iter_mut().filter(|finding| finding.fails()) {
            accept(&key(finding, &self.folder), &mut finding.status);
        }
        for item in not_assessed.iter_mut().filter(|item| item.counts()) {
            accept(&unseen_key(item, &self.folder), &mut item.status);
        }
    }
}

fn key(finding: &Finding, folder: &SeenFrom) -> Key {
    Key {
        id: finding.check.to_string(),
        file: folder.see(&finding.location.file),
        subject: words(&finding.subject),
        message: finding.message.clone(),
    }
}

fn unseen_key(item: &NotAssessed, folder: &SeenFrom) -> Key {
    Key {
        id: item.id.to_string(),
        file: item
            .subject
            .file
            .as_deref()
            .map(|file| folder.see(file))
            .unwrap_or_default(),
        subject: words(&item.subject),
        message: item.reason.clone(),
    }
}

pub(crate) fn words(subject: &Subject) -> String {
    let parts = [
        &subject.api_version,
        &subject.kind,
        &subject.namespace,
        &subject.name,
        &subject.container,
        &subject.image,
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(|part| &**part).collect();
    parts.join(" ")
}
