//! The image policy: rules about names, honesty about the rest, and what may lift it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by failing"
)]

use std::sync::Arc;

use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};
use ringwall_policy::{
    admission::Action,
    image::{
        Assessed, ImageContext, ImageFacts, ImagePolicy, ImagePolicyConfig, ImageReports,
        ImageVerdict, NotAssessedAction, Offline, Requirement, Signature, SignatureConfig,
        Vulnerabilities, Vulnerability, VulnerabilityConfig,
    },
};

const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn today() -> Date {
    "2026-11-27".parse().unwrap()
}

fn judge(config: ImagePolicyConfig, image: &str) -> ImageVerdict {
    judge_with(config, Arc::new(Offline::default()), image)
}

fn judge_with(config: ImagePolicyConfig, facts: Arc<dyn ImageFacts>, image: &str) -> ImageVerdict {
    let policy = ImagePolicy::new(config, facts, today()).unwrap();
    policy.judge([image], &ImageContext::default())
}

fn rules(verdict: &ImageVerdict) -> Vec<&'static str> {
    verdict
        .problems
        .iter()
        .map(|problem| problem.rule)
        .collect()
}

#[test]
fn repositories_are_matched_as_they_are_asked_for() {
    let config = ImagePolicyConfig {
        allowed: words(&[
            "registry.example.com/team",
            "docker.io/library/*",
            "*.gcr.io/**",
        ]),
        denied: words(&["Index.docker.io/library/busybox"]),
        ..ImagePolicyConfig::default()
    };
    for (image, expected) in [
        ("registry.example.com/team:1", &[][..]),
        ("registry.example.com/team/a/b:1", &[]),
        ("registry.example.com/teams:1", &["repository-not-allowed"]),
        (
            "registry.example.com.evil.org/team:1",
            &["repository-not-allowed"],
        ),
        ("nginx", &[]),
        ("index.docker.io/nginx", &[]),
        ("grafana/loki", &["repository-not-allowed"]),
        ("busybox", &["repository-denied"]),
        ("Docker.io/library/busybox", &["repository-denied"]),
        ("docker.io:443/busybox", &["repository-denied"]),
        (
            "registry-1.docker.io/library/busybox",
            &["repository-denied"],
        ),
        (
            "registry.hub.docker.com/library/busybox",
            &["repository-denied"],
        ),
        ("Registry.Example.com/team:1", &[]),
        ("docker.io/library/busybox@sha256:0", &["unreadable-image"]),
        ("eu.gcr.io/a/b", &[]),
        ("Not An Image", &["unreadable-image"]),
        ("", &["unreadable-image"]),
        // To a node, these are the id of an image that it has, or the beginning of one.
        (&"1a".repeat(32), &["unreadable-image"]),
        (
            &format!("sha256:{}", "1a".repeat(32)),
            &["unreadable-image"],
        ),
        ("sha256:1a2b", &["unreadable-image"]),
        ("sha256:latest", &[]),
    ] {
        let verdict = judge(config.clone(), image);
        assert_eq!(rules(&verdict), expected, "{image}");
        assert_eq!(verdict.is_allowed(), expected.is_empty(), "{image}");
    }
}

#[test]
fn a_port_that_is_asked_anyway_makes_no_other_registry() {
    let with = |pattern: &str| ImagePolicyConfig {
        denied: words(&[pattern]),
        ..ImagePolicyConfig::default()
    };
    for (pattern, image, is_denied) in [
        ("evil.example.com", "evil.example.com:443/tool:1", true),
        ("evil.example.com", "Evil.example.com:0443/tool:1", true),
        ("evil.example.com:443", "evil.example.com/tool:1", true),
        ("*.example.com/**", "evil.example.com:443/tool:1", true),
        ("*.example.com:443/**", "evil.example.com/tool:1", true),
        ("*.example.com:*/**", "evil.example.com:443/tool:1", true),
        ("[[]::1]/**", "[::1]:443/tool:1", true),
        ("[[]::1]:443/**", "[::1]/tool:1", true),
        ("evil.example.com", "evil.example.com:5000/tool:1", false),
        (
            "evil.example.com:5000",
            "evil.example.com:443/tool:1",
            false,
        ),
        ("evil.example.com", "evil.example.com:4430/tool:1", false),
        // Ports are numbers, and an address is one however it is written.
        (
            "evil.example.com:5000",
            "evil.example.com:05000/tool:1",
            true,
        ),
        (
            "evil.example.com:05000",
            "evil.example.com:5000/tool:1",
            true,
        ),
        (
            "evil.example.com:5000",
            "evil.example.com:50000/tool:1",
            false,
        ),
        (
            "*.example.com:5000/**",
            "evil.example.com:05000/tool:1",
            true,
        ),
        (
            "*.Example.com:05000/**",
            "evil.example.com:5000/tool:1",
            true,
        ),
        ("*:443/**", "evil.example.com:5000/tool:1", false),
        ("[[]::1]:5000/**", "[0:0::1]:05000/tool:1", true),
    ] {
        let verdict = judge(with(pattern), image);
        let expected = if is_denied {
            &["repository-denied"][..]
        } else {
            &[]
        };
        assert_eq!(rules(&verdict), expected, "{pattern}: {image}");
    }
    let config = ImagePolicyConfig {
        signatures: Some(SignatureConfig {
            required: words(&["registry.example.com/**"]),
        }),
        ..ImagePolicyConfig::default()
    };
    let image = format!("registry.example.com:443/app@{SHA256}");
    let verdict = judge(config.clone(), &image);
    assert_eq!(rules(&verdict), ["signature-not-assessed"]);
    let config = ImagePolicyConfig {
        signatures: Some(SignatureConfig {
            required: words(&["registry.example.com:5000/**"]),
        }),
        ..config
    };
    let image = format!("registry.example.com:05000/app@{SHA256}");
    let verdict = judge(config, &image);
    assert_eq!(rules(&verdict), ["signature-not-assessed"]);
}

#[test]
fn tags_and_digests_are_asked_for() {
    let with = |require, refuse_latest| ImagePolicyConfig {
        require,
        refuse_latest,
        ..ImagePolicyConfig::default()
    };
    let digest = format!("nginx:latest@{SHA256}");
    for (require, refuse_latest, image, expected) in [
        (Some(Requirement::Tag), false, "nginx", &["missing-tag"][..]),
        (Some(Requirement::Tag), false, "nginx:1", &[]),
        (
            Some(Requirement::Digest),
            false,
            "nginx:1",
            &["missing-digest"],
        ),
        (Some(Requirement::Digest), true, &digest, &[]),
        (None, true, "nginx", &["latest-tag"]),
        (None, true, "nginx:latest", &["latest-tag"]),
        (None, true, "nginx:1", &[]),
        (None, false, "nginx", &[]),
    ] {
        assert_eq!(
            rules(&judge(with(require, refuse_latest), image)),
            expected,
            "{image}"
        );
    }
}

#[test]
fn what_is_not_known_is_never_clean() {
    for (not_assessed, action) in [
        (NotAssessedAction::Deny, Action::Deny),
        (NotAssessedAction::Warn, Action::Warn),
    ] {
        let config = ImagePolicyConfig {
            not_assessed,
            signatures: Some(SignatureConfig {
                required: words(&["registry.example.com"]),
            }),
            vulnerabilities: Some(VulnerabilityConfig::default()),
            ..ImagePolicyConfig::default()
        };
        let verdict = judge(config.clone(), "registry.example.com/a:1");
        assert_eq!(rules(&verdict), ["digest-not-assessed"]);
        assert_eq!(verdict.problems[0].action, action);
        let verdict = judge(config.clone(), &format!("registry.example.com/a@{SHA256}"));
        assert_eq!(
            rules(&verdict),
            ["signature-not-assessed", "vulnerabilities-not-assessed"]
        );
        let verdict = judge(config, &format!("other.example.com/a@{SHA256}"));
        assert_eq!(rules(&verdict), ["vulnerabilities-not-assessed"]);
        assert!(
            verdict
                .problems
                .iter()
                .all(|problem| problem.is_not_assessed && problem.action == action)
        );
    }
}

/// Knows one image with these vulnerabilities.
struct Known(Vec<Vulnerability>);

impl ImageFacts for Known {
    fn digest(&self, _image: &ImageReference<'_>) -> Assessed<String> {
        Assessed::Known(SHA256.to_owned())
    }

    fn signature(&self, image: &ImageReference<'_>, _digest: &str) -> Assessed<Signature> {
        Assessed::Known(match image.repository {
            "signed" => Signature::Verified("team".to_owned()),
            _ => Signature::Missing("no signature was found".to_owned()),
        })
    }

    fn vulnerabilities(
        &self,
        _image: &ImageReference<'_>,
        _digest: &str,
    ) -> Assessed<Vulnerabilities> {
        Assessed::Known(Vulnerabilities {
            found: self.0.clone(),
            unknown: None,
        })
    }
}

#[test]
fn vulnerabilities_count_by_severity_fix_age_and_exploitation() {
    let one = |severity, has_fix, is_exploited, published: &str| Vulnerability {
        id: "CVE-2026-1".to_owned(),
        severity,
        is_exploited,
        has_fix,
        published: published.parse().ok(),
    };
    let limits = VulnerabilityConfig {
        severity: Severity::High,
        only_fixable: true,
        grace_days: 14,
        refuse_exploited: true,
    };
    for (found, is_refused) in [
        (one(Severity::High, true, false, "2026-11-13"), true),
        (one(Severity::High, true, false, "2026-11-14"), false),
        (one(Severity::High, true, false, "unknown"), true),
        (one(Severity::High, false, false, "2026-01-01"), false),
        (one(Severity::Medium, true, false, "2026-01-01"), false),
        (one(Severity::Low, false, true, "2026-11-27"), true),
    ] {
        let config = ImagePolicyConfig {
            vulnerabilities: Some(limits.clone()),
            ..ImagePolicyConfig::default()
        };
        let verdict = judge_with(config, Arc::new(Known(vec![found.clone()])), "a:1");
        assert_eq!(!verdict.is_allowed(), is_refused, "{found:?}");
    }
}

#[test]
fn signatures_are_asked_for_where_they_are_required() {
    let config = ImagePolicyConfig {
        signatures: Some(SignatureConfig {
            required: words(&["registry.example.com/**"]),
        }),
        ..ImagePolicyConfig::default()
    };
    let judge = |image| {
        rules(&judge_with(
            config.clone(),
            Arc::new(Known(Vec::new())),
            image,
        ))
    };
    assert_eq!(judge("registry.example.com/signed:1"), [""; 0]);
    assert_eq!(judge("registry.example.com/other:1"), ["unsigned-image"]);
    assert_eq!(judge("elsewhere.example.com/other:1"), [""; 0]);
}

#[test]
fn the_glass_breaks_only_in_its_namespaces_and_with_a_reason() {
    let config = ImagePolicyConfig {
        allowed: words(&["registry.example.com"]),
        break_glass_namespaces: words(&["staging-*"]),
        ..ImagePolicyConfig::default()
    };
    let policy = ImagePolicy::new(config, Arc::new(Offline::default()), today()).unwrap();
    let judge = |namespace, break_glass| {
        policy.judge(
            ["nginx"],
            &ImageContext {
                namespace,
                break_glass,
            },
        )
    };
    assert_eq!(
        judge("staging-1", Some("INC-7")).break_glass.as_deref(),
        Some("INC-7")
    );
    assert!(judge("staging-1", Some("INC-7")).is_allowed());
    for (namespace, reason) in [("staging-1", " "), ("production", "INC-7"), ("", "INC-7")] {
        let verdict = judge(namespace, Some(reason));
        assert!(
            !verdict.is_allowed() && verdict.refused_break_glass,
            "{namespace} {reason}"
        );
    }
    assert!(!judge("staging-1", None).refused_break_glass);
}

#[test]
fn digests_that_are_known_are_added_behind_the_reference() {
    let mut config = ImagePolicyConfig {
        add_digests: true,
        ..ImagePolicyConfig::default()
    };
    config
        .digests
        .insert("nginx:1.27".to_owned(), SHA256.to_owned());
    let known = Arc::new(Offline::new(ImagePolicy::known_digests(&config).unwrap()));
    let policy = ImagePolicy::new(config, known, today()).unwrap();
    assert_eq!(
        policy.with_digest("docker.io/library/nginx:1.27"),
        Some(format!("docker.io/library/nginx:1.27@{SHA256}"))
    );
    assert_eq!(policy.with_digest("nginx:1.28"), None);
    assert_eq!(policy.with_digest(&format!("nginx:1.27@{SHA256}")), None);
    assert_eq!(policy.with_digest("Not An Image"), None);
}

#[test]
fn what_could_never_match_is_refused_at_load() {
    let error = |config: ImagePolicyConfig| {
        ImagePolicy::new(config, Arc::new(Offline::default()), today())
            .err()
            .unwrap()
            .to_string()
    };
    let allowed = |pattern: &str| ImagePolicyConfig {
        allowed: words(&[pattern]),
        ..ImagePolicyConfig::default()
    };
    assert!(error(allowed("library/nginx")).contains("write docker.io/library/nginx"));
    assert!(error(allowed("registry.example.com/[")).contains("cannot be used"));
    for (pattern, expected) in [
        ("https://registry.example.com/team", "has a scheme"),
        (" registry.example.com/team", "has a space"),
        ("registry.example.com/team@sha256:00", "has a digest"),
        ("registry.example.com:5000/team:1", "has a tag"),
        ("registry.example.com/Team", "has capitals"),
        ("*", "write **"),
        ("*.example.com", "write *.example.com/**"),
    ] {
        let error = error(allowed(pattern));
        assert!(error.contains(expected), "{pattern}: {error}");
    }
    let digests = |reference: &str, digest: &str| {
        let mut config = ImagePolicyConfig::default();
        config
            .digests
            .insert(reference.to_owned(), digest.to_owned());
        ImagePolicy::known_digests(&config).unwrap_err().to_string()
    };
    assert!(digests("nginx:1", "sha256:0").contains("64 hexadecimal digits"));
    assert!(digests(&format!("nginx@{SHA256}"), SHA256).contains("has a digest already"));
    assert!(digests("Nginx:1", SHA256).contains("is no reference"));
}

/// A report as `ringwall image -o json` writes it, with what is asked for here.
fn report(more: &serde_json::Value) -> String {
    let mut report = serde_json::json!({
        "version": 1,
        "image": {"name": "a", "digest": SHA256, "platform": "linux/amd64"},
        "findings": [], "not_assessed": [], "as_of": "2026-11-20",
    });
    let more = more.as_object().unwrap().clone();
    report.as_object_mut().unwrap().extend(more);
    report.to_string()
}

fn judge_reported(reports: &[String], max_age_days: u32) -> Vec<&'static str> {
    judge_reported_as(SHA256, reports, max_age_days)
}

fn judge_reported_as(digest: &str, reports: &[String], max_age_days: u32) -> Vec<&'static str> {
    let mut known = ImageReports::new(today(), max_age_days);
    for report in reports {
        known.add(report.as_bytes()).unwrap();
    }
    let config = ImagePolicyConfig {
        vulnerabilities: Some(VulnerabilityConfig {
            severity: Severity::High,
            ..VulnerabilityConfig::default()
        }),
        ..ImagePolicyConfig::default()
    };
    let facts = Offline::default().with_reports(known);
    rules(&judge_with(
        config,
        Arc::new(facts),
        &format!("a:1@{digest}"),
    ))
}

#[test]
fn an_index_is_as_bad_as_the_worst_of_its_platforms() {
    let index = format!("sha256:{}", "1".repeat(64));
    let of = |platform: &str, digit: &str, more: serde_json::Value| {
        let digest = format!("sha256:{}", digit.repeat(64));
        let mut more = more;
        more["image"] = serde_json::json!({
            "name": "a", "digest": digest, "indexes": [index], "platform": platform,
        });
        report(&more)
    };
    let flawed = serde_json::json!({"findings": [{
        "check": "CVE-2026-1", "severity": "high", "status": "fail", "vulnerability": {},
    }]});
    let amd64 = of("linux/amd64", "2", flawed);
    let arm64 = of("linux/arm64", "3", serde_json::json!({}));
    let unread = of(
        "linux/arm64",
        "3",
        serde_json::json!({"not_assessed": [{"id": "unreadable-layer", "reason": "why"}]}),
    );
    let old = of(
        "linux/arm64",
        "3",
        serde_json::json!({"as_of": "2026-10-01"}),
    );
    let mended = of("linux/amd64", "2", serde_json::json!({}));
    let check = |reports: [&String; 2], expected: &[&str]| {
        let reports = reports.map(String::clone);
        assert_eq!(judge_reported_as(&index, &reports, 30), expected);
        let [one, other] = reports;
        let reversed = judge_reported_as(&index, &[other, one], 30);
        assert_eq!(reversed, expected);
    };
    check([&amd64, &arm64], &["vulnerable-image"]);
    check([&mended, &arm64], &[]);
    check([&mended, &unread], &["vulnerabilities-not-assessed"]);
    check([&mended, &old], &["vulnerabilities-not-assessed"]);
    // The image itself is for one of them.
    let reports = [amd64, arm64];
    let own = |digit: &str| format!("sha256:{}", digit.repeat(64));
    assert_eq!(
        judge_reported_as(&own("2"), &reports, 30),
        ["vulnerable-image"]
    );
    assert_eq!(judge_reported_as(&own("3"), &reports, 30), [""; 0]);
}

#[test]
fn what_a_report_says_is_enforced_and_what_it_could_not_say_is_not_assessed() {
    let flaw = |severity: &str, status: &str| {
        serde_json::json!([{
            "check": "CVE-2026-1", "severity": severity, "status": status,
            "vulnerability": {"type": "deb", "package": "a", "version": "1", "fix_state": "not-fixed", "layer": 0},
        }])
    };
    let gap = |id: &str| serde_json::json!([{"id": id, "reason": "why"}]);
    let check = |more: serde_json::Value, expected: &[&str]| {
        assert_eq!(judge_reported(&[report(&more)], 30), expected, "{more}");
    };
    check(serde_json::json!({}), &[]);
    check(
        serde_json::json!({"findings": flaw("high", "fail")}),
        &["vulnerable-image"],
    );
    check(serde_json::json!({"findings": flaw("medium", "fail")}), &[]);
    check(
        serde_json::json!({"findings": flaw("critical", "accepted")}),
        &[],
    );
    let unknown = ["vulnerabilities-not-assessed"];
    check(serde_json::json!({"as_of": "2099-01-01"}), &unknown);
    check(
        serde_json::json!({"not_assessed": gap("unassessed-vulnerabilities")}),
        &unknown,
    );
    check(
        serde_json::json!({"not_assessed": gap("unreadable-layer")}),
        &unknown,
    );
    // Secrets are another question.
    check(
        serde_json::json!({"not_assessed": gap("unsearched-file")}),
        &[],
    );
    let accepted = serde_json::json!([{"id": "unknown-distribution", "reason": "", "exception": {"source": "config"}}]);
    check(serde_json::json!({"not_assessed": accepted}), &[]);
    // What was found is reason enough.
    check(
        serde_json::json!({"findings": flaw("high", "fail"), "not_assessed": gap("unreadable-layer")}),
        &["vulnerable-image"],
    );
    assert_eq!(judge_reported(&[], 30), unknown);
    // Seven days old.
    assert_eq!(
        judge_reported(&[report(&serde_json::json!({}))], 7),
        [""; 0]
    );
    assert_eq!(
        judge_reported(&[report(&serde_json::json!({}))], 6),
        unknown
    );
    // The later of two counts, in whatever order they are read.
    let old = report(&serde_json::json!({"findings": flaw("high", "fail"), "as_of": "2026-11-19"}));
    let new = report(&serde_json::json!({}));
    assert_eq!(judge_reported(&[old.clone(), new.clone()], 30), [""; 0]);
    assert_eq!(judge_reported(&[new, old], 30), [""; 0]);
}

#[test]
fn signatures_are_known_from_reports_under_each_digest() {
    let index = format!("sha256:{}", "1".repeat(64));
    let report = |verified: bool, signed: &str| {
        serde_json::json!({
            "version": 1, "image": {"name": "a", "digests": [index, SHA256]},
            "wanted": {"key": "00", "trust_root": {}}, "verified": verified, "intact": true,
            "signatures": [{"kind": "signature", "status": "valid", "image": signed}],
            "not_assessed": [],
        })
        .to_string()
    };
    let check = |reports: &[String], digest: &str, expected: &[&str]| {
        let mut known = ImageReports::new(today(), 30);
        for report in reports {
            known.add(report.as_bytes()).unwrap();
        }
        let config = ImagePolicyConfig {
            signatures: Some(SignatureConfig {
                required: words(&["docker.io/**"]),
            }),
            ..ImagePolicyConfig::default()
        };
        let facts = Offline::default().with_reports(known);
        let verdict = judge_with(config, Arc::new(facts), &format!("a@{digest}"));
        assert_eq!(rules(&verdict), expected);
    };
    check(&[report(true, &index)], SHA256, &[]);
    check(&[report(true, &index)], &index, &[]);
    // The others that the index leads to are not signed.
    check(&[report(true, SHA256)], SHA256, &[]);
    check(&[report(true, SHA256)], &index, &["unsigned-image"]);
    // Its content is damaged.
    check(&[report(false, &index)], SHA256, &["unsigned-image"]);
    check(&[report(false, &index)], &index, &["unsigned-image"]);
    check(&[], SHA256, &["signature-not-assessed"]);
}

#[test]
fn whom_one_repository_trusts_signs_nothing_in_another() {
    let report = |repository: Option<&str>, verified: bool| {
        let mut wanted = serde_json::json!({"key": "00", "trust_root": {}});
        if let Some(repository) = repository {
            wanted["repository"] = repository.into();
        }
        serde_json::json!({
            "version": 1, "image": {"name": "a", "digests": [SHA256]}, "wanted": wanted,
            "verified": verified, "intact": true, "not_assessed": [],
            "signatures": [{"kind": "signature", "status": "valid", "image": SHA256}],
        })
        .to_string()
    };
    let check = |reports: &[String], image: &str, expected: &[&str]| {
        let mut known = ImageReports::new(today(), 30);
        for report in reports {
            known.add(report.as_bytes()).unwrap();
        }
        let config = ImagePolicyConfig {
            signatures: Some(SignatureConfig {
                required: words(&["**"]),
            }),
            ..ImagePolicyConfig::default()
        };
        let facts = Offline::default().with_reports(known);
        let verdict = judge_with(config, Arc::new(facts), &format!("{image}@{SHA256}"));
        assert_eq!(rules(&verdict), expected, "{image}");
    };
    let (shop, lab) = ("r.example.com/shop/web", "r.example.com/lab/web");
    let of_lab = [report(Some(lab), true)];
    check(&of_lab, lab, &[]);
    check(&of_lab, shop, &["signature-not-assessed"]);
    // The two do not take the place of each other, in either order.
    let both = [report(Some(shop), false), report(Some(lab), true)];
    for reports in [both.clone(), [both[1].clone(), both[0].clone()]] {
        check(&reports, lab, &[]);
        check(&reports, shop, &["unsigned-image"]);
    }
    // Another spelling of its registry makes it no other repository.
    let refused = [report(None, true), report(Some(shop), false)];
    check(&refused, "R.example.com:0443/shop/web", &["unsigned-image"]);
    // By flags, whoever was wanted was so for the image, wherever it is.
    check(&[report(None, true)], shop, &[]);
    check(
        &[report(None, true), both[0].clone()],
        shop,
        &["unsigned-image"],
    );
}

#[test]
fn the_latest_report_about_signatures_counts_until_it_is_too_old() {
    let report = |at: Option<&str>, verified: bool| {
        let mut report = serde_json::json!({
            "version": 1, "image": {"name": "a", "digests": [SHA256]},
            "wanted": {"key": "00", "trust_root": {}},
            "verified": verified, "intact": true, "not_assessed": [],
            "signatures": [{"kind": "signature", "status": "valid", "image": SHA256}],
        });
        if let Some(at) = at {
            report["checked_at"] = at.into();
        }
        report
    };
    let check = |reports: &[serde_json::Value], expected: &[&str]| {
        let config = ImagePolicyConfig {
            signatures: Some(SignatureConfig {
                required: words(&["docker.io/**"]),
            }),
            ..ImagePolicyConfig::default()
        };
        let judged = |reports: &mut dyn Iterator<Item = &serde_json::Value>| {
            let mut known = ImageReports::new(today(), 30);
            for report in reports {
                known.add(report.to_string().as_bytes()).unwrap();
            }
            let facts = Offline::default().with_reports(known);
            rules(&judge_with(
                config.clone(),
                Arc::new(facts),
                &format!("a@{SHA256}"),
            ))
        };
        // Whatever the files are called.
        assert_eq!(judged(&mut reports.iter()), expected, "{reports:?}");
        assert_eq!(judged(&mut reports.iter().rev()), expected, "{reports:?}");
    };
    let day = today().to_string();
    let (morning, noon) = (format!("{day}T08:00:00Z"), format!("{day}T12:00:00Z"));
    let (early, late) = (Some(&*morning), Some(&*noon));
    check(&[report(early, false), report(late, true)], &[]);
    check(
        &[report(early, true), report(late, false)],
        &["unsigned-image"],
    );
    // Of one time, or of none, that which refuses counts.
    check(
        &[report(late, true), report(late, false)],
        &["unsigned-image"],
    );
    check(
        &[report(None, true), report(None, false)],
        &["unsigned-image"],
    );
    check(&[report(None, false), report(early, true)], &[]);
    check(
        &[report(Some("2020-01-01T00:00:00Z"), true)],
        &["signature-not-assessed"],
    );
    // What is of the future counts neither now nor in place of what is known; that it refused is not forgotten.
    let future = Some("2099-01-01T00:00:00Z");
    check(&[report(future, true)], &["signature-not-assessed"]);
    check(
        &[report(future, true), report(late, false)],
        &["unsigned-image"],
    );
    check(&[report(future, true), report(late, true)], &[]);
    check(
        &[report(future, false), report(late, true)],
        &["signature-not-assessed"],
    );
    // Clocks differ by minutes, also where a day ends.
    check(&[report(Some("2026-11-28T00:04:00Z"), true)], &[]);
    check(
        &[report(Some("2026-11-28T00:06:00Z"), true)],
        &["signature-not-assessed"],
    );
    // What could not be read may be a signature.
    let mut undecided = report(late, false);
    undecided["signatures"] = serde_json::json!([
        {"kind": "notation", "status": "undecided", "reason": "it demands a plugin"},
    ]);
    check(&[undecided.clone()], &["signature-not-assessed"]);
    undecided["intact"] = false.into();
    check(&[undecided], &["unsigned-image"]);
}

#[test]
fn an_attestation_is_no_signature() {
    let report = serde_json::json!({
        "version": 1, "image": {"name": "a", "digests": [SHA256]},
        "wanted": {"key": "00", "attestation": "https://spdx.dev/Document", "trust_root": {}},
        "verified": true, "intact": true, "not_assessed": [],
        "signatures": [{"kind": "attestation", "status": "valid", "image": SHA256}],
    });
    let mut known = ImageReports::new(today(), 30);
    known.add(report.to_string().as_bytes()).unwrap();
    assert!(known.is_empty());
}

#[test]
fn files_that_are_no_reports_are_errors() {
    let mut known = ImageReports::new(today(), 30);
    for (json, expected) in [
        ("{", "is no report"),
        ("{}", "is no report"),
        (
            r#"{"version": 2, "image": {"digest": "sha256:0"}}"#,
            "version 2",
        ),
        (
            r#"{"version": 1, "image": {"name": "a"}}"#,
            "names no digest",
        ),
    ] {
        let error = known.add(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(known.is_empty());
}
