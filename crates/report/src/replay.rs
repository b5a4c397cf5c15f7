//! What policies would have decided on recorded requests: version 1 of its JSON, and text for people.
//!
//! The names and the order of the fields are the wire form, and a promise: version 1 only grows.

mod text;

use std::{collections::BTreeMap, io};

use serde::Serialize;

use crate::json::{list, value};

pub use text::{ReplayTextOptions, replay_text};

/// The outcome of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// The day on which the policies judged.
    pub as_of: String,
    /// The digest of the policies.
    pub policies: String,
    /// The digest of those that stand in the place of what was decided before.
    pub against: Option<String>,
    /// The counts.
    pub summary: ReplaySummary,
    /// Why, the worst first.
    pub causes: Vec<ReplayCause>,
    /// What it is about, the worst first.
    pub workloads: Vec<ReplayWorkload>,
    /// Whose it is, the worst first.
    pub teams: Vec<ReplayTeam>,
    /// What could not be assessed.
    pub not_assessed: Vec<ReplayNotAssessed>,
}

/// The counts of a replay, in requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplaySummary {
    /// Requests that were judged.
    pub requests: u64,
    /// Of these, decisions that ringwall recorded.
    pub decisions: u64,
    /// Of these, `AdmissionReview`s and `ImageReview`s.
    pub reviews: u64,
    /// Of these, audit events.
    pub events: u64,
    /// What became of them then, or by the other policies.
    pub before: ReplayBefore,
    /// What would become of them.
    pub now: ReplayNow,
    /// Denied now and not known to have been before.
    pub newly_denied: u64,
    /// Allowed now and denied before.
    pub newly_allowed: u64,
    /// As before, for other reasons, with other warnings or other changes.
    pub otherwise_different: u64,
    /// As before, as far as that is known.
    pub same: u64,
    /// Of which nobody knows what was decided before.
    pub not_compared: u64,
    /// Requests and lines that were not judged.
    pub not_assessed: u64,
    /// What no policy is asked about, by the word for it.
    pub skipped: BTreeMap<&'static str, u64>,
}

/// What became of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayBefore {
    /// They went through.
    pub allowed: u64,
    /// A policy or another admission plugin refused them.
    pub denied: u64,
    /// They failed for another reason.
    pub failed: u64,
    /// Nobody wrote it down.
    pub unknown: u64,
}

/// What would become of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayNow {
    /// They would go through.
    pub allowed: u64,
    /// They would be refused.
    pub denied: u64,
    /// There would be a warning.
    pub warned: u64,
    /// The object would be changed.
    pub changed: u64,
    /// They would not be judged.
    pub exempt: u64,
}

/// A policy and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayCause {
    /// The engine.
    pub source: String,
    /// The policy.
    pub policy: String,
    /// The binding, for admission policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
    /// `deny`, `warn`, `audit`, or `change` for a change of the object.
    pub action: String,
    /// What it says, with `*` in the place of names.
    pub message: String,
    /// Requests about which it would say so.
    pub requests: u64,
    /// Requests about which it is known to have said so before.
    pub before: u64,
    /// Requests that are newly denied for it, perhaps among other causes.
    pub newly_denied: u64,
    /// Requests that are newly allowed, and were denied for it.
    pub newly_allowed: u64,
    /// How many workloads these are.
    pub workloads: u64,
    /// How many teams.
    pub teams: u64,
    /// An example.
    pub first: ReplayPlace,
    /// Kind of the workload of the example.
    pub kind: String,
    /// Its namespace; empty for the cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A place in a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayPlace {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
}

/// Counts of a workload or a team, in requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayCounts {
    /// Requests that were judged.
    pub requests: u64,
    /// Denied now.
    pub denied: u64,
    /// With a warning now.
    pub warned: u64,
    /// Changed now.
    pub changed: u64,
    /// Denied now and not known to have been before.
    pub newly_denied: u64,
    /// Allowed now and denied before.
    pub newly_allowed: u64,
}

/// A workload with its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayWorkload {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for the cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its team.
    pub team: String,
    /// The counts.
    #[serde(flatten)]
    pub counts: ReplayCounts,
}

/// A team with its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayTeam {
    /// Its name.
    pub team: String,
    /// The counts.
    #[serde(flatten)]
    pub counts: ReplayCounts,
}

/// Why something was not assessed, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayNotAssessed {
    /// What kind of reason it is, in kebab case.
    pub id: String,
    /// The reason.
    pub reason: String,
    /// How often it was met.
    pub count: u64,
    /// Where it was met first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<ReplayPlace>,
    /// Whether somebody said that it does not count.
    #[serde(rename = "accepted")]
    pub is_accepted: bool,
}

impl ReplayReport {
    /// Says that reasons of an id do not count.
    pub fn accept(&mut self, id: &str) {
        for note in self.not_assessed.iter_mut().filter(|note| note.id == id) {
            note.is_accepted = true;
        }
    }

    /// Whether something that counts was not assessed, or nothing was looked at.
    pub fn is_incomplete(&self) -> bool {
        self.not_assessed.iter().any(|note| !note.is_accepted)
    }
}

/// Writes a replay as JSON, version 1, an item a line.
pub fn replay_json(report: &ReplayReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"as_of\":")?;
    value(&report.as_of, out)?;
    out.write_all(b",\n\"policies\":")?;
    value(&report.policies, out)?;
    if let Some(against) = &report.against {
        out.write_all(b",\n\"against\":")?;
        value(against, out)?;
    }
    out.write_all(b",\n\"summary\":")?;
    value(&report.summary, out)?;
    out.write_all(b",\n\"causes\":[")?;
    list(report.causes.iter(), out)?;
    out.write_all(b"],\n\"workloads\":[")?;
    list(report.workloads.iter(), out)?;
    out.write_all(b"],\n\"teams\":[")?;
    list(report.teams.iter(), out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    list(report.not_assessed.iter(), out)?;
    out.write_all(b"]}\n")
}
