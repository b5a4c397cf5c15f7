//! Every fix of a failing Dockerfile example takes its finding away and breaks nothing.

use ringwall_checks::{Check, Settings, Target, all, judge};
use ringwall_input::dockerfile;
use ringwall_model::{Edit, Finding, Source};

fn without_markers(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let line = line.trim_end();
        out.push_str(line.strip_suffix("# <-").unwrap_or(line).trim_end());
        out.push('\n');
        out
    })
}

/// The findings of one check, and how much of the file did not parse.
fn judged(check: &'static dyn Check, text: &str) -> (Vec<Finding>, usize) {
    let source = Source::new("Dockerfile", text);
    let (dockerfile, diagnostics) = dockerfile::parse(&source.text);
    let build = judge::Build {
        source: &source,
        dockerfile: &dockerfile,
        diagnostics: &diagnostics,
        has_ignore_file: Some(false),
    };
    let mut findings = Vec::new();
    judge::dockerfile(&build, &[check], &Settings::default(), &mut findings);
    (findings, diagnostics.len())
}

fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort();
    edits.dedup();
    let in_order = edits
        .iter()
        .zip(edits.iter().skip(1))
        .all(|(one, next)| one.span.end <= next.span.start);
    assert!(in_order, "edits overlap in\n{text}");
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

#[test]
fn after_its_fix_a_check_is_quiet() {
    let mut fixed = 0;
    for check in all().filter(|check| check.meta().target == Target::Dockerfile) {
        for example in check.meta().page().examples() {
            let text = without_markers(&example.source());
            let (findings, broken_before) = judged(check, &text);
            let without_fix = findings
                .iter()
                .filter(|finding| finding.fix.is_none())
                .count();
            let edits: Vec<Edit> = findings
                .iter()
                .filter_map(|finding| finding.fix.as_ref())
                .flat_map(|fix| fix.edits.clone())
                .collect();
            if edits.is_empty() {
                continue;
            }
            fixed += 1;
            let after = applied(&text, edits);
            let (left, broken_after) = judged(check, &after);
            let id = check.meta().id;
            assert_eq!(left.len(), without_fix, "{id} still speaks about\n{after}");
            assert_eq!(broken_after, broken_before, "{id} breaks\n{after}");
        }
    }
    assert!(fixed > 0, "no example was fixed");
}
