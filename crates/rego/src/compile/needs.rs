//! Which parts of base documents and of the input rules look at, told from their steps.
//!
//! A flow of paths: for each slot of each group, the paths below `data` and `input` whose documents it may hold, followed through
//! reads, walks and functions until nothing new comes. What is done with a document in any other way - compared, given
//! to a builtin, put into a collection, given by a rule - may look at all of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Need, Value,
    code::{
        Body, Call, Callee, From, Gives, Group, Key, Operand, Out, Replacement, Rule, Step, Target,
    },
};

const DATA: &str = "data";
const INPUT: &str = "input";

/// Longest path that is followed; below it everything is needed.
const MAX_LENGTH: usize = 24;

/// Most paths that one slot may hold; the documents at more are needed whole.
const MAX_PATHS: usize = 64;

/// Most rounds through all rules: one for each function on the longest way that a document is handed on.
const MAX_ROUNDS: usize = 100;

/// `data` or `input`, and keys below; `None` may be any.
type Path = Vec<Option<Box<str>>>;
type Paths = BTreeSet<Path>;

/// What rules need.
#[derive(Debug)]
pub(crate) struct Needs {
    /// Of the base documents below `data`.
    pub(crate) data: Need,
    pub(crate) input: Need,
}

/// What the rules of groups need of the base documents and of the input.
pub(super) fn needs(groups: &[Group]) -> Needs {
    let need = followed(groups);
    let of = |root| need.member(root).cloned().unwrap_or_default();
    Needs {
        data: of(DATA),
        input: of(INPUT),
    }
}

fn followed(groups: &[Group]) -> Need {
    let mut flow = Flow::default();
    for _ in 0..MAX_ROUNDS {
        if flow.is_settled {
            return flow.need;
        }
        flow.is_settled = true;
        for (index, group) in groups.iter().enumerate() {
            flow.group = index;
            for rule in group.rules.iter().chain(group.default.as_deref()) {
                flow.rule(rule);
            }
        }
    }
    Need::whole()
}

#[derive(Default)]
struct Flow {
    need: Need,
    slots: BTreeMap<(usize, u32), Paths>,
    /// The group whose steps are followed.
    group: usize,
    is_settled: bool,
    /// Whether the next step goes on from the document that this one gives, and fails where it is not there.
    is_passed: bool,
}

impl Flow {
    fn rule(&mut self, rule: &Rule) {
        self.body(&rule.body);
        if let Some(otherwise) = &rule.otherwise {
            self.rule(otherwise);
        }
    }

    fn body(&mut self, body: &Body) {
        let mut steps = body.steps.iter().peekable();
        while let Some(step) = steps.next() {
            self.is_passed = steps.peek().is_some_and(|next| goes_on(step, next));
            self.step(step);
        }
        match &body.gives {
            // The slots stay those of the same frame.
            Gives::Truth | Gives::Slots(_) => {}
            // Values that rules of one name give are compared with each other.
            Gives::Value(value) | Gives::Item(value) | Gives::Member(value) => self.whole(value),
            Gives::Entry(key, value) => self.all_whole([key, value]),
            Gives::Leaf { path, value, .. } => self.all_whole(path.iter().chain([value])),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Read { from, keys, out } => {
                let from = match from {
                    From::Data => Paths::from([path(DATA, &[])]),
                    From::Input => Paths::from([path(INPUT, &[])]),
                    From::Slot(slot) => self.paths(&Operand::Slot(*slot)),
                    // Paths of the input that are shared are made of reads like the one above, later.
                    From::Rules(_) | From::Const(_) | From::Path(_) => Paths::new(),
                };
                self.all_whole(keys);
                let below: Path = keys.iter().map(key).collect();
                self.read(&from, &below, out);
            }
            Step::Walk { over, key, value } => {
                let over = self.paths(over);
                self.out(key, Paths::new());
                self.read(&over, &[None], value);
            }
            Step::Join(join) => {
                self.need.add_path(&path(DATA, &join.prefix), true);
                self.body(&join.derive);
                self.whole(&join.equals);
            }
            Step::Documents(documents) => {
                self.at(path(DATA, &documents.path), true);
                for key in &documents.keys {
                    if let Key::Known(key) = key {
                        self.whole(key);
                    }
                }
                self.out(&documents.out, Paths::new());
            }
            Step::Give { value, out } => {
                let paths = self.paths(value);
                self.out(out, paths);
            }
            Step::Compare { left, right, .. } => self.all_whole([left, right]),
            Step::ArrayOf { value, .. } | Step::Print(value) => self.whole(value),
            Step::ObjectOf { value, keys } => self.all_whole(keys.iter().chain([value])),
            Step::MakeArray { items, out } | Step::MakeSet { items, out } => {
                self.all_whole(items);
                self.out(out, Paths::new());
            }
            Step::MakeObject { members, out, .. } => {
                self.all_whole(members.iter().flat_map(|(key, value)| [key, value]));
                self.out(out, Paths::new());
            }
            Step::Call(call) => self.call(call),
            Step::WalkInto {
                value,
                path,
                member,
            } => {
                self.whole(value);
                self.out(path, Paths::new());
                self.out(member, Paths::new());
            }
            Step::Not(body) => self.body(body),
            Step::Every(every) => {
                let domain = self.paths(&every.domain);
                self.read(&domain, &[None], &Out::Bind(every.value));
                self.body(&every.body);
            }
            Step::Collect(collect) => {
                self.body(&collect.body);
                self.out(&collect.out, Paths::new());
            }
            Step::With(with) => {
                for (target, replacement) in &with.targets {
                    // What stands beside what is replaced is copied, and may be in the way.
                    if let Target::Input(keys) = target
                        && let Some((_, above)) = keys.split_last()
                    {
                        self.at(path(INPUT, above), true);
                    }
                    match replacement {
                        Replacement::Value(value) => self.whole(value),
                        // Calls of the one mean the other, and nobody knows which calls.
                        Replacement::Function(_) => self.need = Need::whole(),
                    }
                }
                self.body(&with.body);
            }
            Step::Fail => {}
        }
    }

    fn call(&mut self, call: &Call) {
        let group = match &call.callee {
            Callee::Function(group) => group.0 as usize,
            Callee::Builtin(_) => {
                self.all_whole(&call.operands);
                self.out(&call.out, Paths::new());
                return;
            }
        };
        for (parameter, operand) in (0..).zip(&call.operands) {
            let paths = self.paths(operand);
            self.bind(group, parameter, paths);
        }
        self.out(&call.out, Paths::new());
    }

    /// Follows a read of what stands below documents.
    fn read(&mut self, from: &Paths, below: &[Option<Box<str>>], out: &Out) {
        let mut read = Paths::new();
        for path in from {
            let path = [path, below].concat();
            if !self.is_passed {
                self.at(path.clone(), false);
            }
            read.insert(path);
        }
        self.out(out, read);
    }

    /// Follows documents to where a step gives them. Whether one is `false` can be told without its members.
    fn out(&mut self, out: &Out, paths: Paths) {
        match out {
            Out::Bind(slot) => self.bind(self.group, *slot, paths),
            Out::Equal(other) => {
                for path in paths {
                    self.at(path, true);
                }
                self.whole(other);
            }
            Out::Truthy | Out::Ignore => {}
        }
    }

    fn bind(&mut self, group: usize, slot: u32, paths: Paths) {
        if paths.is_empty() {
            return;
        }
        let held = self.slots.entry((group, slot)).or_default();
        self.is_settled &= !add(held, paths, &mut self.need);
    }

    /// Notes that somebody may look at all of what an operand holds.
    fn whole(&mut self, operand: &Operand) {
        for path in self.paths(operand) {
            self.at(path, true);
        }
    }

    fn all_whole<'o>(&mut self, operands: impl IntoIterator<Item = &'o Operand>) {
        for operand in operands {
            self.whole(operand);
        }
    }

    fn at(&mut self, mut path: Path, is_whole: bool) {
        let is_cut = path.len() > MAX_LENGTH;
        path.truncate(MAX_LENGTH);
        self.need.add_path(&path, is_whole || is_cut);
    }

    fn paths(&self, operand: &Operand) -> Paths {
        match operand {
            Operand::Slot(slot) => {
                let held = self.slots.get(&(self.group, *slot));
                held.cloned().unwrap_or_default()
            }
            Operand::Const(_) => Paths::new(),
        }
    }
}

/// Whether a step reads below what the one before it gives: nobody can tell whether that was there and held nothing.
fn goes_on(step: &Step, next: &Step) -> bool {
    let (Step::Read { out, .. } | Step::Walk { value: out, .. }) = step else {
        return false;
    };
    let from = match next {
        Step::Read {
            from: From::Slot(slot),
            ..
        }
        | Step::Walk {
            over: Operand::Slot(slot),
            ..
        } => *slot,
        _ => return false,
    };
    matches!(out, Out::Bind(slot) if *slot == from)
}

/// Adds paths to those that are followed; whether any is new. What cannot be followed is needed whole.
fn add(held: &mut Paths, paths: Paths, need: &mut Need) -> bool {
    let mut is_new = false;
    for path in paths {
        if held.contains(&path) {
            continue;
        }
        if held.len() >= MAX_PATHS || path.len() > MAX_LENGTH {
            let end = path.len().min(MAX_LENGTH);
            is_new |= need.add_path(path.get(..end).unwrap_or_default(), true);
        } else {
            is_new |= held.insert(path);
        }
    }
    is_new
}

/// A key on a path; one that is no text is that of an item, and may be any.
fn key(operand: &Operand) -> Option<Box<str>> {
    match operand {
        Operand::Const(value) => text(value),
        Operand::Slot(_) => None,
    }
}

fn path(root: &str, keys: &[Value]) -> Path {
    let root = Some(Box::from(root));
    std::iter::once(root).chain(keys.iter().map(text)).collect()
}

fn text(value: &Value) -> Option<Box<str>> {
    value.as_str().map(Box::from)
}
