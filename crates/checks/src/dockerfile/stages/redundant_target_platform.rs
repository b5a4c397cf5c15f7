use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// A `FROM --platform=$TARGETPLATFORM`.
    ///
    /// ## Why it matters
    /// That is what the builder does without the flag.
    /// The flag suggests a choice that was not made, and hides the stages where one was.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM --platform=$TARGETPLATFORM alpine:3.24 # <-
    /// RUN true
    /// ```
    /// ```dockerfile fail
    /// FROM --platform=${TARGETPLATFORM} alpine:3.24 # <-
    /// RUN true
    /// ```
    /// ```dockerfile pass
    /// FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    /// FROM alpine:3.24
    /// COPY --from=build /app /app
    /// ```
    ///
    /// ## Fix
    /// Remove the flag.
    RedundantTargetPlatform {
        id: "redundant-target-platform",
        title: "FROM --platform=$TARGETPLATFORM is the default",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for RedundantTargetPlatform {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            let Some(flag) = stage
                .instructions
                .first()
                .and_then(|from| from.flag("platform"))
            else {
                continue;
            };
            let written = flag.value.as_ref().map_or("", |value| value.raw.as_str());
            if matches!(
                written.trim_matches('"'),
                "$TARGETPLATFORM" | "${TARGETPLATFORM}"
            ) {
                findings
                    .add(Self::META)
                    .span(build.source, flag.span)
                    .message(format!(
                        "--platform={written} is what the builder does anyway"
                    ))
                    .fix(Safety::Safe, rewrite::without_flag(build, flag));
            }
        }
    }
}
