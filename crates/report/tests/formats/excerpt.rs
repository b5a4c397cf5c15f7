use ringwall_model::{Report, Severity, Span};
use ringwall_report::Excerpts;

use crate::sample::{self, Files};

const PRIVATE_KEY: &str = "kind: Secret\nstringData:\n  key: |\n    -----BEGIN KEY-----\n    c2VjcmV0IHBhcnQgb25l\n    cGFydCB0d28\n    -----END KEY-----\nx: 1\n";

fn report_on(files: &Files, name: &str, check: &'static str, spans: &[Span]) -> Report {
    let source = files.get(name);
    let findings = spans.iter().map(|&span| {
        let mut finding = sample::finding(check, Severity::High, source, "", "m");
        finding.location = source.location(span);
        finding
    });
    Report::new(
        findings.collect(),
        Vec::new(),
        [].into(),
        [].into(),
        "2026-11-21".parse().unwrap(),
    )
}

/// The text of a file after the secrets at `needles` are concealed.
fn concealed(text: &str, needles: &[&str]) -> String {
    let mut files = Files::new(&[("a", text)]);
    for needle in needles {
        files.tell("a", sample::span(files.get("a"), needle));
    }
    let excerpts = Excerpts::new(&sample::context(&files));
    excerpts.source("a").unwrap().text.clone()
}

#[test]
fn at_most_four_characters_and_a_quarter_of_a_secret_are_shown() {
    assert_eq!(
        concealed("k: abcdefghijklmnopqrst", &["abcdefghijklmnopqrst"]),
        "k: abcd****************"
    );
    assert_eq!(concealed("k: abcdefgh", &["abcdefgh"]), "k: ab******");
    assert_eq!(concealed("k: abc", &["abc"]), "k: ***");
}

#[test]
fn a_concealed_text_has_the_same_bytes_and_characters() {
    let text = "k: pässwörd-日本-🎉!";
    let concealed = concealed(text, &["pässwörd-日本-🎉!"]);
    assert_eq!(concealed, "k: päs**·***••*🞶*");
    assert_eq!(concealed.len(), text.len());
    assert_eq!(concealed.chars().count(), text.chars().count());
}

#[test]
fn lines_of_a_long_secret_stay_lines() {
    let key =
        &PRIVATE_KEY[PRIVATE_KEY.find("-----BEGIN").unwrap()..PRIVATE_KEY.find("\nx").unwrap()];
    let text = concealed(PRIVATE_KEY, &[key]);
    insta::assert_snapshot!(text, @r"
    kind: Secret
    stringData:
      key: |
        ----***************
        ********************
        ***********
        *****************
    x: 1
    ");
}

#[test]
fn overlapping_secrets_do_not_uncover_each_other() {
    assert_eq!(
        concealed(
            "url=https://user:hunter2hunter2@host",
            &["https://user:hunter2hunter2@host", "hunter2hunter2"]
        ),
        "url=http****************************"
    );
}

#[test]
fn the_same_secret_elsewhere_in_the_file_is_concealed_too() {
    assert_eq!(
        concealed(
            "a: hunter2-hunter2\nb: hunter2-hunter2\n",
            &["hunter2-hunter2"]
        ),
        "a: hun************\nb: hun************\n"
    );
}

#[test]
fn a_point_conceals_the_rest_of_its_line() {
    let mut files = Files::new(&[("a", "token: abcdefgh\nnext: 1\n")]);
    files.tell("a", Span::at(7));
    let excerpts = Excerpts::new(&sample::context(&files));
    assert_eq!(
        excerpts.source("a").unwrap().text,
        "token: ab******\nnext: 1\n"
    );
}

#[test]
fn another_findings_excerpt_conceals_the_secret_on_its_lines() {
    let files = sample::files();
    let report = sample::report(&files);
    let excerpts = Excerpts::new(&sample::context(&files));
    let name = report
        .findings
        .iter()
        .find(|finding| finding.check == "secret-in-variable-name")
        .unwrap();
    let excerpt = excerpts.cut(&name.location, 2).unwrap();
    let text: Vec<&str> = excerpt.lines.iter().map(|line| &*line.text).collect();
    assert!(
        text.iter().all(|line| !line.contains(sample::SECRET)),
        "{text:?}"
    );
    assert!(
        text.iter().any(|line| line.contains("tr0u****")),
        "{text:?}"
    );
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("{}NEEDLE{}", "ä".repeat(5000), "b".repeat(5000));
    let files = Files::new(&[("a", &text)]);
    let span = sample::span(files.get("a"), "NEEDLE");
    let report = report_on(&files, "a", "latest-tag", &[span]);
    let excerpts = Excerpts::new(&sample::context(&files));
    let excerpt = excerpts.cut(&report.findings[0].location, 2).unwrap();
    let line = &excerpt.lines[0];
    assert_eq!(line.text.chars().count(), 242);
    let marked = line.marked.clone().unwrap();
    let text: String = line
        .text
        .chars()
        .skip(marked.start)
        .take(marked.len())
        .collect();
    assert_eq!(text, "NEEDLE");
}

#[test]
fn a_long_range_is_cut_and_says_so() {
    let text = "line\n".repeat(100);
    let files = Files::new(&[("a", &text)]);
    let report = report_on(&files, "a", "latest-tag", &[Span::new(10, 250)]);
    let excerpts = Excerpts::new(&sample::context(&files));
    let excerpt = excerpts.cut(&report.findings[0].location, 1).unwrap();
    // Lines 3 to 50 are marked; an end at the start of line 51 is the end of line 50.
    assert_eq!(excerpt.first_line, 2);
    assert_eq!(excerpt.lines.len(), 1 + 12);
    assert_eq!(excerpt.lines_left_out, 48 - 12);
    assert_eq!(excerpt.lines[0].marked, None);
    assert_eq!(excerpt.lines[1].marked, Some(0..4));
}

#[test]
fn places_that_are_not_in_the_text_have_no_excerpt() {
    let files = Files::new(&[("a", "é"), ("empty", "")]);
    let mut report = report_on(&files, "a", "plaintext-private-key", &[Span::new(0, 2)]);
    report.findings[0].location.span = Span::new(1, 900);
    let excerpts = Excerpts::new(&sample::context(&files));
    assert_eq!(excerpts.cut(&report.findings[0].location, 1), None);
    let mut empty = report.findings[0].location.clone();
    empty.file = "empty".into();
    empty.span = Span::at(0);
    assert_eq!(excerpts.cut(&empty, 1), None);
}
