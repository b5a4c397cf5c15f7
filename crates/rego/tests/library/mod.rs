//! The shared Gatekeeper library: its templates' Rego, and the cases of its suites.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "each user takes its part of this, and may fail"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_rego::{Module, Object, Value, Version, parse};

use crate::yaml;

/// A template and what its suite asks of it.
pub(crate) struct Template {
    pub(crate) name: String,
    /// The module of the template first, then its libraries.
    pub(crate) modules: Vec<(Version, String)>,
    pub(crate) package: Vec<Value>,
    pub(crate) cases: Vec<Case>,
}

/// A case of a suite.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Value,
    pub(crate) inventory: Value,
    /// Whether the constraint's kinds match the object at all.
    pub(crate) matches: bool,
    pub(crate) assertions: Vec<Value>,
}

/// Where the library lies; `None` (and a word about it) where it is missing.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: ../shared/gatekeeper-library is not here");
    None
}

/// All templates with Rego, by name.
pub(crate) fn templates(folder: &Path) -> Vec<Template> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files.iter().filter_map(|file| template(file)).collect()
}

impl Template {
    /// The parsed modules.
    pub(crate) fn parse(&self) -> Vec<Module> {
        self.modules
            .iter()
            .enumerate()
            .map(|(index, (version, text))| {
                parse(&format!("{}-{index}.rego", self.name), text, *version).unwrap()
            })
            .collect()
    }

    /// The path of its violations.
    pub(crate) fn entry(&self) -> Vec<Value> {
        let mut entry = self.package.clone();
        entry.push(Value::from("violation"));
        entry
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.file_name().is_some_and(|name| name == "template.yaml") {
            files.push(path);
        }
    }
}

/// The value at a path of keys, or null.
pub(crate) fn at(value: &Value, path: &[&str]) -> Value {
    path.iter().fold(value.clone(), |value, key| match &value {
        Value::Object(object) => object.get_str(key).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    })
}

pub(crate) fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.to_vec(),
        _ => Vec::new(),
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

pub(crate) fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::Object(Arc::new(Object::from_entries(
        entries
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect(),
    )))
}

fn read(path: &Path) -> Value {
    yaml::read(&fs::read_to_string(path).unwrap()).unwrap()
}

fn template(file: &Path) -> Option<Template> {
    let document = read(file);
    let target = items(&at(&document, &["spec", "targets"]))
        .into_iter()
        .next()?;
    let source = items(&at(&target, &["code"]))
        .into_iter()
        .find(|code| text(&at(code, &["engine"])) == "Rego")
        .map_or(target, |code| at(&code, &["source"]));
    let version = match text(&at(&source, &["version"])).as_str() {
        "v1" => Version::V1,
        _ => Version::V0,
    };
    let rego = at(&source, &["rego"]);
    let mut modules = vec![(version, rego.as_str()?.to_owned())];
    for library in items(&at(&source, &["libs"])) {
        modules.push((version, text(&library)));
    }
    let name = text(&at(&document, &["metadata", "name"]));
    let first = parse(&name, &modules[0].1, version).unwrap();
    Some(Template {
        package: first
            .package
            .iter()
            .map(|key| Value::String(Arc::clone(key)))
            .collect(),
        cases: cases(&file.with_file_name("suite.yaml")),
        name,
        modules,
    })
}

fn cases(suite: &Path) -> Vec<Case> {
    let folder = suite.parent().unwrap();
    let mut cases = Vec::new();
    for test in items(&at(&read(suite), &["tests"])) {
        let constraint = read(&folder.join(text(&at(&test, &["constraint"]))));
        for case in items(&at(&test, &["cases"])) {
            let object = read(&folder.join(text(&at(&case, &["object"]))));
            let review = review(&object);
            let inventory = items(&at(&case, &["inventory"]))
                .iter()
                .map(|file| read(&folder.join(text(file))))
                .collect::<Vec<_>>();
            let parameters = match at(&constraint, &["spec", "parameters"]) {
                Value::Null => Value::Object(Arc::default()),
                parameters => parameters,
            };
            cases.push(Case {
                name: format!(
                    "{}/{}",
                    text(&at(&test, &["name"])),
                    text(&at(&case, &["name"]))
                ),
                matches: matches(&constraint, &review),
                input: self::object(vec![("review", review), ("parameters", parameters)]),
                inventory: self::inventory(&inventory),
                assertions: items(&at(&case, &["assertions"])),
            });
        }
    }
    cases
}

/// The request of an AdmissionReview, or one that would bring an object.
pub(crate) fn review(object: &Value) -> Value {
    if text(&at(object, &["kind"])) == "AdmissionReview" {
        return at(object, &["request"]);
    }
    let api = text(&at(object, &["apiVersion"]));
    let (group, version) = api.split_once('/').unwrap_or(("", &api));
    let mut entries = vec![
        (
            "kind",
            self::object(vec![
                ("group", Value::from(group)),
                ("version", Value::from(version)),
                ("kind", at(object, &["kind"])),
            ]),
        ),
        ("name", at(object, &["metadata", "name"])),
        ("object", object.clone()),
    ];
    let namespace = at(object, &["metadata", "namespace"]);
    if namespace != Value::Null {
        entries.push(("namespace", namespace));
    }
    self::object(entries)
}

fn matches(constraint: &Value, review: &Value) -> bool {
    let kinds = items(&at(constraint, &["spec", "match", "kinds"]));
    let has = |list: &Value, wanted: &Value| {
        items(list)
            .iter()
            .any(|one| one == wanted || one.as_str() == Some("*"))
    };
    kinds.is_empty()
        || kinds.iter().any(|kind| {
            has(&at(kind, &["apiGroups"]), &at(review, &["kind", "group"]))
                && has(&at(kind, &["kinds"]), &at(review, &["kind", "kind"]))
        })
}

/// Objects as Gatekeeper lays them below `data.inventory`.
pub(crate) fn inventory(objects: &[Value]) -> Value {
    let mut root = serde_json::json!({});
    for object in objects {
        let namespace = at(object, &["metadata", "namespace"]);
        let mut path = match namespace.as_str() {
            Some(namespace) => vec!["namespace".to_owned(), namespace.to_owned()],
            None => vec!["cluster".to_owned()],
        };
        for key in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
            path.push(text(&at(object, key)));
        }
        let place = path
            .into_iter()
            .fold(&mut root, |at, key| &mut at[key.as_str()]);
        *place = object.to_json();
    }
    Value::from(&serde_json::json!({ "inventory": root }))
}
