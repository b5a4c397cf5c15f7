use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{rewrite, stages::replaced::replaced},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `CMD` that a later `CMD` of the same stage replaces.
    ///
    /// ## Why it matters
    /// Only the last one counts.
    /// Whoever reads or edits the first believes something else about what runs.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// CMD ["app", "--debug"] # <-
    /// CMD ["app"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS debug
    /// CMD ["app", "--debug"]
    /// FROM alpine:3.24
    /// CMD ["app"]
    /// ```
    ///
    /// ## Fix
    /// Remove the `CMD` that has no effect.
    DuplicateCmdInstruction {
        id: "duplicate-cmd-instruction",
        title: "More than one CMD in a stage",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DuplicateCmdInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (instruction, by) in replaced(build, |kind| matches!(kind, InstructionKind::Cmd(_))) {
            findings
                .add(Self::META)
                .span(build.source, instruction.span)
                .message(format!("CMD has no effect: line {by} replaces it"))
                .fix(
                    Safety::Unsafe,
                    rewrite::without_instruction(build, instruction),
                );
        }
    }
}
