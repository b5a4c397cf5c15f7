//! OPA's own test cases, run by this crate: each gives what OPA gives, or stands in `docs/policy-conformance.md`.
//!
//! Only loud differences may be listed: modules that are refused, errors instead of results. A wrong result never.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod needs;
mod opa;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    panic::catch_unwind,
    sync::Arc,
};

use needs::cut;
use opa::Case;
use ringwall_rego::{
    Data, Error, Evaluation, Limits, Object, Options, Program, Value,
    ast::Version,
    builtins::{self, Caches, Host},
    check, compile, parse,
};

const LIST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/policy-conformance.md"
);

/// How a case differs from OPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The modules or the query are not accepted.
    Refused,
    /// An error in the place of a result, or another error.
    Error,
    /// A result that OPA does not give. It must not happen.
    Silent,
}

/// What a case gave.
enum Outcome {
    Results(BTreeSet<Value>),
    /// Errors before the evaluation.
    Refused(Vec<Error>),
    /// An error of the evaluation.
    Failed(Error),
}

/// A host with the environment that a case asks for, which reaches nothing else.
struct Environment(Option<Value>);

impl Host for Environment {
    fn allows(&self, builtin: &str) -> bool {
        matches!(builtin, "opa.runtime" | "http.send" | "net.lookup_ip_addr")
    }

    fn call(&self, builtin: &str, _operands: &[Value]) -> builtins::Answer {
        match builtin {
            // Without an environment there is nothing to tell, as in OPA's own runs of the cases.
            "opa.runtime" => Ok(Some(match &self.0 {
                Some(env) => object(vec![(Value::from("env"), env.clone())]),
                None => object(Vec::new()),
            })),
            _ => Err(builtins::BuiltinError::halt(format!(
                "{builtin} is not allowed"
            ))),
        }
    }
}

fn object(entries: Vec<(Value, Value)>) -> Value {
    Value::Object(Arc::new(Object::from_entries(entries)))
}

fn run(case: &Case) -> Outcome {
    let mut modules = Vec::new();
    let mut errors = Vec::new();
    for (index, text) in case.modules.iter().enumerate() {
        match parse(&format!("test-{index}.rego"), text, case.version) {
            Ok(module) => modules.push(module),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Outcome::Refused(errors);
    }
    let found = check(&modules, false);
    if !found.is_empty() {
        return Outcome::Refused(found);
    }
    let mut options = Options::default();
    // Cases replace these by `with`; those that do not get an error.
    for builtin in ["opa.runtime", "http.send", "net.lookup_ip_addr"] {
        options.allowed.insert(builtin.into());
    }
    options.asked_for = asked_for(&case.query);
    let program = match compile(&modules, &options) {
        Ok(program) => program,
        Err(errors) => return Outcome::Refused(errors),
    };
    let query = match program.query(&case.query, Version::V1) {
        Ok(query) => query,
        Err(errors) => return Outcome::Refused(errors),
    };
    let input = match &case.input_term {
        Some(text) => match literal(text) {
            Ok(value) => value,
            Err(errors) => return Outcome::Refused(errors),
        },
        None => case.input.clone(),
    };
    let data = Data::new(case.data.clone().unwrap_or_else(|| object(Vec::new())));
    let caches = Caches::default();
    let host = Environment(case.env.clone());
    let mut evaluation = Evaluation::new(&data, &caches, &host);
    evaluation.input = input;
    evaluation.now_ns = 1_700_000_000_000_000_000;
    evaluation.strict_builtin_errors = case.strict_error;
    evaluation.limits = Limits::default();
    let answer = program.ask(&query, &evaluation);
    let needed = Data::new(needed(&program, data.value(), &case.query));
    let mut of_needed = Evaluation::new(&needed, &caches, &host);
    of_needed.input.clone_from(&evaluation.input);
    if !case.query.contains("input") {
        let need = program.needs_of_input();
        of_needed.input = of_needed.input.map(|input| cut(need, &input));
    }
    of_needed.now_ns = evaluation.now_ns;
    of_needed.strict_builtin_errors = evaluation.strict_builtin_errors;
    of_needed.limits = evaluation.limits;
    assert_eq!(
        program.ask(&query, &of_needed),
        answer,
        "{}: with what the program says that it looks at",
        case.note
    );
    match answer {
        Err(error) => Outcome::Failed(error),
        Ok(rows) => Outcome::Results(
            rows.into_iter()
                .map(|row| {
                    let entries = row
                        .into_iter()
                        .map(|(name, value)| {
                            (Value::String(name), plain(&value, case.sort_bindings))
                        })
                        .collect();
                    object(entries)
                })
                .collect(),
        ),
    }
}

/// The path of the one document that a query asks for, if that is all it does.
fn asked_for(query: &str) -> Option<Box<[Value]>> {
    let path = query.strip_prefix("data.")?.strip_suffix(" = x")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
    path.chars()
        .all(is_plain)
        .then(|| path.split('.').map(Value::from).collect())
}

/// What a program says that it looks at, and what the query itself names.
fn needed(program: &Program, data: &Value, query: &str) -> Value {
    let Value::Object(data) = data else {
        return data.clone();
    };
    let members = data.entries().iter().filter_map(|(key, member)| {
        let name = key.as_str().unwrap_or_default();
        if !query.contains("data.") || query.contains(&format!("data.{name}")) {
            return Some((key.clone(), member.clone()));
        }
        let need = program.needs().member(name)?;
        Some((key.clone(), cut(need, member)))
    });
    object(members.collect())
}

/// The value of a term without variables, by asking for it.
fn literal(text: &str) -> Result<Option<Value>, Vec<Error>> {
    let program = compile(&[], &Options::default())?;
    let query = program.query(&format!("x := {text}"), Version::V1)?;
    let (data, caches) = (Data::new(object(Vec::new())), Caches::default());
    let rows = program
        .ask(&query, &Evaluation::new(&data, &caches, &builtins::NoHost))
        .map_err(|error| vec![error])?;
    Ok(rows
        .into_iter()
        .next()
        .and_then(|row| row.get("x").cloned()))
}

/// A value as its JSON would be read again: sets become arrays, keys strings.
fn plain(value: &Value, sorted: bool) -> Value {
    let value = match value {
        Value::Set(set) => Value::Array(
            set.members()
                .iter()
                .map(|member| plain(member, false))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(|item| plain(item, false)).collect()),
        Value::Object(members) => object(
            members
                .entries()
                .iter()
                .map(|(key, value)| {
                    let key = match key {
                        Value::String(_) => key.clone(),
                        other => Value::from(&*plain(other, false).to_json().to_string()),
                    };
                    (key, plain(value, false))
                })
                .collect(),
        ),
        other => other.clone(),
    };
    match value {
        Value::Array(items) if sorted => {
            let mut items = items.to_vec();
            items.sort();
            Value::Array(items.into())
        }
        other => other,
    }
}

/// What differs from what the case wants.
fn difference(case: &Case) -> Option<(Kind, String)> {
    let Ok(outcome) = catch_unwind(|| run(case)) else {
        return Some((Kind::Silent, "panics".to_owned()));
    };
    match outcome {
        Outcome::Refused(errors) => Some((
            Kind::Refused,
            errors.first().map(ToString::to_string).unwrap_or_default(),
        )),
        Outcome::Failed(error) => {
            let line = error.position.line;
            let text = format!(
                "{}:{line}: {}: {}",
                error.file,
                error.code.as_str(),
                error.message
            );
            let has_code = case
                .want_error_code
                .as_deref()
                .is_none_or(|code| code == error.code.as_str());
            let has_text = case
                .want_error
                .as_deref()
                .is_none_or(|want| text.contains(want));
            if case.wants_error() && has_code && has_text {
                return None;
            }
            Some((Kind::Error, format!("{text}, wanted {}", wanted(case))))
        }
        Outcome::Results(found) => {
            let told = || {
                let rows: Vec<_> = found.iter().map(ToString::to_string).collect();
                (
                    Kind::Silent,
                    format!("{}, wanted {}", rows.join(" "), wanted(case)),
                )
            };
            match &case.want_result {
                Some(wanted) if !case.wants_error() => {
                    let wanted: BTreeSet<_> = wanted.iter().cloned().collect();
                    (wanted != found).then(told)
                }
                _ => Some(told()),
            }
        }
    }
}

fn wanted(case: &Case) -> String {
    match (&case.want_error, &case.want_error_code, &case.want_result) {
        (Some(text), ..) => text.clone(),
        (None, Some(code), _) => code.clone(),
        (None, None, Some(rows)) => {
            let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
            rows.join(" ")
        }
        _ => String::new(),
    }
}

/// The rows of the document: which cases (without their version), and how many of both versions.
/// A name that ends in `*` stands for all that begin so.
fn listed() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(LIST).unwrap_or_default();
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with("Rego"))
        .unwrap_or("");
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|rest| {
            let (name, rest) = rest.split_once("` | ")?;
            let count = rest.split('|').next()?.trim().parse().ok()?;
            Some((name.to_owned(), count))
        })
        .collect()
}

#[test]
fn cases_give_what_opa_gives_or_are_listed() {
    let Some(folder) = opa::folder() else {
        return;
    };
    let cases = opa::cases(&folder);
    let listed = listed();
    let mut found: BTreeMap<&str, usize> = listed.keys().map(|name| (&**name, 0)).collect();
    let mut wrong = String::new();
    let mut count = 0;
    for case in &cases {
        let Some((kind, told)) = difference(case) else {
            continue;
        };
        let name = format!("{}: {}", case.file, case.note);
        let row = name.split_once('/').and_then(|(_, name)| {
            listed.keys().find(|row| {
                row.strip_suffix('*')
                    .map_or(**row == name, |start| name.starts_with(start))
            })
        });
        match row {
            Some(row) if kind != Kind::Silent => *found.entry(row).or_default() += 1,
            _ => {
                count += 1;
                let _ = writeln!(wrong, "{kind:?} {name}\n    {told}");
            }
        }
    }
    for (row, expected) in &listed {
        let found = found.get(&**row).copied().unwrap_or(0);
        if found != *expected {
            let _ = writeln!(
                wrong,
                "listed for {expected} cases, but {found} differ: {row}"
            );
        }
    }
    println!("{} cases, {count} not as they should be", cases.len());
    assert!(
        wrong.is_empty(),
        "{count} of {} cases:\n{wrong}",
        cases.len()
    );
}
