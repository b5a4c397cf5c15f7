//! Reports to stdout or a file.

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use ringwall_engine::{ENGINE_CHECKS, SourceMap};
use ringwall_model::{Report, Severity, Source, Span};
use ringwall_report::{Catalogue, Context, Sources, TextOptions, clean};

use crate::{
    args::{Color, Format, OutputArgs},
    workflow_commands::ForPeople,
};

/// The texts of a scan, for excerpts.
pub(crate) struct ScanSources<'a>(pub(crate) &'a SourceMap);

impl Sources for ScanSources<'_> {
    fn text(&self, file: &str) -> Option<Arc<Source>> {
        self.0.get(file).map(Arc::clone)
    }

    fn secrets(&self, file: &str) -> &[Span] {
        self.0.secrets(file)
    }
}

/// The titles and pages of all checks.
pub(crate) struct Pages;

impl Catalogue for Pages {
    fn title(&self, check: &str) -> Option<&str> {
        ringwall_checks::find(check)
            .map(|check| check.meta().title)
            .or_else(|| {
                ENGINE_CHECKS
                    .iter()
                    .find(|own| own.id == check)
                    .map(|own| own.title)
            })
            .or_else(|| {
                check
                    .starts_with("plaintext-secret/")
                    .then_some("Secret in plain text")
            })
    }

    fn page(&self, check: &str) -> Option<String> {
        ringwall_checks::find(check).map(|check| check.meta().page().markdown())
    }

    fn plain_page(&self, check: &str) -> Option<String> {
        ringwall_checks::find(check).map(|check| check.meta().page().plain())
    }
}

/// Opens the place where results go.
pub(crate) fn open(file: Option<&Path>) -> Result<Box<dyn Write>> {
    Ok(match file {
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("cannot write the report to {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    })
}

/// Whether the reader of our output has gone (`ringwall scan | head`).
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        // What writes JSON keeps the error to itself.
        let json = cause.downcast_ref::<serde_json::Error>();
        kind.or_else(|| json?.io_error_kind()) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// An error and its causes, none of them twice: some errors say their cause themselves.
pub(crate) fn words(error: &anyhow::Error) -> String {
    let mut causes = error.chain().map(ToString::to_string);
    let first = causes.next().unwrap_or_default();
    causes.fold(first, |said, cause| {
        if said.contains(&cause) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
}

/// Whether colour is wanted, by `NO_COLOR` and `TERM`: a dumb terminal would show the sequences as they are.
fn allows_colour(no_color: Option<OsString>, term: Option<OsString>) -> bool {
    no_color.is_none_or(|value| value.is_empty()) && term.is_none_or(|term| term != "dumb")
}

/// The characters of a line of the terminal, where the report goes to one.
fn terminal_width(args: &OutputArgs) -> Option<usize> {
    args.output_file.is_none().then(stdout_width).flatten()
}

/// The characters of a line of the terminal that stdout is.
pub(crate) fn stdout_width() -> Option<usize> {
    /// Where the terminal does not say.
    const USUAL: usize = 80;
    if !io::stdout().is_terminal() {
        return None;
    }
    let known = terminal_size::terminal_size();
    Some(known.map_or(USUAL, |(width, _)| usize::from(width.0)))
}

/// Says on stderr what went wrong; names and values from outside cannot steer the terminal.
pub(crate) fn say_error(error: &str) {
    let mut log = ForPeople::new(io::stderr());
    for (index, line) in error.lines().enumerate() {
        let head = if index == 0 { "error: " } else { "" };
        // In one piece, so that no other process writes into the line.
        let _ = log.write_all(format!("{head}{}\n", clean(line)).as_bytes());
    }
}

/// Whether text is coloured.
pub(crate) fn is_coloured(args: &OutputArgs) -> bool {
    colours(args.color, args.output_file.as_deref())
}

/// Whether text that goes to a file or to stdout is coloured.
pub(crate) fn colours(color: Color, file: Option<&Path>) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            file.is_none()
                && io::stdout().is_terminal()
                && allows_colour(env::var_os("NO_COLOR"), env::var_os("TERM"))
        }
    }
}

/// Writes a report in the form that was asked for.
pub(crate) fn write(
    report: &Report,
    sources: &SourceMap,
    args: &OutputArgs,
    severity: Severity,
    out: &mut dyn Write,
) -> Result<()> {
    let sources = ScanSources(sources);
    let context = Context {
        sources: &sources,
        catalogue: &Pages,
    };
    match args.output {
        Format::Text => {
            let options = TextOptions {
                colour: is_coloured(args),
                severity,
                width: terminal_width(args),
                show_passed: args.show_passed,
            };
            ringwall_report::text(report, &context, &options, &mut ForPeople::new(&mut *out))?;
        }
        Format::Json => ringwall_report::json(report, &context, out)?,
        Format::Sarif => ringwall_report::sarif(report, &context, out)?,
        Format::Junit => ringwall_report::junit(report, &context, out)?,
        Format::Html => ringwall_report::html(report, &context, out)?,
        Format::Markdown => ringwall_report::markdown(report, &context, out)?,
        Format::Github => ringwall_report::github(report, &context, out)?,
        Format::Gitlab => ringwall_report::gitlab(report, &context, out)?,
        Format::Kubesec
        | Format::Conftest
        | Format::ConftestStdout
        | Format::ConftestTap
        | Format::ConftestTable
        | Format::ConftestJunit
        | Format::ConftestSarif
        | Format::ConftestGithub
        | Format::ConftestAzuredevops => {
            anyhow::bail!("the forms of kubesec and conftest are not written from findings")
        }
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_gets_no_colour() {
        let allows = |no_color: Option<&str>, term: Option<&str>| {
            allows_colour(no_color.map(Into::into), term.map(Into::into))
        };
        assert!(allows(None, None) && allows(Some(""), Some("xterm-256color")));
        assert!(!allows(None, Some("dumb")) && !allows(Some("1"), Some("xterm")));
    }
}
