//! How much a container may use, and how much is kept free for it.

mod missing_limit_range;
mod missing_resource_quota;
mod namespaces;
mod non_guaranteed_qos_class;
mod request_above_limit;
mod requirements;
mod unlimited_agent_sandbox;
mod unset_cpu_limit;
mod unset_cpu_request;
mod unset_empty_dir_size_limit;
mod unset_ephemeral_storage;
mod unset_memory_limit;
mod unset_memory_request;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &unset_memory_limit::UnsetMemoryLimit,
    &unset_memory_request::UnsetMemoryRequest,
    &unset_cpu_limit::UnsetCpuLimit,
    &unset_cpu_request::UnsetCpuRequest,
    &unset_ephemeral_storage::UnsetEphemeralStorage,
    &non_guaranteed_qos_class::NonGuaranteedQosClass,
    &request_above_limit::RequestAboveLimit,
    &unset_empty_dir_size_limit::UnsetEmptyDirSizeLimit,
    &unlimited_agent_sandbox::UnlimitedAgentSandbox,
    &missing_limit_range::MissingLimitRange,
    &missing_resource_quota::MissingResourceQuota,
];
