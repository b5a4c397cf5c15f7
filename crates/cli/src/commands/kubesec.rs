//! `ringwall scan -o kubesec`: kubesec's JSON and kubesec's exit codes.

use std::{io::Write, sync::Arc};

use anyhow::Result;
use ringwall_collect::{Candidate, Content, DEFAULT_LIMIT_BYTES, FileKind, classify};
use ringwall_engine::{Input, KubesecEdition};
use ringwall_model::Source;
use ringwall_report::KubesecReport;

use crate::{args::ScanArgs, exit::Exit, output};

/// What kubesec calls standard input.
const STDIN: &str = "STDIN";

/// The rules of the newest source; the release lacks four of them.
const EDITION: KubesecEdition = KubesecEdition::Current;

pub(super) fn run(args: &ScanArgs, input: &Input) -> Result<Exit> {
    let mut scores = Scores::default();
    if let Some(content) = &input.stdin {
        scores.add(STDIN, content, |_| true);
    }
    for candidate in &input.files.files {
        match as_given(args, candidate) {
            Some(name) => scores.add(&name, &read(candidate), |_| true),
            None if is_manifest(candidate) => {
                // What a folder holds besides objects is none of our business.
                scores.add(&candidate.name, &read(candidate), |report| {
                    report.object != "Unknown"
                });
            }
            None => {}
        }
    }
    for unreadable in &input.files.unreadable {
        scores.fail(&format!("{}: {}", unreadable.name, unreadable.reason));
    }
    if scores.reports.is_empty() && scores.failures.is_empty() {
        scores.fail("invalid input: nothing to score");
    }
    scores.finish(args)
}

/// The name of a file that stands among the arguments, letter by letter as it stands there.
fn as_given(args: &ScanArgs, candidate: &Candidate) -> Option<String> {
    let given = args
        .paths
        .iter()
        .find(|path| ringwall_collect::printed_name(path) == *candidate.name)?;
    Some(given.to_string_lossy().into_owned())
}

fn is_manifest(candidate: &Candidate) -> bool {
    matches!(classify(&candidate.name), FileKind::Yaml | FileKind::Json)
}

fn read(candidate: &Candidate) -> Content {
    ringwall_collect::read(candidate, DEFAULT_LIMIT_BYTES)
}

#[derive(Default)]
struct Scores {
    reports: Vec<KubesecReport>,
    /// Files without a report, and why.
    failures: Vec<String>,
}

impl Scores {
    fn add(&mut self, name: &str, content: &Content, counts: impl Fn(&KubesecReport) -> bool) {
        let text = match content {
            Content::Text(text) | Content::Utf16(text) => text,
            Content::InvalidUtf8 { .. } => return self.fail(&format!("{name}: is not UTF-8")),
            Content::Binary { .. } => return self.fail(&format!("{name}: is no text")),
            Content::TooLarge { .. } => return self.fail(&format!("{name}: is too large")),
            Content::Unreadable(reason) => return self.fail(&format!("{name}: {reason}")),
        };
        let source = Arc::new(Source::new(name, text.as_str()));
        match ringwall_engine::kubesec(&source, EDITION) {
            Ok(reports) => self.reports.extend(reports.into_iter().filter(counts)),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn fail(&mut self, why: &str) {
        self.failures.push(why.to_owned());
    }

    fn finish(self, args: &ScanArgs) -> Result<Exit> {
        if !self.reports.is_empty() {
            let mut out = output::open(args.output.output_file.as_deref())?;
            ringwall_report::kubesec(&self.reports, &mut *out)?;
            out.flush()?;
        }
        for failure in &self.failures {
            output::say_error(failure);
        }
        Ok(if !self.failures.is_empty() {
            Exit::KubesecNoReport
        } else if !args.output.exit_zero && self.reports.iter().any(|report| report.score <= 0) {
            Exit::KubesecLowScore
        } else {
            Exit::Clean
        })
    }
}
