use ringwall_input::dockerfile::{Base, Dockerfile, EffectiveUser, InstructionKind};

use crate::{
    Check, Confidence, Findings, Safety, check,
    dockerfile::{rewrite, stages::default_user},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Images whose last `USER` is root, by name or by number, or `ContainerAdministrator` on Windows.
    /// The final stage counts, with the stages it is based on.
    ///
    /// A variable that this stage gives no value is empty unless the base image or a build argument sets it, and an empty `USER` is root: the finding is likely then.
    ///
    /// ## Why it matters
    /// A process that is taken over is root in its container: it can change every file of the image, bind low ports, and use each bug of the kernel and each mounted path with full rights.
    /// Kubernetes runs it so unless the pod says otherwise.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN adduser -S app
    /// USER root # <-
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24 AS base
    /// USER 0:0 # <-
    /// FROM base
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile fail
    /// ARG APP_UID=1000
    /// FROM alpine:3.24
    /// USER $APP_UID # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// USER ${APP_USER:-root} # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN adduser -S app
    /// USER app
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile pass
    /// ARG APP_UID=1000
    /// FROM alpine:3.24
    /// ARG APP_UID
    /// USER $APP_UID
    /// ```
    /// ```dockerfile pass
    /// FROM mcr.microsoft.com/dotnet/aspnet:10.0
    /// USER $APP_UID
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24 AS build
    /// USER root
    /// RUN apk add go
    /// FROM alpine:3.24
    /// USER root
    /// RUN apk add ca-certificates
    /// USER 65532:65532
    /// CMD ["/app"]
    /// ```
    ///
    /// ## Fix
    /// End the final stage with a user that is not root, best by number: `USER 65532:65532`.
    /// Files the program writes must belong to it (`COPY --chown=65532:65532`).
    RootImageUser {
        id: "root-image-user",
        title: "Final stage runs as root (explicit USER root or uid 0)",
        ring: Container,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for RootImageUser {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(user) = file
            .final_stage()
            .and_then(|stage| file.effective_user(stage))
        else {
            return;
        };
        let name = &user.user.word.value;
        let is_administrator = user
            .user
            .user
            .eq_ignore_ascii_case("ContainerAdministrator");
        let (message, confidence) = match user.user.is_root() {
            Some(true) => (format!("image runs as root: USER {name}"), None),
            _ if is_administrator => (format!("image runs as root: USER {name}"), None),
            None if user.user.is_likely_root() => match likely(file, &user) {
                Some(confidence) => (
                    format!(
                        "image likely runs as root: USER {}, where nothing sets {}",
                        user.user.word.raw,
                        unset(&user)
                    ),
                    Some(confidence),
                ),
                None => return,
            },
            _ => return,
        };
        let replacement = if is_administrator {
            "ContainerUser"
        } else {
            "65532:65532"
        };
        let draft = findings
            .add(Self::META)
            .span(build.source, user.span())
            .message(message)
            .fix(
                Safety::Unsafe,
                rewrite::replace(build, user.span(), replacement),
            );
        if let Some(confidence) = confidence {
            draft.confidence(confidence);
        }
    }
}

/// The variables in a USER.
fn unset(user: &EffectiveUser<'_>) -> String {
    let names = user.user.word.references.iter().map(|it| it.name.as_str());
    names.collect::<Vec<_>>().join(" and ")
}

/// How sure it is that nothing sets the variable in a USER; `None` where the base image is known to.
fn likely(file: &Dockerfile, user: &EffectiveUser<'_>) -> Option<Confidence> {
    let references = &user.user.word.references;
    let is_written_here = references.iter().any(|reference| {
        reference.has_default
            || file
                .variable(user.stage, user.instruction, &reference.name)
                .is_some()
            || is_declared(file, &reference.name)
    });
    match file.root_base(user.stage) {
        Some(Base::Scratch) => Some(Confidence::High),
        // See: <https://github.com/dotnet/dotnet-docker>
        Some(Base::Image(image))
            if image.full_name().starts_with("mcr.microsoft.com/dotnet/")
                && references
                    .iter()
                    .all(|reference| reference.name == "APP_UID") =>
        {
            None
        }
        Some(Base::Image(image)) if default_user::is_root(image) => Some(Confidence::Medium),
        _ if is_written_here => Some(Confidence::Medium),
        _ => Some(Confidence::Low),
    }
}

/// Whether an ARG or ENV anywhere in the file gives a name: it counts in its own stage only.
fn is_declared(file: &Dockerfile, name: &str) -> bool {
    file.instructions()
        .any(|instruction| match &instruction.kind {
            InstructionKind::Arg(pairs) | InstructionKind::Env(pairs) => {
                pairs.iter().any(|pair| pair.name.value == name)
            }
            _ => false,
        })
}
