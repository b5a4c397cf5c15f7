//! What a rule says of itself.

use ringwall_malware::RuleMatch;
use ringwall_model::Severity;
use yara_x::{MetaValue, Rule};

/// Most characters of what a rule says in words.
const MOST_CHARACTERS: usize = 300;

/// A rule that matched, in our words.
pub(crate) fn read(rule: &Rule<'_, '_>) -> RuleMatch {
    let mut found = RuleMatch {
        namespace: rule.namespace().to_owned(),
        rule: rule.identifier().to_owned(),
        description: None,
        severity: None,
        reference: None,
        tags: rule.tags().map(|tag| tag.identifier().to_owned()).collect(),
    };
    let mut score = None;
    for (name, value) in rule.metadata() {
        match (name, value) {
            ("description", MetaValue::String(text)) => found.description = words(text),
            ("reference" | "url", MetaValue::String(text)) => {
                found.reference = found.reference.or_else(|| words(text));
            }
            ("severity", MetaValue::String(text)) => found.severity = severity(text),
            ("score", MetaValue::Integer(number)) => score = Some(of_score(number)),
            ("score", MetaValue::String(text)) => score = text.trim().parse().ok().map(of_score),
            _ => {}
        }
    }
    found.severity = found.severity.or(score);
    found
}

/// A text in one line, and no longer than people read.
fn words(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let line: String = line
        .chars()
        .filter(|it| !it.is_control())
        .take(MOST_CHARACTERS)
        .collect();
    (!line.is_empty()).then_some(line)
}

/// What people write, in whatever case; `None` for what means nothing here.
fn severity(text: &str) -> Option<Severity> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "informational" => Severity::Info,
        _ => return None,
    })
}

/// From 0 to 100, as those who publish rules count.
const fn of_score(score: i64) -> Severity {
    match score {
        80.. => Severity::Critical,
        60..80 => Severity::High,
        40..60 => Severity::Medium,
        _ => Severity::Low,
    }
}
