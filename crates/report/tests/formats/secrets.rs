//! No format says a secret whole, wherever its text came from.

use ringwall_model::{Edit, Fix, Report, Safety, Severity};
use ringwall_report::{
    TextOptions, diff, github, gitlab, html, json, junit, markdown, patch_between, sarif, text,
};

use crate::sample::{self, Files, SECRET, TOKEN, written};

/// A message, an edit and another file's finding that all repeat the secret.
fn telling_report(files: &Files) -> Report {
    let mut report = sample::report(files);
    let web = files.get("shop/web.yaml");
    let message = format!("the value is {SECRET}");
    let mut telling = sample::finding("telling", Severity::Critical, web, "env:", &message);
    telling.fix = Some(Box::new(Fix {
        safety: Safety::Safe,
        edits: vec![Edit {
            file: web.name.clone(),
            span: sample::span(web, "env:"),
            text: format!("envFrom: {SECRET}"),
        }],
    }));
    report.findings.push(Box::new(telling));
    report
}

#[test]
fn no_format_says_a_secret_whole() {
    let files = sample::files();
    let report = telling_report(&files);
    let context = sample::context(&files);
    let all = TextOptions {
        severity: Severity::Low,
        show_passed: true,
        ..TextOptions::default()
    };
    let outputs = [
        ("text", written(|out| text(&report, &context, &all, out))),
        ("json", written(|out| json(&report, &context, out))),
        ("sarif", written(|out| sarif(&report, &context, out))),
        ("junit", written(|out| junit(&report, &context, out))),
        ("github", written(|out| github(&report, &context, out))),
        ("gitlab", written(|out| gitlab(&report, &context, out))),
        ("markdown", written(|out| markdown(&report, &context, out))),
        ("html", written(|out| html(&report, &context, out))),
        (
            "diff",
            written(|out| diff(&report, &context, Safety::Unsafe, out)),
        ),
    ];
    for (name, output) in outputs {
        assert!(!output.contains(SECRET), "{name}");
        assert!(!output.contains(TOKEN), "{name}");
        assert!(
            name == "diff" || output.contains("the value is tr0u"),
            "{name}"
        );
    }
}

/// A report in which the finding of the secret was not wanted.
#[test]
fn a_secret_without_a_finding_is_concealed() {
    let files = sample::files();
    let mut report = telling_report(&files);
    report
        .findings
        .retain(|finding| !finding.check.starts_with("plaintext-secret"));
    let context = sample::context(&files);
    let output = written(|out| markdown(&report, &context, out));
    assert!(output.contains("tr0u****"), "{output}");
    assert!(!output.contains(SECRET), "{output}");
}

#[test]
fn no_fix_is_given_that_would_write_asterisks() {
    let files = sample::files();
    let report = telling_report(&files);
    let context = sample::context(&files);
    let log = written(|out| sarif(&report, &context, out));
    let line = log
        .lines()
        .find(|line| line.contains("\"ruleId\":\"telling\""))
        .unwrap();
    assert!(!line.contains("\"fixes\""), "{line}");
    let output = written(|out| json(&report, &context, out));
    let line = output
        .lines()
        .find(|line| line.contains("\"check\":\"telling\""))
        .unwrap();
    assert!(!line.contains("\"fix\""), "{line}");
}

/// The patch that makes a text of `before`, where `hunter2-hunter2` is secret.
fn patch_beside_secret(before: &str, after: &str) -> Option<String> {
    let files = Files::new(&[("a", before)]);
    let source = files.get("a");
    patch_between(
        source.name.as_bytes(),
        source,
        after,
        &[sample::span(source, "hunter2-hunter2")],
    )
}

#[test]
fn a_patch_shows_no_unchanged_line_with_a_secret() {
    let patch = patch_beside_secret(
        "a: 1\np: hunter2-hunter2\nb: 1\nc: 1\n",
        "a: 1\np: hunter2-hunter2\nb: 2\nc: 1\n",
    );
    assert_eq!(
        patch.unwrap(),
        "--- a/a\n+++ b/a\n@@ -3,2 +3,2 @@\n-b: 1\n+b: 2\n c: 1\n"
    );
    let patch = patch_beside_secret(
        "a: 1\nb: 1\np: hunter2-hunter2\nc: 1\n",
        "a: 2\nb: 1\np: hunter2-hunter2\nc: 2\n",
    );
    assert_eq!(
        patch.unwrap(),
        "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n-a: 1\n+a: 2\n b: 1\n@@ -4 +4 @@\n-c: 1\n+c: 2\n"
    );
}

#[test]
fn a_patch_that_needs_a_line_with_a_secret_is_none() {
    let before = "a: 1\np: hunter2-hunter2\nb: 1\n";
    for after in [
        "a: 1\np: none\nb: 1\n",
        // `git apply` takes a hunk that nothing follows for the end of the file.
        "a: 2\np: hunter2-hunter2\nb: 1\n",
        "a: 1\np: hunter2-hunter2\nb: 1\nc: hunter2-hunter2\n",
    ] {
        assert_eq!(patch_beside_secret(before, after), None, "{after}");
    }
    assert_eq!(patch_beside_secret(before, before).unwrap(), "");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let files = sample::files();
    let write = || {
        let report = sample::report(&files);
        let context = sample::context(&files);
        [
            written(|out| sarif(&report, &context, out)),
            written(|out| junit(&report, &context, out)),
            written(|out| html(&report, &context, out)),
            written(|out| markdown(&report, &context, out)),
        ]
    };
    assert_eq!(write(), write());
}
