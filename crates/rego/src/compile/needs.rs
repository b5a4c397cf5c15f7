//! Which parts of base documents and of the input rules look at, told from their steps.
//!
//! A flow of paths: for each slot of each rule, the paths below `data` and `input` whose documents it may hold, followed through
//! reads, walks and functions until nothing new comes. What is done with a document in any other way - compared, given
//! to a builtin, put into a collection, given by a rule - may look at all of it.
//!
//! Members of a set that rules give are followed too, to where somebody walks to them. With less of each, members may
//! become the same, and stand in another order: nobody can tell but who makes an array of them, or has the set itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Need, Value,
    code::{
        Body, Call, Callee, Collect, Collection, Documents, Every, From, Gives, Group, Key,
        Operand, Out, Replacement, Rule, Sort, Step, Target, With,
    },
};

const DATA: &str = "data";
const INPUT: &str = "input";

/// Longest path that is followed; below it everything is needed.
const MAX_LENGTH: usize = 24;

/// Most paths that one slot may hold; the documents at more are needed whole.
const MAX_HELD: usize = 64;

/// Most rounds through all rules: one for each function on the longest way that a document is handed on.
const MAX_ROUNDS: usize = 100;

/// `data` or `input`, and keys below; `None` may be any.
type Path = Vec<Option<Box<str>>>;

/// What a slot may hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// The document at a path.
    Document(Path),
    /// The set that a group gives.
    Set(usize),
}

/// All that a slot may hold.
type All = BTreeSet<Held>;

/// What rules need.
#[derive(Debug)]
pub(crate) struct Needs {
    /// Of the base documents below `data`.
    pub(crate) data: Need,
    pub(crate) input: Need,
}

/// What the rules of groups need of the base documents and of the input, where nothing is asked for but the document
/// at a path; without a path, where any may be.
pub(super) fn needs(groups: &[Group], asked_for: Option<&[Value]>) -> Needs {
    let need = followed(groups, asked_for);
    let of = |root| need.member(root).cloned().unwrap_or_default();
    Needs {
        data: of(DATA),
        input: of(INPUT),
    }
}

fn followed(groups: &[Group], asked_for: Option<&[Value]>) -> Need {
    let is_followed = |group: &Group| {
        let is_asked = |asked: &[Value]| is_within(asked, &group.path);
        group.sort == Sort::Set && !asked_for.is_none_or(is_asked)
    };
    let mut flow = Flow {
        groups,
        sets: groups.iter().map(is_followed).collect(),
        ..Flow::default()
    };
    for _ in 0..MAX_ROUNDS {
        if flow.is_settled {
            return flow.need;
        }
        flow.is_settled = true;
        for (index, group) in groups.iter().enumerate() {
            (flow.group, flow.rule) = (index, 0);
            for rule in group.rules.iter().chain(group.default.as_deref()) {
                flow.rule(rule);
            }
        }
    }
    Need::whole()
}

/// Whether one of two paths leads to the other.
pub(super) fn is_within(one: &[Value], other: &[Value]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

#[derive(Default)]
struct Flow<'g> {
    groups: &'g [Group],
    /// Of each group, whether it gives a set whose members are followed.
    sets: Vec<bool>,
    need: Need,
    /// Of each rule: those of one group have numbered their slots alike.
    slots: BTreeMap<(usize, usize, u32), All>,
    /// Of functions, in the first slots of each of their rules.
    parameters: BTreeMap<(usize, u32), All>,
    /// Of the sets that are followed.
    members: BTreeMap<usize, All>,
    /// The group whose steps are followed, and which rule of it.
    group: usize,
    rule: usize,
    is_settled: bool,
    /// How many comprehensions around make arrays.
    arrays: usize,
    /// Whether the next step goes on from the document that this one gives, and fails where it is not there.
    is_passed: bool,
    /// The names of the only members that the next step lets a walk pass with, if it asks for some.
    passing: Option<Vec<Box<str>>>,
}

impl Flow<'_> {
    fn rule(&mut self, rule: &Rule) {
        self.rule += 1;
        match &rule.body.gives {
            Gives::Member(value) if self.sets.get(self.group) == Some(&true) => {
                self.steps(&rule.body);
                let found = self.held(value);
                let members = self.members.entry(self.group).or_default();
                self.is_settled &= !add(members, found, &mut self.need);
            }
            _ => self.body(&rule.body),
        }
        if let Some(otherwise) = &rule.otherwise {
            self.rule(otherwise);
        }
    }

    fn body(&mut self, body: &Body) {
        self.steps(body);
        match &body.gives {
            // The slots stay those of the same frame.
            Gives::Truth | Gives::Slots(_) => {}
            // Rules are put together after this.
            Gives::Rules(_) => self.need = Need::whole(),
            // Values that rules of one name give are compared with each other.
            Gives::Value(value) | Gives::Item(value) | Gives::Member(value) => self.whole(value),
            Gives::Entry(key, value) => self.all_whole([key, value]),
            Gives::Leaf { path, value, .. } => self.all_whole(path.iter().chain([value])),
        }
    }

    fn steps(&mut self, body: &Body) {
        let mut steps = body.steps.iter().peekable();
        while let Some(step) = steps.next() {
            let next = steps.peek();
            self.is_passed = next.is_some_and(|next| goes_on(step, next));
            self.passing = next.and_then(|next| passing(step, next));
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Read { from, keys, out } => self.read_step(from, keys, out),
            Step::Walk { over, key, value } => {
                let over = self.held(over);
                let members = self.walked(&over);
                self.out(key, members.clone());
                match self.passing.take() {
                    Some(names) => {
                        for name in names {
                            self.read(&over, &[Some(name)], members.clone(), value);
                        }
                    }
                    None => self.read(&over, &[None], members, value),
                }
            }
            Step::Join(join) => {
                self.need.add_path(&path(DATA, &join.prefix), true);
                self.body(&join.derive);
                self.whole(&join.equals);
            }
            Step::Documents(documents) => self.documents(documents),
            Step::Give { value, out } => {
                let held = self.held(value);
                self.out(out, held);
            }
            Step::Compare { left, right, .. } => self.all_whole([left, right]),
            Step::OneOf { value, .. } | Step::ArrayOf { value, .. } | Step::Print(value) => {
                self.whole(value);
            }
            Step::ObjectOf { value, keys } => self.all_whole(keys.iter().chain([value])),
            Step::MakeArray { items, out } | Step::MakeSet { items, out } => {
                self.all_whole(items);
                self.out(out, All::new());
            }
            Step::MakeObject { members, out, .. } => {
                self.all_whole(members.iter().flat_map(|(key, value)| [key, value]));
                self.out(out, All::new());
            }
            Step::Call(call) => self.call(call),
            Step::WalkInto {
                value,
                path,
                member,
            } => {
                self.whole(value);
                self.out(path, All::new());
                self.out(member, All::new());
            }
            Step::Not(body) => self.body(body),
            Step::Every(every) => self.every(every),
            Step::Collect(collect) => self.collect(collect),
            Step::With(with) => self.with(with),
            Step::Fail => {}
        }
    }

    fn read_step(&mut self, from: &From, keys: &[Operand], out: &Out) {
        let from = match from {
            From::Data => All::from([Held::Document(path(DATA, &[]))]),
            From::Input => All::from([Held::Document(path(INPUT, &[]))]),
            From::Slot(slot) => self.held(&Operand::Slot(*slot)),
            From::Rules(group) => match group.0 as usize {
                set if self.sets.get(set) == Some(&true) => All::from([Held::Set(set)]),
                _ => All::new(),
            },
            // Paths of the input that are shared are made of reads like those of the input, later.
            From::Const(_) | From::Path(_) => All::new(),
        };
        self.all_whole(keys);
        let below: Path = keys.iter().map(key).collect();
        let sets: All = from.iter().filter(|one| one.is_set()).cloned().collect();
        if below.is_empty() {
            self.read(&from, &below, sets, out);
        } else {
            // Whether something is a member is told by all of each.
            self.at_all(&sets);
            self.read(&from, &below, All::new(), out);
        }
    }

    fn documents(&mut self, documents: &Documents) {
        self.at(path(DATA, &documents.path), true);
        for key in &documents.keys {
            if let Key::Known(key) = key {
                self.whole(key);
            }
        }
        for (set, group) in self.groups.iter().enumerate() {
            if is_within(&documents.path, &group.path) {
                self.at_all(&All::from([Held::Set(set)]));
            }
        }
        self.out(&documents.out, All::new());
    }

    fn every(&mut self, every: &Every) {
        let domain = self.held(&every.domain);
        let members = self.walked(&domain);
        if let Some(key) = every.key {
            self.bind(key, members.clone());
        }
        self.read(&domain, &[None], members, &Out::Bind(every.value));
        self.body(&every.body);
    }

    fn collect(&mut self, collect: &Collect) {
        let is_array = collect.sort == Collection::Array;
        self.arrays += usize::from(is_array);
        self.body(&collect.body);
        self.arrays -= usize::from(is_array);
        self.out(&collect.out, All::new());
    }

    fn with(&mut self, with: &With) {
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

    fn call(&mut self, call: &Call) {
        let group = match &call.callee {
            Callee::Function(group) => group.0 as usize,
            Callee::Builtin(builtin) => {
                let given = self.builtin(builtin.name, &call.operands);
                self.out(&call.out, given);
                return;
            }
        };
        for (parameter, operand) in (0..).zip(&call.operands) {
            let given = self.held(operand);
            if !given.is_empty() {
                let held = self.parameters.entry((group, parameter)).or_default();
                self.is_settled &= !add(held, given, &mut self.need);
            }
        }
        self.out(&call.out, All::new());
    }

    /// What a builtin gives of what it takes; most look at all of that, and make something new.
    fn builtin(&mut self, name: &str, operands: &[Operand]) -> All {
        let mut given = All::new();
        match (name, operands) {
            ("object.get", [object, Operand::Const(key), default]) => {
                let below: Path = match key {
                    Value::Array(keys) => keys.iter().map(text).collect(),
                    key => vec![text(key)],
                };
                // Where nothing is there, it is the default.
                given.extend(self.asked(object, &below));
                given.extend(self.held(default));
            }
            ("count", [collection]) => {
                self.asked(collection, &[]);
                self.asked(collection, &[None]);
            }
            (
                "type_name" | "is_array" | "is_boolean" | "is_null" | "is_number" | "is_object"
                | "is_set" | "is_string",
                [value],
            ) => {
                self.asked(value, &[]);
            }
            _ => self.all_whole(operands),
        }
        given
    }

    /// Notes that somebody asks what stands below documents, whatever that holds, and gives it.
    fn asked(&mut self, operand: &Operand, below: &[Option<Box<str>>]) -> All {
        let mut asked = All::new();
        for one in self.held(operand) {
            match one {
                Held::Document(path) => {
                    let path = [path, below.to_vec()].concat();
                    self.at(path.clone(), false);
                    asked.insert(Held::Document(path));
                }
                Held::Set(_) => self.at_all(&All::from([one])),
            }
        }
        asked
    }

    /// What a walk over sets comes to.
    fn walked(&mut self, over: &All) -> All {
        let mut walked = All::new();
        for one in over {
            if let Held::Set(set) = one {
                let members = self.members.get(set).cloned().unwrap_or_default();
                if self.arrays > 0 {
                    self.at_all(&members);
                }
                walked.extend(members);
            }
        }
        walked
    }

    /// Follows a read of what stands below documents, and of what is read of sets.
    fn read(&mut self, from: &All, below: &[Option<Box<str>>], of_sets: All, out: &Out) {
        let mut read = of_sets;
        for one in from {
            let Held::Document(path) = one else { continue };
            let path = [path, below].concat();
            if !self.is_passed {
                self.at(path.clone(), false);
            }
            read.insert(Held::Document(path));
        }
        self.out(out, read);
    }

    /// Follows what is held to where a step gives it. Whether one is `false` can be told without its members.
    fn out(&mut self, out: &Out, held: All) {
        match out {
            Out::Bind(slot) => self.bind(*slot, held),
            Out::Equal(other) => {
                self.at_all(&held);
                self.whole(other);
            }
            Out::Truthy | Out::Ignore => {}
        }
    }

    fn bind(&mut self, slot: u32, found: All) {
        if found.is_empty() {
            return;
        }
        let slot = (self.group, self.rule, slot);
        let held = self.slots.entry(slot).or_default();
        self.is_settled &= !add(held, found, &mut self.need);
    }

    /// Notes that somebody may look at all of what an operand holds.
    fn whole(&mut self, operand: &Operand) {
        self.at_all(&self.held(operand));
    }

    fn all_whole<'o>(&mut self, operands: impl IntoIterator<Item = &'o Operand>) {
        for operand in operands {
            self.whole(operand);
        }
    }

    /// Notes that somebody may look at all of these. A rule is not recursive, so that no set is among its members.
    fn at_all(&mut self, all: &All) {
        for one in all {
            match one {
                Held::Document(path) => self.at(path.clone(), true),
                Held::Set(set) => {
                    let members = self.members.get(set).cloned();
                    self.at_all(&members.unwrap_or_default());
                }
            }
        }
    }

    fn at(&mut self, mut path: Path, is_whole: bool) {
        let is_cut = path.len() > MAX_LENGTH;
        path.truncate(MAX_LENGTH);
        self.need.add_path(&path, is_whole || is_cut);
    }

    fn held(&self, operand: &Operand) -> All {
        match operand {
            Operand::Slot(slot) => {
                let own = self.slots.get(&(self.group, self.rule, *slot));
                let given = self.parameters.get(&(self.group, *slot));
                own.into_iter().chain(given).flatten().cloned().collect()
            }
            Operand::Const(_) => All::new(),
        }
    }
}

impl Held {
    const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
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

/// The names of members that a walk has a use for, where the step after it asks for these alone.
fn passing(step: &Step, next: &Step) -> Option<Vec<Box<str>>> {
    match (step, next) {
        (
            Step::Walk {
                key: Out::Bind(key),
                ..
            },
            Step::OneOf {
                value: Operand::Slot(slot),
                among,
            },
        ) if slot == key => among.iter().map(text).collect(),
        _ => None,
    }
}

/// Adds to what is followed; whether any is new. What cannot be followed is needed whole.
fn add(held: &mut All, found: All, need: &mut Need) -> bool {
    let mut is_new = false;
    for one in found {
        if held.contains(&one) {
            continue;
        }
        match &one {
            Held::Document(path) if held.len() >= MAX_HELD || path.len() > MAX_LENGTH => {
                let end = path.len().min(MAX_LENGTH);
                is_new |= need.add_path(path.get(..end).unwrap_or_default(), true);
            }
            // There are no more sets than groups.
            Held::Document(_) | Held::Set(_) => is_new |= held.insert(one),
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
