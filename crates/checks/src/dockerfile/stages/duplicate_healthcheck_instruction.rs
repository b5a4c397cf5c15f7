use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{rewrite, stages::replaced::replaced},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `HEALTHCHECK` that a later `HEALTHCHECK` of the same stage replaces.
    ///
    /// ## Why it matters
    /// Only the last one counts.
    /// Whoever relies on the first believes that something is watched which is not.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// HEALTHCHECK CMD ["app", "ping"] # <-
    /// HEALTHCHECK NONE
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base
    /// HEALTHCHECK CMD ["app", "ping"]
    /// FROM base
    /// HEALTHCHECK NONE
    /// ```
    ///
    /// ## Fix
    /// Remove the `HEALTHCHECK` that has no effect.
    DuplicateHealthcheckInstruction {
        id: "duplicate-healthcheck-instruction",
        title: "More than one HEALTHCHECK in a stage",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DuplicateHealthcheckInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let is_healthcheck =
            |kind: &InstructionKind| matches!(kind, InstructionKind::Healthcheck(_));
        for (instruction, by) in replaced(build, is_healthcheck) {
            findings
                .add(Self::META)
                .span(build.source, instruction.span)
                .message(format!("HEALTHCHECK has no effect: line {by} replaces it"))
                .fix(
                    Safety::Unsafe,
                    rewrite::without_instruction(build, instruction),
                );
        }
    }
}
