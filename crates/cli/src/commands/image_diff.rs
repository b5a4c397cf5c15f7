//! `ringwall image diff`.

use anyhow::Result;
use ringwall_model::Severity;
use ringwall_report::{ImageDiff, image_diff_json, image_diff_text};

use super::image_scan::{Request, Scanner};
use crate::{
    args::{TextOrJson, image::diff::ImageDiffArgs},
    exit::Exit,
    output,
    workflow_commands::ForPeople,
};

pub(super) fn run(args: &ImageDiffArgs) -> Result<Exit> {
    let scanner = Scanner::new(Request {
        place: &args.place,
        platform: args.platform.as_deref(),
        registry: &args.registry,
        database: &args.database,
        config: args.config.as_ref(),
        vex: &[],
        ignore_files: &[],
        reading: &args.reading,
        as_of: args.as_of,
    })?;
    let diff = ImageDiff::new(&scanner.scan(&args.before)?, &scanner.scan(&args.after)?);
    let mut out = output::open(args.output_file.as_deref())?;
    match args.output {
        TextOrJson::Text => {
            let colour = output::colours(args.color, args.output_file.as_deref());
            image_diff_text(&diff, colour, &mut ForPeople::new(&mut *out))?;
        }
        TextOrJson::Json => image_diff_json(&diff, &mut *out)?,
    }
    out.flush()?;
    let fail_on = args.fail_on.or(scanner.config.fail_on);
    Ok(if args.exit_zero {
        Exit::Clean
    } else if diff.fails_at(fail_on.unwrap_or(Severity::High)) {
        Exit::Findings
    } else if diff.is_incomplete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}
