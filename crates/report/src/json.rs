//! `-o json`: versioned, and it only grows.
//!
//! One finding stands on one line, so a report can be searched and compared line by line.

mod v1;

use std::io;

use ringwall_model::{NotAssessed, Report};
use serde::Serialize;

/// Writes the report as JSON, version 1, item by item.
pub fn json(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"summary\":")?;
    value(&v1::Summary::from(&report.summary), out)?;
    out.write_all(b",\n\"findings\":[")?;
    list(report.findings.iter().map(v1::Finding::from), out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    list(
        report
            .not_assessed
            .iter()
            .map(|item: &NotAssessed| v1::NotAssessed::from(item)),
        out,
    )?;
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
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        value(&item, out)?;
    }
    Ok(())
}

/// One JSON value on one line.
pub(crate) fn value(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}
