//! `ringwall image`.

use anyhow::{Result, bail};
use ringwall_collect::image::open_image;
use ringwall_image::Platform;
use ringwall_report::{image_json, image_text};

use super::scan::today;
use crate::{
    args::image::{ImageArgs, ImageFormat},
    exit::Exit,
    output,
};

pub(super) fn run(args: &ImageArgs) -> Result<Exit> {
    let platform = args.platform.as_deref().map(parse_platform).transpose()?;
    if !args.image.exists() && !args.image.to_string_lossy().starts_with(['.', '/']) {
        bail!(
            "{} is no file; images in registries are not read yet: save one with `skopeo copy docker://IMAGE oci-archive:image.tar`",
            args.image.display()
        );
    }
    let image = open_image(&args.image, platform.as_ref())?;
    let name = ringwall_collect::printed_name(&args.image);
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
