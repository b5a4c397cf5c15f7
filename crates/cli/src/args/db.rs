//! Arguments of `ringwall db`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringwall_model::Date;

use super::TextOrJson;

pub(crate) const EXAMPLES: &str = "\
Examples:
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
    /// Build the database from files; it replaces the one before
    Import(ImportArgs),
    /// What the database covers, how old it is, and its digest
    Status(StatusArgs),
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
