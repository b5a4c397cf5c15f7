use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// An `ONBUILD` before `FROM`, `MAINTAINER` or another `ONBUILD`.
    ///
    /// ## Why it matters
    /// Builders refuse it: the build fails, if not here then in everyone's build on top of this image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ONBUILD FROM debian:13 # <-
    /// ONBUILD ONBUILD RUN true # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ONBUILD COPY . /src
    /// ONBUILD RUN make
    /// ```
    ///
    /// ## Fix
    /// Remove the instruction.
    InvalidOnbuildInstruction {
        id: "invalid-onbuild-instruction",
        title: "ONBUILD with FROM, MAINTAINER or ONBUILD",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidOnbuildInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for instruction in build.dockerfile.instructions() {
            let InstructionKind::OnBuild(inner) = &instruction.kind else {
                continue;
            };
            if matches!(inner.name(), "FROM" | "MAINTAINER" | "ONBUILD") {
                findings
                    .add(Self::META)
                    .span(build.source, inner.keyword.span)
                    .message(format!("{} is not allowed behind ONBUILD", inner.name()));
            }
        }
    }
}
