//! The AppArmor profile of a container: a field since 1.30, an annotation before.

use crate::{Container, Node};

/// The annotation of the pod that names a container's profile, without the container's name.
pub(super) const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Where the profile of a container is stated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Profile<'a> {
    /// `appArmorProfile` of the container or of its pod.
    Field(Node<'a>),
    /// The annotation of the pod.
    Annotation(Node<'a>),
}

impl Profile<'_> {
    /// Whether it lets the container run without a profile.
    pub(super) fn is_unconfined(self) -> bool {
        match self {
            Self::Field(field) => field.str("type") == Some("Unconfined"),
            Self::Annotation(value) => value.text() == "unconfined",
        }
    }
}

/// The profile that counts: the container's field, its annotation, the pod's field.
pub(super) fn profile<'a>(container: &Container<'a>) -> Option<Profile<'a>> {
    if let Some(field) = container.own_security("appArmorProfile") {
        return Some(Profile::Field(field));
    }
    let annotations = container.pod.metadata.and_then(|it| it.get("annotations"));
    let annotation = annotations.and_then(|annotations| {
        annotations
            .written_entries()
            .find(|(key, _)| key.text().strip_prefix(ANNOTATION) == Some(container.name))
    });
    if let Some((_, value)) = annotation {
        return Some(Profile::Annotation(value));
    }
    container
        .pod
        .security("appArmorProfile")
        .map(Profile::Field)
}
