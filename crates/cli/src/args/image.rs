//! Arguments of `ringwall image`.

pub(crate) mod diff;
pub(crate) mod sign;
pub(crate) mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ringwall_model::{Date, Severity};

use super::{Color, db::DatabaseArgs, registry::RegistryArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall image ghcr.io/example/shop:1.2      as a registry has it
  ringwall image shop.tar                      what docker save or skopeo copy wrote
  ringwall image build/ --platform linux/arm64 an OCI layout with several platforms
  ringwall image shop.tar --fail-on critical -o sarif --output-file shop.sarif
  ringwall image shop.tar --yara rules/        with rules of YARA of your own
  ringwall image shop.tar -o cyclonedx --output-file shop.cdx.json
  ringwall image shop.cdx.json                 what the packages of an SBOM have today
  ringwall image shop.json                     the same of a report that was written with -o json
  ringwall image --from rootfs /mnt/disk       an image unpacked, a chroot, the disk of a machine
  ringwall image --from containerd shop:1.2    as a node has it
  ringwall image --from docker shop:1.2        as docker build left it
  ringwall image shop.tar -o json | jq -r '.packages[].purl'
  ringwall image sign ghcr.io/example/shop:1.2 --key cosign.key
  ringwall image verify shop.tar --key cosign.pub";

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(crate) struct ImageArgs {
    /// An OCI layout, as a folder or an archive, or what docker save writes, or an SBOM or a report
    /// of ringwall in JSON; else an image in a registry
    #[arg(value_name = "FILE or REF", required = true)]
    pub(crate) image: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) what: Option<ImageCommand>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Which of several images: linux/amd64, linux/arm/v7; of a registry, linux on this machine's processor if not given
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What makers of products say about flaws: OpenVEX, CSAF, CycloneDX
    #[arg(long, value_name = "FILE")]
    pub(crate) vex: Vec<PathBuf>,
    /// What another scanner leaves out: .trivyignore, .trivyignore.yaml, .grype.yaml, osv-scanner.toml;
    /// those of this folder are read without it
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore_file: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// List every package in the text
    #[arg(long)]
    pub(crate) packages: bool,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = ImageFormat::Text)]
    pub(crate) output: ImageFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Colour the text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Lowest severity that the text shows [default: medium]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<Severity>,
    /// Lowest severity that ends with 1 [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}

/// Where an image is.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Where it is, if neither in a file of that name nor in a registry
    #[arg(long, value_name = "PLACE", value_enum)]
    pub(crate) from: Option<Place>,
    /// Where containerd keeps its files, for --from containerd [default: /var/lib/containerd]
    #[arg(long, value_name = "DIR")]
    pub(crate) containerd_root: Option<PathBuf>,
    /// Namespace of containerd: k8s.io, default, moby; any that has the image if not given
    #[arg(long, value_name = "NAME", env = "CONTAINERD_NAMESPACE")]
    pub(crate) containerd_namespace: Option<String>,
}

/// A place that is looked into only where it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    /// A folder that is the root of a file system: an image unpacked, a chroot, the disk of a machine
    #[value(name = "rootfs")]
    RootFs,
    /// What containerd keeps on this machine or on a disk of another one; read from its files
    Containerd,
    /// What Docker keeps on this machine; asked through its socket, /var/run/docker.sock or that of DOCKER_HOST
    Docker,
}

/// How layers are read.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Do not search files for secrets
    #[arg(long)]
    pub(crate) no_secrets: bool,
    /// Hold every file against rules of YARA: a file, or a folder with files that end with .yar or .yara;
    /// for a ringwall that was built with the feature `yara`
    #[arg(long, value_name = "FILE or DIR")]
    pub(crate) yara: Vec<PathBuf>,
    /// Read every layer, and keep nothing of them
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// What else is done with images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Tell what is different in an image that comes after another
    #[command(after_help = diff::EXAMPLES)]
    Diff(Box<diff::ImageDiffArgs>),
    /// Sign an image in its registry, as cosign does
    #[command(after_help = sign::SIGN_EXAMPLES)]
    Sign(Box<sign::ImageSignArgs>),
    /// Say something of an image, signed, beside it in its registry: where it comes from, what is in it
    #[command(after_help = sign::ATTEST_EXAMPLES)]
    Attest(Box<sign::ImageAttestArgs>),
    /// Tell whether somebody who is trusted signed an image
    #[command(after_help = verify::EXAMPLES)]
    Verify(Box<verify::ImageVerifyArgs>),
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageFormat {
    /// For people
    Text,
    /// JSON, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Markdown, for comments and summaries
    Markdown,
    /// One page of HTML that needs nothing else
    Html,
    /// CycloneDX 1.6: packages and their vulnerabilities
    Cyclonedx,
    /// SPDX 2.3: packages
    Spdx,
}
