//! Arguments about registries of images.

use std::path::PathBuf;

use clap::Args;

/// Where these flags stand in the help.
const HEADING: &str = "Registries";

#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// An authority of certificates besides those of the machine, in PEM; may be repeated
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub(crate) registry_ca: Vec<PathBuf>,
    /// Ask registries without TLS; those on this machine are asked with it where they speak it
    #[arg(long, help_heading = HEADING)]
    pub(crate) plain_http: bool,
}
