use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// Stages named `scratch` or `context`.
    ///
    /// ## Why it matters
    /// `scratch` is the empty image and `context` the build context.
    /// `FROM scratch` and `--from=context` then mean something else than they say, or the build fails.
    /// See: <https://docs.docker.com/reference/build-checks/reserved-stage-name/>
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24 AS scratch # <-
    /// RUN true
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base
    /// RUN true
    /// FROM scratch
    /// COPY --from=base /etc/os-release /
    /// ```
    ///
    /// ## Fix
    /// Give the stage another name.
    ReservedStageName {
        id: "reserved-stage-name",
        title: "Stage named with a reserved word (scratch, context)",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ReservedStageName {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for name in build
            .dockerfile
            .stages
            .iter()
            .filter_map(|stage| stage.name.as_ref())
        {
            let word = name.value.to_ascii_lowercase();
            if matches!(word.as_str(), "scratch" | "context") {
                findings
                    .add(Self::META)
                    .span(build.source, name.span)
                    .message(format!("stage name {} is a reserved word", name.value));
            }
        }
    }
}
