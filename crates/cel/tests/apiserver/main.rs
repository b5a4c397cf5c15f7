//! The same expressions here and in the API server's own library: whether they are taken, their types, values, costs.
//!
//! `oracle/` is a small Go program around `k8s.io/apiserver`; it is built where Go is there.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ringwall_cel::{Bindings, Budget, Environment, Extension, Type, Value};
use serde_json::{Value as Json, json};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apiserver");

/// One expression, over one object.
struct Case {
    text: String,
    object: Json,
}

/// Lines of expressions; a line that begins with `@` gives the object of those after it.
fn cases() -> Vec<Case> {
    let mut object = Json::Null;
    let mut cases = Vec::new();
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(HERE).join("expressions"))
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file can be read");
        for line in text.lines() {
            if let Some(json) = line.strip_prefix('@') {
                object = serde_json::from_str(json).expect("an object is JSON");
            } else if !line.is_empty() && !line.starts_with('#') {
                cases.push(Case {
                    text: line.to_owned(),
                    object: object.clone(),
                });
            }
        }
    }
    cases
}

/// Builds the Go program; `None` where that cannot be.
fn oracle() -> Option<PathBuf> {
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cel-oracle");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(Path::new(HERE).join("oracle"))
        .status()
        .ok()?;
    built.success().then_some(binary)
}

/// What the Go program says to each case.
fn answers(oracle: &Path, cases: &[Case]) -> Vec<Json> {
    let mut child = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: Vec<String> = cases
        .iter()
        .map(|case| {
            json!({"expr": case.text, "object": case.object, "version": "1.37+"}).to_string()
        })
        .collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").expect("the oracle reads");
        }
    });
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("all was written");
    String::from_utf8(output.stdout)
        .expect("the oracle writes text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("the oracle writes JSON"))
        .collect()
}

/// A value in the words of the Go program.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => Json::from(&**text).to_string(),
        Value::Double(value) if value.is_infinite() => {
            format!("double({}Inf)", if *value > 0.0 { '+' } else { '-' })
        }
        Value::Double(value) => format!("double({value})"),
        Value::Bytes(bytes) => bytes
            .iter()
            .fold("b".to_owned(), |text, byte| format!("{text}{byte:02x}")),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(value)) => format!("some({})", shown(value)),
        Value::Timestamp(_) | Value::Duration(_) => {
            let text = value.to_string();
            let inside = text.split('"').nth(1).expect("a text");
            format!("{}({inside})", value.type_name())
        }
        Value::List(list) => {
            let elements: Vec<String> = list.iter().map(|element| shown(&element)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Map(map) => {
            let mut entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", shown(&key), shown(&value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Type(name) => format!("type({name})"),
        Value::Opaque(_) => value.type_name().to_string(),
        other => other.to_string(),
    }
}

/// What we say to a case, in the same form.
fn ours(environment: &Environment, case: &Case) -> Json {
    let program = match environment.compile(&case.text) {
        Ok(program) => program,
        Err(errors) => return json!({"compile_error": errors[0].to_string()}),
    };
    let ty = program.output_type().to_string();
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &case.object);
    let mut budget = Budget::new(Budget::POLICY);
    let result = program.evaluate(&bindings, &mut budget);
    match result {
        Ok(value) => json!({"type": ty, "value": shown(&value), "cost": budget.spent()}),
        Err(error) => json!({"type": ty, "error": error.to_string(), "cost": budget.spent()}),
    }
}

/// Whether both say the same; words of errors may differ, and so may the cost of what fails.
fn agree(ours: &Json, theirs: &Json) -> bool {
    if !theirs["compile_error"].is_null() || !ours["compile_error"].is_null() {
        return theirs["compile_error"].is_null() == ours["compile_error"].is_null();
    }
    ours["type"] == theirs["type"]
        && ours["value"] == theirs["value"]
        && ours["error"].is_null() == theirs["error"].is_null()
        && (!ours["error"].is_null() || ours["cost"] == theirs["cost"])
}

/// The answers of the API server's library when they were last asked for; `UPDATE=1` asks anew.
fn recorded() -> Vec<Json> {
    let text = fs::read_to_string(Path::new(HERE).join("recorded.jsonl"));
    text.unwrap_or_default()
        .lines()
        .map(|line| serde_json::from_str(line).expect("an answer is JSON"))
        .collect()
}

fn record(cases: &[Case], answers: &[Json]) {
    let mut text = String::new();
    for (case, answer) in cases.iter().zip(answers) {
        let mut answer = answer.clone();
        answer["expr"] = case.text.clone().into();
        // Their words of errors are theirs.
        for kind in ["compile_error", "error"] {
            if !answer[kind].is_null() {
                answer[kind] = true.into();
            }
        }
        text.push_str(&answer.to_string());
        text.push('\n');
    }
    fs::write(Path::new(HERE).join("recorded.jsonl"), text).expect("the answers can be written");
}

/// The functions beyond those of the API server are in both, so that their costs are compared too.
fn environment() -> Environment {
    [
        Extension::JsonPatch,
        Extension::Math,
        Extension::Bind,
        Extension::Encoders,
    ]
    .into_iter()
    .fold(Environment::kubernetes(37), Environment::with)
    .variable("object", Type::Dyn)
}

#[test]
fn expressions_mean_what_they_mean_in_the_api_server() {
    let cases = cases();
    assert!(cases.len() > 1200, "{}", cases.len());
    if std::env::var_os("UPDATE").is_some() {
        let oracle = oracle().expect("the oracle can be built");
        record(&cases, &answers(&oracle, &cases));
    }
    let environment = environment();
    let recorded = recorded();
    assert_eq!(cases.len(), recorded.len(), "UPDATE=1 records the answers");
    let wrong: Vec<String> = cases
        .iter()
        .zip(&recorded)
        .filter_map(|(case, theirs)| {
            assert_eq!(theirs["expr"], case.text.as_str(), "UPDATE=1 records them");
            let ours = ours(&environment, case);
            (!agree(&ours, theirs))
                .then(|| format!("{}\n    ours   {ours}\n    theirs {theirs}", case.text))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{}\n{} of {} differ",
        wrong.join("\n"),
        wrong.len(),
        cases.len()
    );
}

#[test]
fn what_is_recorded_is_what_the_api_server_says() {
    if std::env::var_os("UPDATE").is_some() {
        println!("skipped: the answers are being recorded");
        return;
    }
    let Some(oracle) = oracle() else {
        println!("skipped: no Go, or the API server's library cannot be built");
        return;
    };
    let cases = cases();
    let answers = answers(&oracle, &cases);
    assert_eq!(answers.len(), cases.len());
    for ((case, now), then) in cases.iter().zip(&answers).zip(&recorded()) {
        assert!(agree(now, then), "{}\n{now}\n{then}", case.text);
    }
}
