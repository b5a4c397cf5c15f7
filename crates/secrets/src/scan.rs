//! One pass over a text: keywords, then regexes on their hits.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
};

use memchr::memmem::{self, Finder};
use ringwall_model::{Confidence, Severity, Span};

use crate::{
    assignment,
    detectors::{Compiled, Detector, Detectors, Target},
    entropy,
    fallback::ends_in_operator,
    placeholder::is_placeholder,
};

/// The most matches that [`Detectors::scan`] returns for one text.
const LIMIT: usize = 1000;
/// Secrets shorter than this are passwords people chose; entropy says little about them.
const MEASURED: usize = 16;

/// A secret in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The detector's id, such as `aws-access-key`.
    pub detector: &'static str,
    /// Whose secret it is, such as `aws`; `generic` when only its name gives it away.
    pub provider: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure; `None` is certain.
    pub confidence: Option<Confidence>,
    /// The secret itself, without quotes and name.
    pub span: Span,
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// In order of place; none overlaps another.
    pub matches: Vec<Match>,
    /// Whether the limit was reached, so that the rest of the text was not looked at.
    pub truncated: bool,
}

/// Secrets that are refused for their entropy are gone over by half where they are as long: searching all of them
/// again from each keyword in them would take time with the square of their length.
const LONG: usize = 256;
/// After as many keywords in a row that began nothing, a detector with a large window looks for its next match once for
/// all of the keywords before it.
const PATIENCE: u32 = 32;
/// A window that is large.
const LARGE_WINDOW: usize = 4096;

/// How far a detector has come in a text.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Where its last match ended: a keyword inside a secret starts nothing.
    end: usize,
    /// How many keywords in a row began no match.
    failures: u32,
    /// Where the required literal was found last.
    required_at: Option<usize>,
    /// From where and up to where it was looked for last, in vain.
    without: Range<usize>,
}

impl Progress {
    /// Where a literal stands first in a place; what was looked at for an earlier keyword is not looked at again.
    fn required_at(
        &mut self,
        bytes: &[u8],
        literal: &Finder<'_>,
        place: Range<usize>,
    ) -> Option<usize> {
        let length = literal.needle().len();
        let known = self.required_at.filter(|&at| at >= place.start);
        let at = known.or_else(|| {
            let is_behind = self.without.contains(&place.start);
            let from = self.without.end.saturating_sub(length - 1);
            let from = if is_behind {
                from.max(place.start)
            } else {
                place.start
            };
            let found = literal.find(bytes.get(from..place.end)?);
            if found.is_none() {
                self.without = place.clone();
            }
            found.map(|found| from + found)
        });
        self.required_at = at;
        at.filter(|at| at + length <= place.end)
    }
}

/// A match that has not been compared with its neighbours.
struct Candidate {
    found: Match,
    rank: u8,
}

impl Detectors {
    /// The first thousand secrets of a text, in order of place.
    pub fn scan(&self, text: &str) -> Vec<Match> {
        self.scan_with_limit(text, LIMIT).matches
    }

    /// The first `limit` secrets of a text, and whether there may be more.
    pub fn scan_with_limit(&self, text: &str, limit: usize) -> Scan {
        self.scan_for(text, limit, true)
    }

    /// The same of secrets that have a form of their own, and not of those that only a name gives away: in code that
    /// programs write, names stand beside digests and other code.
    pub fn scan_forms_with_limit(&self, text: &str, limit: usize) -> Scan {
        self.scan_for(text, limit, false)
    }

    fn scan_for(&self, text: &str, limit: usize, by_name: bool) -> Scan {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut truncated = false;
        let mut all_progress: BTreeMap<usize, Progress> = BTreeMap::new();
        let mut assignment_end = 0;
        self.keywords.each(text, |keyword, hit| {
            let candidate = match self.targets.get(keyword) {
                Some(Target::Detector { detector, keyword }) => {
                    let progress = all_progress.entry(*detector).or_default();
                    if hit.start < progress.end {
                        return ControlFlow::Continue(());
                    }
                    self.detector(*detector).and_then(|(known, compiled)| {
                        let span = known.find(compiled, text, hit, keyword, progress)?;
                        Some(known.candidate(span))
                    })
                }
                Some(Target::Assignment) if by_name && hit.start >= assignment_end => {
                    assignment::read(text, hit).and_then(|assignment| {
                        assignment_end = assignment.end;
                        let found = assignment.judge(text)?;
                        Some(Candidate { found, rank: 0 })
                    })
                }
                _ => None,
            };
            if let Some(candidate) = candidate {
                if candidates.len() == limit {
                    truncated = true;
                    return ControlFlow::Break(());
                }
                candidates.push(candidate);
            }
            ControlFlow::Continue(())
        });
        Scan {
            matches: without_overlaps(candidates),
            truncated,
        }
    }
}

impl Detector {
    fn candidate(&self, span: Span) -> Candidate {
        Candidate {
            found: Match {
                detector: self.id,
                provider: self.provider,
                title: self.title,
                severity: self.severity,
                confidence: self.confidence,
                span,
            },
            rank: self.rank,
        }
    }

    /// The secret at a keyword, if there is one. Cheap looks come before the regex.
    fn find(
        &self,
        compiled: &Compiled,
        text: &str,
        hit: Range<usize>,
        keyword: &str,
        progress: &mut Progress,
    ) -> Option<Span> {
        let bytes = text.as_bytes();
        if !self.ignore_case && bytes.get(hit.clone()) != Some(keyword.as_bytes()) {
            return None;
        }
        if self.token
            && let Some(before) = hit.start.checked_sub(1).and_then(|at| bytes.get(at))
            && (before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-'))
            && !follows_escape(bytes, hit.start)
            && !ends_in_operator(bytes.get(..hit.start)?)
        {
            return None;
        }
        let start = hit.start.saturating_sub(self.before);
        let end = bytes.len().min(hit.end + self.window);
        let ahead = bytes.get(hit.start..end)?;
        if self.min_length > 0
            && ahead
                .iter()
                .take(self.min_length)
                .take_while(|byte| !byte.is_ascii_whitespace())
                .count()
                < self.min_length
        {
            return None;
        }
        if let Some(literal) = self.behind
            && memmem::rfind(bytes.get(start..hit.start)?, literal.as_bytes()).is_none()
        {
            return None;
        }
        if let Some(follows) = self.follows
            && !(bytes.get(hit.end)).is_some_and(|next| follows.as_bytes().contains(next))
        {
            return None;
        }
        if let Some(literal) = self.requires {
            let finder = compiled.required(literal);
            let at = progress.required_at(bytes, finder, hit.start..end)?;
            let between = bytes.get(hit.end..at).unwrap_or_default();
            let ends = |until: &str| {
                let mut between = between.iter().chain(literal.as_bytes());
                between.any(|byte| until.as_bytes().contains(byte))
            };
            let lacks = |part: &str| memmem::find(between, part.as_bytes()).is_none();
            if self.until.is_some_and(ends) || self.between.is_some_and(lacks) {
                return None;
            }
        }
        if progress.failures >= PATIENCE && self.before == 0 && self.window >= LARGE_WINDOW {
            progress.end = self.next_start(compiled, bytes, hit.start)?;
            if progress.end > hit.start {
                return None;
            }
        }
        let window = bytes.get(start..end)?;
        progress.failures += 1;
        if let Some(run) = &self.run
            && !run.is_in(window)
        {
            return None;
        }
        let pattern = compiled.pattern(self);
        // What stands before the keyword may be the match of an earlier one.
        let mut from = progress.end.saturating_sub(start);
        let found = loop {
            let found = pattern.find_at(window, from)?;
            if start + found.whole.end >= hit.end {
                break found;
            }
            from = found.whole.end.max(from + 1);
        };
        let secret = found.secret?;
        let span = on_characters(text, start + secret.start, start + secret.end);
        let found = text.get(span.range())?;
        progress.failures = 0;
        if found.len() >= LONG && entropy(found) < self.min_entropy {
            progress.end = span.range().start + found.len() / 2;
            return None;
        }
        let is_secret = !found.is_empty()
            && !is_placeholder(found)
            && (found.len() < MEASURED || entropy(found) >= self.min_entropy)
            && !compiled
                .unless(self)
                .is_some_and(|unless| unless.is_match(found.as_bytes()));
        if !is_secret {
            return None;
        }
        progress.end = span.range().end;
        Some(span)
    }

    /// Before which place no match begins, from one place on.
    ///
    /// The text is looked at in parts, each twice as long as a match may be: what begins in the first half of a part
    /// ends in it. A regex that goes on without a bound would find in the text as a whole a match that begins here and
    /// ends far beyond, for each of the keywords before that end.
    pub(crate) fn next_start(
        &self,
        compiled: &Compiled,
        bytes: &[u8],
        from: usize,
    ) -> Option<usize> {
        let pattern = compiled.anywhere(self)?;
        let longest = self.keywords.iter().map(|keyword| keyword.len()).max()?;
        let reach = self.window + longest;
        let mut at = from;
        while at < bytes.len() {
            let part = bytes.get(at..bytes.len().min(at + 2 * reach))?;
            match pattern.find(part).map(|found| found.start()) {
                Some(start) if start < reach => return Some(at + start),
                _ => at += reach,
            }
        }
        Some(bytes.len())
    }
}

/// Whether the letter before `at` belongs to `\n`, `\t` or `\r` as JSON and shell write them.
fn follows_escape(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(2)
        .and_then(|from| bytes.get(from..at))
        .is_some_and(|pair| matches!(pair, br"\n" | br"\t" | br"\r"))
}

/// The span grown to whole characters: byte regexes may stop inside one.
fn on_characters(text: &str, mut start: usize, mut end: usize) -> Span {
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start, end)
}

/// Of overlapping candidates the one with the highest rank, then the surer, then the longer.
fn without_overlaps(mut candidates: Vec<Candidate>) -> Vec<Match> {
    if candidates.len() < 2 {
        return candidates.into_iter().map(|it| it.found).collect();
    }
    let sureness = |found: &Match| found.confidence.map_or(3, |confidence| confidence as u8);
    candidates.sort_by(|a, b| {
        let length = |found: &Match| found.span.end - found.span.start;
        b.rank
            .cmp(&a.rank)
            .then_with(|| sureness(&b.found).cmp(&sureness(&a.found)))
            .then_with(|| length(&b.found).cmp(&length(&a.found)))
            .then_with(|| a.found.span.start.cmp(&b.found.span.start))
    });
    let mut kept: BTreeMap<u32, Match> = BTreeMap::new();
    for Candidate { found, .. } in candidates {
        let left = kept
            .range(..=found.span.start)
            .next_back()
            .is_some_and(|(_, other)| other.span.end > found.span.start);
        let right = kept
            .range(found.span.start..found.span.end)
            .next()
            .is_some();
        if !left && !right {
            kept.insert(found.span.start, found);
        }
    }
    kept.into_values().collect()
}
