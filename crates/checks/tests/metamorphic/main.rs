//! Names, order and writing are not what a check judges: change them, and every verdict stays.
//!
//! Each example of each page is changed in ways that mean nothing to Kubernetes or to Docker, and all
//! checks judge it again. Findings are compared by check, severity, confidence and subject.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "../support/example.rs"]
mod example;
mod image_build;
mod names;
mod order;
#[path = "../support/tree.rs"]
mod tree;

use std::collections::BTreeMap;

use ringwall_checks::{Checks, Example, Target, all};
use ringwall_model::Finding;

use example::{Verdicts, judge, without_markers};
use names::Names;
use tree::{Style, Tree};

/// Verdicts that may change, because the check minds just that: the check, the change (`*`: any), and why.
const MINDS: &[(&str, &str, &str)] = &[
    (
        "missing-external-secret-store",
        "reversed documents",
        "it speaks once for the whole scan, at the first secret",
    ),
    (
        "duplicate-yaml-key",
        "*",
        "an example is written anew from what it means, and a repeated key means one",
    ),
    (
        "invalid-label",
        "other names",
        "the new name may be a valid label where the old one was none",
    ),
    (
        "mismatched-instance-label",
        "other names",
        "it compares a label with the name of the object, and labels keep their values",
    ),
    (
        "unreachable-audit-rule",
        "reversed lists",
        "the first rule of an audit policy that matches counts",
    ),
    (
        "logged-secret-content",
        "reversed lists",
        "the first rule of an audit policy that matches counts",
    ),
    (
        "fail-open-image-policy",
        "a List in JSON",
        "a file without apiVersion and kind is no item of a list",
    ),
    (
        "apiserver-incomplete-audit-policy",
        "reversed lists",
        "the first rule of an audit policy that matches counts",
    ),
];

/// Kind of an object that no check knows.
const BYSTANDER: &str = "
---
apiVersion: example.dev/v1
kind: Bystander
metadata:
  name: bystander
";

/// How often each verdict is there.
type Counts = BTreeMap<String, usize>;

fn counts(findings: &[Box<Finding>], names: &Names) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        let subject = &finding.subject;
        if subject.kind.as_deref() == Some("Bystander") {
            continue;
        }
        let name = |part: &Option<Box<str>>| part.as_deref().map(|name| names.of(name).to_owned());
        let verdict = format!(
            "{} {} {:?} {:?} {:?}/{:?}/{:?} {:?}",
            finding.check,
            finding.severity.as_str(),
            finding.confidence,
            subject.kind,
            name(&subject.namespace),
            name(&subject.name),
            name(&subject.container),
            subject.image,
        );
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}

/// Compares what a changed text gives with what the example gives.
struct Comparison<'a> {
    id: &'static str,
    example: &'a Example<'a>,
    checks: &'a Checks,
    before: Vec<Box<Finding>>,
    wrong: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn holds(&mut self, change: &str, text: &str, names: &Names) {
        let Verdicts {
            findings, problems, ..
        } = judge(self.checks, self.example.language, self.example.words, text);
        if !problems.is_empty()
            && !["unparsable-dockerfile", "unclosed-double-quote"].contains(&self.id)
        {
            let id = self.id;
            self.wrong.push(format!(
                "{id}: {change} breaks an example: {problems:?}\n{text}"
            ));
            return;
        }
        let before = counts(&self.before, names);
        let after = counts(&findings, &Names::default());
        let verdicts = before.keys().chain(after.keys());
        let mut differing: Vec<&String> = verdicts
            .filter(|&verdict| before.get(verdict) != after.get(verdict))
            .filter(|verdict| {
                let check = verdict.split(' ').next().unwrap_or("");
                !MINDS
                    .iter()
                    .any(|(id, of, _)| *id == check && (*of == "*" || *of == change))
            })
            .collect();
        differing.sort();
        differing.dedup();
        if differing.is_empty() {
            return;
        }
        let count = |counts: &Counts, verdict: &String| counts.get(verdict).copied().unwrap_or(0);
        let lines = differing.iter().map(|verdict| {
            let (before, after) = (count(&before, verdict), count(&after, verdict));
            format!("  {before} before, {after} after: {verdict}\n")
        });
        let lines: String = lines.collect();
        let id = self.id;
        self.wrong
            .push(format!("{change}, in an example of {id}:\n{lines}{text}"));
    }
}

/// Changes every example of the checks of a target; gives how many there were.
fn hold(target: Target) {
    let checks: Checks = all()
        .filter(|check| {
            (check.meta().target == Target::Dockerfile) == (target == Target::Dockerfile)
        })
        .collect();
    let mut wrong = Vec::new();
    for check in checks.iter().filter(|check| check.meta().target == target) {
        let id = check.meta().id;
        for example in check.meta().page().examples() {
            let text = without_markers(&example);
            let before = judge(&checks, example.language, example.words, &text).findings;
            let mut comparison = Comparison {
                id,
                example: &example,
                checks: &checks,
                before,
                wrong: &mut wrong,
            };
            if example.language == "dockerfile" {
                image_build::change(&text, &mut comparison);
            } else {
                change_manifest(&text, &mut comparison);
            }
        }
    }
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} changes gave other verdicts:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

fn change_manifest(text: &str, comparison: &mut Comparison<'_>) {
    let same = Names::default();
    let mut holds = |change, text: &str| comparison.holds(change, text, &same);
    holds("line ends of Windows", &text.replace('\n', "\r\n"));
    holds("a byte order mark", &format!("\u{feff}{text}"));
    holds(
        "an object behind",
        &format!("{}{BYSTANDER}", text.trim_end()),
    );
    holds("an object before", &format!("{BYSTANDER}---\n{text}"));
    let Some(documents) = tree::read(text) else {
        return;
    };
    for (change, style) in [
        ("plain scalars", Style::default()),
        (
            "quotes",
            Style {
                quoted: true,
                ..Style::default()
            },
        ),
        (
            "comments and blank lines",
            Style {
                comments: true,
                blank_lines: true,
                ..Style::default()
            },
        ),
    ] {
        holds(change, &tree::write(&documents, style));
    }
    holds("JSON", &tree::write_json(&documents));
    holds("a List in JSON", &tree::write_json(&[list(&documents)]));
    let mut annotated = documents.clone();
    annotated.iter_mut().for_each(annotate);
    holds("an annotation", &tree::write(&annotated, Style::default()));
    for (change, reverse) in order::CHANGES {
        let mut reversed = documents.clone();
        reverse(&mut reversed);
        holds(change, &tree::write(&reversed, Style::default()));
    }
    let names = Names::declared(&documents);
    let mut renamed = documents;
    for document in &mut renamed {
        names.rename(document);
    }
    comparison.holds(
        "other names",
        &tree::write(&renamed, Style::default()),
        &names,
    );
}

fn list(documents: &[Tree]) -> Tree {
    Tree::Map(vec![
        ("apiVersion".to_owned(), Tree::string("v1")),
        ("kind".to_owned(), Tree::string("List")),
        ("items".to_owned(), Tree::List(documents.to_vec())),
    ])
}

fn annotate(document: &mut Tree) {
    // Configuration files have no metadata, and one would be an unknown field.
    if document.get("items").is_some() || document.get("metadata").is_none() {
        return;
    }
    let annotations = document
        .get_or_add("metadata")
        .and_then(|metadata| metadata.get_or_add("annotations"));
    if let Some(Tree::Map(entries)) = annotations {
        entries.push(("example.dev/note".to_owned(), Tree::string("nothing")));
    }
}

#[test]
fn changes_every_name_and_order_and_gets_the_same_verdicts_on_workloads() {
    hold(Target::Workload);
}

#[test]
fn changes_every_name_and_order_and_gets_the_same_verdicts_on_rbac() {
    hold(Target::Rbac);
}

#[test]
fn changes_every_name_and_order_and_gets_the_same_verdicts_on_networks() {
    hold(Target::Network);
}

#[test]
fn changes_every_name_and_order_and_gets_the_same_verdicts_on_ingresses() {
    hold(Target::Ingress);
}

#[test]
fn changes_every_name_and_order_and_gets_the_same_verdicts_on_secrets() {
    hold(Target::Secret);
}

#[test]
fn changes_names_and_layout_of_dockerfiles_and_gets_the_same_verdicts() {
    hold(Target::Dockerfile);
}

#[test]
fn changes_names_and_layout_of_control_plane_files_and_gets_the_same_verdicts() {
    hold(Target::ControlPlane);
}
