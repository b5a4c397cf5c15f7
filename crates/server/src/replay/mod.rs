//! What policies would have decided on recorded requests: the judging of the server without its sockets.
//!
//! ```text
//! document ── read ──▶ Recorded ── judge ──▶ Judged ── Tally ──▶ report
//! ```
//!
//! Every request goes through [`Rules::decide`] with a [`PolicySet`], as it does in the server, so that both agree.
//! What holds no object, or rests on what nobody recorded, is told and never passed over.

mod event;
mod judge;
mod owner;
mod recorded;
mod refusal;
mod run;
mod tally;
mod template;

use std::{sync::Arc, time::Duration};

use ringwall_model::Date;
use ringwall_policy::{admission::AdmissionRequest, bundle::Needed};
use serde_json::Value;

use crate::{LiveWorld, PolicySet, Route, Rules, wire::image_review::ImageReview};

pub use run::run;

/// A file that cannot be read, or not to its end.
const UNREADABLE_FILE: &str = "unreadable-file";
/// A line that is no JSON, breaks off, or is too large.
const UNPARSABLE_RECORD: &str = "unparsable-record";
/// JSON that is no record, review or event, or of a version that is not read.
const UNKNOWN_RECORD: &str = "unknown-record";
/// An event that does not hold what would have been judged.
const EVENT_WITHOUT_OBJECT: &str = "event-without-object";
/// An update of which nobody knows what was there before, with policies that compare.
const EVENT_WITHOUT_OLD_OBJECT: &str = "event-without-old-object";
/// A request from which secrets were taken before it was recorded.
const REDACTED_SECRET: &str = "redacted-secret";
/// A policy that gave no answer.
const FAILED_POLICY: &str = "failed-policy";
/// A file of policies that is not used as it is written.
const UNUSABLE_POLICY: &str = "unusable-policy";
/// A policy that asks for objects which nobody gave.
const UNKNOWN_INVENTORY: &str = "unknown-inventory";

/// The ids of what cannot be assessed, each with what it means.
pub const NOT_ASSESSED: [(&str, &str); 9] = [
    (UNREADABLE_FILE, "a file cannot be read, or not to its end"),
    (
        UNPARSABLE_RECORD,
        "a line is no JSON, breaks off or is too large",
    ),
    (UNKNOWN_RECORD, "JSON that is no record, review or event"),
    (
        EVENT_WITHOUT_OBJECT,
        "an audit event does not hold what would have been judged",
    ),
    (
        EVENT_WITHOUT_OLD_OBJECT,
        "a policy compares with the object as it was, which no audit event holds",
    ),
    (
        REDACTED_SECRET,
        "secrets were taken out of a request before it was recorded",
    ),
    (FAILED_POLICY, "a policy gave no answer"),
    (
        UNUSABLE_POLICY,
        "a file of policies is not used as it is written",
    ),
    (
        UNKNOWN_INVENTORY,
        "a policy asks for objects that nobody gave",
    ),
];

/// What recorded requests are judged by.
pub struct Replay {
    /// What decides besides the policies.
    pub rules: Rules,
    /// The policies.
    pub policies: Arc<PolicySet>,
    /// Policies that stand in the place of what was decided then.
    pub against: Option<Arc<PolicySet>>,
    /// The objects that policies see as those of the cluster.
    pub world: Arc<LiveWorld>,
    /// Whether somebody gave such objects.
    pub has_inventory: bool,
    /// The label that names a team, on the object or its namespace; without one, namespaces are teams.
    pub team_label: Option<String>,
    /// The day on which the policies judge; requests that tell no time are judged as of its beginning.
    pub as_of: Date,
}

/// Where a request was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// A decision that ringwall recorded.
    Decision,
    /// An `AdmissionReview` or `ImageReview`.
    Review,
    /// An audit event of an API server.
    Event,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    /// A review; where the route is not known, as an API server asks: mutating webhooks first, then the others.
    Review(Option<Route>, Box<AdmissionRequest>),
    /// A review of images.
    Images(ImageReview),
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Allowed,
    Denied,
    /// It failed for another reason, and policies may not have been asked.
    Failed,
    Unknown,
}

/// Something that a policy said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    source: String,
    policy: String,
    binding: Option<String>,
    action: String,
    message: String,
    /// Whether the policy gave no answer.
    is_error: bool,
    /// Whether it is about what was taken out before the request was recorded.
    rests_on_redacted: bool,
}

impl Said {
    /// Whether it is no verdict, for want of what it rests on.
    const fn is_uncertain(&self) -> bool {
        self.is_error || self.rests_on_redacted
    }
}

/// What was decided before, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
struct Before {
    then: Then,
    said: Vec<Said>,
    /// The whole decision as the server records it.
    record: Option<Value>,
    /// The changes of the object, where they are known.
    patch: Option<Value>,
    /// The digest of the policies that decided, where it is known.
    digest: String,
}

impl Before {
    /// What is known of a request of which only the outcome is known.
    fn outcome(then: Then) -> Self {
        Self {
            then,
            said: Vec::new(),
            record: None,
            patch: None,
            digest: String::new(),
        }
    }
}

/// A request that was recorded.
#[derive(Clone, Debug, PartialEq)]
struct Recorded {
    origin: Origin,
    asked: Asked,
    before: Before,
    /// When it was made, since 1970, where it says so.
    moment: Option<Duration>,
    /// Whether secrets were taken out of it.
    is_redacted: bool,
}

/// Why a request is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    id: &'static str,
    reason: String,
}

impl Note {
    fn new(id: &'static str, reason: impl Into<String>) -> Self {
        Self {
            id,
            reason: reason.into(),
        }
    }
}

/// What a document turned out to be.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    /// A request to judge.
    Request(Box<Recorded>),
    /// None that policies are asked about, with the word under which it is counted.
    Passed(&'static str),
    /// One that cannot be judged.
    Unseen(Note),
    /// An empty list.
    Nothing,
}

/// A document that was read: what tells it from others, and what it is.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    /// Two words that only the same document has; `None` where there are none.
    key: Option<(String, String)>,
    found: Found,
}

impl Read {
    fn unseen(id: &'static str, reason: impl Into<String>) -> Self {
        Self {
            key: None,
            found: Found::Unseen(Note::new(id, reason)),
        }
    }
}

/// Judges a document; for tests of the reader with any bytes.
///
/// Says whether it is a request that was judged, or why it is not.
pub fn judge_document(replay: &Replay, text: &[u8]) -> Result<(), String> {
    let judged = replay.judge(recorded::read(text));
    match judged.judgement {
        judge::Judgement::Assessed(_) => Ok(()),
        judge::Judgement::Unassessed(notes) => Err(notes
            .iter()
            .map(|note| format!("{}: {}", note.id, note.reason))
            .collect::<Vec<_>>()
            .join("; ")),
        judge::Judgement::Passed(word) => Err(word.to_owned()),
        judge::Judgement::Nothing => Err("nothing".to_owned()),
    }
}

impl Replay {
    /// What is known not to be assessable before anything is read.
    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        for set in self.against.iter().chain([&self.policies]) {
            for problem in &set.broken {
                notes.push(Note::new(UNUSABLE_POLICY, problem.to_string()));
            }
            for need in &set.needs {
                let reason = match &need.needed {
                    Needed::Inventory if !self.has_inventory => format!(
                        "{} reads other objects of the cluster, and --inventory gives none",
                        need.policy
                    ),
                    Needed::Params(kind) if !self.has_any(kind) => format!(
                        "{} takes parameters of kind {}, and --inventory gives none",
                        need.policy, kind.kind
                    ),
                    _ => continue,
                };
                notes.push(Note::new(UNKNOWN_INVENTORY, reason));
            }
        }
        notes.dedup();
        notes
    }

    fn has_any(&self, kind: &ringwall_policy::admission::GroupVersionKind) -> bool {
        use ringwall_policy::admission::ClusterView as _;
        !self.world.list(kind, "").is_empty()
    }
}
