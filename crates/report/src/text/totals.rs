//! What could not be looked at, the counts, and the verdict.

use std::{collections::BTreeMap, io};

use anstyle::AnsiColor;
use ringwall_model::{Report, Ring, Severity, Status};

use super::{Paint, TextOptions, badge_style, severity_style};
use crate::{
    Grade, Letter,
    words::{clean, count_words, place_words, severity_counts_words, subject_words, summary_words},
};

/// Lists everything that could not be looked at, accepted or not.
pub(super) fn not_assessed(
    report: &Report,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if report.not_assessed.is_empty() {
        return Ok(());
    }
    let title = format!("Not assessed ({})", report.not_assessed.len());
    writeln!(
        out,
        "{}",
        paint.colour(AnsiColor::BrightYellow, &paint.bold(&title))
    )?;
    for item in &report.not_assessed {
        let subject = subject_words(&item.subject);
        let place = match &item.location {
            Some(location) => place_words(location),
            None => subject.clone(),
        };
        let about = match (&item.subject.kind, &item.location) {
            (Some(_), Some(_)) => format!("  {subject}"),
            _ => String::new(),
        };
        let standing = match &item.status {
            Status::Accepted(acceptance) => format!(
                " (accepted by {}: {})",
                acceptance.source.as_str(),
                clean(acceptance.reason.as_deref().unwrap_or("no reason given"))
            ),
            Status::Fail | Status::Pass => String::new(),
        };
        writeln!(
            out,
            "  {}  {place}{about}\n    {}{standing}",
            paint.bold(&clean(&item.id)),
            clean(&item.reason)
        )?;
    }
    writeln!(out)
}

/// The counts and the grade.
pub(super) fn totals(
    report: &Report,
    options: &TextOptions,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let failing: u64 = report.summary.fail.values().sum();
    let grade = Grade::of(report);
    if failing > 0 {
        table(report, paint, out)?;
    } else if grade.not_assessed > 0 {
        writeln!(
            out,
            "Nothing found in what could be assessed, but {} could not be: this is not a clean result.",
            count_words(grade.not_assessed, "thing")
        )?;
    } else if grade.letter.is_none() {
        writeln!(
            out,
            "Nothing here could be assessed: no Kubernetes object, Dockerfile or other input was found."
        )?;
    } else {
        writeln!(out, "Nothing found.")?;
    }
    hidden(report, options, out)?;
    // They are among the files that were skipped.
    let mut skipped = report.summary.skipped.clone();
    let lock_files = skipped.remove("lock_files").unwrap_or_default();
    let mut assessed = summary_words(&report.summary.assessed);
    if assessed.is_empty() {
        "nothing".clone_into(&mut assessed);
    }
    write!(out, "assessed {assessed}")?;
    let skipped = summary_words(&skipped);
    if !skipped.is_empty() {
        write!(out, "; skipped {skipped}")?;
    }
    if report.summary.accepted > 0 {
        let accepted = usize::try_from(report.summary.accepted).unwrap_or(usize::MAX);
        write!(out, "; {} accepted", count_words(accepted, "finding"))?;
    }
    writeln!(out, "; as of {}", report.as_of)?;
    write!(out, "{} {}", paint.bold("Grade"), grade_badge(grade, paint))?;
    if failing > 0 {
        let count = |severity| report.summary.fail.get(&severity).copied().unwrap_or(0);
        write!(out, "  {}", severity_counts_words(count))?;
    }
    if grade.not_assessed > 0 {
        write!(
            out,
            "; {} not assessed",
            count_words(grade.not_assessed, "thing")
        )?;
    }
    writeln!(out)?;
    if lock_files > 0 {
        let files = match lock_files {
            1 => "1 lock file was".to_owned(),
            count => format!("{count} lock files were"),
        };
        writeln!(
            out,
            "{files} not looked at: there is no advisory database; `ringwall db update` fetches one"
        )?;
    }
    Ok(())
}

fn grade_badge(grade: Grade, paint: Paint) -> String {
    let colour = match grade.letter {
        Some(Letter::A) => AnsiColor::BrightGreen,
        Some(Letter::B) => AnsiColor::BrightCyan,
        Some(Letter::C) | None => AnsiColor::BrightYellow,
        Some(Letter::D) => AnsiColor::BrightRed,
        Some(Letter::F) => AnsiColor::BrightMagenta,
    };
    paint.colour(colour, &paint.bold(&grade.to_string()))
}

fn hidden(report: &Report, options: &TextOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let counts: Vec<(Severity, u64)> = Severity::ALL
        .into_iter()
        .filter(|&severity| !options.shows(severity))
        .filter_map(|severity| Some((severity, *report.summary.fail.get(&severity)?)))
        .filter(|&(_, count)| count > 0)
        .collect();
    let Some((lowest, _)) = counts.last() else {
        return Ok(());
    };
    let words: Vec<String> = counts
        .iter()
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    let one = counts.iter().map(|(_, count)| count).sum::<u64>() == 1;
    // `low` shows `info` too, so nobody needs a lower threshold.
    let threshold = (*lowest).max(Severity::Low);
    writeln!(
        out,
        "{} {} hidden; --severity {threshold} shows {}",
        words.join(" and "),
        if one { "finding" } else { "findings" },
        if one { "it" } else { "them" },
    )
}

/// Findings that count, by ring and severity.
fn table(report: &Report, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let mut counts: BTreeMap<(Ring, Severity), u64> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.fails()) {
        *counts.entry((finding.ring, finding.severity)).or_default() += 1;
    }
    write!(out, "{:<10}", "")?;
    for severity in Severity::ALL {
        let word = severity.as_str();
        let cell = paint.style(severity_style(severity), word);
        write!(out, "{:>1$}{cell}", "", 10 - word.len())?;
    }
    writeln!(out)?;
    for ring in Ring::ALL {
        write!(out, "{:<10}", ring.as_str())?;
        for severity in Severity::ALL {
            match counts.get(&(ring, severity)) {
                None => write!(out, "{}", paint.dim(&format!("{:>10}", "-")))?,
                Some(count) => {
                    let digits = count.to_string();
                    let gap = 10_usize.saturating_sub(digits.len() + 2);
                    let cell = if paint.colour {
                        paint.style(badge_style(severity), &format!(" {digits} "))
                    } else {
                        format!("  {digits}")
                    };
                    write!(out, "{:>gap$}{cell}", "")?;
                }
            }
        }
        writeln!(out)?;
    }
    writeln!(out)
}
