use ringwall_input::dockerfile::{Command, Connection, FactKind};
use ringwall_model::Span;

use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// A command behind `!` in a RUN with `set -e`, where something follows it.
    ///
    /// ## Why it matters
    /// `set -e` never stops at a negated command, so the test that was meant tests nothing.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN set -e; ! grep -q debug /etc/tool.conf; make install # <-
    /// RUN set -e; \
    ///     if test -f /etc/tool.conf; then \
    ///         ! grep -q debug /etc/tool.conf; \ # <-
    ///     fi; \
    ///     make install
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN set -e; if grep -q debug /etc/tool.conf; then exit 1; fi; make install
    /// RUN ! grep -q debug /etc/tool.conf && make install
    /// ```
    ///
    /// ## Fix
    /// Write `if command; then exit 1; fi`, or add `|| exit 1`.
    IneffectiveNegatedPipeline {
        id: "ineffective-negated-pipeline",
        title: "Negated command does not stop the script",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for IneffectiveNegatedPipeline {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let facts = step.run.script.facts().iter();
            let mut places: Vec<Span> = facts
                .filter(|fact| fact.kind == FactKind::NegatedPipeline)
                .map(|fact| fact.span)
                .collect();
            let commands = step.commands();
            for command in commands.iter().filter(|command| is_passed_over(command)) {
                let is_known = places.iter().any(|place| place.contains(command.span));
                let goes_on = commands
                    .iter()
                    .any(|other| other.span.start > command.span.end);
                if goes_on && !is_known {
                    places.push(command.span);
                }
            }
            for place in places {
                findings
                    .add(Self::META)
                    .span(step.source, place)
                    .note("set -e does not stop at a command behind !");
            }
        }
    }
}

/// Whether `set -e` passes over a command; also at the end of a branch, whose status it is.
fn is_passed_over(command: &Command) -> bool {
    command.negated
        && command.errexit
        && !command.in_condition
        && !command.in_subshell
        && command.pipeline.index + 1 == command.pipeline.len
        && command.next == Connection::Sequence
        && command.connection == Connection::Sequence
}
