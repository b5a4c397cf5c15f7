//! Edits as a unified diff.
//!
//! The edits say which bytes change, so the changed lines are known and nothing has to be guessed
//! by comparing texts.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io,
    ops::Range,
};

use ringwall_model::{Edit, Report, Safety, Source, Span};
use ringwall_secrets::Concealer;

use crate::{Context, Excerpts};

/// Unchanged lines shown around a change.
const CONTEXT_LINES: usize = 3;
/// Bytes of the lines that a fix changes or shows, above which no patch of it is shown.
const MOST_BYTES: usize = 8 << 10;
/// Unchanged lines between two changes of one hunk.
const JOINED_LINES: usize = 2 * CONTEXT_LINES;

/// Writes the fixes of all findings that count as one unified diff, file by file.
///
/// Without `Safety::Unsafe` only safe fixes are in it. Secrets are concealed: it is for reading.
/// A fix that overlaps one of a worse finding is left out, as it is when fixes are applied.
pub fn diff(
    report: &Report,
    context: &Context<'_>,
    safety: Safety,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let mut files: BTreeMap<&str, BTreeMap<Span, &Edit>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.fails()) {
        let Some(fix) = finding.fix.as_deref().filter(|fix| fix.safety <= safety) else {
            continue;
        };
        let taken = fix.edits.iter().any(|edit| {
            files.get(&*edit.file).is_some_and(|chosen| {
                let start = chosen.range(..=edit.span).next_back();
                let after = chosen.range(edit.span..).next();
                let overlaps = |(&span, other): (&Span, &&Edit)| {
                    *other != edit
                        && (span == edit.span
                            || (span.start < edit.span.end && edit.span.start < span.end))
                };
                start.is_some_and(overlaps) || after.is_some_and(overlaps)
            })
        });
        if !taken {
            for edit in &fix.edits {
                files.entry(&edit.file).or_default().insert(edit.span, edit);
            }
        }
    }
    for (file, edits) in &files {
        out.write_all(file_patch(&excerpts, file, edits.values().copied()).as_bytes())?;
    }
    Ok(())
}

/// The edits of one fix as a unified diff over all files it touches, secrets concealed; `None` where its lines are
/// too long. A diff has whole lines, and a file may be one line with thousands of findings.
pub(crate) fn fix_patch(excerpts: &Excerpts<'_>, edits: &[Edit]) -> Option<String> {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    let mut bytes = 0;
    for edit in edits {
        files.entry(&edit.file).or_default().push(edit);
        let source = excerpts.source(&edit.file);
        bytes += source.map_or(0, |source| bytes_around(&source, edit.span));
    }
    if bytes > MOST_BYTES {
        return None;
    }
    let patch = |(file, edits): (&str, Vec<&Edit>)| file_patch(excerpts, file, edits.into_iter());
    Some(files.into_iter().map(patch).collect())
}

/// How long the lines are that a diff shows for a change.
fn bytes_around(source: &Source, span: Span) -> usize {
    let text = &*source.text;
    let number = |offset: u32| source.lines().position(text, offset).line;
    let line = |number: u32| source.lines().line(text, number);
    let context = u32::try_from(CONTEXT_LINES).unwrap_or(u32::MAX);
    let first = line(number(span.start).saturating_sub(context).max(1));
    let last = line(number(span.end).saturating_add(context));
    let start = first.map_or(0, |line| line.start as usize);
    let end = last.map_or(text.len(), |line| line.end as usize);
    end.saturating_sub(start)
}

fn file_patch<'e>(
    excerpts: &Excerpts<'_>,
    file: &str,
    edits: impl Iterator<Item = &'e Edit>,
) -> String {
    let Some(source) = excerpts.source(file) else {
        return String::new();
    };
    let concealed: Vec<Edit> = edits
        .map(|edit| Edit {
            text: excerpts.conceal(file, &edit.text).into_owned(),
            ..edit.clone()
        })
        .collect();
    patch(&source, &concealed)
}

/// The unified diff from a source to another text of the same file, which the diff calls `name`; empty when both are
/// the same.
///
/// It can be applied, so nothing in it is concealed: unchanged lines that hold one of the `secrets` of
/// the source are left out, and where that is not enough, there is none.
pub fn patch_between(
    name: &[u8],
    before: &Source,
    after: &str,
    secrets: &[Span],
) -> Option<String> {
    let lines = similar::TextDiff::from_lines(before.text.as_str(), after);
    let mut edits: Vec<Edit> = Vec::new();
    let mut offset = 0;
    let mut last_changed = false;
    for change in lines.iter_all_changes() {
        let length = change.value().len();
        let (removed, added) = match change.tag() {
            similar::ChangeTag::Equal => {
                offset += length;
                last_changed = false;
                continue;
            }
            similar::ChangeTag::Delete => (length, ""),
            similar::ChangeTag::Insert => (0, change.value()),
        };
        match edits.last_mut().filter(|_| last_changed) {
            Some(edit) => {
                edit.span = Span::new(edit.span.start as usize, offset + removed);
                edit.text.push_str(added);
            }
            None => edits.push(Edit {
                file: std::sync::Arc::clone(&before.name),
                span: Span::new(offset, offset + removed),
                text: added.to_owned(),
            }),
        }
        offset += removed;
        last_changed = true;
    }
    let concealer = Concealer::new(&before.text, secrets);
    let hidden = concealer.lines(&before.text);
    let patch = patch_without(name, before, &edits, &hidden)?;
    matches!(concealer.conceal(&patch), Cow::Borrowed(_)).then_some(patch)
}

/// The unified diff of `edits` in one source; empty when they change nothing.
///
/// Edits of other files, outside the text or over an earlier edit are left out.
pub fn patch(source: &Source, edits: &[Edit]) -> String {
    let name = source.name.trim_start_matches('/').as_bytes();
    patch_without(name, source, edits, &BTreeSet::new()).unwrap_or_default()
}

/// The same without some lines, counted from 0; `None` where they change or where a hunk needs one to be applied.
fn patch_without(
    name: &[u8],
    source: &Source,
    edits: &[Edit],
    hidden: &BTreeSet<usize>,
) -> Option<String> {
    let mut edits: Vec<&Edit> = edits
        .iter()
        .filter(|edit| edit.file == source.name && source.text.get(edit.span.range()).is_some())
        .collect();
    edits.sort();
    edits.dedup();
    let mut until = 0;
    edits.retain(|edit| {
        let free = edit.span.start >= until;
        if free {
            until = edit.span.end;
        }
        free
    });
    let old: Vec<&str> = source.text.split_inclusive('\n').collect();
    let changes = changes(source, &old, &edits);
    if changes.is_empty() {
        return Some(String::new());
    }
    let (old_name, new_name) = (written_name("a", name), written_name("b", name));
    let mut patch = format!("--- {old_name}\n+++ {new_name}\n");
    let mut added: usize = 0;
    let mut removed: usize = 0;
    let is_hidden = |lines: Range<usize>| hidden.range(lines).next().is_some();
    for hunk in changes.chunk_by(|a, b| {
        b.old.start - a.old.end <= JOINED_LINES && !is_hidden(a.old.end..b.old.start)
    }) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let start = first.old.start.saturating_sub(CONTEXT_LINES);
        let end = (last.old.end + CONTEXT_LINES).min(old.len());
        // What is shown around a change ends before the next hidden line.
        let above = hidden.range(start..first.old.start).next_back();
        let start = above.map_or(start, |line| line + 1);
        let below = hidden.range(last.old.end..end).next();
        let end = below.map_or(end, |&line| line);
        // A hunk that ends with its change is one for the end of the file.
        let is_open = end > last.old.end || end == old.len();
        if !is_open || hunk.iter().any(|change| is_hidden(change.old.clone())) {
            return None;
        }
        let plus: usize = hunk.iter().map(|change| change.new.len()).sum();
        let minus: usize = hunk.iter().map(|change| change.old.len()).sum();
        let old_count = end - start;
        // Writing to a string cannot fail.
        let _ = writeln!(
            patch,
            "@@ -{} +{} @@",
            hunk_range(start, old_count),
            hunk_range(
                (start + added).saturating_sub(removed),
                old_count + plus - minus
            ),
        );
        let mut at = start;
        for change in hunk {
            push_lines(
                &mut patch,
                ' ',
                old.get(at..change.old.start).unwrap_or_default(),
            );
            push_lines(
                &mut patch,
                '-',
                old.get(change.old.clone()).unwrap_or_default(),
            );
            let new: Vec<&str> = change.new.iter().map(String::as_str).collect();
            push_lines(&mut patch, '+', &new);
            at = change.old.end;
        }
        push_lines(&mut patch, ' ', old.get(at..end).unwrap_or_default());
        added += plus;
        removed += minus;
    }
    Some(patch)
}

/// Lines of the old text, and what stands there afterwards.
struct Change {
    old: Range<usize>,
    new: Vec<String>,
}

fn changes(source: &Source, old: &[&str], edits: &[&Edit]) -> Vec<Change> {
    let text = &*source.text;
    let line_of = |offset: u32| source.lines().position(text, offset).line as usize - 1;
    let mut changes: Vec<Change> = Vec::new();
    let mut rest = edits;
    while let Some(first) = rest.first() {
        // Edits that touch the same line are one change.
        let start_line = line_of(first.span.start).min(old.len());
        let mut end_line = (line_of(first.span.end) + 1).min(old.len());
        let mut count = 1;
        while let Some(next) = rest.get(count)
            && line_of(next.span.start) < end_line
        {
            end_line = end_line.max((line_of(next.span.end) + 1).min(old.len()));
            count += 1;
        }
        let (together, others) = rest.split_at(count);
        rest = others;
        let offset = |line: usize| {
            let number = u32::try_from(line + 1).unwrap_or(u32::MAX);
            let line = source.lines().line(text, number);
            line.map_or(text.len(), |line| line.start as usize)
        };
        let from = offset(start_line);
        let to = offset(end_line);
        let mut new = String::new();
        let mut at = from;
        for edit in together {
            new.push_str(text.get(at..edit.span.start as usize).unwrap_or(""));
            new.push_str(&edit.text);
            at = edit.span.end as usize;
        }
        new.push_str(text.get(at..to.max(at)).unwrap_or(""));
        let new: Vec<&str> = new.split_inclusive('\n').collect();
        let before = old.get(start_line..end_line).unwrap_or_default();
        let head = before.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let tail = before
            .iter()
            .skip(head)
            .rev()
            .zip(new.iter().skip(head).rev())
            .take_while(|(a, b)| a == b)
            .count();
        let change = Change {
            old: start_line + head..end_line - tail,
            new: new
                .get(head..new.len() - tail)
                .unwrap_or_default()
                .iter()
                .map(|&line| line.to_owned())
                .collect(),
        };
        if !(change.old.is_empty() && change.new.is_empty()) {
            changes.push(change);
        }
    }
    changes
}

/// A name as git and GNU patch read it: in quotes with escapes as in C where it holds what would end it or steer a
/// terminal, and with a tab behind it where it holds a blank, at which GNU patch would end it.
fn written_name(side: &str, name: &[u8]) -> String {
    let plain = str::from_utf8(name).ok().filter(|name| {
        !name.contains(['"', '\\'])
            && !name.contains(char::is_control)
            && crate::clean(name) == *name
    });
    if let Some(name) = plain {
        let end = if name.contains(' ') { "\t" } else { "" };
        return format!("{side}/{name}{end}");
    }
    let mut written = format!("\"{side}/");
    for &byte in name {
        match byte {
            b'"' | b'\\' => written.extend(['\\', char::from(byte)]),
            b' '..=b'~' => written.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(written, "\\{byte:03o}")),
        }
    }
    written.push('"');
    written
}

/// `start,count` as a hunk's header has it: an empty range names the line before it.
fn hunk_range(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

fn push_lines(patch: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        patch.push(sign);
        patch.push_str(line);
        if !line.ends_with('\n') {
            patch.push_str("\n\\ No newline at end of file\n");
        }
    }
}
