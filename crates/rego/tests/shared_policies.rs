//! The policies of the shared folder parse: Gatekeeper's library, conftest's examples.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod opa;

use std::{
    fs,
    path::{Path, PathBuf},
};

use ringwall_rego::{Value, ast::Version, parse};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The strings under `rego` and the items of `libs`, wherever they stand.
fn modules(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| modules(item, found)),
        Value::Object(object) => {
            for (key, value) in object.entries() {
                match (key.as_str(), value) {
                    (Some("rego"), Value::String(text)) => found.push(text.to_string()),
                    (Some("libs"), Value::Array(items)) => {
                        found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => modules(value, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_template_of_gatekeepers_library_parses() {
    let mut found = Vec::new();
    files(&Path::new(SHARED).join("gatekeeper-library"), &mut found);
    if found.is_empty() {
        println!("skipped: ../shared is not here");
        return;
    }
    let mut count = 0;
    let mut wrong = Vec::new();
    for file in found.iter().filter(|file| file.ends_with("template.yaml")) {
        let text = fs::read_to_string(file).unwrap();
        let mut texts = Vec::new();
        modules(&opa::yaml::read(&text).unwrap(), &mut texts);
        for text in texts {
            count += 1;
            let name = file.display().to_string();
            wrong.extend(parse(&name, &text, Version::V0).err().into_iter().flatten());
        }
    }
    assert!(count > 40, "only {count} modules");
    let told: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn every_policy_of_conftests_examples_parses_in_one_version() {
    let mut found = Vec::new();
    files(Path::new(SHARED), &mut found);
    found.retain(|file| file.extension().is_some_and(|end| end == "rego"));
    if found.is_empty() {
        println!("skipped: ../shared is not here");
        return;
    }
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.display().to_string();
        let read = [Version::V1, Version::V0].map(|version| parse(&name, &text, version));
        if let [Err(errors), Err(_)] = read {
            panic!("{}", errors[0]);
        }
    }
}
