//! The labels by which a namespace asks for Pod Security admission.

use crate::Resource;

/// The label that holds the level whose violations are refused.
pub(crate) const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The object, if it is a namespace that people put workloads in: not one of Kubernetes itself.
pub(crate) fn namespace<'r, 'a>(resource: &'r Resource<'a>) -> Option<&'r Resource<'a>> {
    let is_own = matches!(
        resource.name,
        "kube-system" | "kube-public" | "kube-node-lease"
    );
    (resource.is("", "Namespace") && !is_own).then_some(resource)
}
