//! What holds for the checks of this folder beyond their examples: fixes work, causes are grouped.

use std::sync::Arc;

use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Edit, Finding, Source};

use super::CHECKS;
use crate::{Check, Expected, Inventory, Settings, judge};

fn judge_text(text: &str, checks: &[&'static dyn Check]) -> Vec<Box<Finding>> {
    let checks = &checks.iter().copied().collect();
    let source = Arc::new(Source::new("a.yaml", text));
    let (documents, diagnostics) = yaml::parse(&source);
    assert_eq!(diagnostics, [], "{text}");
    let settings = Settings::default();
    let (mut findings, mut resources, mut workloads) = (Vec::new(), Vec::new(), Vec::new());
    for document in &documents {
        let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
            panic!("no object: {text}");
        };
        for object in objects {
            let pods = kubernetes::workloads(&object, &[]);
            judge::object(&object, &pods, checks, &settings, &mut findings);
            workloads.extend(pods);
            resources.push(object);
        }
    }
    let inventory = Inventory::new(resources, workloads);
    judge::inventory(&inventory, checks, &settings, &mut findings);
    findings
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.span.start);
    let mut changed = text.to_owned();
    for edit in edits.iter().rev() {
        changed.replace_range(edit.span.range(), &edit.text);
    }
    changed
}

/// The ids of what is found in a text, in the order of the checks.
fn ids(text: &str, checks: &[&'static dyn Check]) -> Vec<String> {
    let findings = judge_text(text, checks);
    findings.iter().map(|it| it.check.to_string()).collect()
}

#[test]
fn a_fix_makes_its_finding_go_away() {
    for check in CHECKS {
        let meta = check.meta();
        for example in meta.page().examples() {
            if example.expected == Expected::Pass {
                continue;
            }
            let text = example.source().replace(" # <-", "");
            let before = judge_text(&text, &[*check]);
            for finding in &before {
                let Some(fix) = &finding.fix else { continue };
                let changed = apply(&text, &fix.edits);
                let after = judge_text(&changed, &[*check]);
                assert!(
                    after.len() < before.len(),
                    "{}: {} still stands in\n{changed}",
                    meta.id,
                    finding.message
                );
            }
        }
    }
}

/// Applies fixes one after the other, as `--fix=unsafe` does, until none is left.
#[test]
fn fixes_of_all_checks_lead_to_a_restricted_pod() {
    let mut text = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostNetwork: true
  hostPID: true
  initContainers:
    - name: setup
      securityContext: {privileged: true, capabilities: {add: [ALL, SYS_ADMIN]}}
  containers:
    - name: app
      ports:
        - containerPort: 8080
          hostPort: 8080
      securityContext:
        runAsUser: 0
        capabilities:
          add:
            - NET_ADMIN
    - name: proxy
"
    .to_owned();
    for _ in 0..100 {
        let findings = judge_text(&text, CHECKS);
        let Some(fix) = findings.iter().find_map(|finding| finding.fix.as_deref()) else {
            break;
        };
        text = apply(&text, &fix.edits);
    }
    assert_eq!(ids(&text, CHECKS), Vec::<String>::new(), "{text}");
    let privileged = ["privileged: true", "hostNetwork: true", "hostPID: true"];
    assert!(
        privileged.iter().all(|field| !text.contains(field)),
        "{text}"
    );
}

#[test]
fn all_capabilities_are_one_finding() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostUsers: false
  containers:
    - name: app
      securityContext:
        capabilities:
          drop: [ALL]
          add: [CAP_ALL, SYS_ADMIN, NET_RAW]
";
    let capabilities: Vec<_> = ids(text, CHECKS)
        .into_iter()
        .filter(|id| id.contains("capabilit"))
        .collect();
    assert_eq!(capabilities, ["all-capabilities"]);
}

#[test]
fn what_a_bare_container_lacks_is_one_group() {
    let text = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
";
    let findings = judge_text(text, CHECKS);
    let mut groups: Vec<_> = findings
        .iter()
        .filter(|finding| finding.subject.container.is_some())
        .filter_map(|finding| finding.group.as_deref())
        .collect();
    groups.dedup();
    assert_eq!(groups, ["a.yaml:7 securityContext"]);
}
