//! Sets of which nobody wants but some members, told by a constant in each.
//!
//! ```rego
//! violation contains {"msg": msg} if general_violation[{"msg": msg, "field": "containers"}]
//!
//! general_violation contains {"msg": msg, "field": field} if {
//!     container := input.review.object.spec[field][_]
//!     ...
//! }
//! ```
//!
//! The rules of the set go on only with values of `field` that somebody asks for, as soon as they have one. OPA does the
//! same for each lookup: it unifies the key with that of the rule before the body is evaluated. In databases this is
//! the magic set of a query (Bancilhon, Maier, Sagiv and Ullman 1986).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    needs::is_within,
    slots::{Slots, gives_reads, reads, writes},
};
use crate::{
    Value,
    code::{Body, From, Gives, Group, Operand, Out, Rule, Sort, Step},
};

/// Constants by the name of the field that they stand in.
type Wanted = BTreeMap<Value, BTreeSet<Value>>;

/// Narrows the rules of sets to what is wanted, where nothing is asked for but the document at a path.
pub(super) fn narrow(groups: &mut [Group], asked_for: &[Value]) {
    let mut demands: Vec<Demand> = groups.iter().map(|_| Demand::default()).collect();
    for (group, demand) in groups.iter().zip(&mut demands) {
        demand.is_open = group.sort != Sort::Set || is_within(asked_for, &group.path);
    }
    for group in &*groups {
        for rule in group.rules.iter().chain(group.default.as_deref()) {
            let mut rule = Some(rule);
            while let Some(at) = rule {
                body(groups, &at.body, &mut demands);
                rule = at.otherwise.as_deref();
            }
        }
    }
    for (group, demand) in groups.iter_mut().zip(demands) {
        let wanted = demand.wanted.filter(|_| !demand.is_open);
        for (field, values) in wanted.into_iter().flatten() {
            for rule in &mut group.rules {
                narrow_rule(rule, &field, &values);
            }
        }
    }
}

/// What is wanted of a set.
#[derive(Default)]
struct Demand {
    /// Whether any member may be wanted.
    is_open: bool,
    /// By every lookup; `None` before the first.
    wanted: Option<Wanted>,
}

impl Demand {
    /// Adds a lookup. A field of which another wants any value is not told.
    fn add(&mut self, fields: Wanted) {
        self.wanted = Some(match self.wanted.take() {
            None => fields,
            Some(mut wanted) => {
                wanted.retain(|field, _| fields.contains_key(field));
                for (field, values) in &mut wanted {
                    values.extend(fields.get(field).into_iter().flatten().cloned());
                }
                wanted
            }
        });
    }
}

/// Notes what a body wants of sets.
fn body(groups: &[Group], body: &Body, demands: &mut [Demand]) {
    for (at, step) in body.steps.iter().enumerate() {
        match step {
            Step::Read {
                from: From::Rules(group),
                keys,
                out,
            } => {
                let wanted = match (&**keys, out) {
                    ([], Out::Bind(set)) => looked_up(body, at, *set),
                    ([member, ..], _) => fields(body, at, member),
                    _ => None,
                };
                if let Some(demand) = demands.get_mut(group.0 as usize) {
                    match wanted {
                        Some(wanted) => demand.add(wanted),
                        None => demand.is_open = true,
                    }
                }
            }
            Step::Documents(documents) => {
                for (group, demand) in groups.iter().zip(&mut *demands) {
                    demand.is_open |= is_within(&documents.path, &group.path);
                }
            }
            Step::Not(inside) => self::body(groups, inside, demands),
            Step::Every(every) => self::body(groups, &every.body, demands),
            Step::Collect(collect) => self::body(groups, &collect.body, demands),
            Step::With(with) => self::body(groups, &with.body, demands),
            _ => {}
        }
    }
}

/// What is known of a member that is looked up whole.
fn fields(body: &Body, at: usize, member: &Operand) -> Option<Wanted> {
    let wanted =
        |(field, value): (&Value, &Value)| (field.clone(), BTreeSet::from([value.clone()]));
    match member {
        Operand::Const(Value::Object(object)) => {
            let entries = object.entries().iter();
            Some(
                entries
                    .map(|(field, value)| wanted((field, value)))
                    .collect(),
            )
        }
        Operand::Const(_) => None,
        Operand::Slot(slot) => {
            let made = body.steps.iter().take(at).find_map(|step| match step {
                Step::MakeObject {
                    members,
                    out: Out::Bind(out),
                    ..
                } if out == slot => Some(members),
                _ => None,
            });
            let members = made?.iter().filter_map(|member| match member {
                (Operand::Const(field), Operand::Const(value)) => Some(wanted((field, value))),
                _ => None,
            });
            Some(members.collect())
        }
    }
}

/// What members must hold to be of use where a body reads a set into a slot, if it does nothing but look them up.
fn looked_up(body: &Body, at: usize, set: u32) -> Option<Wanted> {
    let (before, after) = body.steps.split_at_checked(at + 1)?;
    let [
        Step::Walk {
            over: Operand::Slot(over),
            key: Out::Bind(member),
            ..
        },
        Step::ObjectOf {
            value: Operand::Slot(object),
            ..
        },
        tests @ ..,
    ] = after
    else {
        return None;
    };
    let mut others = Slots::new();
    for step in before.iter().chain(after.iter().skip(1)) {
        reads(step, &mut others);
    }
    gives_reads(&body.gives, &mut others);
    if *over != set || object != member || others.contains(&set) {
        return None;
    }
    let mut wanted = Wanted::new();
    for test in tests {
        match test {
            Step::Read {
                from: From::Slot(slot),
                keys,
                out,
            } if slot == member => {
                if let (Out::Equal(Operand::Const(value)), [Operand::Const(field)]) = (out, &**keys)
                {
                    wanted
                        .entry(field.clone())
                        .or_default()
                        .insert(value.clone());
                }
            }
            _ => break,
        }
    }
    Some(wanted)
}

/// Has a rule go on only where the field of its member is wanted.
fn narrow_rule(rule: &mut Rule, field: &Value, values: &BTreeSet<Value>) {
    let Gives::Member(Operand::Slot(member)) = rule.body.gives else {
        return;
    };
    let made = rule.body.steps.iter().find_map(|step| match step {
        Step::MakeObject {
            members,
            out: Out::Bind(out),
            ..
        } if *out == member => Some(members),
        _ => None,
    });
    let is_field = |key: &Operand| matches!(key, Operand::Const(key) if key == field);
    let mut members = made.into_iter().flatten();
    let Some((_, value)) = members.find(|(key, _)| is_field(key)) else {
        return;
    };
    let fills = |slot: u32| {
        rule.body.steps.iter().position(|step| {
            let mut written = Slots::new();
            writes(step, &mut written);
            written.contains(&slot)
        })
    };
    let place = match value {
        Operand::Const(_) => Some(0),
        Operand::Slot(slot) => fills(*slot).map(|at| at + 1),
    };
    let Some(place) = place else { return };
    let test = Step::OneOf {
        value: value.clone(),
        among: values.iter().cloned().collect(),
    };
    let mut steps = std::mem::take(&mut rule.body.steps).into_vec();
    steps.insert(place, test);
    rule.body.steps = steps.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        Data, Evaluation, Options, Program, Value, Version,
        builtins::{Caches, NoHost},
        code::Step,
        compile::compile,
        parse::parse,
    };

    const PATH: [&str; 2] = ["p", "v"];

    fn compiled(rules: &str, plain: bool, asked_for: &[&str]) -> Program {
        let module = |text: &str| parse("p.rego", text, Version::V1).unwrap();
        let modules = format!("package p\n{rules}").replace("package ", "\0package ");
        let modules: Vec<_> = modules.split('\0').skip(1).map(module).collect();
        let options = Options {
            plain,
            asked_for: Some(asked_for.iter().copied().map(Value::from).collect()),
            ..Options::default()
        };
        compile(&modules, &options).unwrap()
    }

    /// The values that each test for wanted ones lets pass, and how many steps come before it.
    fn tests_of(program: &Program) -> Vec<(usize, String)> {
        let group = program
            .groups
            .iter()
            .find(|group| *group.name == *"data.p.g");
        let rules = group.unwrap().rules.iter();
        let tests = rules.flat_map(|rule| rule.body.steps.iter().enumerate());
        let tests = tests.filter_map(|(at, step)| match step {
            Step::OneOf { among, .. } => Some((at, format!("{among:?}"))),
            _ => None,
        });
        tests.collect()
    }

    const SET: &str = r#"
        g contains {"msg": msg, "field": field} if {
            item := input.spec[field][_]
            not item.a
            msg := item.name
        }
        g contains {"msg": "kind", "field": "x"} if input.kind
        g contains {"msg": "odd", "field": f, "more": 1} if f := input.kind
        g contains "text" if input.kind
    "#;

    #[test]
    fn rules_go_on_with_what_is_wanted_alone() {
        let check = |rules: &str, asked_for: &[&str], expected: &[(usize, &str)]| {
            let program = compiled(&format!("{SET}{rules}"), false, asked_for);
            let found = tests_of(&program);
            let found: Vec<_> = found.iter().map(|(at, text)| (*at, &**text)).collect();
            assert_eq!(found, expected, "{rules}");
        };
        let (both, one) = (r#"[String("a"), String("b")]"#, r#"[String("a")]"#);
        let wants =
            |field: &str| format!("v contains m if g[{{\"msg\": m, \"field\": {field}}}]\n");
        // Behind the walk that gives the field, and where it is given. Members that are constants are left.
        let (a, b) = (wants("\"a\""), wants("\"b\""));
        check(&a, &PATH, &[(2, one), (1, one)]);
        check(&format!("{a}{b}"), &PATH, &[(2, both), (1, both)]);
        let inside = r#"v contains m if { m := [n | g[{"msg": n, "field": "a"}]]; not g[{"msg": "z", "field": "b"}] }"#;
        check(inside, &PATH, &[(2, both), (1, both)]);
        let known = r#"v contains m if { m := input.m; g[{"msg": m, "field": "a"}] }"#;
        check(known, &PATH, &[(2, one), (1, one)]);
        // Somebody else may want another member.
        let all: &[&str] = &[
            "v contains m if some m in g",
            "v contains m if m := g",
            "v contains m if g[m]",
            "v contains m if { f := input.f; g[{\"msg\": m, \"field\": f}] }",
            "v contains m if { m := input.m; g[m] }",
            "v contains 1 if g[\"text\"]",
        ];
        for other in all {
            check(&format!("{a}{other}"), &PATH, &[]);
        }
        let elsewhere =
            format!("{SET}{a}\npackage q\nv contains m if {{ data.p.v; m := data.p[input.f] }}");
        assert_eq!(tests_of(&compiled(&elsewhere, false, &["q", "v"])), []);
        check(&a, &["p"], &[]);
        check(&a, &["p", "g"], &[]);
        // Told by another field, which is known when it was read; one rule cannot give what is wanted.
        check(
            r#"v contains f if g[{"msg": "kind", "field": f}]"#,
            &PATH,
            &[(5, r#"[String("kind")]"#), (0, r#"[String("kind")]"#)],
        );
    }

    #[test]
    fn what_is_wanted_is_the_same() {
        let rules = format!(
            r#"{SET}
            v contains ["a", m] if g[{{"msg": m, "field": "a"}}]
            v contains ["x", m] if g[{{"msg": m, "field": "x"}}]
            v contains ["more", m, n] if g[{{"msg": m, "field": "b", "more": n}}]
            v contains ["none"] if not g[{{"msg": "kind", "field": "x"}}]
            v contains ["with", m] if g[{{"msg": m, "field": "a"}}] with input.spec as {{"a": [{{"name": 9}}]}}
            "#
        );
        let [narrow, plain] = [false, true].map(|plain| compiled(&rules, plain, &PATH));
        let data = Data::new(Value::from(&json!({})));
        let caches = Caches::default();
        let mut sizes = Vec::new();
        for input in [
            json!({"spec": {"a": [{"name": 1}, {"name": 2, "a": 1}], "b": [{"name": 3}], "x": [{"name": 4}]}}),
            json!({"spec": {"a": {"k": {"name": 1}}}, "kind": "b"}),
            json!({"kind": "x"}),
            json!([]),
        ] {
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(Value::from(&input));
            let path = PATH.map(Value::from);
            let answer = |program: &Program| program.evaluate(&path, &evaluation).unwrap();
            let found = answer(&narrow);
            assert_eq!(found, answer(&plain), "{input}");
            let derived = narrow.explain(&path, &evaluation).unwrap();
            let Some(Value::Set(set)) = found else {
                panic!("{input}: no set")
            };
            assert_eq!(derived.len(), set.members().len(), "{input}");
            sizes.push(derived.len());
        }
        // One of `a`, one of `x`, none, one with; and so on.
        assert_eq!(sizes, [4, 4, 2, 2]);
    }
}
