//! `ringwall image`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ringwall_collect::image::open_image;
use ringwall_image::Platform;
use ringwall_report::{image_json, image_text};

use super::{image_verify, scan::today};
use crate::{
    args::image::{ImageArgs, ImageCommand, ImageFormat},
    exit::Exit,
    output,
};

pub(super) fn run(args: &ImageArgs) -> Result<Exit> {
    if let Some(ImageCommand::Verify(args)) = &args.what {
        return image_verify::run(args);
    }
    let path = args.image.as_deref().context("no image is named")?;
    let platform = args.platform.as_deref().map(parse_platform).transpose()?;
    require_file(path)?;
    let image = open_image(path, platform.as_ref())?;
    let name = ringwall_collect::printed_name(path);
    let report = ringwall_engine::scan_image(&image, &name, args.as_of.unwrap_or_else(today));
    let mut out = output::open(args.output_file.as_deref())?;
    match args.output {
        ImageFormat::Text => image_text(&report, args.packages, &mut *out)?,
        ImageFormat::Json => image_json(&report, &mut *out)?,
    }
    out.flush()?;
    Ok(if report.not_assessed.is_empty() || args.exit_zero {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

/// Refuses what looks like the name of an image in a registry.
pub(super) fn require_file(path: &Path) -> Result<()> {
    if !path.exists() && !path.to_string_lossy().starts_with(['.', '/']) {
        bail!(
            "{} is no file; images in registries are not read yet: save one with `skopeo copy docker://IMAGE oci-archive:image.tar`",
            path.display()
        );
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
