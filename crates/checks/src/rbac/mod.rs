//! Roles and bindings: who may do what, and what that comes to.

mod admission_webhook_write_permission;
mod aggregated;
mod anonymous_role_binding;
mod api_extension_write_permission;
mod authenticated_group_role_binding;
pub(crate) mod authority;
mod automounting_default_service_account;
mod aws_auth_write_permission;
mod bound_pod_exec_permission;
mod cluster_admin_escalation_path;
mod cluster_admin_role_binding;
mod cluster_takeover_service_account;
mod cluster_wide_secret_read_permission;
mod config_map_write_permission;
mod coredns_config_write_permission;
mod csr_approve_permission;
mod dangling_role_binding;
mod default_service_account_role_binding;
mod ephemeral_container_permission;
mod escalation;
mod event_delete_permission;
mod excessive_aggregated_cluster_role;
mod impersonate_permission;
mod masters_group_role_binding;
mod namespace_write_permission;
mod network_write_permission;
mod node_proxy_permission;
mod node_write_permission;
mod permission;
mod persistent_volume_create_permission;
mod pod_exec_permission;
mod pod_log_delete_permission;
mod pod_port_forward_permission;
mod role_bind_permission;
mod role_escalate_permission;
mod role_write_permission;
mod secret_read_permission;
mod secret_write_permission;
mod security_context_constraint_use_permission;
mod service_status_write_permission;
mod shipped;
mod system_role_binding;
pub(crate) mod takeover;
mod token_create_permission;
mod wildcard_api_groups;
mod wildcard_namespaced_resources;
mod wildcard_non_resource_urls;
mod wildcard_resources;
mod wildcard_verbs;
mod wildcard_verbs_and_resources;
mod workload_create_permission;
mod workload_delete_permission;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &wildcard_verbs_and_resources::WildcardVerbsAndResources,
    &wildcard_verbs::WildcardVerbs,
    &wildcard_resources::WildcardResources,
    &wildcard_namespaced_resources::WildcardNamespacedResources,
    &wildcard_api_groups::WildcardApiGroups,
    &wildcard_non_resource_urls::WildcardNonResourceUrls,
    &cluster_wide_secret_read_permission::ClusterWideSecretReadPermission,
    &secret_read_permission::SecretReadPermission,
    &secret_write_permission::SecretWritePermission,
    &workload_create_permission::WorkloadCreatePermission,
    &pod_exec_permission::PodExecPermission,
    &bound_pod_exec_permission::BoundPodExecPermission,
    &pod_port_forward_permission::PodPortForwardPermission,
    &ephemeral_container_permission::EphemeralContainerPermission,
    &workload_delete_permission::WorkloadDeletePermission,
    &pod_log_delete_permission::PodLogDeletePermission,
    &event_delete_permission::EventDeletePermission,
    &impersonate_permission::ImpersonatePermission,
    &role_bind_permission::RoleBindPermission,
    &role_escalate_permission::RoleEscalatePermission,
    &role_write_permission::RoleWritePermission,
    &node_proxy_permission::NodeProxyPermission,
    &security_context_constraint_use_permission::SecurityContextConstraintUsePermission,
    &csr_approve_permission::CsrApprovePermission,
    &admission_webhook_write_permission::AdmissionWebhookWritePermission,
    &token_create_permission::TokenCreatePermission,
    &persistent_volume_create_permission::PersistentVolumeCreatePermission,
    &config_map_write_permission::ConfigMapWritePermission,
    &coredns_config_write_permission::CorednsConfigWritePermission,
    &aws_auth_write_permission::AwsAuthWritePermission,
    &network_write_permission::NetworkWritePermission,
    &service_status_write_permission::ServiceStatusWritePermission,
    &node_write_permission::NodeWritePermission,
    &namespace_write_permission::NamespaceWritePermission,
    &api_extension_write_permission::ApiExtensionWritePermission,
    &excessive_aggregated_cluster_role::ExcessiveAggregatedClusterRole,
    &cluster_admin_role_binding::ClusterAdminRoleBinding,
    &system_role_binding::SystemRoleBinding,
    &anonymous_role_binding::AnonymousRoleBinding,
    &authenticated_group_role_binding::AuthenticatedGroupRoleBinding,
    &masters_group_role_binding::MastersGroupRoleBinding,
    &default_service_account_role_binding::DefaultServiceAccountRoleBinding,
    &dangling_role_binding::DanglingRoleBinding,
    &automounting_default_service_account::AutomountingDefaultServiceAccount,
    &cluster_takeover_service_account::ClusterTakeoverServiceAccount,
    &cluster_admin_escalation_path::ClusterAdminEscalationPath,
];
