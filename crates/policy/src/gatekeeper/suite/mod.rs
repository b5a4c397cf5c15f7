//! Suites of tests for templates and constraints, as `gator verify` runs them.
//!
//! [`Suite::parse`] reads a suite, [`Suite::files`] says what it refers to, and [`Suite::run`] runs it over those
//! files. Reading files is the caller's.

mod assertion;
mod request;
mod run;

use std::{collections::BTreeSet, sync::Arc};

use ringwall_model::{Location, Source};
use serde_json::{Value, json};

use super::schema::Schema;
use crate::manifest::{Manifest, Problem};

use assertion::Assertion;
pub use run::{CaseResult, SuiteResult, TestResult};

/// Group of suites.
const GROUP: &str = "test.gatekeeper.sh";

/// Tests of templates with constraints.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The file it stands in, or `-`.
    pub file: String,
    /// Whether it is not run.
    pub skip: bool,
    /// Its tests.
    pub tests: Vec<Test>,
}

/// A template and a constraint, with cases.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Whether it is not run.
    pub skip: bool,
    /// Whether the template is expected to refuse the parameters of the constraint.
    pub invalid: bool,
    template: String,
    constraint: String,
    expansion: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// An object, and what the constraint says about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Whether it is not run.
    pub skip: bool,
    object: String,
    inventory: Vec<String>,
    assertions: Vec<Assertion>,
}

/// Files by path.
pub trait Files {
    /// The file at a path of [`Suite::files`], or why it cannot be read.
    fn open(&self, path: &str) -> Result<Arc<Source>, String>;
}

impl Suite {
    /// Whether an object is a suite.
    pub fn is(manifest: &Manifest) -> bool {
        manifest.group() == GROUP && manifest.kind() == "Suite"
    }

    /// Reads a suite. Fields that nobody knows are told, as they may be misspelt; they have no effect.
    pub fn parse(manifest: &Manifest) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let (schema, _) = Schema::parse(&shape(), "", false);
        let mut object = manifest.object.clone();
        schema.default_value(&mut object);
        let mut problems: Vec<_> = (schema.validate(&object, "").iter())
            .map(|fault| Problem {
                is_warning: fault.is_unknown_field,
                ..Problem::new(manifest, &fault.pointer, fault.message.clone())
            })
            .collect();
        let mut reader = Reader {
            manifest,
            folder: folder(manifest.file().unwrap_or("")),
            problems: Vec::new(),
        };
        let suite = Self {
            file: manifest.file().unwrap_or("-").to_owned(),
            skip: flag(&object, "skip"),
            tests: (items(&object, "tests").enumerate())
                .map(|(index, test)| reader.test(test, index))
                .collect(),
        };
        problems.append(&mut reader.problems);
        if problems.iter().all(|problem| problem.is_warning) {
            Ok((suite, problems))
        } else {
            Err(problems)
        }
    }

    /// Paths of everything it refers to, from where its own file is named; each once.
    pub fn files(&self) -> BTreeSet<&str> {
        let mut files = BTreeSet::new();
        for test in self.tests.iter().filter(|test| !test.skip && !self.skip) {
            files.extend([&*test.template, &test.constraint, &test.expansion]);
            for case in test.cases.iter().filter(|case| !case.skip) {
                files.insert(&case.object);
                files.extend(case.inventory.iter().map(String::as_str));
            }
        }
        files.remove("");
        files
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    folder: String,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn test(&mut self, written: &Value, index: usize) -> Test {
        let at = format!("/tests/{index}");
        Test {
            name: text(written, "name").to_owned(),
            location: self.manifest.location(&at),
            skip: flag(written, "skip"),
            invalid: flag(written, "invalid"),
            template: self.path(text(written, "template")),
            constraint: self.path(text(written, "constraint")),
            expansion: self.path(text(written, "expansion")),
            cases: (items(written, "cases").enumerate())
                .map(|(index, case)| self.case(case, &format!("{at}/cases/{index}")))
                .collect(),
        }
    }

    fn case(&mut self, written: &Value, at: &str) -> Case {
        let mut assertions = Vec::new();
        for (index, assertion) in items(written, "assertions").enumerate() {
            match Assertion::parse(assertion) {
                Ok(assertion) => assertions.push(assertion),
                Err(message) => {
                    let at = format!("{at}/assertions/{index}");
                    (self.problems).push(Problem::new(self.manifest, &at, message));
                }
            }
        }
        Case {
            name: text(written, "name").to_owned(),
            location: self.manifest.location(at),
            skip: flag(written, "skip"),
            object: self.path(text(written, "object")),
            inventory: items(written, "inventory")
                .filter_map(Value::as_str)
                .map(|path| self.path(path))
                .collect(),
            assertions,
        }
    }

    /// A path as it is written, from the folder of the suite; empty stays empty.
    fn path(&self, written: &str) -> String {
        if written.is_empty() {
            return String::new();
        }
        let joined = if written.starts_with('/') {
            written.to_owned()
        } else {
            format!("{}{written}", self.folder)
        };
        normal(&joined)
    }
}

/// The folder of a file, with `/` at its end; empty if the file is named without one.
fn folder(file: &str) -> String {
    file.rfind('/')
        .and_then(|slash| file.get(..=slash))
        .unwrap_or("")
        .to_owned()
}

/// A path without `.` and, as far as it goes, without `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn flag(value: &Value, field: &str) -> bool {
    value.get(field) == Some(&Value::Bool(true))
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    (value.get(field).and_then(Value::as_array))
        .into_iter()
        .flatten()
}

fn shape() -> Value {
    let text = json!({"type": "string"});
    let flag = json!({"type": "boolean"});
    let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let assertion = json!({
        "type": "object",
        "properties": {
            "violations": {"x-kubernetes-preserve-unknown-fields": true},
            "message": text,
        },
    });
    let case = json!({
        "type": "object",
        "properties": {
            "name": text,
            "object": text,
            "inventory": {"type": "array", "items": text},
            "assertions": {"type": "array", "items": assertion},
            "skip": flag,
        },
    });
    let test = json!({
        "type": "object",
        "properties": {
            "name": text,
            "template": text,
            "constraint": text,
            "expansion": text,
            "cases": {"type": "array", "items": case},
            "invalid": flag,
            "skip": flag,
        },
    });
    json!({
        "type": "object",
        "properties": {
            "apiVersion": text,
            "kind": text,
            "metadata": any,
            "skip": flag,
            "tests": {"type": "array", "items": test},
        },
    })
}

#[cfg(test)]
mod tests;
