//! The lines around a finding, with every secret of the file concealed.
//!
//! The only place that hands source text to a format. A concealed text has the geometry of the
//! original, in bytes and in characters, so spans, columns and edits mean the same in both.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use ringwall_model::{Finding, Location, Report, Source, Span, Status};

use crate::{Context, Sources, words::clean};

/// At most this many characters of a secret are shown, and at most a quarter of it.
const SHOWN_CHARACTERS: usize = 4;
/// A secret of fewer characters is concealed where it was found, but not looked for elsewhere:
/// it would match words that are none.
const VALUE_CHARACTERS: usize = 8;
/// Lines of a longer range that an excerpt shows.
const RANGE_LINES: u32 = 12;
/// Characters of a longer line that an excerpt shows.
const LINE_CHARACTERS: usize = 240;
/// Characters before the marked ones that a cut line keeps.
const LEAD_CHARACTERS: usize = 40;

/// Whether findings of this check span a secret.
///
/// Of the checks named `plaintext-...`, some are about a connection without TLS instead.
pub fn is_secret_check(check: &str) -> bool {
    const CONNECTIONS: [&str; 5] = [
        "plaintext-build-download",
        "plaintext-chart-dependency",
        "plaintext-gateway-listener",
        "plaintext-ingress",
        "plaintext-kubeconfig-server",
    ];
    check.starts_with("plaintext-") && !CONNECTIONS.contains(&check)
}

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
    secrets: BTreeMap<&'a str, Vec<Span>>,
    concealed: RefCell<BTreeMap<&'a str, Option<Arc<Concealed>>>>,
}

struct Concealed {
    source: Arc<Source>,
    values: Option<AhoCorasick>,
}

impl<'a> Excerpts<'a> {
    /// The sources of `context`, in which the secrets that `report` found are concealed.
    pub fn new(report: &'a Report, context: &Context<'a>) -> Self {
        let mut secrets: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
        let is_secret = |finding: &Finding| {
            !matches!(finding.status, Status::Pass)
                && (is_secret_check(&finding.check)
                    || context.secret_checks.contains(&&*finding.check))
        };
        for finding in report.findings.iter().filter(|finding| is_secret(finding)) {
            let spans = secrets.entry(&finding.location.file).or_default();
            spans.push(finding.location.span);
        }
        Self {
            sources: context.sources,
            secrets,
            concealed: RefCell::default(),
        }
    }

    /// A whole source with its secrets concealed.
    pub fn source(&self, file: &str) -> Option<Arc<Source>> {
        if self.secrets.contains_key(file) {
            self.concealed(file)
                .map(|concealed| Arc::clone(&concealed.source))
        } else {
            self.sources.text(file)
        }
    }

    /// A text that was made from `file`, such as an edit's, with the file's secrets concealed.
    pub fn conceal<'t>(&self, file: &str, text: &'t str) -> Cow<'t, str> {
        let Some(concealed) = self.concealed(file) else {
            return Cow::Borrowed(text);
        };
        let Some(values) = &concealed.values else {
            return Cow::Borrowed(text);
        };
        let ranges = values
            .find_iter(text)
            .filter_map(|found| hidden_part(text, found.range()))
            .collect();
        cover(text, ranges)
    }

    /// A finding's message with the secrets of its file concealed.
    pub fn message<'t>(&self, finding: &'t Finding) -> Cow<'t, str> {
        self.conceal(&finding.location.file, &finding.message)
    }

    /// The finding with concealed texts, where they say a secret of its file.
    pub(crate) fn concealed_finding(&self, finding: &Finding) -> Option<Finding> {
        if self.secrets.is_empty() {
            return None;
        }
        let message = self.message(finding);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let mut texts = edits.map(|edit| self.conceal(&edit.file, &edit.text));
        if matches!(message, Cow::Borrowed(_)) && texts.all(|text| matches!(text, Cow::Borrowed(_)))
        {
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
        let (&file, spans) = self.secrets.get_key_value(file)?;
        let mut known = self.concealed.borrow_mut();
        known
            .entry(file)
            .or_insert_with(|| {
                let source = self.sources.text(file)?;
                Some(Arc::new(Concealed::new(&source, spans)))
            })
            .clone()
    }
}

impl Concealed {
    fn new(source: &Source, spans: &[Span]) -> Self {
        let text = &*source.text;
        let mut ranges = Vec::new();
        let mut values = Vec::new();
        for &span in spans {
            let range = secret_range(source, span);
            let value = text.get(range.clone()).unwrap_or("");
            let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            if value.chars().count() >= VALUE_CHARACTERS {
                values.push(value);
            }
            ranges.extend(hidden_part(text, range));
        }
        values.sort_unstable();
        values.dedup();
        let values = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(values)
            .ok()
            .filter(|values| values.patterns_len() > 0);
        if let Some(values) = &values {
            let elsewhere = values.find_iter(text);
            ranges.extend(elsewhere.filter_map(|found| hidden_part(text, found.range())));
        }
        Self {
            source: Arc::new(Source::new(
                Arc::clone(&source.name),
                cover(text, ranges).into_owned(),
            )),
            values,
        }
    }
}

/// The bytes of a secret: the span, or what follows on its line when the span is a mere point.
fn secret_range(source: &Source, span: Span) -> Range<usize> {
    let text = &*source.text;
    let start = floor_char_boundary(text, span.start as usize);
    let end = floor_char_boundary(text, span.end as usize).max(start);
    if start < end {
        return start..end;
    }
    let rest = text.get(start..).unwrap_or("");
    start..start + rest.find('\n').unwrap_or(rest.len())
}

/// What of a secret is concealed: all but its first characters.
fn hidden_part(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let secret = text.get(range.clone())?;
    let shown = SHOWN_CHARACTERS.min(secret.chars().count() / 4);
    let (skipped, _) = secret.char_indices().nth(shown)?;
    Some(range.start + skipped..range.end)
}

/// The text with the characters of the ranges replaced; indentation and line breaks stay.
fn cover(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut ranges = ranges.into_iter().peekable();
    let mut covered_until = 0;
    let mut covered = String::with_capacity(text.len());
    let mut in_indentation = true;
    for (at, character) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            covered_until = covered_until.max(range.end);
        }
        in_indentation = character == '\n' || (in_indentation && character.is_ascii_whitespace());
        if at < covered_until && !in_indentation && character != '\r' {
            covered.push(cover_character(character));
        } else {
            covered.push(character);
        }
    }
    Cow::Owned(covered)
}

/// A character that says nothing, as long in UTF-8 as the one it replaces.
const fn cover_character(character: char) -> char {
    match character.len_utf8() {
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '🞶',
    }
}

fn excerpt_line(text: &str, line: Span, span: Span) -> ExcerptLine {
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

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
