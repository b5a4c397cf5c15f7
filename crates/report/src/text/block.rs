//! One finding, or several of one root cause, with the source they are about.

use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use anstyle::AnsiColor;
use ringwall_model::{Finding, Fix, Location};

use super::{Paint, TextOptions, severity_style};
use crate::{
    Excerpt, Excerpts,
    patch::fix_patch,
    words::{clean, count_words, has_page, place_words, subject_words},
};

/// Lines before and after the marked ones.
const CONTEXT_LINES: u32 = 1;
/// Changed lines of a fix that are shown.
const PATCH_LINES: usize = 12;
/// Other places that are named.
const EVIDENCE_LISTED: usize = 5;

pub(super) struct BlockWriter<'a> {
    excerpts: &'a Excerpts<'a>,
    options: &'a TextOptions,
    paint: Paint,
}

impl<'a> BlockWriter<'a> {
    pub(super) fn new(excerpts: &'a Excerpts<'a>, options: &'a TextOptions, paint: Paint) -> Self {
        Self {
            excerpts,
            options,
            paint,
        }
    }

    /// Writes findings of one root cause and subject, the worst first.
    pub(super) fn write(&self, members: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
        let Some((worst, others)) = members.split_first() else {
            return Ok(());
        };
        writeln!(
            out,
            "{} {}  {}",
            self.paint.badge(worst.severity),
            self.paint.bold(&clean(&worst.check)),
            subject_words(&worst.subject),
        )?;
        self.paragraph(&self.message(worst), 2, out)?;
        self.excerpt(worst, out)?;
        for evidence in worst.evidence.iter().take(EVIDENCE_LISTED) {
            writeln!(
                out,
                "  {} {} {}",
                self.paint.colour(AnsiColor::BrightBlue, "see:"),
                clean(&evidence.label),
                self.paint.dim(&place_words(&evidence.location)),
            )?;
        }
        if let Some(left_out) = worst.evidence.len().checked_sub(EVIDENCE_LISTED + 1) {
            let more = count_words(left_out + 1, "more place");
            writeln!(out, "       {more} in -o json")?;
        }
        if !others.is_empty() {
            let head = match others.len() {
                1 => "with the same root cause".to_owned(),
                count => format!("{count} with the same root cause"),
            };
            writeln!(
                out,
                "  {}",
                self.paint
                    .colour(AnsiColor::BrightBlue, &format!("also, {head}:"))
            )?;
            for other in others {
                self.member(worst, other, out)?;
            }
        }
        if let Some(fix) = &worst.fix {
            self.fix(fix, &worst.location, out)?;
        } else if !worst.remediation.is_empty() {
            let head = self.paint.colour(AnsiColor::BrightGreen, "fix:");
            self.paragraph(&format!("{head} {}", clean(&worst.remediation)), 2, out)?;
        }
        if has_page(&worst.check) {
            writeln!(
                out,
                "  {} ringwall explain {}",
                self.paint.colour(AnsiColor::BrightCyan, "help:"),
                clean(&worst.check),
            )?;
        }
        writeln!(out)
    }

    fn member(&self, worst: &Finding, other: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        let severity = self.paint.style(
            severity_style(other.severity),
            &format!("{:<8}", other.severity.as_str()),
        );
        let mut line = format!(
            "{severity} {}  {}",
            self.paint.bold(&clean(&other.check)),
            self.message(other)
        );
        if other.location.file != worst.location.file
            || other.location.start.line != worst.location.start.line
        {
            line.push_str("  ");
            line.push_str(&self.paint.dim(&place_words(&other.location)));
        }
        self.hanging(&line, 4, 8, out)
    }

    fn excerpt(&self, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        let place = place_words(&finding.location);
        let Some(excerpt) = self.excerpts.cut(&finding.location, CONTEXT_LINES) else {
            return writeln!(
                out,
                "  {} {place}",
                self.paint.colour(AnsiColor::BrightBlue, "-->")
            );
        };
        let last = excerpt.first_line as usize + excerpt.lines.len();
        let gutter = " ".repeat(last.saturating_sub(1).max(1).to_string().len());
        let arrow = self.paint.colour(AnsiColor::BrightBlue, "-->");
        writeln!(out, "{gutter}{arrow} {place}")?;
        let drawn = self.draw(&excerpt);
        writeln!(out, "{drawn}")?;
        if excerpt.lines_left_out > 0 {
            let more = count_words(excerpt.lines_left_out as usize, "more line");
            writeln!(out, "{gutter} {}", self.paint.dim(&format!("... {more}")))?;
        }
        Ok(())
    }

    fn draw(&self, excerpt: &Excerpt) -> String {
        let mut text = String::new();
        let mut marked: Option<std::ops::Range<usize>> = None;
        for line in &excerpt.lines {
            if !text.is_empty() {
                text.push('\n');
            }
            if let Some(columns) = &line.marked {
                let byte = |column: usize| {
                    let at = line.text.char_indices().nth(column);
                    text.len() + at.map_or(line.text.len(), |(at, _)| at)
                };
                let range = byte(columns.start)..byte(columns.end);
                marked = Some(marked.map_or(range.clone(), |all| all.start..range.end));
            }
            text.push_str(&line.text);
        }
        let end = text.len();
        let snippet = Snippet::source(&*text)
            .line_start(excerpt.first_line as usize)
            .fold(false);
        let snippet = snippet.annotation(match marked {
            Some(marked) => AnnotationKind::Primary.span(marked),
            None => AnnotationKind::Visible.span(0..end),
        });
        let renderer = if self.paint.colour {
            Renderer::styled().hyperlink(false)
        } else {
            Renderer::plain()
        };
        renderer
            .decor_style(DecorStyle::Ascii)
            .term_width(self.options.width.unwrap_or(140).max(40))
            .render(&[Group::with_level(Level::ERROR).element(snippet)])
    }

    fn fix(&self, fix: &Fix, location: &Location, out: &mut dyn io::Write) -> io::Result<()> {
        let head = self.paint.colour(AnsiColor::BrightGreen, "fix");
        writeln!(out, "  {head} ({}):", fix.safety.as_str())?;
        let Some(patch) = fix_patch(self.excerpts, &fix.edits) else {
            let why = "its lines are too long to show; -o json has the edits";
            return writeln!(out, "    {}", self.paint.dim(why));
        };
        let is_change = |line: &&str| {
            let header = line.starts_with("--- a/") || line.starts_with("+++ b/");
            line.starts_with(['-', '+']) && !header
        };
        for edit in &fix.edits {
            if edit.file != location.file {
                writeln!(out, "    in {}", clean(&edit.file))?;
                break;
            }
        }
        for line in patch.lines().filter(is_change).take(PATCH_LINES) {
            let colour = if line.starts_with('+') {
                AnsiColor::BrightGreen
            } else {
                AnsiColor::BrightRed
            };
            writeln!(out, "    {}", self.paint.colour(colour, &clean(line)))?;
        }
        let left_out = patch
            .lines()
            .filter(is_change)
            .count()
            .saturating_sub(PATCH_LINES);
        if left_out > 0 {
            writeln!(out, "    ... {}", count_words(left_out, "more line"))?;
        }
        Ok(())
    }

    /// A paragraph, wrapped at the terminal's width.
    fn paragraph(&self, text: &str, indent: usize, out: &mut dyn io::Write) -> io::Result<()> {
        self.hanging(text, indent, indent, out)
    }

    /// A paragraph whose lines behind the first are indented otherwise.
    fn hanging(
        &self,
        text: &str,
        mut indent: usize,
        behind: usize,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let width = self.options.width;
        let limit =
            |indent: usize| width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(20));
        let mut line = String::new();
        let mut length = 0;
        for word in text.split(' ') {
            let count = columns(word);
            if length > 0 && length + 1 + count > limit(indent) {
                writeln!(out, "{:indent$}{}", "", line.trim_end())?;
                line.clear();
                length = 0;
                indent = behind;
            } else if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += count;
        }
        writeln!(out, "{:indent$}{line}", "")
    }

    /// The message, with how sure it is where it is not certain.
    fn message(&self, finding: &Finding) -> String {
        let message = self.excerpts.message(finding);
        let message = clean(&message);
        match finding.confidence {
            Some(confidence) => format!("{message} (confidence {})", confidence.as_str()),
            None => message.into_owned(),
        }
    }
}

/// The characters of a text without the sequences that colour it.
fn columns(text: &str) -> usize {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().map_or(0, |piece| piece.chars().count());
    let coloured = pieces.map(|piece| {
        let shown = piece.split_once('m').map_or("", |(_, shown)| shown);
        shown.chars().count()
    });
    first + coloured.sum::<usize>()
}
