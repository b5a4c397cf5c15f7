//! Arguments of `ringwall image diff`.

use std::path::PathBuf;

use clap::Args;
use ringwall_model::{Date, Severity};

use super::{PlaceArgs, ReadingArgs};
use crate::args::{Color, TextOrJson, db::DatabaseArgs, registry::RegistryArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall image diff shop:1.1 shop:1.2        what a release brings
  ringwall image diff main.tar branch.tar --fail-on medium -o json";

#[derive(Debug, Args)]
pub(crate) struct ImageDiffArgs {
    /// The image that was: a file or a name in a registry, as of `ringwall image`
    #[arg(value_name = "BEFORE")]
    pub(crate) before: PathBuf,
    /// The image that comes after it
    #[arg(value_name = "AFTER")]
    pub(crate) after: PathBuf,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Which of several images: linux/amd64, linux/arm/v7
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Colour the text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Lowest severity of what is new that ends with 1 [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// The day that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<Date>,
}
