//! `ringwall image`.

use std::io::Write;

use anyhow::{Result, bail};
use ringwall_collect::{image::open_image, sbom::open_sbom};
use ringwall_engine::{Advisories, ImageOptions, SourceMap, scan_image, scan_sbom};
use ringwall_image::Platform;
use ringwall_report::{
    Context, ImageReport, ImageTextOptions, html, image_cyclonedx, image_json, image_spdx,
    image_text, junit, markdown, sarif,
};

use super::{db, scan::today};
use crate::{
    args::image::{ImageArgs, ImageFormat},
    exit::Exit,
    output::{self, Pages, ScanSources},
};

pub(super) fn run(args: &ImageArgs) -> Result<Exit> {
    let platform = args.platform.as_deref().map(parse_platform).transpose()?;
    if !args.image.exists() && !args.image.to_string_lossy().starts_with(['.', '/']) {
        bail!(
            "{} is no file; images in registries are not read yet: save one with `skopeo copy docker://IMAGE oci-archive:image.tar`",
            args.image.display()
        );
    }
    let sbom = open_sbom(&args.image)?;
    if sbom.is_some() && platform.is_some() {
        bail!(
            "--platform: {} is an SBOM, which is about one image",
            args.image.display()
        );
    }
    let name = ringwall_collect::printed_name(&args.image);
    // What an image holds is told without a database as well; that its flaws are not is in the report.
    let database = db::open(&args.database).map_err(|error| format!("{error:#}"));
    let options = ImageOptions {
        name: &name,
        advisories: match &database {
            Ok(Some(database)) => Advisories::Database(database),
            Ok(None) => Advisories::Missing,
            Err(reason) => Advisories::Unusable(reason),
        },
        as_of: args.as_of.unwrap_or_else(today),
    };
    let report = match sbom {
        Some(sbom) => scan_sbom(sbom, &options),
        None => scan_image(&open_image(&args.image, platform.as_ref())?, &options),
    };
    let mut out = output::open(args.output_file.as_deref())?;
    write(&report, args, &mut *out)?;
    out.flush()?;
    Ok(if args.exit_zero {
        Exit::Clean
    } else if report.fails_at(args.fail_on) {
        Exit::Findings
    } else if report.not_assessed.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

fn write(report: &ImageReport, args: &ImageArgs, out: &mut dyn Write) -> Result<()> {
    let sources = SourceMap::default();
    let context = Context {
        sources: &ScanSources(&sources),
        catalogue: &Pages,
        secret_checks: &[],
    };
    match args.output {
        ImageFormat::Text => {
            let options = ImageTextOptions {
                colour: output::colours(args.color, args.output_file.as_deref()),
                packages: args.packages,
                severity: args.severity,
            };
            image_text(report, options, out)?;
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

fn parse_platform(text: &str) -> Result<Platform> {
    let parts: Vec<_> = text.split('/').collect();
    let (os, architecture, variant) = match *parts {
        [os, architecture] => (os, architecture, None),
        [os, architecture, variant] => (os, architecture, Some(variant.to_owned())),
        _ => bail!("--platform: '{text}' is not of the form linux/amd64 or linux/arm/v7"),
    };
    Ok(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
        variant,
    })
}
