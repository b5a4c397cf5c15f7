use crate::{Check, Findings, check, dockerfile::labels::label::labels, judge::Build};

check! {
    /// ## What it finds
    /// Label keys that break Docker's naming rules: other characters than lower-case letters, digits, `.` and `-`, a first or last character that is no letter or digit, two separators in a row, or a namespace that is Docker's own (`com.docker.*`, `io.docker.*`, `org.dockerproject.*`).
    /// The labels of Docker Desktop extensions are left alone.
    ///
    /// ## Why it matters
    /// Tools look for `maintainer`, not for `MAINTAINER`: the label is there and nobody finds it.
    /// See: <https://docs.docker.com/engine/manage-resources/labels/>
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL MAINTAINER="Jane Doe" # <-
    /// LABEL com.example.build_date="today" # <-
    /// LABEL com.docker.team=web # <-
    /// LABEL com..example=1 # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// LABEL maintainer="Jane Doe" com.example.build-date="today" com.example.api.v1=yes
    /// LABEL com.docker.desktop.extension.api.version=">= 0.3.4"
    /// ```
    ///
    /// ## Fix
    /// Write the key in lower case with dots and hyphens, in a namespace of your own: `com.example.build-date`.
    InvalidImageLabelKey {
        id: "invalid-image-label-key",
        title: "Label key breaks naming rules",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelKey {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for label in labels(build.dockerfile) {
            let key = &label.name;
            if !key.resolved {
                continue;
            }
            if let Some(flaw) = flaw(&key.value) {
                findings
                    .add(Self::META)
                    .span(build.source, key.span)
                    .message(format!("label key {} {flaw}", key.value));
            }
        }
    }
}

fn flaw(key: &str) -> Option<&'static str> {
    const RESERVED: [&str; 3] = ["com.docker.", "io.docker.", "org.dockerproject."];
    const EXTENSIONS: [&str; 2] = ["com.docker.desktop.extension.", "com.docker.extension."];
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = key.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return Some("is empty");
    };
    if !bytes
        .iter()
        .all(|&byte| is_plain(byte) || b".-".contains(&byte))
    {
        return Some("has other characters than lower-case letters, digits, dots and hyphens");
    }
    if !first.is_ascii_lowercase() || !is_plain(last) {
        return Some("does not begin with a letter and end with a letter or digit");
    }
    if ["..", "--", ".-", "-."]
        .iter()
        .any(|pair| key.contains(pair))
    {
        return Some("has two separators in a row");
    }
    let is_reserved = RESERVED.iter().any(|start| key.starts_with(start))
        && !EXTENSIONS.iter().any(|start| key.starts_with(start));
    is_reserved.then_some("is in a namespace that Docker keeps for itself")
}
