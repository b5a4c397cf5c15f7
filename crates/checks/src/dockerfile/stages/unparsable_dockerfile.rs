use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Every place where a Dockerfile does not parse: unknown instructions and flags, stray words, open quotes and heredocs, names of images that are none, options of a mount or a health check that the builder refuses, a file without `FROM`.
    ///
    /// ## Why it matters
    /// The build fails there.
    /// What an unreadable instruction would have done is not judged, so the other checks may miss something.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24 (A) # <-
    /// RUN true
    /// USER app (B) # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUNN apk add curl # <-
    /// COPY --form=build /app /app # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN true
    /// USER app
    /// ```
    ///
    /// ## Fix
    /// Correct the instruction as the message says.
    UnparsableDockerfile {
        id: "unparsable-dockerfile",
        title: "Dockerfile does not parse",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnparsableDockerfile {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for diagnostic in build.diagnostics {
            findings
                .add(Self::META)
                .span(build.source, diagnostic.span)
                .message(diagnostic.message.clone());
        }
    }
}
