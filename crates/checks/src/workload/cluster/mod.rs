//! Objects around pods: admission, volumes of the cluster, known components.

mod excessive_admission_webhook_scope;
mod fail_open_admission_policy;
mod fail_open_admission_webhook;
mod git_sync_command_execution;
mod helm_tiller;
mod host_path_persistent_volume;
mod kubernetes_dashboard;
mod mounted_config_map;
mod mounted_persistent_volume_claim;
mod mounted_secret;
mod open_ended_repository_prefix;
mod privileged_security_context_constraint;
mod removed_pod_security_policy;
mod static_pod_api_reference;
mod unencrypted_persistent_volume;
mod unverified_admission_webhook;
mod volume_use;
mod webhook;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &excessive_admission_webhook_scope::ExcessiveAdmissionWebhookScope,
    &fail_open_admission_policy::FailOpenAdmissionPolicy,
    &fail_open_admission_webhook::FailOpenAdmissionWebhook,
    &git_sync_command_execution::GitSyncCommandExecution,
    &helm_tiller::HelmTiller,
    &host_path_persistent_volume::HostPathPersistentVolume,
    &kubernetes_dashboard::KubernetesDashboard,
    &mounted_config_map::MountedConfigMap,
    &mounted_persistent_volume_claim::MountedPersistentVolumeClaim,
    &mounted_secret::MountedSecret,
    &open_ended_repository_prefix::OpenEndedRepositoryPrefix,
    &privileged_security_context_constraint::PrivilegedSecurityContextConstraint,
    &removed_pod_security_policy::RemovedPodSecurityPolicy,
    &static_pod_api_reference::StaticPodApiReference,
    &unencrypted_persistent_volume::UnencryptedPersistentVolume,
    &unverified_admission_webhook::UnverifiedAdmissionWebhook,
];
