//! The lines around a finding, with every secret of the file concealed.
//!
//! The only place that hands source text to a format.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, ops::Range, sync::Arc};

use ringwall_model::{Finding, Fix, Location, Source, Span};
use ringwall_secrets::Concealer;

use crate::{Context, Sources, words::clean};

/// Lines of a longer range that an excerpt shows.
const RANGE_LINES: u32 = 12;
/// Characters of a longer line that an excerpt shows.
const LINE_CHARACTERS: usize = 240;
/// Characters before the marked ones that a cut line keeps.
const LEAD_CHARACTERS: usize = 40;

/// A few lines of source around a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// The lines, without line breaks.
    pub lines: Vec<ExcerptLine>,
    /// Lines of the marked range that are left out after the last one.
    pub lines_left_out: u32,
}

/// One line of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcerptLine {
    /// The text, harmless to show; `…` stands where a long line was cut.
    pub text: String,
    /// The characters of `text` that the place covers.
    pub marked: Option<Range<usize>>,
}

/// The sources of a report, with their secrets concealed.
pub struct Excerpts<'a> {
    sources: &'a dyn Sources,
    concealed: RefCell<BTreeMap<Arc<str>, Option<Arc<Concealed>>>>,
}

struct Concealed {
    source: Arc<Source>,
    concealer: Concealer,
}

impl<'a> Excerpts<'a> {
    /// The sources of `context`.
    pub fn new(context: &Context<'a>) -> Self {
        Self {
            sources: context.sources,
            concealed: RefCell::default(),
        }
    }

    /// A whole source with its secrets concealed.
    pub fn source(&self, file: &str) -> Option<Arc<Source>> {
        match self.concealed(file) {
            Some(concealed) => Some(Arc::clone(&concealed.source)),
            None => self.sources.text(file),
        }
    }

    /// A text that was made from `file`, such as an edit's, with the file's secrets concealed.
    pub fn conceal<'t>(&self, file: &str, text: &'t str) -> Cow<'t, str> {
        match self.concealed(file) {
            Some(concealed) => concealed.concealer.conceal(text),
            None => Cow::Borrowed(text),
        }
    }

    /// A finding's message with the secrets of its file concealed.
    pub fn message<'t>(&self, finding: &'t Finding) -> Cow<'t, str> {
        self.conceal(&finding.location.file, &finding.message)
    }

    /// Whether an edit repeats a secret of its file, so that the fix cannot be given exactly.
    pub(crate) fn repeats_secret(&self, fix: &Fix) -> bool {
        let mut edits = fix.edits.iter();
        edits.any(|edit| matches!(self.conceal(&edit.file, &edit.text), Cow::Owned(_)))
    }

    /// The finding with concealed texts, where they say a secret of its file.
    pub(crate) fn concealed_finding(&self, finding: &Finding) -> Option<Finding> {
        let message = self.message(finding);
        let repeats = |fix| self.repeats_secret(fix);
        if matches!(message, Cow::Borrowed(_)) && !finding.fix.as_deref().is_some_and(repeats) {
            return None;
        }
        let mut concealed = finding.clone();
        concealed.message = message.into_owned();
        for edit in concealed.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.text = self.conceal(&edit.file, &edit.text).into_owned();
        }
        Some(concealed)
    }

    /// The lines around a place, `context` of them before and after.
    pub fn cut(&self, location: &Location, context: u32) -> Option<Excerpt> {
        let source = self.source(&location.file)?;
        let span = location.span;
        if source.text.is_empty() || source.text.get(span.range()).is_none() {
            return None;
        }
        let lines = source.lines();
        let first = lines.position(&source.text, span.start).line;
        let mut last = lines.position(&source.text, span.end).line;
        // An end at the start of a line is the end of the line before.
        if last > first
            && lines
                .line(&source.text, last)
                .is_some_and(|line| line.start == span.end)
        {
            last -= 1;
        }
        let shown = last.min(first + RANGE_LINES - 1);
        let after = if shown < last { 0 } else { context };
        let first_line = first.saturating_sub(context).max(1);
        let lines = (first_line..=shown.saturating_add(after))
            .map_while(|number| Some((number, lines.line(&source.text, number)?)))
            // What follows the last line break is no line, unless something is there.
            .filter(|&(number, line)| number <= shown || (line.start as usize) < source.text.len())
            .map(|(_, line)| line)
            .map(|line| excerpt_line(source.slice(line), line, span))
            .collect();
        Some(Excerpt {
            first_line,
            lines,
            lines_left_out: last - shown,
        })
    }

    fn concealed(&self, file: &str) -> Option<Arc<Concealed>> {
        let secrets = self.sources.secrets(file);
        if secrets.is_empty() {
            return None;
        }
        let mut known = self.concealed.borrow_mut();
        if let Some(concealed) = known.get(file) {
            return concealed.clone();
        }
        let concealed = self.sources.text(file).map(|source| {
            let concealer = Concealer::new(&source.text, secrets);
            let text = concealer.text(&source.text);
            Arc::new(Concealed {
                source: Arc::new(Source::new(Arc::clone(&source.name), text)),
                concealer,
            })
        });
        known.insert(file.into(), concealed.clone());
        concealed
    }
}

/// The part of a line that may be shown: a file of one line may have thousands of places to show, and each must not
/// cost the whole line.
fn neighbourhood(text: &str, line: Span, span: Span) -> (&str, Span) {
    /// As much may be shown on either side of where a place begins, and no character is longer than four bytes.
    const BYTES: usize = 4 * (LEAD_CHARACTERS + LINE_CHARACTERS + 1);
    let is_here = span.start < line.end || span.start == span.end && span.start == line.end;
    let marked = if is_here {
        span.start.max(line.start)
    } else {
        line.start
    };
    let marked = (marked - line.start) as usize;
    let boundary = |at: usize| (0..=at).rev().find(|&at| text.is_char_boundary(at));
    let start = boundary(marked.saturating_sub(BYTES)).unwrap_or_default();
    let end = boundary(marked.saturating_add(BYTES).min(text.len())).unwrap_or_default();
    let base = line.start as usize;
    let part = text.get(start..end).unwrap_or_default();
    (part, Span::new(base + start, base + end))
}

fn excerpt_line(text: &str, line: Span, span: Span) -> ExcerptLine {
    let (text, line) = neighbourhood(text, line, span);
    let column = |offset: u32| {
        let bytes = offset.clamp(line.start, line.end) - line.start;
        text.get(..bytes as usize).unwrap_or("").chars().count()
    };
    let touches = span.start <= line.end && span.end >= line.start;
    let covers = span.start < line.end && span.end > line.start;
    let point = span.start == span.end && touches;
    let mut marked = (covers || point).then(|| column(span.start)..column(span.end));
    // The indentation before what a long range covers is no part of it to a reader.
    if let Some(marked) = &mut marked
        && span.start < line.start
    {
        let indentation = text.chars().take_while(|c| c.is_whitespace()).count();
        marked.start = indentation.min(marked.end);
    }
    let length = text.chars().count();
    if length <= LINE_CHARACTERS {
        return ExcerptLine {
            text: clean(text).into_owned(),
            marked,
        };
    }
    let from = marked
        .as_ref()
        .map_or(0, |marked| marked.start.saturating_sub(LEAD_CHARACTERS))
        .min(length - LINE_CHARACTERS);
    let mut cut = String::from(if from > 0 { "…" } else { "" });
    let lead = usize::from(from > 0);
    cut.extend(clean(text).chars().skip(from).take(LINE_CHARACTERS));
    if from + LINE_CHARACTERS < length {
        cut.push('…');
    }
    let last = cut.chars().count();
    ExcerptLine {
        text: cut,
        marked: marked
            .map(|marked| marked.start - from + lead..(marked.end - from + lead).min(last)),
    }
}
