//! `ValidatingAdmissionPolicy` and `MutatingAdmissionPolicy`, as the API server runs them.
//!
//! Source of the order of decisions, of messages and of audit annotations:
//! <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/> and
//! <https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/>.

mod authorizer;
mod conditions;
mod conversion;
mod custom_merge;
mod environment;
mod expression;
mod json_patch;
mod load;
mod matching;
mod mutating;
mod params;
mod review;
mod same_shape;
mod spec;
mod structured_merge;
#[cfg(test)]
mod tests;
mod type_check;
mod validating;
mod variables;

pub use review::AdmissionPolicies;
