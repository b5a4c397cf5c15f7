use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, Severity, check, dockerfile::stage_reference::shipped_stages, judge::Build,
};

check! {
    /// ## What it finds
    /// A `COPY` or `ADD` of the whole build context (`.`) where no `.dockerignore` limits it and no `--exclude` is given.
    /// In a stage that only passes some files on, the files stay in the build cache, so the finding is low.
    ///
    /// ## Why it matters
    /// The working copy holds more than the sources: `.git` with its history, `.env`, keys, the results of other builds.
    /// All of it ends in the image, where everyone who may pull it can read it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:24
    /// WORKDIR /app
    /// COPY . . # <-
    /// ```
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// WORKDIR /src
    /// ADD ./ /src # <-
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass dockerignore=yes
    /// FROM node:24
    /// WORKDIR /app
    /// COPY . .
    /// ```
    /// ```dockerfile pass dockerignore=unknown
    /// FROM node:24
    /// COPY . /app
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// WORKDIR /app
    /// COPY --exclude=.git --exclude=.env . .
    /// COPY src ./src
    /// COPY --from=nginx:1.31 . /nginx
    /// ```
    ///
    /// ## Fix
    /// Add a `.dockerignore` that begins with `*` and lets the needed paths in again (`!src`), or copy single folders.
    UnfilteredBuildContext {
        id: "unfiltered-build-context",
        title: "COPY . without .dockerignore (leaks .git, .env, keys)",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnfilteredBuildContext {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        if build.has_ignore_file != Some(false) {
            return;
        }
        let file = build.dockerfile;
        for (stage, is_shipped) in file.stages.iter().zip(shipped_stages(file)) {
            for outer in &stage.instructions {
                let instruction = outer.innermost();
                let (InstructionKind::Copy(copy) | InstructionKind::Add(copy)) = &instruction.kind
                else {
                    continue;
                };
                if copy.from.is_some() || instruction.flag("exclude").is_some() {
                    continue;
                }
                let whole = copy
                    .sources
                    .iter()
                    .find(|source| matches!(source.value.as_str(), "." | "./" | "/" | "*" | "./*"));
                let Some(whole) = whole else {
                    continue;
                };
                let severity = if is_shipped {
                    Severity::Medium
                } else {
                    Severity::Low
                };
                findings
                    .add(Self::META)
                    .span(build.source, whole.span)
                    .severity(severity)
                    .message(format!(
                        "{} {} takes the whole build context, and no .dockerignore limits it",
                        instruction.name(),
                        whole.value
                    ));
            }
        }
    }
}
