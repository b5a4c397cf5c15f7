use ringwall_input::dockerfile::{Command, Run, ShellWord};

use crate::{
    Check, Findings, Severity, check,
    dockerfile::{
        image_path::{file_name, is_absolute},
        run_step::{Step, covers, steps},
        stage_reference::shipped_stages,
        trust::written_secret::Secrets,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `RUN --mount=type=secret` whose command writes the secret somewhere: copies, packs or unpacks the file, redirects it or a variable that holds it, puts it into a text (`envsubst`, `sed`), into what a program keeps (`git config`, `npm config`, `docker login`, `helm repo add`, ...), or into the address of `git clone`, without removing it in the same `RUN`.
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
    /// ```dockerfile fail
    /// FROM node:24
    /// RUN --mount=type=secret,id=a tar czf /a.tgz -C /run/secrets . # <-
    /// RUN --mount=type=secret,id=a tar c /run/secrets/a | tar x -C /app # <-
    /// RUN --mount=type=secret,id=a install -t /app /run/secrets/a # <-
    /// RUN --mount=type=secret,id=a cd /run/secrets && cp a /app # <-
    /// RUN --mount=type=secret,id=a for file in /run/secrets/*; do cp "$file" /app; done # <-
    /// RUN --mount=type=secret,id=a find /run/secrets -type f -exec cp {} /app \; # <-
    /// RUN --mount=type=secret,id=a jq -r .token /run/secrets/a > /app/token # <-
    /// RUN --mount=type=secret,id=a while read -r line; do echo "$line" >> /app/a; done < /run/secrets/a # <-
    /// RUN --mount=type=secret,id=a cp /run/secrets/a /app && rm -f /tmp/a # <-
    /// ONBUILD RUN --mount=type=secret,id=a cp /run/secrets/a /app # <-
    /// ```
    /// ```dockerfile fail
    /// FROM node:24
    /// WORKDIR /app
    /// RUN --mount=type=secret,id=a,env=A envsubst < a.tmpl > a # <-
    /// RUN --mount=type=secret,id=a,env=A sed "s/@A@/$A/" a.tmpl > a # <-
    /// RUN --mount=type=secret,id=a,env=A env > a # <-
    /// RUN --mount=type=secret,id=a,env=A git remote set-url origin "https://x:$A@example.com/a.git" # <-
    /// RUN --mount=type=secret,id=a,env=A echo "$A" | docker login -u x --password-stdin # <-
    /// RUN --mount=type=secret,id=a gh auth login --with-token < /run/secrets/a # <-
    /// RUN --mount=type=secret,id=a cat /run/secrets/a | glab auth login --stdin # <-
    /// RUN --mount=type=secret,id=a,target=.env cp -r . /out # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// WORKDIR /app
    /// RUN --mount=type=secret,id=a,env=A envsubst '$HOST' < a.tmpl > a && sed "s/$A/***/" log > log.txt
    /// RUN --mount=type=secret,id=a,env=A echo "$A" | curl -d @- https://example.com/login | tee answer
    /// RUN --mount=type=secret,id=a,env=A git -c "http.extraHeader=Authorization: Bearer $A" clone https://example.com/a.git
    /// RUN --mount=type=secret,id=a rsync -a /run/secrets/a host.example.com:/a && ln -s /run/secrets/a a
    /// RUN --mount=type=secret,id=a grep -c . /run/secrets/a > count && tar czf /a.tgz .
    /// RUN --mount=type=secret,id=a,env=A echo "$A" | docker login -u x --password-stdin && docker logout
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
        let shipped = shipped_stages(build.dockerfile);
        for step in steps(build) {
            let Some(secrets) = Secrets::of(step) else {
                continue;
            };
            let is_shipped = shipped.get(step.stage.index).copied().unwrap_or(true);
            for command in step.commands() {
                let Some(place) = secrets.written_by(command) else {
                    continue;
                };
                let path = secrets.path(&place, command);
                if is_removed(&step, command, &path, &secrets) || is_mounted(step.run, &path) {
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

/// Whether a later command of the same RUN removes the file, or the setting in it.
fn is_removed(step: &Step<'_>, after: &Command, place: &str, secrets: &Secrets<'_>) -> bool {
    // What is copied into a folder keeps its name.
    let names: Vec<&str> = secrets.paths().chain([place]).map(file_name).collect();
    let is_meant = |word: &ShellWord, command: &Command| {
        let path = secrets.path(word.value(), command);
        let is_named = names.contains(&file_name(&path));
        let is_elsewhere = is_absolute(&path)
            && is_absolute(place)
            && !path.contains('$')
            && !path.starts_with(place);
        is_named && !is_elsewhere || covers(&path, place) || covers(word.value(), place)
    };
    let removes = |command: &Command| {
        command.is_any(&["rm", "shred", "unlink"])
            && command.args.iter().any(|word| is_meant(word, command))
    };
    let mut others = step
        .commands()
        .iter()
        .filter(|command| command.span.start > after.span.start || command.is_under("trap"));
    others.any(|command| {
        let unsets = command.program() == after.program()
            && [
                "delete",
                "rm",
                "remove",
                "unset",
                "--unset",
                "--unset-all",
                "logout",
            ]
            .iter()
            .any(|verb| command.has_arg(verb));
        removes(command) || unsets
    })
}

/// Whether the file lies in another mount, which ends with the RUN.
fn is_mounted(run: &Run, path: &str) -> bool {
    run.mounts
        .iter()
        .filter(|mount| mount.kind != "secret")
        .filter_map(|mount| mount.target())
        .any(|target| {
            let rest = path.strip_prefix(target.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}
