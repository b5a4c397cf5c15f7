//! No format says a secret whole, wherever its text came from.

use ringwall_model::{Edit, Fix, Report, Safety, Severity};
use ringwall_report::{TextOptions, diff, github, html, junit, markdown, sarif, text};

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
        ("sarif", written(|out| sarif(&report, &context, out))),
        ("junit", written(|out| junit(&report, &context, out))),
        ("github", written(|out| github(&report, &context, out))),
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

#[test]
fn sarif_gives_no_fix_that_would_write_asterisks() {
    let files = sample::files();
    let report = telling_report(&files);
    let log = written(|out| sarif(&report, &sample::context(&files), out));
    let line = log
        .lines()
        .find(|line| line.contains("\"ruleId\":\"telling\""))
        .unwrap();
    assert!(!line.contains("\"fixes\""), "{line}");
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
