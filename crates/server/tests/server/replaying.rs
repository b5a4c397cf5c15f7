//! What a server decided and recorded, decided again from the record: the same, each time.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_engine::CheckActions;
use ringwall_model::{Severity, Source};
use ringwall_policy::{manifest::Manifest, pod_security::PodSecurity};
use ringwall_report::ReplayReport;
use ringwall_server::{
    BuiltIn, Bundles, Exemptions, LiveWorld, Policies, PolicySource, RecordSettings, Rules,
    replay::{self, Replay},
};
use serde_json::{Value, json};

use crate::support::{House, Plan, give, pod, review};

/// Images are judged too, of pods and on their own.
const CONFIG: &str = "[image-policy]\nallowed = [\"registry.example.com\"]\n";

const OWN: &str = include_str!("replaying.yaml");

/// The policies of a folder beside the built-in judges, as of a day.
fn sources(policies: &Path, checks: bool) -> (Vec<PolicySource>, Arc<LiveWorld>) {
    let built_in = BuiltIn {
        pod_security: PodSecurity {
            enforce: Some("baseline".parse().unwrap()),
            warn: Some("restricted".parse().unwrap()),
        },
        checks,
        actions: CheckActions {
            deny: Some(Severity::Critical),
            warn: Some(Severity::High),
            fix: None,
            honours_annotations: false,
        },
        as_of: Some("2026-11-27".parse().unwrap()),
        reports: Arc::default(),
    };
    let namespace = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {"team": "sales"}}})
    };
    let world = Arc::new(LiveWorld::default());
    for name in ["shop", "default", "kube-system"] {
        give(&world, &namespace(name));
    }
    let sources = vec![
        PolicySource {
            paths: vec![policies.with_file_name("ringwall.toml")],
            extensions: &[],
            loader: Arc::new(built_in),
        },
        PolicySource {
            paths: vec![policies.to_owned()],
            extensions: Bundles::EXTENSIONS,
            loader: Arc::new(Bundles::new(Arc::clone(&world))),
        },
    ];
    (sources, world)
}

fn rules() -> Rules {
    Rules {
        exemptions: Exemptions::new(&["kube-*".to_owned()], &[], &[]).unwrap(),
        ..Rules::default()
    }
}

fn replayed(policies: &Path, against: Option<&Path>, files: &[PathBuf]) -> ReplayReport {
    let (own, world) = sources(policies, true);
    let replay = Replay {
        rules: rules(),
        policies: Policies::new(own).current(),
        against: against.map(|other| Policies::new(sources(other, true).0).current()),
        world,
        has_inventory: true,
        team_label: None,
        as_of: "2026-11-27".parse().unwrap(),
    };
    let (files, unreadable) = ringwall_collect::recordings(files);
    replay::run(&replay, &files, unreadable, &|_, _| {})
}

/// The templates and constraints of the shared library, and the objects of its examples.
fn library(policies: &Path) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return Vec::new();
    }
    let (mut known, mut objects) = (BTreeSet::new(), Vec::new());
    for (name, text) in ringwall_collect::read_texts(&[root], &["yaml"]) {
        let source = Arc::new(Source::new(name.as_str(), text.unwrap()));
        let file = Path::new(&name).file_name().unwrap().to_string_lossy();
        for manifest in Manifest::read(&source).0 {
            let is_policy = manifest.group() == "constraints.gatekeeper.sh"
                || manifest.kind() == "ConstraintTemplate";
            let key = format!("{}-{}", manifest.kind(), manifest.name());
            if is_policy && known.insert(key.clone()) {
                let path = policies.join(format!("{}.json", key.to_lowercase()));
                fs::write(path, manifest.object.to_string()).unwrap();
            } else if file.starts_with("example") && !is_policy {
                objects.push(manifest.object);
            }
        }
    }
    assert!(
        known.len() > 60 && objects.len() > 100,
        "{} {}",
        known.len(),
        objects.len()
    );
    objects
}

/// A review of an object that comes or, by turns, changes or goes.
fn asked(number: usize, mut object: Value) -> Value {
    if object.pointer("/metadata/namespace").is_none() {
        object["metadata"]["namespace"] = json!("shop");
    }
    let mut review = review(&object);
    let (group, version) = match object["apiVersion"].as_str().unwrap_or("v1") {
        version if !version.contains('/') => ("", version),
        both => both.split_once('/').unwrap(),
    };
    let request = &mut review["request"];
    request["uid"] = json!(format!("uid-{number}"));
    request["kind"] = json!({"group": group, "version": version, "kind": object["kind"]});
    let plural = format!(
        "{}s",
        object["kind"].as_str().unwrap_or("thing").to_lowercase()
    );
    request["resource"] = json!({"group": group, "version": version, "resource": plural});
    match number % 5 {
        3 => {
            request["operation"] = json!("UPDATE");
            request["oldObject"] = object;
        }
        4 => {
            request["operation"] = json!("DELETE");
            request["oldObject"] = request["object"].take();
        }
        _ => {}
    }
    review
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_decided_as_it_was_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(policies.join("own.yaml"), OWN).unwrap();
    fs::write(folder.path().join("ringwall.toml"), CONFIG).unwrap();
    let record = folder.path().join("decisions.jsonl");
    let mut objects = library(&policies);
    for (privileged, namespace) in [(true, "shop"), (false, "shop"), (true, "kube-system")] {
        let mut pod = pod(privileged);
        pod["metadata"]["namespace"] = json!(namespace);
        objects.extend([pod.clone(), pod]);
    }
    // By the policies that people brought, and by no other.
    let mut refused = pod(false);
    refused["metadata"]["namespace"] = json!("shop");
    refused["metadata"]["name"] = json!("refused");
    objects.extend([refused.clone(), refused]);
    objects.push(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
        "data": {"password": "aHVudGVyMmh1bnRlcjI="},
    }));
    let (own, _) = sources(&policies, true);
    let file = record.clone();
    let mut house = House::new(Plan {
        change: Box::new(move |settings| {
            settings.sources = own;
            settings.rules = rules();
            settings.record = Some(RecordSettings {
                file,
                max_bytes: 64 << 20,
                keep: 1,
            });
        }),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    let mut sent = 0_u64;
    for (number, object) in objects.into_iter().enumerate() {
        let mut review = asked(number, object);
        unanswered.push(format!("{review:#}\n"));
        for path in ["/mutate?timeout=30s", "/validate?timeout=30s"] {
            let response = client.review(path, &review).await;
            sent += 1;
            if path.starts_with("/validate") || response.get("patch").is_some() {
                review["response"] = response;
                answered.push(format!("{review}\n"));
            }
        }
    }
    for image in [
        "registry.example.com/app:1.2.3",
        "elsewhere.example.com/app:1",
    ] {
        let review = json!({"apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
            "spec": {"containers": [{"image": image}], "namespace": "shop"}});
        let answer = client.post("/image-policy", review.to_string()).await;
        assert_eq!(
            answer.json()["status"]["allowed"],
            image.starts_with("registry")
        );
        answered.push(format!("{}\n", answer.json()));
        sent += 1;
    }
    house.shut_down().await;

    let report = replayed(&policies, None, std::slice::from_ref(&record));
    let summary = &report.summary;
    // Of the Secret, a check says that what stands in the place of its data is no base64.
    assert_eq!(
        (summary.requests, summary.same, summary.not_compared),
        (sent, sent - 1, 1),
        "{summary:?} {:?}",
        report.not_assessed
    );
    assert_eq!(summary.before.denied, summary.now.denied);
    for (what, count) in [
        ("denied", summary.now.denied),
        ("warned", summary.now.warned),
        ("changed", summary.now.changed),
        ("exempt", summary.now.exempt),
    ] {
        assert!(count > 0, "nothing was {what}: {summary:?}");
    }
    let counted = |report: &ReplayReport, id: &str| {
        let notes = report.not_assessed.iter().filter(|note| note.id == id);
        notes.map(|note| note.count).sum::<u64>()
    };
    // Told of that one alone: all else came out the same by the same policies, whatever was taken out.
    assert!(counted(&report, "redacted-secret") > 0);
    let others = report.not_assessed.iter();
    let others: Vec<_> = others.filter(|note| note.id != "redacted-secret").collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(
        replayed(&policies, None, std::slice::from_ref(&record)),
        report,
        "the same bytes each time"
    );
    // Twice the same file is once.
    let copy = folder.path().join("copy.jsonl");
    fs::copy(&record, &copy).unwrap();
    let twice = replayed(&policies, None, &[record.clone(), copy]);
    assert_eq!(
        (twice.summary.requests, twice.summary.skipped["duplicates"]),
        (sent, sent)
    );

    let reviews = folder.path().join("answered.json");
    fs::write(&reviews, answered.concat()).unwrap();
    let report = replayed(&policies, None, &[reviews]);
    let count = answered.len() as u64;
    assert_eq!(
        (report.summary.reviews, report.summary.same),
        (count, count),
        "{:?}",
        report.summary
    );
    let reviews = folder.path().join("unanswered.json");
    fs::write(&reviews, unanswered.concat()).unwrap();
    let report = replayed(&policies, None, &[reviews]);
    assert_eq!(report.summary.reviews, sent / 2 - 1);
    assert_eq!(report.summary.newly_denied, report.summary.now.denied);

    // Without the policies that people brought, their refusals are gone, and nobody else's.
    let fewer = folder.path().join("fewer");
    fs::create_dir(&fewer).unwrap();
    fs::write(
        fewer.join("none.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: none}\n",
    )
    .unwrap();
    let then = replayed(&fewer, None, std::slice::from_ref(&record)).summary;
    let against = replayed(&fewer, Some(&policies), &[record]).summary;
    assert!(
        against.newly_allowed > 0 && against.newly_denied == 0,
        "{against:?}"
    );
    assert_eq!(
        against.newly_allowed + counted_lost(&against),
        then.newly_allowed + counted_lost(&then)
    );
}

/// What is in no other count: refusals that may rest on what was taken out.
fn counted_lost(summary: &ringwall_report::ReplaySummary) -> u64 {
    summary.not_assessed
}

#[test]
fn what_rests_on_what_was_taken_out_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(policies.join("own.yaml"), OWN).unwrap();
    fs::write(folder.path().join("ringwall.toml"), "").unwrap();
    let record = |allowed: bool, violations: Value| {
        let mut pod = pod(false);
        pod["spec"]["containers"][0]["env"] =
            json!([{"name": "DB_PASSWORD", "value": "<redacted>"}]);
        let mut request = review(&pod)["request"].take();
        request["uid"] = json!(format!("{allowed}"));
        json!({
            "version": 1, "type": "validate", "time": "2026-11-27T12:00:00Z", "policies": "sha256:0",
            "durationMicros": 1, "request": request,
            "verdict": {"allowed": allowed, "violations": violations, "patch": [], "suggestion": null,
                "exempt": null, "breakGlass": null},
        })
        .to_string()
    };
    let denial = json!([{"source": "check", "policy": "plaintext-env-secret", "binding": null, "action": "deny",
        "message": "a password", "details": null, "paths": [], "error": false}]);
    let file = folder.path().join("record.jsonl");
    fs::write(
        &file,
        [record(false, denial), record(true, json!([]))].join("\n"),
    )
    .unwrap();
    let report = replayed(&policies, None, &[file]);
    // The first was refused, perhaps for what is not there any more: it is not newly allowed.
    assert_eq!(
        (report.summary.newly_allowed, report.summary.not_assessed),
        (0, 1),
        "{:?}",
        report.summary
    );
    let redacted = report
        .not_assessed
        .iter()
        .find(|note| note.id == "redacted-secret")
        .unwrap();
    assert_eq!(
        (redacted.count, redacted.first.as_ref().unwrap().line),
        (2, 1)
    );
}

#[test]
fn policies_are_told_the_time_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(folder.path().join("ringwall.toml"), "").unwrap();
    let policy = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: notbefore}
spec:
  crd: {spec: {names: {kind: NotBefore}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package notbefore
      violation[{\"msg\": msg}] {
        time.now_ns() < time.parse_rfc3339_ns(\"2021-01-01T00:00:00Z\")
        msg := \"too early\"
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NotBefore
metadata: {name: everything}
";
    fs::write(policies.join("policy.yaml"), policy).unwrap();
    let record = |year: u16| {
        let mut request = review(&pod(false))["request"].take();
        request["uid"] = json!(year.to_string());
        json!({
            "version": 1, "type": "validate", "time": format!("{year}-06-01T00:00:00Z"), "request": request,
            "verdict": {"allowed": true, "violations": [], "patch": []},
        })
        .to_string()
    };
    let file = folder.path().join("record.jsonl");
    fs::write(&file, [record(2020), record(2022)].join("\n")).unwrap();
    let report = replayed(&policies, None, &[file]);
    assert_eq!(
        (report.summary.requests, report.summary.newly_denied),
        (2, 1),
        "{:?}",
        report.summary
    );
}

/// Documents of every kind with bytes changed, left out and doubled: none panics, and none is passed over.
#[test]
fn any_document_is_judged_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).unwrap();
    fs::write(policies.join("own.yaml"), OWN).unwrap();
    fs::write(folder.path().join("ringwall.toml"), CONFIG).unwrap();
    let (own, world) = sources(&policies, false);
    let replay = Replay {
        rules: rules(),
        policies: Policies::new(own).current(),
        against: None,
        world,
        has_inventory: true,
        team_label: Some("team".to_owned()),
        as_of: "2026-11-27".parse().unwrap(),
    };
    let event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "a",
        "stage": "ResponseComplete", "verb": "create", "user": {"username": "ann"},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
        "responseStatus": {"code": 201}, "requestObject": pod(true), "responseObject": pod(true),
        "annotations": {"validation.policy.admission.k8s.io/validation_failure": "[{\"policy\":\"a\"}]"},
    });
    let mut request = review(&pod(true))["request"].take();
    request["object"]["metadata"]["ownerReferences"] =
        json!([{"kind": "ReplicaSet", "name": "web-1", "controller": true}]);
    let record = json!({
        "version": 1, "type": "mutate", "time": "2026-11-27T12:00:00Z", "request": request,
        "verdict": {"allowed": true, "patch": [{"op": "add", "path": "/a", "value": "<redacted>"}],
            "violations": [{"source": "check", "policy": "a", "action": "deny", "message": "b"}]},
    });
    let images = json!({"apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
        "spec": {"containers": [{"image": "a:1"}], "namespace": "shop"}, "status": {"allowed": true}});
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = |sides: usize| {
        // xorshift64, <https://www.jstatsoft.org/v08/i14/>
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % sides
    };
    let mut judged = 0;
    for document in [event, record, images, review(&pod(true))] {
        let text = document.to_string().into_bytes();
        replay::judge_document(&replay, &text).unwrap();
        for _ in 0..1_000 {
            let mut mutant = text.clone();
            for _ in 0..=roll(2) {
                let (at, end) = (roll(mutant.len()), roll(12) + 1);
                let piece: Vec<u8> = mutant.iter().skip(at).take(end).copied().collect();
                match roll(3) {
                    0 => mutant[at] = b" {}[]\",:0aZ\\"[roll(12)],
                    1 => drop(mutant.drain(at..at + piece.len())),
                    _ => drop(mutant.splice(at..at, piece)),
                }
            }
            match replay::judge_document(&replay, &mutant) {
                Ok(()) => judged += 1,
                Err(reason) => assert!(!reason.is_empty(), "{}", String::from_utf8_lossy(&mutant)),
            }
        }
    }
    assert!(judged > 200, "{judged}");
}
