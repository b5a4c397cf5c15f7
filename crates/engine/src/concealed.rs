//! What is said about a text, with the text's secrets concealed before anything reads it.
//!
//! Reports, baselines, refusals and logs all take messages from here on, so none of them has to mind.

use std::borrow::Cow;

use ringwall_model::{Finding, NotAssessed};
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
}

/// Conceals secrets in what is said about something that was not looked at.
pub(crate) fn conceal_gap(concealer: &Concealer, item: &mut NotAssessed) {
    conceal(concealer, &mut item.reason);
}

fn conceal(concealer: &Concealer, text: &mut String) {
    if let Cow::Owned(concealed) = concealer.conceal(text) {
        *text = concealed;
    }
}
