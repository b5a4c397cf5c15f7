//! Fixing whole examples: every fix proves itself, JSON stays JSON, and a second run changes nothing.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use ringwall_checks::all;
use ringwall_collect::Content;
use ringwall_engine::{
    Advisories, Config, FixedFile, Input, Options, Outcome, Selection, fix_text, scan,
};
use ringwall_input::yaml::{self, Node, Value};
use ringwall_model::{Date, Safety, Severity, Source};

/// Scans a text as standard input, and fixes it.
fn fix(text: &str) -> (Outcome, Option<FixedFile>) {
    let options = Options {
        selection: &Selection::new(&[], &[], &[]).expect("all checks"),
        config: &Config::default(),
        config_source: &Source::new("ringwall.toml", ""),
        pod_security: None,
        policies: None,
        advisories: Advisories::Missing,
        as_of: "2026-11-21".parse::<Date>().expect("a day"),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    let input = Input {
        stdin: Some(Content::Text(text.to_owned())),
        ..Input::default()
    };
    let outcome = scan(&input, &options).expect("no exceptions in the configuration");
    let fixed = fix_text(&outcome, "-", &options, Safety::Unsafe);
    (outcome, fixed.expect("no exceptions in the configuration"))
}

/// The examples of all pages with the ids of their checks, markers taken off.
fn examples(language: &str) -> Vec<(&'static str, String)> {
    let mut examples = Vec::new();
    for check in all() {
        for example in check.meta().page().examples() {
            if example.language == language {
                let source = example.source();
                let lines = source.lines().map(str::trim_end);
                let text = lines.map(|line| {
                    let line = line.strip_suffix("# <-").unwrap_or(line);
                    format!("{}\n", line.trim_end())
                });
                examples.push((check.meta().id, text.collect()));
            }
        }
    }
    examples
}

fn diagnostics(text: &str) -> usize {
    yaml::parse(&Arc::new(Source::new("-", text))).1.len()
}

/// Fixes texts, and says what is wrong with the results.
fn hold(texts: impl Iterator<Item = (&'static str, String)>, parses: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    for (id, text) in texts {
        let (before, Some(fixed)) = fix(&text) else {
            continue;
        };
        let mut object = |what: &str| {
            wrong.push(format!("example of {id}: {what}\n{}", fixed.after));
        };
        let is_flaw = |reason: &str| !reason.starts_with("it would bring");
        for (check, message, reason) in &fixed.refused {
            if !is_flaw(reason) {
                continue; // What is right alone may not fit to what stands beside it.
            }
            object(&format!(
                "the fix of {check} ({message}) was refused: {reason}"
            ));
        }
        if !parses(&fixed.after) {
            object("the fixed text does not parse");
        }
        let (after, again) = fix(&fixed.after);
        if again.is_some_and(|again| !again.fixed.is_empty()) {
            object("a second run finds more to fix");
        }
        // The worst first: many mild ones are less than a worse one.
        let severities = |outcome: Outcome| {
            let findings = outcome.report.findings.iter();
            let mut severities: Vec<Severity> = findings.map(|finding| finding.severity).collect();
            severities.sort_unstable_by(|one, other| other.cmp(one));
            severities
        };
        let (before, after) = (severities(before), severities(after));
        if !fixed.fixed.is_empty() && after >= before {
            object(&format!("{before:?} before, {after:?} after"));
        }
    }
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} flaws:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

#[test]
fn manifests_are_fixed() {
    hold(examples("yaml").into_iter(), |text| diagnostics(text) == 0);
}

#[test]
fn an_object_that_is_added_has_a_name_of_its_own() {
    let workload = |kind: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      labels:\n        app: {kind}\n    spec:\n      containers:\n        - name: app\n"
        )
    };
    let both = format!("{}---\n{}", workload("Deployment"), workload("StatefulSet"));
    let fixed = fix(&both).1.expect("something to fix").after;
    for kind in ["deployment", "statefulset"] {
        let name = format!("  name: web-{kind}-default-deny\n");
        assert_eq!(fixed.matches(&name).count(), 1, "{fixed}");
    }
    let taken = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web-deployment-default-deny\nspec:\n  podSelector:\n    matchLabels:\n      app: api\n";
    let text = format!("{}---\n{taken}", workload("Deployment"));
    let fixed = fix(&text).1.expect("something to fix");
    assert_eq!(
        fixed.after.matches("web-deployment-default-deny").count(),
        1
    );
    let reasons = fixed
        .refused
        .iter()
        .map(|(check, _, reason)| (check.as_str(), reason.as_str()));
    let reason = (
        "missing-network-policy",
        "an object of the same name is in the file",
    );
    assert!(
        reasons.into_iter().any(|it| it == reason),
        "{:?}",
        fixed.refused
    );
}

#[test]
fn line_breaks_at_the_end_of_a_value_stay() {
    let text =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: |+\n    text\n\n\n";
    let fixed = fix(text).1.expect("something to fix").after;
    let source = Arc::new(Source::new("-", &*fixed));
    let (documents, _) = yaml::parse(&source);
    let root = documents[0].root();
    assert!(root.get("immutable").is_some(), "{fixed}");
    let x = root.path(&["data", "x"]).map(Node::text);
    assert_eq!(x, Some("text\n\n\n"), "{fixed}");
}

/// Without its removed neighbour, the blank lines behind would become part of the value before.
#[test]
fn a_fix_that_changes_another_value_is_refused() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    note: |+\n      text\n    \
                seccomp.security.alpha.kubernetes.io/pod: runtime/default\n\nspec:\n  securityContext:\n    \
                seccompProfile:\n      type: RuntimeDefault\n  containers:\n    - name: a\n      image: b:1\n";
    let fixed = fix(text).1.expect("something to fix");
    let refused = fixed.refused.iter();
    let refused: Vec<_> = refused
        .map(|(check, _, reason)| (&**check, &**reason))
        .collect();
    let reason = "it would change a value beside the one it is meant for";
    assert!(
        refused.contains(&("removed-seccomp-annotation", reason)),
        "{refused:?}"
    );
    let annotation = "text\n    seccomp.security.alpha.kubernetes.io/pod: runtime/default\n\nspec:";
    assert!(fixed.after.contains(annotation), "{}", fixed.after);
}

#[test]
fn a_milder_finding_that_comes_keeps_no_fix_away() {
    let came = |text: &str, check: &str| {
        let fixed = fix(text).1.expect("something to fix");
        let is_fixed = fixed.fixed.iter().any(|(name, _)| name == check);
        assert!(is_fixed, "{check}: {:?}", fixed.refused);
        let came = fixed
            .came
            .into_iter()
            .map(|(severity, check, _)| (severity, check));
        came.collect::<Vec<_>>()
    };
    let pod = |field: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n{field}  containers:\n    - name: a\n      image: {image}\n"
        )
    };
    assert_eq!(
        came(&pod("  hostNetwork: true\n", "b:1"), "host-network"),
        [(Severity::Info, "unset-dns-config-options".to_owned())]
    );
    // The old name had no digest either.
    assert_eq!(
        came(&pod("", "k8s.gcr.io/pause:3.9"), "frozen-image-registry"),
        []
    );
}

#[test]
fn a_number_with_zeros_before_it_is_left_alone() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: b:1\n      \
                ports:\n        - containerPort: \"010\"\n        - containerPort: \"8081\"\n      livenessProbe:\n        \
                httpGet:\n          port: \"0080\"\n      readinessProbe:\n        httpGet:\n          port: \"8080\"\n";
    let fixed = fix(text).1.expect("something to fix").after;
    for line in [
        "containerPort: \"010\"\n",
        "containerPort: 8081\n",
        "port: \"0080\"\n",
        "port: 8080\n",
    ] {
        assert!(fixed.contains(line), "{line}{fixed}");
    }
}

/// Its port keeps the user from being changed.
#[test]
fn a_container_that_names_root_is_not_told_to_be_no_root() {
    for (of_pod, of_container) in [
        ("", "{runAsUser: 0}"),
        ("  securityContext:\n    runAsUser: 0\n", "{}"),
        (
            "  securityContext:\n    runAsNonRoot: true\n",
            "{runAsUser: 0, runAsNonRoot: false}",
        ),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n{of_pod}  containers:\n    - name: a\n      \
             ports: [{{containerPort: 80}}]\n      securityContext: {of_container}\n"
        );
        let fixed = fix(&text).1.expect("something to fix");
        let count = |text: &str| text.matches("runAsNonRoot: true").count();
        assert_eq!(count(&fixed.after), count(&text), "{}", fixed.after);
        assert!(
            !fixed.after.contains("\"runAsNonRoot\": true"),
            "{}",
            fixed.after
        );
        assert!(fixed.after.contains("runAsUser: 0"), "{}", fixed.after);
    }
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  securityContext:\n    runAsNonRoot: true\n  \
                containers:\n    - name: a\n      securityContext:\n        runAsUser: 0\n";
    let (outcome, _) = fix(text);
    let mut findings = outcome.report.findings.iter();
    let root = findings.find(|finding| finding.check == "root-container");
    let root = root.expect("it names root");
    assert_eq!(root.severity, Severity::High);
    let told = "the kubelet never starts it, as runAsNonRoot is true";
    assert!(root.message.contains(told), "{}", root.message);
}

#[test]
fn dockerfiles_are_fixed() {
    hold(examples("dockerfile").into_iter(), |_| true);
}

#[test]
fn json_stays_json() {
    let texts = examples("yaml").into_iter().filter_map(|(id, text)| {
        let (documents, _) = yaml::parse(&Arc::new(Source::new("-", text)));
        let [document] = &documents[..] else {
            return None;
        };
        let json = serde_json::to_string_pretty(&json(document.root()));
        Some((id, json.expect("a value can be written")))
    });
    hold(texts, |text| {
        serde_json::from_str::<serde_json::Value>(text).is_ok()
    });
}

fn json(node: Node<'_>) -> serde_json::Value {
    match node.value() {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(text) => text.into(),
        Value::Sequence => node.items().map(json).collect(),
        Value::Mapping => node
            .entries()
            .into_iter()
            .map(|(key, value)| (key.text().to_owned(), json(value)))
            .collect(),
    }
}
