//! What a scan found besides flaws of packages, as the image policy enforces it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by failing"
)]

use std::sync::Arc;

use ringwall_model::Severity;
use ringwall_policy::image::{
    FindingConfig, ImageContext, ImagePolicy, ImagePolicyConfig, ImageReports, ImageVerdict,
    Offline, VulnerabilityConfig,
};
use serde_json::{Value, json};

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A report as `ringwall image -o json` writes it, of an image that was searched for all that is looked for unasked.
fn report(more: &Value) -> Value {
    let mut report = json!({
        "version": 1,
        "image": {"name": "a", "digest": DIGEST, "platform": "linux/amd64"},
        "findings": [], "not_assessed": [], "as_of": "2026-11-20",
        "searched_for": ["configuration", "malware", "secrets"],
    });
    report
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    report
}

fn finding(check: &str, severity: &str, status: &str, file: Option<&str>) -> Value {
    let subject = file.map_or_else(|| json!({}), |file| json!({"file": file}));
    json!({"check": check, "severity": severity, "status": status, "subject": subject})
}

fn refusing(words: &[&str]) -> ImagePolicyConfig {
    ImagePolicyConfig {
        findings: Some(FindingConfig {
            refuse: words.iter().map(|&word| word.to_owned()).collect(),
            severity: None,
        }),
        ..ImagePolicyConfig::default()
    }
}

fn policy(config: ImagePolicyConfig, reports: &[Value]) -> ImagePolicy {
    let today = "2026-11-27".parse().unwrap();
    let mut known = ImageReports::new(today, 30);
    for report in reports {
        known.add(report.to_string().as_bytes()).unwrap();
    }
    let facts = Offline::default().with_reports(known);
    ImagePolicy::new(config, Arc::new(facts), today).unwrap()
}

fn judge(config: ImagePolicyConfig, reports: &[Value]) -> ImageVerdict {
    let image = format!("registry.example.com/a@{DIGEST}");
    policy(config, reports).judge([&*image], &ImageContext::default())
}

fn rules(words: &[&str], report: &Value) -> Vec<&'static str> {
    let verdict = judge(refusing(words), std::slice::from_ref(report));
    verdict.problems.iter().map(|it| it.rule).collect()
}

#[test]
fn a_finding_refuses_by_its_check_or_by_the_word_for_its_kind() {
    for (check, words, others) in [
        (
            "coin-miner-in-image",
            &["malware", "coin-miner-in-image"][..],
            &["web-shell-in-image", "secrets", "coin-miner"][..],
        ),
        (
            "plaintext-secret/github",
            &["secrets", "plaintext-secret", "plaintext-secret/github"],
            &["malware", "plaintext-secret/aws", "plaintext-private-key"],
        ),
        (
            "plaintext-private-key",
            &["secrets", "plaintext-private-key"],
            &["plaintext-secret", "malware"],
        ),
        (
            "plaintext-secret-in-dockerfile",
            &["secrets", "plaintext-secret-in-dockerfile"],
            &["plaintext-secret"],
        ),
        ("setuid-image-file", &["setuid-image-file"], &["secrets"]),
    ] {
        let bad = report(&json!({"findings": [finding(check, "high", "fail", None)]}));
        for word in words {
            assert_eq!(rules(&[word], &bad), ["finding-in-image"], "{check} {word}");
        }
        for word in others {
            assert_eq!(rules(&[word], &bad), [""; 0], "{check} {word}");
        }
    }
}

#[test]
fn what_is_accepted_or_less_severe_refuses_nothing() {
    let reported = |severity, status| {
        report(&json!({"findings": [finding("plaintext-private-key", severity, status, None)]}))
    };
    assert_eq!(rules(&["secrets"], &reported("high", "fail")).len(), 1);
    assert_eq!(rules(&["secrets"], &reported("low", "fail")), [""; 0]);
    // Whoever names a check means it, however bad it is said to be.
    let id = "plaintext-private-key";
    assert_eq!(rules(&[id], &reported("low", "fail")), ["finding-in-image"]);
    let shell = report(&json!({"findings": [finding("shell-in-image", "info", "fail", None)]}));
    assert_eq!(rules(&["shell-in-image"], &shell), ["finding-in-image"]);
    let mut strict = refusing(&[id, "shell-in-image"]);
    strict.findings.as_mut().unwrap().severity = Some(Severity::Medium);
    assert!(judge(strict, &[shell]).is_allowed());
    assert_eq!(rules(&["secrets"], &reported("high", "accepted")), [""; 0]);
    // A word for a severity that is not known is taken for the worst.
    assert_eq!(rules(&["secrets"], &reported("dire", "fail")).len(), 1);
    // The worst of one check counts, whichever comes first.
    let both = ["low", "high"].map(|it| finding("plaintext-private-key", it, "fail", None));
    assert_eq!(
        rules(&["secrets"], &report(&json!({"findings": both}))).len(),
        1
    );
}

#[test]
fn the_message_names_checks_and_files() {
    let found = [
        finding("web-shell-in-image", "critical", "fail", Some("srv/a.php")),
        finding("web-shell-in-image", "critical", "fail", Some("srv/b.php")),
        finding("reverse-shell-in-image", "critical", "fail", None),
    ];
    let verdict = judge(
        refusing(&["malware"]),
        &[report(&json!({"findings": found}))],
    );
    assert!(!verdict.is_allowed());
    assert_eq!(
        verdict.problems[0].message,
        format!(
            "image registry.example.com/a@{DIGEST} has reverse-shell-in-image, web-shell-in-image (/srv/a.php)"
        )
    );
}

#[test]
fn what_was_not_searched_for_is_not_assessed() {
    let open =
        |words: &[&str], searched: Value| rules(words, &report(&json!({"searched_for": searched})));
    let without_secrets = json!(["configuration", "malware"]);
    assert_eq!(open(&["malware"], without_secrets.clone()), [""; 0]);
    assert_eq!(
        open(&["malware", "secrets"], without_secrets.clone()),
        ["findings-not-assessed"]
    );
    assert_eq!(
        open(&["plaintext-secret/aws"], without_secrets),
        ["findings-not-assessed"]
    );
    // What an SBOM says of an image, and reports that do not say what was looked for.
    for word in ["malware", "secrets", "stale-image", "yara-match-in-image"] {
        assert_eq!(
            open(&[word], json!([])),
            ["findings-not-assessed"],
            "{word}"
        );
    }
    let mut old = report(&json!({}));
    old.as_object_mut().unwrap().remove("searched_for");
    let verdict = judge(refusing(&["malware"]), &[old]);
    assert!(!verdict.is_allowed());
    assert!(
        verdict.problems[0]
            .message
            .ends_with("its report does not say that it was searched for malware"),
        "{verdict:?}"
    );
    assert_eq!(
        judge(refusing(&["malware"]), &[]).problems[0].rule,
        "findings-not-assessed"
    );
}

#[test]
fn a_report_that_did_not_look_says_nothing_against_one_that_did() {
    let of_day = |day: &str, searched: Value, found: Value| {
        report(&json!({"as_of": day, "searched_for": searched, "findings": found}))
    };
    let miner = json!([finding("coin-miner-in-image", "critical", "fail", None)]);
    let whole = |day, found| of_day(day, json!(["configuration", "malware", "secrets"]), found);
    let of_sbom = |day| of_day(day, json!([]), json!([]));
    let rules = |reports: &[Value]| {
        let verdict = judge(refusing(&["malware"]), reports);
        let rules = verdict.problems.iter().map(|it| it.rule);
        rules.collect::<Vec<_>>()
    };
    for sbom in ["2026-11-19", "2026-11-20", "2026-11-21"] {
        let bad = whole("2026-11-20", miner.clone());
        assert_eq!(rules(&[bad.clone(), of_sbom(sbom)]), ["finding-in-image"]);
        assert_eq!(rules(&[of_sbom(sbom), bad]), ["finding-in-image"]);
        let clean = whole("2026-11-20", json!([]));
        assert_eq!(rules(&[clean, of_sbom(sbom)]), [""; 0]);
    }
    // The latest that looked counts, and none that is too old.
    let found_before = whole("2026-11-19", miner.clone());
    let clean = whole("2026-11-20", json!([]));
    assert_eq!(
        rules(&[found_before, clean, of_sbom("2026-11-21")]),
        [""; 0]
    );
    let old = whole("2026-10-01", json!([]));
    assert_eq!(
        rules(&[old, of_sbom("2026-11-21")]),
        ["findings-not-assessed"]
    );
}

#[test]
fn a_gap_leaves_open_what_may_be_behind_it() {
    let all = json!(["configuration", "malware", "secrets", "yara"]);
    let with = |gap: &str, exception: Option<Value>| {
        let mut gap = json!({"id": gap, "reason": "r"});
        if let Some(exception) = exception {
            gap["exception"] = exception;
        }
        report(&json!({"searched_for": all, "not_assessed": [gap]}))
    };
    let kinds = [
        "setuid-image-file",
        "malware",
        "secrets",
        "yara-match-in-image",
    ];
    for (gap, open) in [
        ("unreadable-layer", &kinds[..]),
        ("something-new", &kinds),
        ("unsearched-file", &["malware", "secrets"]),
        ("truncated-secrets", &["secrets"]),
        ("unmatched-file", &["yara-match-in-image"]),
        ("unusable-yara-rules", &["yara-match-in-image"]),
        ("unknown-distribution", &["setuid-image-file"]),
        ("unassessed-program", &[]),
        ("stale-advisories", &[]),
    ] {
        for kind in kinds {
            let expected: &[&str] = if open.contains(&kind) {
                &["findings-not-assessed"]
            } else {
                &[]
            };
            assert_eq!(rules(&[kind], &with(gap, None)), expected, "{gap} {kind}");
            let accepted = with(gap, Some(json!({"source": "config"})));
            assert_eq!(rules(&[kind], &accepted), [""; 0], "{gap} {kind}");
        }
    }
}

#[test]
fn every_platform_of_an_index_counts() {
    let index = format!("sha256:{}", "1".repeat(64));
    let platform = |number: &str, name: &str, more: Value| {
        let mut report = report(&more);
        report["image"] = json!({
            "name": "a", "digest": format!("sha256:{}", number.repeat(64)),
            "indexes": [index], "platform": name,
        });
        report
    };
    let clean = platform("2", "linux/amd64", json!({}));
    let miner = json!({"findings": [finding("coin-miner-in-image", "critical", "fail", None)]});
    let bad = platform("3", "linux/arm64", miner);
    let unsearched = platform("3", "linux/arm64", json!({"searched_for": []}));
    let judge = |reports: &[Value]| {
        let image = format!("registry.example.com/a@{index}");
        let policy = policy(refusing(&["malware"]), reports);
        let verdict = policy.judge([&*image], &ImageContext::default());
        let rules: Vec<_> = verdict.problems.iter().map(|it| it.rule).collect();
        (rules, policy.unassessed(&image).is_some())
    };
    assert_eq!(judge(std::slice::from_ref(&clean)), (vec![], false));
    assert_eq!(
        judge(&[clean.clone(), bad]),
        (vec!["finding-in-image"], false)
    );
    // Whoever scans it again knows more.
    assert_eq!(
        judge(&[clean, unsearched]),
        (vec!["findings-not-assessed"], true)
    );
}

#[test]
fn a_scan_is_asked_for_where_it_would_tell_more() {
    let image = format!("registry.example.com/a@{DIGEST}");
    let asked = |config: ImagePolicyConfig, report: &Value| {
        policy(config, std::slice::from_ref(report)).unassessed(&image)
    };
    let whole = report(&json!({}));
    let of_sbom = report(&json!({"searched_for": []}));
    assert_eq!(asked(refusing(&["malware"]), &whole), None);
    assert_eq!(asked(refusing(&["malware"]), &of_sbom), Some(image.clone()));
    // Nobody has the rules but whoever made the report.
    assert_eq!(asked(refusing(&["yara-match-in-image"]), &whole), None);
    let flaws = ImagePolicyConfig {
        vulnerabilities: Some(VulnerabilityConfig::default()),
        ..ImagePolicyConfig::default()
    };
    assert_eq!(asked(flaws, &of_sbom), None);
}
