use crate::{
    Check, Findings, check,
    dockerfile::stage_reference::{Origin, stage_references},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `COPY --from` or `RUN --mount=from=` that names the stage it stands in, by name or by number.
    ///
    /// ## Why it matters
    /// The build fails: a stage cannot copy from itself before it is built.
    /// Mostly another stage was meant.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// COPY --from=build /src /app # <-
    /// COPY --from=0 /src /app # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN cp -r /src /app
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    ///
    /// ## Fix
    /// Name the stage that is meant, or use `RUN cp` to copy within the stage.
    SelfReferencingCopy {
        id: "self-referencing-copy",
        title: "COPY --from refers to its own stage",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SelfReferencingCopy {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for reference in stage_references(build.dockerfile) {
            if reference.origin == Origin::Own {
                findings
                    .add(Self::META)
                    .span(build.source, reference.span)
                    .message(format!(
                        "{}={} is the stage it stands in",
                        reference.place, reference.name
                    ));
            }
        }
    }
}
