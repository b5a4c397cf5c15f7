//! Audit policies among the objects.

use ringwall_policy::audit::Policy;

use crate::Resource;

/// The audit policy that an object is, in the version that API servers take.
pub(super) fn of<'a>(resource: &Resource<'a>) -> Option<Policy<'a>> {
    let is_policy = resource.is("audit.k8s.io", "Policy");
    is_policy.then(|| Policy::new(resource.node))
}
