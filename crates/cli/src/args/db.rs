//! Arguments of `ringwall db`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use ringwall_model::Date;

use super::{TextOrJson, image::verify::SignerArgs, registry::RegistryArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall db update                          what is public today, and what of it has changed
  ringwall db update --only osv/Debian,debian-tracker,kev
  ringwall db update --from https://advisories.example.com --key publisher.pub
  ringwall db import osv/                     <Ecosystem>/all.zip of the OSV database, in one folder
  ringwall db import osv/ known_exploited_vulnerabilities.json epss_scores-current.csv.gz
  ringwall db status                          what it covers, and how old it is";

/// Where the database is.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// The advisory database [default: ringwall/advisories.db in the folder for data of the user]
    #[arg(long = "db", value_name = "FILE", env = "RINGWALL_DB")]
    pub(crate) database: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Fetch what is published about flaws, or a database that somebody made and signed
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Box<UpdateArgs>),
    /// Build the database from files; it replaces the one before
    Import(ImportArgs),
    /// Make a database for others to fetch, with what changed since earlier ones
    #[command(after_help = BUILD_EXAMPLES)]
    Build(BuildArgs),
    /// What the database covers, how old it is, and its digest
    Status(StatusArgs),
}

pub(crate) const UPDATE_EXAMPLES: &str = "\
Examples:
  ringwall db update --dry-run                what would be fetched, and from where
  ringwall db update --skip osv/npm
  ringwall db update --from oci://registry.example.com/advisories:latest \\
    --identity-regexp 'https://github.com/example/advisories/.*' \\
    --issuer https://token.actions.githubusercontent.com";

pub(crate) const BUILD_EXAMPLES: &str = "\
Examples:
  ringwall db build osv/ kev.json --output public/
  ringwall db build today.db --output public/ --previous yesterday.db --previous last-week.db";

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").args(["key", "identity", "identity_regexp"]).requires("from"),
    group = ArgGroup::new("known_to").args(["issuer", "issuer_regexp"]).requires("who")
)]
pub(crate) struct UpdateArgs {
    /// A database that `ringwall db build` made: a folder of a server (https://...), or a name in a registry (oci://...)
    #[arg(long, value_name = "ADDRESS", requires = "who")]
    pub(crate) from: Option<String>,
    /// Take a database that is older than the one that is there
    #[arg(long, requires = "from")]
    pub(crate) allow_older: bool,
    /// Feeds that are fetched, by name
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with = "from"
    )]
    pub(crate) only: Vec<String>,
    /// Feeds that are not fetched, by name
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with = "from"
    )]
    pub(crate) skip: Vec<String>,
    /// List the feeds and their addresses, and fetch nothing
    #[arg(long, conflicts_with = "from")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) who: SignerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// A database, or what `ringwall db import` takes
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The folder to write into
    #[arg(long = "output", value_name = "DIR", required = true)]
    pub(crate) folder: PathBuf,
    /// An earlier database, whose users will fetch only what changed; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Vec<PathBuf>,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// OSV records and archives of them, Debian's security tracker, security databases of Alpine, Wolfi and Chainguard,
    /// Trivy's database, CISA's catalogue of known exploited vulnerabilities, scores of EPSS; of folders, all of these
    /// below them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Read all of it, and compare it with its digests
    #[arg(long)]
    pub(crate) verify: bool,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}
