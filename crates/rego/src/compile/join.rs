//! Finds walks over base documents of which an equality further on keeps only a few.
//!
//! ```rego
//! host := input.review.object.spec.rules[_].host
//! other := data.inventory.namespace[ns][version]["Ingress"][name]
//! other.spec.rules[_].host == host
//! ```
//!
//! The value compared is a function of the document alone, so that documents can be found by it: the evaluator
//! keeps an index beside the data. All steps stay as they are, so that a candidate is judged as if it had been walked to.

use std::collections::BTreeSet;

use super::slots::{Slots, gives_reads, operand_reads, reads, writes};
use crate::{
    builtins::Availability,
    code::{
        Body, Call, Callee, Collect, From, Gives, Group, GroupId, Join, JoinKey, Operand, Out,
        Rule, Step,
    },
};

/// Plans joins in all bodies of a program.
pub(super) fn plan(groups: &mut [Group]) {
    let pure = pure_functions(groups);
    let mut planner = Planner { pure, joins: 0 };
    for group in groups {
        let mut slots = u32::try_from(group.slots).unwrap_or(u32::MAX);
        for rule in group.rules.iter_mut().chain(group.default.as_deref_mut()) {
            planner.rule(rule, &mut slots);
        }
        group.slots = slots as usize;
    }
}

struct Planner {
    pure: BTreeSet<GroupId>,
    joins: u32,
}

/// A walk, as a run of steps.
struct Chain {
    prefix: Box<[crate::Value]>,
    keys: Vec<JoinKey>,
    /// The slot of the document.
    value: u32,
    /// One past the last of its steps.
    end: usize,
    /// Slots of what lies between: nothing later may need them.
    between: Slots,
}

impl Planner {
    fn rule(&mut self, rule: &mut Rule, slots: &mut u32) {
        self.body(&mut rule.body, slots);
        if let Some(next) = &mut rule.otherwise {
            self.rule(next, slots);
        }
    }

    fn body(&mut self, body: &mut Body, slots: &mut u32) {
        for step in &mut body.steps {
            match step {
                Step::Not(inner) => self.body(inner, slots),
                Step::Every(every) => self.body(&mut every.body, slots),
                Step::Collect(collect) => self.body(&mut collect.body, slots),
                Step::With(with) => self.body(&mut with.body, slots),
                _ => {}
            }
        }
        let mut at = 0;
        while at < body.steps.len() {
            let Some(chain) = chain(&body.steps, at) else {
                at += 1;
                continue;
            };
            let end = chain.end;
            let length = end - at;
            match self.join(body, at, &chain, slots) {
                Some(steps) => {
                    // What is before the chain, then what was planned, then the chain and all else.
                    let more = steps.len();
                    let mut all = std::mem::take(&mut body.steps).into_vec();
                    all.splice(at..at, steps);
                    body.steps = all.into();
                    at += more + length;
                }
                None => at = end,
            }
        }
    }

    /// The steps to put before a chain.
    fn join(
        &mut self,
        body: &Body,
        at: usize,
        chain: &Chain,
        slots: &mut u32,
    ) -> Option<Vec<Step>> {
        let rest = body.steps.get(chain.end..)?;
        let mut needed_later = Slots::new();
        for step in rest {
            reads(step, &mut needed_later);
        }
        gives_reads(&body.gives, &mut needed_later);
        if !chain.between.is_disjoint(&needed_later) {
            return None;
        }
        // Slots that get their value in the chain or behind it.
        let mut inside: Slots = chain.between.clone();
        inside.insert(chain.value);
        let mut of_chain = Slots::from([chain.value]);
        for key in &chain.keys {
            if let JoinKey::Any(Some(slot)) = key {
                inside.insert(*slot);
                of_chain.insert(*slot);
            }
        }
        for step in rest {
            writes(step, &mut inside);
        }
        let mut found = None;
        'search: for (index, step) in rest.iter().enumerate() {
            for test in tests(step, *slots) {
                let before = rest.get(..index).unwrap_or(&[]);
                let Some(outer) = self.outer(before, &test, &inside) else {
                    continue;
                };
                let Some(derive) = self.derive(before, &test, &of_chain) else {
                    continue;
                };
                let is_constant = matches!(test.outer, Operand::Const(_));
                let join = Step::Join(Box::new(Join {
                    id: self.joins,
                    prefix: chain.prefix.clone(),
                    keys: chain.keys.clone().into(),
                    value: chain.value,
                    skip: chain.end - at,
                    derive: Body {
                        steps: derive.into(),
                        gives: Gives::Item(test.inner),
                    },
                    equals: test.outer,
                }));
                // A value that differs between requests leaves fewer documents than a constant does.
                if !is_constant {
                    found = Some((outer, join));
                    break 'search;
                }
                found.get_or_insert((outer, join));
            }
        }
        let (mut steps, join) = found?;
        self.joins += 1;
        *slots += 2;
        steps.push(join);
        Some(steps)
    }

    /// The steps that lead from the document to the value compared; `None` if anything else has a say in it.
    fn derive(&self, before: &[Step], test: &Test, of_chain: &Slots) -> Option<Vec<Step>> {
        let (steps, needed) = slice(before, test.producer.as_ref(), &test.inner);
        let is_about = needed.iter().any(|slot| of_chain.contains(slot));
        (is_about && needed.is_subset(of_chain) && steps.iter().all(|step| self.is_pure(step)))
            .then_some(steps)
    }

    /// The steps that lead to what it is compared with, all of which can be taken before the walk.
    fn outer(&self, before: &[Step], test: &Test, inside: &Slots) -> Option<Vec<Step>> {
        let (steps, needed) = slice(before, test.outer_producer.as_ref(), &test.outer);
        let is_simple = |step: &Step| match step {
            // Each gives one value or none, and cannot fail the evaluation: taken early, they change nothing.
            Step::Read { from, .. } => !matches!(from, From::Data | From::Rules(_)),
            Step::Give { .. } | Step::MakeArray { .. } | Step::MakeSet { .. } => true,
            Step::Call(call) => matches!(call.callee, Callee::Builtin(_)) && self.is_pure(step),
            _ => false,
        };
        (needed.is_disjoint(inside) && steps.iter().all(is_simple)).then_some(steps)
    }

    fn is_pure(&self, step: &Step) -> bool {
        is_pure(step, &|group| self.pure.contains(&group))
    }
}

/// An equality, with one side taken to depend on the document and the other not to.
struct Test {
    /// Gives the inner value, if it is not in a slot already.
    producer: Option<Step>,
    inner: Operand,
    /// The same for the other side.
    outer_producer: Option<Step>,
    outer: Operand,
}

/// What a step tests, seen from both sides; `fresh` and the slot after it are used by nothing else.
fn tests(step: &Step, fresh: u32) -> Vec<Test> {
    // The step, giving its value to a slot instead of comparing it.
    let (giving, other): (Box<dyn Fn(u32) -> Step + '_>, &Operand) = match step {
        Step::Give {
            value,
            out: Out::Equal(other),
        } => {
            let test = |inner: &Operand, outer: &Operand| Test {
                producer: None,
                inner: inner.clone(),
                outer_producer: None,
                outer: outer.clone(),
            };
            return vec![test(value, other), test(other, value)];
        }
        Step::Walk {
            over,
            value: Out::Equal(other),
            ..
        } => {
            return vec![Test {
                producer: Some(Step::Walk {
                    over: over.clone(),
                    key: Out::Ignore,
                    value: Out::Bind(fresh),
                }),
                inner: Operand::Slot(fresh),
                outer_producer: None,
                outer: other.clone(),
            }];
        }
        Step::Read {
            from,
            keys,
            out: Out::Equal(other),
        } => (
            Box::new(|slot| Step::Read {
                from: from.clone(),
                keys: keys.clone(),
                out: Out::Bind(slot),
            }),
            other,
        ),
        Step::Call(call) => {
            let Out::Equal(other) = &call.out else {
                return Vec::new();
            };
            (
                Box::new(|slot| {
                    Step::Call(Box::new(Call {
                        out: Out::Bind(slot),
                        ..(**call).clone()
                    }))
                }),
                other,
            )
        }
        _ => return Vec::new(),
    };
    vec![
        Test {
            producer: Some(giving(fresh)),
            inner: Operand::Slot(fresh),
            outer_producer: None,
            outer: other.clone(),
        },
        Test {
            producer: None,
            inner: other.clone(),
            outer_producer: Some(giving(fresh + 1)),
            outer: Operand::Slot(fresh + 1),
        },
    ]
}

/// The steps that a value needs, the last of which may be given, and the slots that those need which none of them writes.
fn slice(before: &[Step], producer: Option<&Step>, value: &Operand) -> (Vec<Step>, Slots) {
    let mut needed = Slots::new();
    operand_reads(value, &mut needed);
    let mut steps: Vec<Step> = producer.cloned().into_iter().collect();
    let mut made = Slots::new();
    for step in &steps {
        writes(step, &mut made);
        reads(step, &mut needed);
    }
    for step in before.iter().rev() {
        let mut written = Slots::new();
        writes(step, &mut written);
        if written.is_disjoint(&needed) {
            continue;
        }
        made.extend(written);
        reads(step, &mut needed);
        steps.push(step.clone());
    }
    steps.reverse();
    let needed = needed.difference(&made).copied().collect();
    (steps, needed)
}

/// The chain that starts at a step.
fn chain(steps: &[Step], at: usize) -> Option<Chain> {
    let Step::Read {
        from: From::Data,
        keys: first,
        out: Out::Bind(start),
    } = steps.get(at)?
    else {
        return None;
    };
    let mut prefix = Vec::new();
    let mut keys = Vec::new();
    for key in first {
        match key {
            Operand::Const(value) if keys.is_empty() => prefix.push(value.clone()),
            key => keys.push(joined(key)),
        }
    }
    let mut value = *start;
    let mut end = at + 1;
    let mut between = Slots::new();
    let mut walks = 0;
    while let Some(step) = steps.get(end) {
        let next = match step {
            Step::Walk {
                over: Operand::Slot(over),
                key,
                value: Out::Bind(next),
            } if *over == value => {
                keys.push(match key {
                    Out::Bind(slot) => JoinKey::Any(Some(*slot)),
                    Out::Ignore => JoinKey::Any(None),
                    Out::Equal(_) | Out::Truthy => break,
                });
                walks += 1;
                *next
            }
            // A walk must follow: what is read of the document itself belongs to what is derived from it.
            Step::Read {
                from: From::Slot(from),
                keys: more,
                out: Out::Bind(next),
            } if *from == value && walks_on(steps, end, *next) => {
                keys.extend(more.iter().map(joined));
                *next
            }
            _ => break,
        };
        between.insert(value);
        value = next;
        end += 1;
    }
    (walks > 0).then_some(Chain {
        prefix: prefix.into(),
        keys,
        value,
        end,
        between,
    })
}

/// Whether the step after one that reads is a walk over what it read.
fn walks_on(steps: &[Step], at: usize, slot: u32) -> bool {
    matches!(
        steps.get(at + 1),
        Some(Step::Walk { over: Operand::Slot(over), value: Out::Bind(_), key: Out::Bind(_) | Out::Ignore })
            if *over == slot
    )
}

fn joined(key: &Operand) -> JoinKey {
    match key {
        Operand::Const(value) => JoinKey::Const(value.clone()),
        Operand::Slot(slot) => JoinKey::Fixed(*slot),
    }
}

/// Whether what a step gives depends on nothing but its slots.
fn is_pure(step: &Step, function: &dyn Fn(GroupId) -> bool) -> bool {
    let body = |body: &Body| body.steps.iter().all(|step| is_pure(step, function));
    match step {
        Step::Read { from, .. } => matches!(from, From::Slot(_) | From::Const(_)),
        Step::Walk { .. }
        | Step::Give { .. }
        | Step::Compare { .. }
        | Step::OneOf { .. }
        | Step::ArrayOf { .. }
        | Step::ObjectOf { .. }
        | Step::MakeArray { .. }
        | Step::MakeSet { .. }
        | Step::MakeObject { .. }
        | Step::WalkInto { .. }
        | Step::Fail => true,
        Step::Call(call) => match &call.callee {
            Callee::Builtin(builtin) => {
                builtin.is_deterministic && matches!(builtin.availability, Availability::Here(_))
            }
            Callee::Function(group) => function(*group),
        },
        Step::Not(inner) => body(inner),
        Step::Every(every) => body(&every.body),
        Step::Collect(collect) => body(&collect.body) && is_own(collect),
        Step::With(_) | Step::Documents(_) | Step::Join(_) | Step::Print(_) => false,
    }
}

/// A comprehension whose value is kept for the evaluation cannot be run for an index.
fn is_own(collect: &Collect) -> bool {
    collect.memo.is_none()
}

/// Functions that need nothing but their operands.
fn pure_functions(groups: &[Group]) -> BTreeSet<GroupId> {
    let id = |index: usize| GroupId(u32::try_from(index).unwrap_or(u32::MAX));
    let mut pure: BTreeSet<GroupId> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.sort == crate::code::Sort::Function)
        .map(|(index, _)| id(index))
        .collect();
    // Each that calls an impure one is impure, until no more are found.
    loop {
        let impure: Vec<GroupId> = pure
            .iter()
            .copied()
            .filter(|at| {
                groups.get(at.0 as usize).is_none_or(|group| {
                    !group
                        .rules
                        .iter()
                        .chain(group.default.as_deref())
                        .all(|rule| rule_is_pure(rule, &pure))
                })
            })
            .collect();
        if impure.is_empty() {
            return pure;
        }
        for group in impure {
            pure.remove(&group);
        }
    }
}

fn rule_is_pure(rule: &Rule, pure: &BTreeSet<GroupId>) -> bool {
    let mut rule = Some(rule);
    while let Some(at) = rule {
        // Comprehensions that keep their value are fine inside of a function: they depend on nothing.
        let function = |group: GroupId| pure.contains(&group);
        if !at.body.steps.iter().all(|step| match step {
            Step::Collect(collect) => collect
                .body
                .steps
                .iter()
                .all(|step| is_pure(step, &function)),
            step => is_pure(step, &function),
        }) {
            return false;
        }
        rule = at.otherwise.as_deref();
    }
    true
}
