//! `ringwall image`.

use std::io::Write;

use anyhow::{Context as _, Result};
use ringwall_engine::SourceMap;
use ringwall_model::Severity;
use ringwall_report::{
    Context, ImageReport, ImageTextOptions, html, image_cyclonedx, image_json, image_spdx,
    image_text, junit, markdown, sarif,
};

use super::{
    image_diff,
    image_scan::{Request, Scanner},
    image_sign, image_verify,
};
use crate::{
    args::image::{ImageArgs, ImageCommand, ImageFormat},
    exit::Exit,
    output::{self, Pages, ScanSources},
    workflow_commands::ForPeople,
};

pub(super) fn run(args: &ImageArgs) -> Result<Exit> {
    match &args.what {
        Some(ImageCommand::Sign(args)) => return image_sign::sign(args),
        Some(ImageCommand::Attest(args)) => return image_sign::attest(args),
        Some(ImageCommand::Verify(args)) => return image_verify::run(args),
        Some(ImageCommand::Diff(args)) => return image_diff::run(args),
        None => {}
    }
    let path = args.image.as_deref().context("no image is named")?;
    let scanner = Scanner::new(Request {
        place: &args.place,
        platform: args.platform.as_deref(),
        registry: &args.registry,
        database: &args.database,
        config: args.config.as_ref(),
        vex: &args.vex,
        ignore_files: &args.ignore_file,
        reading: &args.reading,
        as_of: args.as_of,
    })?;
    let report = scanner.scan(path)?;
    let config = &scanner.config;
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(Severity::High);
    let mut out = output::open(args.output_file.as_deref())?;
    let severity = args
        .severity
        .or(config.severity)
        .unwrap_or(Severity::Medium);
    write(&report, args, severity, &mut *out)?;
    out.flush()?;
    Ok(if args.exit_zero {
        Exit::Clean
    } else if report.fails_at(fail_on) {
        Exit::Findings
    } else if report.is_incomplete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

fn write(
    report: &ImageReport,
    args: &ImageArgs,
    severity: Severity,
    out: &mut dyn Write,
) -> Result<()> {
    let sources = SourceMap::default();
    let context = Context {
        sources: &ScanSources(&sources),
        catalogue: &Pages,
    };
    match args.output {
        ImageFormat::Text => {
            let options = ImageTextOptions {
                colour: output::colours(args.color, args.output_file.as_deref()),
                packages: args.packages,
                severity,
            };
            image_text(report, options, &mut ForPeople::new(&mut *out))?;
        }
        ImageFormat::Json => image_json(report, out)?,
        ImageFormat::Sarif => sarif(&report.report(), &context, out)?,
        ImageFormat::Junit => junit(&report.report(), &context, out)?,
        ImageFormat::Markdown => markdown(&report.report(), &context, out)?,
        ImageFormat::Html => html(&report.report(), &context, out)?,
        ImageFormat::Cyclonedx => image_cyclonedx(report, out)?,
        ImageFormat::Spdx => image_spdx(report, out)?,
    }
    Ok(())
}
