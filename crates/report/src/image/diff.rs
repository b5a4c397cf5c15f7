//! What is different between two images: packages that came, went and changed, findings that are new and gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use ringwall_model::{Finding, Severity};
use serde::Serialize;

use super::{ImageFacts, ImageGap, ImagePackage, ImageReport};
use crate::{
    clean,
    json::{self, value},
    text::Paint,
    words::{count_words, severity_counts_words},
};

/// Packages of each sort that the text lists.
const MOST_PACKAGES: usize = 50;

/// What is different in an image that comes after another.
#[derive(Clone, Debug)]
pub struct ImageDiff {
    before: ImageFacts,
    after: ImageFacts,
    packages: Vec<PackageChange>,
    new: Vec<Box<Finding>>,
    gone: Vec<Box<Finding>>,
    not_assessed: Vec<DiffGap>,
}

/// A package whose versions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PackageChange {
    r#type: &'static str,
    name: String,
    /// Versions that only the first image has; none for a package that came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    /// Versions that only the second image has; none for a package that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
}

/// Something that could not be looked at in one of the images, and no exception accepts that.
#[derive(Clone, Debug, Serialize)]
struct DiffGap {
    /// `before` or `after`.
    image: &'static str,
    #[serde(flatten)]
    gap: ImageGap,
}

/// The versions of each package that a container sees.
pub(crate) fn versions(report: &ImageReport) -> BTreeMap<(&'static str, &str), BTreeSet<&str>> {
    let mut versions: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for ImagePackage {
        kind,
        name,
        version,
        ..
    } in report.visible()
    {
        versions
            .entry((*kind, &**name))
            .or_default()
            .insert(version);
    }
    versions
}

/// What tells a finding from others in any image: its id, and the package or the file; of a secret, how it is told as
/// well.
fn identity(finding: &Finding) -> (&str, &str, &str, String) {
    if let Some(flaw) = &finding.vulnerability {
        return (
            &finding.check,
            flaw.package_type,
            &flaw.package,
            String::new(),
        );
    }
    let file = finding.subject.file.as_deref().unwrap_or_default();
    (&finding.check, "", file, words_of_secret(finding))
}

/// What a finding about a secret says of it: its first characters, and whose variable or label it is. The numbers of
/// layers and steps are others in each image.
fn words_of_secret(finding: &Finding) -> String {
    if !finding.check.starts_with("plaintext-") {
        return String::new();
    }
    let message = finding.message.split(", in layer ").next();
    let words = message.unwrap_or_default().split(' ');
    let is_word = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
    words.filter(is_word).collect::<Vec<_>>().join(" ")
}

/// Findings that fail of one report, without as many of each kind as the other has of it. A package has a flaw or it has
/// not; a file may have one more secret.
fn only(one: &ImageReport, other: &ImageReport) -> Vec<Box<Finding>> {
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for finding in other.findings.iter().filter(|it| it.fails()) {
        *known.entry(identity(finding)).or_default() += 1;
    }
    let mut only = Vec::new();
    for finding in one.findings.iter().filter(|it| it.fails()) {
        let left = known.get_mut(&identity(finding));
        let is_known = match left {
            Some(_) if finding.vulnerability.is_some() => true,
            Some(left @ 1..) => {
                *left -= 1;
                true
            }
            _ => false,
        };
        if !is_known {
            only.push(finding.clone());
        }
    }
    only
}

impl ImageDiff {
    /// Compares two images.
    pub fn new(before: &ImageReport, after: &ImageReport) -> Self {
        let (old, new) = (versions(before), versions(after));
        let names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
        let nothing = BTreeSet::new();
        let packages = names.into_iter().filter_map(|key| {
            let (old, new) = (
                old.get(&key).unwrap_or(&nothing),
                new.get(&key).unwrap_or(&nothing),
            );
            let only = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| -> Vec<String> {
                one.difference(other).map(|it| (*it).to_owned()).collect()
            };
            let (kind, name) = key;
            let change = PackageChange {
                r#type: kind,
                name: name.to_owned(),
                before: only(old, new),
                after: only(new, old),
            };
            (old != new).then_some(change)
        });
        let gaps = [("before", before), ("after", after)];
        let gaps = gaps.into_iter().flat_map(|(image, report)| {
            let open = report.not_assessed.iter();
            let open = open.filter(|gap| gap.exception.is_none());
            open.map(move |gap| DiffGap {
                image,
                gap: gap.clone(),
            })
        });
        Self {
            packages: packages.collect(),
            new: only(after, before),
            gone: only(before, after),
            not_assessed: gaps.collect(),
            before: before.image.clone(),
            after: after.image.clone(),
        }
    }

    /// Whether anything new is at or above `threshold`.
    pub fn fails_at(&self, threshold: Severity) -> bool {
        self.new.iter().any(|finding| finding.severity >= threshold)
    }

    /// Whether something could not be looked at, so that more may be different.
    pub const fn is_incomplete(&self) -> bool {
        !self.not_assessed.is_empty()
    }
}

/// Writes version 1 of the JSON; it only grows.
pub fn image_diff_json(diff: &ImageDiff, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"before\":")?;
    value(&diff.before, out)?;
    out.write_all(b",\n\"after\":")?;
    value(&diff.after, out)?;
    out.write_all(b",\n\"packages\":[")?;
    json::list(diff.packages.iter(), out)?;
    out.write_all(b"],\n\"new\":[")?;
    json::findings(&diff.new, &BTreeMap::new(), out)?;
    out.write_all(b"],\n\"gone\":[")?;
    json::findings(&diff.gone, &BTreeMap::new(), out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    json::list(diff.not_assessed.iter(), out)?;
    out.write_all(b"]}\n")
}

/// Writes the text for people.
pub fn image_diff_text(diff: &ImageDiff, colour: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint::new(colour);
    let (before, after) = (clean(&diff.before.name), clean(&diff.after.name));
    writeln!(out, "{}", paint.bold(&format!("{before} to {after}")))?;
    for (words, change) in [
        ("came", [true, false]),
        ("went", [false, true]),
        ("changed", [false, false]),
    ] {
        let of_it = |it: &&PackageChange| [it.before.is_empty(), it.after.is_empty()] == change;
        let changes: Vec<_> = diff.packages.iter().filter(of_it).collect();
        if changes.is_empty() {
            continue;
        }
        writeln!(out, "\n{} {words}:", count_words(changes.len(), "package"))?;
        for change in changes.iter().take(MOST_PACKAGES) {
            let versions = [&change.before, &change.after];
            let versions = versions.map(|it| it.join(", ")).into_iter();
            let versions: Vec<_> = versions.filter(|it| !it.is_empty()).collect();
            let (name, versions) = (clean(&change.name), versions.join(" to "));
            writeln!(out, "  {:<6} {name}  {}", change.r#type, clean(&versions))?;
        }
        if let Some(more) = changes
            .len()
            .checked_sub(MOST_PACKAGES)
            .filter(|more| *more > 0)
        {
            writeln!(out, "  and {more} more")?;
        }
    }
    if diff.packages.is_empty() {
        writeln!(out, "\nthe same packages")?;
    }
    let counts = |findings: &[Box<Finding>]| {
        severity_counts_words(|severity| {
            let of_it = findings.iter().filter(|it| it.severity == severity);
            of_it.count() as u64
        })
    };
    if diff.new.is_empty() {
        writeln!(out, "\nno new findings")?;
    } else {
        let total = count_words(diff.new.len(), "new finding");
        writeln!(
            out,
            "\n{}",
            paint.bold(&format!("{total}: {}", counts(&diff.new)))
        )?;
        for finding in &diff.new {
            let severity = finding.severity;
            let word = paint.severity(severity, &format!("{severity:<8}"));
            writeln!(out, "  {word}  {}", clean(&finding.message))?;
        }
    }
    if !diff.gone.is_empty() {
        let total = count_words(diff.gone.len(), "finding");
        writeln!(out, "\n{total} gone: {}", counts(&diff.gone))?;
    }
    if !diff.not_assessed.is_empty() {
        writeln!(out, "\n{}", paint.bold("Not assessed:"))?;
        for DiffGap { image, gap } in &diff.not_assessed {
            writeln!(out, "  {image}: {}: {}", gap.id, clean(&gap.words()))?;
        }
    }
    Ok(())
}
