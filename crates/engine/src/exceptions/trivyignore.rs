//! `.trivyignore`: ids that are accepted in everything below its folder.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ringwall_model::{Acceptance, AcceptanceSource, Date, Finding, Source, Span};

use super::peers;
use crate::selection::is_flaw;

#[derive(Debug)]
struct Entry {
    ids: Vec<String>,
    acceptance: Arc<Acceptance>,
    used: AtomicBool,
}

/// The entries of one `.trivyignore`.
#[derive(Debug)]
pub(crate) struct TrivyIgnore {
    folder: String,
    entries: Vec<Entry>,
}

impl TrivyIgnore {
    /// Reads a `.trivyignore`. An expired entry covers nothing, as with Trivy, to which it ends where its day begins.
    pub(crate) fn new(source: &Source, as_of: Date) -> Self {
        let mut entries = Vec::new();
        let mut offset = 0;
        for line in source.text.split_inclusive('\n') {
            let span = Span::new(offset, offset + line.trim_end().len());
            offset += line.len();
            let text = line.split('#').next().unwrap_or("").trim();
            let mut words = text.split_whitespace();
            let Some(id) = words.next() else {
                continue;
            };
            let until = words.find_map(|word| word.strip_prefix("exp:"));
            // Trivy leaves out a line whose day it cannot read; for ever is not what it says.
            let Ok(until) = until.map(str::parse::<Date>).transpose() else {
                continue;
            };
            let mut ids = peers::ours("trivy", id);
            // Flaws of packages are called the same everywhere.
            if ids.is_empty() && is_flaw(id) {
                ids.push(id.to_owned());
            }
            if ids.is_empty() || until.is_some_and(|until| until <= as_of) {
                continue;
            }
            entries.push(Entry {
                ids,
                acceptance: Arc::new(Acceptance {
                    source: AcceptanceSource::Peer("trivy"),
                    reason: None,
                    owner: None,
                    until,
                    location: Some(source.location(span)),
                }),
                used: AtomicBool::new(false),
            });
        }
        let folder = source
            .name
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        Self {
            folder: folder.to_owned(),
            entries,
        }
    }

    /// The entry that covers a finding.
    pub(crate) fn find(&self, finding: &Finding) -> Option<Arc<Acceptance>> {
        let file = &*finding.location.file;
        let below = if self.folder.is_empty() {
            !file.starts_with('/') && !file.starts_with("../")
        } else {
            let rest = file.strip_prefix(&*self.folder);
            rest.is_some_and(|rest| rest.starts_with('/') && !rest.starts_with("/../"))
        };
        let entry = self
            .entries
            .iter()
            .filter(|_| below)
            .find(|entry| entry.ids.iter().any(|id| is_meant(id, finding)))?;
        entry.used.store(true, Ordering::Relaxed);
        Some(Arc::clone(&entry.acceptance))
    }
}

/// Whether an id is the check of a finding, or another id of its flaw.
fn is_meant(id: &str, finding: &Finding) -> bool {
    let flaw = finding.vulnerability.iter();
    let mut aliases = flaw.flat_map(|flaw| &flaw.aliases);
    id == finding.check || aliases.any(|alias| alias == id)
}
