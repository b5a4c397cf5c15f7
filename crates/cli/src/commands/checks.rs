//! `ringwall checks`.

use std::io::{self, Write};

use anyhow::Result;
use ringwall_checks::Meta;

use crate::{args::ChecksArgs, exit::Exit};

pub(super) fn run(args: &ChecksArgs) -> Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let wanted = |meta: &&'static Meta| {
        args.ring.is_none_or(|ring| meta.ring == ring)
            && args.target.is_none_or(|target| meta.target == target)
            && args
                .severity
                .is_none_or(|severity| meta.severity >= severity)
            && args.control.as_deref().is_none_or(|prefix| {
                meta.controls
                    .iter()
                    .any(|control| control.starts_with(prefix))
            })
    };
    let mut metas: Vec<&'static Meta> = ringwall_checks::all()
        .map(ringwall_checks::Declared::meta)
        .filter(wanted)
        .collect();
    metas.sort_by_key(|meta| (std::cmp::Reverse(meta.severity), meta.id));
    if args.json {
        let rows = metas.iter().map(|meta| {
            serde_json::json!({
                "id": meta.id,
                "title": meta.title,
                "ring": meta.ring.as_str(),
                "target": meta.target.as_str(),
                "severity": meta.severity.as_str(),
                "since": meta.since,
                "controls": meta.controls,
            })
        });
        let rows: Vec<_> = rows.collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        let width = metas.iter().map(|meta| meta.id.len()).max().unwrap_or(0);
        for meta in &metas {
            let (severity, ring) = (meta.severity, meta.ring);
            writeln!(
                out,
                "{severity:<8}  {ring:<9}  {:width$}  {}",
                meta.id, meta.title
            )?;
        }
        writeln!(
            out,
            "\n{} checks; `ringwall explain ID` shows a page",
            metas.len()
        )?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}
