//! OPA's own test cases, read from the Go module cache.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "each test uses its part of this, and may fail"
)]

pub(crate) mod yaml;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ringwall_rego::{Value, ast::Version};

/// The version of OPA whose cases and behaviour this crate follows.
pub(crate) const OPA: &str = "github.com/open-policy-agent/opa@v1.22.3";

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) file: String,
    pub(crate) version: Version,
    pub(crate) note: String,
    pub(crate) query: String,
    pub(crate) modules: Vec<String>,
    pub(crate) data: Option<Value>,
    pub(crate) input: Option<Value>,
    pub(crate) input_term: Option<String>,
    pub(crate) want_defined: Option<bool>,
    pub(crate) want_result: Option<Vec<Value>>,
    pub(crate) want_error_code: Option<String>,
    pub(crate) want_error: Option<String>,
    pub(crate) sort_bindings: bool,
    pub(crate) strict_error: bool,
    pub(crate) env: Option<Value>,
}

impl Case {
    /// Whether any error is expected.
    pub(crate) fn wants_error(&self) -> bool {
        self.want_error.is_some() || self.want_error_code.is_some()
    }
}

/// The folder of the module, fetched if need be; `None` (and a word about it) where Go or the network is missing.
pub(crate) fn folder() -> Option<PathBuf> {
    let work = tempfile::tempdir().ok()?;
    let go = |arguments: &[&str]| {
        Command::new("go")
            .args(arguments)
            .current_dir(work.path())
            .env("GOFLAGS", "-mod=mod")
            .output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(cache) = go(&["env", "GOMODCACHE"]) else {
        println!("skipped: Go is not here");
        return None;
    };
    let folder = Path::new(cache.trim()).join(OPA);
    if !folder.is_dir() {
        go(&["mod", "init", "cases"]);
        go(&["mod", "download", OPA]);
    }
    if !folder.is_dir() {
        println!("skipped: {OPA} cannot be fetched");
        return None;
    }
    Some(folder)
}

/// All cases of both versions, in a fixed order.
pub(crate) fn cases(folder: &Path) -> Vec<Case> {
    let mut all = Vec::new();
    for (name, version) in [("v0", Version::V0), ("v1", Version::V1)] {
        let root = folder.join("v1/test/cases/testdata").join(name);
        let mut files = Vec::new();
        collect(&root, &mut files);
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let document =
                yaml::read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", file.display()));
            let relative = file.strip_prefix(&root).unwrap();
            let name = format!("{name}/{}", relative.display());
            for case in items(document_field(&document, "cases")) {
                all.push(case_of(&case, &name, version));
            }
        }
    }
    all
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
}

fn document_field(document: &Value, name: &str) -> Option<Value> {
    match document {
        Value::Object(object) => object
            .get_str(name)
            .filter(|value| !matches!(value, Value::Null))
            .cloned(),
        _ => None,
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.to_vec(),
        _ => Vec::new(),
    }
}

fn case_of(case: &Value, file: &str, version: Version) -> Case {
    let field = |name| document_field(case, name);
    let text = |name| field(name).and_then(|value| value.as_str().map(str::to_owned));
    let flag = |name| matches!(field(name), Some(Value::Bool(true)));
    Case {
        file: file.to_owned(),
        version,
        note: text("note").unwrap_or_default(),
        query: text("query").unwrap_or_default(),
        modules: items(field("modules"))
            .iter()
            .filter_map(|module| module.as_str().map(str::to_owned))
            .collect(),
        data: field("data"),
        input: match case {
            // An input of null counts.
            Value::Object(object) => object.get_str("input").cloned(),
            _ => None,
        },
        input_term: text("input_term"),
        want_defined: field("want_defined").map(|value| matches!(value, Value::Bool(true))),
        want_result: field("want_result").map(|value| items(Some(value))),
        want_error_code: text("want_error_code"),
        want_error: text("want_error"),
        sort_bindings: flag("sort_bindings"),
        strict_error: flag("strict_error"),
        env: field("env"),
    }
}
