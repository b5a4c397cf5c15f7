use crate::{Check, Findings, check, dockerfile::labels::label::labels, judge::Build};

check! {
    /// ## What it finds
    /// Labels that neither `allowed-image-labels` nor `required-image-labels` lists.
    /// An entry that ends in `*` allows every label that begins so.
    /// Without a list of allowed labels every label is allowed.
    ///
    /// ## Why it matters
    /// A label with a typing error is a label that is missing; one that nobody agreed on may say more than should leave the house.
    ///
    /// ## Examples
    /// ```dockerfile fail allowed_image_labels=com.example.team,org.opencontainers.image.*
    /// FROM alpine:3.24
    /// LABEL com.example.taem=web # <-
    /// ```
    /// ```dockerfile pass allowed_image_labels=com.example.team,org.opencontainers.image.*
    /// FROM alpine:3.24
    /// LABEL com.example.team=web org.opencontainers.image.source="https://example.com/web"
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// LABEL com.example.taem=web
    /// ```
    ///
    /// ## Fix
    /// Correct the key, remove the label, or add it to `allowed-image-labels` in `ringwall.toml`.
    UnexpectedImageLabel {
        id: "unexpected-image-label",
        title: "Label not in the schema",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnexpectedImageLabel {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let settings = findings.settings();
        if settings.allowed_image_labels.is_empty() {
            return;
        }
        let is_allowed = |key: &str| {
            settings
                .required_image_labels
                .iter()
                .any(|name| name == key)
                || settings
                    .allowed_image_labels
                    .iter()
                    .any(|name| match name.strip_suffix('*') {
                        Some(start) => key.starts_with(start),
                        None => name == key,
                    })
        };
        for label in labels(build.dockerfile) {
            let key = &label.name;
            if key.resolved && !is_allowed(&key.value) {
                findings
                    .add(Self::META)
                    .span(build.source, key.span)
                    .message(format!("label {} is not in the list of labels", key.value));
            }
        }
    }
}
