use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// Images whose last `USER` is root, by name or by number, or `ContainerAdministrator` on Windows.
    /// The final stage counts, with the stages it is based on.
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
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN adduser -S app
    /// USER app
    /// CMD ["/app"]
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
        let is_administrator = user
            .user
            .user
            .eq_ignore_ascii_case("ContainerAdministrator");
        if user.user.is_root() != Some(true) && !is_administrator {
            return;
        }
        let replacement = if is_administrator {
            "ContainerUser"
        } else {
            "65532:65532"
        };
        findings
            .add(Self::META)
            .span(build.source, user.span())
            .message(format!("image runs as root: USER {}", user.user.word.value))
            .fix(
                Safety::Unsafe,
                rewrite::replace(build, user.span(), replacement),
            );
    }
}
