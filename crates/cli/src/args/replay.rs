//! Arguments of `ringwall replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ringwall_model::Date;

use super::{
    Color, RegoArgs,
    serve::{DecideArgs, JudgeArgs},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall replay --policy policies/ decisions.jsonl       what would be decided otherwise
  ringwall replay --policy policies/ /var/log/kubernetes/  audit logs of an API server, packed ones too
  ringwall replay --policy new/ --against old/ audit.log   the difference of two sets of policies
  ringwall replay --policy policies/ --team-label team - < reviews.json

Exit codes:
  0  everything was looked at, and nothing would be denied that was not
  1  something would be denied that was not
  2  wrong usage or configuration
  3  nothing would be denied newly, but something could not be looked at";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Records of `ringwall serve`, AdmissionReviews, ImageReviews and audit logs; files, folders, `-` for standard input
    #[arg(value_name = "RECORDED", required = true)]
    pub(crate) recorded: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    #[command(flatten)]
    pub(crate) rego: RegoArgs,
    #[command(flatten)]
    pub(crate) decide: DecideArgs,
    #[command(flatten)]
    pub(crate) compare: CompareArgs,
    #[command(flatten)]
    pub(crate) output: ReplayOutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What it is compared with")]
pub(crate) struct CompareArgs {
    /// Compare with what the policies in these files and folders decide, and not with what was decided then
    #[arg(long, value_name = "PATH", requires = "policy")]
    pub(crate) against: Vec<PathBuf>,
    /// Label that names the team, on the object or its namespace [default: the namespace is the team]
    #[arg(long, value_name = "KEY")]
    pub(crate) team_label: Option<String>,
    /// Do not count what could not be looked at for these reasons, by their ids
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) accept: Vec<String>,
    /// Judge as of this day (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
}

/// The form of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayFormat {
    /// For people
    Text,
    /// JSON, version 1
    Json,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ReplayOutputArgs {
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = ReplayFormat::Text)]
    pub(crate) output: ReplayFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Colour the text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}
