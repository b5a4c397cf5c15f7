//! Findings about an image itself: one place for what they share.

use std::{borrow::Cow, sync::Arc};

use ringwall_model::{
    Confidence, Finding, Location, Position, Ring, Severity, Span, Status, Subject,
};

use crate::known::engine_check;

/// What a check says about itself, whether it is one of files or one of the engine.
struct Words {
    ring: Ring,
    severity: Severity,
    remediation: &'static str,
    controls: &'static [&'static str],
}

/// What is wrong, before it is a finding.
pub(super) struct Flaw {
    /// The id of the check.
    pub(super) check: Cow<'static, str>,
    /// What was found.
    pub(super) message: String,
    /// The file in the image, with line and column from 1; `None` for its configuration.
    pub(super) place: Option<(String, u32, u32)>,
    /// How bad, where that is not what the check says.
    pub(super) severity: Option<Severity>,
    /// How sure.
    pub(super) confidence: Option<Confidence>,
    /// What to do, where that is not what the check says.
    pub(super) remediation: Option<Cow<'static, str>>,
}

impl Flaw {
    /// One of the configuration, as its check has it.
    pub(super) fn new(check: &'static str, message: String) -> Self {
        Self {
            check: Cow::Borrowed(check),
            message,
            place: None,
            severity: None,
            confidence: None,
            remediation: None,
        }
    }

    /// The same at a file.
    pub(super) fn at(mut self, path: &str) -> Self {
        self.place = Some((path.to_owned(), 1, 1));
        self
    }

    /// The finding about an image of this name.
    pub(super) fn finding(self, image: &str) -> Box<Finding> {
        let words = words(&self.check);
        let (file, line, column) = self.place.unwrap_or_else(|| (image.to_owned(), 1, 1));
        let start = Position { line, column };
        let is_image = file == image;
        Box::new(Finding {
            ring: words.ring,
            severity: self.severity.unwrap_or(words.severity),
            confidence: self.confidence,
            status: Status::Fail,
            group: Some(format!("{file}:{line}").into()),
            subject: Arc::new(Subject {
                image: Some(image.into()),
                file: (!is_image).then(|| file.as_str().into()),
                ..Subject::default()
            }),
            location: Location {
                file: file.into(),
                start,
                end: start,
                span: Span::default(),
            },
            message: self.message,
            remediation: self.remediation.unwrap_or(Cow::Borrowed(words.remediation)),
            controls: words.controls,
            evidence: Vec::new(),
            fix: None,
            vulnerability: None,
            check: self.check,
        })
    }
}

/// The controls that a finding of this id names.
pub(super) fn controls_of(check: &str) -> &'static [&'static str] {
    words(check).controls
}

fn words(check: &str) -> Words {
    if let Some(check) = ringwall_checks::find(check) {
        let meta = check.meta();
        return Words {
            ring: meta.ring,
            severity: meta.severity,
            remediation: meta.remediation(),
            controls: meta.controls,
        };
    }
    match engine_check(check, false) {
        Some(own) => Words {
            ring: own.ring,
            severity: own.severity,
            remediation: own.remediation,
            controls: &[],
        },
        None => Words {
            ring: Ring::Code,
            severity: Severity::High,
            remediation: "",
            controls: &["nsa:NET"],
        },
    }
}
