//! `ringwall image`.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use ringwall_collect::{LayerCache, printed_name, sbom::open_sbom};
use ringwall_engine::{
    Advisories, Config, IGNORE_FILES, ImageExceptions, ImageOptions, SourceMap, scan_image,
    scan_sbom,
};
use ringwall_image::Platform;
use ringwall_model::{Date, Severity, Source};
use ringwall_report::{
    Context, ImageReport, ImageTextOptions, html, image_cyclonedx, image_json, image_spdx,
    image_text, junit, markdown, sarif,
};

use super::{db, image_verify, registry, scan::today};
use crate::{
    args::image::{ImageArgs, ImageCommand, ImageFormat},
    exit::Exit,
    output::{self, Pages, ScanSources},
    progress::Progress,
};

pub(super) fn run(args: &ImageArgs) -> Result<Exit> {
    if let Some(ImageCommand::Verify(args)) = &args.what {
        return image_verify::run(args);
    }
    let path = args.image.as_deref().context("no image is named")?;
    let platform = args.platform.as_deref().map(parse_platform).transpose()?;
    let sbom = open_sbom(path)?;
    if sbom.is_some() && platform.is_some() {
        let path = path.display();
        bail!("--platform: {path} is an SBOM, which is about one image");
    }
    let name = printed_name(path);
    let as_of = args.as_of.unwrap_or_else(today);
    let (config, config_source) = super::config::load(args.config.as_deref(), Path::new("."))?;
    let exceptions = exceptions(args, &config, &config_source, as_of)?;
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(Severity::High);
    // Without a place to keep it, every layer is read, which takes longer and changes nothing.
    let cache = match cache_folder() {
        Some(folder) if !args.reading.no_cache => LayerCache::open(&folder).ok(),
        _ => None,
    };
    // What an image holds is told without a database as well; that its flaws are not is in the report.
    let database = db::open(&args.database).map_err(|error| format!("{error:#}"));
    let options = ImageOptions {
        name: &name,
        advisories: match &database {
            Ok(Some(database)) => Advisories::Database(database),
            Ok(None) => Advisories::Missing,
            Err(reason) => Advisories::Unusable(reason),
        },
        exceptions: &exceptions,
        finds_secrets: !args.reading.no_secrets,
        cache: cache.as_ref(),
        as_of,
    };
    let report = match sbom {
        Some(sbom) => scan_sbom(sbom, &options),
        None => scan_stored(path, platform.as_ref(), args, &options)?,
    };
    if let Some(cache) = &cache {
        cache.shrink();
    }
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

/// Where what came of layers is kept.
fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    // See: <https://specifications.freedesktop.org/basedir-spec/latest/>.
    let cache = folder("XDG_CACHE_HOME")
        .or_else(|| Some(folder("HOME")?.join(".cache")))
        .or_else(|| folder("LOCALAPPDATA"))?;
    Some(cache.join("ringwall/layers"))
}

/// Scans an image in a file or in a registry, and tells how far it is.
fn scan_stored(
    path: &Path,
    platform: Option<&Platform>,
    args: &ImageArgs,
    options: &ImageOptions<'_>,
) -> Result<ImageReport> {
    let image = registry::open(path, platform, &args.registry, args.config.as_ref())?;
    let progress = Arc::new(Progress::of_bytes());
    let image = registry::with_progress(image, &progress);
    let report = scan_image(&image, options);
    progress.finish();
    Ok(report)
}

/// What is accepted: by the configuration, by files of other scanners, by VEX.
fn exceptions(
    args: &ImageArgs,
    config: &Config,
    config_source: &Source,
    as_of: Date,
) -> Result<ImageExceptions> {
    let mut exceptions = ImageExceptions::of_config(config, config_source, as_of)?;
    let here = IGNORE_FILES.iter().map(PathBuf::from);
    let here: Vec<_> = here.filter(|path| path.is_file()).collect();
    for path in here.iter().chain(&args.ignore_file) {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        exceptions.add_ignore_file(&Source::new(printed_name(path), text))?;
    }
    for path in &args.vex {
        let json = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = printed_name(path);
        exceptions
            .add_vex(&name, &json)
            .with_context(|| name.clone())?;
    }
    Ok(exceptions)
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
        secret_checks: &[],
    };
    match args.output {
        ImageFormat::Text => {
            let options = ImageTextOptions {
                colour: output::colours(args.color, args.output_file.as_deref()),
                packages: args.packages,
                severity,
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

pub(super) fn parse_platform(text: &str) -> Result<Platform> {
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
