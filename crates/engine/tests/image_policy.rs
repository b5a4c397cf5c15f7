//! The image policy in a scan says what it says in admission.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says so by failing"
)]

use ringwall_collect::Content;
use ringwall_engine::{Advisories, Config, Input, Options, Outcome, Selection, scan};
use ringwall_model::{Date, Source};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: evil.example.com/app:1
    - name: side
      image: registry.example.com/side:1
";

fn judge(config_text: &str) -> Outcome {
    judge_pod(POD, "image-policy-violation", "ringwall.toml", config_text)
}

fn judge_pod(pod: &str, id: &str, config_file: &str, config_text: &str) -> Outcome {
    let input = Input {
        stdin: Some(Content::Text(pod.to_owned())),
        ..Input::default()
    };
    let selection = Selection::new(&[id.to_owned()], &[], &[]).expect("the id is known");
    let config = Config::parse(config_file, config_text).expect("a configuration");
    let options = Options {
        selection: &selection,
        config: &config,
        config_source: &Source::new(config_file, config_text),
        pod_security: None,
        policies: None,
        advisories: Advisories::Missing,
        as_of: Date::from_unix_seconds(0),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    scan(&input, &options).expect("the configuration can be used")
}

#[test]
fn an_image_from_elsewhere_is_a_finding_at_its_line() {
    let outcome = judge("[image-policy]\nallowed = [\"registry.example.com\"]\n");
    let findings = &outcome.report.findings;
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0]
            .message
            .contains("container app: image evil.example.com/app:1 comes from")
    );
    assert!(findings[0].message.ends_with("(repository-not-allowed)"));
    assert_eq!(findings[0].location.start.line, 8);
    assert!(!outcome.report.is_incomplete());
}

#[test]
fn what_nobody_looked_at_is_not_assessed() {
    let outcome = judge("[image-policy]\n[image-policy.vulnerabilities]\n");
    assert_eq!(outcome.report.findings.len(), 0);
    assert_eq!(outcome.report.not_assessed.len(), 2);
    assert_eq!(outcome.report.not_assessed[0].id, "unassessed-image");
    assert!(outcome.report.is_incomplete());
}

#[test]
fn without_a_policy_nothing_is_said() {
    let outcome = judge("");
    assert_eq!(outcome.report.findings.len(), 0);
    assert!(!outcome.report.is_incomplete());
}

#[test]
fn an_image_that_runs_as_root_does_not_start_where_that_is_forbidden() {
    const ID: &str = "root-image-in-non-root-container";
    let folder = tempfile::tempdir().expect("a folder");
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let report = |name: &str, letter: &str, user: &str| {
        let report = serde_json::json!({"version": 1, "as_of": "1970-01-01", "findings": [], "not_assessed": [],
            "image": {"name": name, "names": [name], "digest": digest(letter), "platform": "linux/amd64", "user": user}});
        let path = folder.path().join(format!("{letter}.json"));
        std::fs::write(path, report.to_string()).expect("a file");
    };
    report("registry.example.com/root:1", "a", "");
    report("registry.example.com/zero:1", "b", "0:0");
    report("registry.example.com/named:1", "c", "app");
    report("registry.example.com/number:1", "d", "65532");
    let config_file = folder.path().join("ringwall.toml");
    let config_file = config_file.to_str().expect("UTF-8");
    let messages = |security: &str, image: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  securityContext: {security}\n  containers:\n    - name: app\n      image: {image}\n"
        );
        let outcome = judge_pod(&pod, ID, config_file, "[image-policy]\nreports = \".\"\n");
        let findings = outcome.report.findings.iter();
        let findings = findings.map(|it| (it.location.start.line, it.message.clone()));
        findings.collect::<Vec<_>>()
    };
    let forbidden = "{runAsNonRoot: true}";
    for (image, words) in [
        ("registry.example.com/root:1", "sets no USER"),
        ("registry.example.com/zero:1", "runs as 0:0"),
        ("registry.example.com/named:1", "runs as app, a name"),
        // By its digest, wherever it is kept.
        (
            &*format!("mirror.example.com/root@{}", digest("a")),
            "sets no USER",
        ),
    ] {
        let found = messages(forbidden, image);
        assert_eq!(found.len(), 1, "{image}");
        assert_eq!(found[0].0, 9);
        assert!(found[0].1.contains(words), "{}", found[0].1);
    }
    for (security, image) in [
        (forbidden, "registry.example.com/number:1"),
        (forbidden, "registry.example.com/unknown:1"),
        (forbidden, "registry.example.com/root:2"),
        (
            "{runAsNonRoot: true, runAsUser: 1000}",
            "registry.example.com/root:1",
        ),
        ("{runAsNonRoot: false}", "registry.example.com/root:1"),
        ("{}", "registry.example.com/root:1"),
    ] {
        assert_eq!(messages(security, image), [], "{security} {image}");
    }
}
