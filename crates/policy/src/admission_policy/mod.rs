//! `ValidatingAdmissionPolicy` and `MutatingAdmissionPolicy`, as the API server runs them.

mod matching;
mod spec;
mod structured_merge;
