//! Every fix of every example of its own check: the finding goes, nothing worse comes, comments stay.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "support/example.rs"]
mod example;

use std::collections::{BTreeMap, BTreeSet};

use ringwall_checks::{Checks, Example, Target, all};
use ringwall_input::dockerfile;
use ringwall_model::{Edit, Finding, Severity};

use example::{judge, without_markers};

/// Most lines that one edit takes away or brings.
const MOST_LINES: usize = 12;

/// Checks that compare containers with each other: what makes one better makes the other the weaker one.
const COMPARING: &[&str] = &["weak-init-container"];

/// The text after the edits; `None` where they overlap, lie outside, or are meant for another file.
fn apply(text: &str, edits: &[Edit], file: &str) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut end = text.len();
    let mut after = text.to_owned();
    for edit in edits {
        let range = edit.span.range();
        let fits = range.end <= end && &*edit.file == file && text.get(range.clone()).is_some();
        end = range.start;
        fits.then(|| after.replace_range(range, &edit.text))?;
    }
    Some(after)
}

/// How often each check speaks about each subject, with the worst severity it gives.
fn verdicts(findings: &[Box<Finding>]) -> BTreeMap<String, (usize, Severity)> {
    let mut verdicts = BTreeMap::new();
    for finding in findings {
        let key = format!("{} {:?}", finding.check, finding.subject);
        let entry = verdicts.entry(key).or_insert((0, finding.severity));
        *entry = (entry.0 + 1, entry.1.max(finding.severity));
    }
    verdicts
}

/// The text with a comment on every line that can have one: at its end, or above an instruction.
fn commented(language: &str, text: &str) -> String {
    if language == "dockerfile" {
        let (dockerfile, _) = dockerfile::parse(text);
        let mut commented = text.to_owned();
        let starts: Vec<usize> = dockerfile
            .instructions()
            .skip(1)
            .map(|instruction| instruction.span.start as usize)
            .collect();
        for (number, start) in starts.iter().enumerate().rev() {
            commented.insert_str(*start, &format!("# note {number}.\n"));
        }
        return commented;
    }
    let can_have_one = |line: &str| {
        let opens_block = line.trim_end().ends_with(['|', '>', '-', '+']);
        !line.trim().is_empty() && line != "---" && !opens_block && !line.contains('#')
    };
    let is_simple = !text.contains(['|', '>', '\t']);
    let lines = text.lines().enumerate().map(|(number, line)| {
        if is_simple && can_have_one(line) {
            format!("{line} # note {number}.\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

fn notes(text: &str) -> BTreeSet<&str> {
    let notes = text
        .lines()
        .filter_map(|line| Some(line.split_once("# note ")?.1));
    notes.collect()
}

/// A comment may go with the field it explains, not from a field that stays.
fn lost_comments(before: &str, after: &str) -> Vec<String> {
    let kept = notes(after);
    let field = |line: &str| {
        let code = line.split(" # note ").next().unwrap_or(line);
        code.split_inclusive(':')
            .next()
            .unwrap_or(code)
            .trim_end()
            .to_owned()
    };
    let brought: BTreeSet<String> = after
        .lines()
        .filter(|line| !line.contains("# note ") && !before.lines().any(|old| old == *line))
        .map(field)
        .collect();
    let lost = before.lines().filter(|line| {
        let note = line.split_once("# note ").map(|(_, note)| note);
        note.is_some_and(|note| !kept.contains(note))
            && (line.starts_with('#') || brought.contains(&field(line)))
    });
    lost.map(str::to_owned).collect()
}

struct Proof<'a> {
    checks: &'a Checks,
    example: &'a Example<'a>,
    text: &'a str,
    before: &'a [Box<Finding>],
}

impl Proof<'_> {
    /// What is wrong with the fix of a finding.
    fn objections(&self, finding: &Finding) -> Vec<String> {
        let edits = &finding.fix.as_ref().expect("it has a fix").edits;
        let Some(after) = apply(self.text, edits, &finding.location.file) else {
            return vec!["the edits overlap or lie outside".to_owned()];
        };
        let mut wrong = Vec::new();
        let (language, words) = (self.example.language, self.example.words);
        let again = judge(self.checks, language, words, &after);
        if !again.problems.is_empty() {
            wrong.push(format!("it does not parse: {:?}", again.problems));
        }
        let is_same = |other: &Finding| {
            (&other.check, &other.subject, &other.message)
                == (&finding.check, &finding.subject, &finding.message)
        };
        let count =
            |findings: &[Box<Finding>]| findings.iter().filter(|other| is_same(other)).count();
        if count(&again.findings) >= count(self.before) {
            wrong.push("the finding stays".to_owned());
        }
        let old = verdicts(self.before);
        for (verdict, (count, severity)) in verdicts(&again.findings) {
            let before = old.get(&verdict).map_or(0, |(count, _)| *count);
            let compares = COMPARING
                .iter()
                .any(|id| verdict.split(' ').next() == Some(id));
            if count > before && severity > finding.severity && !compares {
                wrong.push(format!("it brings {verdict}"));
            }
        }
        for line in lost_comments(self.text, &after) {
            wrong.push(format!("it loses the comment of '{line}'"));
        }
        for edit in edits {
            let taken = self.text[edit.span.range()].lines().count();
            if taken > MOST_LINES || edit.text.lines().count() > MOST_LINES {
                wrong.push("it changes more than the lines around".to_owned());
            }
        }
        if after
            .lines()
            .any(|line| line.ends_with([' ', '\t']) && !self.text.lines().any(|old| old == line))
        {
            wrong.push("it leaves blanks at the end of a line".to_owned());
        }
        if self.text.contains("\r\n") && after.replace("\r\n", "").contains('\n') {
            wrong.push("it mixes line ends".to_owned());
        }
        if !wrong.is_empty() {
            wrong.push(after);
        }
        wrong
    }
}

#[test]
fn every_fix_removes_its_finding_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut fixes = 0;
    for check in all() {
        let meta = check.meta();
        let of_images = meta.target == Target::Dockerfile;
        let checks: Checks = all()
            .filter(|check| (check.meta().target == Target::Dockerfile) == of_images)
            .collect();
        for example in meta.page().examples() {
            let plain = without_markers(&example);
            let commented = commented(example.language, &plain);
            for text in [&plain, &commented, &commented.replace('\n', "\r\n")] {
                let before = judge(&checks, example.language, example.words, text).findings;
                let proof = Proof {
                    checks: &checks,
                    example: &example,
                    text,
                    before: &before,
                };
                let own = before.iter().filter(|finding| finding.check == meta.id);
                for finding in own.filter(|finding| finding.fix.is_some()) {
                    fixes += 1;
                    let objections = proof.objections(finding);
                    if !objections.is_empty() {
                        wrong.push(format!("{}: {}", meta.id, objections.join("\n  ")));
                    }
                }
            }
        }
    }
    assert!(fixes > 0, "no check has a fix");
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {fixes} fixes are wrong:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}
