use crate::{
    Check, Confidence, Findings, check,
    dockerfile::stage_reference::{Origin, stage_references},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `COPY --from` or `RUN --mount=from=` that names no earlier stage: a number that no stage has, a stage further down, a variable (which builders do not replace there), or a bare name that is neither a stage nor a well-known image.
    /// A name with `/`, `:`, `.` or `@` is an image.
    ///
    /// ## Why it matters
    /// A misspelt stage is taken for an image of Docker Hub: the build fails, or pulls whatever a stranger pushed under that name.
    /// A stage further down works with `BuildKit` only.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=buidl /app /app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY --from=1 /app /app # <-
    /// COPY --from=$STAGE /app /app # <-
    /// COPY --from=build /app /app # <-
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build /app /app
    /// COPY --from=0 /app /again
    /// COPY --from=nginx:1.31 /etc/nginx /etc/nginx
    /// COPY --from=alpine /etc/os-release /
    /// ```
    ///
    /// ## Fix
    /// Name an earlier stage as its `AS` does, or an image with registry and tag.
    /// A named build context (`--build-context`) is the one bare name that is right; accept the finding there.
    DanglingCopySource {
        id: "dangling-copy-source",
        title: "COPY --from names no earlier stage",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingCopySource {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for reference in stage_references(build.dockerfile) {
            let (place, name) = (reference.place, reference.name);
            let (message, confidence) = match reference.origin {
                Origin::NoStage => (format!("{place}={name} is the number of no stage"), None),
                Origin::Variable => (
                    format!(
                        "{place}={name} is taken literally: builders replace no variables there"
                    ),
                    None,
                ),
                Origin::Later(_) => (
                    format!("{place}={name} is a stage further down"),
                    Some(Confidence::Medium),
                ),
                Origin::Name => (
                    format!("{place}={name} is no stage of this file"),
                    Some(Confidence::Medium),
                ),
                Origin::Earlier(_) | Origin::Own | Origin::Image(_) => continue,
            };
            let draft = findings
                .add(Self::META)
                .span(build.source, reference.span)
                .message(message);
            if let Some(confidence) = confidence {
                draft.confidence(confidence);
            }
        }
    }
}
