use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{rewrite, stages::replaced::replaced},
    judge::Build,
};

check! {
    /// ## What it finds
    /// An `ENTRYPOINT` that a later `ENTRYPOINT` of the same stage replaces.
    ///
    /// ## Why it matters
    /// Only the last one counts.
    /// Whoever reads or edits the first believes something else about what runs.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ENTRYPOINT ["/init"] # <-
    /// ENTRYPOINT ["app"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS init
    /// ENTRYPOINT ["/init"]
    /// FROM alpine:3.24
    /// ENTRYPOINT ["app"]
    /// ```
    ///
    /// ## Fix
    /// Remove the `ENTRYPOINT` that has no effect.
    DuplicateEntrypointInstruction {
        id: "duplicate-entrypoint-instruction",
        title: "More than one ENTRYPOINT in a stage",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DuplicateEntrypointInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let is_entrypoint = |kind: &InstructionKind| matches!(kind, InstructionKind::Entrypoint(_));
        for (instruction, by) in replaced(build, is_entrypoint) {
            findings
                .add(Self::META)
                .span(build.source, instruction.span)
                .message(format!("ENTRYPOINT has no effect: line {by} replaces it"))
                .fix(
                    Safety::Unsafe,
                    rewrite::without_instruction(build, instruction),
                );
        }
    }
}
