//! Every suite of the shared Gatekeeper library passes, with each engine that its templates have code for.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::{AdmissionRequest, Operation, Violation, changed_places, patch},
    gatekeeper::{
        EnforcementPoint, Engine, Gatekeeper, InventoryStore, Options, Surroundings,
        suite::{Files, Suite},
    },
    manifest::Manifest,
};
use serde_json::{Value, json};

/// The library, if it is here.
fn library() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    if root.is_dir() {
        return Some(root);
    }
    println!("skipped: ../shared/gatekeeper-library is not here");
    None
}

/// Files below a folder.
struct Folder;

impl Files for Folder {
    fn open(&self, path: &str) -> Result<Arc<Source>, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(Arc::new(Source::new(path, text)))
    }
}

fn manifests(path: &Path) -> Vec<Manifest> {
    let path = path.to_str().expect("a path is text");
    let source = Folder.open(path).expect(path);
    let (manifests, diagnostics) = Manifest::read(&source);
    assert_eq!(diagnostics, [], "{path}");
    manifests
}

/// Paths of all files of a name, sorted.
fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, name, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
}

/// Runs all suites; how many cases ran.
fn run(engine: Engine) -> Option<usize> {
    let root = library()?;
    let mut paths = Vec::new();
    find(&root, "suite.yaml", &mut paths);
    assert_eq!(
        paths.len(),
        34,
        "the library has one suite for each template"
    );
    let options = Options {
        preferred_engine: engine,
        ..Options::default()
    };
    let (mut cases, mut failures) = (0, Vec::new());
    for path in &paths {
        let manifests = manifests(path);
        let (suite, problems) = Suite::parse(&manifests[0]).expect("a suite");
        assert_eq!(problems, [], "{}", path.display());
        let result = suite.run(&Folder, &options, &|_, _| true);
        for test in &result.tests {
            let of_test = format!("{} {}", path.display(), test.name);
            failures.extend(test.error.iter().map(|error| format!("{of_test}: {error}")));
            for case in &test.cases {
                cases += 1;
                let error = case.error.iter();
                failures.extend(error.map(|error| format!("{of_test} {}: {error}", case.name)));
                let errors = case
                    .violations
                    .iter()
                    .filter(|violation| violation.is_error);
                failures.extend(errors.map(|violation| {
                    format!("{of_test} {}: error: {}", case.name, violation.message)
                }));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    Some(cases)
}

#[test]
fn every_suite_passes_in_rego() {
    assert!(run(Engine::Rego).is_none_or(|cases| cases == 183));
}

#[test]
fn every_suite_passes_in_cel_where_there_is_cel() {
    assert!(run(Engine::Cel).is_none_or(|cases| cases == 183));
}

#[test]
fn every_template_is_read_without_a_word() {
    let Some(root) = library() else {
        return;
    };
    let mut paths = Vec::new();
    find(&root, "template.yaml", &mut paths);
    let all: Vec<_> = paths.iter().flat_map(|path| manifests(path)).collect();
    let (gatekeeper, problems) = Gatekeeper::load(
        &all,
        &Options {
            preferred_engine: Engine::Rego,
            ..Options::default()
        },
    );
    assert_eq!(problems, []);
    assert_eq!(gatekeeper.templates().len(), 34);
}

/// Every place of an object, as a JSON pointer.
fn places(value: &Value, place: String, out: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                places(value, format!("{place}/{}", escaped(key)), out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, format!("{place}/{index}"), out);
            }
        }
        _ => {}
    }
    out.push(place);
}

/// An object without what stands at a place, with something else there, and with more there.
fn changes(object: &Value, place: &str) -> Vec<Value> {
    let path = place.to_owned();
    let mut operations = vec![patch::Operation::Remove { path }];
    for value in [
        json!(true),
        json!(false),
        json!(0),
        json!("other"),
        json!([]),
        json!({}),
    ] {
        let path = place.to_owned();
        operations.push(patch::Operation::Replace { path, value });
    }
    let more = match object.pointer(place) {
        Some(Value::Array(items)) => items.first().map(|first| ("-", first.clone())),
        Some(Value::Object(_)) => Some(("privileged", json!(true))),
        _ => None,
    };
    operations.extend(more.map(|(key, value)| {
        let path = format!("{place}/{key}");
        patch::Operation::Add { path, value }
    }));
    let changed = operations.into_iter();
    let changed = changed.filter_map(|operation| patch::apply(object, &[operation]));
    changed.filter(|changed| changed != object).collect()
}

fn said(violations: Vec<Violation>) -> Vec<(String, String)> {
    let said = violations.into_iter();
    let mut said: Vec<_> = said.map(|one| (one.policy, one.message)).collect();
    said.sort();
    said
}

/// A template with a constraint, and the objects that come with it.
struct Sample {
    folder: PathBuf,
    gatekeeper: Gatekeeper,
    objects: Vec<Value>,
}

fn samples(root: &Path, engine: Engine) -> Vec<Sample> {
    let options = Options {
        preferred_engine: engine,
        ..Options::default()
    };
    let (mut templates, mut samples) = (Vec::new(), Vec::new());
    find(root, "template.yaml", &mut templates);
    for template in &templates {
        let beside = template.parent().expect("a file is in a folder");
        let mut constraints = Vec::new();
        find(&beside.join("samples"), "constraint.yaml", &mut constraints);
        for constraint in constraints {
            let folder = constraint.parent().expect("a file is in a folder");
            let files = fs::read_dir(folder).expect("a folder");
            let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
            files.sort();
            let policies = [manifests(template), manifests(&constraint)].concat();
            let objects = files.iter().flat_map(|file| manifests(file));
            let objects = objects.map(|manifest| manifest.object);
            samples.push(Sample {
                folder: folder.to_owned(),
                gatekeeper: Gatekeeper::load(&policies, &options).0,
                objects: objects
                    .filter(|one| one["kind"] != "AdmissionReview")
                    .collect(),
            });
        }
    }
    samples
}

/// Asking only those whom a change concerns, and making of the object only what they look at, tells all that asking
/// everybody tells. How many changes were refused of objects that were not.
fn judge_changes(engine: Engine) -> Option<usize> {
    let mut broken = 0;
    for sample in samples(&library()?, engine) {
        let mut store = InventoryStore::new();
        for object in &sample.objects {
            store.insert(object);
        }
        let inventory = store.snapshot();
        let surroundings = Surroundings::new(&inventory).at(EnforcementPoint::Webhook);
        let request = |object: &Value| AdmissionRequest {
            operation: Some(Operation::Create),
            ..AdmissionRequest::from_object(object.clone())
        };
        let gatekeeper = &sample.gatekeeper;
        for object in &sample.objects {
            let before = gatekeeper.review(&request(object), &surroundings);
            let refusing: BTreeSet<_> = before.iter().map(|one| one.policy.as_str()).collect();
            let mut everywhere = Vec::new();
            places(object, String::new(), &mut everywhere);
            for changed in everywhere.iter().flat_map(|place| changes(object, place)) {
                let difference = patch::difference(object, &changed);
                let where_changed = changed_places(object, &difference);
                let request = request(&changed);
                let all = said(gatekeeper.review(&request, &surroundings));
                broken += usize::from(before.is_empty() && !all.is_empty());
                let some =
                    gatekeeper.review_changed(&refusing, &where_changed, &request, &surroundings);
                let folder = sample.folder.display();
                assert_eq!(said(some), all, "{folder} {where_changed:?}\n{changed}");
                if before.is_empty() {
                    let explained = gatekeeper.explain(&request, &surroundings);
                    let titles = explained.iter().map(|one| one.policy.as_str()).collect();
                    let changed = Some(&*where_changed);
                    let some = gatekeeper.review_titled(&titles, changed, &request, &surroundings);
                    assert_eq!(
                        said(some),
                        all,
                        "{folder} {where_changed:?}, of all by title"
                    );
                }
            }
        }
    }
    Some(broken)
}

#[test]
fn a_change_is_judged_by_those_whom_it_concerns_as_by_all_in_rego() {
    assert!(judge_changes(Engine::Rego).is_none_or(|broken| broken > 500));
}

#[test]
fn a_change_is_judged_by_those_whom_it_concerns_as_by_all_in_cel() {
    assert!(judge_changes(Engine::Cel).is_none_or(|broken| broken > 500));
}
