use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{image_path, rewrite},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `WORKDIR` that is not absolute.
    /// A path that begins with a variable nobody knows is left alone.
    ///
    /// ## Why it matters
    /// A relative path hangs on the `WORKDIR` before it, and without one on that of the base image.
    /// An update of the base then moves the files, and what should be read or removed stands somewhere else.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26
    /// WORKDIR src # <-
    /// RUN go build .
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// WORKDIR /app
    /// WORKDIR lib # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26
    /// ENV ROOT=/go
    /// WORKDIR $ROOT
    /// WORKDIR "/go/src"
    /// WORKDIR $SOMEWHERE/src
    /// ```
    /// ```dockerfile pass
    /// FROM mcr.microsoft.com/windows/servercore:ltsc2025
    /// WORKDIR C:\app
    /// WORKDIR c:/app
    /// ```
    ///
    /// ## Fix
    /// Write the whole path: `WORKDIR /app/lib`.
    RelativeWorkdir {
        id: "relative-workdir",
        title: "WORKDIR is a relative path",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for RelativeWorkdir {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            for outer in &stage.instructions {
                let InstructionKind::Workdir(path) = &outer.innermost().kind else {
                    continue;
                };
                if image_path::may_be_absolute(path) {
                    continue;
                }
                let fix = image_path::workdir(build.dockerfile, stage, outer)
                    .filter(|_| {
                        path.resolved && path.references.is_empty() && path.value == path.raw
                    })
                    .map(|parent| absolute(&parent, &path.value))
                    .and_then(|whole| rewrite::replace(build, path.span, whole));
                findings
                    .add(Self::META)
                    .span(build.source, path.span)
                    .message(format!("WORKDIR {} is relative", path.value))
                    .fix(Safety::Unsafe, fix);
            }
        }
    }
}

fn absolute(parent: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    match path {
        "." | "" => parent.to_owned(),
        _ => format!("{}/{path}", parent.trim_end_matches('/')),
    }
}
