//! The section `[serve]` of `ringwall.toml`; flags win over it.

use std::{net::SocketAddr, path::PathBuf};

use ringwall_model::Severity;
use serde::Deserialize;

use super::severity;

/// How `ringwall serve` serves. Paths of files count from the folder of the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeConfig {
    /// Where reviews come in.
    pub listen: Option<SocketAddr>,
    /// Where health and metrics are asked for.
    pub metrics_listen: Option<SocketAddr>,
    /// The server's certificate.
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate.
    pub tls_key: Option<PathBuf>,
    /// The authorities of client certificates.
    pub client_ca: Option<PathBuf>,
    /// Names, one of which a client's certificate must have.
    pub client_names: Vec<String>,
    /// Paths that take only clients with a certificate.
    pub require_client_certificate: Vec<String>,
    /// Paths by what they take.
    pub paths: ServePaths,
    /// What happens where no verdict can be had.
    pub failure_policy: Option<ServeFailurePolicy>,
    /// Pods that violate this Pod Security level are refused: `baseline:v1.33`.
    pub pod_security: Option<String>,
    /// Pods that violate this Pod Security level are warned about.
    pub pod_security_warn: Option<String>,
    /// Whether the built-in checks judge.
    pub checks: Option<bool>,
    /// Findings from this severity on refuse a request.
    #[serde(deserialize_with = "severity")]
    pub deny: Option<Severity>,
    /// Findings from this severity on are warned about.
    #[serde(deserialize_with = "severity")]
    pub warn: Option<Severity>,
    /// Fixes that `/mutate` applies.
    pub fix: Option<ServeFix>,
    /// Whether exceptions in an object's own annotations count.
    pub honour_annotations: bool,
    /// Who and what is left alone.
    pub exempt: ServePatterns,
    /// Who may break the glass; namespaces mean nothing here.
    pub break_glass: ServePatterns,
    /// Where decisions are recorded.
    pub record: Option<PathBuf>,
    /// Largest size of one file of the record, in bytes.
    pub record_max_bytes: Option<u64>,
    /// How many older files of the record are kept.
    pub record_keep: Option<usize>,
    /// Threads that judge.
    pub workers: Option<usize>,
    /// Requests that wait for a thread.
    pub queue: Option<usize>,
    /// Largest body of a review, in bytes.
    pub max_review_bytes: Option<usize>,
    /// Most connections at once.
    pub max_connections: Option<usize>,
    /// What is scanned when it is pushed, and judged again.
    pub scan: Option<ServeScanConfig>,
}

/// What is scanned when a registry tells of it, and judged again when the advisories change.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeScanConfig {
    /// Repositories whose images are scanned, as patterns over `registry/path`.
    pub repositories: Vec<String>,
    /// The file with the value of the `Authorization` header that registries send.
    pub secret: Option<PathBuf>,
    /// Whether reviews wait for images of these repositories that have no report.
    pub on_demand: bool,
    /// The advisory database.
    pub database: Option<PathBuf>,
    /// Whether reports are judged again when the database changes.
    pub judge_again: Option<bool>,
    /// Threads that scan.
    pub workers: Option<usize>,
    /// Images that wait to be scanned.
    pub queue: Option<usize>,
    /// Most reports in the folder of the image policy.
    pub max_reports: Option<usize>,
}

/// Paths by what they take; an empty list leaves the default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServePaths {
    /// Validating webhooks.
    pub validate: Vec<String>,
    /// Mutating webhooks.
    pub mutate: Vec<String>,
    /// `ImagePolicyWebhook`.
    pub image_policy: Vec<String>,
    /// Audit webhooks.
    pub audit: Vec<String>,
    /// Notifications of registries.
    pub registry: Vec<String>,
}

/// Patterns, in which `*` is any text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServePatterns {
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Names of users.
    pub users: Vec<String>,
    /// Groups of users.
    pub groups: Vec<String>,
}

/// What happens where no verdict can be had.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ServeFailurePolicy {
    /// The request is refused.
    Deny,
    /// The request goes through, with a warning.
    Allow,
    /// An HTTP error leaves it to the API server's own configuration.
    Error,
}

/// Fixes that `/mutate` applies.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ServeFix {
    /// None.
    None,
    /// Those that are not expected to change what runs.
    Safe,
    /// Also those that may change what runs.
    Unsafe,
}
