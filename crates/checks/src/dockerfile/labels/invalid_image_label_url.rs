use crate::{
    Check, Confidence, Findings, check, dockerfile::labels::label::label_values, judge::Build,
};

check! {
    /// ## What it finds
    /// Labels that hold a URL by definition (`org.opencontainers.image.url`, `.source`, `.documentation`, `org.label-schema.url`, `.vcs-url`) or by name (`...url`), with a value that is none.
    /// A Git address without scheme (`git@example.com:app.git`) is no URL.
    ///
    /// ## Why it matters
    /// Registries and update bots follow these links to sources and release notes; a broken one leads nowhere, or to whoever registers the name.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.source="git@example.com:team/app.git" # <-
    /// LABEL org.opencontainers.image.url="example.com/app" # <-
    /// LABEL com.example.docs-url="the wiki" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG SOURCE
    /// LABEL org.opencontainers.image.source="https://example.com/team/app" org.opencontainers.image.url=$SOURCE
    /// LABEL io.openshift.s2i.scripts-url="image:///usr/libexec/s2i"
    /// ```
    ///
    /// ## Fix
    /// Write a whole URL: `https://example.com/team/app`.
    InvalidImageLabelUrl {
        id: "invalid-image-label-url",
        title: "Label that should hold a URL does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelUrl {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let by_definition = matches!(
                key,
                "org.opencontainers.image.url"
                    | "org.opencontainers.image.source"
                    | "org.opencontainers.image.documentation"
                    | "org.label-schema.url"
                    | "org.label-schema.vcs-url"
            );
            let by_name = key.rsplit(['.', '-', '_']).next() == Some("url");
            if !(by_definition || by_name) || is_url(&value.value) {
                continue;
            }
            let draft = findings
                .add(Self::META)
                .span(build.source, value.span)
                .message(format!("label {key} is no URL: {}", value.value));
            if !by_definition {
                draft.confidence(Confidence::Medium);
            }
        }
    }
}

/// A scheme, `://`, and something without blanks behind it.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && !rest.is_empty()
        && !rest.contains(|character: char| character.is_whitespace() || character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_and_a_place() {
        assert!(is_url("https://example.com/a?b#c"));
        assert!(is_url("git+ssh://git@example.com/a"));
        assert!(!is_url("https://"));
        assert!(!is_url("https://a b"));
        assert!(!is_url("://a"));
        assert!(!is_url("example.com"));
    }
}
