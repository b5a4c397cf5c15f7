//! Arguments of `ringwall serve`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use ringwall_model::Severity;
use ringwall_policy::pod_security::Request;

use super::{RegoArgs, db::DatabaseArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall serve --tls-cert tls.crt --tls-key tls.key --pod-security baseline --checks
  ringwall serve --self-made certs/ --name localhost --checks --record decisions.jsonl
  ringwall serve --tls-cert tls.crt --tls-key tls.key --policy policies/ --audit

Paths: /validate, /mutate, /image-policy, /check-image, /audit with --record, and /registry with a secret in [serve.scan].
Policies and certificates are taken over anew when they change; SIGHUP looks at them at once, SIGTERM ends in order.";

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    #[command(flatten)]
    pub(crate) rego: RegoArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    #[command(flatten)]
    pub(crate) decide: DecideArgs,
    #[command(flatten)]
    pub(crate) record: RecordArgs,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Fixes that are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fixes {
    /// None
    None,
    /// Those that are not expected to change what runs
    Safe,
    /// Also those that may change what runs
    Unsafe,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What judges")]
pub(crate) struct JudgeArgs {
    /// Refuse pods that violate this Pod Security level: baseline, restricted:v1.33
    #[arg(long, value_name = "LEVEL[:VERSION]")]
    pub(crate) pod_security: Option<Request>,
    /// Warn about pods that violate this Pod Security level
    #[arg(long, value_name = "LEVEL[:VERSION]")]
    pub(crate) pod_security_warn: Option<Request>,
    /// Judge by the policies in these files and folders: Gatekeeper's, admission policies, Rego
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Objects that policies see as those of the cluster, from files and folders
    #[arg(long, value_name = "PATH")]
    pub(crate) inventory: Vec<PathBuf>,
    /// Judge by the built-in checks
    #[arg(long)]
    pub(crate) checks: bool,
    /// Refuse what the checks find from this severity on [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) deny: Option<Severity>,
    /// Warn about what the checks find from this severity on [default: medium]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) warn: Option<Severity>,
    /// Fixes of the checks that /mutate applies [default: none]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(crate) fix: Option<Fixes>,
    /// Use this configuration instead of the nearest ringwall.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The cluster")]
pub(crate) struct ClusterArgs {
    /// Watch the cluster for what policies ask of it: namespaces, parameters, synced kinds
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Judge everything in the cluster in the background, and write reports and statuses; implies --cluster
    #[arg(long)]
    pub(crate) audit: bool,
    /// Kubeconfig of the cluster [default: as kubectl, or the pod around the process]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Certificate that providers of external data are shown, in PEM; taken over anew when it changes
    #[arg(long, value_name = "FILE", requires = "provider_key")]
    pub(crate) provider_cert: Option<PathBuf>,
    /// Key of that certificate
    #[arg(long, value_name = "FILE", requires = "provider_cert")]
    pub(crate) provider_key: Option<PathBuf>,
    /// Seconds for which the answer of a provider is good; 0 keeps none
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    pub(crate) provider_cache_ttl: u32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Where it listens")]
pub(crate) struct ListenArgs {
    /// Address for reviews [default: 0.0.0.0:8443]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address for health and metrics, in plain HTTP [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Certificates")]
pub(crate) struct TlsArgs {
    /// Certificate in PEM, with those that lead to its authority; taken over anew when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate and keep it in this folder; clients are to trust ca.crt in it
    #[arg(long, value_name = "DIR", conflicts_with = "tls_cert")]
    pub(crate) self_made: Option<PathBuf>,
    /// Names and addresses in a certificate that is made [default: localhost, 127.0.0.1]
    #[arg(
        long = "name",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "self_made"
    )]
    pub(crate) names: Vec<String>,
    /// Authorities of client certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) client_ca: Option<PathBuf>,
    /// Take only clients with a certificate on this path; `all` for every path
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    pub(crate) require_client_certificate: Vec<String>,
    /// Take only client certificates of this name where one is required
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) client_name: Vec<String>,
}

/// What happens where no verdict can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFailure {
    /// Refuse
    Deny,
    /// Admit with a warning
    Allow,
    /// Answer an HTTP error, so that the API server's own configuration decides
    Error,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What decides besides")]
pub(crate) struct DecideArgs {
    /// What happens where no verdict can be had: full queue, time over [default: deny]
    #[arg(long, value_name = "POLICY", value_enum)]
    pub(crate) failure_policy: Option<OnFailure>,
    /// Leave these namespaces alone; `*` is any text
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) exempt_namespace: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Record")]
pub(crate) struct RecordArgs {
    /// Append every decision and audit event to this file, secrets taken out
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Largest size of the file, in bytes, before it is set aside [default: 104857600]
    #[arg(long, value_name = "BYTES", requires = "record")]
    pub(crate) record_max_bytes: Option<u64>,
    /// How many files that were set aside are kept [default: 5]
    #[arg(long, value_name = "COUNT", requires = "record")]
    pub(crate) record_keep: Option<usize>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Images")]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits and log")]
pub(crate) struct LimitArgs {
    /// Threads that judge [default: one for each core]
    #[arg(long, value_name = "COUNT")]
    pub(crate) workers: Option<usize>,
    /// Requests that wait for a thread; more are answered by the failure policy [default: 256]
    #[arg(long, value_name = "COUNT")]
    pub(crate) queue: Option<usize>,
    /// Seconds between SIGTERM and the end of accepting, for endpoints to be taken out of use
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    pub(crate) drain_delay: u8,
    /// Form of the log on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}
