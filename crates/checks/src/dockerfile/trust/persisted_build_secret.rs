use ringwall_input::dockerfile::{Command, Instruction, InstructionKind, Run, ShellWord, Stage};

use crate::{
    Check, Findings, Severity, check,
    dockerfile::{
        image_path::{file_name, is_absolute, workdir},
        run_step::covers,
        stage_reference::shipped_stages,
        trust::written_secret::Secrets,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `RUN --mount=type=secret` whose command writes the secret somewhere: copies the file, redirects it or a variable that holds it, puts it into the configuration of `git`, `npm`, `yarn` or `pip`, or into the address of `git clone`, without removing it in the same `RUN`.
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
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,id=npm NPM_TOKEN=$(cat /run/secrets/npm) && \
    ///     echo "//registry.example.com/:_authToken=${NPM_TOKEN}" > .npmrc && npm ci # <-
    /// RUN --mount=type=secret,id=npm export NPM_TOKEN="$(cat /run/secrets/npm)" && \
    ///     { echo registry=https://registry.example.com; \
    ///     echo "//registry.example.com/:_authToken=$NPM_TOKEN"; } >> /root/.npmrc && npm ci # <-
    /// RUN --mount=type=secret,id=a cp /run/secrets/* /app/ # <-
    /// RUN --mount=type=secret,id=a cp -r /run/secrets /app # <-
    /// RUN --mount=type=secret,id=npmrc,target=/root/.npmrc cp ~/.npmrc /app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,src=npmrc cp /run/secrets/npmrc /app # <-
    /// RUN --mount=type=secret,src=npmrc dd if=/run/secrets/npmrc of=/app/npmrc # <-
    /// RUN --mount=type=secret,src=npmrc rsync -a /run/secrets/npmrc /app/ # <-
    /// RUN --mount=type=Secret,id=team/npmrc cat /run/secrets/npmrc > .npmrc && npm ci # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// WORKDIR /app
    /// RUN --mount=type=secret,id=npm --mount=type=tmpfs,target=/app/conf NPM_TOKEN=$(cat /run/secrets/npm) && \
    ///     echo "token=$NPM_TOKEN" > conf/npmrc && cp /run/secrets/npm /dev/shm/npm
    /// RUN --mount=type=secret,id=npm NPM_TOKEN=$(cat /run/secrets/npm) && \
    ///     trap 'rm -f .npmrc' EXIT && echo "${#NPM_TOKEN}" > length && echo "token=$NPM_TOKEN" > .npmrc
    /// RUN --mount=type=secret,id=npm sum="$(sha256sum /run/secrets/npm)" && echo "$sum" > sum
    /// RUN --mount=type=secret,id=npm cp /run/secrets/* conf/ && npm ci && rm -r conf
    /// RUN --mount=type=secret,id=npm echo "token=\${NPM_TOKEN}" > .npmrc
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
                let Some(secrets) = Secrets::of(run) else {
                    continue;
                };
                for command in run.script.commands() {
                    let Some(place) = secrets.written_by(command) else {
                        continue;
                    };
                    if is_removed(run, command, &place, &secrets)
                        || is_mounted(build, stage, instruction, &place)
                    {
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
fn is_removed(run: &Run, after: &Command, place: &str, secrets: &Secrets<'_>) -> bool {
    // What is copied into a folder keeps its name.
    let names: Vec<&str> = secrets.paths().chain([place]).map(file_name).collect();
    let removes = |command: &Command| {
        command.is_any(&["rm", "shred", "unlink"])
            && command
                .args
                .iter()
                .any(|word| names.contains(&file_name(word.value())) || covers(word.value(), place))
    };
    let commands = run.script.commands();
    let traps = |command: &Command| {
        let script = command.args.first().map_or("", ShellWord::value);
        command.is("trap")
            && script.contains("rm ")
            && names.iter().any(|name| script.contains(name))
    };
    let mut later = commands
        .iter()
        .filter(|command| command.span.start > after.span.start);
    later.any(|command| {
        let unsets = command.program() == after.program()
            && ["delete", "rm", "unset", "--unset", "--unset-all"]
                .iter()
                .any(|verb| command.has_arg(verb));
        removes(command) || unsets
    }) || commands.iter().any(traps)
}

/// Whether the file lies in another mount, which ends with the RUN.
fn is_mounted(build: &Build<'_>, stage: &Stage, instruction: &Instruction, place: &str) -> bool {
    let InstructionKind::Run(run) = &instruction.kind else {
        return false;
    };
    let folder = workdir(build.dockerfile, stage, instruction).unwrap_or_default();
    let path = if is_absolute(place) {
        place.to_owned()
    } else if let Some(below) = place.strip_prefix("~/") {
        format!("/root/{below}")
    } else {
        format!("{}/{place}", folder.trim_end_matches('/'))
    };
    run.mounts
        .iter()
        .filter(|mount| mount.kind != "secret")
        .filter_map(|mount| mount.target())
        .any(|target| {
            let rest = path.strip_prefix(target.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}
