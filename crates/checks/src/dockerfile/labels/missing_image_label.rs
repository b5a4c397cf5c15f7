use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Images whose final stage, and the stages it is based on, do not set a label that `required-image-labels` lists.
    /// Without a list nothing is required.
    ///
    /// ## Why it matters
    /// Inventories, cost reports and the search for whoever owns an image read labels.
    ///
    /// ## Examples
    /// ```dockerfile fail required_image_labels=org.opencontainers.image.source,com.example.team
    /// FROM alpine:3.24 # <-
    /// LABEL com.example.team=web
    /// ```
    /// ```dockerfile pass required_image_labels=org.opencontainers.image.source,com.example.team
    /// FROM alpine:3.24 AS base
    /// LABEL com.example.team=web
    /// FROM base
    /// LABEL org.opencontainers.image.source="https://example.com/web"
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ```
    ///
    /// ## Fix
    /// Add the label in the final stage: `LABEL com.example.team=web`.
    MissingImageLabel {
        id: "missing-image-label",
        title: "Required label missing",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingImageLabel {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let Some(stage) = build.dockerfile.final_stage() else {
            return;
        };
        let is_set = |required: &str| {
            build
                .dockerfile
                .ancestors(stage)
                .flat_map(|stage| &stage.instructions)
                .any(|instruction| match &instruction.kind {
                    InstructionKind::Label(pairs) => {
                        pairs.iter().any(|pair| pair.name.value == required)
                    }
                    _ => false,
                })
        };
        let settings = findings.settings();
        for required in &settings.required_image_labels {
            if !is_set(required) {
                findings
                    .add(Self::META)
                    .span(build.source, stage.from.image.span)
                    .message(format!("image does not set the label {required}"));
            }
        }
    }
}
