//! Sets the status of every finding, and says what is wrong with exceptions.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use rayon::prelude::*;
use ringwall_model::{
    Acceptance, Date, FEW_FINDINGS, Finding, Location, NotAssessed, Status, Subject,
};

use super::{ConfigExceptions, Ids, Marks, TrivyIgnore, config::Place};
use crate::{
    known::engine_check,
    selection::{Selection, is_known, is_of_image, is_of_policy, suggest_id},
};

/// All exceptions of a scan.
pub(crate) struct Exceptions {
    /// Marks by the name of the file they stand in.
    pub(crate) marks: HashMap<Arc<str>, Marks>,
    pub(crate) config: Arc<ConfigExceptions>,
    pub(crate) trivy: Vec<TrivyIgnore>,
    pub(crate) as_of: Date,
    /// With Pod Security alone, exceptions accept, but nothing is said about them: the report holds
    /// only violations.
    pub(crate) pods_only: bool,
}

/// Sets the status of findings and of what was not assessed, and adds findings about exceptions.
pub(crate) fn apply(
    exceptions: &Exceptions,
    selection: &Selection,
    findings: &mut Vec<Box<Finding>>,
    not_assessed: &mut [NotAssessed],
) {
    exceptions.accept_all(findings, not_assessed);
    if !exceptions.pods_only {
        exceptions.judge(selection, findings);
    }
}

impl Exceptions {
    /// Sets the status of findings and of what was not assessed.
    pub(crate) fn accept_all(
        &self,
        findings: &mut [Box<Finding>],
        not_assessed: &mut [NotAssessed],
    ) {
        let accept = |finding: &mut Box<Finding>| {
            if let Some(acceptance) = self.accept(finding) {
                finding.status = Status::Accepted(acceptance);
            }
        };
        if findings.len() < FEW_FINDINGS {
            findings.iter_mut().for_each(accept);
        } else {
            findings.par_iter_mut().for_each(accept);
        }
        for item in not_assessed {
            if let Some(acceptance) = self.accept_not_assessed(item) {
                item.status = Status::Accepted(acceptance);
            }
        }
    }

    fn accept(&self, finding: &Finding) -> Option<Arc<Acceptance>> {
        let location = &finding.location;
        let flaw = finding.vulnerability.as_ref();
        self.accept_at(
            &finding.check,
            flaw.map_or(&[], |flaw| &flaw.aliases),
            Some(location),
            &finding.subject,
            Some(&location.file),
        )
        .or_else(|| self.trivy.iter().find_map(|file| file.find(finding)))
    }

    fn accept_not_assessed(&self, item: &NotAssessed) -> Option<Arc<Acceptance>> {
        let location = item.location.as_ref();
        let file = location
            .map(|location| &*location.file)
            .or(item.subject.file.as_deref());
        self.accept_at(&item.id, &[], location, &item.subject, file)
    }

    /// The exception that covers something by its id, which stands in no file of the user.
    pub(crate) fn accept_id(
        &self,
        id: &str,
        subject: &Subject,
        file: Option<&str>,
    ) -> Option<Arc<Acceptance>> {
        self.accept_at(id, &[], None, subject, file)
    }

    /// The first exception that covers something and has not expired; all that cover it count as used.
    fn accept_at(
        &self,
        id: &str,
        aliases: &[String],
        location: Option<&Location>,
        subject: &Subject,
        file: Option<&str>,
    ) -> Option<Arc<Acceptance>> {
        let mut first = None;
        let mut offer = |acceptance: &Arc<Acceptance>| {
            if !self.is_expired(acceptance) {
                first.get_or_insert_with(|| Arc::clone(acceptance));
            }
        };
        let marks = location.and_then(|location| self.marks.get(&location.file));
        if let (Some(location), Some(marks)) = (location, marks) {
            let covers = marks.covers.iter();
            for cover in covers.filter(|cover| cover.covers(id, location.span)) {
                cover.mark_used();
                offer(&cover.acceptance);
            }
        }
        let place = Place {
            file,
            span: location.map(|location| location.span),
            images: marks.map_or(&[], |marks| &marks.images),
        };
        for entry in self.config.find(id, aliases, subject, place) {
            entry.mark_used();
            offer(&entry.acceptance);
        }
        first
    }

    /// `until` is inclusive.
    fn is_expired(&self, acceptance: &Acceptance) -> bool {
        acceptance.until.is_some_and(|until| until < self.as_of)
    }

    /// Findings about the exceptions themselves: broken, expired, unknown, unused.
    fn judge(&self, selection: &Selection, findings: &mut Vec<Box<Finding>>) {
        let mut files: Vec<_> = self.marks.iter().collect();
        files.sort_by_key(|(name, _)| Arc::clone(name));
        for (_, marks) in files {
            for broken in &marks.broken {
                let message = format!("the exception cannot be read: {}", broken.message);
                add(
                    selection,
                    findings,
                    "invalid-exception",
                    &broken.location,
                    message,
                );
            }
            for cover in &marks.covers {
                // A peer's mark is the peer's business; it is only honoured.
                if matches!(
                    cover.acceptance.source,
                    ringwall_model::AcceptanceSource::Peer(_)
                ) {
                    continue;
                }
                self.judge_one(
                    selection,
                    findings,
                    &cover.ids,
                    &cover.acceptance,
                    &cover.location,
                    cover.used.load(Ordering::Relaxed),
                );
            }
        }
        for entry in &self.config.entries {
            let used = entry.used.load(Ordering::Relaxed);
            self.judge_one(
                selection,
                findings,
                &entry.ids,
                &entry.acceptance,
                &entry.location,
                used,
            );
        }
    }

    fn judge_one(
        &self,
        selection: &Selection,
        findings: &mut Vec<Box<Finding>>,
        ids: &Ids,
        acceptance: &Acceptance,
        location: &Location,
        used: bool,
    ) {
        let Ids::Some(ids) = ids else {
            return;
        };
        let unknown: Vec<_> = ids.iter().filter(|id| !is_known(id)).collect();
        for id in &unknown {
            let meant = suggest_id(id).map(|meant| format!("; did you mean '{meant}'?"));
            let meant = meant.unwrap_or_default();
            let message = format!("the exception names '{id}', which is no id{meant}");
            add(
                selection,
                findings,
                "unknown-exception-id",
                location,
                message,
            );
        }
        let listed = ids.join(", ");
        if let Some(until) = acceptance.until
            && self.is_expired(acceptance)
        {
            let message = format!("the exception for {listed} ended on {until}");
            add(selection, findings, "expired-exception", location, message);
        } else if !used
            && unknown.len() < ids.len()
            && !selection.is_limited()
            // The policies may be those of another place, such as admission; images are scanned by themselves.
            && !ids.iter().any(|id| is_of_policy(id) || is_of_image(id))
        {
            let message = format!("the exception for {listed} covers nothing");
            add(selection, findings, "unused-exception", location, message);
        }
    }
}

fn add(
    selection: &Selection,
    findings: &mut Vec<Box<Finding>>,
    id: &'static str,
    location: &Location,
    message: String,
) {
    let Some(check) = engine_check(id, false).filter(|check| selection.runs(check.id, &[])) else {
        return;
    };
    findings.push(Box::new(Finding {
        check: Cow::Borrowed(check.id),
        ring: check.ring,
        severity: check.severity,
        confidence: None,
        status: Status::Fail,
        group: Some(format!("{}:{}", location.file, location.start.line).into()),
        subject: Arc::new(Subject {
            file: Some((&*location.file).into()),
            ..Subject::default()
        }),
        location: location.clone(),
        message,
        remediation: Cow::Borrowed(check.remediation),
        controls: &[],
        evidence: Vec::new(),
        fix: None,
        vulnerability: None,
    }));
}
