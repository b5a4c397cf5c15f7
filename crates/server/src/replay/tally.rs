//! Everything that was judged, counted by cause, workload and team, within bounds.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_report::{
    ReplayCause, ReplayCounts, ReplayNotAssessed, ReplayPlace, ReplayReport, ReplaySummary,
    ReplayTeam, ReplayWorkload,
};

use super::{
    Note, Origin, Replay, Then,
    judge::{Assessed, Cause, Difference, Judged, Judgement, Spoken},
    owner::Workload,
};
use crate::{PolicySet, seen::Seen};

/// Most causes, workloads, teams and reasons that are told apart; more are counted together.
const MAX_CAUSES: usize = 2_000;
const MAX_WORKLOADS: usize = 20_000;
const MAX_TEAMS: usize = 2_000;
const MAX_NOTES: usize = 1_000;

/// What is counted together stands under this name.
const OTHERS: &str = "(others)";

/// Where in the recordings something stands; a line of 0 is the file as a whole.
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
}

impl Place<'_> {
    fn told(&self) -> ReplayPlace {
        ReplayPlace {
            file: self.file.to_owned(),
            line: self.line,
        }
    }
}

#[derive(Default)]
struct CauseCounts {
    requests: u64,
    before: u64,
    newly_denied: u64,
    newly_allowed: u64,
    workloads: BTreeSet<usize>,
    teams: BTreeSet<usize>,
    first: Option<(ReplayPlace, Workload)>,
}

/// Things by key, of which only so many are told apart.
struct Table<K, V> {
    numbers: BTreeMap<K, usize>,
    values: Vec<V>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            numbers: BTreeMap::new(),
            values: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V: Default> Table<K, V> {
    /// The value of a key, or that of all others.
    fn at(&mut self, key: &K, others: impl FnOnce() -> K, most: usize) -> (usize, &mut V) {
        let key = if self.numbers.contains_key(key) || self.numbers.len() < most {
            key.clone()
        } else {
            others()
        };
        let number = *self.numbers.entry(key).or_insert(self.values.len());
        if number >= self.values.len() {
            self.values.resize_with(number + 1, V::default);
        }
        // It was made just now where it was not there.
        #[expect(
            clippy::indexing_slicing,
            reason = "the list was made longer than that above"
        )]
        (number, &mut self.values[number])
    }

    fn into_items(self) -> impl Iterator<Item = (K, V)> {
        let mut values: Vec<Option<V>> = self.values.into_iter().map(Some).collect();
        self.numbers
            .into_iter()
            .filter_map(move |(key, number)| Some((key, values.get_mut(number)?.take()?)))
    }
}

/// The counts of a replay.
#[derive(Default)]
pub(super) struct Tally {
    seen: Seen,
    summary: ReplaySummary,
    causes: Table<Cause, CauseCounts>,
    workloads: Table<Workload, (String, ReplayCounts)>,
    teams: Table<String, ReplayCounts>,
    notes: Table<(&'static str, String), (u64, Option<ReplayPlace>)>,
}

impl Tally {
    pub(super) fn skip(&mut self, word: &'static str) {
        *self.summary.skipped.entry(word).or_default() += 1;
    }

    /// Takes in why something is not assessed.
    pub(super) fn note(&mut self, place: Option<&Place<'_>>, note: &Note) {
        let key = (note.id, note.reason.clone());
        let others = || (note.id, OTHERS.to_owned());
        let (_, (count, first)) = self.notes.at(&key, others, MAX_NOTES);
        *count += 1;
        if first.is_none() {
            *first = place.map(Place::told);
        }
    }

    pub(super) fn add(&mut self, place: &Place<'_>, judged: Judged) {
        if let Some((id, stage)) = &judged.key
            && !id.is_empty()
            && !self.seen.is_new(id, stage)
        {
            self.skip("duplicates");
            return;
        }
        match judged.judgement {
            Judgement::Assessed(assessed) => self.assessed(place, &assessed),
            Judgement::Unassessed(notes) => {
                self.summary.not_assessed += 1;
                for note in &notes {
                    self.note(Some(place), note);
                }
            }
            Judgement::Passed(word) => self.skip(word),
            Judgement::Nothing => {}
        }
    }

    fn assessed(&mut self, place: &Place<'_>, assessed: &Assessed) {
        for note in &assessed.notes {
            self.note(Some(place), note);
        }
        let summary = &mut self.summary;
        summary.requests += 1;
        *match assessed.origin {
            Origin::Decision => &mut summary.decisions,
            Origin::Review => &mut summary.reviews,
            Origin::Event => &mut summary.events,
        } += 1;
        *match assessed.then {
            Then::Allowed => &mut summary.before.allowed,
            Then::Denied => &mut summary.before.denied,
            Then::Failed => &mut summary.before.failed,
            Then::Unknown => &mut summary.before.unknown,
        } += 1;
        *match assessed.difference {
            Difference::Same => &mut summary.same,
            Difference::NewlyDenied => &mut summary.newly_denied,
            Difference::NewlyAllowed => &mut summary.newly_allowed,
            Difference::Otherwise => &mut summary.otherwise_different,
            Difference::NotCompared => &mut summary.not_compared,
        } += 1;
        let now = &mut summary.now;
        now.allowed += u64::from(assessed.is_allowed);
        now.denied += u64::from(!assessed.is_allowed);
        now.warned += u64::from(assessed.is_warned);
        now.changed += u64::from(assessed.is_changed);
        now.exempt += u64::from(assessed.is_exempt);
        let others = || Workload {
            name: OTHERS.to_owned(),
            ..Workload::default()
        };
        let (workload, (team, counts)) =
            self.workloads.at(&assessed.workload, others, MAX_WORKLOADS);
        if team.is_empty() {
            team.clone_from(&assessed.team);
        }
        count(counts, assessed);
        let (team, counts) = self
            .teams
            .at(&assessed.team, || OTHERS.to_owned(), MAX_TEAMS);
        count(counts, assessed);
        for (cause, spoken) in &assessed.causes {
            self.cause(place, assessed, cause, *spoken, (workload, team));
        }
    }

    fn cause(
        &mut self,
        place: &Place<'_>,
        assessed: &Assessed,
        cause: &Cause,
        spoken: Spoken,
        (workload, team): (usize, usize),
    ) {
        let others = || Cause {
            policy: OTHERS.to_owned(),
            action: cause.action.clone(),
            ..Cause::default()
        };
        let (_, counts) = self.causes.at(cause, others, MAX_CAUSES);
        let is_deny = cause.action == "deny";
        let is_newly_denied =
            is_deny && spoken.is_now && assessed.difference == Difference::NewlyDenied;
        counts.requests += u64::from(spoken.is_now);
        counts.before += u64::from(spoken.is_before);
        counts.newly_denied += u64::from(is_newly_denied);
        let is_newly_allowed =
            is_deny && spoken.is_before && assessed.difference == Difference::NewlyAllowed;
        counts.newly_allowed += u64::from(is_newly_allowed);
        counts.workloads.insert(workload);
        counts.teams.insert(team);
        // The first that is new tells more than the first.
        let is_first = counts.first.is_none()
            || (is_newly_denied && counts.newly_denied == 1)
            || (is_newly_allowed && counts.newly_allowed == 1 && counts.newly_denied == 0);
        if is_first {
            counts.first = Some((place.told(), assessed.workload.clone()));
        }
    }

    /// The report.
    pub(super) fn report(self, replay: &Replay) -> ReplayReport {
        let place = |place: &ReplayPlace| (place.file.clone(), place.line);
        let mut causes: Vec<ReplayCause> = self.causes.into_items().map(cause_of).collect();
        // Stable, so that what counts the same stays in the order of its names.
        causes.sort_by_key(|cause| {
            let weight = match cause.action.as_str() {
                "deny" => 0,
                "warn" => 1,
                "change" => 2,
                _ => 3_u8,
            };
            let counts = (cause.newly_denied, cause.newly_allowed, cause.requests);
            (weight, std::cmp::Reverse(counts))
        });
        let by_counts = |counts: &ReplayCounts| {
            let worst = (counts.newly_denied, counts.denied, counts.newly_allowed);
            std::cmp::Reverse((worst, counts.warned, counts.changed, counts.requests))
        };
        let mut workloads: Vec<_> = self
            .workloads
            .into_items()
            .map(|(workload, (team, counts))| ReplayWorkload {
                kind: workload.kind,
                namespace: workload.namespace,
                name: workload.name,
                team,
                counts,
            })
            .collect();
        workloads.sort_by_key(|workload| by_counts(&workload.counts));
        let mut teams: Vec<_> = self
            .teams
            .into_items()
            .map(|(team, counts)| ReplayTeam { team, counts })
            .collect();
        teams.sort_by_key(|team| by_counts(&team.counts));
        let mut not_assessed: Vec<_> = self
            .notes
            .into_items()
            .map(|((id, reason), (count, first))| ReplayNotAssessed {
                id: id.to_owned(),
                reason,
                count,
                first,
                is_accepted: false,
            })
            .collect();
        not_assessed.sort_by_cached_key(|note| (note.id.clone(), note.first.as_ref().map(place)));
        let digest = |set: &PolicySet| set.digest.clone();
        ReplayReport {
            as_of: replay.as_of.to_string(),
            policies: digest(&replay.policies),
            against: replay.against.as_deref().map(digest),
            summary: self.summary,
            causes,
            workloads,
            teams,
            not_assessed,
        }
    }
}

fn count(counts: &mut ReplayCounts, assessed: &Assessed) {
    counts.requests += 1;
    counts.denied += u64::from(!assessed.is_allowed);
    counts.warned += u64::from(assessed.is_warned);
    counts.changed += u64::from(assessed.is_changed);
    counts.newly_denied += u64::from(assessed.difference == Difference::NewlyDenied);
    counts.newly_allowed += u64::from(assessed.difference == Difference::NewlyAllowed);
}

fn cause_of((cause, counts): (Cause, CauseCounts)) -> ReplayCause {
    let (first, workload) = counts.first.unwrap_or_default();
    ReplayCause {
        source: cause.source,
        policy: cause.policy,
        binding: cause.binding,
        action: cause.action,
        message: cause.message,
        requests: counts.requests,
        before: counts.before,
        newly_denied: counts.newly_denied,
        newly_allowed: counts.newly_allowed,
        workloads: counts.workloads.len() as u64,
        teams: counts.teams.len() as u64,
        first,
        kind: workload.kind,
        namespace: workload.namespace,
        name: workload.name,
    }
}
