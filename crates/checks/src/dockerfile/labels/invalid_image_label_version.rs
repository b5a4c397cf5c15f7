use crate::{
    Check, Confidence, Findings, check, dockerfile::labels::label::label_values, judge::Build,
};

check! {
    /// ## What it finds
    /// `org.opencontainers.image.version` and `org.label-schema.version` with a value that is no semantic version; a `v` before it is allowed.
    /// The OCI specification lets other versions stand there, so the finding is a hint.
    ///
    /// ## Why it matters
    /// Tools that compare versions sort by the rules of semantic versioning; `latest` or `22.04 LTS` has no place in that order.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.version=latest # <-
    /// LABEL org.label-schema.version="1.2" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG VERSION
    /// LABEL org.opencontainers.image.version=$VERSION
    /// LABEL org.opencontainers.image.version=v1.2.3-rc.1+build.5 org.label-schema.version=1.2.3
    /// ```
    ///
    /// ## Fix
    /// Write three numbers: `1.2.3`, with `-rc.1` behind them for a pre-release.
    InvalidImageLabelVersion {
        id: "invalid-image-label-version",
        title: "Label that should hold a semantic version does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelVersion {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let is_version = matches!(
                key,
                "org.opencontainers.image.version" | "org.label-schema.version"
            );
            if is_version && !is_semantic(&value.value) {
                findings
                    .add(Self::META)
                    .span(build.source, value.span)
                    .confidence(Confidence::Low)
                    .message(format!(
                        "label {key} is no semantic version: {}",
                        value.value
                    ));
            }
        }
    }
}

/// See: <https://semver.org/spec/v2.0.0.html>
fn is_semantic(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = text.split_once('+').unwrap_or((text, "0"));
    let (core, pre_release) = text.split_once('-').unwrap_or((text, "0"));
    let is_number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && pre_release.split('.').all(|part| {
            is_word(part) && (is_number(part) || !part.bytes().all(|byte| byte.is_ascii_digit()))
        })
        && build.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_numbers() {
        for text in [
            "1.2.3",
            "v0.0.1",
            "1.2.3-rc.1",
            "1.2.3+5.abc",
            "1.2.3-a-b+c",
        ] {
            assert!(is_semantic(text), "{text}");
        }
        for text in [
            "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "latest", "",
        ] {
            assert!(!is_semantic(text), "{text}");
        }
    }
}
