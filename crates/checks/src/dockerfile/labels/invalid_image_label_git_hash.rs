use crate::{
    Check, Confidence, Findings, check, dockerfile::labels::label::label_values, judge::Build,
};

check! {
    /// ## What it finds
    /// `org.opencontainers.image.revision` and `org.label-schema.vcs-ref` with a value that is no commit hash of Git: 7 to 40, or 64, hexadecimal digits.
    /// A plain number is left alone, as Subversion counts so; another version control system makes the finding wrong, so it is likely and not certain.
    ///
    /// ## Why it matters
    /// The hash leads from an image back to the sources it was built from.
    /// A branch or tag name leads to whatever it points at by then.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.revision=main # <-
    /// LABEL org.label-schema.vcs-ref="v1.2.3" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG REVISION
    /// LABEL org.opencontainers.image.revision=$REVISION
    /// LABEL org.opencontainers.image.revision=5f3c1a9 org.label-schema.vcs-ref=5f3c1a9be0d4c7762d0d0e6c5c1fb6b1a9a1e0d2
    /// ```
    ///
    /// ## Fix
    /// Write what `git rev-parse HEAD` prints, best through a build argument.
    InvalidImageLabelGitHash {
        id: "invalid-image-label-git-hash",
        title: "Label that should hold a git hash does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelGitHash {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let is_revision = matches!(
                key,
                "org.opencontainers.image.revision" | "org.label-schema.vcs-ref"
            );
            if is_revision && !is_revision_of_a_commit(&value.value) {
                findings
                    .add(Self::META)
                    .span(build.source, value.span)
                    .confidence(Confidence::Medium)
                    .message(format!("label {key} is no commit hash: {}", value.value));
            }
        }
    }
}

fn is_revision_of_a_commit(text: &str) -> bool {
    let number = text.strip_prefix('r').unwrap_or(text);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_hash =
        matches!(text.len(), 7..=40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number || is_hash
}
