//! Every case of the shared library, in both engines, message by message.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::Operation,
    gatekeeper::{EnforcementPoint, Engine},
    manifest::Manifest,
};
use serde_json::Value;

use super::{Review, compare};

fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a file");
    let (manifests, _) = Manifest::read(&Arc::new(Source::new("file.yaml", text)));
    manifests
        .into_iter()
        .map(|manifest| manifest.object)
        .collect()
}

fn suites(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            suites(&path, found);
        } else if path.ends_with("suite.yaml") {
            found.push(path);
        }
    }
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn reviews(folder: &Path, suite: &Value, engine: Engine) -> Vec<Review> {
    let path = |value: &Value| folder.join(value.as_str().expect("a path"));
    let mut reviews = Vec::new();
    for test in list(suite, "tests") {
        let template = read(&path(&test["template"])).remove(0);
        let constraint = read(&path(&test["constraint"])).remove(0);
        for case in list(test, "cases") {
            let object = read(&path(&case["object"])).remove(0);
            let name = format!("{} {engine:?} {}", folder.display(), case["name"]);
            let mut review = Review::new(name, template.clone(), vec![constraint.clone()], object);
            review.engine = engine;
            review.point = EnforcementPoint::Gator;
            review.operation = None;
            if let Some(request) = review
                .object
                .as_ref()
                .and_then(|object| object.get("request"))
                .cloned()
            {
                let part = |field: &str| request.get(field).filter(|part| !part.is_null()).cloned();
                review.object = part("object");
                review.old_object = part("oldObject");
                let word = request["operation"].as_str().unwrap_or("");
                review.operation = [Operation::Create, Operation::Update, Operation::Delete]
                    .into_iter()
                    .find(|operation| operation.as_str() == word);
            }
            for file in list(case, "inventory") {
                review.inventory.extend(read(&path(file)));
            }
            reviews.push(review);
        }
    }
    reviews
}

/// The cases of all suites under each engine; none where the folder is missing.
pub(super) fn all() -> Vec<Review> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    if !root.is_dir() {
        println!("skipped: ../shared/gatekeeper-library is not here");
        return Vec::new();
    }
    let mut paths = Vec::new();
    suites(&root, &mut paths);
    let mut all = Vec::new();
    for path in &paths {
        let folder = path.parent().expect("a folder");
        let suite = read(path).remove(0);
        for engine in [Engine::Rego, Engine::Cel] {
            all.extend(reviews(folder, &suite, engine));
        }
    }
    all
}

#[test]
fn the_library_is_judged_in_the_same_words() {
    compare(&all());
}
