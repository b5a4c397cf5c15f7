//! The conformance tests of the CEL specification, read from the Go module cache.
//!
//! `docs/policy-conformance.md` lists what differs and why; what differs beyond that list fails, and so does a row
//! of the list that differs no longer. What differs is refused, never answered wrongly.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and equal doubles are equal"
)]

mod case;
mod textproto;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
};

use case::Expected;
use ringwall_cel::{Bindings, Budget, Environment, Extension, Value};
use textproto::Message;

/// Where the specification's tests are, and at which version.
const MODULE: &str = "cel.dev/expr@v0.26.0";

const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/policy-conformance.md"
);

/// The folder with the test files; downloaded by Go if it is not there yet.
fn folder() -> Option<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", MODULE])
        .current_dir(std::env::temp_dir())
        .output()
        .ok()?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let folder = PathBuf::from(json["Dir"].as_str()?).join("tests/simple/testdata");
    folder.is_dir().then_some(folder)
}

/// How one test went.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    /// The expression was refused, or needs what only protocol buffers have.
    Refused(String),
    Wrong(String),
}

fn environment() -> Environment {
    [
        Extension::MixedNumbers,
        Extension::Optionals,
        Extension::TwoVariables,
        Extension::Bind,
        Extension::Strings,
        Extension::StringsFormatPortable,
        Extension::StringsReverse,
        Extension::Lists,
        Extension::Math,
        Extension::Sets,
        Extension::Encoders,
        Extension::Ip,
        Extension::Cidr,
    ]
    .into_iter()
    .fold(Environment::standard(), Environment::with)
}

fn run(test: &Message) -> Verdict {
    let mut environment = environment();
    let expected = case::expected(test);
    if test.is_true("disable_macros") {
        return Verdict::Refused("macros cannot be switched off".to_owned());
    }
    if let Some(container) = test.text("container") {
        environment = environment.container(&container);
    }
    for declaration in test.messages("type_env") {
        let name = declaration.text("name").expect("a declaration has a name");
        let ty = declaration
            .message("ident")
            .and_then(|ident| case::ty(ident.message("type")?));
        match ty {
            Some(ty) => environment = environment.variable(&name, ty),
            None => return Verdict::Refused(format!("{name} is declared with a type of protobuf")),
        }
    }
    let mut bound = Vec::new();
    for binding in test.messages("bindings") {
        let name = binding.text("key").expect("a binding has a key");
        let value = binding
            .message("value")
            .and_then(|value| case::value(value.message("value")?));
        match value {
            Some(value) => bound.push((name, value)),
            None => return Verdict::Refused(format!("{name} is bound to a protobuf value")),
        }
    }
    let text = test.text("expr").expect("a test has an expression");
    let program = match (environment.compile(&text), &expected) {
        (Ok(program), _) => program,
        (Err(_), Expected::Error) => return Verdict::Right,
        (Err(errors), _) => return Verdict::Refused(errors[0].to_string()),
    };
    if let Expected::Type(_, wanted) = &expected {
        match case::ty(wanted) {
            Some(wanted) if *program.output_type() == wanted => {}
            wanted => {
                return Verdict::Wrong(format!(
                    "type {} where {wanted:?} is right",
                    program.output_type()
                ));
            }
        }
    }
    if test.is_true("check_only") {
        return Verdict::Right;
    }
    let mut bindings = Bindings::new();
    for (name, value) in &bound {
        bindings.bind(name, value.clone());
    }
    let result = program.evaluate(&bindings, &mut Budget::new(Budget::POLICY));
    match (expected, result) {
        (Expected::Value(wanted) | Expected::Type(Some(wanted), _), Ok(found)) => {
            match case::value(&wanted) {
                Some(wanted) if case::same(&found, &wanted) => Verdict::Right,
                Some(wanted) => Verdict::Wrong(format!("{found} where {wanted} is right")),
                None => Verdict::Wrong(format!("{found} where a protobuf message is right")),
            }
        }
        (Expected::Type(None, _), Ok(_)) | (Expected::Error, Err(_)) => Verdict::Right,
        (Expected::Error, Ok(found)) => Verdict::Wrong(format!("{found} where an error is right")),
        (Expected::Unknown, _) => Verdict::Refused("there is no partial evaluation".to_owned()),
        (_, Err(error)) => Verdict::Refused(format!("error: {error}")),
    }
}

/// The rows of one of the document's tables, as cells.
fn table(name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(DOCUMENT).expect("the document is there");
    let table = text
        .split(&format!("<!-- cel-spec {name} -->"))
        .nth(1)
        .expect("the document has the table");
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn code(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

/// How many cases of each section are refused.
fn listed_refused() -> BTreeMap<String, usize> {
    table("refused")
        .iter()
        .map(|cells| (code(&cells[1]), cells[2].parse().expect("a number")))
        .collect()
}

/// The cases that get the answer of an older version, which is the API server's.
fn listed_older() -> BTreeSet<String> {
    table("older").iter().map(|cells| code(&cells[1])).collect()
}

#[test]
fn the_specification_is_met_but_for_what_is_listed() {
    let Some(folder) = folder() else {
        println!("skipped: Go or the module {MODULE} is not here");
        return;
    };
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut older = BTreeSet::new();
    let mut wrong = Vec::new();
    let listed_older = listed_older();
    let (mut total, mut right) = (0, 0);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "textproto"))
        .collect();
    files.sort();
    assert!(files.len() > 25, "{files:?}");
    for path in files {
        let file = textproto::parse(&fs::read_to_string(&path).expect("a file can be read"));
        let file_name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        for section in file.messages("section") {
            let section_name = section.text("name").unwrap_or_default();
            for test in section.messages("test") {
                total += 1;
                let place = format!("{file_name}/{section_name}");
                let name = test.text("name").unwrap_or_default();
                match run(test) {
                    Verdict::Right => right += 1,
                    Verdict::Refused(reason) => {
                        println!("refused {place}/{name}: {reason}");
                        *refused.entry(place).or_default() += 1;
                    }
                    Verdict::Wrong(_) if listed_older.contains(&format!("{place}/{name}")) => {
                        older.insert(format!("{place}/{name}"));
                    }
                    Verdict::Wrong(reason) => {
                        let text = test.text("expr").unwrap_or_default();
                        wrong.push(format!("{place}/{name}: {text}\n    {reason}"));
                    }
                }
            }
        }
    }
    let count: usize = refused.values().sum();
    println!(
        "{total} cases: {right} right, {count} refused, {} older",
        older.len()
    );
    assert!(
        wrong.is_empty(),
        "{}\n{} wrong",
        wrong.join("\n"),
        wrong.len()
    );
    assert_eq!(refused, listed_refused(), "refused, and what is listed");
    assert_eq!(older, listed_older, "older, and what is listed");
}

#[test]
fn a_value_is_told_from_another_type_of_the_same_number() {
    assert!(!case::same(&Value::Int(1), &Value::Uint(1)));
    assert!(case::same(
        &Value::Double(f64::NAN),
        &Value::Double(f64::NAN)
    ));
}
