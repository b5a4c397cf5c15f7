//! The suites of the shared Gatekeeper library hold.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "tests may fail"
)]

mod library;
mod needs;
#[path = "opa/yaml.rs"]
mod yaml;

use ringwall_rego::{
    Data, Evaluation, Options, Value,
    builtins::{Caches, NoHost},
    compile,
};

use library::{Case, at, text};

/// How many of the messages an assertion counts, and whether that is what it wants.
fn holds(assertion: &Value, messages: &[String]) -> bool {
    let pattern = at(assertion, &["message"]);
    let count = match pattern.as_str() {
        Some(pattern) => messages
            .iter()
            .filter(|message| message.contains(pattern))
            .count(),
        None => messages.len(),
    };
    match at(assertion, &["violations"]) {
        Value::Bool(true) | Value::Null => count > 0,
        Value::Bool(false) => count == 0,
        Value::String(word) if &*word == "yes" => count > 0,
        Value::String(word) if &*word == "no" => count == 0,
        other => other == Value::from(i64::try_from(count).unwrap()),
    }
}

fn failures(case: &Case, messages: &[String]) -> Vec<String> {
    case.assertions
        .iter()
        .filter(|assertion| !holds(assertion, messages))
        .map(|assertion| format!("{}: {} with {messages:?}", case.name, assertion.to_json()))
        .collect()
}

#[test]
fn every_case_of_every_suite_holds() {
    let Some(folder) = library::folder() else {
        return;
    };
    let templates = library::templates(&folder);
    assert_eq!(templates.len(), 34);
    let caches = Caches::default();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for template in &templates {
        let program = match compile(&template.parse(), &Options::default()) {
            Ok(program) => program,
            Err(errors) => {
                wrong.extend(errors.iter().map(ToString::to_string));
                continue;
            }
        };
        for case in &template.cases {
            cases += 1;
            let data = Data::new(case.inventory.clone());
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(case.input.clone());
            let messages = match program.evaluate(&template.entry(), &evaluation) {
                Ok(Some(Value::Set(set))) if case.matches => set
                    .members()
                    .iter()
                    .map(|violation| text(&at(violation, &["msg"])))
                    .collect(),
                Ok(_) => Vec::new(),
                Err(error) => vec![error.to_string()],
            };
            wrong.extend(
                failures(case, &messages)
                    .into_iter()
                    .map(|failure| format!("{}: {failure}", template.name)),
            );
        }
    }
    assert_eq!(cases, 183);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn plain_programs_and_explanations_give_the_same() {
    let Some(folder) = library::folder() else {
        return;
    };
    let caches = Caches::default();
    for template in library::templates(&folder) {
        let modules = template.parse();
        let tuned = Options {
            asked_for: Some(template.entry().into()),
            ..Options::default()
        };
        let tuned = compile(&modules, &tuned).unwrap();
        let plain = Options {
            plain: true,
            ..Options::default()
        };
        let plain = compile(&modules, &plain).unwrap();
        for case in &template.cases {
            let data = Data::new(case.inventory.clone());
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(case.input.clone());
            let expected = plain.evaluate(&template.entry(), &evaluation);
            assert_eq!(
                tuned.evaluate(&template.entry(), &evaluation),
                expected,
                "{} {}",
                template.name,
                case.name
            );
            let needed = Data::new(needs::needed(&tuned, &case.inventory));
            let mut of_needed = Evaluation::new(&needed, &caches, &NoHost);
            of_needed.input = Some(needs::cut(tuned.needs_of_input(), &case.input));
            assert_eq!(
                tuned.evaluate(&template.entry(), &of_needed),
                expected,
                "{} {} with what it says that it looks at",
                template.name,
                case.name
            );
            let derived = tuned.explain(&template.entry(), &evaluation).unwrap();
            let members: Vec<Value> = derived.iter().map(|one| one.member.clone()).collect();
            let Ok(Some(Value::Set(set))) = expected else {
                panic!("{} {}: no set", template.name, case.name);
            };
            assert_eq!(members, set.members(), "{} {}", template.name, case.name);
            assert!(
                derived.iter().all(|one| !one.reads.is_empty()),
                "{} {}: {derived:?}",
                template.name,
                case.name
            );
        }
    }
}
