//! Rego in files of its own, asked about every file that conftest would read.
//!
//! Objects in a list are asked about one by one as well, as they come to admission.

mod places;

use std::{borrow::Cow, path::Path, sync::Arc, time::Duration};

use ringwall_collect::Candidate;
use ringwall_config::Format;
use ringwall_model::{Acceptance, AcceptanceSource, Finding, Ring, Severity, Status, Subject};
use ringwall_policy::{
    admission::{Action, NoDeadline, Violation},
    bundle::Bundle,
    conftest::{Conftest, Said, Surroundings},
};
use serde_json::Value;

use self::places::{Place, Places};
use crate::{
    Selection,
    file::{Judged, not_assessed},
};

/// Lists in lists that are opened.
const MAX_LIST_DEPTH: u8 = 4;

/// Ends of the names of files that hold configuration or data, and that have no parser.
const UNPARSED: [&str; 9] = [
    "cfg", "cnf", "conf", "json5", "jsonl", "ndjson", "plist", "service", "tfstate",
];

/// What asks Rego about files.
#[derive(Clone, Copy)]
pub(crate) struct RegoJudge<'a> {
    conftest: &'a Conftest,
    selection: &'a Selection,
    now: Duration,
}

/// Something that rules are asked about.
struct Input<'a> {
    /// Which part of the file it is.
    part: usize,
    /// Where it stands in the part, as a JSON pointer; not empty for the item of a list.
    pointer: String,
    value: Cow<'a, Value>,
}

impl<'a> RegoJudge<'a> {
    /// `None` if no Rego judges.
    pub(crate) fn new(bundle: &'a Bundle, selection: &'a Selection, now: Duration) -> Option<Self> {
        Some(Self {
            conftest: bundle.rego()?,
            selection,
            now,
        })
    }

    /// Whether there is a parser for a file of this name, so that policies must not miss it.
    pub(crate) fn concerns(name: &str) -> bool {
        Format::from_file_name(name).is_some()
    }

    /// Asks all rules about a file, which was found or named unless it came by standard input.
    pub(crate) fn judge(&self, judged: &mut Judged, candidate: Option<&Candidate>) {
        let source = Arc::clone(&judged.source);
        let format = match Format::from_file_name(&source.name) {
            // We know Dockerfiles by more names than conftest, and standard input by what it holds.
            _ if judged.is_dockerfile => Format::Dockerfile,
            Some(format) => format,
            // What was named and holds objects is a manifest whatever its name is.
            None if !judged.documents.is_empty() => Format::Yaml,
            None => {
                // In a folder there may be anything; what is named is meant.
                let is_named = candidate.is_some_and(|candidate| candidate.is_given);
                let end = Path::new(&*source.name).extension();
                let end = end.map(|end| end.to_string_lossy().to_lowercase());
                if is_named && end.is_some_and(|end| UNPARSED.contains(&&*end)) {
                    judged.not_assessed.push(not_assessed(
                        "unparsable-file",
                        Subject::default(),
                        None,
                        &source.name,
                        "policies in Rego cannot be asked about it: no parser is known for its name",
                    ));
                }
                return;
            }
        };
        judged.is_foreign = false;
        let parts = match ringwall_config::parse(format, source.text.as_bytes()) {
            Ok(Value::Array(parts)) => parts,
            Ok(whole) => vec![whole],
            Err(error) => {
                let mut known = judged.not_assessed.iter();
                if !known
                    .any(|item| matches!(&*item.id, "unparsable-file" | "unparsable-dockerfile"))
                {
                    let line = u32::try_from(error.line).unwrap_or(u32::MAX);
                    let span = source.lines().line(&source.text, line);
                    judged.not_assessed.push(not_assessed(
                        "unparsable-file",
                        Subject::default(),
                        span.map(|span| source.location(span)),
                        &source.name,
                        format!(
                            "policies in Rego cannot be asked about it: {}",
                            error.message
                        ),
                    ));
                }
                return;
            }
        };
        let asking = candidate.filter(|_| self.conftest.asks_for_file());
        let folder = asking.map(|candidate| {
            let real = ringwall_collect::real_path(&candidate.path);
            real.parent()
                .map(|folder| folder.display().to_string())
                .unwrap_or_default()
        });
        let around = Surroundings {
            file_name: source.name.rsplit('/').next().unwrap_or(&source.name),
            folder: folder.as_deref().unwrap_or(""),
            now: self.now,
            deadline: &NoDeadline,
        };
        let places = Places::new(&source, format, &parts);
        for input in inputs(format, &parts) {
            for said in self.conftest.judge(&input.value, &around) {
                self.take(said, &input, &places, judged);
            }
        }
        judged.conceal();
    }

    fn take(&self, said: Said, input: &Input<'_>, places: &Places<'_>, judged: &mut Judged) {
        let Said {
            violation,
            is_excepted,
        } = said;
        if !self.selection.runs(&violation.policy, &[]) {
            return;
        }
        let place = places.find(input.part, &input.pointer, &violation);
        if violation.is_error {
            judged.not_assessed.push(not_assessed(
                "failed-policy",
                place.subject,
                Some(place.location.clone()),
                &judged.source.name,
                format!("{}: {}", violation.policy, violation.message),
            ));
            return;
        }
        judged
            .findings
            .push(Box::new(finding(violation, is_excepted, place)));
    }
}

fn finding(violation: Violation, is_excepted: bool, place: Place) -> Finding {
    let Place {
        location,
        subject,
        is_exact,
    } = place;
    let line = format!("{}:{}", location.file, location.start.line);
    let rule = violation.policy.replace('/', ".");
    Finding {
        ring: if subject.api_version.is_some() {
            Ring::Cluster
        } else {
            Ring::Code
        },
        severity: match violation.action {
            Action::Deny => Severity::High,
            Action::Warn => Severity::Medium,
            Action::Audit => Severity::Low,
        },
        confidence: None,
        status: if is_excepted {
            Status::Accepted(Arc::new(Acceptance {
                source: AcceptanceSource::Peer("conftest"),
                reason: None,
                owner: None,
                until: None,
                location: None,
            }))
        } else {
            Status::Fail
        },
        // What has no line of its own counts as changed when anything around it is.
        group: Some(
            if is_exact {
                line
            } else {
                format!("{line} {}", violation.policy)
            }
            .into(),
        ),
        subject: Arc::new(subject),
        location,
        message: violation.message.trim().to_owned(),
        remediation: Cow::Owned(format!("Change it as the rule data.{rule} demands.")),
        check: Cow::Owned(violation.policy),
        controls: &[],
        evidence: Vec::new(),
        fix: None,
        vulnerability: None,
    }
}

/// Everything that rules are asked about: each part of a file, and each item of a list of objects.
fn inputs(format: Format, parts: &[Value]) -> Vec<Input<'_>> {
    let mut inputs = Vec::with_capacity(parts.len());
    for (part, value) in parts.iter().enumerate() {
        inputs.push(Input {
            part,
            pointer: String::new(),
            value: Cow::Borrowed(value),
        });
        if matches!(format, Format::Yaml | Format::Json) {
            open(part, "", value, MAX_LIST_DEPTH, &mut inputs);
        }
    }
    inputs
}

fn open<'a>(part: usize, pointer: &str, list: &'a Value, depth: u8, inputs: &mut Vec<Input<'a>>) {
    let text = |value: &'a Value, field: &str| value.get(field).and_then(Value::as_str);
    let (Some(api_version), Some(kind)) = (text(list, "apiVersion"), text(list, "kind")) else {
        return;
    };
    let (Some(of_items), Some(items)) = (
        kind.strip_suffix("List"),
        list.get("items").and_then(Value::as_array),
    ) else {
        return;
    };
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("{pointer}/items/{index}");
        let mut value = Cow::Borrowed(item);
        // The items of a typed list need not say what they are.
        if text(item, "kind").is_none()
            && !of_items.is_empty()
            && let Some(members) = value.to_mut().as_object_mut()
        {
            members.insert("kind".to_owned(), of_items.into());
            members
                .entry("apiVersion")
                .or_insert_with(|| api_version.into());
        }
        open(part, &pointer, item, depth, inputs);
        inputs.push(Input {
            part,
            pointer,
            value,
        });
    }
}
