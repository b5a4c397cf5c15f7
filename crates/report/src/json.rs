//! `-o json`: versioned, and it only grows.
//!
//! One finding stands on one line, so a report can be searched and compared line by line.

mod v1;

use std::io;

use ringwall_model::{Finding, Report};
use serde::Serialize;

/// Writes the report as JSON, version 1, item by item.
///
/// Edits are exact, so that they can be applied: one that repeats a secret repeats it here.
pub fn json(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    write(report, |_| None, out)
}

/// Writes the report with some findings replaced.
pub(crate) fn write(
    report: &Report,
    replaced: impl Fn(&Finding) -> Option<Finding>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"summary\":")?;
    value(&v1::Summary::from(&report.summary), out)?;
    out.write_all(b",\n\"findings\":[")?;
    for (index, finding) in report.findings.iter().enumerate() {
        separate(index, out)?;
        let replaced = replaced(finding);
        value(
            &v1::Finding::from(replaced.as_ref().unwrap_or(finding)),
            out,
        )?;
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
pub(crate) fn separate(index: usize, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(if index == 0 { b"\n" } else { b",\n" })
}

/// One JSON value on one line.
pub(crate) fn value(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}
