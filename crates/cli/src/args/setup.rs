//! Arguments of `ringwall setup`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall setup image-policy --output admission/ --server 10.0.0.5:8443
  ringwall setup webhook --output webhook/ --service ringwall/ringwall --policy policies/
  ringwall setup rbac --output webhook/ --policy policies/
  ringwall setup deployment --output webhook/ --image registry.example.com/ringwall@sha256:... --policy policies/ -- --checks
  ringwall setup check /etc/kubernetes/admission";

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(subcommand)]
    pub(crate) what: SetupCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// For the `ImagePolicyWebhook` plugin: `AdmissionConfiguration`, kubeconfig, certificates, flags
    ImagePolicy(ImagePolicyArgs),
    /// Webhook configurations with certificates: fail-closed, scoped, never over ringwall itself
    Webhook(WebhookArgs),
    /// For the audit webhook: audit policy, kubeconfig, certificates, flags
    Audit(AuditArgs),
    /// The rights that `serve --cluster` and `--audit` need: a ClusterRole with its binding
    Rbac(RbacArgs),
    /// Manifests that run `serve` in a cluster, beside what `setup webhook` wrote, for `kubectl apply -k`
    Deployment(DeploymentArgs),
    /// Look at files that are there, and say what is wrong with them
    Check(SetupCheckArgs),
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct SetupOutputArgs {
    /// Folder that the files are written to; keys are for their owner only
    #[arg(long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Days until certificates end
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Host and port at which the API server reaches ringwall
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8443")]
    pub(crate) server: String,
    /// Folder in which the files will stand on the API server's host
    #[arg(long, value_name = "DIR", default_value = "/etc/kubernetes/ringwall")]
    pub(crate) host_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ImagePolicyArgs {
    #[command(flatten)]
    pub(crate) output: SetupOutputArgs,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// Path that takes the reviews
    #[arg(long, value_name = "PATH", default_value = "/image-policy")]
    pub(crate) path: String,
    /// Seconds for which an admitted image is not asked about again
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(2..=1800))]
    pub(crate) allow_ttl: u32,
    /// Seconds for which a refused image is not asked about again
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..=1800))]
    pub(crate) deny_ttl: u32,
    /// Milliseconds before the first repetition of a question
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=300_000))]
    pub(crate) retry_backoff: u32,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) output: SetupOutputArgs,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// Path that takes the events
    #[arg(long, value_name = "PATH", default_value = "/audit")]
    pub(crate) path: String,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookArgs {
    #[command(flatten)]
    pub(crate) output: SetupOutputArgs,
    /// Namespace and name of ringwall's Service
    #[arg(
        long,
        value_name = "NAMESPACE/NAME",
        default_value = "ringwall/ringwall"
    )]
    pub(crate) service: String,
    /// Port of the Service
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    pub(crate) port: u16,
    /// Host and port of a ringwall outside of the cluster, in place of a Service
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["service", "port"])]
    pub(crate) server: Option<String>,
    /// Leave these namespaces alone besides ringwall's own
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "kube-system"
    )]
    pub(crate) exempt_namespace: Vec<String>,
    /// Policies that are to judge; what they ask about is sent, besides what levels and checks look at
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Configuration, whose kinds of workloads are sent too; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write a mutating webhook too
    #[arg(long)]
    pub(crate) mutate: bool,
    /// Seconds for which the API server waits
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub(crate) timeout: u8,
}

#[derive(Debug, Args)]
pub(crate) struct RbacArgs {
    /// Folder that the file is written to
    #[arg(long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Namespace and name of the service account that ringwall runs as
    #[arg(
        long,
        value_name = "NAMESPACE/NAME",
        default_value = "ringwall/ringwall"
    )]
    pub(crate) service_account: String,
    /// Policies that are to judge; what they ask of the cluster may be watched, and nothing else
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// For `serve --audit`, which sees everything and writes reports and statuses
    #[arg(long)]
    pub(crate) audit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeploymentArgs {
    /// Folder with what `setup webhook` wrote, which the files are written to
    #[arg(long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Replace files that are there; certificates stay
    #[arg(long)]
    pub(crate) force: bool,
    /// The image, by its digest: registry.example.com/ringwall@sha256:...
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: String,
    /// Namespace and name of ringwall's Service; the namespace is its own, and is made
    #[arg(
        long,
        value_name = "NAMESPACE/NAME",
        default_value = "ringwall/ringwall"
    )]
    pub(crate) service: String,
    /// Port of the Service
    #[arg(long, value_name = "PORT", default_value_t = 443, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// How many pods
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) replicas: u16,
    /// Policies that judge, put into a ConfigMap
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Configuration, put into a ConfigMap; no other is looked for
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Further arguments of `ringwall serve`, such as --checks
    #[arg(last = true, value_name = "SERVE ARGUMENTS")]
    pub(crate) serve: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SetupCheckArgs {
    /// Folder with the files
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Policies: whether webhooks are sent what these ask about
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Configuration: whether webhooks are sent the kinds of its `[[workloads]]`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
