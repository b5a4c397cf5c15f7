//! Audit policies among the objects.

use ringwall_policy::audit::Policy;

use crate::Resource;

/// Rules and words that a policy may have to be judged; the largest in use have a few hundred.
pub(super) const MOST: usize = 20_000;

/// The audit policy that an object is, in whatever size.
pub(super) fn of_any_size<'a>(resource: &Resource<'a>) -> Option<Policy<'a>> {
    let is_policy = resource.is("audit.k8s.io", "Policy");
    is_policy.then(|| Policy::new(resource.node))
}

/// The audit policy that an object is, if it is small enough to be judged in time.
/// `invalid-audit-policy` says so where it is not.
pub(super) fn of<'a>(resource: &Resource<'a>) -> Option<Policy<'a>> {
    of_any_size(resource).filter(|policy| policy.size() <= MOST)
}
