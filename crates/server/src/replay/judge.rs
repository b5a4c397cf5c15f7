//! One recorded request before the policies, beside what was decided about it.

use std::collections::BTreeMap;

use ringwall_policy::{
    admission::{Action, NoDeadline, Operation, patch},
    bundle::Needed,
};
use serde_json::{Value, json};

use super::{
    Asked, Before, EVENT_WITHOUT_OLD_OBJECT, FAILED_POLICY, Found, Note, Origin, REDACTED_SECRET,
    Read, Recorded, Replay, Said, Then,
    owner::Workload,
    recorded::said,
    template::{self, Names},
};
use crate::{
    Decision, PolicySet, Route,
    record::{decision_json, images_json},
    redact::{REDACTED, redact},
    world::at_moment,
};

/// A document that was judged, or why it was not.
pub(super) struct Judged {
    pub(super) key: Option<(String, String)>,
    pub(super) judgement: Judgement,
}

pub(super) enum Judgement {
    Assessed(Box<Assessed>),
    Unassessed(Vec<Note>),
    Passed(&'static str),
    Nothing,
}

/// A request with what is decided now and what was before.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is counted for itself, and a request may be all of them"
)]
pub(super) struct Assessed {
    pub(super) origin: Origin,
    pub(super) workload: Workload,
    pub(super) team: String,
    pub(super) then: Then,
    pub(super) difference: Difference,
    pub(super) is_allowed: bool,
    pub(super) is_warned: bool,
    pub(super) is_changed: bool,
    pub(super) is_exempt: bool,
    /// Why, now and before.
    pub(super) causes: BTreeMap<Cause, Spoken>,
    pub(super) notes: Vec<Note>,
}

/// How what is decided now differs from what was decided before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Same,
    NewlyDenied,
    NewlyAllowed,
    /// The request fares as before, for other reasons, with other warnings or other changes.
    Otherwise,
    /// Nobody knows what policies decided before.
    NotCompared,
}

/// Why something is decided: a policy and what it says, without names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    pub(super) source: String,
    pub(super) policy: String,
    pub(super) binding: Option<String>,
    pub(super) action: String,
    pub(super) message: String,
}

/// When a cause spoke about a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) is_now: bool,
    pub(super) is_before: bool,
}

/// What a set of policies decides.
struct Decided {
    is_allowed: bool,
    is_exempt: bool,
    said: Vec<Said>,
    changes: Vec<patch::Operation>,
    /// As the server records it, without the suggestion.
    record: Value,
}

impl Replay {
    pub(super) fn judge(&self, read: Read) -> Judged {
        let judgement = match read.found {
            Found::Request(recorded) => self.request(&recorded),
            Found::Passed(word) => Judgement::Passed(word),
            Found::Unseen(note) => Judgement::Unassessed(vec![note]),
            Found::Nothing => Judgement::Nothing,
        };
        Judged {
            key: read.key,
            judgement,
        }
    }

    fn request(&self, recorded: &Recorded) -> Judgement {
        let now = self.decide(&self.policies, recorded);
        let (before, other) = match &self.against {
            None => (recorded.before.clone(), None),
            Some(set) => {
                let other = self.decide(set, recorded);
                let before = Before {
                    then: if other.is_allowed {
                        Then::Allowed
                    } else {
                        Then::Denied
                    },
                    said: other.said.clone(),
                    record: Some(other.record.clone()),
                    patch: None,
                    digest: set.digest.clone(),
                };
                (before, Some(other))
            }
        };
        let mut difference = difference(&before, &now);
        let is_exact = before.record.as_ref() == Some(&now.record);
        let names = Names::of(&recorded.asked);
        let mut notes = Vec::new();
        if !is_exact {
            let said = now
                .said
                .iter()
                .chain(other.iter().flat_map(|other| &other.said));
            for said in said.filter(|said| said.is_uncertain()) {
                notes.push(uncertain(said, &names));
            }
        }
        // What was decided by the same policies and came out the same rests on nothing that was taken out.
        let is_proven = is_exact && self.against.is_none() && before.digest == self.policies.digest;
        if recorded.is_redacted && !is_proven {
            notes.push(Note::new(
                REDACTED_SECRET,
                "secrets were taken out before it was recorded; what policies say of them is not known",
            ));
        }
        notes.extend(self.uncompared(recorded));
        notes.sort_by(|one, other| (one.id, &one.reason).cmp(&(other.id, &other.reason)));
        notes.dedup();
        let rests_on_nothing = !is_exact
            && (is_decided_by_none(&now) || other.as_ref().is_some_and(is_decided_by_none));
        // The refusal may have been about what was taken out.
        let is_lost = recorded.is_redacted && difference == Difference::NewlyAllowed;
        if rests_on_nothing || is_lost {
            return Judgement::Unassessed(notes);
        }
        if recorded.is_redacted && difference == Difference::Otherwise {
            // So may the reasons.
            difference = Difference::NotCompared;
        }
        let warns = |said: &Said| said.action == Action::Warn.as_str();
        Judgement::Assessed(Box::new(Assessed {
            origin: recorded.origin,
            workload: Workload::of(&recorded.asked),
            team: self.team(&recorded.asked),
            then: before.then,
            difference,
            is_allowed: now.is_allowed,
            is_warned: now.said.iter().any(warns),
            is_changed: !now.changes.is_empty(),
            is_exempt: now.is_exempt,
            causes: causes(&now, &before, &names),
            notes,
        }))
    }

    /// An update of an audit event does not tell what was there before, and some policies compare.
    fn uncompared(&self, recorded: &Recorded) -> Vec<Note> {
        let Asked::Review(_, request) = &recorded.asked else {
            return Vec::new();
        };
        let is_update =
            request.operation == Some(Operation::Update) && request.old_object.is_none();
        if recorded.origin != Origin::Event || !is_update {
            return Vec::new();
        }
        let sets = self.against.iter().chain([&self.policies]);
        let needs = sets.flat_map(|set| set.needs.iter().map(move |need| (set, need)));
        needs
            .filter(|(set, need)| {
                let mut judges = set.judges.iter();
                need.needed == Needed::OldObject
                    && judges.any(|judge| judge.covers(&need.policy, request))
            })
            .map(|(_, need)| {
                let reason = format!(
                    "{} compares with the object as it was, which no audit event holds",
                    need.policy
                );
                Note::new(EVENT_WITHOUT_OLD_OBJECT, reason)
            })
            .collect()
    }

    /// What a set decides, at the moment of the request.
    fn decide(&self, set: &PolicySet, recorded: &Recorded) -> Decided {
        let moment = recorded.moment.unwrap_or_else(|| {
            let seconds = u64::try_from(self.as_of.unix_seconds()).unwrap_or(0);
            std::time::Duration::from_secs(seconds)
        });
        at_moment(moment, || match &recorded.asked {
            Asked::Images(review) => {
                let decision = self.rules.review_images(set, review);
                let mut record = images_json(&decision.answer, &decision.problems);
                redact(&mut record);
                Decided {
                    is_allowed: decision.answer.allowed,
                    is_exempt: false,
                    said: said(&record),
                    changes: Vec::new(),
                    record,
                }
            }
            Asked::Review(Some(route), request) => {
                let decision = self.rules.decide(*route, set, request, &NoDeadline);
                decided(&decision, recorded)
            }
            Asked::Review(None, request) => {
                let changed = self.rules.decide(Route::Mutate, set, request, &NoDeadline);
                if !changed.allowed {
                    return decided(&changed, recorded);
                }
                let mut seen = (**request).clone();
                if !changed.patch.is_empty()
                    && let Some(object) = &seen.object
                {
                    seen.object = patch::apply(object, &changed.patch).or(seen.object);
                }
                let mut decision = self.rules.decide(Route::Validate, set, &seen, &NoDeadline);
                decision.patch = changed.patch;
                let violations = &mut decision.verdict.violations;
                violations.splice(0..0, changed.verdict.violations);
                decided(&decision, recorded)
            }
        })
    }
}

fn decided(decision: &Decision, recorded: &Recorded) -> Decided {
    let mut record = decision_json(decision);
    redact(&mut record);
    if let Some(members) = record.as_object_mut() {
        members.remove("suggestion");
    }
    let mut all = said(&record);
    if recorded.is_redacted {
        for (said, violation) in all.iter_mut().zip(&decision.verdict.violations) {
            said.rests_on_redacted = rests_on_redacted(&violation.paths, &recorded.asked);
        }
    }
    Decided {
        is_allowed: decision.allowed,
        is_exempt: decision.exempt.is_some(),
        said: all,
        changes: decision.patch.clone(),
        record,
    }
}

/// Whether a place that a verdict rests on holds what was taken out.
fn rests_on_redacted(paths: &[String], asked: &Asked) -> bool {
    let Asked::Review(_, request) = asked else {
        return false;
    };
    let objects = || request.object.iter().chain(&request.old_object);
    let mut values = paths
        .iter()
        .flat_map(|path| objects().filter_map(|object| object.pointer(path)));
    values.any(|value| value.as_str().is_some_and(|text| text.contains(REDACTED)))
}

/// Whether only what is no verdict refuses.
fn is_decided_by_none(decided: &Decided) -> bool {
    let mut denials = decided
        .said
        .iter()
        .filter(|said| said.action == Action::Deny.as_str());
    !decided.is_allowed
        && denials.all(Said::is_uncertain)
        && decided.said.iter().any(Said::is_uncertain)
}

/// Why something that was said is no verdict.
fn uncertain(said: &Said, names: &Names) -> Note {
    let id = if said.is_error {
        FAILED_POLICY
    } else {
        REDACTED_SECRET
    };
    Note::new(
        id,
        format!("{}: {}", said.policy, names.template(&said.message)),
    )
}

fn difference(before: &Before, now: &Decided) -> Difference {
    match (before.then, now.is_allowed) {
        (Then::Failed, _) | (Then::Unknown, true) => Difference::NotCompared,
        (Then::Allowed | Then::Unknown, false) => Difference::NewlyDenied,
        (Then::Denied, true) => Difference::NewlyAllowed,
        (Then::Allowed, true) | (Then::Denied, false) => {
            let is_same = match (&before.record, &before.patch) {
                (Some(record), _) => *record == now.record,
                (None, Some(patch)) => {
                    let changes = now.changes.iter().map(patch::Operation::to_json);
                    *patch == json!(changes.collect::<Vec<_>>())
                }
                (None, None) => true,
            };
            if is_same {
                Difference::Same
            } else {
                Difference::Otherwise
            }
        }
    }
}

fn causes(now: &Decided, before: &Before, names: &Names) -> BTreeMap<Cause, Spoken> {
    let mut causes: BTreeMap<Cause, Spoken> = BTreeMap::new();
    let cause = |said: &Said| Cause {
        source: said.source.clone(),
        policy: said.policy.clone(),
        binding: said.binding.clone(),
        action: said.action.clone(),
        message: names.template(&said.message),
    };
    // What checks find below any severity that is acted on stands in the record.
    let is_told = |said: &&Said| said.source != "check" || said.action != Action::Audit.as_str();
    for said in now
        .said
        .iter()
        .filter(is_told)
        .filter(|said| !said.is_uncertain())
    {
        causes.entry(cause(said)).or_default().is_now = true;
    }
    for said in before.said.iter().filter(is_told) {
        causes.entry(cause(said)).or_default().is_before = true;
    }
    let mut change = |message: String, is_now: bool| {
        let cause = Cause {
            source: "mutation".to_owned(),
            policy: "mutation".to_owned(),
            binding: None,
            action: "change".to_owned(),
            message,
        };
        let spoken = causes.entry(cause).or_default();
        spoken.is_now |= is_now;
        spoken.is_before |= !is_now;
    };
    for operation in &now.changes {
        change(template::change(operation), true);
    }
    let patch = before
        .patch
        .as_ref()
        .or_else(|| before.record.as_ref()?.get("patch"));
    for operation in patch.and_then(Value::as_array).into_iter().flatten() {
        if let Some(operation) = patch::Operation::from_json(operation) {
            change(template::change(&operation), false);
        }
    }
    causes
}
