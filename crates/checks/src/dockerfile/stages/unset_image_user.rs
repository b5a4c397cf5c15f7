use ringwall_input::dockerfile::{Base, InstructionKind, Stage};

use crate::{
    Check, Confidence, Findings, Safety, check,
    dockerfile::{rewrite, stages::default_user},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Images whose final stage, and the stages it is based on, never set `USER`.
    /// Base images that are known to run as another user (`nonroot` tags of distroless, Chainguard, Bitnami, chiseled .NET, `nanoserver`) are left alone.
    /// Other base images may bring a user that this file does not show: the finding is certain for well-known bases that run as root, and likely for the rest.
    ///
    /// ## Why it matters
    /// Without `USER` a container runs as root, as nearly all base images leave it.
    /// A process that is taken over can then change every file of the image and use each bug of the kernel with full rights.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24 # <-
    /// RUN adduser -S app
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// USER 1000
    /// RUN go build -o /app .
    /// FROM scratch # <-
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN adduser -S app
    /// USER app
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS base
    /// USER 65532
    /// FROM base
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile pass
    /// FROM gcr.io/distroless/static:nonroot
    /// COPY app /app
    /// ```
    ///
    /// ## Fix
    /// Add `USER 65532:65532`, or a user the image creates, at the end of the final stage.
    /// Files the program writes must belong to it (`COPY --chown=65532:65532`).
    UnsetImageUser {
        id: "unset-image-user",
        title: "Final stage never sets USER",
        ring: Container,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for UnsetImageUser {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(stage) = file.final_stage() else {
            return;
        };
        // A USER that does not parse is reported as such; that there is none would be untrue.
        if file.effective_user(stage).is_some() || file.ancestors(stage).any(has_broken_user) {
            return;
        }
        let (message, confidence) = match file.root_base(stage) {
            Some(Base::Scratch) => ("image never sets USER and so runs as root".to_owned(), None),
            Some(Base::Image(image)) if default_user::is_not_root(image) => return,
            Some(Base::Image(image)) if default_user::is_root(image) => (
                format!(
                    "image never sets USER and so runs as root, the user of {}",
                    image.full_name()
                ),
                None,
            ),
            Some(Base::Image(image)) => (
                format!(
                    "image never sets USER and so runs as the user of {}, mostly root",
                    image.full_name()
                ),
                Some(Confidence::Medium),
            ),
            Some(Base::Unresolved { variables }) if !variables.is_empty() => (
                format!(
                    "image never sets USER and so runs as the user of {}, mostly root",
                    stage.from.image.raw
                ),
                Some(Confidence::Low),
            ),
            _ => return,
        };
        let last = stage.instructions.last();
        let draft = findings
            .add(Self::META)
            .span(build.source, stage.from.image.span)
            .message(message)
            .fix(
                Safety::Unsafe,
                last.and_then(|last| rewrite::line_behind(build, last, "USER 65532:65532")),
            );
        if let Some(confidence) = confidence {
            draft.confidence(confidence);
        }
    }
}

fn has_broken_user(stage: &Stage) -> bool {
    stage.instructions.iter().any(|instruction| {
        instruction.name() == "USER" && matches!(instruction.kind, InstructionKind::Invalid)
    })
}
