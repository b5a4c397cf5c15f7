//! Profiles in annotations, which fields of the security context replace.

use ringwall_model::Edit;

use super::apparmor;
use crate::{Container, Node, Pod, edit};

/// The annotation that once stated the seccomp profile of a pod.
pub(super) const POD_SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";

/// The one for a container, without its name.
pub(super) const CONTAINER_SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// The edits that make the seccomp profile of a container the runtime's, and nothing say otherwise.
pub(super) fn with_seccomp(
    container: &Container<'_>,
    edits: Option<Vec<Edit>>,
) -> Option<Vec<Edit>> {
    let key = format!("{CONTAINER_SECCOMP}{}", container.name);
    without_contradiction(&container.pod, edits?, |other| other == key)
}

/// The same for the profile of a pod.
pub(super) fn with_pod_seccomp(pod: &Pod<'_>, edits: Option<Vec<Edit>>) -> Option<Vec<Edit>> {
    without_contradiction(pod, edits?, |key| key == POD_SECCOMP)
}

/// The same for the AppArmor profile of a container.
pub(super) fn with_apparmor(
    container: &Container<'_>,
    edits: Option<Vec<Edit>>,
) -> Option<Vec<Edit>> {
    let key = format!("{}{}", apparmor::ANNOTATION, container.name);
    without_contradiction(&container.pod, edits?, |other| other == key)
}

/// The same for the AppArmor profile of a pod, which counts for its containers.
pub(super) fn with_pod_apparmor(pod: &Pod<'_>, edits: Option<Vec<Edit>>) -> Option<Vec<Edit>> {
    without_contradiction(pod, edits?, |key| key.starts_with(apparmor::ANNOTATION))
}

/// Edits that state the runtime's profile, with those that remove annotations which say `unconfined`:
/// the API server refuses a field and an annotation that differ. `None` where an annotation names a
/// profile, which somebody wanted.
fn without_contradiction(
    pod: &Pod<'_>,
    mut edits: Vec<Edit>,
    is_meant: impl Fn(&str) -> bool,
) -> Option<Vec<Edit>> {
    let Some(annotations) = pod.metadata.and_then(|it| it.get("annotations")) else {
        return Some(edits);
    };
    for (key, value) in annotations.written_entries() {
        if is_meant(key.text()) {
            match value.text() {
                "runtime/default" | "docker/default" => {}
                "unconfined" => edits.extend(edit::remove(annotations, key.text())?),
                _ => return None,
            }
        }
    }
    edits.sort();
    Some(edits)
}

/// The edits that remove an annotation and say the same in a field of `owner`'s security context
/// (a container, or the pod's `spec`), unless that field is there already.
///
/// `None` where the value means nothing or the layout is not understood.
pub(super) fn moved_to_field(
    annotations: Node<'_>,
    key: &str,
    value: &str,
    owner: Node<'_>,
    field: &str,
) -> Option<Vec<Edit>> {
    let mut edits = edit::remove(annotations, key)?;
    if owner.path(&["securityContext", field]).is_none() {
        let path = ["securityContext", field, "type"];
        let added = match value {
            "runtime/default" | "docker/default" => edit::set(owner, &path, "RuntimeDefault"),
            "unconfined" => edit::set(owner, &path, "Unconfined"),
            _ => {
                let profile = value.strip_prefix("localhost/")?;
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
                if profile.is_empty() || !profile.bytes().all(is_plain) {
                    return None;
                }
                let text =
                    format!("{{\"type\": \"Localhost\", \"localhostProfile\": \"{profile}\"}}");
                edit::set(owner, &["securityContext", field], &text)
            }
        };
        edits.extend(added?);
    }
    edits.sort();
    Some(edits)
}
