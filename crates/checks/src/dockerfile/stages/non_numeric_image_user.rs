use ringwall_input::dockerfile::{Base, Dockerfile, ImageRef, Instruction, Script, Stage};
use ringwall_model::{Edit, Span};

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{rewrite, stages::root_account},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Images that end with a `USER` given by name.
    /// Windows images, whose users have no numbers, and root, by whatever name, which is another finding, are left alone.
    ///
    /// ## Why it matters
    /// The kubelet reads the user from the image's metadata and cannot look into its `/etc/passwd`.
    /// A pod with `runAsNonRoot: true` and no `runAsUser` is refused when the image names its user.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN adduser -S app
    /// USER app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN addgroup -S web && adduser -S -u 10001 -G web app
    /// USER app:web # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN adduser -S -u 10001 app
    /// USER 10001
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ENV APP_UID=10001
    /// USER $APP_UID:app
    /// ```
    /// ```dockerfile pass
    /// FROM mcr.microsoft.com/windows/nanoserver:ltsc2025
    /// USER ContainerUser
    /// ```
    ///
    /// ## Fix
    /// Give the user's number: `USER 10001` instead of `USER app`.
    NonNumericImageUser {
        id: "non-numeric-image-user",
        title: "USER is a name, so runAsNonRoot cannot be verified",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for NonNumericImageUser {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(stage) = file.final_stage() else {
            return;
        };
        let Some(user) = file.effective_user(stage) else {
            return;
        };
        if user.user.is_root() != Some(false) || user.user.is_numeric() || is_windows(file, stage) {
            return;
        }
        let name = &user.user.user;
        // A number would be that of root, which is told of.
        if root_account::giver(build, stage, name).is_some() {
            return;
        }
        findings
            .add(Self::META)
            .span(build.source, user.span())
            .message(format!(
                "image names its user, {name}, instead of giving a number"
            ))
            .fix(Safety::Unsafe, numbered(build, stage, name, user.span()));
    }
}

fn is_windows(file: &Dockerfile, stage: &Stage) -> bool {
    file.root_base(stage)
        .and_then(Base::image)
        .is_some_and(ImageRef::is_windows)
}

/// The number that a command of the file gives the user.
fn numbered(build: &Build<'_>, stage: &Stage, name: &str, span: Span) -> Option<Vec<Edit>> {
    let number = build
        .dockerfile
        .ancestors(stage)
        .flat_map(|stage| &stage.instructions)
        .filter_map(Instruction::script)
        .flat_map(Script::commands)
        .filter(|command| command.is_any(&["useradd", "adduser"]) && command.has_arg(name))
        .find_map(|command| {
            command
                .flag_value("--uid")
                .or_else(|| command.flag_value("-u"))
        })
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    let written = build.source.slice(span);
    let rest = written.strip_prefix(name)?;
    rewrite::replace(build, span, format!("{number}{rest}"))
}
