use ringwall_input::dockerfile::{Base, InstructionKind};

use crate::{Check, Findings, check, dockerfile::image_path, judge::Build};

check! {
    /// ## What it finds
    /// A `COPY` or `ADD` to a relative path in a stage that has set no `WORKDIR` yet, neither itself nor through a stage it is based on.
    ///
    /// ## Why it matters
    /// The files land in the working directory of the base image, which its next version may change; mostly it is `/`.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// COPY app . # <-
    /// WORKDIR /app
    /// COPY app .
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base
    /// WORKDIR /app
    /// FROM base
    /// COPY app .
    /// COPY app /usr/bin/
    /// COPY app $SOMEWHERE/
    /// ```
    ///
    /// ## Fix
    /// Set `WORKDIR` before, or copy to an absolute path.
    RelativeCopyWithoutWorkdir {
        id: "relative-copy-without-workdir",
        title: "COPY to a relative path before any WORKDIR",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for RelativeCopyWithoutWorkdir {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        // For each stage whether it has set a WORKDIR by its end.
        let mut stages_with_workdir: Vec<bool> = Vec::new();
        for stage in &build.dockerfile.stages {
            let mut has_workdir = match stage.base {
                Base::Stage(base) => stages_with_workdir.get(base).copied().unwrap_or(false),
                _ => false,
            };
            for instruction in &stage.instructions {
                let copy = match &instruction.kind {
                    InstructionKind::Workdir(_) => {
                        has_workdir = true;
                        continue;
                    }
                    InstructionKind::Copy(copy) | InstructionKind::Add(copy) => copy,
                    _ => continue,
                };
                if has_workdir || image_path::may_be_absolute(&copy.destination) {
                    continue;
                }
                findings
                    .add(Self::META)
                    .span(build.source, copy.destination.span)
                    .message(format!(
                        "{} to {} depends on the working directory of the base image",
                        instruction.name(),
                        copy.destination.value
                    ));
            }
            stages_with_workdir.push(has_workdir);
        }
    }
}
