//! What is in registries, for people: a table for each repository, then what goes, then what is not known.

use std::{collections::BTreeMap, io};

use super::{
    RegistryDeletion, RegistryFlaws, RegistryImage, RegistryMark, RegistryOutcome, RegistryPlan,
    RegistryReport, RegistryRepository,
};
use crate::{clean, text::Paint, words::count_words};

/// Tags of an image that are shown; JSON has them all.
const TAGS: usize = 4;

/// Widest column.
const MOST_COLUMNS: usize = 44;

/// Users of an image that are shown.
const USERS: usize = 5;

/// Digits of a digest that are shown: they tell manifests of a repository apart.
const DIGITS: usize = 12;

/// How the text is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistryTextOptions {
    /// Whether to colour it.
    pub colour: bool,
}

/// Writes the text for people.
pub fn registry_text(
    report: &RegistryReport,
    options: RegistryTextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint::new(options.colour);
    for repository in &report.repositories {
        self::repository(repository, report, paint, out)?;
    }
    if let Some(plan) = &report.plan {
        self::plan(plan, paint, out)?;
    }
    if !report.not_assessed.is_empty() {
        writeln!(out, "{}", paint.bold("Not assessed:"))?;
        for gap in &report.not_assessed {
            let places = [&gap.repository, &gap.what];
            let places = places.into_iter().flatten().map(|it| clean(it));
            let places: Vec<_> = places.collect();
            write!(out, "  {}: ", gap.id)?;
            if !places.is_empty() {
                write!(out, "{}: ", places.join(", "))?;
            }
            writeln!(out, "{}", clean(&gap.reason))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", totals(report))
}

fn repository(
    repository: &RegistryRepository,
    report: &RegistryReport,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(
        out,
        "{}  {}",
        paint.bold(&clean(&repository.name)),
        count_words(repository.tags, "tag")
    )?;
    if repository.images.is_empty() {
        return writeln!(out);
    }
    let has_flaws = report.asked.severity.is_some();
    let mut rows = vec![
        [
            "TAGS",
            "DIGEST",
            "CREATED",
            "PLATFORMS",
            "SIZE",
            "SIGNED",
            "FLAWS",
            "MARKS",
        ]
        .map(str::to_owned),
    ];
    rows.extend(repository.images.iter().map(row));
    let widths: Vec<_> = (0..8)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|it| it.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let users = std::iter::once(None).chain(repository.images.iter().map(Some));
    for (row, image) in rows.iter().zip(users) {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column == 6 && !has_flaws {
                continue;
            }
            line.push_str("  ");
            let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
            // Sizes stand on the right.
            if column == 4 {
                line.extend([&*pad, cell]);
            } else {
                line.extend([cell, &*pad]);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
        if let Some(line) = image.and_then(used) {
            writeln!(out, "      used by {line}")?;
        }
    }
    writeln!(out)
}

fn row(image: &RegistryImage) -> [String; 8] {
    let mut platforms: Vec<_> = image.platforms.iter().map(|it| &*it.platform).collect();
    platforms.dedup();
    let kind = match (image.kind, platforms.is_empty()) {
        ("attached", _) => "beside an image".to_owned(),
        ("artifact", _) => "no image".to_owned(),
        (_, true) => "-".to_owned(),
        _ => fitting(&platforms, TAGS),
    };
    let marks: Vec<_> = image.marks.iter().map(|mark| mark.as_str()).collect();
    let tags: Vec<_> = image.tags.iter().map(String::as_str).collect();
    [
        fitting(&tags, TAGS),
        digits(&image.digest),
        image.created.clone().unwrap_or_else(|| "-".to_owned()),
        kind,
        size(image.size),
        image.signature.to_owned(),
        match image.kind {
            "image" | "index" => flaws(image.vulnerabilities.as_ref()),
            _ => "-".to_owned(),
        },
        marks.join(", "),
    ]
}

/// As many words as fit, and how many more there are.
fn fitting(words: &[&str], most: usize) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let word = clean(word);
        let length = text.chars().count() + word.chars().count();
        if at > 0 && (at >= most || length > MOST_COLUMNS) {
            return format!("{text} +{}", words.len() - at);
        }
        if at > 0 {
            text.push_str(", ");
        }
        text.extend(word.chars().take(MOST_COLUMNS * 2));
    }
    text
}

fn digits(digest: &str) -> String {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    digits.chars().take(DIGITS).collect()
}

fn size(bytes: u64) -> String {
    let (unit, word) = match bytes {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    format!("{}.{} {word}", tenths / 10, tenths % 10)
}

fn flaws(flaws: Option<&RegistryFlaws>) -> String {
    let Some(flaws) = flaws else {
        return "?".to_owned();
    };
    let counts = [
        (flaws.critical, 'C'),
        (flaws.high, 'H'),
        (flaws.medium, 'M'),
        (flaws.low, 'L'),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let mut words: Vec<_> = counts.map(|(count, of)| format!("{count}{of}")).collect();
    if flaws.unknown.is_some() {
        words.push("?".to_owned());
    }
    if words.is_empty() {
        words.push("none".to_owned());
    }
    words.join(" ")
}

fn used(image: &RegistryImage) -> Option<String> {
    let users: Vec<_> = image.used_by.iter().map(String::as_str).collect();
    let shown: Vec<_> = users.iter().take(USERS).map(|it| clean(it)).collect();
    match users.len() {
        0 => None,
        all if all > USERS => Some(format!("{} and {} more", shown.join(", "), all - USERS)),
        _ => Some(shown.join(", ")),
    }
}

fn plan(plan: &RegistryPlan, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let title = if plan.is_carried_out {
        "Deletion:"
    } else {
        "Would be deleted:"
    };
    writeln!(out, "{}", paint.bold(title))?;
    let mut before = None;
    for deletion in &plan.deletions {
        if before != Some(&deletion.repository) {
            writeln!(out, "  {}", clean(&deletion.repository))?;
            before = Some(&deletion.repository);
        }
        self::deletion(deletion, plan, out)?;
    }
    if plan.deletions.is_empty() {
        writeln!(out, "  nothing")?;
    }
    if !plan.kept.is_empty() {
        writeln!(out, "\n{}", paint.bold("Stays:"))?;
        let mut before = None;
        for kept in &plan.kept {
            if before != Some(&kept.repository) {
                writeln!(out, "  {}", clean(&kept.repository))?;
                before = Some(&kept.repository);
            }
            let tags: Vec<_> = kept.tags.iter().map(String::as_str).collect();
            let (digest, tags) = (digits(&kept.digest), fitting(&tags, TAGS));
            writeln!(out, "    {digest}  {tags}: {}", clean(&kept.reason))?;
        }
    }
    writeln!(out)
}

fn deletion(
    deletion: &RegistryDeletion,
    plan: &RegistryPlan,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write!(out, "    {}", digits(&deletion.digest))?;
    if !deletion.tags.is_empty() {
        // All of them are lost, so all are shown.
        let tags: Vec<_> = deletion.tags.iter().map(|it| clean(it)).collect();
        write!(out, "  {}", tags.join(", "))?;
    }
    write!(out, ": {}", clean(&deletion.reason))?;
    if plan.is_carried_out {
        let outcome = match deletion.outcome {
            RegistryOutcome::Planned | RegistryOutcome::Left => "LEFT",
            RegistryOutcome::Deleted => "deleted",
            RegistryOutcome::Gone => "was gone",
            RegistryOutcome::Failed => "FAILED",
        };
        write!(out, " - {outcome}")?;
    }
    if let Some(error) = &deletion.error {
        write!(out, ": {}", clean(error))?;
    }
    writeln!(out)
}

fn totals(report: &RegistryReport) -> String {
    let all = report.repositories.iter().flat_map(|it| &it.images);
    let mut images = 0;
    let mut marks: BTreeMap<RegistryMark, usize> = BTreeMap::new();
    for image in all {
        images += usize::from(image.kind != "attached");
        for mark in &image.marks {
            *marks.entry(*mark).or_default() += 1;
        }
    }
    let repositories = match report.repositories.len() {
        1 => "1 repository".to_owned(),
        count => format!("{count} repositories"),
    };
    let mut text = format!("{} in {repositories}", count_words(images, "image"));
    let marks: Vec<_> = marks
        .iter()
        .map(|(mark, count)| format!("{count} {}", mark.as_str()))
        .collect();
    if !marks.is_empty() {
        text.extend([": ", &*marks.join(", ")]);
    }
    if let Some(plan) = &report.plan {
        text.push_str(&outcome(plan));
    }
    text
}

fn outcome(plan: &RegistryPlan) -> String {
    let manifests = count_words(plan.deletions.len(), "manifest");
    let bytes = size(plan.manifest_bytes);
    if !plan.is_carried_out {
        return match plan.deletions.len() {
            0 => "\nnothing would be deleted".to_owned(),
            _ => format!("\n{manifests} of {bytes} would be deleted: --yes does it"),
        };
    }
    let of = |outcome: RegistryOutcome| {
        let all = plan.deletions.iter();
        all.filter(|it| it.outcome == outcome).count()
    };
    let deleted = of(RegistryOutcome::Deleted) + of(RegistryOutcome::Gone);
    format!("\n{deleted} of {manifests} deleted; the registry frees layers at its next collection")
}
