//! Arguments of `ringwall image`.

pub(crate) mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ringwall_model::Date;

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall image shop.tar                      what docker save or skopeo copy wrote
  ringwall image build/ --platform linux/arm64 an OCI layout with several platforms
  ringwall image shop.tar -o json | jq -r '.packages[].purl'
  ringwall image verify shop.tar --key cosign.pub";

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(crate) struct ImageArgs {
    /// An OCI layout, as a folder or an archive, or what docker save writes
    #[arg(value_name = "FILE", required = true)]
    pub(crate) image: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) what: Option<ImageCommand>,
    /// Which of several images: linux/amd64, linux/arm/v7
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// List every package in the text
    #[arg(long)]
    pub(crate) packages: bool,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = ImageFormat::Text)]
    pub(crate) output: ImageFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// End with 0 in place of 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}

/// What else is done with images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
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
}
