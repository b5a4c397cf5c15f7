//! Groups of rules: what documents and functions give.

use std::sync::Arc;

use super::{Machine, Memo, Result, nodes, put::at};
use crate::{
    ErrorCode, Object, Set, Value,
    code::{From, Gives, Group, GroupId, Operand, Rule, Sort},
};

impl<'a> Machine<'a> {
    /// Sees to it that the document of a group is known.
    #[inline]
    pub(super) fn document(&mut self, id: GroupId) -> Result<()> {
        match self.world.rules.get(id.0 as usize) {
            Some(Memo::Value(_) | Memo::Undefined) => Ok(()),
            Some(Memo::Running) => {
                let name = &self.group(id)?.name;
                Err(self.error(ErrorCode::Recursion, format!("rule {name} is recursive")))
            }
            _ => self.evaluate_document(id),
        }
    }

    /// The document of a group, if it is defined.
    pub(super) fn document_value(&mut self, id: GroupId) -> Result<Option<Value>> {
        self.document(id)?;
        Ok(match self.world.rules.get(id.0 as usize) {
            Some(Memo::Value(value)) => Some(value.clone()),
            _ => None,
        })
    }

    fn remember(&mut self, id: GroupId, memo: Memo) {
        if let Some(place) = self.world.rules.get_mut(id.0 as usize) {
            *place = memo;
        }
    }

    fn evaluate_document(&mut self, id: GroupId) -> Result<()> {
        let group = self.group(id)?;
        let value = if self.is_replaced(&group.path) {
            at(&self.world.data, &group.path).cloned()
        } else {
            self.remember(id, Memo::Running);
            self.trace_open(id);
            let base = self.slots.len();
            let value = self.in_frame(group, id, base, Self::evaluate_group)?;
            self.trace_close();
            value
        };
        self.remember(id, value.map_or(Memo::Undefined, Memo::Value));
        Ok(())
    }

    /// Whether `with` has put a base document at a path or above it.
    pub(super) fn is_replaced(&self, path: &[Value]) -> bool {
        self.world
            .replaced
            .iter()
            .any(|replaced| path.starts_with(replaced))
    }

    /// Runs a group in a frame that starts at `base`; what is there already are its operands.
    pub(super) fn in_frame<T>(
        &mut self,
        group: &'a Group,
        id: GroupId,
        base: usize,
        run: impl FnOnce(&mut Self, &'a Group) -> Result<T>,
    ) -> Result<T> {
        self.enter()?;
        let outer = (self.base, self.source, self.span, self.rule);
        let collecting = std::mem::take(&mut self.collecting);
        let result = self.result.take();
        self.slots.resize(base + group.slots, Value::Null);
        self.base = base;
        self.rule = Some(id);
        self.trace_frame();
        let value = run(self, group)?;
        self.trace_frame_end();
        self.slots.truncate(base);
        self.result = result;
        (self.base, self.source, self.span, self.rule) = outer;
        self.collecting = collecting;
        self.depth -= 1;
        Ok(value)
    }

    fn evaluate_group(&mut self, group: &'a Group) -> Result<Option<Value>> {
        match group.sort {
            Sort::Complete | Sort::Function => self.evaluate_single(group),
            Sort::Set => {
                let start = self.items.len();
                self.run_rules(group)?;
                let members = self.items.split_off(start);
                let set = Value::Set(Arc::new(Set::from_members(members)));
                self.checked(set).map(Some)
            }
            Sort::Entries => {
                let start = self.entries.len();
                self.run_rules(group)?;
                let entries = self.entries.split_off(start);
                match Object::from_unique(entries) {
                    Some(object) => self.checked(Value::Object(Arc::new(object))).map(Some),
                    None => Err(self.keys_conflict(group)),
                }
            }
            Sort::Nested => {
                let start = self.leaves.len();
                self.run_rules(group)?;
                let leaves = self.leaves.split_off(start);
                let object = self.nest(group, leaves, 0)?;
                self.checked(object).map(Some)
            }
        }
    }

    fn keys_conflict(&mut self, group: &'a Group) -> Box<crate::Error> {
        if let Some(rule) = group.rules.first() {
            self.source = &rule.source;
            self.span = rule.span;
        }
        self.error(ErrorCode::Conflict, "object keys must be unique")
    }

    fn run_rules(&mut self, group: &'a Group) -> Result<()> {
        match self.chosen(group) {
            None => {
                let shared = group.shared.as_ref();
                // What is told about a member is told about the first rule that gives it.
                let shared = shared.filter(|_| self.trace.is_none());
                for rule in shared.unwrap_or(&group.rules) {
                    self.run_rule(rule)?;
                }
            }
            Some(chosen) => {
                for index in chosen {
                    if let Some(rule) = group.rules.get(*index as usize) {
                        self.run_rule(rule)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The rules that may hold, if they are chosen by a value.
    fn chosen(&mut self, group: &'a Group) -> Option<&'a [u32]> {
        let dispatch = group.dispatch.as_ref()?;
        if let From::Path(path) = dispatch.from {
            self.look_up(path);
        }
        let Some(value) = self.read(&dispatch.from, &dispatch.keys) else {
            return Some(&dispatch.others);
        };
        let rules = dispatch
            .table
            .binary_search_by(|row| row.0.cmp(value))
            .ok()
            .and_then(|index| dispatch.table.get(index));
        Some(rules.map_or(&*dispatch.others, |row| &*row.1))
    }

    pub(super) fn run_rule(&mut self, rule: &'a Rule) -> Result<bool> {
        self.source = &rule.source;
        self.span = rule.span;
        self.run(&rule.body)
    }

    /// The one value that the rules of a group give.
    pub(super) fn evaluate_single(&mut self, group: &'a Group) -> Result<Option<Value>> {
        let chosen = self.chosen(group);
        let count = chosen.map_or(group.rules.len(), <[u32]>::len);
        for index in 0..count {
            let index = match chosen {
                Some(chosen) => chosen.get(index).copied().unwrap_or(u32::MAX) as usize,
                None => index,
            };
            let Some(rule) = group.rules.get(index) else {
                break;
            };
            self.run_alternatives(group, rule)?;
            if group.is_same && self.result.is_some() {
                break;
            }
        }
        if let Some(value) = self.result.take() {
            return Ok(Some(value));
        }
        if let Some(default) = &group.default {
            self.run_rule(default)?;
        }
        Ok(self.result.take())
    }

    /// Runs a rule, and what follows after `else` until something holds. The value must be that of earlier rules.
    fn run_alternatives(&mut self, group: &'a Group, rule: &'a Rule) -> Result<()> {
        let before = self.result.take();
        let mut rule = rule;
        loop {
            self.run_rule(rule)?;
            match (&before, &self.result) {
                (Some(before), Some(found)) if before != found => {
                    return Err(self.outputs_conflict(group));
                }
                (_, Some(_)) => return Ok(()),
                (_, None) => {}
            }
            match &rule.otherwise {
                Some(next) => rule = next,
                None => break,
            }
        }
        self.result = before;
        Ok(())
    }

    fn outputs_conflict(&self, group: &Group) -> Box<crate::Error> {
        let name = &group.name;
        self.error(
            ErrorCode::Conflict,
            match group.sort {
                Sort::Function => {
                    format!("function {name} produced conflicting values for the same inputs")
                }
                _ => format!("rule {name} produced conflicting values"),
            },
        )
    }

    /// Takes the value of a rule. Once is enough if it can be no other.
    pub(super) fn give_value(&mut self, value: &Operand) -> Result<bool> {
        if self.trace.is_some() && self.result.is_none() {
            self.trace_value(value);
        }
        if let Operand::Const(value) = value {
            self.result = Some(value.clone());
            return Ok(true);
        }
        if let Some(before) = &self.result {
            let cost = nodes(before).min(nodes(self.operand(value)));
            self.pay_to_compare(cost)?;
        }
        let value = self.operand(value);
        match &self.result {
            Some(before) if before != value => {
                let group = self
                    .rule
                    .and_then(|rule| self.program.groups.get(rule.0 as usize));
                Err(match group {
                    Some(group) => self.outputs_conflict(group),
                    None => self.error(ErrorCode::Conflict, "a rule produced conflicting values"),
                })
            }
            Some(_) => Ok(false),
            None => {
                self.result = Some(value.clone());
                Ok(false)
            }
        }
    }

    /// Makes an object of leaves, whose paths are looked at from `depth` on.
    fn nest(
        &mut self,
        group: &'a Group,
        leaves: Vec<(Box<[Value]>, Value, bool)>,
        depth: usize,
    ) -> Result<Value> {
        // What ends here is a value, or members of a set; both cannot be, nor can more be below.
        let is_end = |leaf: &(Box<[Value]>, Value, bool)| leaf.0.len() == depth;
        if leaves.iter().any(is_end) {
            if !leaves.iter().all(is_end) {
                return Err(self.keys_conflict(group));
            }
            if leaves.iter().all(|leaf| leaf.2) {
                let members = leaves.into_iter().map(|leaf| leaf.1).collect();
                return Ok(Value::Set(Arc::new(Set::from_members(members))));
            }
            let mut values = leaves.into_iter();
            let Some((_, value, is_set)) = values.next() else {
                return Err(self.keys_conflict(group));
            };
            if is_set || values.any(|leaf| leaf.2 || leaf.1 != value) {
                return Err(self.keys_conflict(group));
            }
            return Ok(value);
        }
        let mut below: std::collections::BTreeMap<Value, Vec<_>> =
            std::collections::BTreeMap::new();
        for leaf in leaves {
            if let Some(key) = leaf.0.get(depth) {
                below.entry(key.clone()).or_default().push(leaf);
            }
        }
        let mut entries = Vec::with_capacity(below.len());
        for (key, leaves) in below {
            entries.push((key, self.nest(group, leaves, depth + 1)?));
        }
        Ok(Value::Object(Arc::new(Object::from_entries(entries))))
    }
}

/// Whether all values that rules can give are the same constant, so that one of them is enough.
pub(crate) fn is_same(rules: &[Rule]) -> bool {
    fn value(rule: &Rule) -> Option<&Value> {
        match &rule.body.gives {
            Gives::Value(Operand::Const(value)) => Some(value),
            _ => None,
        }
    }
    let Some(first) = rules.first().and_then(value) else {
        return false;
    };
    rules.iter().all(|rule| {
        let mut rule = Some(rule);
        while let Some(at) = rule {
            if value(at) != Some(first) {
                return false;
            }
            rule = at.otherwise.as_deref();
        }
        true
    })
}
