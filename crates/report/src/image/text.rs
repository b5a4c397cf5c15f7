//! What an image holds, for people at a terminal: the worst first.

use std::{collections::BTreeMap, io};

use ringwall_model::{Severity, Status};

use super::{
    ImagePackage, ImageReport,
    flaws::{updates, vulnerabilities},
};
use crate::{
    clean,
    text::Paint,
    words::{count_words, severity_counts_words},
};

/// Widest column of names and versions.
const MOST_COLUMNS: usize = 40;

/// How the text is written.
#[derive(Clone, Copy, Debug)]
pub struct ImageTextOptions {
    /// Whether to colour it.
    pub colour: bool,
    /// Whether to list each package.
    pub packages: bool,
    /// Findings below it are counted, not shown; `low` shows `info` too.
    pub severity: Severity,
}

impl ImageTextOptions {
    pub(super) fn shows(self, severity: Severity) -> bool {
        severity >= self.severity || self.severity <= Severity::Low
    }
}

/// Writes the text for people.
pub fn image_text(
    report: &ImageReport,
    options: ImageTextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint::new(options.colour);
    head(report, paint, out)?;
    contents(report, options, out)?;
    vulnerabilities(report, options, paint, out)?;
    updates(report, out)?;
    findings(report, options, paint, out)?;
    accepted(report, out)?;
    gaps(report, paint, out)
}

fn head(report: &ImageReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let image = &report.image;
    let name = clean(&image.name);
    if image.platform.is_empty() {
        writeln!(out, "{}", paint.bold(&name))?;
    } else {
        writeln!(out, "{}  {}", paint.bold(&name), clean(&image.platform))?;
    }
    if let Some(sbom) = &image.sbom {
        let tools: Vec<_> = sbom.tools.iter().map(|tool| clean(tool)).collect();
        let made_by = match tools.as_slice() {
            [] => String::new(),
            tools => format!(", made by {}", tools.join(", ")),
        };
        writeln!(
            out,
            "  an SBOM: {} {}{made_by}",
            sbom.format,
            clean(&sbom.version)
        )?;
    }
    if let Some(digest) = &image.digest {
        writeln!(out, "  {digest}")?;
    }
    match &image.distribution {
        Some(distribution) => writeln!(out, "  {}", clean(&distribution.name))?,
        None => writeln!(out, "  no distribution")?,
    }
    if let Some(root) = &image.root_fs {
        let entries = match root.entries {
            1 => "1 entry".to_owned(),
            entries => format!("{entries} entries"),
        };
        writeln!(out, "  the root of a file system: {entries}")?;
    }
    if image.has_layers() {
        let size: u64 = report.layers.iter().map(|layer| layer.size).sum();
        let layers = count_words(report.layers.len(), "layer");
        let tenths = (size + 50_000) / 100_000;
        writeln!(out, "  {layers}, {}.{} MB packed", tenths / 10, tenths % 10)?;
    }
    if let Some(base) = &image.base {
        let name = base.name.as_deref().map(clean);
        let name = name.as_deref().unwrap_or("another image");
        writeln!(out, "  built on {name}: {}", base.words())?;
    }
    if let Some(database) = &report.database {
        writeln!(
            out,
            "  judged by the advisories of {}",
            clean(&database.built)
        )?;
    }
    Ok(())
}

fn contents(
    report: &ImageReport,
    options: ImageTextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
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
    if options.packages {
        table(&report.visible(), report.image.has_layers(), out)?;
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
        table(&hidden.into_iter(), true, out)?;
    }
    Ok(())
}

/// What is wrong besides flaws of packages: secrets, configuration.
fn findings(
    report: &ImageReport,
    options: ImageTextOptions,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let failing = || {
        let findings = report.findings.iter();
        findings.filter(|it| it.fails() && it.vulnerability.is_none())
    };
    let total = failing().count();
    if total == 0 {
        return Ok(());
    }
    let counts = severity_counts_words(|severity| {
        failing().filter(|it| it.severity == severity).count() as u64
    });
    let total_words = count_words(total, "other finding");
    writeln!(out, "\n{}", paint.bold(&format!("{total_words}: {counts}")))?;
    let shown: Vec<_> = failing().filter(|it| options.shows(it.severity)).collect();
    let width = shown.iter().map(|it| it.check.chars().count()).max();
    let width = width.unwrap_or(0);
    for finding in &shown {
        let severity = finding.severity;
        let word = paint.severity(severity, &format!("{severity:<8}"));
        let (check, message) = (clean(&finding.check), clean(&finding.message));
        write!(out, "  {word}  {check:<width$}  ")?;
        let location = &finding.location;
        let names_it = finding.message.starts_with(&format!("/{} ", location.file));
        if finding.subject.file.is_some() && !names_it {
            write!(out, "/{}", clean(&location.file))?;
            if location.start.line > 1 {
                write!(out, ":{}", location.start.line)?;
            }
            write!(out, ": ")?;
        }
        writeln!(out, "{message}")?;
    }
    below(total - shown.len(), options, out)
}

/// How many findings are not shown.
pub(super) fn below(
    rest: usize,
    options: ImageTextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if rest > 0 {
        let severity = options.severity;
        writeln!(
            out,
            "  and {rest} below {severity}: --severity low shows them"
        )?;
    }
    Ok(())
}

/// What does not count, by what accepts it.
fn accepted(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        if let Status::Accepted(acceptance) = &finding.status {
            *sources.entry(acceptance.source.as_str()).or_default() += 1;
        }
    }
    if sources.is_empty() {
        return Ok(());
    }
    let total = count_words(sources.values().sum(), "finding");
    let words: Vec<_> = sources
        .iter()
        .map(|(source, count)| format!("{count} by {source}"))
        .collect();
    let words = words.join(", ");
    writeln!(out, "\n{total} accepted: {words}; -o json has the reasons")
}

fn gaps(report: &ImageReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    if report.not_assessed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("Not assessed:"))?;
    for gap in &report.not_assessed {
        write!(out, "  {}: {}", gap.id, clean(&gap.words()))?;
        match &gap.exception {
            Some(exception) => {
                let reason = exception.reason.as_deref().unwrap_or("no reason given");
                writeln!(out, ", accepted: {}", clean(reason))?;
            }
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn table<'p>(
    packages: &(impl Iterator<Item = &'p ImagePackage> + Clone),
    with_layers: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let width = |of: fn(&ImagePackage) -> &str| {
        let widths = packages.clone().map(|package| of(package).chars().count());
        widths.max().unwrap_or(0).min(MOST_COLUMNS)
    };
    let name = width(|package| &package.name);
    let version = width(|package| &package.version);
    for package in packages.clone() {
        write!(
            out,
            "  {:<5} {:<name$}  {:<version$}  ",
            package.kind,
            clean(&package.name),
            clean(&package.version),
        )?;
        let path = clean(&package.path);
        match (with_layers, package.hidden_by) {
            // Of an SBOM, the path may be that of the SBOM itself.
            (false, _) => writeln!(out, "{path}")?,
            (true, None) => writeln!(out, "/{path}  layer {}", package.layer)?,
            (true, Some(by)) => {
                writeln!(out, "/{path}  layer {}, hidden by {by}", package.layer)?;
            }
        }
    }
    Ok(())
}
