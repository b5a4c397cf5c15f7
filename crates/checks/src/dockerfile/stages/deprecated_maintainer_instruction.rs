use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// The `MAINTAINER` instruction.
    ///
    /// ## Why it matters
    /// It is deprecated since 2017 and sets a field that hardly any tool reads.
    /// A label says the same and is shown everywhere.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// MAINTAINER Jane Doe <jane@example.com> # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.authors="Jane Doe <jane@example.com>"
    /// ```
    ///
    /// ## Fix
    /// Write `LABEL org.opencontainers.image.authors="..."` instead.
    DeprecatedMaintainerInstruction {
        id: "deprecated-maintainer-instruction",
        title: "MAINTAINER is deprecated",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DeprecatedMaintainerInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for instruction in build.dockerfile.instructions() {
            let InstructionKind::Maintainer(name) = &instruction.kind else {
                continue;
            };
            findings
                .add(Self::META)
                .span(build.source, instruction.span)
                .message("MAINTAINER is deprecated")
                .fix(
                    Safety::Safe,
                    label(&name.value)
                        .and_then(|label| rewrite::replace(build, instruction.span, label)),
                );
        }
    }
}

/// The label that says the same; `None` where quotes or variables would need care.
fn label(name: &str) -> Option<String> {
    let name = match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(unquoted) => unquoted,
        None => name,
    };
    (!name.contains(['"', '\\', '`', '$', '\n']))
        .then(|| format!("LABEL org.opencontainers.image.authors=\"{name}\""))
}
