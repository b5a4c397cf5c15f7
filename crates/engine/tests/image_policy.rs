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
    let input = Input {
        stdin: Some(Content::Text(POD.to_owned())),
        ..Input::default()
    };
    let only = ["image-policy-violation".to_owned()];
    let selection = Selection::new(&only, &[], &[]).expect("the id is known");
    let config = Config::parse("ringwall.toml", config_text).expect("a configuration");
    let options = Options {
        selection: &selection,
        config: &config,
        config_source: &Source::new("ringwall.toml", config_text),
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
