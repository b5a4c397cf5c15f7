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
    assert_eq!(groups, ["a.yaml:7:7 securityContext"]);
}

#[test]
fn two_flaws_on_one_line_are_two_groups() {
    let text = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}}
";
    let findings = judge_text(text, CHECKS);
    let group = |check: &str| {
        let mut findings = findings.iter();
        let finding = findings.find(|finding| finding.check == check);
        finding.and_then(|finding| finding.group.as_deref())
    };
    let privileged = group("privileged-container");
    assert!(privileged.is_some());
    assert_ne!(privileged, group("sys-admin-capability"));
}

/// The texts after each fix of a check alone.
fn fixed(text: &str, id: &str) -> Vec<String> {
    let check = CHECKS.iter().find(|check| check.meta().id == id);
    let findings = judge_text(text, &[*check.unwrap()]);
    assert_ne!(findings.len(), 0, "{id} is silent:\n{text}");
    let fixes = findings.iter().filter_map(|it| it.fix.as_deref());
    fixes.map(|fix| apply(text, &fix.edits)).collect()
}

/// A pod of one container, whose fields are written in braces.
fn pod(annotations: &str, spec: &str, container: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: Pod
metadata: {{name: web, annotations: {{{annotations}}}}}
spec:
  {spec}
  containers:
    - {{name: app, {container}}}
"
    )
}

#[test]
fn no_fix_makes_a_pod_that_the_api_server_refuses() {
    for (id, spec, container) in [
        (
            "privileged-container",
            "hostUsers: true",
            "volumeMounts: [{name: a, mountPath: /a, mountPropagation: Bidirectional}], securityContext: {privileged: true}",
        ),
        (
            "host-users",
            "hostUsers: true",
            "volumeDevices: [{name: a, devicePath: /dev/a}]",
        ),
        (
            "host-network",
            "hostNetwork: true",
            "securityContext: {windowsOptions: {hostProcess: true}}",
        ),
        (
            "host-port",
            "hostNetwork: true",
            "ports: [{containerPort: 80, hostPort: 80}]",
        ),
    ] {
        assert_eq!(
            fixed(&pod("", spec, container), id),
            Vec::<String>::new(),
            "{id}"
        );
    }
}

#[test]
fn a_pod_is_freed_of_host_process_as_a_whole() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  hostNetwork: true
  securityContext: {windowsOptions: {hostProcess: true}}
  initContainers:
    - {name: setup, securityContext: {windowsOptions: {hostProcess: true}}}
  containers:
    - {name: app, securityContext: {windowsOptions: {hostProcess: true}}}
    - {name: proxy}
";
    let expected = text.replace("hostProcess: true", "hostProcess: false");
    for fixed in fixed(text, "windows-host-process") {
        assert_eq!(fixed, expected);
    }
}

/// The API server refuses a pod whose annotation and field name different profiles.
#[test]
fn a_profile_is_set_without_an_annotation_that_contradicts() {
    const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/app";
    const POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
    const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/app";
    for (id, key, spec, container) in [
        ("unset-pod-security-context", POD, "", ""),
        ("unset-seccomp-profile", SECCOMP, "", ""),
        ("missing-linux-hardening", SECCOMP, "", ""),
        (
            "unconfined-seccomp-profile",
            SECCOMP,
            "",
            "securityContext: {seccompProfile: {type: Unconfined}}",
        ),
        (
            "unconfined-seccomp-profile",
            POD,
            "securityContext: {seccompProfile: {type: Unconfined}}",
            "",
        ),
        (
            "unconfined-apparmor-profile",
            APPARMOR,
            "",
            "securityContext: {appArmorProfile: {type: Unconfined}}",
        ),
        (
            "unconfined-apparmor-profile",
            APPARMOR,
            "securityContext: {appArmorProfile: {type: Unconfined}}",
            "",
        ),
        (
            "weakened-security-context",
            APPARMOR,
            "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            "securityContext: {appArmorProfile: {type: Unconfined}}",
        ),
    ] {
        let text = |value| pod(&format!("a: b, {key}: {value}"), spec, container);
        for fixed in fixed(&text("unconfined"), id) {
            assert!(
                !fixed.to_lowercase().contains("unconfined"),
                "{id}\n{fixed}"
            );
        }
        assert_eq!(fixed(&text("unconfined"), id).len(), 1, "{id}");
        // A profile that somebody wanted is not overruled.
        if key != APPARMOR {
            assert_eq!(
                fixed(&text("localhost/a"), id),
                Vec::<String>::new(),
                "{id}"
            );
        }
    }
}

#[test]
fn without_all_only_baseline_capabilities_stay() {
    let add = |list: &str| {
        let context = format!("securityContext: {{capabilities: {{add: [{list}]}}}}");
        pod("", "", &context)
    };
    for (before, after) in [
        ("ALL, KILL", "KILL"),
        ("KILL, all, NET_ADMIN, CHOWN", "KILL, CHOWN"),
        ("ALL, SYS_ADMIN", ""),
    ] {
        assert_eq!(fixed(&add(before), "all-capabilities"), [add(after)]);
    }
}

#[test]
fn what_a_privileged_container_makes_void_has_its_cause() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: app\n    image: a\n    securityContext:\n      privileged: true\n      capabilities: {add: [SYS_ADMIN]}\n";
    let findings = judge_text(text, CHECKS);
    let groups = |ids: &[&str]| {
        let of = findings.iter().filter(|it| ids.contains(&&*it.check));
        let mut groups: Vec<_> = of.filter_map(|it| it.group.clone()).collect();
        assert!(groups.len() >= ids.len(), "{ids:?}");
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    };
    let void = [
        "privileged-container",
        "privilege-escalation",
        "unset-seccomp-profile",
        "net-raw-capability",
    ];
    assert_eq!(groups(&void), 1);
    // What is added, and the root file system, are what they were.
    for kept in ["sys-admin-capability", "writable-root-filesystem"] {
        let ids = ["privileged-container", kept];
        assert_eq!(groups(&ids), 2, "{kept}");
    }
}

#[test]
fn a_container_that_is_told_to_be_root_is_one_cause() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: app\n    securityContext: {runAsUser: 0}\n";
    let findings = judge_text(text, CHECKS);
    let group = |id: &str| {
        let mut findings = findings.iter();
        findings.find(|it| it.check == id).unwrap().group.clone()
    };
    assert_eq!(group("root-container"), group("unset-run-as-non-root"));
}
