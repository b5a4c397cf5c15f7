//! Every builtin beside OPA itself: thousands of generated calls, the same values, the same refusals.
//!
//! OPA runs as a process of its own (`tests/peers/opa`, built here where Go and the module are there).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "functions that tests share fail and speak as tests do"
)]

mod corpus;
mod generate;
mod peer;

use std::{collections::BTreeMap, fmt::Write as _};

use generate::{Generator, literal};
use peer::{Outcome, Peer};
use ringwall_rego::{
    ErrorCode, Value,
    builtins::{self, Availability, Builtin, BuiltinErrorKind, Caches, Context, NoHost},
};

/// Calls of each builtin.
const CALLS: usize = 400;
/// The time of every evaluation.
const NOW_NS: i64 = 1_764_200_000_123_456_789;

/// Builtins whose results differ from call to call.
const RANDOM: &[&str] = &["rand.intn", "uuid.rfc4122"];

/// Builtins that only the compiler calls, with operands of a certain form.
const INTERNAL: &str = "internal.template_string";

fn ours(builtin: &Builtin, caches: &Caches, operands: &[Value]) -> Outcome {
    let mut context = Context::new(caches, &NoHost, NOW_NS, 1, 300_000);
    match builtin.call(&mut context, operands) {
        Ok(Some(value)) => Outcome::Value(value.to_string()),
        Ok(None) => Outcome::Undefined,
        Err(error) if error.kind == BuiltinErrorKind::Halt => {
            Outcome::NotJudged(error.message.into_owned())
        }
        Err(error) if error.code() == ErrorCode::Operand => {
            Outcome::Error("eval_type_error".to_owned(), error.message.into_owned())
        }
        Err(error) => Outcome::Error("eval_builtin_error".to_owned(), error.message.into_owned()),
    }
}

#[test]
fn builtins_answer_as_opa_does() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let only = std::env::var("BUILTIN").ok();
    let calls = std::env::var("CALLS")
        .ok()
        .and_then(|calls| calls.parse().ok())
        .unwrap_or(CALLS);
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    let caches = Caches::default();
    let mut report = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for builtin in builtins::all() {
        let is_here = matches!(builtin.availability, Availability::Here(_));
        let is_wanted = only
            .as_ref()
            .is_none_or(|only| only.split(',').any(|start| builtin.name.starts_with(start)));
        if !is_here || !is_wanted || RANDOM.contains(&builtin.name) || builtin.name == INTERNAL {
            continue;
        }
        let mut generator = Generator::new(builtin, seed);
        let operands: Vec<Vec<Value>> = (0..calls).map(|_| generator.operands()).collect();
        let theirs = peer.calls(builtin, &operands, NOW_NS);
        let (mut differences, mut not_judged, mut values) = (0, 0, 0);
        for (operands, theirs) in operands.iter().zip(theirs) {
            // OPA keeps such spellings, which it can neither print as JSON nor read again; here they are spelt anew.
            let is_odd = |text: &Value| {
                text.as_str()
                    .is_some_and(|text| text.contains(['_', 'x', 'X']))
            };
            if builtin.name == "to_number" && operands.iter().any(is_odd) {
                continue;
            }
            let ours = ours(builtin, &caches, operands);
            values += usize::from(matches!(theirs, Outcome::Value(_)));
            if let Outcome::NotJudged(reason) = &ours {
                not_judged += 1;
                if not_judged <= 2 {
                    let _ = writeln!(
                        report,
                        "  ({} not judged: {reason}; {theirs})",
                        builtin.name
                    );
                }
            } else if !ours.agrees(&theirs) {
                differences += 1;
                if differences <= 5 {
                    let arguments: Vec<String> = operands.iter().map(literal).collect();
                    let _ = writeln!(
                        report,
                        "{}({})\n    OPA:  {theirs}\n    ours: {ours}",
                        builtin.name,
                        arguments.join(", ")
                    );
                }
            }
        }
        println!(
            "{}: {calls} calls, {values} values, {differences} differences, {not_judged} not judged",
            builtin.name
        );
        counts.insert(builtin.name, differences);
        assert!(
            values * 20 >= calls || only.is_some(),
            "{} had next to no calls with a value: {values} of {calls}",
            builtin.name
        );
    }
    let differences: usize = counts.values().sum();
    println!("{report}");
    assert_eq!(differences, 0, "differences from OPA:\n{report}");
}

/// Every character there is, in upper and lower case and quoted: the tables of Unicode are Go's.
#[test]
fn characters_are_those_of_go() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let caches = Caches::default();
    let characters: Vec<char> = ('\u{80}'..=char::MAX).collect();
    let texts: Vec<Value> = characters
        .chunks(500)
        .map(|chunk| Value::from(&*chunk.iter().collect::<String>()))
        .collect();
    for (name, format) in [("lower", None), ("upper", None), ("sprintf", Some("%q"))] {
        let builtin = builtins::lookup(name).unwrap();
        let operands: Vec<Vec<Value>> = texts
            .iter()
            .map(|text| match format {
                None => vec![text.clone()],
                Some(format) => vec![Value::from(format), Value::Array([text.clone()].into())],
            })
            .collect();
        for (operands, theirs) in operands.iter().zip(peer.calls(builtin, &operands, NOW_NS)) {
            let ours = ours(builtin, &caches, operands);
            let (Outcome::Value(ours), Outcome::Value(theirs)) = (&ours, &theirs) else {
                panic!("{name}: {ours} {theirs}");
            };
            for (a, b) in ours.chars().zip(theirs.chars()) {
                assert_eq!(a, b, "{name} of {}", literal(operands.last().unwrap()));
            }
        }
    }
}
