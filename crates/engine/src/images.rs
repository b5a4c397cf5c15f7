//! The image policy over the containers of manifests.

use std::{borrow::Cow, sync::Arc};

use ringwall_input::kubernetes::{Container, Workload};
use ringwall_model::{Finding, Severity, Status, Subject};
use ringwall_policy::{
    admission::Action,
    image::{BREAK_GLASS, ImageContext, ImagePolicy},
};

use crate::{
    file::{Judged, not_assessed},
    known::engine_check,
    selection::Selection,
};

const VIOLATION: &str = "image-policy-violation";
const UNASSESSED: &str = "unassessed-image";

/// The policy, and whether its findings are wanted.
pub(crate) struct Images<'a> {
    pub(crate) policy: &'a ImagePolicy,
    pub(crate) selection: &'a Selection,
}

impl Images<'_> {
    /// Adds what the policy has against the images of pods.
    pub(crate) fn judge(&self, workloads: &[Workload<'_>], judged: &mut Judged) {
        if !self.selection.runs(VIOLATION, &[]) {
            return;
        }
        for workload in workloads {
            let annotation = workload.pod.annotation(BREAK_GLASS);
            let context = ImageContext {
                namespace: workload.resource().namespace.unwrap_or("default"),
                break_glass: annotation.map(ringwall_input::yaml::Node::text),
            };
            for container in &workload.containers {
                self.judge_container(container, &context, judged);
            }
        }
    }

    fn judge_container(
        &self,
        container: &Container<'_>,
        context: &ImageContext<'_>,
        judged: &mut Judged,
    ) {
        let (Some(image), Some(check)) = (container.image, engine_check(VIOLATION, false)) else {
            return;
        };
        let verdict = self.policy.judge([image.text()], context);
        let resource = container.pod.resource;
        let subject = Subject {
            container: Some(container.name)
                .filter(|name| !name.is_empty())
                .map(Into::into),
            image: Some(image.text().into()),
            ..resource.subject()
        };
        for problem in &verdict.problems {
            if problem.is_not_assessed {
                judged.not_assessed.push(not_assessed(
                    UNASSESSED,
                    subject.clone(),
                    Some(image.location()),
                    resource.file(),
                    problem.message.clone(),
                ));
                continue;
            }
            let location = image.location();
            let refuses = problem.action == Action::Deny && verdict.break_glass.is_none();
            judged.findings.push(Box::new(Finding {
                check: Cow::Borrowed(check.id),
                ring: check.ring,
                severity: if refuses {
                    check.severity
                } else {
                    Severity::Medium
                },
                confidence: None,
                status: Status::Fail,
                group: Some(format!("{}:{}", location.file, location.start.line).into()),
                subject: Arc::new(subject.clone()),
                location,
                message: format!(
                    "{}: {} ({})",
                    container.title(),
                    problem.message,
                    problem.rule
                ),
                remediation: Cow::Borrowed(check.remediation),
                controls: &[],
                evidence: Vec::new(),
                fix: None,
                vulnerability: None,
            }));
        }
    }
}
