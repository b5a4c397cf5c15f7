use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Images whose final stage, and the stages it is based on, have no `HEALTHCHECK`.
    /// `HEALTHCHECK NONE` is an answer too.
    ///
    /// ## Why it matters
    /// Docker, Compose and Swarm see only whether the process is there, not whether it answers.
    /// Kubernetes does not read the instruction; there the probes of the pod do this work, and the finding can be left out.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24 # <-
    /// CMD ["app"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base
    /// HEALTHCHECK CMD ["app", "ping"]
    /// FROM base
    /// CMD ["app"]
    /// ```
    ///
    /// ## Fix
    /// Add `HEALTHCHECK CMD` with a command that fails when the service does not work, or `HEALTHCHECK NONE` where probes do it.
    MissingHealthcheckInstruction {
        id: "missing-healthcheck-instruction",
        title: "No HEALTHCHECK",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingHealthcheckInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let Some(stage) = build.dockerfile.final_stage() else {
            return;
        };
        let has_healthcheck = build
            .dockerfile
            .ancestors(stage)
            .flat_map(|stage| &stage.instructions)
            .any(|instruction| matches!(instruction.kind, InstructionKind::Healthcheck(_)));
        if !has_healthcheck {
            findings
                .add(Self::META)
                .span(build.source, stage.from.image.span)
                .message("image has no HEALTHCHECK");
        }
    }
}
