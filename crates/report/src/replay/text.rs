//! A replay for people: the counts, then why, whose and what, the worst first, the verdict last.

use std::io;

use anstyle::AnsiColor;

use super::{ReplayCause, ReplayCounts, ReplayPlace, ReplayReport};
use crate::{
    text::Paint,
    words::{clean, count_words},
};

/// How many lines of each kind are shown; JSON has them all.
const CAUSES: usize = 20;
const WORKLOADS: usize = 10;
const TEAMS: usize = 10;

/// How the text is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayTextOptions {
    /// Whether to colour it.
    pub colour: bool,
}

/// Writes a replay for people.
pub fn replay_text(
    report: &ReplayReport,
    options: &ReplayTextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint::new(options.colour);
    causes(report, paint, out)?;
    workloads(report, paint, out)?;
    teams(report, paint, out)?;
    not_assessed(report, paint, out)?;
    totals(report, paint, out)
}

/// A number as people read it: `12,345`.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{} {one}s", number(count)),
    }
}

fn place(place: &ReplayPlace) -> String {
    match place.line {
        0 => clean(&place.file).into_owned(),
        line => format!("{}:{line}", clean(&place.file)),
    }
}

fn workload(kind: &str, namespace: &str, name: &str) -> String {
    let name = match (namespace, name) {
        ("", name) => name.to_owned(),
        (namespace, "") => namespace.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    clean(&format!("{kind} {name}")).trim().to_owned()
}

/// One section: its title, its colour, and how many requests a cause has in it.
type Section = (&'static str, AnsiColor, fn(&ReplayCause) -> u64);

const SECTIONS: [Section; 5] = [
    ("Newly denied", AnsiColor::BrightRed, |cause| {
        cause.newly_denied
    }),
    (
        "Denied as before, or not compared",
        AnsiColor::BrightYellow,
        |cause| {
            if cause.action == "deny" {
                cause.requests - cause.newly_denied.min(cause.requests)
            } else {
                0
            }
        },
    ),
    ("Newly allowed", AnsiColor::BrightGreen, |cause| {
        cause.newly_allowed
    }),
    ("Warned", AnsiColor::BrightYellow, |cause| {
        if cause.action == "warn" {
            cause.requests
        } else {
            0
        }
    }),
    ("Changed", AnsiColor::BrightCyan, |cause| {
        if cause.action == "change" {
            cause.requests
        } else {
            0
        }
    }),
];

fn causes(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    for (title, colour, count) in SECTIONS {
        let mut shown: Vec<_> = report
            .causes
            .iter()
            .filter(|cause| count(cause) > 0)
            .collect();
        if shown.is_empty() {
            continue;
        }
        shown.sort_by_key(|cause| std::cmp::Reverse(count(cause)));
        writeln!(out, "{}", paint.colour(colour, &paint.bold(title)))?;
        let widest = shown.iter().map(|cause| number(count(cause)).len()).max();
        let width = widest.unwrap_or(1).max(5);
        for cause in shown.iter().take(CAUSES) {
            let policy = match &cause.binding {
                Some(binding) if *binding != cause.policy => {
                    format!("{} ({})", cause.policy, binding)
                }
                _ => cause.policy.clone(),
            };
            let (head, rest) = if cause.action == "change" {
                (cause.message.clone(), String::new())
            } else {
                (policy, cause.message.clone())
            };
            let reach = format!(
                "{}, {}",
                counted(cause.workloads, "workload"),
                counted(cause.teams, "team")
            );
            writeln!(
                out,
                "{:>width$}  {}  {}",
                number(count(cause)),
                paint.bold(&clean(&head)),
                paint.dim(&reach)
            )?;
            if !rest.is_empty() {
                writeln!(out, "{:width$}  {}", "", clean(&rest))?;
            }
            let about = workload(&cause.kind, &cause.namespace, &cause.name);
            let example = format!("{}  {about}", place(&cause.first));
            writeln!(out, "{:width$}  {}", "", paint.dim(&example))?;
        }
        more(shown.len(), CAUSES, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn more(count: usize, shown: usize, out: &mut dyn io::Write) -> io::Result<()> {
    if count > shown {
        writeln!(out, "  and {} more; -o json lists them all", count - shown)?;
    }
    Ok(())
}

/// Whether something about these requests is worth a line.
fn is_told(counts: &ReplayCounts) -> bool {
    counts.denied + counts.newly_allowed + counts.warned + counts.changed > 0
}

/// A column: its title, and what is counted in it.
type Column = (&'static str, fn(&ReplayCounts) -> u64);

/// The columns of workloads and teams.
const COLUMNS: [Column; 6] = [
    ("requests", |counts| counts.requests),
    ("newly denied", |counts| counts.newly_denied),
    ("denied", |counts| counts.denied),
    ("newly allowed", |counts| counts.newly_allowed),
    ("warned", |counts| counts.warned),
    ("changed", |counts| counts.changed),
];

/// A table of counts; columns in which nothing is counted are left out.
fn table(
    title: &str,
    rows: &[(String, &ReplayCounts)],
    most: usize,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: Vec<_> = COLUMNS
        .iter()
        .filter(|(_, count)| rows.iter().any(|(_, counts)| count(counts) > 0))
        .collect();
    let longest = rows
        .iter()
        .take(most)
        .map(|(name, _)| name.chars().count())
        .max();
    let width = longest.unwrap_or(0).max(title.len());
    let gap = width - title.len();
    write!(out, "{}{:gap$}", paint.bold(title), "")?;
    for (word, _) in &columns {
        write!(out, "  {}", paint.dim(word))?;
    }
    writeln!(out)?;
    for (name, counts) in rows.iter().take(most) {
        let gap = width.saturating_sub(name.chars().count());
        write!(out, "{name}{:gap$}", "")?;
        for (word, count) in &columns {
            let (count, width) = (count(counts), word.len());
            match count {
                0 => write!(out, "  {}", paint.dim(&format!("{:>width$}", "-")))?,
                count => write!(out, "  {:>width$}", number(count))?,
            }
        }
        writeln!(out)?;
    }
    more(rows.len(), most, out)?;
    writeln!(out)
}

fn workloads(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let told = report.workloads.iter().filter(|one| is_told(&one.counts));
    let rows: Vec<_> = told
        .map(|one| (workload(&one.kind, &one.namespace, &one.name), &one.counts))
        .collect();
    table("Workload", &rows, WORKLOADS, paint, out)
}

fn teams(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let told = report.teams.iter().filter(|one| is_told(&one.counts));
    let rows: Vec<_> = told
        .map(|one| (clean(&one.team).into_owned(), &one.counts))
        .collect();
    table("Team", &rows, TEAMS, paint, out)
}

fn not_assessed(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    if report.not_assessed.is_empty() {
        return Ok(());
    }
    let title = paint.bold("Not assessed");
    writeln!(out, "{}", paint.colour(AnsiColor::BrightYellow, &title))?;
    let counts = report
        .not_assessed
        .iter()
        .map(|note| number(note.count).len());
    let width = counts.max().unwrap_or(1).max(5);
    for note in &report.not_assessed {
        let standing = if note.is_accepted { " (accepted)" } else { "" };
        let first = note
            .first
            .as_ref()
            .map(|first| format!("  {}", paint.dim(&place(first))));
        writeln!(
            out,
            "{:>width$}  {}{standing}{}\n{:width$}  {}",
            number(note.count),
            paint.bold(&clean(&note.id)),
            first.unwrap_or_default(),
            "",
            clean(&note.reason)
        )?;
    }
    writeln!(out)
}

fn totals(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = &report.summary;
    let (before, now) = (&summary.before, &summary.now);
    let against = if report.against.is_some() {
        "against"
    } else {
        "then"
    };
    let rows = [
        ("allowed", Some(before.allowed), Some(now.allowed)),
        ("denied", Some(before.denied), Some(now.denied)),
        ("failed otherwise", Some(before.failed), None),
        ("not known", Some(before.unknown), None),
        ("warned", None, Some(now.warned)),
        ("changed", None, Some(now.changed)),
        ("exempt", None, Some(now.exempt)),
    ];
    if summary.requests > 0 {
        let header = format!("{:16}  {against:>10}  {:>10}", "Requests", "now");
        writeln!(out, "{}", paint.bold(&header))?;
        for (word, before, now) in rows {
            if before.unwrap_or(0) + now.unwrap_or(0) == 0 && word != "denied" {
                continue;
            }
            let cell = |count: Option<u64>| count.map(number).unwrap_or_default();
            let line = format!("{word:16}  {:>10}  {:>10}", cell(before), cell(now));
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    let kinds = [
        (summary.decisions, "decision"),
        (summary.reviews, "review"),
        (summary.events, "event"),
    ];
    let kinds: Vec<_> = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    write!(out, "assessed {}", counted(summary.requests, "request"))?;
    if !kinds.is_empty() {
        write!(out, " ({})", kinds.join(", "))?;
    }
    let skipped: Vec<_> = summary
        .skipped
        .iter()
        .map(|(word, count)| format!("{} {}", number(*count), word.replace('_', " ")))
        .collect();
    if !skipped.is_empty() {
        write!(out, "; skipped {}", skipped.join(", "))?;
    }
    writeln!(out, "; as of {}", report.as_of)?;
    verdict(report, paint, out)
}

fn verdict(report: &ReplayReport, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = &report.summary;
    let mut words = vec![
        format!("{} newly denied", number(summary.newly_denied)),
        format!("{} newly allowed", number(summary.newly_allowed)),
        format!(
            "{} otherwise different",
            number(summary.otherwise_different)
        ),
        format!("{} as before", number(summary.same)),
    ];
    if summary.not_compared > 0 {
        words.push(format!("{} not compared", number(summary.not_compared)));
    }
    let reasons = report
        .not_assessed
        .iter()
        .filter(|note| !note.is_accepted)
        .count();
    let colour = match (summary.newly_denied, reasons) {
        (1.., _) => AnsiColor::BrightRed,
        (0, 0) if summary.requests > 0 => AnsiColor::BrightGreen,
        _ => AnsiColor::BrightYellow,
    };
    if summary.requests == 0 {
        let line = "Nothing was replayed: no request was found that could be judged.";
        return writeln!(out, "{}", paint.colour(colour, &paint.bold(line)));
    }
    writeln!(
        out,
        "{}",
        paint.colour(colour, &paint.bold(&words.join(", ")))
    )?;
    if reasons > 0 {
        writeln!(
            out,
            "Not everything was assessed, for {}: this is not the whole picture.",
            count_words(reasons, "reason")
        )?;
    }
    Ok(())
}
