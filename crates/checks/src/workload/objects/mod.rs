//! Objects as such: their fields, their labels, and what they refer to.

mod complete;
mod contradiction;
mod contradictory_fields;
mod dangling_environment_reference;
mod deprecated_api_version;
mod duplicate_environment_variable;
mod duplicate_yaml_key;
mod invalid_label;
mod invalid_port_name;
mod labels;
mod mismatched_instance_label;
mod mismatched_selector;
mod misplaced;
mod missing_owner_label;
mod missing_recommended_labels;
mod provided;
mod refusal;
mod schema_violation;
mod unknown_field;
mod unknown_kind;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &schema_violation::SchemaViolation,
    &contradictory_fields::ContradictoryFields,
    &unknown_field::UnknownField,
    &duplicate_yaml_key::DuplicateYamlKey,
    &deprecated_api_version::DeprecatedApiVersion,
    &mismatched_selector::MismatchedSelector,
    &invalid_label::InvalidLabel,
    &invalid_port_name::InvalidPortName,
    &duplicate_environment_variable::DuplicateEnvironmentVariable,
    &dangling_environment_reference::DanglingEnvironmentReference,
    &missing_owner_label::MissingOwnerLabel,
    &missing_recommended_labels::MissingRecommendedLabels,
    &mismatched_instance_label::MismatchedInstanceLabel,
];
