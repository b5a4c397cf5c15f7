//! What is said about a text, with the text's secrets concealed before anything reads it.
//!
//! Reports, baselines, refusals and logs all take messages from here on, so none of them has to mind.

use std::{borrow::Cow, sync::Arc};

use ringwall_model::{Finding, NotAssessed, Subject};
use ringwall_secrets::Concealer;

use crate::file::Judged;

impl Judged {
    /// Conceals the secrets of the text in everything that was said about it so far.
    pub(crate) fn conceal(&mut self) {
        if self.secrets.is_empty() || (self.findings.is_empty() && self.not_assessed.is_empty()) {
            return;
        }
        let concealer = Concealer::new(&self.source.text, &self.secrets);
        for finding in &mut self.findings {
            conceal_finding(&concealer, finding);
        }
        for item in &mut self.not_assessed {
            conceal_gap(&concealer, item);
        }
    }
}

/// Conceals secrets in the words of a finding.
pub(crate) fn conceal_finding(concealer: &Concealer, finding: &mut Finding) {
    conceal(concealer, &mut finding.message);
    if let Cow::Owned(remediation) = &mut finding.remediation {
        conceal(concealer, remediation);
    }
    for evidence in &mut finding.evidence {
        if let Cow::Owned(label) = &mut evidence.label {
            conceal(concealer, label);
        }
    }
    conceal_subject(concealer, &mut finding.subject);
}

/// Conceals secrets in what is said about something that was not looked at.
pub(crate) fn conceal_gap(concealer: &Concealer, item: &mut NotAssessed) {
    conceal(concealer, &mut item.reason);
    conceal_subject(concealer, &mut item.subject);
}

/// A token may be written where a name belongs: as the name of a container, before the host of an image.
///
/// The file stays: everything that is said about a text finds it by its name.
fn conceal_subject(concealer: &Concealer, subject: &mut Arc<Subject>) {
    let is_concealed = |text: Option<&str>| {
        text.is_some_and(|text| matches!(concealer.conceal_name(text), Cow::Owned(_)))
    };
    let Subject {
        api_version,
        kind,
        namespace,
        name,
        container,
        image,
        package,
        file: _,
    } = &**subject;
    let all = [
        api_version,
        kind,
        namespace,
        name,
        container,
        image,
        package,
    ];
    // Objects share what they are called by, and hardly ever is a secret in it.
    if !all.iter().any(|text| is_concealed(text.as_deref())) {
        return;
    }
    let subject = Arc::make_mut(subject);
    for text in [
        &mut subject.api_version,
        &mut subject.kind,
        &mut subject.namespace,
        &mut subject.name,
        &mut subject.container,
        &mut subject.image,
        &mut subject.package,
    ]
    .into_iter()
    .flatten()
    {
        if let Cow::Owned(concealed) = concealer.conceal_name(text) {
            *text = concealed.into();
        }
    }
}

fn conceal(concealer: &Concealer, text: &mut String) {
    if let Cow::Owned(concealed) = concealer.conceal(text) {
        *text = concealed;
    }
}
