use ringwall_input::dockerfile::{Base, Dockerfile};

use crate::{
    Check, Confidence, Findings, check,
    dockerfile::stage_reference::{Origin, stage_references},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Stages that the final stage needs neither as base nor as a source of files, directly or through other stages.
    /// A stage with a name may be built by itself with `--target`, so there the finding is a hint.
    /// Where a variable hides which stages are used, the check is quiet.
    ///
    /// ## Why it matters
    /// Code that no build runs is not tested, not updated, and still read as if it mattered.
    /// Builders other than `BuildKit` run it all the same.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM node:24 AS assets # <-
    /// RUN npm ci
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS deps
    /// RUN go mod download
    /// FROM deps AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base-amd64
    /// FROM alpine:3.24 AS base-arm64
    /// FROM base-${TARGETARCH}
    /// RUN true
    /// ```
    ///
    /// ## Fix
    /// Remove the stage, or copy from it what it was made for.
    UnusedBuildStage {
        id: "unused-build-stage",
        title: "Stage is never used",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnusedBuildStage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(used) = used_stages(file) else {
            return;
        };
        for (stage, _) in file.stages.iter().zip(used).filter(|(_, used)| !used) {
            let draft = findings.add(Self::META);
            if let Some(name) = &stage.name {
                draft
                    .span(build.source, name.span)
                    .message(format!(
                        "stage {} is not part of the final image",
                        name.value
                    ))
                    .confidence(Confidence::Low);
            } else {
                draft
                    .span(build.source, stage.from.image.span)
                    .message("this stage has no name and is not part of the final image");
            }
        }
    }
}

/// For each stage whether the final one needs it; `None` where a variable hides it.
fn used_stages(file: &Dockerfile) -> Option<Vec<bool>> {
    let hidden = |base: &Base| matches!(base, Base::Unresolved { .. });
    if file.stages.iter().any(|stage| hidden(&stage.base)) {
        return None;
    }
    let references = stage_references(file);
    if references
        .iter()
        .any(|reference| reference.origin == Origin::Variable)
    {
        return None;
    }
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); file.stages.len()];
    for reference in &references {
        if let Origin::Earlier(other) | Origin::Later(other) = reference.origin
            && let Some(needs) = needs.get_mut(reference.stage.index)
        {
            needs.push(other);
        }
    }
    let mut used = vec![false; file.stages.len()];
    let mut open = vec![file.stages.len().checked_sub(1)?];
    while let Some(index) = open.pop() {
        match used.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        if let Some(Base::Stage(base)) = file.stages.get(index).map(|stage| &stage.base) {
            open.push(*base);
        }
        open.extend(needs.get(index).into_iter().flatten());
    }
    Some(used)
}
