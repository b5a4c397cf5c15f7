//! Functions whose body asks for something that has nothing to do with their operands.
//!
//! ```rego
//! is_exempt(container) if {
//!     images := object.get(input.parameters, "exemptImages", [])
//!     some image in images
//!     startswith(container.image, image)
//! }
//! ```
//!
//! Where no image is exempt, no container is: that is found out once, and calls have no value from then on. The steps
//! that need no operand are run apart, in their order and without those between them, of which none can be an error.

use super::slots::{Slots, reads, writes};
use crate::{
    builtins::Availability,
    code::{Body, Callee, From, Gives, Group, Guard, Sort, Step},
};

/// Finds guards, and gives them places after those of comprehensions that keep their value. Gives how many places there
/// are then.
pub(super) fn guard(groups: &mut [Group], mut places: u32) -> u32 {
    for group in groups {
        if let Some(body) = body(group) {
            group.guard = Some(Guard { body, memo: places });
            places += 1;
        }
    }
    places
}

/// The steps of a function's only rule that need no operand.
fn body(group: &Group) -> Option<Body> {
    let [rule] = &*group.rules else { return None };
    if group.sort != Sort::Function || group.default.is_some() || rule.otherwise.is_some() {
        return None;
    }
    let mut known = Slots::new();
    let mut steps = Vec::new();
    for step in &rule.body.steps {
        let (mut read, mut written) = (Slots::new(), Slots::new());
        reads(step, &mut read);
        writes(step, &mut written);
        if read.is_subset(&known) && is_sure(step) {
            known.extend(written);
            steps.push(step.clone());
        } else if !is_harmless(step) {
            break;
        }
    }
    let may_fail = |step: &Step| !matches!(step, Step::Give { .. });
    (steps.len() < rule.body.steps.len() && steps.iter().any(may_fail)).then(|| Body {
        steps: steps.into(),
        gives: Gives::Truth,
    })
}

/// Whether a step whose slots are known does the same whenever it is run.
fn is_sure(step: &Step) -> bool {
    match step {
        Step::Call(call) => match &call.callee {
            Callee::Builtin(builtin) => {
                builtin.is_deterministic && matches!(builtin.availability, Availability::Here(_))
            }
            Callee::Function(_) => false,
        },
        step => is_harmless(step),
    }
}

/// Whether a step cannot be an error, be it run or left out.
fn is_harmless(step: &Step) -> bool {
    match step {
        Step::Read { from, .. } => !matches!(from, From::Rules(_)),
        Step::Walk { .. }
        | Step::Give { .. }
        | Step::Compare { .. }
        | Step::OneOf { .. }
        | Step::ArrayOf { .. }
        | Step::ObjectOf { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        Data, Evaluation, Options, Program, Value, Version,
        builtins::{Caches, NoHost},
        compile::compile,
        parse::parse,
    };

    fn compiled(rules: &str, plain: bool) -> Program {
        let text = format!("package p\nimport rego.v1\n{rules}");
        let module = parse("p.rego", &text, Version::V1).unwrap();
        let options = Options {
            plain,
            ..Options::default()
        };
        compile(&[module], &options).unwrap()
    }

    #[test]
    fn what_needs_no_operand_is_told_from_the_rest() {
        let check = |rules: &str, expected: Option<usize>| {
            let program = compiled(rules, false);
            let mut groups = program.groups.iter();
            let group = groups.find(|group| *group.name == *"data.p.f").unwrap();
            let guard = group.guard.as_ref();
            let steps = guard.map(|guard| guard.body.steps.len());
            assert_eq!(steps, expected, "{rules}");
        };
        // A read and a walk; what stands between them is not run.
        check(
            "f(x) if { y := x.a; some e in input.b; startswith(y, e) }",
            Some(2),
        );
        check("f(x) if { count(input.b) > 1; x.a }", Some(3));
        check("f(x) if { x.a; input.b }", Some(1));
        // The first may be an error, and comes first.
        check(
            "f(x) if { g(x); input.b }\ng(x) := 1 if x.a\ng(x) := 2 if x.b",
            None,
        );
        check("f(x) if { y := upper(x); input.b; y == \"A\" }", None);
        // Another rule may hold, and what stands for all has an `else`.
        check("f(x) if { input.b; x.a }\nf(x) if x.c", None);
        check("f(x) if { input.b; x.a } else := 2", None);
        check("default f(x) := 3\nf(x) if { input.b; x.a }", None);
        // A rule may be an error too.
        check(
            "f(x) if { r; x.a }\nr := 1 if input.b\nr := 2 if input.b",
            None,
        );
        check("f(x) if { rand.intn(\"a\", 2) == 1; x.a }", None);
        check("f(x) if { x.a; x.b }", None);
    }

    #[test]
    fn guarded_functions_give_the_same() {
        let rules = r#"
            f(x) := y if { z := x.a; some e in input.b; startswith(z, e); y := z }
            v contains f(x) if some x in data.d
            v contains ["other", x.a] if { some x in data.d; f(x) with input as {"b": ["o"]} }
            v contains ["both", y] if { some x in data.d; y := f(x) with input.b as ["t"] }
            v contains ["mocked", y] if { some x in data.d; y := f(x) with startswith as g }
            v contains ["none"] if { not f({"a": 1}) }
            g(x, y) if x != y
        "#;
        let [guarded, plain] = [false, true].map(|plain| compiled(rules, plain));
        let data = Data::new(Value::from(
            &json!({"d": [{"a": "one"}, {"a": "two"}, {"b": 1}, 7]}),
        ));
        let caches = Caches::default();
        let mut sizes = Vec::new();
        for input in [
            json!({"b": ["o", "t"]}),
            json!({"b": []}),
            json!({"b": "o"}),
            json!({}),
            json!({"b": {"x": "one"}}),
        ] {
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(Value::from(&input));
            let path = ["p", "v"].map(Value::from);
            let answer = |program: &Program| program.evaluate(&path, &evaluation).unwrap();
            let found = answer(&guarded);
            assert_eq!(found, answer(&plain), "{input}");
            let Some(Value::Set(set)) = found else {
                panic!("{input}: no set")
            };
            sizes.push(set.members().len());
        }
        assert_eq!(sizes, [7, 3, 3, 3, 5]);
    }
}
