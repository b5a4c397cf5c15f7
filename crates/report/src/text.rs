//! `-o text`: for people at a terminal. The worst first, the verdict last, where the eye is.

mod block;
mod totals;

use std::io;

use anstyle::{AnsiColor, Color, Style};
use ringwall_model::{Report, Severity, Status};

use crate::{
    Context, Excerpts,
    block::blocks,
    words::{clean, place_words, subject_words},
};

/// Accepted findings that are listed before the rest is only counted.
const ACCEPTED_LISTED: usize = 10;

/// How the text is written.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Whether to colour it.
    pub colour: bool,
    /// Findings below it are counted, not shown; `low` shows `info` too.
    pub severity: Severity,
    /// Columns of the terminal; `None` does not wrap.
    pub width: Option<usize>,
    /// Whether to list what was looked at and is right.
    pub show_passed: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            colour: false,
            severity: Severity::Medium,
            width: None,
            show_passed: false,
        }
    }
}

impl TextOptions {
    fn shows(&self, severity: Severity) -> bool {
        severity >= self.severity || self.severity <= Severity::Low
    }
}

/// Writes the report for people.
pub fn text(
    report: &Report,
    context: &Context<'_>,
    options: &TextOptions,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let paint = Paint::new(options.colour);
    let writer = block::BlockWriter::new(&excerpts, options, paint);
    for members in blocks(report, |finding| options.shows(finding.severity)) {
        writer.write(&members, out)?;
    }
    accepted(report, options, paint, out)?;
    if options.show_passed {
        passed(report, paint, out)?;
    }
    totals::not_assessed(report, paint, out)?;
    totals::totals(report, options, paint, out)
}

fn accepted(
    report: &Report,
    options: &TextOptions,
    paint: Paint,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let accepted = || {
        report
            .findings
            .iter()
            .filter_map(|finding| match &finding.status {
                Status::Accepted(acceptance) => Some((finding, acceptance)),
                _ => None,
            })
    };
    let count = accepted().count();
    if count == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "{}",
        paint.bold(&format!("Accepted by an exception ({count})"))
    )?;
    let limit = if options.show_passed {
        count
    } else {
        ACCEPTED_LISTED
    };
    for (finding, acceptance) in accepted().take(limit) {
        let mut words = vec![format!("by {}", acceptance.source.as_str())];
        words.extend(
            acceptance
                .owner
                .as_deref()
                .map(|owner| format!("owner {}", clean(owner))),
        );
        words.extend(acceptance.until.map(|until| format!("until {until}")));
        writeln!(
            out,
            "  {} {}  {}",
            finding.check,
            paint.dim(&place_words(&finding.location)),
            subject_words(&finding.subject),
        )?;
        let reason = acceptance.reason.as_deref().unwrap_or("no reason given");
        writeln!(out, "    {} ({})", clean(reason), words.join(", "))?;
    }
    if count > limit {
        writeln!(out, "  and {} more; -o json lists them all", count - limit)?;
    }
    writeln!(out)
}

fn passed(report: &Report, paint: Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let passed = || {
        report
            .findings
            .iter()
            .filter(|finding| matches!(finding.status, Status::Pass))
    };
    writeln!(
        out,
        "{}",
        paint.bold(&format!("Passed ({})", passed().count()))
    )?;
    for finding in passed() {
        writeln!(
            out,
            "  {} {}  {}",
            finding.check,
            paint.dim(&place_words(&finding.location)),
            subject_words(&finding.subject),
        )?;
    }
    writeln!(out)
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    colour: bool,
}

impl Paint {
    pub(crate) const fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    pub(crate) fn colour(self, colour: AnsiColor, text: &str) -> String {
        self.style(Style::new().fg_color(Some(Color::Ansi(colour))), text)
    }

    /// A text in the colour of a severity.
    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let colour = match severity {
            Severity::Critical | Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
            Severity::Info => return self.dim(text),
        };
        let style = Style::new().fg_color(Some(Color::Ansi(colour)));
        let is_worst = severity == Severity::Critical;
        self.style(if is_worst { style.bold() } else { style }, text)
    }

    fn badge(self, severity: Severity) -> String {
        let word = severity.as_str().to_uppercase();
        if self.colour {
            self.style(badge_style(severity), &format!(" {word} "))
        } else {
            word
        }
    }
}

/// The severity as a filled badge.
fn badge_style(severity: Severity) -> Style {
    let (ink, ground) = match severity {
        Severity::Critical => (AnsiColor::BrightWhite, AnsiColor::Magenta),
        Severity::High => (AnsiColor::BrightWhite, AnsiColor::Red),
        Severity::Medium => (AnsiColor::Black, AnsiColor::Yellow),
        Severity::Low => (AnsiColor::Black, AnsiColor::Cyan),
        Severity::Info => (AnsiColor::Black, AnsiColor::White),
    };
    Style::new()
        .bold()
        .fg_color(Some(Color::Ansi(ink)))
        .bg_color(Some(Color::Ansi(ground)))
}

/// The severity as coloured text.
fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical => AnsiColor::BrightMagenta,
        Severity::High => AnsiColor::BrightRed,
        Severity::Medium => AnsiColor::BrightYellow,
        Severity::Low => AnsiColor::BrightCyan,
        Severity::Info => AnsiColor::White,
    };
    Style::new().bold().fg_color(Some(Color::Ansi(colour)))
}
