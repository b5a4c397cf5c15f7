//! Rules of one document that begin alike, so that what they have in common runs once for all of them.
//!
//! ```rego
//! violation contains msg if {
//!     container := input.spec[field][_]
//!     not is_exempt(container)
//!     not container.resources.limits.cpu
//!     ...
//! }
//! ```
//!
//! Policies write such a rule for each thing that may be missing. Their common steps become one body, which goes on
//! with the rest of each rule where it holds: a tree, as nets of productions share conditions (Forgy 1982). Slots of
//! one rule are given the numbers that they have in the other. What the document is stays the same, as nobody can tell
//! in which order its members were found.

use std::{collections::BTreeMap, sync::Arc};

use super::slots::{Slots, body_writes, each_slot, reads, writes};
use crate::{
    Value,
    code::{Body, Call, Callee, From, Gives, Group, Operand, Out, Rule, Sort, Step},
};

/// Groups of more rules are left as they are: each rule is held against each.
const MAX_RULES: usize = 200;

/// Most steps that rules have in common at once: what is longer, as of a program that wrote it, is not worth the time
/// that comparing each with each takes.
const MAX_LENGTH: usize = 32;

/// How often what is left of rules may share something again. Each is one call inside of another.
const MAX_DEPTH: usize = 4;

/// Finds rules that begin alike, where all rules of a group are run anyway.
pub(super) fn share(groups: &mut [Group]) {
    for group in groups {
        let runs_all = matches!(group.sort, Sort::Set | Sort::Entries | Sort::Nested);
        if !runs_all || group.dispatch.is_some() || group.rules.len() > MAX_RULES {
            continue;
        }
        let shared = tree(group.rules.to_vec(), &Slots::new(), 0);
        if shared.len() < group.rules.len() {
            group.slots = shared.iter().map(slots_of).fold(group.slots, usize::max);
            group.shared = Some(shared.into());
        }
    }
}

/// Rules that give the same as these together. `held` are the slots that were filled before, whose numbers all know.
fn tree(rules: Vec<Rule>, held: &Slots, depth: usize) -> Vec<Rule> {
    if depth == MAX_DEPTH {
        return rules;
    }
    let mut trees = Vec::new();
    let mut left = rules;
    while !left.is_empty() {
        let first = left.remove(0);
        let mut alike = Vec::new();
        let mut others = Vec::new();
        for rule in left {
            let length = beginning(&first, &rule, held).0;
            if length > 0 {
                alike.push((length, rule));
            } else {
                others.push(rule);
            }
        }
        left = others;
        let length = alike.iter().map(|(length, _)| *length).min();
        match length {
            Some(length) => {
                let rules = alike.into_iter().map(|(_, rule)| rule);
                let (shared, apart) = joined(first, rules, length, held, depth);
                trees.push(shared);
                left.splice(0..0, apart);
            }
            None => trees.push(first),
        }
    }
    trees
}

/// One rule of the common steps, and those that cannot go on from there.
fn joined(
    first: Rule,
    alike: impl Iterator<Item = Rule>,
    length: usize,
    held: &Slots,
    depth: usize,
) -> (Rule, Vec<Rule>) {
    let common: Box<[Step]> = first.body.steps.iter().take(length).cloned().collect();
    let mut held_then = held.clone();
    for step in &common {
        writes(step, &mut held_then);
    }
    let mut filled = held_then.clone();
    for step in &common {
        reads(step, &mut filled);
    }
    let (mut branches, mut apart) = (vec![rest(&first, length)], Vec::new());
    for rule in alike {
        let (_, mut known) = beginning_up_to(&first, &rule, held, length);
        let mut branch = rest(&rule, length);
        let mut next = filled.last().map_or(0, |last| last + 1);
        each_slot(&mut branch.body, &mut |slot| {
            if !held.contains(slot) {
                *slot = *known.entry(*slot).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        });
        branches.push(branch);
        apart.push(rule);
    }
    // Nobody may take away what the others go on from.
    let keeps = |branch: &Rule| {
        let mut written = Slots::new();
        body_writes(&branch.body, &mut written);
        written.is_disjoint(&held_then)
    };
    let mut sorted = branches.into_iter();
    let own = sorted.next();
    if !own.as_ref().is_some_and(keeps) {
        return (first, apart);
    }
    let (kept, apart): (Vec<_>, Vec<_>) = sorted.zip(apart).partition(|(rule, _)| keeps(rule));
    let kept = own
        .into_iter()
        .chain(kept.into_iter().map(|(rule, _)| rule));
    let going_on = tree(kept.collect(), &held_then, depth + 1);
    let shared = Rule {
        source: first.source,
        span: first.span,
        body: Body {
            steps: common,
            gives: Gives::Rules(going_on.into()),
        },
        otherwise: None,
    };
    (shared, apart.into_iter().map(|(_, rule)| rule).collect())
}

fn rest(rule: &Rule, length: usize) -> Rule {
    Rule {
        body: Body {
            steps: rule.body.steps.iter().skip(length).cloned().collect(),
            gives: rule.body.gives.clone(),
        },
        ..rule.clone()
    }
}

/// How many slots a frame needs for a rule.
fn slots_of(rule: &Rule) -> usize {
    let mut most = 0;
    each_slot(&mut rule.body.clone(), &mut |slot| {
        most = most.max(*slot as usize + 1);
    });
    most
}

/// How many steps two rules have in common from their beginning, and which slot of the other is which of the one.
fn beginning(one: &Rule, other: &Rule, held: &Slots) -> (usize, BTreeMap<u32, u32>) {
    beginning_up_to(one, other, held, MAX_LENGTH)
}

fn beginning_up_to(
    one: &Rule,
    other: &Rule,
    held: &Slots,
    most: usize,
) -> (usize, BTreeMap<u32, u32>) {
    let mut alike = Alike {
        held,
        known: BTreeMap::new(),
        back: BTreeMap::new(),
    };
    let is_sharable = |rule: &Rule| rule.otherwise.is_none();
    if !Arc::ptr_eq(&one.source, &other.source) || !is_sharable(one) || !is_sharable(other) {
        return (0, alike.known);
    }
    let mut length = 0;
    for (left, right) in one.body.steps.iter().zip(&other.body.steps).take(most) {
        let before = (alike.known.clone(), alike.back.clone());
        if !alike.step(left, right) {
            (alike.known, alike.back) = before;
            break;
        }
        length += 1;
    }
    (length, alike.known)
}

/// Holds steps of two rules against each other.
struct Alike<'h> {
    held: &'h Slots,
    /// Slots of the other rule as those of the one, and back.
    known: BTreeMap<u32, u32>,
    back: BTreeMap<u32, u32>,
}

impl Alike<'_> {
    /// Whether two steps do the same. Of what rules seldom begin with, nobody asks.
    fn step(&mut self, one: &Step, other: &Step) -> bool {
        match (one, other) {
            (
                Step::Read { from, keys, out },
                Step::Read {
                    from: other_from,
                    keys: other_keys,
                    out: other_out,
                },
            ) => {
                self.from(from, other_from)
                    && self.operands(keys, other_keys)
                    && self.out(out, other_out)
            }
            (
                Step::Walk { over, key, value },
                Step::Walk {
                    over: other_over,
                    key: other_key,
                    value: other_value,
                },
            ) => {
                self.operand(over, other_over)
                    && self.out(key, other_key)
                    && self.out(value, other_value)
            }
            (
                Step::Give { value, out },
                Step::Give {
                    value: other_value,
                    out: other_out,
                },
            ) => self.operand(value, other_value) && self.out(out, other_out),
            (
                Step::Compare { left, right, sort },
                Step::Compare {
                    left: other_left,
                    right: other_right,
                    sort: other_sort,
                },
            ) => {
                sort == other_sort
                    && self.operand(left, other_left)
                    && self.operand(right, other_right)
            }
            (
                Step::OneOf { value, among },
                Step::OneOf {
                    value: other_value,
                    among: other_among,
                },
            ) => among == other_among && self.operand(value, other_value),
            (Step::Call(call), Step::Call(other)) => self.call(call, other),
            (Step::Not(body), Step::Not(other)) => {
                matches!((&body.gives, &other.gives), (Gives::Truth, Gives::Truth))
                    && body.steps.len() == other.steps.len()
                    && (body.steps.iter().zip(&other.steps))
                        .all(|(one, other)| self.step(one, other))
            }
            _ => false,
        }
    }

    /// Spans tell where an error stands: that of the first of rules that all have it will do.
    fn call(&mut self, one: &Call, other: &Call) -> bool {
        let is_same = match (&one.callee, &other.callee) {
            (Callee::Builtin(one), Callee::Builtin(other)) => one.name == other.name,
            (Callee::Function(one), Callee::Function(other)) => one == other,
            _ => false,
        };
        is_same && self.operands(&one.operands, &other.operands) && self.out(&one.out, &other.out)
    }

    fn from(&mut self, one: &From, other: &From) -> bool {
        match (one, other) {
            (From::Input, From::Input) | (From::Data, From::Data) => true,
            (From::Slot(one), From::Slot(other)) => self.slot(*one, *other),
            (From::Const(one), From::Const(other)) => is_same(one, other),
            (From::Rules(one), From::Rules(other)) => one == other,
            (From::Path(one), From::Path(other)) => one == other,
            _ => false,
        }
    }

    fn out(&mut self, one: &Out, other: &Out) -> bool {
        match (one, other) {
            (Out::Bind(one), Out::Bind(other)) => self.slot(*one, *other),
            (Out::Equal(one), Out::Equal(other)) => self.operand(one, other),
            (Out::Truthy, Out::Truthy) | (Out::Ignore, Out::Ignore) => true,
            _ => false,
        }
    }

    fn operands(&mut self, one: &[Operand], other: &[Operand]) -> bool {
        one.len() == other.len()
            && (one.iter().zip(other)).all(|(one, other)| self.operand(one, other))
    }

    fn operand(&mut self, one: &Operand, other: &Operand) -> bool {
        match (one, other) {
            (Operand::Slot(one), Operand::Slot(other)) => self.slot(*one, *other),
            (Operand::Const(one), Operand::Const(other)) => is_same(one, other),
            _ => false,
        }
    }

    /// Whether two slots are one; a slot is that of one other alone.
    fn slot(&mut self, one: u32, other: u32) -> bool {
        if self.held.contains(&one) || self.held.contains(&other) {
            return one == other;
        }
        *self.known.entry(other).or_insert(one) == one
            && *self.back.entry(one).or_insert(other) == other
    }
}

/// Whether two constants are the same also where they are written: `1` and `1.0` are equal.
fn is_same(one: &Value, other: &Value) -> bool {
    one == other && format!("{one:?}") == format!("{other:?}")
}

#[cfg(test)]
mod tests {
    use crate::{
        Options, Version,
        code::{Gives, Rule},
        compile::compile,
        parse::parse,
    };

    /// How many steps rules have, with those that go on from them in brackets.
    fn drawn(rules: &[Rule]) -> String {
        let rules = rules.iter().map(|rule| match &rule.body.gives {
            Gives::Rules(below) => format!("{}[{}]", rule.body.steps.len(), drawn(below)),
            _ => rule.body.steps.len().to_string(),
        });
        rules.collect::<Vec<_>>().join(" ")
    }

    fn check(rules: &str, expected: Option<&str>) {
        let text = format!("package p\nimport rego.v1\nf(x) if x > 1\n{rules}");
        let module = parse("p.rego", &text, Version::V1).unwrap();
        let program = compile(&[module], &Options::default()).unwrap();
        let mut groups = program.groups.iter();
        let group = groups.find(|group| *group.name == *"data.p.v").unwrap();
        let found = group.shared.as_deref().map(drawn);
        assert_eq!(found.as_deref(), expected, "{rules}");
    }

    #[test]
    fn what_rules_have_in_common_is_told_whatever_their_variables_are_called() {
        // A read, a walk, and a negation with what it is about read before it.
        check(
            "v contains 1 if { c := input.s[_]; not f(c.a); c.b == 1 }
             v contains 2 if { z := input.s[_]; not f(z.a); x := z.d; z.b > x }",
            Some("4[1 3]"),
        );
        // One in another, and one that has nothing to share.
        check(
            "v contains 1 if { c := input.s[_]; not f(c.a); c.b == 1 }
             v contains 2 if { input.t }
             v contains 3 if { z := input.s[_]; z.b == 2 }
             v contains 4 if { y := input.s[_]; not f(y.a); y.b == 3 }",
            Some("2[2[1 1] 1] 1"),
        );
        // What is all of one rule is the beginning of another.
        check(
            "v contains c if { c := input.s[_] }
             v contains c if { c := input.s[_]; c.a }",
            Some("2[0 1]"),
        );
    }

    #[test]
    fn rules_of_any_length_are_compared_for_a_while() {
        let rule = |given| {
            let lines: Vec<_> = (0..50).map(|at| format!("input.a{at}")).collect();
            format!("v contains {given} if {{ {} }}\n", lines.join("; "))
        };
        check(&format!("{}{}", rule(1), rule(2)), Some("32[18[0 0]]"));
    }

    #[test]
    fn what_is_shared_already_is_the_same_for_all() {
        check(
            "v contains 1 if { c := input.s[_]; d := input.t[_]; f(c) }
             v contains 2 if { c := input.s[_]; d := input.t[_]; f(d) }
             v contains 3 if { d := input.s[_]; c := input.t[_]; f(c); d.a }",
            Some("4[1 1[0 1]]"),
        );
    }

    #[test]
    fn what_differs_is_not_shared() {
        for other in [
            "d := input.t[_]; d.b",
            "d := data.s[_]; d.b",
            "some i; d := input[i][_]; d.b",
        ] {
            check(
                &format!(
                    "v contains 1 if {{ c := input.s[_]; c.a }}\nv contains 2 if {{ {other} }}"
                ),
                None,
            );
        }
        // To walk to a place is another thing than to any.
        check(
            "v contains 1 if { c := input.s[_]; c.a }
             v contains i if { c := input.s[i]; c.a }",
            Some("1[2 2]"),
        );
        // One variable twice is another thing than two.
        check(
            "v contains 1 if { input.s[i][i].a }
             v contains 2 if { input.s[i][j].a; i > j }",
            Some("2[1 3]"),
        );
        // Equal numbers may be written in two ways.
        check(
            "v contains x if { x := 1; input.a }
             v contains x if { x := 1.0; input.b }",
            None,
        );
        // Of these, one alone has a value.
        check(
            "v := 1 if { input.a; input.b }
             v := 2 if { input.a; input.c }",
            None,
        );
    }
}
