//! How a refused value is told, and what to write in its place.

use std::sync::Arc;

use ringwall_input::schema::{Choices, Rule, Shape, Violation, ViolationKind, suggest};
use ringwall_model::{Edit, Span};

use super::schema_violation::SchemaViolation;
use crate::{Findings, Node, Safety, Value, edit};

/// The largest mode of a file, 0777.
const MOST_MODE: i64 = 511;

/// Choices up to this number are listed.
const FEW_CHOICES: usize = 10;

/// Tells of a violation that is refused; `below` stands before its path.
pub(super) fn tell(violation: &Violation<'_>, below: &str, findings: &mut Findings<'_>) {
    let value = violation.node;
    let path = format!("{below}{}", violation.path);
    let (note, safety, edits) = match violation.kind {
        ViolationKind::UnknownField { .. } => return,
        ViolationKind::MissingRequired { field } => {
            let place = match path.as_str() {
                "" => String::new(),
                path => format!(" in {path}"),
            };
            let note = format!("lacks the field {field}{place}, which the API demands");
            findings
                .add(SchemaViolation::META)
                .missing(value, field)
                .note(note)
                .remediation(format!("Add the field {field}."));
            return;
        }
        ViolationKind::WrongType { expected, found } => {
            let (advice, edits) = correction(value, expected, violation.parent);
            let shown = match value.value() {
                Value::Bool(_) => format!("{}, {found},", value.text()),
                _ => found.to_owned(),
            };
            let noun = expected.noun();
            let note = format!("has {shown} in {path} where {noun} is expected{advice}");
            (note, Safety::Safe, edits)
        }
        ViolationKind::InvalidValue { expected } => invalid(value, &path, expected),
        ViolationKind::Refused { rule } => {
            tell_refused(value, &path, rule, findings);
            return;
        }
        ViolationKind::Repeated { fields, first } => {
            let name = fields.split(',').next().unwrap_or(fields);
            let shown = value.get(name).unwrap_or(value);
            findings
                .add(SchemaViolation::META)
                .at(shown)
                .note(format!(
                    "has two items with the {} {} in {}",
                    fields.replace(',', " and "),
                    shown.text(),
                    path.rsplit_once('[').map_or("", |(list, _)| list)
                ))
                .evidence("first item", first.get(name).unwrap_or(first))
                .remediation("Keep one of the two, or give each its own.");
            return;
        }
        ViolationKind::Excluded { first } => {
            let name = |node: &Node<'_>| {
                node.key()
                    .map_or_else(String::new, |key| key.text().to_owned())
            };
            let place = match path.as_str() {
                "" => String::new(),
                path => format!(" in {path}"),
            };
            findings
                .add(SchemaViolation::META)
                // The value of a variable may be a secret.
                .at(value.key().unwrap_or(value))
                .note(format!(
                    "has both {} and {}{place}, of which the API takes one",
                    name(&first),
                    name(&value)
                ))
                .evidence("the other", first.key().unwrap_or(first))
                .remediation("Keep the field that is meant, and remove the other.");
            return;
        }
    };
    findings
        .add(SchemaViolation::META)
        .at(value)
        .note(note)
        .fix(safety, edits);
}

/// Tells of a value that breaks a rule; it may be longer than a message should be.
fn tell_refused(value: Node<'_>, path: &str, rule: Rule, findings: &mut Findings<'_>) {
    const LONG: usize = 70;
    let note = if matches!(rule, Rule::Keys(_)) {
        format!("has the key {path}, which must be {rule}")
    } else {
        let text = value.text();
        let shown = match text.char_indices().nth(LONG) {
            Some((end, _)) => format!("{}...", text.get(..end).unwrap_or("")),
            None => text.to_owned(),
        };
        let octal = match (rule, value.as_i64()) {
            (Rule::Range(0, Some(MOST_MODE)), Some(512..=7777)) => {
                "; a mode in octal begins with 0, as 0644 does"
            }
            _ => "",
        };
        format!("has {shown} in {path}, which must be {rule}{octal}")
    };
    findings
        .add(SchemaViolation::META)
        .at(value)
        .note(note)
        .remediation(format!("Write a value that is {rule}."));
}

/// What to write in place of a value of the wrong type, if the value leaves no doubt.
fn correction(
    node: Node<'_>,
    expected: Shape,
    parent: Node<'_>,
) -> (&'static str, Option<Vec<Edit>>) {
    let text = node.text();
    match (expected, node.value()) {
        (Shape::String, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
            ("; write it in quotes", quoted(node, parent))
        }
        // Without quotes, 010 is 8.
        (Shape::Int32 | Shape::Int64, Value::String(_)) if is_decimal(text) => {
            ("; write it without quotes", bare(node, parent))
        }
        (Shape::Bool, Value::String(_)) if matches!(text, "true" | "false") => {
            ("; write it without quotes", bare(node, parent))
        }
        _ => ("", None),
    }
}

/// Whether a text means the same number in quotes and without: one that begins with a zero is octal without.
pub(super) fn is_decimal(text: &str) -> bool {
    let number = text.parse::<i32>();
    number.is_ok_and(|number| number.to_string() == text)
}

/// Two insertions, so that the value, which may be a secret, is in no edit.
fn quoted(node: Node<'_>, parent: Node<'_>) -> Option<Vec<Edit>> {
    let source = &node.document().source;
    let span = node.span();
    let insert = |at: u32| Edit {
        file: Arc::clone(&source.name),
        span: Span::at(at as usize),
        text: "\"".to_owned(),
    };
    parent
        .span()
        .contains(span)
        .then(|| vec![insert(span.start), insert(span.end)])
}

fn bare(node: Node<'_>, parent: Node<'_>) -> Option<Vec<Edit>> {
    if !parent.span().contains(node.span()) {
        return None;
    }
    edit::replace(node, node.text())
}

fn invalid(node: Node<'_>, path: &str, expected: Shape) -> (String, Safety, Option<Vec<Edit>>) {
    let text = node.text();
    match expected {
        Shape::Enum(choices) => choice(node, path, choices),
        // The value may be a secret: it is not shown.
        Shape::Bytes => (
            format!("has a value in {path} that is no base64; plain text goes into stringData"),
            Safety::Safe,
            None,
        ),
        Shape::Int32 | Shape::IntOrString => (
            format!("has {text} in {path}, which is no integer of 32 bits"),
            Safety::Safe,
            None,
        ),
        _ => (
            format!(
                "has \"{text}\" in {path} where {} is expected",
                expected.noun()
            ),
            Safety::Safe,
            None,
        ),
    }
}

fn choice(node: Node<'_>, path: &str, choices: Choices) -> (String, Safety, Option<Vec<Edit>>) {
    let text = node.text();
    let allowed: Vec<&str> = choices.iter().filter(|choice| !choice.is_empty()).collect();
    let meant = suggest(text, allowed.iter().copied());
    let list = if allowed.len() <= FEW_CHOICES {
        format!(", which is none of {}", allowed.join(", "))
    } else {
        String::from(", which is not accepted")
    };
    let advice = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}"));
    let is_same_word = meant.is_some_and(|meant| meant.eq_ignore_ascii_case(text));
    let safety = if is_same_word {
        Safety::Safe
    } else {
        Safety::Unsafe
    };
    let written = |meant: &str| {
        if node.is_quoted() {
            format!("\"{meant}\"")
        } else {
            meant.to_owned()
        }
    };
    (
        format!("has {text} in {path}{list}{advice}"),
        safety,
        meant.and_then(|meant| edit::replace(node, &written(meant))),
    )
}
