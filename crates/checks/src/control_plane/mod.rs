//! Files that the API server starts with: its flags, audit policies, configuration of admission; the servers that it asks.

mod apiserver;
mod apiserver_incomplete_audit_policy;
mod apiserver_without_audit_log;
mod apiserver_without_audit_policy;
mod audit_policy;
mod fail_open_image_policy;
mod flags;
mod image_policy;
mod invalid_audit_policy;
mod invalid_image_policy;
mod kubeconfig;
mod logged_secret_content;
mod plaintext_kubeconfig_server;
mod unknown_apiserver_flag;
mod unknown_audit_resource;
mod unmounted_audit_file;
mod unreachable_audit_rule;
mod unverified_api_service;
mod unverified_kubeconfig_server;
mod webhook_without_ca;
mod webhook_without_client_cert;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &apiserver_incomplete_audit_policy::ApiserverIncompleteAuditPolicy,
    &apiserver_without_audit_log::ApiserverWithoutAuditLog,
    &apiserver_without_audit_policy::ApiserverWithoutAuditPolicy,
    &fail_open_image_policy::FailOpenImagePolicy,
    &invalid_audit_policy::InvalidAuditPolicy,
    &invalid_image_policy::InvalidImagePolicy,
    &logged_secret_content::LoggedSecretContent,
    &plaintext_kubeconfig_server::PlaintextKubeconfigServer,
    &unknown_apiserver_flag::UnknownApiserverFlag,
    &unknown_audit_resource::UnknownAuditResource,
    &unmounted_audit_file::UnmountedAuditFile,
    &unreachable_audit_rule::UnreachableAuditRule,
    &unverified_api_service::UnverifiedApiService,
    &unverified_kubeconfig_server::UnverifiedKubeconfigServer,
    &webhook_without_ca::WebhookWithoutCa,
    &webhook_without_client_cert::WebhookWithoutClientCert,
];
