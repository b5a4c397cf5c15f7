//! `-o sarif`: SARIF 2.1.0, for code scanning.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; `security-severity`
//! from <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

use std::{collections::BTreeMap, fmt::Write as _, io};

use ringwall_model::{
    Acceptance, AcceptanceSource, Edit, Finding, Fix, Location, NotAssessed, Report, Severity,
    Status,
};
use serde_json::{Value, json};

use crate::{
    Catalogue, Context, Excerpts,
    fingerprint::Fingerprints,
    json::{list, value},
    words::{clean, has_page, subject_words},
};

/// A longer range is not repeated as a snippet.
const SNIPPET_BYTES: usize = 4096;

/// Writes the report as SARIF, result by result.
pub fn sarif(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let mut rules: BTreeMap<&str, Rule<'_>> = BTreeMap::new();
    for finding in &report.findings {
        // Findings come the worst first.
        rules.entry(&finding.check).or_insert(Rule {
            index: 0,
            worst: finding,
        });
    }
    for (index, rule) in rules.values_mut().enumerate() {
        rule.index = index;
    }
    out.write_all(
        b"{\"version\":\"2.1.0\",\n\
        \"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\",\n\
        \"runs\":[{\"tool\":{\"driver\":{\"name\":\"ringwall\",\"semanticVersion\":",
    )?;
    value(&env!("CARGO_PKG_VERSION"), out)?;
    out.write_all(b",\"informationUri\":")?;
    value(&env!("CARGO_PKG_REPOSITORY"), out)?;
    out.write_all(b",\"rules\":[")?;
    list(
        rules
            .iter()
            .map(|(&check, rule)| rule.descriptor(check, context.catalogue)),
        out,
    )?;
    out.write_all(b"]}},\n\"columnKind\":\"unicodeCodePoints\",\n\"invocations\":[")?;
    value(
        &json!({
            "executionSuccessful": !report.is_incomplete(),
            "toolExecutionNotifications":
                report.not_assessed.iter().map(notification).collect::<Vec<_>>(),
        }),
        out,
    )?;
    out.write_all(b"],\n\"results\":[")?;
    let mut fingerprints = Fingerprints::default();
    list(
        report.findings.iter().map(|finding| {
            let fingerprint = fingerprints.of(finding);
            let index = rules.get(&*finding.check).map_or(0, |rule| rule.index);
            result(&excerpts, finding, index, &fingerprint)
        }),
        out,
    )?;
    out.write_all(b"]}]}\n")
}

struct Rule<'a> {
    index: usize,
    worst: &'a Finding,
}

impl Rule<'_> {
    fn descriptor(&self, check: &str, catalogue: &dyn Catalogue) -> Value {
        let title = catalogue.title(check).unwrap_or(check);
        let remediation = &*self.worst.remediation;
        let mut tags = vec!["security", "kubernetes", self.worst.ring.as_str()];
        tags.extend(self.worst.controls);
        let mut properties = json!({"tags": tags});
        if let (Some(score), Some(properties)) = (
            security_severity(self.worst.severity),
            properties.as_object_mut(),
        ) {
            properties.insert("security-severity".to_owned(), score.into());
        }
        let help = if has_page(check) {
            format!("{title}\n{remediation}\nringwall explain {check}")
        } else {
            format!("{title}\n{remediation}")
        };
        json!({
            "id": check,
            "name": pascal_case(check),
            "shortDescription": {"text": title},
            "fullDescription": {"text": if remediation.is_empty() { title } else { remediation }},
            "help": {
                "text": help,
                "markdown": catalogue.plain_page(check).as_deref().unwrap_or(remediation),
            },
            "defaultConfiguration": {"level": level(self.worst.severity)},
            "properties": properties,
        })
    }
}

fn result(excerpts: &Excerpts<'_>, finding: &Finding, rule: usize, fingerprint: &str) -> Value {
    let passed = matches!(finding.status, Status::Pass);
    let mut properties = json!({
        "ring": finding.ring.as_str(),
        "severity": finding.severity.as_str(),
        "controls": finding.controls,
    });
    if let Some(properties) = properties.as_object_mut() {
        if let Some(confidence) = finding.confidence {
            properties.insert("confidence".to_owned(), confidence.as_str().into());
        }
        if let Some(group) = finding.group.as_deref() {
            properties.insert("group".to_owned(), group.into());
        }
    }
    let mut place = json!({"physicalLocation": physical(&finding.location)});
    let source = excerpts.source(&finding.location.file);
    if let Some(snippet) = source
        .as_deref()
        .map(|source| source.slice(finding.location.span))
        && !snippet.is_empty()
        && snippet.len() <= SNIPPET_BYTES
    {
        set(
            &mut place,
            "/physicalLocation/region",
            "snippet",
            json!({"text": snippet}),
        );
    }
    let subject = subject_words(&finding.subject);
    if !subject.is_empty() {
        let logical = json!([{"fullyQualifiedName": subject, "kind": "resource"}]);
        set(&mut place, "", "logicalLocations", logical);
    }
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": rule,
        "kind": if passed { "pass" } else { "fail" },
        "level": if passed { "none" } else { level(finding.severity) },
        "message": {"text": excerpts.message(finding)},
        "locations": [place],
        "partialFingerprints": {"ringwall/v1": fingerprint},
        // All results have the list or none has.
        "suppressions": match &finding.status {
            Status::Accepted(acceptance) => vec![suppression(acceptance)],
            Status::Fail | Status::Pass => Vec::new(),
        },
        "properties": properties,
    });
    if !finding.evidence.is_empty() {
        let related = finding.evidence.iter().enumerate().map(|(id, evidence)| {
            json!({
                "id": id,
                "message": {"text": evidence.label},
                "physicalLocation": physical(&evidence.location),
            })
        });
        set(&mut result, "", "relatedLocations", related.collect());
    }
    if let Some(changes) = finding
        .fix
        .as_deref()
        .and_then(|fix| changes(excerpts, fix))
    {
        let text = if finding.remediation.is_empty() {
            &*finding.check
        } else {
            &*finding.remediation
        };
        let safety = finding.fix.as_deref().map(|fix| fix.safety.as_str());
        let fix = json!([{
            "description": {"text": text},
            "artifactChanges": changes,
            "properties": {"safety": safety},
        }]);
        set(&mut result, "", "fixes", fix);
    }
    result
}

/// Sets a field of the object at `pointer`.
fn set(object: &mut Value, pointer: &str, field: &str, content: Value) {
    if let Some(Value::Object(object)) = object.pointer_mut(pointer) {
        object.insert(field.to_owned(), content);
    }
}

/// The edits, or `None` when they cannot be given exactly: the source is gone,
/// or the new text repeats a secret.
fn changes(excerpts: &Excerpts<'_>, fix: &Fix) -> Option<Vec<Value>> {
    if excerpts.repeats_secret(fix) {
        return None;
    }
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = replacement(excerpts, edit)?;
        files.entry(&edit.file).or_default().push(replacement);
    }
    let change = |(file, replacements): (&str, Vec<Value>)| {
        json!({
            "artifactLocation": {"uri": uri(file)},
            "replacements": replacements,
        })
    };
    (!files.is_empty()).then(|| files.into_iter().map(change).collect())
}

fn replacement(excerpts: &Excerpts<'_>, edit: &Edit) -> Option<Value> {
    let source = excerpts.source(&edit.file)?;
    source.text.get(edit.span.range())?;
    Some(json!({
        "deletedRegion": region(&source.location(edit.span)),
        "insertedContent": {"text": edit.text},
    }))
}

fn notification(item: &NotAssessed) -> Value {
    let mut notification = json!({
        "descriptor": {"id": item.id},
        "level": if item.counts() { "error" } else { "note" },
        "message": {"text": match &item.status {
            Status::Accepted(acceptance) => format!(
                "{} (accepted by {}: {})",
                item.reason,
                acceptance.source.as_str(),
                acceptance.reason.as_deref().unwrap_or("no reason given"),
            ),
            Status::Fail | Status::Pass => item.reason.clone(),
        }},
    });
    let place = match (&item.location, &item.subject.file) {
        (Some(location), _) => Some(physical(location)),
        (None, Some(file)) => Some(json!({"artifactLocation": {"uri": uri(file)}})),
        (None, None) => None,
    };
    if let Some(place) = place {
        let locations = json!([{"physicalLocation": place}]);
        set(&mut notification, "", "locations", locations);
    }
    notification
}

fn suppression(acceptance: &Acceptance) -> Value {
    let kind = match acceptance.source {
        AcceptanceSource::Config | AcceptanceSource::Baseline => "external",
        AcceptanceSource::Comment | AcceptanceSource::Annotation | AcceptanceSource::Peer(_) => {
            "inSource"
        }
    };
    let mut suppression = json!({
        "kind": kind,
        "status": "accepted",
        "properties": {
            "source": acceptance.source.as_str(),
            "owner": acceptance.owner,
            "until": acceptance.until.map(|until| until.to_string()),
        },
    });
    if let Some(reason) = acceptance.reason.as_deref() {
        set(&mut suppression, "", "justification", reason.into());
    }
    if let Some(location) = &acceptance.location {
        let location = json!({"physicalLocation": physical(location)});
        set(&mut suppression, "", "location", location);
    }
    suppression
}

fn physical(location: &Location) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&location.file)},
        "region": region(location),
    })
}

fn region(location: &Location) -> Value {
    json!({
        "startLine": location.start.line,
        "startColumn": location.start.column,
        "endLine": location.end.line,
        "endColumn": location.end.column,
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The middle of the range that GitHub gives the word; there is none for `info`.
const fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// `privileged-container` as `PrivilegedContainer`, the form that SARIF asks for in names.
fn pascal_case(check: &str) -> String {
    let words = check.split(|c: char| !c.is_alphanumeric());
    words
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(characters)
        })
        .collect()
}

/// A file's name as a URI: relative as it is, absolute with its scheme.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    if file.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in clean(file).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_uri() {
        assert_eq!(uri("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(uri("/srv/a:b#c"), "file:///srv/a%3Ab%23c");
    }

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal_case("privileged-container"), "PrivilegedContainer");
        assert_eq!(pascal_case("plaintext-secret/aws"), "PlaintextSecretAws");
    }
}
