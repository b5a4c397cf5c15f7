//! `ringwall explain ID`, and what else can be explained.

mod audit_policy;
mod page_width;

use std::io::{self, Write};

use anyhow::{Result, bail};
use ringwall_engine::{ENGINE_CHECKS, suggest_id};

use self::page_width::wrapped;
use crate::{
    args::{ExplainArgs, Explained},
    exit::Exit,
    output,
};

pub(super) fn run(args: &ExplainArgs) -> Result<Exit> {
    match &args.explained {
        Some(Explained::AuditPolicy(args)) => audit_policy::run(args),
        None => check(args.id.as_deref().unwrap_or_default()),
    }
}

fn check(id: &str) -> Result<Exit> {
    let width = output::stdout_width();
    let mut out = io::stdout().lock();
    if let Some(check) = ringwall_checks::find(id) {
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
            let controls = format!("controls: {}", meta.controls.join(", "));
            write!(out, "{}", wrapped(&controls, width))?;
        }
        let page = meta.page().markdown();
        write!(out, "\n{}", wrapped(page.trim_end(), width))?;
        return Ok(Exit::Clean);
    }
    if let Some(own) = ENGINE_CHECKS.iter().find(|own| own.id == id) {
        writeln!(out, "# {}\n\n{}.\n", own.id, own.title)?;
        if own.is_not_assessed {
            writeln!(
                out,
                "An id of what could not be looked at; it makes the exit code 3.\n"
            )?;
        }
        let remediation = wrapped(own.remediation, width);
        writeln!(out, "## Fix\n{}", remediation.trim_end())?;
        return Ok(Exit::Clean);
    }
    if id == "plaintext-secret" {
        writeln!(out, "# {id}\n\nThe secrets of every provider:\n")?;
        for provider in ringwall_secrets::providers() {
            writeln!(out, "- {id}/{provider}")?;
        }
        return Ok(Exit::Clean);
    }
    let provider = id.strip_prefix("plaintext-secret/");
    if let Some(provider) =
        provider.filter(|provider| ringwall_secrets::providers().any(|known| known == *provider))
    {
        explain_provider(id, provider, &mut out)?;
        return Ok(Exit::Clean);
    }
    match suggest_id(id) {
        Some(meant) => bail!("no check has the id '{id}'; did you mean '{meant}'?"),
        None => bail!("no check has the id '{id}'; `ringwall checks` lists all of them"),
    }
}

fn explain_provider(id: &str, provider: &str, out: &mut impl Write) -> io::Result<()> {
    let mut detectors = ringwall_secrets::Detectors::builtin()
        .all()
        .filter(|detector| detector.provider == provider)
        .peekable();
    if detectors.peek().is_none() {
        // The one provider without a format: name and value are judged together.
        return writeln!(
            out,
            "# {id}\n\nA literal value that is assigned to the name of a secret, such as `password` or `api_key`."
        );
    }
    writeln!(out, "# {id}\n\nA secret of {provider} in plain text.\n")?;
    for detector in detectors {
        writeln!(
            out,
            "- {} ({}): {}",
            detector.title, detector.severity, detector.docs
        )?;
    }
    Ok(())
}
