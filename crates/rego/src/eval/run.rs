//! The loop that runs the steps of a body.

use std::sync::Arc;

use super::{Machine, Result, nodes};
use crate::{
    ErrorCode, Object, Set, Value,
    code::{Body, Collect, Collection, Comparison, Every, Gives, Operand, Out, Step},
    index::Candidate,
};

/// A step that can hold in more ways than were tried.
#[derive(Debug)]
pub(crate) struct Choice {
    step: usize,
    next: usize,
    among: Among,
    /// How much had been read when it was made.
    mark: usize,
}

/// What a choice is taken from.
#[derive(Debug)]
pub(crate) enum Among {
    Items(Arc<[Value]>),
    Entries(Arc<Object>),
    Members(Arc<Set>),
    /// Each row an array of the slots' values.
    Rows(Vec<Value>),
    /// A path and a value each.
    Pairs(Vec<(Value, Value)>),
    /// Documents that an index gave.
    Candidates(Arc<[Candidate]>),
}

impl Among {
    fn len(&self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Entries(object) => object.entries().len(),
            Self::Members(set) => set.members().len(),
            Self::Rows(rows) => rows.len(),
            Self::Pairs(pairs) => pairs.len(),
            Self::Candidates(candidates) => candidates.len(),
        }
    }
}

impl<'a> Machine<'a> {
    /// Runs a body until it has given enough. Gives whether it stopped early, which for a body that gives truth
    /// means that it holds.
    pub(super) fn run(&mut self, body: &'a Body) -> Result<bool> {
        let floor = self.choices.len();
        let mark = self.trace_mark();
        let mut at = 0;
        loop {
            let holds = match body.steps.get(at) {
                Some(Step::Join(join)) => {
                    self.tick()?;
                    match self.join(join, at)? {
                        // Without an index the steps behind it find the same.
                        None => true,
                        Some(holds) => {
                            at += join.skip;
                            holds
                        }
                    }
                }
                Some(step) => {
                    self.tick()?;
                    self.step(step, at)?
                }
                None => {
                    if self.give(&body.gives)? {
                        self.choices.truncate(floor);
                        return Ok(true);
                    }
                    false
                }
            };
            if holds {
                at += 1;
                continue;
            }
            if let Some(next) = self.resume(body, floor)? {
                at = next;
            } else {
                self.trace_back(mark);
                return Ok(false);
            }
        }
    }

    /// Runs a body inside of another.
    pub(super) fn run_inside(&mut self, body: &'a Body) -> Result<bool> {
        // A body of one read needs no choices.
        if let ([Step::Read { from, keys, out }], Gives::Truth) = (&*body.steps, &body.gives) {
            self.tick()?;
            return self.read_step(from, keys, out);
        }
        self.enter()?;
        let stopped = self.run(body)?;
        self.depth -= 1;
        Ok(stopped)
    }

    /// Counts one body more inside of those at work.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.limit("rules and bodies are nested too deeply"));
        }
        Ok(())
    }

    #[inline]
    fn step(&mut self, step: &'a Step, at: usize) -> Result<bool> {
        match step {
            Step::Read { from, keys, out } => self.read_step(from, keys, out),
            Step::Walk { over, key, value } => self.walk(over, key, value, at),
            Step::Give { value, out } => Ok(match out {
                Out::Bind(slot) => {
                    let origin = self.trace_origin(value);
                    let value = self.operand(value).clone();
                    self.set(*slot, value);
                    if self.trace.is_some() {
                        self.trace_slot(*slot, origin);
                    }
                    true
                }
                Out::Equal(other) => {
                    self.pay_for(value, other)?;
                    self.operand(value) == self.operand(other)
                }
                out => self.fits(out, self.operand(value)),
            }),
            Step::Compare { left, right, sort } => {
                self.pay_for(left, right)?;
                let (left, right) = (self.operand(left), self.operand(right));
                Ok(match sort {
                    Comparison::NotEqual => left != right,
                    Comparison::Less => left < right,
                    Comparison::LessOrEqual => left <= right,
                    Comparison::Greater => left > right,
                    Comparison::GreaterOrEqual => left >= right,
                })
            }
            Step::OneOf { value, among } => {
                let value = self.operand(value);
                Ok(among.iter().any(|one| one == value))
            }
            Step::ArrayOf { value, length } => {
                Ok(matches!(self.operand(value), Value::Array(items) if items.len() == *length))
            }
            Step::ObjectOf { value, keys } => {
                let Value::Object(object) = self.operand(value) else {
                    return Ok(false);
                };
                Ok(object.entries().len() == keys.len()
                    && keys
                        .iter()
                        .all(|key| object.get(self.operand(key)).is_some()))
            }
            Step::Call(call) => self.call(call),
            Step::Not(body) => {
                self.trace_keep();
                let holds = self.run_inside(body)?;
                self.trace_keep_end();
                Ok(!holds)
            }
            Step::MakeArray { items, out } => {
                let made: Arc<[Value]> = items
                    .iter()
                    .map(|item| self.operand(item).clone())
                    .collect();
                self.made(size_of::<Value>() * made.len())?;
                let made = self.checked(Value::Array(made))?;
                Ok(self.put(out, made))
            }
            Step::MakeSet { items, out } => {
                let made = items
                    .iter()
                    .map(|item| self.operand(item).clone())
                    .collect();
                self.made(size_of::<Value>() * items.len())?;
                let made = self.checked(Value::Set(Arc::new(Set::from_members(made))))?;
                Ok(self.put(out, made))
            }
            Step::MakeObject { members, out, span } => {
                let entries: Vec<(Value, Value)> = members
                    .iter()
                    .map(|(key, value)| (self.operand(key).clone(), self.operand(value).clone()))
                    .collect();
                self.made(size_of::<Value>() * 2 * members.len())?;
                let Some(object) = Object::from_unique(entries) else {
                    self.span = *span;
                    return Err(self.error(ErrorCode::Conflict, "object keys must be unique"));
                };
                let made = self.checked(Value::Object(Arc::new(object)))?;
                Ok(self.put(out, made))
            }
            Step::Collect(collect) => self.collect(collect),
            Step::Every(every) => self.every(every),
            Step::WalkInto {
                value,
                path,
                member,
            } => self.walk_into(value, path, member, at),
            Step::With(with) => self.with(with, at),
            Step::Documents(documents) => self.documents(documents, at),
            Step::Print(line) => self.print(line),
            Step::Fail | Step::Join(_) => Ok(false),
        }
    }

    #[inline]
    fn walk(&mut self, over: &Operand, key: &Out, value: &Out, at: usize) -> Result<bool> {
        let among = match self.operand(over) {
            Value::Array(items) => Among::Items(Arc::clone(items)),
            Value::Object(object) => Among::Entries(Arc::clone(object)),
            Value::Set(set) => Among::Members(Arc::clone(set)),
            _ => return Ok(false),
        };
        if let Out::Equal(other) = value {
            // One comparison for each member, at worst.
            let cost = nodes(self.operand(other)).saturating_mul(among.len() as u64);
            self.pay_to_compare(cost)?;
        }
        self.choose(at, among, |machine, among, index| {
            machine.take(among, index, key, value) && machine.came_to(over, among, index, value)
        })
    }

    /// Notes which member a walk came to, if notes are taken.
    #[inline]
    fn came_to(&mut self, over: &Operand, among: &Among, index: usize, value: &Out) -> bool {
        if self.trace.is_some() {
            let key = match among {
                Among::Entries(object) => object.entries().get(index).map(|entry| entry.0.clone()),
                Among::Members(set) => set.members().get(index).cloned(),
                _ => Some(Value::from(i64::try_from(index).unwrap_or(i64::MAX))),
            };
            if let Some(key) = key {
                let origin = self.trace_walk(over, &key);
                if let Out::Bind(slot) = value {
                    self.trace_slot(*slot, origin);
                }
            }
        }
        true
    }

    /// Takes the first of several that fits, and leaves the others for later.
    pub(super) fn choose(
        &mut self,
        step: usize,
        among: Among,
        mut take: impl FnMut(&mut Self, &Among, usize) -> bool,
    ) -> Result<bool> {
        let length = among.len();
        let mark = self.trace_mark();
        let mut next = 0;
        while next < length {
            self.tick()?;
            let taken = take(self, &among, next);
            next += 1;
            if taken {
                if next < length {
                    self.choices.push(Choice {
                        step,
                        next,
                        among,
                        mark,
                    });
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Begins a choice among solutions found already.
    pub(super) fn choose_row(
        &mut self,
        at: usize,
        rows: Vec<Value>,
        slots: &[u32],
        out: Option<&Out>,
    ) -> Result<bool> {
        self.choose(at, Among::Rows(rows), |machine, among, index| {
            machine.take_row(among, index, slots, out)
        })
    }

    fn take_row(&mut self, among: &Among, index: usize, slots: &[u32], out: Option<&Out>) -> bool {
        let Among::Rows(rows) = among else {
            return false;
        };
        let Some(Value::Array(row)) = rows.get(index) else {
            return false;
        };
        for (slot, value) in slots.iter().zip(row.iter()) {
            self.set(*slot, value.clone());
        }
        match (out, row.last()) {
            (Some(out), Some(value)) => self.put(out, value.clone()),
            _ => true,
        }
    }

    #[inline]
    fn take(&mut self, among: &Among, index: usize, key: &Out, value: &Out) -> bool {
        match among {
            Among::Items(items) => {
                let Some(item) = items.get(index) else {
                    return false;
                };
                self.take_pair(
                    || Value::from(i64::try_from(index).unwrap_or(i64::MAX)),
                    item,
                    key,
                    value,
                )
            }
            Among::Entries(object) => match object.entries().get(index) {
                Some((name, item)) => self.take_pair(|| name.clone(), item, key, value),
                None => false,
            },
            Among::Members(set) => match set.members().get(index) {
                Some(item) => self.take_pair(|| item.clone(), item, key, value),
                None => false,
            },
            Among::Pairs(pairs) => match pairs.get(index) {
                Some((path, item)) => self.take_pair(|| path.clone(), item, key, value),
                None => false,
            },
            Among::Rows(_) | Among::Candidates(_) => false,
        }
    }

    #[inline]
    fn take_pair(
        &mut self,
        name: impl FnOnce() -> Value,
        item: &Value,
        key: &Out,
        value: &Out,
    ) -> bool {
        match value {
            Out::Bind(slot) => self.set(*slot, item.clone()),
            value if !self.fits(value, item) => return false,
            _ => {}
        }
        match key {
            Out::Ignore => true,
            key => self.put(key, name()),
        }
    }

    /// Goes back to the latest choice above the floor that has another way, and gives the step to go on with.
    fn resume(&mut self, body: &'a Body, floor: usize) -> Result<Option<usize>> {
        while self.choices.len() > floor {
            let Some(Choice {
                step,
                next,
                among,
                mark,
            }) = self.choices.pop()
            else {
                break;
            };
            self.trace_back(mark);
            let length = among.len();
            let mut next = next;
            while next < length {
                self.tick()?;
                let taken = match body.steps.get(step) {
                    Some(Step::Walk { over, key, value }) => {
                        self.take(&among, next, key, value)
                            && self.came_to(over, &among, next, value)
                    }
                    Some(Step::WalkInto { path, member, .. }) => {
                        self.take(&among, next, path, member)
                    }
                    Some(Step::With(with)) => self.take_row(&among, next, &with.slots, None),
                    Some(Step::Documents(documents)) => {
                        self.take_row(&among, next, &documents.slots, Some(&documents.out))
                    }
                    Some(Step::Join(join)) => self.take_candidate(&among, next, join),
                    _ => false,
                };
                next += 1;
                if taken {
                    if next < length {
                        self.choices.push(Choice {
                            step,
                            next,
                            among,
                            mark,
                        });
                    }
                    let skip = match body.steps.get(step) {
                        Some(Step::Join(join)) => join.skip,
                        _ => 0,
                    };
                    return Ok(Some(step + 1 + skip));
                }
            }
        }
        Ok(None)
    }

    /// Does what a body that holds is for. Gives whether that was enough.
    #[inline]
    fn give(&mut self, gives: &'a Gives) -> Result<bool> {
        match gives {
            Gives::Truth => return Ok(true),
            Gives::Value(value) => return self.give_value(value),
            Gives::Item(given) | Gives::Member(given) => {
                let item = self.operand(given).clone();
                self.made(size_of::<Value>())?;
                if self.trace.is_some() && matches!(gives, Gives::Member(_)) && self.collecting == 0
                {
                    self.trace_found(&item, given);
                }
                self.items.push(item);
            }
            Gives::Entry(key, value) => {
                let entry = (self.operand(key).clone(), self.operand(value).clone());
                self.made(size_of::<(Value, Value)>())?;
                if self.trace.is_some() && self.collecting == 0 {
                    self.trace_found(&entry.0, value);
                }
                self.entries.push(entry);
            }
            Gives::Leaf {
                path,
                value,
                is_set,
            } => {
                let path: Box<[Value]> = path.iter().map(|key| self.operand(key).clone()).collect();
                let value = self.operand(value).clone();
                self.made(size_of::<Value>() * (path.len() + 3))?;
                self.leaves.push((path, value, *is_set));
            }
            Gives::Slots(slots) => {
                let row: Arc<[Value]> = slots
                    .iter()
                    .map(|slot| self.operand(&Operand::Slot(*slot)).clone())
                    .collect();
                self.made(size_of::<Value>() * (row.len() + 1))?;
                self.items.push(Value::Array(row));
            }
            Gives::Rules(rules) => {
                self.enter()?;
                for rule in rules {
                    self.run_rule(rule)?;
                }
                self.depth -= 1;
            }
        }
        Ok(false)
    }

    fn collect(&mut self, collect: &'a Collect) -> Result<bool> {
        if let Some(memo) = collect.memo
            && let Some(Some(value)) = self.world.closures.get(memo as usize)
        {
            let value = value.clone();
            self.trace_closure(memo, None);
            return Ok(self.put(&collect.out, value));
        }
        let mark = self.trace_mark();
        self.trace_keep();
        self.collecting += 1;
        let value = match collect.sort {
            Collection::Object => {
                let start = self.entries.len();
                self.run_inside(&collect.body)?;
                let entries = self.entries.split_off(start);
                let Some(object) = Object::from_unique(entries) else {
                    self.span = collect.span;
                    return Err(self.error(ErrorCode::Conflict, "object keys must be unique"));
                };
                Value::Object(Arc::new(object))
            }
            sort => {
                let start = self.items.len();
                self.run_inside(&collect.body)?;
                if sort == Collection::Array {
                    Value::Array(self.items.drain(start..).collect())
                } else {
                    Value::Set(Arc::new(Set::from_members(self.items.split_off(start))))
                }
            }
        };
        let value = self.checked(value)?;
        self.collecting -= 1;
        self.trace_keep_end();
        if let Some(memo) = collect.memo {
            self.trace_closure(memo, Some(mark));
        }
        if let Some(memo) = collect.memo
            && let Some(place) = self.world.closures.get_mut(memo as usize)
        {
            *place = Some(value.clone());
        }
        Ok(self.put(&collect.out, value))
    }

    fn every(&mut self, every: &'a Every) -> Result<bool> {
        let among = match self.operand(&every.domain) {
            Value::Array(items) => Among::Items(Arc::clone(items)),
            Value::Object(object) => Among::Entries(Arc::clone(object)),
            Value::Set(set) => Among::Members(Arc::clone(set)),
            _ => return Ok(false),
        };
        let key = every.key.map_or(Out::Ignore, Out::Bind);
        let value = Out::Bind(every.value);
        for index in 0..among.len() {
            self.tick()?;
            self.take(&among, index, &key, &value);
            self.came_to(&every.domain, &among, index, &value);
            if !self.run_inside(&every.body)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn walk_into(&mut self, value: &Operand, path: &Out, member: &Out, at: usize) -> Result<bool> {
        let mut pairs = Vec::new();
        let with_paths = !matches!(path, Out::Ignore);
        let mut open = vec![(Vec::new(), self.operand(value).clone())];
        while let Some((way, value)) = open.pop() {
            self.tick()?;
            self.made(size_of::<Value>() * (way.len() + 4))?;
            let mut inside = |key: Value, item: &Value| {
                let mut way: Vec<Value> = if with_paths { way.clone() } else { Vec::new() };
                if with_paths {
                    way.push(key);
                }
                open.push((way, item.clone()));
            };
            // The last one opened is the next one looked at.
            match &value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate().rev() {
                        inside(Value::from(i64::try_from(index).unwrap_or(i64::MAX)), item);
                    }
                }
                Value::Object(object) => {
                    for (key, item) in object.entries().iter().rev() {
                        inside(key.clone(), item);
                    }
                }
                Value::Set(set) => {
                    for item in set.members().iter().rev() {
                        inside(item.clone(), item);
                    }
                }
                _ => {}
            }
            pairs.push((Value::Array(way.into()), value));
        }
        self.choose(at, Among::Pairs(pairs), |machine, among, index| {
            machine.take(among, index, path, member)
        })
    }
}
