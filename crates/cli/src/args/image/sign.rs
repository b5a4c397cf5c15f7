//! Arguments of `ringwall image sign` and `ringwall image attest`.

use std::path::PathBuf;

use clap::Args;

use crate::args::registry::RegistryArgs;

pub(crate) const SIGN_EXAMPLES: &str = "\
Examples:
  COSIGN_PASSWORD=... ringwall image sign registry.example/shop:1.2 --key cosign.key
  ringwall image sign registry.example/shop:1.2 --key cosign.key -a commit=c0ffee
  ringwall image sign registry.example/shop:1.2 --key kms.pub --signer ./sign-with-kms

Exit codes:
  0  the signature is beside the image
  2  it is not, and the message says why";

pub(crate) const ATTEST_EXAMPLES: &str = "\
Examples:
  ringwall image attest shop.example/shop:1.2 --key cosign.key \
    --type cyclonedx --predicate shop.cdx.json
  ringwall image shop.example/shop:1.2 -o spdx --exit-zero |
    ringwall image attest shop.example/shop:1.2 --key cosign.key --type spdxjson --predicate -

Exit codes:
  0  the attestation is beside the image
  2  it is not, and the message says why";

#[derive(Debug, Args)]
pub(crate) struct ImageSignArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Words that are signed too; may be repeated
    #[arg(short = 'a', long = "annotation", value_name = "KEY=VALUE")]
    pub(crate) annotations: Vec<String>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImageAttestArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// What is said: an object in JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) predicate: PathBuf,
    /// What sort of thing is said: slsaprovenance, slsaprovenance1, spdxjson, cyclonedx, link, vuln, openvex, custom, or a URI
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) predicate_type: String,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// What is signed, and where the signature goes.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// An image in a registry: what its tag names, an index where it is one
    #[arg(value_name = "REF")]
    pub(crate) image: String,
    /// The image of an index for this platform, in place of the index: linux/amd64, linux/arm/v7
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// As a Sigstore bundle that refers to the image, in place of cosign's tags
    #[arg(long)]
    pub(crate) bundle: bool,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Who signs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who signs")]
pub(crate) struct KeyArgs {
    /// The private key: of cosign, or in PEM; with --signer, the public key of what it signs with
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The password of the key [default: RINGWALL_KEY_PASSWORD or COSIGN_PASSWORD of the environment]
    #[arg(long, value_name = "FILE", conflicts_with = "signer")]
    pub(crate) password_file: Option<PathBuf>,
    /// A program that signs: it gets what is to be signed on standard input, and prints the signature in Base64
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) signer: Option<PathBuf>,
}
