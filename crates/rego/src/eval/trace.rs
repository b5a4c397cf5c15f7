//! Which places of the input had a say: noted on request, for each member of a set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Machine, Memo, put::at};
use crate::{
    Value,
    code::{From, GroupId, Operand},
};

/// A place of the input that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRead {
    /// Keys below `input`.
    pub path: Box<[Value]>,
    /// What stood there; `None` if nothing did.
    pub value: Option<Value>,
}

/// A member of a set, and what of the input led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The member.
    pub member: Value,
    /// What was read of the input, the deepest places only, in the order of their paths.
    pub reads: Vec<InputRead>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Unknown,
    /// A place of the input.
    Input(Place),
    /// The document of a group.
    Rules(GroupId),
}

/// A path of the input, by its number; 0 is the input itself.
pub(super) type Place = u32;

/// What a group read for its value, or for each of its members.
#[derive(Clone, Debug, Default)]
struct Told {
    whole: (Origin, Vec<Place>),
    members: BTreeMap<Value, (Origin, Vec<Place>)>,
}

/// Notes of one evaluation.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The place above each, and the key below that.
    places: Vec<(Place, Value)>,
    /// Of each slot, frames included.
    origins: Vec<Origin>,
    /// What the derivation at hand has read.
    reads: Vec<Place>,
    /// While not zero, what was read stays although it led to nothing: as in a negation.
    keeps: u32,
    /// While not zero, the input is another one.
    mutes: u32,
    groups: HashMap<GroupId, Told>,
    closures: HashMap<u32, Vec<Place>>,
    /// The group whose members are being found, and how much had been read before.
    open: Vec<(GroupId, usize)>,
    /// Of each frame at work: where the value of its rules comes from, and what they have read for it.
    results: Vec<(Origin, Vec<Place>)>,
    /// The same of the frame that ended last.
    last: (Origin, Vec<Place>),
}

impl Trace {
    fn below(&mut self, place: Place, key: &Value) -> Place {
        self.places.push((place, key.clone()));
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    fn path(&self, place: Place) -> Vec<Value> {
        let mut path = Vec::new();
        let mut place = place;
        while let Some((above, key)) = (place as usize)
            .checked_sub(1)
            .and_then(|index| self.places.get(index))
        {
            path.push(key.clone());
            place = *above;
        }
        path.reverse();
        path
    }

    fn note(&mut self, place: Place) {
        if self.mutes == 0 {
            self.reads.push(place);
        }
    }

    fn origin(&self, slot: usize) -> Origin {
        self.origins.get(slot).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, slot: usize, origin: Origin) {
        if self.origins.len() <= slot {
            self.origins.resize(slot + 1, Origin::Unknown);
        }
        if let Some(place) = self.origins.get_mut(slot) {
            *place = origin;
        }
    }
}

impl Machine<'_> {
    /// How much was read so far.
    #[inline]
    pub(super) fn trace_mark(&self) -> usize {
        self.trace.as_ref().map_or(0, |trace| trace.reads.len())
    }

    /// Forgets what was read since, unless it is to stay.
    #[inline]
    pub(super) fn trace_back(&mut self, mark: usize) {
        if let Some(trace) = &mut self.trace
            && trace.keeps == 0
        {
            trace.reads.truncate(mark);
        }
    }

    /// From here on, what is read stays although it may lead to nothing; until [`Machine::trace_keep_end`].
    #[inline]
    pub(super) fn trace_keep(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.keeps += 1;
        }
    }

    #[inline]
    pub(super) fn trace_keep_end(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.keeps -= 1;
        }
    }

    /// Whether the input is another one from here on.
    pub(super) fn trace_mute(&mut self, is_muted: bool) {
        if let Some(trace) = &mut self.trace {
            if is_muted {
                trace.mutes += 1;
            } else {
                trace.mutes -= 1;
            }
        }
    }

    pub(super) fn trace_origin(&self, operand: &Operand) -> Origin {
        match (operand, &self.trace) {
            (Operand::Slot(slot), Some(trace)) => trace.origin(self.base + *slot as usize),
            _ => Origin::Unknown,
        }
    }

    /// Says where the value of a slot comes from.
    pub(super) fn trace_slot(&mut self, slot: u32, origin: Origin) {
        let at = self.base + slot as usize;
        if let Some(trace) = &mut self.trace {
            trace.set(at, origin);
        }
    }

    /// Notes a read along keys, and gives where what is found comes from.
    #[cold]
    pub(super) fn trace_read(&mut self, from: &From, keys: &[Operand]) -> Origin {
        let mut origin = match from {
            From::Input => Origin::Input(0),
            From::Path(path) => self.trace_path(*path),
            From::Slot(slot) => self.trace_origin(&Operand::Slot(*slot)),
            From::Rules(group) => self.trace_rule(*group),
            From::Data | From::Const(_) => Origin::Unknown,
        };
        for key in keys {
            let key = self.operand(key).clone();
            origin = self.trace_member(origin, &key);
        }
        if let (Origin::Input(place), Some(trace)) = (origin, &mut self.trace) {
            trace.note(place);
        }
        origin
    }

    fn trace_path(&mut self, path: u32) -> Origin {
        let program = self.program;
        let mut place = 0;
        if let (Some(trace), Some(path)) = (&mut self.trace, program.paths.get(path as usize)) {
            for key in path {
                place = trace.below(place, key);
            }
        }
        Origin::Input(place)
    }

    /// Where the member of a collection comes from; what a rule has read for it counts as read now.
    pub(super) fn trace_member(&mut self, origin: Origin, key: &Value) -> Origin {
        let Some(trace) = &mut self.trace else {
            return Origin::Unknown;
        };
        match origin {
            Origin::Unknown => Origin::Unknown,
            Origin::Input(place) => Origin::Input(trace.below(place, key)),
            Origin::Rules(group) => {
                let told = trace
                    .groups
                    .get(&group)
                    .and_then(|told| told.members.get(key))
                    .cloned();
                let Some((origin, reads)) = told else {
                    return Origin::Unknown;
                };
                for place in reads {
                    trace.note(place);
                }
                origin
            }
        }
    }

    /// Notes what a group has read for its one value, and gives where that comes from.
    fn trace_rule(&mut self, group: GroupId) -> Origin {
        let Some(trace) = &mut self.trace else {
            return Origin::Unknown;
        };
        let (origin, reads) = trace
            .groups
            .get(&group)
            .map(|told| told.whole.clone())
            .unwrap_or_default();
        for place in reads {
            trace.note(place);
        }
        match origin {
            Origin::Unknown => Origin::Rules(group),
            origin => origin,
        }
    }

    /// Notes that a call took a whole document, with all its members.
    #[cold]
    pub(super) fn trace_use(&mut self, operand: &Operand) {
        if let (Origin::Rules(group), Some(trace)) = (self.trace_origin(operand), &mut self.trace) {
            let reads: BTreeSet<Place> = trace
                .groups
                .get(&group)
                .into_iter()
                .flat_map(|told| told.members.values())
                .flat_map(|member| member.1.iter().copied())
                .collect();
            for place in reads {
                trace.note(place);
            }
        }
    }

    /// Notes a member that a walk came to.
    #[cold]
    pub(super) fn trace_walk(&mut self, over: &Operand, key: &Value) -> Origin {
        let origin = self.trace_origin(over);
        let origin = self.trace_member(origin, key);
        if let (Origin::Input(place), Some(trace)) = (origin, &mut self.trace) {
            trace.note(place);
        }
        origin
    }

    #[inline]
    pub(super) fn trace_frame(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.results.push(Default::default());
        }
    }

    #[inline]
    pub(super) fn trace_frame_end(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.last = trace.results.pop().unwrap_or_default();
        }
    }

    /// Begins the notes of a group.
    pub(super) fn trace_open(&mut self, group: GroupId) {
        if let Some(trace) = &mut self.trace {
            let mark = trace.reads.len();
            trace.open.push((group, mark));
            trace.groups.insert(group, Told::default());
        }
    }

    /// Ends the notes of a group whose value comes from somewhere.
    pub(super) fn trace_close(&mut self) {
        if let Some(trace) = &mut self.trace
            && let Some((group, mark)) = trace.open.pop()
        {
            trace.groups.entry(group).or_default().whole = std::mem::take(&mut trace.last);
            trace.reads.truncate(mark);
        }
    }

    /// Notes that the rules at work found a member under a key.
    #[cold]
    pub(super) fn trace_found(&mut self, key: &Value, value: &Operand) {
        let origin = self.trace_origin(value);
        if let Some(trace) = &mut self.trace
            && let Some((group, mark)) = trace.open.last().copied()
        {
            let reads = trace.reads.get(mark..).unwrap_or(&[]).to_vec();
            let told = trace.groups.entry(group).or_default();
            told.members
                .entry(key.clone())
                .or_insert_with(|| (origin, reads));
        }
    }

    /// Notes the value of a rule, with all that was read since a mark.
    #[cold]
    pub(super) fn trace_value(&mut self, value: &Operand) {
        let origin = self.trace_origin(value);
        if let Some(trace) = &mut self.trace {
            let mark = trace.open.last().map_or(0, |open| open.1);
            let reads = trace.reads.get(mark..).unwrap_or(&[]).to_vec();
            if let Some(result) = trace.results.last_mut() {
                *result = (origin, reads);
            }
        }
    }

    /// After a call: what was read for its result counts as read, what was read besides does not.
    pub(super) fn trace_called(&mut self, mark: usize) -> Origin {
        let Some(trace) = &mut self.trace else {
            return Origin::Unknown;
        };
        let (origin, reads) = std::mem::take(&mut trace.last);
        if trace.keeps == 0 {
            trace.reads.truncate(mark);
        }
        let known: BTreeSet<Place> = trace.reads.iter().copied().collect();
        trace
            .reads
            .extend(reads.into_iter().filter(|place| !known.contains(place)));
        origin
    }

    /// Keeps, or counts again, what a comprehension has read whose value is kept.
    pub(super) fn trace_closure(&mut self, memo: u32, mark: Option<usize>) {
        let Some(trace) = &mut self.trace else { return };
        if let Some(mark) = mark {
            let reads = trace.reads.get(mark..).unwrap_or(&[]).to_vec();
            trace.closures.insert(memo, reads);
        } else {
            let reads = trace.closures.get(&memo).cloned().unwrap_or_default();
            trace.reads.extend(reads);
        }
    }

    /// What led to each member of the set that a group gives.
    pub(crate) fn derived(&self, group: GroupId) -> Vec<Derived> {
        let (Some(trace), Some(Memo::Value(Value::Set(set)))) =
            (&self.trace, self.world.rules.get(group.0 as usize))
        else {
            return Vec::new();
        };
        let told = trace.groups.get(&group);
        set.members()
            .iter()
            .map(|member| {
                let places = told
                    .and_then(|told| told.members.get(member))
                    .map_or(&[][..], |told| &told.1);
                Derived {
                    member: member.clone(),
                    reads: self.reads(trace, places),
                }
            })
            .collect()
    }

    fn reads(&self, trace: &Trace, places: &[Place]) -> Vec<InputRead> {
        let paths: BTreeSet<Vec<Value>> = places.iter().map(|place| trace.path(*place)).collect();
        let mut deepest: Vec<Vec<Value>> = Vec::new();
        for path in paths {
            // Paths come in order, so what a path lies below comes right before it.
            if let Some(last) = deepest.last_mut()
                && path.starts_with(last)
            {
                *last = path;
            } else {
                deepest.push(path);
            }
        }
        deepest
            .into_iter()
            .map(|path| InputRead {
                value: self
                    .world
                    .input
                    .as_ref()
                    .and_then(|input| at(input, &path))
                    .cloned(),
                path: path.into(),
            })
            .collect()
    }
}
