//! Arguments of `ringwall trust`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringwall_trust::SIGSTORE_TUF;

use super::registry::RegistryArgs;

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall trust update                       those of Sigstore's public instance, as they are today
  ringwall trust status                       which are in use, and by when they are to be updated
  ringwall trust update --repository https://tuf.example.com --root root.json";

#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    #[command(subcommand)]
    pub(crate) command: TrustCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Ask a repository of The Update Framework, and keep what it signs
    #[command(after_help = EXAMPLES)]
    Update(TrustUpdateArgs),
    /// Which authorities and logs are in use; nobody is asked
    Status(TrustPlaceArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TrustUpdateArgs {
    #[command(flatten)]
    pub(crate) place: TrustPlaceArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Which instance.
#[derive(Debug, Args)]
pub(crate) struct TrustPlaceArgs {
    /// The repository of an instance, where it is not the public one
    #[arg(long, value_name = "URL", default_value = SIGSTORE_TUF, hide_default_value = true, requires = "root")]
    pub(crate) repository: String,
    /// A root.json of that repository that you have from somebody whom you trust
    #[arg(long, value_name = "FILE", requires = "repository")]
    pub(crate) root: Option<PathBuf>,
}
