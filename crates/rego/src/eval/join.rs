//! Documents found by an index instead of a walk.

use std::sync::Arc;

use super::{Machine, Result, put::at, run::Among, trace::Trace};
use crate::{
    ErrorCode, Source, Span, Value,
    code::{Body, GroupId, Join, JoinKey, Operand, Step},
    index::{Candidate, Index},
};

impl<'a> Machine<'a> {
    /// Takes the first candidate. `None` if there is no index: then the steps behind are to be run.
    pub(super) fn join(&mut self, join: &'a Join, step: usize) -> Result<Option<bool>> {
        if !self.use_indexes || !self.is_data_original || !self.world.mocks.is_empty() {
            return Ok(None);
        }
        let Some(index) = self.index(join)? else {
            return Ok(None);
        };
        let equals = self.operand(&join.equals);
        let candidates = if fixed(join).next().is_none() {
            index.get(equals)
        } else {
            let mut key: Vec<Value> = fixed(join)
                .map(|slot| self.operand(&Operand::Slot(slot)).clone())
                .collect();
            key.push(equals.clone());
            index.get(&Value::Array(key.into()))
        };
        let Some(candidates) = candidates else {
            return Ok(Some(false));
        };
        let among = Among::Candidates(Arc::clone(candidates));
        self.choose(step, among, |machine, among, index| {
            machine.take_candidate(among, index, join)
        })
        .map(Some)
    }

    pub(super) fn take_candidate(&mut self, among: &Among, index: usize, join: &Join) -> bool {
        let Among::Candidates(candidates) = among else {
            return false;
        };
        let Some(candidate) = candidates.get(index) else {
            return false;
        };
        self.place_candidate(candidate, join);
        true
    }

    fn place_candidate(&mut self, candidate: &Candidate, join: &Join) {
        let keys = join
            .keys
            .iter()
            .filter(|key| !matches!(key, JoinKey::Const(_)));
        for (key, value) in keys.zip(&candidate.path) {
            if let JoinKey::Any(Some(slot)) = key {
                self.set(*slot, value.clone());
            }
        }
        self.set(join.value, candidate.document.clone());
    }

    /// The index of a join for the data at hand, made or brought up to date if need be.
    fn index(&mut self, join: &'a Join) -> Result<Option<Arc<Index>>> {
        let data = self.data;
        let root = at(data.value(), &join.prefix);
        let id = (self.program.id, join.id);
        let before = data.index(id);
        if let Some(index) = &before
            && index.is_of(root)
        {
            return Ok((!index.is_refused()).then(|| Arc::clone(index)));
        }
        let bytes = self.builtins.bytes_left();
        let before = before.unwrap_or_else(|| Arc::new(Index::empty()));
        let mut changes = Vec::new();
        for change in before.changes(root, &join.keys) {
            match self.derive(&change.candidate, join) {
                Ok(values) => changes.push((change, values)),
                Err(error) if error.code == ErrorCode::Limit => return Err(error),
                // Walking may or may not come to the document that fails: it decides.
                Err(_) => {
                    data.keep_index(id, Arc::new(Index::refused(root.cloned())));
                    return Ok(None);
                }
            }
        }
        // What indexes hold belongs to the data.
        self.builtins.let_bytes(bytes);
        let mut index = data.take_index(id, before);
        index.apply(root.cloned(), changes);
        let index = Arc::new(index);
        data.keep_index(id, Arc::clone(&index));
        Ok(Some(index))
    }

    /// The values that a document leads to, each behind the keys that are fixed.
    fn derive(&mut self, candidate: &Candidate, join: &'a Join) -> Result<Vec<Value>> {
        self.place_candidate(candidate, join);
        let start = self.items.len();
        let before = self.state();
        let ran = self.run_inside(&join.derive);
        if let Err(error) = ran {
            // The evaluation may go on without the index.
            self.back_to(before);
            return Err(error);
        }
        self.trace = before.trace;
        self.result = before.result;
        let mut values = self.items.split_off(start);
        values.sort();
        values.dedup();
        let fixed: Vec<Value> = join
            .keys
            .iter()
            .filter(|key| !matches!(key, JoinKey::Const(_)))
            .zip(&candidate.path)
            .filter(|(key, _)| matches!(key, JoinKey::Fixed(_)))
            .map(|(_, value)| value.clone())
            .collect();
        if fixed.is_empty() {
            return Ok(values);
        }
        Ok(values
            .into_iter()
            .map(|value| {
                let mut key = fixed.clone();
                key.push(value);
                Value::Array(key.into())
            })
            .collect())
    }
}

impl Machine<'_> {
    /// Makes all indexes of the program for the data at hand, or brings them up to date.
    pub(crate) fn make_indexes(&mut self) -> Result<()> {
        let program = self.program;
        for (index, group) in program.groups.iter().enumerate() {
            let mut joins = Vec::new();
            for rule in group.rules.iter().chain(group.default.as_deref()) {
                let mut rule = Some(rule);
                while let Some(at) = rule {
                    joins_of(&at.body, &mut joins);
                    rule = at.otherwise.as_deref();
                }
            }
            if joins.is_empty() {
                continue;
            }
            let id = GroupId(u32::try_from(index).unwrap_or(u32::MAX));
            let base = self.slots.len();
            self.in_frame(group, id, base, |machine, _| {
                for join in joins {
                    machine.index(join)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// What steps of a body leave as it was, unless they fail.
struct State<'a> {
    base: usize,
    source: &'a Source,
    span: Span,
    rule: Option<GroupId>,
    depth: u32,
    collecting: u32,
    slots: usize,
    choices: usize,
    items: usize,
    entries: usize,
    leaves: usize,
    result: Option<Value>,
    trace: Option<Box<Trace>>,
}

impl<'a> Machine<'a> {
    /// The state at hand. Notes of reads are set aside: making an index is no part of a derivation.
    fn state(&mut self) -> State<'a> {
        State {
            base: self.base,
            source: self.source,
            span: self.span,
            rule: self.rule,
            depth: self.depth,
            collecting: self.collecting,
            slots: self.slots.len(),
            choices: self.choices.len(),
            items: self.items.len(),
            entries: self.entries.len(),
            leaves: self.leaves.len(),
            result: self.result.take(),
            trace: self.trace.take(),
        }
    }

    fn back_to(&mut self, state: State<'a>) {
        self.base = state.base;
        self.source = state.source;
        self.span = state.span;
        self.rule = state.rule;
        self.depth = state.depth;
        self.collecting = state.collecting;
        self.slots.truncate(state.slots);
        self.choices.truncate(state.choices);
        self.items.truncate(state.items);
        self.entries.truncate(state.entries);
        self.leaves.truncate(state.leaves);
        self.result = state.result;
        self.trace = state.trace;
    }
}

fn joins_of<'a>(body: &'a Body, joins: &mut Vec<&'a Join>) {
    for step in &body.steps {
        match step {
            Step::Join(join) => joins.push(join),
            Step::Not(body) => joins_of(body, joins),
            Step::Every(every) => joins_of(&every.body, joins),
            Step::Collect(collect) => joins_of(&collect.body, joins),
            Step::With(with) => joins_of(&with.body, joins),
            _ => {}
        }
    }
}

fn fixed(join: &Join) -> impl Iterator<Item = u32> {
    join.keys.iter().filter_map(|key| match key {
        JoinKey::Fixed(slot) => Some(*slot),
        _ => None,
    })
}
