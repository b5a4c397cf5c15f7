//! What an image holds: version 1 of its JSON, and text for people.
//!
//! The names and the order of the fields are the wire form, and a promise: version 1 only grows.

use std::{collections::BTreeMap, io};

use serde::Serialize;

use crate::{clean, json::value, words::count_words};

/// An image, and what was found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageReport {
    /// The image itself.
    pub image: ImageFacts,
    /// Its layers, the lowest first.
    pub layers: Vec<ImageLayer>,
    /// Its packages, in order.
    pub packages: Vec<ImagePackage>,
    /// What could not be looked at.
    pub not_assessed: Vec<ImageGap>,
    /// The day on which it was judged.
    pub as_of: String,
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageFacts {
    /// As the user named it.
    pub name: String,
    /// Names that it has where it is kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Digest of its manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// `linux/amd64`.
    pub platform: String,
    /// When it was made, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Its distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<ImageDistribution>,
}

/// A distribution, as `os-release` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageDistribution {
    /// `debian`.
    pub id: String,
    /// `12`; empty where it has none.
    pub version_id: String,
    /// As people write it.
    pub name: String,
}

/// A layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageLayer {
    /// Digest of the layer as it is packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Digest of the layer unpacked, as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff_id: Option<String>,
    /// Bytes as it is packed.
    pub size: u64,
    /// Files, folders and links that it brings or removes.
    pub entries: u64,
    /// The command that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImagePackage {
    /// `deb`, `apk`, `npm`: the type of package URLs.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its package URL, where its name can be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// What it was built from, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ImageSource>,
    /// Licences as it states them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// The file that tells of it.
    pub path: String,
    /// The layer that brought the file, from 0.
    pub layer: usize,
    /// The layer that hides it: it is not in the container, but in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<usize>,
}

/// What a package was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageSource {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageGap {
    /// Its id.
    pub id: &'static str,
    /// The file, or the first of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The layer, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// How many files it stands for, where it is not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
    /// Why.
    pub reason: String,
}

impl ImageReport {
    /// Packages that a container sees.
    fn visible(&self) -> impl Iterator<Item = &ImagePackage> + Clone {
        let packages = self.packages.iter();
        packages.filter(|package| package.hidden_by.is_none())
    }

    /// Counts by the type of packages, those that a container sees.
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for package in self.visible() {
            *counts.entry(package.kind).or_default() += 1;
        }
        counts
    }
}

/// Writes the JSON, version 1; one package stands on one line.
pub fn image_json(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"image\":")?;
    value(&report.image, out)?;
    out.write_all(b",\n\"summary\":{\"packages\":")?;
    value(&report.counts(), out)?;
    out.write_all(b"},\n\"layers\":[")?;
    crate::json::list(report.layers.iter(), out)?;
    out.write_all(b"],\n\"packages\":[")?;
    crate::json::list(report.packages.iter(), out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    crate::json::list(report.not_assessed.iter(), out)?;
    out.write_all(b"],\n\"as_of\":")?;
    value(&report.as_of, out)?;
    out.write_all(b"}\n")
}

/// Writes the text for people; `all` lists each package.
pub fn image_text(report: &ImageReport, all: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let image = &report.image;
    writeln!(out, "{}  {}", clean(&image.name), clean(&image.platform))?;
    if let Some(digest) = &image.digest {
        writeln!(out, "  {digest}")?;
    }
    match &image.distribution {
        Some(distribution) => writeln!(out, "  {}", clean(&distribution.name))?,
        None => writeln!(out, "  no distribution")?,
    }
    let size: u64 = report.layers.iter().map(|layer| layer.size).sum();
    let layers = count_words(report.layers.len(), "layer");
    let tenths = (size + 50_000) / 100_000;
    writeln!(out, "  {layers}, {}.{} MB packed", tenths / 10, tenths % 10)?;
    let counts = report.counts();
    let total: usize = counts.values().sum();
    let kinds: Vec<_> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    if total == 0 {
        writeln!(out, "\nno packages")?;
    } else {
        let total = count_words(total, "package");
        writeln!(out, "\n{total}: {}", kinds.join(", "))?;
    }
    if all {
        table(&report.visible(), out)?;
    }
    let hidden: Vec<_> = report
        .packages
        .iter()
        .filter(|it| it.hidden_by.is_some())
        .collect();
    if !hidden.is_empty() {
        writeln!(
            out,
            "\n{} that a later layer removed or replaced; whoever has the image has them:",
            count_words(hidden.len(), "package")
        )?;
        table(&hidden.into_iter(), out)?;
    }
    if !report.not_assessed.is_empty() {
        writeln!(out, "\nNot assessed:")?;
        for gap in &report.not_assessed {
            write!(out, "  {}: ", gap.id)?;
            match (&gap.path, gap.files) {
                (Some(path), Some(files)) if files != 1 => {
                    write!(out, "{files} files, the first /{}: ", clean(path))?;
                }
                (Some(path), _) => write!(out, "/{}: ", clean(path))?,
                (None, _) => {}
            }
            match gap.layer {
                Some(layer) if gap.files.is_none() => {
                    writeln!(out, "{} (layer {layer})", clean(&gap.reason))?;
                }
                _ => writeln!(out, "{}", clean(&gap.reason))?,
            }
        }
    }
    Ok(())
}

fn table<'p>(
    packages: &(impl Iterator<Item = &'p ImagePackage> + Clone),
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let width = |of: fn(&ImagePackage) -> &str| {
        let widths = packages.clone().map(|package| of(package).chars().count());
        widths.max().unwrap_or(0).min(40)
    };
    let name = width(|package| &package.name);
    let version = width(|package| &package.version);
    for package in packages.clone() {
        write!(
            out,
            "  {:<5} {:<name$}  {:<version$}  /{}  layer {}",
            package.kind,
            clean(&package.name),
            clean(&package.version),
            clean(&package.path),
            package.layer,
        )?;
        match package.hidden_by {
            Some(by) => writeln!(out, ", hidden by {by}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
