//! The image policy over the containers of manifests.

use std::{borrow::Cow, sync::Arc};

use ringwall_input::{
    kubernetes::{Container, Workload},
    yaml::Node,
};
use ringwall_model::{Evidence, Finding, Severity, Status, Subject};
use ringwall_policy::{
    admission::Action,
    image::{BREAK_GLASS, ImageContext, ImagePolicy},
};

use crate::{
    file::{Judged, not_assessed},
    image::configuration::ImageUser,
    known::engine_check,
    selection::Selection,
};

const VIOLATION: &str = "image-policy-violation";
const ROOT_IMAGE: &str = "root-image-in-non-root-container";
const UNASSESSED: &str = "unassessed-image";

/// The policy, and whether its findings are wanted.
pub(crate) struct Images<'a> {
    pub(crate) policy: &'a ImagePolicy,
    pub(crate) selection: &'a Selection,
}

impl Images<'_> {
    /// Adds what the policy has against the images of pods.
    pub(crate) fn judge(&self, workloads: &[Workload<'_>], judged: &mut Judged) {
        if self.selection.runs(ROOT_IMAGE, &[]) {
            let all = workloads.iter().flat_map(|it| &it.containers);
            judged
                .findings
                .extend(all.filter_map(|it| self.root_image(it)));
        }
        if !self.selection.runs(VIOLATION, &[]) {
            return;
        }
        for workload in workloads {
            let annotation = workload.pod.annotation(BREAK_GLASS);
            let context = ImageContext {
                namespace: workload.resource().namespace.unwrap_or("default"),
                break_glass: annotation.map(Node::text),
            };
            for container in &workload.containers {
                if let Some(image) = container.image {
                    let subject = subject(container);
                    self.judge_image(&container.title(), image, subject, &context, judged);
                }
            }
            for (name, image) in workload.pod.image_volumes() {
                let subject = Subject {
                    image: Some(image.text().into()),
                    ..workload.resource().subject()
                };
                let title = format!("volume {name}");
                self.judge_image(&title, image, subject, &context, judged);
            }
        }
    }

    /// That a container must not run as root, and its image would, as reports about it say.
    fn root_image(&self, container: &Container<'_>) -> Option<Box<Finding>> {
        let (image, check) = (container.image?, engine_check(ROOT_IMAGE, false)?);
        let forbids = container.security("runAsNonRoot")?;
        let is_forbidden = forbids.as_bool() == Some(true)
            && container.security("runAsUser").is_none()
            && !container.pod.is_windows();
        if !is_forbidden {
            return None;
        }
        let users = self.policy.users(image.text()).into_iter();
        let (kind, user) = users
            .map(|user| (ImageUser::of(&user), user))
            .find(|(kind, _)| *kind != ImageUser::Number)?;
        let runs = match kind {
            ImageUser::Unset => "sets no USER and so runs as root".to_owned(),
            ImageUser::Root => format!("runs as {user}"),
            _ => format!("runs as {user}, a name that nobody can verify"),
        };
        let location = image.location();
        Some(Box::new(Finding {
            check: Cow::Borrowed(check.id),
            ring: check.ring,
            severity: check.severity,
            confidence: None,
            status: Status::Fail,
            group: Some(format!("{}:{}", location.file, location.start.line).into()),
            subject: Arc::new(subject(container)),
            location,
            message: format!(
                "{} must not run as root, and its image {} {runs}: it does not start",
                container.title(),
                image.text()
            ),
            remediation: Cow::Borrowed(check.remediation),
            controls: &[],
            evidence: vec![Evidence {
                label: "runAsNonRoot is true here".into(),
                location: forbids.location(),
            }],
            fix: None,
            vulnerability: None,
        }))
    }

    fn judge_image(
        &self,
        title: &str,
        image: Node<'_>,
        subject: Subject,
        context: &ImageContext<'_>,
        judged: &mut Judged,
    ) {
        let Some(check) = engine_check(VIOLATION, false) else {
            return;
        };
        let verdict = self.policy.judge([image.text()], context);
        let subject = Arc::new(subject);
        for problem in &verdict.problems {
            if problem.is_not_assessed {
                judged.not_assessed.push(not_assessed(
                    UNASSESSED,
                    Subject::clone(&subject),
                    Some(image.location()),
                    &image.document().source.name,
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
                subject: Arc::clone(&subject),
                location,
                message: format!("{title}: {} ({})", problem.message, problem.rule),
                remediation: Cow::Borrowed(check.remediation),
                controls: &[],
                evidence: Vec::new(),
                fix: None,
                vulnerability: None,
            }));
        }
    }
}

/// A container with its image.
fn subject(container: &Container<'_>) -> Subject {
    Subject {
        container: Some(container.name)
            .filter(|name| !name.is_empty())
            .map(Into::into),
        image: container.image.map(|image| image.text().into()),
        ..container.pod.resource.subject()
    }
}
