//! Whether a pod has a user namespace of its own, where root of a container is nobody on the node.

use crate::{Meta, Node, Pod, Severity};

/// Whether `hostUsers: false` is stated.
pub(super) fn is_own(pod: &Pod<'_>) -> bool {
    pod.field(["hostUsers"]).is_some_and(Node::is_false)
}

/// The severity of a finding about root: low where root is mapped to nobody on the node.
/// Not silence, because API servers before 1.33 drop the field unless a feature gate is on.
pub(super) fn severity_of_root(pod: &Pod<'_>, meta: &Meta) -> Severity {
    if is_own(pod) {
        Severity::Low
    } else {
        meta.severity
    }
}
