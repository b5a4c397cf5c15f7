//! Flaws of packages for people: one line for each, and the updates that clear the most of them.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    io,
};

use ringwall_model::{Finding, FixState, Severity, Vulnerability};

use super::{
    ImageReport,
    text::{ImageTextOptions, below},
};
use crate::{
    clean,
    text::Paint,
    words::{count_words, severity_counts_words},
};

/// Updates that are listed.
const MOST_UPDATES: usize = 10;
/// Characters of a name or a version; the rest of it is in the JSON.
const MOST_COLUMNS: usize = 30;
/// Characters of what is known about a flaw.
const MOST_SUMMARY: usize = 60;

/// One flaw in all packages that share its cause.
struct Row<'a> {
    finding: &'a Finding,
    flaw: &'a Vulnerability,
    packages: usize,
}

impl Row<'_> {
    /// The package as it is updated: the source of several, with how many there are.
    fn name(&self) -> String {
        let name = self.flaw.source.as_ref().unwrap_or(&self.flaw.package);
        match self.packages {
            1 => clean(&self.flaw.package).into_owned(),
            several => format!("{} ({several})", clean(name)),
        }
    }

    fn fix(&self) -> String {
        match (&self.flaw.fixed, self.flaw.fix_state) {
            (Some(fixed), _) => clean(fixed).into_owned(),
            (None, FixState::NotFixed | FixState::Fixed) => "no fix".to_owned(),
            (None, state) => state.as_str().replace('-', " "),
        }
    }

    fn notes(&self) -> String {
        let mut notes = Vec::new();
        if let Some(since) = self.flaw.exploited_since {
            let ransom = if self.flaw.is_used_by_ransomware {
                ", by ransomware too"
            } else {
                ""
            };
            notes.push(format!("exploited since {since}{ransom}"));
        }
        if self.finding.confidence.is_some() {
            notes.push("not rated".to_owned());
        }
        if !self.flaw.summary.is_empty() {
            notes.push(clean(&cut(&self.flaw.summary, MOST_SUMMARY)).into_owned());
        }
        notes.join("; ")
    }
}

fn rows(report: &ImageReport) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.fails()) {
        let Some(flaw) = &finding.vulnerability else {
            continue;
        };
        let key = (&*finding.check, finding.group.as_deref());
        if let Some(row) = known.get(&key).and_then(|at| rows.get_mut(*at)) {
            row.packages += 1;
            continue;
        }
        known.insert(key, rows.len());
        rows.push(Row {
            finding,
            flaw,
            packages: 1,
        });
    }
    // What is exploited comes first, then what has a fix.
    rows.sort_by_key(|row| {
        (
            Reverse(row.finding.severity),
            row.flaw.exploited_since.is_none(),
            Reverse(row.flaw.likelihood_millionths),
            row.flaw.fixed.is_none(),
        )
    });
    rows
}

/// The flaws of packages, the worst first.
pub(super) fn vulnerabilities(
    report: &ImageReport,
    options: ImageTextOptions,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let rows = rows(report);
    if rows.is_empty() {
        if report.database.is_some() {
            writeln!(out, "\nno known vulnerabilities")?;
        }
        return Ok(());
    }
    let counts = severity_counts_words(|severity| {
        let of_it = rows.iter().filter(|row| row.finding.severity == severity);
        of_it.count() as u64
    });
    let total = match rows.len() {
        1 => "1 vulnerability".to_owned(),
        count => format!("{count} vulnerabilities"),
    };
    writeln!(out, "\n{}", paint.bold(&format!("{total}: {counts}")))?;
    if let Some(base) = &report.image.base {
        let of_base = |row: &&Row<'_>| row.flaw.layer.is_some_and(|layer| layer < base.layers);
        let counts = severity_counts_words(|severity| {
            let of_it = rows.iter().filter(of_base);
            of_it.filter(|row| row.finding.severity == severity).count() as u64
        });
        match rows.iter().filter(of_base).count() {
            0 => writeln!(out, "  none of them in the image that it was built on")?,
            count if count == rows.len() => {
                writeln!(out, "  all of them in the image that it was built on")?;
            }
            count => writeln!(
                out,
                "  {count} in the image that it was built on ({counts}), {} in what was added to it",
                rows.len() - count
            )?,
        }
    }
    let shown: Vec<_> = rows
        .iter()
        .filter(|row| options.shows(row.finding.severity))
        .collect();
    let width = |of: &dyn Fn(&Row<'_>) -> String| {
        let widths = shown.iter().map(|row| of(row).chars().count());
        widths.max().unwrap_or(0).min(MOST_COLUMNS)
    };
    let id = width(&|row| row.finding.check.to_string());
    let name = width(&|row| row.name());
    let version = width(&|row| clean(&row.flaw.version).into_owned());
    let fix = width(&|row| row.fix());
    for row in &shown {
        let severity = row.finding.severity;
        let line = format!(
            "{:<id$}  {:<name$}  {:<version$}  {:<fix$}  {}",
            clean(&row.finding.check),
            cut(&row.name(), MOST_COLUMNS - 1),
            cut(&clean(&row.flaw.version), MOST_COLUMNS - 1),
            cut(&row.fix(), MOST_COLUMNS - 1),
            row.notes()
        );
        let word = paint.severity(severity, &format!("{severity:<8}"));
        writeln!(out, "  {word}  {}", line.trim_end())?;
    }
    below(rows.len() - shown.len(), options, out)
}

/// A text of no more than so many characters.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            let start = text.get(..end).unwrap_or(text).trim_end();
            Cow::Owned(format!("{start}…"))
        }
        None => Cow::Borrowed(text),
    }
}

/// What one update of a package clears.
#[derive(Default)]
struct Update<'a> {
    name: &'a str,
    version: &'a str,
    target: Option<&'a str>,
    clears: BTreeSet<(Severity, &'a str)>,
}

/// The updates that clear the most. Each clears the flaws of one source, so that no two clear the same
/// and those that clear the most one by one clear the most together.
pub(super) fn updates(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    let mut updates: BTreeMap<&str, Update<'_>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.fails()) {
        let (Some(flaw), Some(group)) = (&finding.vulnerability, &finding.group) else {
            continue;
        };
        let (Some(_), Some(target)) = (&flaw.fixed, &flaw.update) else {
            continue;
        };
        let update = updates.entry(group).or_default();
        update.name = flaw.source.as_ref().unwrap_or(&flaw.package);
        update.version = &flaw.version;
        update.target = Some(target);
        update.clears.insert((finding.severity, &finding.check));
    }
    let mut updates: Vec<_> = updates.into_values().collect();
    let count = |update: &Update<'_>, severity| {
        let of_it = update.clears.iter().filter(|(it, _)| *it == severity);
        of_it.count() as u64
    };
    updates.sort_by_key(|update| Reverse(Severity::ALL.map(|severity| count(update, severity))));
    if updates.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nUpdates that clear the most:")?;
    for update in updates.iter().take(MOST_UPDATES) {
        let cleared = severity_counts_words(|severity| count(update, severity));
        writeln!(
            out,
            "  {} {} to {}  clears {cleared}",
            clean(update.name),
            clean(update.version),
            clean(update.target.unwrap_or_default()),
        )?;
    }
    if updates.len() > MOST_UPDATES {
        let more = count_words(updates.len() - MOST_UPDATES, "more update");
        writeln!(out, "  and {more}")?;
    }
    Ok(())
}
