use ringwall_input::dockerfile::Command;
use ringwall_model::Span;

use crate::{
    Check, Findings, check,
    dockerfile::{
        packages,
        run_step::{Step, steps},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `wget` and `curl` both installed or used in what ends in the image.
    ///
    /// Only the last stage and the stages it is based on are looked at.
    ///
    /// ## Why it matters
    /// One of the two does it, and each is one more program to keep up to date and one more for an attacker to use.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl=7.88.1-10
    /// RUN wget -q https://example.com/tool # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12 AS build
    /// RUN wget -q https://example.com/tool
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl=7.88.1-10 && echo wget
    /// COPY --from=build /tool /tool
    /// ```
    ///
    /// ## Fix
    /// Use one of the two, and do not install the other.
    BothWgetAndCurl {
        id: "both-wget-and-curl",
        title: "Both wget and curl installed or used",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for BothWgetAndCurl {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut first: Option<&str> = None;
        for step in steps(build).filter(Step::ships) {
            for command in step.commands() {
                for (tool, span) in tools(command) {
                    match first {
                        None => first = Some(tool),
                        Some(other) if other != tool => {
                            findings
                                .add(Self::META)
                                .span(build.source, span)
                                .note(format!("{tool} comes on top of {other}"));
                            return;
                        }
                        Some(_) => {}
                    }
                }
            }
        }
    }
}

/// The two tools, as far as a command is one or installs one.
fn tools(command: &Command) -> Vec<(&'static str, Span)> {
    ["curl", "wget"]
        .into_iter()
        .filter_map(|tool| {
            if command.is(tool) {
                return Some((tool, command.span));
            }
            let installed = packages::installed(command);
            let word = installed
                .into_iter()
                .find(|word| word.value().split(['=', '~', '@']).next() == Some(tool))?;
            Some((tool, word.span))
        })
        .collect()
}
