use ringwall_model::Span;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Comments that switch findings off: of ringwall, hadolint, Trivy, Checkov, KICS, Semgrep and of the builder (`# check=skip=...`).
    ///
    /// ## Why it matters
    /// Whoever writes the Dockerfile decides which findings are shown.
    /// Where exceptions need a second pair of eyes, they belong into a file that has reviewers of its own.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// # check=skip=SecretsUsedInArgOrEnv # <-
    /// FROM alpine:3.24
    /// # hadolint ignore=DL3018 # <-
    /// RUN apk add curl
    /// #trivy:ignore:DS-0002 # <-
    /// USER root
    /// ```
    /// ```dockerfile pass
    /// # syntax=docker/dockerfile:1
    /// FROM alpine:3.24
    /// # Do not ignore the order of these packages.
    /// RUN apk add curl
    /// ```
    ///
    /// ## Fix
    /// Remove the comment, or move the exception with its reason into `ringwall.toml`.
    InlineSuppressionComment {
        id: "inline-suppression-comment",
        title: "Inline suppression comment present (policy may forbid them)",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InlineSuppressionComment {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut add = |tool: &str, span: Span| {
            findings
                .add(Self::META)
                .span(build.source, span)
                .message(format!("comment switches off findings of {tool}"));
        };
        if let Some(directive) = build.dockerfile.directive("check")
            && directive.value.contains("skip")
        {
            add("the builder", directive.span);
        }
        for comment in &build.dockerfile.comments {
            if let Some(tool) = silenced(&comment.text) {
                add(tool, comment.span);
            }
        }
    }
}

/// The tool that a comment silences.
fn silenced(comment: &str) -> Option<&'static str> {
    let words = comment.trim_start_matches(['#', ' ']);
    if let Some(rest) = words.strip_prefix("hadolint") {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("global").unwrap_or(rest).trim_start();
        return rest.starts_with("ignore").then_some("hadolint");
    }
    let tools = [
        ("ringwall: ignore", "ringwall"),
        ("ringwall:ignore", "ringwall"),
        ("trivy:ignore", "Trivy"),
        ("checkov:skip", "Checkov"),
        ("bridgecrew:skip", "Checkov"),
        ("kics-scan ignore", "KICS"),
        ("kics-scan disable", "KICS"),
        ("nosemgrep", "Semgrep"),
    ];
    tools
        .into_iter()
        .find(|(mark, _)| words.starts_with(mark))
        .map(|(_, tool)| tool)
}
