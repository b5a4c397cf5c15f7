use ringwall_input::dockerfile::{Base, Dockerfile, EffectiveUser, InstructionKind};

use crate::{
    Check, Confidence, Findings, Safety, check,
    dockerfile::{
        rewrite,
        stages::{default_user, root_account},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// Images whose last `USER` is root, by name or by number, or `ContainerAdministrator` on Windows; also one by another name, which `useradd`, `usermod` or a line of `/etc/passwd` gives the number 0.
    /// The final stage counts, with the stages it is based on.
    ///
    /// A variable that this stage gives no value, or that of such a variable, is empty unless the base image or a build argument sets it, and an empty `USER` is root: the finding is likely then.
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
    /// FROM debian:13
    /// RUN useradd --non-unique --uid 0 app
    /// USER app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:13 AS base
    /// RUN useradd -u 1000 app && usermod -ou0 app
    /// FROM base
    /// USER app:app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN echo 'app:x:0:0:app:/app:/sbin/nologin' >> /etc/passwd
    /// USER app # <-
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
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ARG APP_UID
    /// ENV RUN_AS=$APP_UID
    /// USER $RUN_AS # <-
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
    /// FROM debian:13 AS build
    /// RUN useradd -o -u 0 app
    /// FROM debian:13
    /// RUN useradd -o -u 0 admin && useradd -gusers -u 1000 app && echo 'app:x:1000:0::/:/bin/sh' > /etc/passwd
    /// USER app
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
        let Some(stage) = file.final_stage() else {
            return;
        };
        let Some(user) = file.effective_user(stage) else {
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
                        unset(file, &user).join(" and ")
                    ),
                    Some(confidence),
                ),
                None => return,
            },
            _ => {
                let giver = root_account::giver(build, stage, &user.user.user);
                let Some(giver) = giver.filter(|_| user.user.word.resolved) else {
                    return;
                };
                let message =
                    format!("image runs as root: USER {name}, to which {giver} gives the number 0");
                (message, None)
            }
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

/// The variables in a USER, or those that it comes from where ENV or ARG hands them on.
fn unset<'a>(file: &'a Dockerfile, user: &EffectiveUser<'a>) -> Vec<&'a str> {
    let references = user.user.word.references.iter();
    let mut names: Vec<&str> = references
        .flat_map(|reference| {
            file.variable(user.stage, user.instruction, &reference.name)
                .and_then(|pair| pair.value.as_ref())
                .map(|value| value.references.as_slice())
                .filter(|behind| !behind.is_empty())
                .unwrap_or(std::slice::from_ref(reference))
        })
        .map(|reference| reference.name.as_str())
        .collect();
    names.dedup();
    names
}

/// How sure it is that nothing sets the variable in a USER; `None` where the base image is known to.
fn likely<'a>(file: &'a Dockerfile, user: &EffectiveUser<'a>) -> Option<Confidence> {
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
                && unset(file, user).iter().all(|name| *name == "APP_UID") =>
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
