use std::collections::HashMap;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Stages with a name that an earlier stage has, whatever the case of the letters.
    ///
    /// ## Why it matters
    /// `COPY --from=NAME` and `FROM NAME` mean one of the two, and builders do not agree which.
    /// The image may hold what the wrong stage built.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM node:24 AS Build # <-
    /// RUN npm ci
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM node:24 AS assets
    /// RUN npm ci
    /// ```
    ///
    /// ## Fix
    /// Give each stage its own name, and say in `--from` which one is meant.
    DuplicateStageName {
        id: "duplicate-stage-name",
        title: "Stage name used twice",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DuplicateStageName {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut lines: HashMap<String, u32> = HashMap::new();
        let names = build.dockerfile.stages.iter();
        for name in names.filter_map(|stage| stage.name.as_ref()) {
            let line = build.source.location(name.span).start.line;
            let first = *lines.entry(name.value.to_lowercase()).or_insert(line);
            if first != line {
                findings
                    .add(Self::META)
                    .span(build.source, name.span)
                    .message(format!(
                        "stage name {} is already that of the stage in line {first}",
                        name.value
                    ));
            }
        }
    }
}
