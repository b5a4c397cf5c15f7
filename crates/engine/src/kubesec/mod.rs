//! What kubesec v2 would say about a file, weaknesses included.
//!
//! A stand-in for kubesec, so its loose reading is kept: a rule matches when one container complies,
//! values are searched as printed text, the score is one sum. The verdicts of ringwall are made in
//! `checks` and share nothing with this.

mod predicate;
mod rules;
mod split;
#[cfg(test)]
mod tests;
mod validity;
mod value;

use std::sync::Arc;

use ringwall_input::yaml;
use ringwall_model::{Source, Span};
use ringwall_report::{KubesecReport, KubesecRule, KubesecScoring};

use predicate::Object;
use value::Value;

/// Which rules score an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KubesecEdition {
    /// The 26 rules of the release v2.14.2, where profiles are looked for in annotations.
    V2_14,
    /// The 30 rules of kubesec's source of 2026-06-09, commit a59caad.
    Current,
}

/// Why a file has no reports; kubesec then prints no JSON at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubesecError {
    /// Nothing but blanks and separators.
    #[error("{name}: invalid input: no document")]
    Empty {
        /// Name of the file.
        name: Arc<str>,
    },
    /// A document that is no YAML, or that JSON has no words for.
    #[error("{name}:{line}: {reason}")]
    Unreadable {
        /// Name of the file.
        name: Arc<str>,
        /// Line of the fault, from 1.
        line: u32,
        /// What is wrong there.
        reason: String,
    },
}

/// Scores every document of a source as kubesec does. Reports carry the source's name.
///
/// # Errors
///
/// Where kubesec ends without a report: a document that cannot be read hides the others.
pub fn kubesec(
    source: &Arc<Source>,
    edition: KubesecEdition,
) -> Result<Vec<KubesecReport>, KubesecError> {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(&source.text) {
        let repeated = repeated_key(source);
        let value = Value::from(json);
        return Ok(vec![report(source, &value, repeated.as_deref(), edition)]);
    }
    let mut reports = Vec::new();
    for piece in split::pieces(&source.text) {
        let start = piece.start;
        let text = source.text.get(piece).unwrap_or("");
        let first = split::first_document(text);
        let document = Arc::new(Source::new(Arc::clone(&source.name), first));
        let unreadable = |span: Span, reason: String| KubesecError::Unreadable {
            name: Arc::clone(&source.name),
            line: source
                .location(Span::at(start + span.start as usize))
                .start
                .line,
            reason,
        };
        let (documents, diagnostics) = yaml::parse(&document);
        if let Some(diagnostic) = diagnostics.into_iter().next() {
            return Err(unreadable(diagnostic.span, diagnostic.message));
        }
        let value = match documents.first() {
            Some(document) => Value::from_node(document.root())
                .map_err(|error| unreadable(error.span, error.reason.to_owned()))?,
            None if text.lines().any(|line| line.starts_with('%')) => {
                let reason = "a directive without a document";
                return Err(unreadable(Span::at(0), reason.to_owned()));
            }
            None => Value::Null,
        };
        reports.push(report(source, &value, None, edition));
    }
    if reports.is_empty() {
        return Err(KubesecError::Empty {
            name: Arc::clone(&source.name),
        });
    }
    Ok(reports)
}

/// A key that a JSON text repeats in one object.
fn repeated_key(source: &Arc<Source>) -> Option<String> {
    let (documents, _) = yaml::parse(source);
    let (_, again) = documents.first()?.duplicate_keys().next()?;
    Some(again.text().to_owned())
}

fn report(
    source: &Source,
    root: &Value<'_>,
    repeated: Option<&str>,
    edition: KubesecEdition,
) -> KubesecReport {
    let mut report = KubesecReport {
        object: object_name(root),
        valid: true,
        file_name: source.name.to_string(),
        message: String::new(),
        score: 0,
        scoring: KubesecScoring::default(),
    };
    if let Some(problem) = validity::problem(root, repeated, edition) {
        report.valid = false;
        report.message = problem;
        return report;
    }
    let object = Object { root, edition };
    let mut is_known = false;
    for rule in rules::rules(edition) {
        let Some(matches) = rule.judge(&object) else {
            continue;
        };
        is_known = true;
        let scoring = &mut report.scoring;
        let list = match (matches, rule.shown.points >= 0) {
            (true, true) => &mut scoring.passed,
            (true, false) => &mut scoring.critical,
            (false, true) => &mut scoring.advise,
            (false, false) => continue,
        };
        list.push(rule.shown);
        if matches {
            report.score += rule.shown.points;
        }
    }
    report.message = match report.score {
        _ if !is_known => "This resource kind is not supported by kubesec".to_owned(),
        score if score >= 0 => format!("Passed with a score of {score} points"),
        score => format!("Failed with a score of {score} points"),
    };
    let heaviest_first = |rule: &KubesecRule| (std::cmp::Reverse(rule.points.abs()), rule.selector);
    report.scoring.critical.sort_by_key(heaviest_first);
    report.scoring.passed.sort_by_key(heaviest_first);
    report.scoring.advise.sort_by_key(heaviest_first);
    report
}

/// `Kind/name.namespace`, whatever these are.
fn object_name(root: &Value<'_>) -> String {
    let printed = |path: &[&str], otherwise: &str| match root.get(path) {
        None | Some(Value::Null) => otherwise.to_owned(),
        Some(value) => value.to_string(),
    };
    match root.get(&["kind"]) {
        None | Some(Value::Null) => "Unknown".to_owned(),
        Some(kind) => format!(
            "{kind}/{}.{}",
            printed(&["metadata", "name"], "undefined"),
            printed(&["metadata", "namespace"], "default")
        ),
    }
}
