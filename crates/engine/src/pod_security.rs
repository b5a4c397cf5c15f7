//! `--pod-security`: the violations of one level at one version, and nothing else.

use std::{borrow::Cow, sync::Arc};

use ringwall_input::kubernetes::Workload;
use ringwall_model::{Finding, Ring, Severity, Status, Subject};
use ringwall_policy::pod_security::{self, Level, Request};

/// Adds a finding for each violation.
pub(crate) fn judge(workload: &Workload<'_>, request: Request, out: &mut Vec<Box<Finding>>) {
    let resource = workload.resource();
    let (check, severity, controls): (_, _, &'static [&'static str]) = match request.level {
        Level::Restricted => (
            "pod-security-restricted-violation",
            Severity::Medium,
            &["pss:restricted"],
        ),
        _ => (
            "pod-security-baseline-violation",
            Severity::High,
            &["pss:baseline"],
        ),
    };
    for violation in pod_security::evaluate(workload, request.level, request.version) {
        let container = violation
            .container
            .and_then(|index| workload.containers.get(index));
        let title = container.map_or_else(
            || format!("{} {}", resource.kind, resource.name),
            ringwall_input::kubernetes::Container::title,
        );
        let location = violation.place.location();
        out.push(Box::new(Finding {
            check: Cow::Borrowed(check),
            ring: Ring::Container,
            severity,
            confidence: None,
            status: Status::Fail,
            group: Some(format!("{}:{}", location.file, location.start.line).into()),
            subject: Arc::new(Subject {
                container: container
                    .filter(|container| !container.name.is_empty())
                    .map(|container| container.name.into()),
                ..resource.subject()
            }),
            location,
            message: format!(
                "{} violates Pod Security {request}: {} ({})",
                title.trim_end(),
                violation.rule,
                violation.detail
            ),
            remediation: Cow::Borrowed(
                "Change the field at fault, or run the workload in a namespace of a lower level.",
            ),
            controls,
            evidence: Vec::new(),
            fix: None,
            vulnerability: None,
        }));
    }
}
