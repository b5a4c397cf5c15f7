//! `ringwall explain ID`.

use std::io::{self, Write};

use anyhow::{Result, bail};
use ringwall_engine::{ENGINE_CHECKS, suggest_id};

use crate::{args::ExplainArgs, exit::Exit};

pub(super) fn run(args: &ExplainArgs) -> Result<Exit> {
    let mut out = io::stdout().lock();
    if let Some(check) = ringwall_checks::find(&args.id) {
        let meta = check.meta();
        writeln!(out, "# {}\n", meta.id)?;
        writeln!(out, "{}.\n", meta.title)?;
        writeln!(
            out,
            "{} · ring {} · over {} · since {}",
            meta.severity,
            meta.ring,
            meta.target.as_str(),
            meta.since
        )?;
        if !meta.controls.is_empty() {
            writeln!(out, "controls: {}", meta.controls.join(", "))?;
        }
        writeln!(out, "\n{}", meta.page().markdown().trim_end())?;
        return Ok(Exit::Clean);
    }
    if let Some(own) = ENGINE_CHECKS.iter().find(|own| own.id == args.id) {
        writeln!(out, "# {}\n\n{}.\n", own.id, own.title)?;
        if own.is_not_assessed {
            writeln!(
                out,
                "An id of what could not be looked at; it makes the exit code 3.\n"
            )?;
        }
        writeln!(out, "## Fix\n{}", own.remediation)?;
        return Ok(Exit::Clean);
    }
    if let Some(provider) = args.id.strip_prefix("plaintext-secret/") {
        let detectors: Vec<_> = ringwall_secrets::Detectors::builtin()
            .all()
            .filter(|detector| detector.provider == provider)
            .collect();
        if !detectors.is_empty() {
            writeln!(
                out,
                "# {}\n\nA secret of {provider} in plain text.\n",
                args.id
            )?;
            for detector in detectors {
                writeln!(
                    out,
                    "- {} ({}): {}",
                    detector.title, detector.severity, detector.docs
                )?;
            }
            return Ok(Exit::Clean);
        }
    }
    match suggest_id(&args.id) {
        Some(meant) => bail!("no check has the id '{}'; did you mean '{meant}'?", args.id),
        None => bail!(
            "no check has the id '{}'; `ringwall checks` lists all of them",
            args.id
        ),
    }
}
