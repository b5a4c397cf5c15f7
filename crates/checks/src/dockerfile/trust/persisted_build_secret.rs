use ringwall_input::dockerfile::{Command, InstructionKind, Run};

use crate::{
    Check, Findings, Severity, check,
    dockerfile::{
        image_path::file_name,
        stage_reference::shipped_stages,
        trust::written_secret::{Secret, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `RUN --mount=type=secret` whose command writes the secret somewhere: copies the file, redirects it, puts it into the configuration of `git`, `npm`, `yarn` or `pip`, or into the address of `git clone`, without removing it in the same `RUN`.
    /// In a stage that only passes files on, the secret stays in the build cache and the finding is medium.
    ///
    /// ## Why it matters
    /// The mount is there so that the secret leaves no trace in the image.
    /// A copy of it is in the layer, for everyone who may pull the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,id=npmrc \
    ///     cp /run/secrets/npmrc /root/.npmrc && \ # <-
    ///     npm ci
    /// ```
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,id=token,env=TOKEN \
    ///     echo "//registry.example.com/:_authToken=$TOKEN" > .npmrc && \ # <-
    ///     npm ci
    /// ```
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,id=token \
    ///     npm config set //registry.example.com/:_authToken "$(cat /run/secrets/token)" && npm ci # <-
    /// RUN --mount=type=secret,id=token,env=TOKEN \
    ///     git clone "https://x:$TOKEN@example.com/app.git" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    ///     npm ci
    /// RUN --mount=type=secret,id=token \
    ///     npm config set //registry.example.com/:_authToken "$(cat /run/secrets/token)" && npm ci && \
    ///     rm -f ~/.npmrc
    /// RUN --mount=type=secret,id=token,env=TOKEN \
    ///     git clone "https://x:$TOKEN@example.com/app.git" && rm -rf app/.git
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// RUN --mount=type=secret,id=npmrc \
    ///     cp /run/secrets/npmrc /root/.npmrc && \
    ///     npm ci && rm /root/.npmrc
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// RUN --mount=type=secret,id=token,env=TOKEN \
    ///     curl -H "Authorization: Bearer $TOKEN" https://example.com/a > /a
    /// ```
    ///
    /// ## Fix
    /// Mount the secret where the program reads it (`target=/root/.npmrc`) or as a variable (`env=NPM_TOKEN`), and write it nowhere.
    PersistedBuildSecret {
        id: "persisted-build-secret",
        title: "Secret mount exported to a later layer",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: ["mitre:T1552.001"],
    }
}

impl Check for PersistedBuildSecret {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        for (stage, is_shipped) in file.stages.iter().zip(shipped_stages(file)) {
            for instruction in &stage.instructions {
                let InstructionKind::Run(run) = &instruction.kind else {
                    continue;
                };
                let secrets: Vec<Secret> = run.mounts.iter().filter_map(Secret::of).collect();
                if secrets.is_empty() {
                    continue;
                }
                for command in run.script.commands() {
                    let Some(place) = secrets
                        .iter()
                        .find_map(|secret| written(run, command, secret))
                    else {
                        continue;
                    };
                    if is_removed(run, command, &place) || is_mounted(run, &place) {
                        continue;
                    }
                    let draft = findings
                        .add(Self::META)
                        .span(build.source, command.span)
                        .message(format!(
                            "{} writes a build secret to {place}",
                            command.program()
                        ));
                    if !is_shipped {
                        draft.severity(Severity::Medium);
                    }
                }
            }
        }
    }
}

/// Whether a later command of the same RUN removes the file, or the setting in it.
fn is_removed(run: &Run, after: &Command, place: &str) -> bool {
    let mut later = run
        .script
        .commands()
        .iter()
        .filter(|command| command.span.start > after.span.start);
    later.any(|command| {
        let removes_file = command.is_any(&["rm", "shred", "unlink"])
            && command
                .args
                .iter()
                .any(|word| file_name(word.value()) == file_name(place));
        let unsets = command.program() == after.program()
            && ["delete", "rm", "unset", "--unset", "--unset-all"]
                .iter()
                .any(|verb| command.has_arg(verb));
        removes_file || unsets
    })
}

/// Whether the file lies in another mount, which ends with the RUN.
fn is_mounted(run: &Run, place: &str) -> bool {
    run.mounts
        .iter()
        .filter(|mount| mount.kind != "secret")
        .filter_map(|mount| mount.target())
        .any(|target| place.starts_with(target))
}
