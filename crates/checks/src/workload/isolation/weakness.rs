//! Ways in which a container can be less isolated than its siblings.

use super::{apparmor, capabilities};
use crate::{Container, ContainerKind, Findings, Meta, Node, Workload};

/// A way in which a container can be less isolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weakness {
    Privileged,
    Capabilities,
    Root,
    PrivilegeEscalation,
    Undropped,
    Seccomp,
    AppArmor,
}

impl Weakness {
    const ALL: [Self; 7] = [
        Self::Privileged,
        Self::Capabilities,
        Self::Root,
        Self::PrivilegeEscalation,
        Self::Undropped,
        Self::Seccomp,
        Self::AppArmor,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Privileged => "runs privileged",
            Self::Capabilities => "adds capabilities",
            Self::Root => "may run as root",
            Self::PrivilegeEscalation => "allows privilege escalation",
            Self::Undropped => "keeps the default capabilities",
            Self::Seccomp => "has no seccomp profile",
            Self::AppArmor => "has no AppArmor profile",
        }
    }

    fn of<'a>(self, container: &Container<'a>) -> Option<Place<'a>> {
        match self {
            Self::Privileged => container
                .own_security("privileged")
                .filter(|field| field.is_true())
                .map(Place::Written),
            Self::Capabilities => capabilities::list(container, "add")?
                .items()
                .find(|item| capabilities::is_beyond_baseline(*item))
                .map(Place::Written),
            Self::Root => root(container),
            Self::PrivilegeEscalation => match container.own_security("allowPrivilegeEscalation") {
                Some(field) if field.is_false() => None,
                Some(field) => Some(Place::Written(field)),
                None => Some(Place::Absent),
            },
            Self::Undropped => (!capabilities::drops(container, "ALL")).then_some(Place::Absent),
            Self::Seccomp => match container.security("seccompProfile") {
                Some(profile) => profile
                    .get("type")
                    .filter(|kind| kind.text() == "Unconfined")
                    .map(Place::Written),
                None => Some(Place::Absent),
            },
            // Absent means the runtime's default here, so that only a stated profile counts.
            Self::AppArmor => match apparmor::profile(container)? {
                profile if !profile.is_unconfined() => None,
                apparmor::Profile::Field(field) => {
                    Some(Place::Written(field.get("type").unwrap_or(field)))
                }
                apparmor::Profile::Annotation(value) => Some(Place::Written(value)),
            },
        }
    }
}

/// Where a weakness stands.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Written(Node<'a>),
    Absent,
}

fn root<'a>(container: &Container<'a>) -> Option<Place<'a>> {
    let user = container.security("runAsUser");
    match user.and_then(Node::as_i64) {
        Some(0) => return user.map(Place::Written),
        Some(_) => return None,
        None => {}
    }
    match container.security("runAsNonRoot") {
        Some(field) if field.is_true() => None,
        Some(field) => Some(Place::Written(field)),
        None => Some(Place::Absent),
    }
}

/// Reports each container of the kinds that has weaknesses none of the regular containers has.
pub(super) fn report_weaker(
    meta: &'static Meta,
    workload: &Workload<'_>,
    kinds: &[ContainerKind],
    findings: &mut Findings<'_>,
) {
    let suspects = workload
        .containers
        .iter()
        .filter(|container| kinds.contains(&container.kind));
    for container in suspects {
        if container.pod.is_windows() {
            return;
        }
        let regular = || {
            workload
                .containers
                .iter()
                .filter(|other| other.kind == ContainerKind::Regular)
        };
        if regular().next().is_none() {
            return;
        }
        let mut words = String::new();
        let mut written = None;
        for weakness in Weakness::ALL {
            let Some(place) = weakness.of(container) else {
                continue;
            };
            if regular().any(|other| weakness.of(other).is_some()) {
                continue;
            }
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(weakness.words());
            if let (None, Place::Written(node)) = (written, place) {
                written = Some(node);
            }
        }
        if words.is_empty() {
            continue;
        }
        let draft = findings.add(meta).about_container(container);
        let draft = match written {
            Some(node) => draft.at(node),
            None => draft.missing(container.security_place(), "securityContext"),
        };
        draft.note(format!("{words}, unlike the pod's main containers"));
    }
}
