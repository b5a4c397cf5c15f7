use ringwall_input::dockerfile::FactKind;

use super::fact::facts;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Shell words in a RUN that need a blank: `[$x`, `x]`, `if[`, `{echo`, `!grep`.
    ///
    /// ## Why it matters
    /// The shell looks for a program of that name and finds none, so the test always fails.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN [-f /a ] && make a # <-
    /// RUN [ -f /b] && make b # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN [ -f /a ] && make a && { echo b; } && ! grep c /d
    /// ```
    ///
    /// ## Fix
    /// Put the blank where the message says.
    MissingShellSpace {
        id: "missing-shell-space",
        title: "Missing blank in a shell construct",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingShellSpace {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if let FactKind::MissingSpace { place } = fact.kind {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!("a blank is missing {place}"));
            }
        }
    }
}
