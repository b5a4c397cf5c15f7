//! Arguments of `ringwall registry`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use ringwall_model::{Date, Severity};
use ringwall_report::RegistryMark;

use super::{
    Color, TextOrJson, db::DatabaseArgs, image::verify::SignerArgs, registry::RegistryArgs,
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall registry registry.example                      all repositories, where it lists them
  ringwall registry 'registry.example/team/*'             those of a team
  ringwall registry 'registry.example/team/shop:1.*'      some tags
  ringwall registry registry.example/team/shop --key cosign.pub --reports reports/
  ringwall registry registry.example --used-by deploy/ --cluster --fail-on vulnerable
  ringwall registry registry.example/team/shop --cluster --delete stale,dangling
  ringwall registry registry.example/team/shop --cluster --delete stale,dangling --yes

Exit codes:
  0  everything was looked at, and nothing has a mark of --fail-on; what was to be deleted is deleted
  1  something has a mark of --fail-on
  2  wrong usage or configuration
  3  no such mark, but something could not be looked at, or not be deleted";

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").args(["key", "identity", "identity_regexp"]),
    group = ArgGroup::new("known_to").args(["issuer", "issuer_regexp"])
)]
pub(crate) struct RegistryListingArgs {
    /// Registries, repositories and tags; * stays within a part of a repository's path, ** crosses slashes
    #[arg(value_name = "REGISTRY[/REPOSITORY[:TAG]]", required = true)]
    pub(crate) what: Vec<String>,
    /// Days after which an image is stale
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) stale_days: u32,
    /// End with 1 where something has one of these marks
    #[arg(long, value_name = "MARK", value_enum, value_delimiter = ',')]
    pub(crate) fail_on: Vec<Mark>,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Colour the text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) flaws: FlawsArgs,
    #[command(flatten)]
    pub(crate) who: SignerArgs,
    #[command(flatten)]
    pub(crate) users: UsersArgs,
    #[command(flatten)]
    pub(crate) deletion: DeletionArgs,
}

/// What is known about vulnerabilities and malware.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vulnerabilities and malware")]
pub(crate) struct FlawsArgs {
    /// Reports of `ringwall image -o json` [default: `reports` of [image-policy] in ringwall.toml]
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// Scan each image that is listed, in place of reports
    #[arg(long, conflicts_with = "reports")]
    pub(crate) scan: bool,
    /// Lowest severity that makes an image vulnerable
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub(crate) severity: Severity,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// What may use images.
#[derive(Debug, Args)]
#[command(next_help_heading = "What uses images")]
pub(crate) struct UsersArgs {
    /// Manifests that use images; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) used_by: Vec<PathBuf>,
    /// Ask a cluster what uses images: pods, and what makes pods
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Kubeconfig of the cluster [default: as kubectl, or the pod around the process]
    #[arg(long, value_name = "FILE", requires = "cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, value_name = "NAME", requires = "cluster")]
    pub(crate) context: Option<String>,
}

/// What is deleted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Deletion")]
pub(crate) struct DeletionArgs {
    /// Tell what would be deleted: images with one of these marks
    #[arg(long, value_name = "MARK", value_enum, value_delimiter = ',')]
    pub(crate) delete: Vec<Mark>,
    /// Delete it
    #[arg(long, requires = "delete")]
    pub(crate) yes: bool,
    /// Newest images that stay in each repository, whatever their marks
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) keep: usize,
    /// Tags whose images stay, as a pattern; may be repeated
    #[arg(long, value_name = "PATTERN", default_value = "latest")]
    pub(crate) keep_tags: Vec<String>,
}

/// What is to be said of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mark {
    /// It is old, or its distribution has no support any more
    Stale,
    /// It does not say when it was made, or a day that cannot be
    Undated,
    /// It is not signed, or not by the one who is named
    Unsigned,
    /// It has a vulnerability of --severity or above
    Vulnerable,
    /// Nobody knows whether it is vulnerable
    Unknown,
    /// There is malware in it
    Infected,
    /// Nobody knows whether there is malware in it
    Unsearched,
    /// Something of --used-by and --cluster uses it by a tag, which may move
    Unpinned,
    /// Nothing of --used-by and --cluster uses it
    Unused,
    /// It was kept beside an image that is gone
    Dangling,
}

impl Mark {
    /// The same, as reports have it.
    pub(crate) const fn mark(self) -> RegistryMark {
        match self {
            Self::Stale => RegistryMark::Stale,
            Self::Undated => RegistryMark::Undated,
            Self::Unsigned => RegistryMark::Unsigned,
            Self::Vulnerable => RegistryMark::Vulnerable,
            Self::Unknown => RegistryMark::Unknown,
            Self::Infected => RegistryMark::Infected,
            Self::Unsearched => RegistryMark::Unsearched,
            Self::Unpinned => RegistryMark::Unpinned,
            Self::Unused => RegistryMark::Unused,
            Self::Dangling => RegistryMark::Dangling,
        }
    }
}
