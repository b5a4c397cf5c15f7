//! `-o markdown`: a comment on a pull request.
//!
//! GitHub takes 65,536 characters, so the worst comes first and what does not fit is counted.

use std::{collections::BTreeMap, fmt::Write as _, io};

use ringwall_model::{Finding, NotAssessed, Report, Ring, Severity, Status};

use crate::{
    Context, Excerpts, Grade,
    block::blocks,
    patch::fix_patch,
    words::{clean, count_words, place_words, subject_words, summary_words},
};

/// Characters of the whole comment.
const TOTAL_CHARACTERS: usize = 60_000;
/// Characters kept for the line that counts what is left out.
const TAIL_CHARACTERS: usize = 400;
/// Things not assessed that are listed.
const NOT_ASSESSED_LISTED: usize = 25;
/// Findings of one block that are listed.
const MEMBERS_LISTED: usize = 20;
/// Lines of a fix that are shown.
const PATCH_LINES: usize = 40;
/// Characters of a name, message or reason that are shown.
const TEXT_CHARACTERS: usize = 500;

/// Writes the report as a Markdown comment of at most 60,000 characters.
pub fn markdown(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let mut text = head(report);
    text.push_str(&not_assessed(&report.not_assessed));
    let mut used = text.chars().count();
    let blocks = blocks(report, |_| true);
    let mut written = 0;
    let mut section = None;
    for block in &blocks {
        let Some(worst) = block.first() else { continue };
        let mut words = String::new();
        if section != Some(worst.severity) {
            let _ = writeln!(words, "### {}\n", capital(worst.severity.as_str()));
        }
        words.push_str(&details(&excerpts, block));
        let length = words.chars().count();
        if used + length > TOTAL_CHARACTERS - TAIL_CHARACTERS {
            break;
        }
        section = Some(worst.severity);
        used += length;
        written += block.len();
        text.push_str(&words);
    }
    let failing = blocks.iter().map(Vec::len).sum::<usize>();
    if written < failing {
        let more = count_words(failing - written, "more finding");
        let _ = writeln!(
            text,
            "**{more}** not shown here, none worse than the last one shown; `ringwall scan -o json` has them all.\n"
        );
    }
    out.write_all(text.as_bytes())
}

fn head(report: &Report) -> String {
    let grade = Grade::of(report);
    let failing: u64 = report.summary.fail.values().sum();
    let findings = count_words(usize::try_from(failing).unwrap_or(usize::MAX), "finding");
    // Writing to a string cannot fail.
    let mut text = format!("## ringwall: grade {grade}, {findings}\n\n");
    if failing > 0 {
        let mut counts: BTreeMap<(Ring, Severity), u64> = BTreeMap::new();
        for finding in report.findings.iter().filter(|finding| finding.fails()) {
            *counts.entry((finding.ring, finding.severity)).or_default() += 1;
        }
        text.push_str("| ring |");
        for severity in Severity::ALL {
            let _ = write!(text, " {severity} |");
        }
        text.push_str("\n|---|--:|--:|--:|--:|--:|\n");
        for ring in Ring::ALL {
            let _ = write!(text, "| {ring} |");
            for severity in Severity::ALL {
                match counts.get(&(ring, severity)) {
                    Some(count) => {
                        let _ = write!(text, " **{count}** |");
                    }
                    None => text.push_str(" – |"),
                }
            }
            text.push('\n');
        }
        text.push('\n');
    } else if grade.letter.is_some() {
        text.push_str("Nothing found.\n\n");
    } else {
        text.push_str("Nothing found in what could be assessed. This is not a clean result.\n\n");
    }
    let words = |counts| match summary_words(counts) {
        words if words.is_empty() => "nothing".to_owned(),
        words => words,
    };
    let _ = writeln!(
        text,
        "Assessed {}; skipped {}; {} accepted; as of {}.\n",
        words(&report.summary.assessed),
        words(&report.summary.skipped),
        report.summary.accepted,
        report.as_of
    );
    text
}

fn not_assessed(items: &[NotAssessed]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = format!("### ⚠ Not assessed ({})\n\n", items.len());
    for item in items.iter().take(NOT_ASSESSED_LISTED) {
        let place = item
            .location
            .as_ref()
            .map_or_else(|| subject_words(&item.subject), place_words);
        let standing = match &item.status {
            Status::Accepted(acceptance) => {
                format!(" (accepted by {})", acceptance.source.as_str())
            }
            Status::Fail | Status::Pass => String::new(),
        };
        let _ = writeln!(
            text,
            "- {} {}: {}{standing}",
            code(&item.id),
            code(&place),
            inline(&item.reason)
        );
    }
    if let Some(more) = items.len().checked_sub(NOT_ASSESSED_LISTED + 1) {
        let _ = writeln!(text, "- and {} more", more + 1);
    }
    text.push('\n');
    text
}

fn details(excerpts: &Excerpts<'_>, block: &[&Finding]) -> String {
    let Some((worst, others)) = block.split_first() else {
        return String::new();
    };
    let open = if worst.severity == Severity::Critical {
        " open"
    } else {
        ""
    };
    let mut text = format!(
        "<details{open}><summary><b>{}</b> {} <code>{}</code></summary>\n\n{}\n\n",
        html(&worst.check),
        html(&subject_words(&worst.subject)),
        html(&place_words(&worst.location)),
        inline(&excerpts.message(worst)),
    );
    if let Some(excerpt) = excerpts.cut(&worst.location, 1) {
        let mut lines = String::new();
        for (line, number) in excerpt.lines.iter().zip(excerpt.first_line..) {
            let mark = if line.marked.is_some() { '>' } else { ' ' };
            let _ = writeln!(lines, "{mark}{number:>4} | {}", line.text);
        }
        text.push_str(&fence("text", &lines));
    }
    if !others.is_empty() {
        text.push_str("With the same root cause:\n\n");
        for other in others.iter().take(MEMBERS_LISTED) {
            let _ = writeln!(
                text,
                "- {} ({}): {}",
                code(&other.check),
                other.severity,
                inline(&excerpts.message(other))
            );
        }
        if let Some(more) = others.len().checked_sub(MEMBERS_LISTED + 1) {
            let _ = writeln!(text, "- and {} more", more + 1);
        }
        text.push('\n');
    }
    if !worst.remediation.is_empty() {
        let _ = writeln!(text, "**Fix:** {}\n", inline(&worst.remediation));
    }
    if let Some(fix) = &worst.fix {
        let patch = fix_patch(excerpts, &fix.edits).unwrap_or_default();
        let mut lines = String::new();
        for line in patch.lines().take(PATCH_LINES) {
            lines.push_str(&shortened(&clean(line)));
            lines.push('\n');
        }
        let left_out = patch.lines().count().saturating_sub(PATCH_LINES);
        if left_out > 0 {
            let _ = writeln!(lines, "# {}", count_words(left_out, "more line"));
        }
        if !lines.is_empty() {
            let _ = writeln!(text, "A patch ({}):\n", fix.safety.as_str());
            text.push_str(&fence("diff", &lines));
        }
    }
    text.push_str("</details>\n\n");
    text
}

/// A fenced block that its content cannot end.
fn fence(language: &str, content: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for character in content.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let ticks = "`".repeat((longest + 1).max(3));
    format!("{ticks}{language}\n{content}{ticks}\n\n")
}

/// Text in which Markdown finds no mark, HTML no element and GitHub no person to notify.
fn inline(text: &str) -> String {
    let mut escaped = String::new();
    for character in shortened(&clean(text)).chars() {
        match character {
            '@' => escaped.push_str("@<!-- -->"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '>' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Text in an HTML element.
fn html(text: &str) -> String {
    shortened(&clean(text))
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "@<!-- -->")
}

fn code(text: &str) -> String {
    format!(
        "<code>{}</code>",
        html(text)
            .replace('*', "&#42;")
            .replace('_', "&#95;")
            .replace('`', "&#96;")
            .replace('[', "&#91;")
            .replace('\\', "&#92;")
    )
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TEXT_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(TEXT_CHARACTERS).chain(['…']).collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(characters)
        .collect()
}
