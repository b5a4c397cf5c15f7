use ringwall_input::dockerfile::Command;

use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `ls | grep` in a RUN.
    ///
    /// ## Why it matters
    /// File names may hold anything, line breaks too, and `ls` changes some of them on the way.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN ls /usr/lib | grep tool | xargs rm # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN rm /usr/lib/*tool* && ls /usr/lib && find /usr/lib | grep tool
    /// ```
    ///
    /// ## Fix
    /// Use a pattern such as `/usr/lib/*tool*`, or `find`.
    ParsedLsOutput {
        id: "parsed-ls-output",
        title: "Output of ls searched with grep",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ParsedLsOutput {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let Some(script) = step.script() else {
                continue;
            };
            for ls in script.commands.iter().filter(|command| command.is("ls")) {
                let is_next = |other: &Command| {
                    other.is_any(&["grep", "egrep", "fgrep"])
                        && other.pipeline.index == ls.pipeline.index + 1
                };
                if ls.pipeline.len > 1 && script.pipeline(ls.pipeline.id).any(is_next) {
                    findings
                        .add(Self::META)
                        .span(step.source, ls.span)
                        .note("the output of ls is searched with grep");
                }
            }
        }
    }
}
