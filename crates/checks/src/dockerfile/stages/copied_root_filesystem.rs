use ringwall_input::dockerfile::{Base, InstructionKind};

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A `COPY --from` of `/`: everything that is in another stage or image.
    /// A stage that starts from `scratch` holds only what was put there, so copying all of it is left alone.
    ///
    /// ## Why it matters
    /// Compilers, caches, keys and package lists of the other stage all end up in the image, which is what several stages are there to avoid.
    /// The metadata of the other image (`USER`, `ENV`, `WORKDIR`) is lost on the way.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build / / # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM scratch AS files
    /// COPY app /usr/bin/app
    /// FROM alpine:3.24
    /// COPY --from=files / /
    /// ```
    ///
    /// ## Fix
    /// Copy the files that are needed: `COPY --from=build /app /app`.
    CopiedRootFilesystem {
        id: "copied-root-filesystem",
        title: "COPY --from copies a whole root filesystem",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for CopiedRootFilesystem {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        for instruction in file.instructions() {
            let InstructionKind::Copy(copy) = &instruction.innermost().kind else {
                continue;
            };
            let Some(from) = &copy.from else {
                continue;
            };
            let Some(root) = copy
                .sources
                .iter()
                .find(|source| matches!(source.value.as_str(), "/" | "/." | "/*"))
            else {
                continue;
            };
            let starts_empty = file
                .stage_by_name(&from.value)
                .is_some_and(|stage| file.root_base(stage) == Some(&Base::Scratch));
            if !starts_empty {
                findings
                    .add(Self::META)
                    .span(build.source, root.span)
                    .message(format!("the whole file system of {} is copied", from.value));
            }
        }
    }
}
