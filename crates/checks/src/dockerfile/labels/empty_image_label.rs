use crate::{Check, Findings, check, dockerfile::labels::label::labels, judge::Build};

check! {
    /// ## What it finds
    /// Labels with an empty value.
    ///
    /// ## Why it matters
    /// The label is there for every tool that looks, and says nothing; mostly a build argument was forgotten.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.source="" # <-
    /// LABEL com.example.team= # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG REVISION
    /// LABEL org.opencontainers.image.source="https://example.com/web" org.opencontainers.image.revision=$REVISION
    /// ```
    ///
    /// ## Fix
    /// Give the label a value or remove it.
    EmptyImageLabel {
        id: "empty-image-label",
        title: "Label value empty",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for EmptyImageLabel {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for label in labels(build.dockerfile) {
            let is_empty = label
                .value
                .as_ref()
                .is_none_or(|value| value.resolved && value.value.trim().is_empty());
            if is_empty {
                findings
                    .add(Self::META)
                    .span(build.source, label.span)
                    .message(format!("label {} is empty", label.name.value));
            }
        }
    }
}
