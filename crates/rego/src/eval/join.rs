//! Documents found by an index instead of a walk.

use std::sync::Arc;

use super::{Machine, Result, put::at, run::Among};
use crate::{
    ErrorCode, Value,
    code::{Join, JoinKey, Operand},
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
        let bytes = self.bytes;
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
        self.bytes = bytes;
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
        let state = (
            self.base,
            self.source,
            self.span,
            self.rule,
            self.depth,
            self.slots.len(),
            self.choices.len(),
        );
        let ran = self.run_inside(&join.derive);
        if let Err(error) = ran {
            // The evaluation may go on without the index.
            let (base, source, span, rule, depth, slots, choices) = state;
            (self.base, self.source, self.span, self.rule, self.depth) =
                (base, source, span, rule, depth);
            self.slots.truncate(slots);
            self.choices.truncate(choices);
            self.items.truncate(start);
            return Err(error);
        }
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

fn fixed(join: &Join) -> impl Iterator<Item = u32> {
    join.keys.iter().filter_map(|key| match key {
        JoinKey::Fixed(slot) => Some(*slot),
        _ => None,
    })
}
