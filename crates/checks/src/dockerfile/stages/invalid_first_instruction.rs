use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Instructions before the first `FROM`, other than `ARG`.
    ///
    /// ## Why it matters
    /// There is no stage yet that they could belong to: the build fails.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// WORKDIR /app # <-
    /// FROM alpine:3.24
    /// ```
    /// ```dockerfile pass
    /// # The version of everything.
    /// ARG VERSION=3.24
    /// FROM alpine:${VERSION}
    /// WORKDIR /app
    /// ```
    ///
    /// ## Fix
    /// Move the instruction below the `FROM` whose stage it belongs to.
    InvalidFirstInstruction {
        id: "invalid-first-instruction",
        title: "First instruction is not FROM, ARG or a comment",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidFirstInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        if build.dockerfile.stages.is_empty() {
            return; // That there is no FROM at all is said by unparsable-dockerfile.
        }
        for instruction in &build.dockerfile.preamble {
            if matches!(
                instruction.kind,
                InstructionKind::Arg(_) | InstructionKind::Invalid
            ) {
                continue;
            }
            findings
                .add(Self::META)
                .span(build.source, instruction.keyword.span)
                .message(format!(
                    "{} stands before the first FROM",
                    instruction.name()
                ));
        }
    }
}
