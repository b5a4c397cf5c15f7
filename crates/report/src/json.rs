//! `-o json`: versioned, and it only grows.
//!
//! One finding stands on one line, so a report can be searched and compared line by line.

mod v1;

use std::{collections::BTreeMap, io};

use rayon::prelude::*;
use ringwall_model::{Finding, Report};
use serde::Serialize;

/// Findings that one thread turns into text at a time, and chunks that are held before they are written:
/// a report may have half a million findings, and writing them alone would take as long as the scan.
const CHUNK: usize = 512;
const BATCH: usize = 16;

/// Writes the report as JSON, version 1, item by item.
///
/// Edits are exact, so that they can be applied: one that repeats a secret repeats it here.
pub fn json(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    write(report, &BTreeMap::new(), out)
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
    for (batch, findings) in report.findings.chunks(BATCH * CHUNK).enumerate() {
        let texts: Vec<io::Result<Vec<u8>>> = findings
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, findings)| {
                let first = (batch * BATCH + chunk) * CHUNK;
                let mut text = Vec::with_capacity(findings.len() * 1024);
                for (index, finding) in (first..).zip(findings) {
                    separate(index, &mut text)?;
                    let finding = replaced.get(&index).unwrap_or(finding);
                    value(&v1::Finding::from(finding), &mut text)?;
                }
                Ok(text)
            })
            .collect();
        for text in texts {
            out.write_all(&text?)?;
        }
    }
    out.write_all(b"],\n\"not_assessed\":[")?;
    list(report.not_assessed.iter().map(v1::NotAssessed::from), out)?;
    out.write_all(b"],\n\"as_of\":")?;
    value(&report.as_of.to_string(), out)?;
    out.write_all(b"}\n")
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
    out.write_all(if index == 0 { b"\n" } else { b",\n" })
}

/// One JSON value on one line.
pub(crate) fn value(value: &impl Serialize, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}
