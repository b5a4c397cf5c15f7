//! Turns `data/*.toml` into constants, so that a scan starts without reading or parsing anything.
//!
//! A wrong key, a missing field or an unknown severity fails the build with the file's name.
//! Regexes are checked by the crate's tests: a build script should stay quick.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};
use toml::{Table, Value};

/// Why the data could not be turned into code.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read or write {path}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is no TOML")]
    Toml {
        path: PathBuf,
        source: toml::de::Error,
    },
    #[error("{path}: {problem}")]
    Data { path: PathBuf, problem: String },
    #[error("cargo sets no {0}")]
    Environment(&'static str),
}

/// Separator between a name and its value in YAML, JSON, HCL, shell, INI and Dockerfiles, and
/// between the `name` and `value` of a Kubernetes environment variable; and the beginning of a
/// reference that falls back on a literal.
const ASSIGN: &str = r#"(?:\\?["'`\]]){0,2}(?:[ \t]*(?::{1,3}=|\?{1,2}=|\|\|=|[.+]=|:-|=>|=|:|,)[ \t]*|[ \t]+|,?\s+(?:\\?["'])?[Vv]alue(?:\\?["'])?[ \t]*[:=][ \t]*)(?:\\?["'`])?(?:\$\{[A-Za-z0-9_]+:?[-=])?"#;
/// What follows a token of letters and digits.
const END: &str = r"(?:[^A-Za-z0-9_-]|\z)";
/// What follows base64.
const END64: &str = r"(?:[^A-Za-z0-9+/=_-]|\z)";
/// The rest of a name.
const NAME: &str = r"[A-Za-z0-9_.-]*";

/// A shorter row of letters stands everywhere.
const SHORTEST_RUN: u32 = 12;

const FILE_KEYS: [&str; 3] = ["provider", "docs", "detectors"];
const DETECTOR_KEYS: [&str; 20] = [
    "id",
    "title",
    "severity",
    "confidence",
    "keywords",
    "ignore_case",
    "regex",
    "before",
    "window",
    "follows",
    "requires",
    "until",
    "between",
    "behind",
    "min_length",
    "min_entropy",
    "unless",
    "rank",
    "examples",
    "counter_examples",
];

fn main() -> Result<(), Error> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(Error::Environment(name))
    };
    let data = variable("CARGO_MANIFEST_DIR")?.join("data");
    println!("cargo::rerun-if-changed={}", data.display());

    let mut detectors = String::from("static DETECTORS: &[Detector] = &[\n");
    let mut examples = String::from("static EXAMPLES: &[Examples] = &[\n");
    for path in files(&data)? {
        let text = fs::read_to_string(&path).map_err(|source| Error::Io {
            path: path.clone(),
            source,
        })?;
        let table: Table = text.parse().map_err(|source| Error::Toml {
            path: path.clone(),
            source,
        })?;
        provider(&table, &mut detectors, &mut examples)
            .map_err(|problem| Error::Data { path, problem })?;
    }
    detectors.push_str("];\n");
    examples.push_str("];\n");

    let out = variable("OUT_DIR")?;
    for (name, text) in [("detectors.rs", detectors), ("examples.rs", examples)] {
        let path = out.join(name);
        fs::write(&path, text).map_err(|source| Error::Io { path, source })?;
    }
    Ok(())
}

/// The data files in the order of their names, so that the tables do not depend on the disk.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let error = |source| Error::Io {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn provider(table: &Table, detectors: &mut String, examples: &mut String) -> Result<(), String> {
    known(table, &FILE_KEYS)?;
    let provider = text(table, "provider")?;
    let docs = text(table, "docs")?;
    let Some(Value::Array(list)) = table.get("detectors") else {
        return Err("no [[detectors]]".to_owned());
    };
    for entry in list {
        let Value::Table(entry) = entry else {
            return Err("a detector is no table".to_owned());
        };
        detector(entry, provider, docs, detectors, examples)?;
    }
    Ok(())
}

fn detector(
    entry: &Table,
    provider: &str,
    docs: &str,
    detectors: &mut String,
    examples: &mut String,
) -> Result<(), String> {
    known(entry, &DETECTOR_KEYS)?;
    let id = text(entry, "id")?;
    let severity = match text(entry, "severity")? {
        "critical" => "Critical",
        "high" => "High",
        "medium" => "Medium",
        "low" => "Low",
        "info" => "Info",
        other => return Err(format!("{id}: unknown severity {other}")),
    };
    let confidence = match optional_text(entry, "confidence")? {
        None => "None",
        Some("low") => "Some(Confidence::Low)",
        Some("medium") => "Some(Confidence::Medium)",
        Some("high") => "Some(Confidence::High)",
        Some(other) => return Err(format!("{id}: unknown confidence {other}")),
    };
    let regex = text(entry, "regex")?;
    let token = regex.starts_with("(?<secret>") && !entry.contains_key("before");
    let pattern = regex
        .replace("{{assign}}", ASSIGN)
        .replace("{{end}}", END)
        .replace("{{end64}}", END64)
        .replace("{{name}}", NAME);
    let row = format!(
        "Detector {{ id: {id:?}, provider: {provider:?}, docs: {docs:?}, title: {:?}, \
         severity: Severity::{severity}, confidence: {confidence}, keywords: &{:?}, \
         ignore_case: {}, pattern: {pattern:?}, token: {token}, before: {}, window: {}, \
         follows: {:?}, requires: {:?}, until: {:?}, between: {:?}, behind: {:?}, run: {}, min_length: {}, min_entropy: {:?}, unless: {:?}, rank: {} }},\n",
        text(entry, "title")?,
        texts(entry, "keywords")?,
        matches!(entry.get("ignore_case"), Some(Value::Boolean(true))),
        number(entry, "before", 0)?,
        number(entry, "window", 1024)?,
        optional_text(entry, "follows")?,
        optional_text(entry, "requires")?,
        optional_text(entry, "until")?,
        optional_text(entry, "between")?,
        optional_text(entry, "behind")?,
        run(&pattern).map_err(|problem| format!("{id}: {problem}"))?,
        number(entry, "min_length", 0)?,
        float(entry, "min_entropy", 2.5)?,
        optional_text(entry, "unless")?,
        number(entry, "rank", 5)?,
    );
    detectors.push_str(&row);
    writeln!(
        examples,
        "Examples {{ id: {id:?}, matching: &{:?}, others: &{:?} }},",
        texts(entry, "examples")?,
        texts(entry, "counter_examples")?,
    )
    .map_err(|error| error.to_string())
}

/// The longest row of bytes of one class without which a pattern matches nowhere, as code.
fn run(pattern: &str) -> Result<String, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let hir = parser.parse(pattern).map_err(|error| error.to_string())?;
    let Some((least, bytes)) = longest_run(&hir).filter(|(least, _)| *least >= SHORTEST_RUN) else {
        return Ok("None".to_owned());
    };
    let [low, high] = bytes.map(hexadecimal);
    Ok(format!(
        "Some(Run {{ least: {least}, bytes: [{low}, {high}] }})"
    ))
}

/// A literal whose digits people could count.
fn hexadecimal(number: u128) -> String {
    let mut literal = "0x".to_owned();
    for (at, digit) in format!("{number:032x}").chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            literal.push('_');
        }
        literal.push(digit);
    }
    literal
}

fn longest_run(hir: &Hir) -> Option<(u32, [u128; 2])> {
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => match repetition.sub.kind() {
            HirKind::Class(class) => Some((repetition.min, members(class)?)),
            _ => longest_run(&repetition.sub),
        },
        HirKind::Capture(capture) => longest_run(&capture.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(longest_run)
            .max_by_key(|(least, _)| *least),
        // Of alternatives, none has to be there.
        _ => None,
    }
}

/// The bytes of a class, a bit each.
fn members(class: &Class) -> Option<[u128; 2]> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let mut bytes = [0; 2];
    for range in class.iter() {
        for byte in range.start()..=range.end() {
            let (half, bit) = (byte / 128, byte % 128);
            *bytes.get_mut(usize::from(half))? |= 1 << bit;
        }
    }
    Some(bytes)
}

fn known(table: &Table, keys: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key {key}")),
        None => Ok(()),
    }
}

fn text<'a>(table: &'a Table, key: &str) -> Result<&'a str, String> {
    optional_text(table, key)?.ok_or_else(|| format!("{key} is missing"))
}

fn optional_text<'a>(table: &'a Table, key: &str) -> Result<Option<&'a str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{key} is no text")),
    }
}

fn texts<'a>(table: &'a Table, key: &str) -> Result<Vec<&'a str>, String> {
    let Some(Value::Array(list)) = table.get(key) else {
        return Err(format!("{key} is no list"));
    };
    list.iter()
        .map(|value| {
            value
                .as_str()
                .ok_or_else(|| format!("{key} holds more than text"))
        })
        .collect()
}

fn number(table: &Table, key: &str, default: i64) -> Result<i64, String> {
    match table.get(key) {
        None => Ok(default),
        Some(Value::Integer(number)) if *number >= 0 => Ok(*number),
        Some(_) => Err(format!("{key} is no natural number")),
    }
}

fn float(table: &Table, key: &str, default: f64) -> Result<f64, String> {
    match table.get(key) {
        None => Ok(default),
        Some(Value::Float(number)) => Ok(*number),
        Some(_) => Err(format!("{key} is no number such as 3.0")),
    }
}
