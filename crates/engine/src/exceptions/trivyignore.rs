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

/// The last day on which an entry counts that ends on a day: Trivy and osv-scanner take it for its first moment.
///
/// See: `Prune` of <https://github.com/aquasecurity/trivy/blob/main/pkg/result/ignore.go>, `shouldIgnoreTimestamp` of
/// <https://github.com/google/osv-scanner/blob/main/internal/config/config.go>.
pub(crate) fn last_day(end: Date) -> Date {
    match u64::try_from(end.unix_seconds().saturating_sub(1)) {
        Ok(before) => Date::from_unix_seconds(before),
        Err(_) => Date::new(0, 1, 1).unwrap_or(end),
    }
}

/// The last day on which a line of `.trivyignore` counts, where it says one; an error with the word that is no day.
pub(crate) fn expiry(line: &str) -> Result<Option<Date>, &str> {
    let mut words = line.split_whitespace();
    let day = words.find_map(|word| word.strip_prefix("exp:"));
    day.map(|day| day.parse().map(last_day).map_err(|_| day))
        .transpose()
}

impl TrivyIgnore {
    /// Reads a `.trivyignore`. An expired entry covers nothing, as with Trivy, to which it ends where its day begins.
    pub(crate) fn new(source: &Source, as_of: Date) -> Self {
        let mut entries = Vec::new();
        let mut offset = 0;
        for line in source.text.split_inclusive('\n') {
            let span = Span::new(offset, offset + line.trim_end().len());
            offset += line.len();
            let line = line.trim_start_matches('\u{feff}');
            let text = line.split('#').next().unwrap_or("").trim();
            let Some(id) = text.split_whitespace().next() else {
                continue;
            };
            // Trivy takes the day from a comment as well, and leaves out an entry with a day that is none.
            let Ok(until) = expiry(line) else {
                continue;
            };
            let mut ids = peers::ours("trivy", id);
            // Flaws of packages are called the same everywhere.
            if ids.is_empty() && is_flaw(id) {
                ids.push(id.to_owned());
            }
            if ids.is_empty() || until.is_some_and(|until| until < as_of) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_ends_before_the_day_that_it_names() {
        let check = |line: &str, as_of: &str, expected: bool| {
            let source = Source::new(".trivyignore", line);
            let read = TrivyIgnore::new(&source, as_of.parse().unwrap());
            assert_eq!(!read.entries.is_empty(), expected, "{line} on {as_of}");
        };
        check("CVE-2026-1 exp:2026-12-31", "2026-12-30", true);
        check("CVE-2026-1 exp:2026-12-31", "2026-12-31", false);
        check("CVE-2026-1 exp:2027-01-01", "2026-12-31", true);
        // Behind a reason as well, and what is no day ends nothing.
        check("CVE-2026-1 # why exp:2026-12-31", "2026-12-31", false);
        check("CVE-2026-1 exp:never", "2026-12-31", false);
        check("CVE-2026-1 # why", "2026-12-31", true);
    }
}
