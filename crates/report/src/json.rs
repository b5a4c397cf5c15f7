//! `-o json`: versioned, and it only grows.
//!
//! One finding stands on one line, so a report can be searched and compared line by line.

mod object;
mod v1;
mod vulnerability;

use std::{collections::BTreeMap, io, sync::Arc};

use rayon::prelude::*;
use ringwall_model::{Finding, Report};
use serde::Serialize;

use crate::{Context, Excerpts, Sources};

/// Findings that one thread turns into text at a time, and chunks that are held before they are written:
/// a report may have half a million findings, and writing them alone would take as long as the scan.
const CHUNK: usize = 128;
const BATCH: usize = 16;

/// The same of a report with few findings: memory that was never written to costs more than taking turns more often.
const SMALL_CHUNK: usize = 32;
const FEW: usize = 20_000;

/// What a finding takes as text, nearly always.
const LENGTH: usize = 1_024;

/// Writes the report as JSON, version 1, item by item.
///
/// Edits are exact, so that they can be applied: a fix that would repeat a secret is left out.
pub fn json(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let sources = context.sources;
    // Half a million look-ups, nearly all in vain, which are too many for one thread.
    let beside_secrets: Vec<_> = (report.findings.par_iter().enumerate())
        .map_init(Beside::default, |beside, (at, finding)| {
            beside.is_of(finding, sources).then_some((at, finding))
        })
        .flatten()
        .collect();
    let concealed = beside_secrets.into_iter().filter_map(|(at, finding)| {
        let mut concealed = excerpts.concealed_finding(finding)?;
        let fix = finding.fix.as_deref();
        if fix.is_some_and(|fix| excerpts.repeats_secret(fix)) {
            concealed.fix = None;
        }
        Some((at, concealed))
    });
    write(report, &concealed.collect(), out)
}

/// Whether there are secrets in the file of the finding before: neighbours mostly stand in one.
#[derive(Default)]
struct Beside<'a>(Option<(&'a Arc<str>, bool)>);

impl<'a> Beside<'a> {
    /// Whether there are secrets in a file that a finding is about, or whose text an edit may repeat.
    fn is_of(&mut self, finding: &'a Finding, sources: &dyn Sources) -> bool {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        std::iter::once(&finding.location.file)
            .chain(edits.map(|edit| &edit.file))
            .any(|file| self.has_secrets(file, sources))
    }

    fn has_secrets(&mut self, file: &'a Arc<str>, sources: &dyn Sources) -> bool {
        match self.0 {
            Some((last, answer)) if Arc::ptr_eq(last, file) => answer,
            _ => {
                let answer = !sources.secrets(file).is_empty();
                self.0 = Some((file, answer));
                answer
            }
        }
    }
}

/// Writes the report with the findings at some places replaced.
pub(crate) fn write(
    report: &Report,
    replaced: &BTreeMap<usize, Finding>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"summary\":")?;
    value(&v1::Summary::from(&report.summary), out)?;
    out.write_all(b",\n\"findings\":[")?;
    findings(&report.findings, replaced, out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    let mut text = Vec::new();
    for (index, item) in report.not_assessed.iter().enumerate() {
        text.clear();
        text.extend_from_slice(separator(index));
        v1::not_assessed(item, &mut text);
        out.write_all(&text)?;
    }
    out.write_all(b"],\n\"as_of\":")?;
    value(&report.as_of.to_string(), out)?;
    out.write_all(b"}\n")
}

/// Findings, each on its own line.
pub(crate) fn findings(
    findings: &[Box<Finding>],
    replaced: &BTreeMap<usize, Finding>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // Kept from batch to batch: memory that is given back and asked for again is cleared each time.
    let size = if findings.len() < FEW {
        SMALL_CHUNK
    } else {
        CHUNK
    };
    let mut texts: Vec<Vec<u8>> = (0..BATCH.min(findings.len().div_ceil(size)))
        .map(|_| Vec::with_capacity(size * LENGTH))
        .collect();
    for (batch, findings) in findings.chunks(BATCH * size).enumerate() {
        let chunks = findings.par_chunks(size).enumerate();
        chunks
            .zip(&mut texts)
            .for_each(|((chunk, findings), text)| {
                text.clear();
                let first = (batch * BATCH + chunk) * size;
                let mut before = v1::Before::nothing();
                for (index, finding) in (first..).zip(findings) {
                    text.extend_from_slice(separator(index));
                    v1::finding(replaced.get(&index).unwrap_or(finding), &mut before, text);
                }
            });
        for text in texts.iter().take(findings.len().div_ceil(size)) {
            out.write_all(text)?;
        }
    }
    Ok(())
}

/// The items of a JSON array, each on its own line.
pub(crate) fn list(
    items: impl Iterator<Item = impl Serialize>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for (index, item) in items.enumerate() {
        separate(index, out)?;
        value(&item, out)?;
    }
    Ok(())
}

/// What stands before the item of this index.
pub(crate) fn separate(index: usize, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
    out.write_all(separator(index))
}

fn separator(index: usize) -> &'static [u8] {
    if index == 0 { b"\n" } else { b",\n" }
}

/// One JSON value on one line.
pub(crate) fn value(value: &impl Serialize, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}
