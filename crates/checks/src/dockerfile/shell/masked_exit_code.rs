use ringwall_input::dockerfile::{Command, FactKind, ShellFact};
use ringwall_model::{Edit, Span};

use super::fact::{command_at, facts, replace};
use crate::{Check, Findings, Safety, check, dockerfile::run_step::Step, judge::Build};

check! {
    /// ## What it finds
    /// `export`, `readonly`, `local` and `declare` that take their value from a command.
    ///
    /// ## Why it matters
    /// The declaration succeeds even where the command fails, so neither `&&` nor `set -e` stops the build, and the variable is empty.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN export VERSION="$(cat /version)" && make # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN VERSION="$(cat /version)" && export VERSION && make && export NAME=tool
    /// ```
    ///
    /// ## Fix
    /// Assign first, then declare: `x=$(command) && export x`.
    MaskedExitCode {
        id: "masked-exit-code",
        title: "Declaration hides the exit code of a command",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MaskedExitCode {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if let FactKind::MaskedExitCode { declaration } = &fact.kind {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!("{declaration} hides that the command in it failed"))
                    .fix(Safety::Unsafe, separated(&step, fact));
            }
        }
    }
}

/// The assignment before the declaration; only for `export name=value` alone.
fn separated(step: &Step<'_>, fact: &ShellFact) -> Option<Vec<Edit>> {
    let command = declaration(step, fact.span)?;
    let assignment = step.source.slice(fact.span);
    let name = assignment.split('=').next()?;
    let is_alone = command.is("export") && command.args.len() == 1 && command.pipeline.len == 1;
    let text = format!("{assignment} && export {name}");
    is_alone.then(|| replace(step, fact, command.span, text))?
}

fn declaration<'a>(step: &Step<'a>, place: Span) -> Option<&'a Command> {
    command_at(step, place).filter(|command| command.assignments.is_empty())
}
