//! Arguments of `ringwall image`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ringwall_model::{Date, Severity};

use super::{Color, db::DatabaseArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall image shop.tar                      what docker save or skopeo copy wrote
  ringwall image build/ --platform linux/arm64 an OCI layout with several platforms
  ringwall image shop.tar --fail-on critical -o sarif --output-file shop.sarif
  ringwall image shop.tar -o cyclonedx --output-file shop.cdx.json
  ringwall image shop.cdx.json                 what the packages of an SBOM have today
  ringwall image shop.tar -o json | jq -r '.packages[].purl'";

#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// An OCI layout, as a folder or an archive, what docker save writes, or an SBOM in JSON
    #[arg(value_name = "FILE")]
    pub(crate) image: PathBuf,
    /// Which of several images: linux/amd64, linux/arm/v7
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
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
    /// Lowest severity that the text shows
    #[arg(long, value_name = "SEVERITY", default_value_t = Severity::Medium)]
    pub(crate) severity: Severity,
    /// Lowest severity that ends with 1
    #[arg(long, value_name = "SEVERITY", default_value_t = Severity::High)]
    pub(crate) fail_on: Severity,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
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
