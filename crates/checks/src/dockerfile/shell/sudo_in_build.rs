use std::borrow::Cow;

use ringwall_input::dockerfile::{Command, InstructionKind};
use ringwall_model::{Edit, Span};

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `sudo` run by a RUN.
    ///
    /// ## Why it matters
    /// A build runs as root or as the user that USER names; with `sudo` the image holds a program and a rule that make anyone in the container root.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN sudo apt-get update && sudo -u app make # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN SUDO=sudo; $SUDO apt-get update # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && echo sudo make
    /// ```
    ///
    /// ## Fix
    /// Leave `sudo` out; switch with `USER root` and back with another USER where a step needs it.
    SudoInBuild {
        id: "sudo-in-build",
        title: "sudo in a RUN",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SudoInBuild {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let uses = step.expanded(|command| command.is("sudo"));
            if let Some(first) = uses.first() {
                findings
                    .add(Self::META)
                    .span(step.source, first.span)
                    .note("sudo runs in the build")
                    .fix(Safety::Unsafe, without(&step, &uses));
            }
        }
    }
}

/// The script without `sudo`; only where all are without flags and the build runs as root.
fn without(step: &Step<'_>, uses: &[Cow<'_, Command>]) -> Option<Vec<Edit>> {
    if !runs_as_root(step) || !step.run.form.is_shell() {
        return None;
    }
    uses.iter()
        .map(|sudo| {
            let first = sudo.args.first().filter(|word| !word.is_flag())?;
            // Assignments before it stay.
            let name = sudo.word.as_ref().filter(|name| name.span != first.span)?;
            let span = Span::new(name.span.range().start, first.span.range().start);
            Some(edit(step.source, span, ""))
        })
        .collect()
}

fn runs_as_root(step: &Step<'_>) -> bool {
    let mut users = step
        .file
        .ancestors(step.stage)
        .flat_map(|stage| stage.instructions.iter().rev())
        .filter(|instruction| instruction.span.start < step.instruction.span.start)
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::User(user) => Some(user),
            _ => None,
        });
    users.next().is_none_or(|user| user.is_root() == Some(true))
}
