use crate::{
    Check, Findings, check,
    dockerfile::labels::{label::label_values, spdx::is_expression},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `org.opencontainers.image.licenses` with a value that is no SPDX licence expression, and `org.label-schema.license` likewise.
    ///
    /// ## Why it matters
    /// Licence scanners read the expression.
    /// `Apache 2` or `MIT License` is text to them, and the image counts as without licence.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.licenses="Apache 2" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.licenses="Apache-2.0"
    /// LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND GPL-2.0-only WITH Classpath-exception-2.0"
    /// LABEL org.opencontainers.image.licenses="LicenseRef-Example"
    /// ```
    ///
    /// ## Fix
    /// Use the ids of <https://spdx.org/licenses/>, joined by `AND`, `OR` and `WITH`; `LicenseRef-...` for a licence of your own.
    InvalidImageLabelLicense {
        id: "invalid-image-label-license",
        title: "Label that should hold an SPDX licence id does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelLicense {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let is_license = matches!(
                key,
                "org.opencontainers.image.licenses" | "org.label-schema.license"
            );
            if is_license && !is_expression(&value.value) {
                findings
                    .add(Self::META)
                    .span(build.source, value.span)
                    .message(format!(
                        "label {key} is no SPDX licence expression: {}",
                        value.value
                    ));
            }
        }
    }
}
