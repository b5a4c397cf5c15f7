//! Arguments of `ringwall trust`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use ringwall_trust::SIGSTORE_TUF;

use super::{image::verify::SignerArgs, registry::RegistryArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall trust update                       those of Sigstore's public instance, as they are today
  ringwall trust status                       which are in use, and by when they are to be updated
  ringwall trust update --repository https://tuf.example.com --root root.json";

const CHECKSUMS_EXAMPLES: &str = "\
Examples:
  ringwall trust checksums SHA256SUMS                         all files that it lists, beside it
  ringwall trust checksums SHA256SUMS shop.tar.gz --signature SHA256SUMS.sig --key cosign.pub
  ringwall trust checksums SHA512SUMS --bundle SHA512SUMS.sigstore.json \\
    --identity https://github.com/shop/app/.github/workflows/release.yaml@refs/tags/v1.2 \\
    --issuer https://token.actions.githubusercontent.com

Exit codes:
  0  all files are what the list says, and it is signed by the one who is wanted
  1  a file is another, or is not listed; or nobody who is wanted has signed the list
  2  wrong usage
  3  a file or a line of the list could not be read, so one cannot tell";

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
    /// Hold files against a list of checksums, and the list against who has to have signed it
    #[command(after_help = CHECKSUMS_EXAMPLES)]
    Checksums(ChecksumsArgs),
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").args(["key", "identity", "identity_regexp"]).requires("proof"),
    group = ArgGroup::new("known_to").args(["issuer", "issuer_regexp"]).requires("who"),
    group = ArgGroup::new("proof").args(["signature", "bundle"]).requires("who")
)]
pub(crate) struct ChecksumsArgs {
    /// The list, as sha256sum and sha512sum write it
    #[arg(value_name = "LIST")]
    pub(crate) list: PathBuf,
    /// Files that it has to have; without any, all that it lists, from the folder that it is in
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Signature over the list, in Base64
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    /// Sigstore bundle over the list
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) who: SignerArgs,
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
