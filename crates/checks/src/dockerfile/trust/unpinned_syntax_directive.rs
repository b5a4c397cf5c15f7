use ringwall_input::dockerfile::ImageRef;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A `# syntax=` directive that names its frontend image without a digest.
    ///
    /// ## Why it matters
    /// The frontend is an image too: the builder pulls it and lets it turn the Dockerfile into build steps.
    /// Whoever can move its tag can change what every build does.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// # syntax=docker/dockerfile:1 # <-
    /// FROM scratch
    /// COPY app /app
    /// ```
    /// ```dockerfile pass
    /// # syntax=docker/dockerfile:1@sha256:b6afd42430b15f2d2a4c5a02b919e98a525b785b1aaff16747d2f623364e39b6
    /// FROM scratch
    /// COPY app /app
    /// ```
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY app /app
    /// ```
    ///
    /// ## Fix
    /// Remove the directive where no new syntax is needed (the builder brings its own frontend), or add the digest: `# syntax=docker/dockerfile:1@sha256:...`.
    UnpinnedSyntaxDirective {
        id: "unpinned-syntax-directive",
        title: "Syntax directive not pinned by digest",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedSyntaxDirective {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let Some(directive) = build.dockerfile.directive("syntax") else {
            return;
        };
        if ImageRef::parse(&directive.value).digest.is_none() {
            findings
                .add(Self::META)
                .span(build.source, directive.value_span)
                .image(&directive.value)
                .message(format!("frontend {} has no digest", directive.value));
        }
    }
}
