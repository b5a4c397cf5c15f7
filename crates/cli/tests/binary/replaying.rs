//! `ringwall replay`: what is read, what is told of what cannot be, and how it ends.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::folder::{Folder, Ran};

const POLICIES: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: unprivileged}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  validations:
  - expression: >-
      object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged)
      || !c.securityContext.privileged)
    messageExpression: \"'pod ' + object.metadata.name + ' runs privileged'\"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: unprivileged}
spec: {policyName: unprivileged, validationActions: [ACTION]}
";

const REFERENTIAL: &str = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: uniquename}
spec:
  crd: {spec: {names: {kind: UniqueName}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package uniquename
      violation[{\"msg\": \"the name is taken\"}] {
        data.inventory.namespace[_][\"v1\"].Pod[input.review.name]
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: UniqueName
metadata: {name: names}
";

fn policies(action: &str) -> String {
    POLICIES.replace("ACTION", action)
}

/// An event of a pod that was made.
fn event(id: &str, name: &str, privileged: bool) -> Value {
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"team": "sales"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1", "securityContext": {"privileged": privileged}}]}});
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": id,
        "stage": "ResponseComplete", "verb": "create", "requestURI": "/api/v1/namespaces/shop/pods",
        "user": {"username": "ann"}, "responseStatus": {"code": 201},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": name, "apiVersion": "v1"},
        "requestObject": pod, "responseObject": pod,
        "requestReceivedTimestamp": "2026-11-27T12:00:00.000000Z",
    })
}

fn lines(events: &[Value]) -> String {
    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    lines.concat()
}

fn folder() -> Folder {
    Folder::new(&[
        ("deny/p.yaml", &policies("Deny")),
        ("warn/p.yaml", &policies("Warn")),
        (
            "audit.log",
            &lines(&[event("1", "web", true), event("2", "api", false)]),
        ),
    ])
}

/// Ids and counts of what was not assessed.
fn unseen(ran: &Ran) -> Vec<(String, u64)> {
    let report = ran.json();
    let notes = report["not_assessed"].as_array().expect("a list").iter();
    notes
        .map(|note| {
            let id = note["id"].as_str().expect("an id").to_owned();
            (id, note["count"].as_u64().expect("a count"))
        })
        .collect()
}

#[test]
fn what_would_be_denied_is_told_by_cause_workload_and_team() {
    let folder = folder();
    let ran = folder.run(&[
        "replay",
        "--policy",
        "deny",
        "--as-of",
        "2026-11-27",
        "--team-label",
        "team",
        "audit.log",
    ]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let expected = "Newly denied
    1  unprivileged  1 workload, 1 team
       pod * runs privileged
       audit.log:1  Pod shop/web

Workload      requests  newly denied  denied
Pod shop/web         1             1       1

Team   requests  newly denied  denied
sales         2             1       1

Requests                then         now
allowed                    2           1
denied                     0           1

assessed 2 requests (2 events); as of 2026-11-27
1 newly denied, 0 newly allowed, 0 otherwise different, 1 as before
";
    assert_eq!(ran.stdout, expected);
    let ran = folder.run(&["replay", "--policy", "deny", "--exit-zero", "audit.log"]);
    assert_eq!(ran.code, 0);
    let ran = folder.run(&["replay", "--policy", "warn", "-o", "json", "audit.log"]);
    assert_eq!(
        (ran.code, ran.json()["summary"]["now"]["warned"].as_u64()),
        (0, Some(1))
    );
}

#[test]
fn two_sets_are_compared_with_each_other() {
    let folder = folder();
    let ran = folder.run(&[
        "replay",
        "--policy",
        "warn",
        "--against",
        "deny",
        "-o",
        "json",
        "audit.log",
    ]);
    let report = ran.json();
    assert_eq!(
        (ran.code, &report["summary"]["newly_allowed"]),
        (0, &json!(1)),
        "{report}"
    );
    assert_ne!(report["policies"], report["against"]);
    let ran = folder.run(&[
        "replay",
        "--policy",
        "deny",
        "--against",
        "warn",
        "audit.log",
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("against"), "{}", ran.stdout);
    let ran = folder.run(&[
        "replay",
        "--policy",
        "deny",
        "--against",
        "deny",
        "audit.log",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("2 as before"), "{}", ran.stdout);
}

#[test]
fn files_are_packed_or_not_found_in_folders_or_handed_in() {
    let folder = folder();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let text = lines(&[event("3", "old", true)]);
    encoder.write_all(text.as_bytes()).expect("packed");
    let packed = encoder.finish().expect("packed");
    folder.write("logs/audit-2026.log.gz", &packed);
    // An event as `serve` keeps it.
    let kept = json!({"version": 1, "type": "audit", "time": "2026-11-27T12:00:00Z", "event": event("7", "kept", true)});
    folder.write("logs/audit.log", lines(&[event("4", "new", true), kept]));
    folder.write("logs/README", "no log");
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event("5", "listed", true)]});
    folder.write("logs/list.json", format!("{list:#}"));
    let stdin = lines(&[event("6", "piped", true)]);
    let ran = folder.run_with(
        &stdin,
        &["replay", "--policy", "deny", "-o", "json", "logs", "-"],
    );
    let summary = &ran.json()["summary"];
    assert_eq!(
        (&summary["newly_denied"], &summary["skipped"]["files"]),
        (&json!(5), &json!(1)),
        "{summary}"
    );
    assert_eq!(unseen(&ran), []);
    // Cut off, it gives what is there, and says so.
    folder.write("cut.gz", &packed[..packed.len() - 10]);
    let ran = folder.run(&["replay", "--policy", "warn", "-o", "json", "cut.gz"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(
        unseen(&ran).iter().any(|(id, _)| id == "unreadable-file"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_cannot_be_judged_is_told_and_the_rest_is_judged() {
    let folder = folder();
    let change = |id: &str, change: &dyn Fn(&mut Value)| {
        let mut event = event(id, "web", false);
        change(&mut event);
        event
    };
    let mut log = lines(&[
        event("1", "web", false),
        event("1", "web", false),
        change("2", &|event| event["stage"] = json!("RequestReceived")),
        change("3", &|event| event["verb"] = json!("get")),
        change("4", &|event| event["level"] = json!("Metadata")),
        change("5", &|event| event["verb"] = json!("deletecollection")),
        json!({"apiVersion": "v1", "kind": "Pod"}),
    ]);
    log.push_str("{\"kind\":\"Event\",\"auditID\n");
    log.push_str(&lines(&[event("6", "api", false)]));
    folder.write("odd.log", &log);
    let ran = folder.run(&["replay", "--policy", "deny", "-o", "json", "odd.log"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    let report = ran.json();
    assert_eq!(report["summary"]["requests"], 2);
    assert_eq!(
        report["summary"]["skipped"],
        json!({"duplicates": 1, "other_stages": 1, "reads": 1})
    );
    let expected = [
        ("event-without-object", 1),
        ("event-without-object", 1),
        ("unknown-record", 1),
        ("unparsable-record", 1),
    ];
    assert_eq!(
        unseen(&ran),
        expected.map(|(id, count)| (id.to_owned(), count))
    );
    let broken = &report["not_assessed"][3]["first"];
    assert_eq!(broken, &json!({"file": "odd.log", "line": 8}));
    let ran = folder.run(&[
        "replay",
        "--policy",
        "deny",
        "odd.log",
        "--accept",
        "event-without-object,unknown-record,unparsable-record",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("unknown-record (accepted)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn policies_that_ask_for_more_than_a_recording_holds_are_named() {
    let folder = folder();
    let ask = |expression: &str, rest: &str| {
        policies("Deny")
            .replace("unprivileged", "asking")
            .replace("  matchConstraints:", &format!("{rest}  matchConstraints:"))
            .replace(
                "  validations:",
                &format!("  validations:\n  - expression: \"{expression}\""),
            )
    };
    let params = "  paramKind: {apiVersion: v1, kind: ConfigMap}\n";
    folder.write("params/p.yaml", ask("true", params));
    let ran = folder.run(&[
        "replay",
        "--policy",
        "params",
        "-o",
        "json",
        "--exit-zero",
        "audit.log",
    ]);
    assert!(
        unseen(&ran).iter().any(|(id, _)| id == "unknown-inventory"),
        "{}",
        ran.stdout
    );
    folder.write(
        "objects/c.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n",
    );
    let ran = folder.run(&[
        "replay",
        "--policy",
        "params",
        "--inventory",
        "objects",
        "-o",
        "json",
        "--exit-zero",
        "audit.log",
    ]);
    assert!(
        !unseen(&ran).iter().any(|(id, _)| id == "unknown-inventory"),
        "{}",
        ran.stdout
    );
    folder.write("inventory/p.yaml", REFERENTIAL);
    folder.write("nothing/README", "");
    for inventory in [&[][..], &["--inventory", "nothing"]] {
        let mut words = vec!["replay", "--policy", "inventory", "-o", "json", "audit.log"];
        words.extend(inventory);
        let ran = folder.run(&words);
        let expected = [("unknown-inventory".to_owned(), 1)];
        assert_eq!(
            (ran.code, unseen(&ran)),
            (3, expected.to_vec()),
            "{}",
            ran.stdout
        );
        assert!(ran.stdout.contains("UniqueName/names"), "{}", ran.stdout);
    }
    let taken = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: other}\n";
    folder.write("taken/pod.yaml", taken);
    let ran = folder.run(&[
        "replay",
        "--policy",
        "inventory",
        "--inventory",
        "taken",
        "audit.log",
    ]);
    assert!(
        ran.code == 1 && ran.stdout.contains("the name is taken"),
        "{}",
        ran.stdout
    );
    // Nobody knows the labels of the namespace, so the policy gives no answer.
    folder.write(
        "spaces/p.yaml",
        ask("namespaceObject.metadata.name == 'shop'", ""),
    );
    let ran = folder.run(&["replay", "--policy", "spaces", "-o", "json", "audit.log"]);
    assert_eq!(
        (ran.code, unseen(&ran)),
        (3, vec![("failed-policy".to_owned(), 2)]),
        "{}",
        ran.stdout
    );
    let mut update = event("7", "web", false);
    update["verb"] = json!("update");
    folder.write("update.log", lines(&[update]));
    folder.write("old/p.yaml", ask("oldObject == null || true", ""));
    let ran = folder.run(&["replay", "--policy", "old", "-o", "json", "update.log"]);
    assert_eq!(
        (ran.code, unseen(&ran)),
        (3, vec![("event-without-old-object".to_owned(), 1)]),
        "{}",
        ran.stdout
    );
    // What is about other objects compares nothing of these.
    let other = ask("oldObject == null || true", "").replace("pods", "secrets");
    folder.write("other/p.yaml", other);
    let ran = folder.run(&["replay", "--policy", "other", "-o", "json", "update.log"]);
    assert_eq!((ran.code, unseen(&ran)), (0, Vec::new()), "{}", ran.stdout);
}

#[test]
fn what_would_say_nothing_is_refused_or_is_no_clean_result() {
    let folder = folder();
    folder.write("empty.log", "");
    folder.write("none/readme.yaml", "a: 1\n");
    let check = |words: &[&str], code: i32, expected: &str| {
        let ran = folder.run(words);
        assert_eq!(ran.code, code, "{words:?}: {}{}", ran.stdout, ran.stderr);
        let told = ran.stdout + &ran.stderr;
        assert!(told.contains(expected), "{words:?}: {told}");
    };
    check(&["replay", "audit.log"], 2, "nothing would be judged");
    check(
        &["replay", "--policy", "none", "audit.log"],
        2,
        "no policy is in",
    );
    check(
        &["replay", "--policy", "polices", "audit.log"],
        2,
        "no such file or folder",
    );
    check(
        &["replay", "--policy", "deny", "--accept", "x", "audit.log"],
        2,
        "is none of unreadable-file",
    );
    check(&["replay", "--policy", "deny"], 2, "RECORDED");
    check(
        &["replay", "--policy", "deny", "empty.log"],
        3,
        "Nothing was replayed",
    );
    check(
        &["replay", "--policy", "warn", "gone.log", "audit.log"],
        3,
        "unreadable-file",
    );
    folder.write(
        "broken/p.yaml",
        policies("Deny").replace("object.spec", "object.(spec"),
    );
    check(
        &["replay", "--policy", "broken", "--exit-zero", "audit.log"],
        0,
        "unusable-policy",
    );
}

/// The text of a fence of a page, by its language.
fn fence<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("```{language}\n"))
        .expect("a fence");
    rest.split_once("```").expect("its end").0
}

#[test]
fn the_example_of_the_book_is_true() {
    let page = include_str!("../../../../docs/replay.md");
    let folder = Folder::new(&[
        ("policies/unprivileged.yaml", fence(page, "yaml")),
        ("audit.log", fence(page, "json")),
    ]);
    let (line, expected) = fence(page, "console").split_once('\n').expect("a command");
    let words: Vec<_> = line.split(' ').skip(2).collect();
    let ran = folder.run(&words);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stdout.trim_end(), expected.trim_end());
}
