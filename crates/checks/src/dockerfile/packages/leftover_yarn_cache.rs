use ringwall_input::dockerfile::Command;

use super::npm;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A RUN that installs with `yarn` and does not remove its cache before it ends.
    ///
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    ///
    /// ## Why it matters
    /// Every package is stored twice in the image: in the cache and in `node_modules`.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:22
    /// RUN yarn install --frozen-lockfile # <-
    /// RUN yarn # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:22 AS build
    /// RUN yarn install
    /// FROM node:22
    /// RUN yarn install --frozen-lockfile && yarn cache clean
    /// RUN --mount=type=cache,target=/root/.yarn yarn install --cache-folder /root/.yarn
    /// RUN yarn install && rm -rf /usr/local/share/.cache/yarn
    /// RUN yarn --version && yarn run build
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// End the same RUN with `&& yarn cache clean`.
    LeftoverYarnCache {
        id: "leftover-yarn-cache",
        title: "Cache of yarn kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LeftoverYarnCache {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build).filter(Step::ships) {
            let Some(last) = step.commands().iter().rfind(|command| installs(command)) else {
                continue;
            };
            let has_mount = step.run.mounts.iter().any(|mount| {
                let target = mount.target().unwrap_or("");
                mount.kind != "bind" && (target.contains("yarn") || target.ends_with("/.cache"))
            });
            let mut after = step
                .commands()
                .iter()
                .filter(|command| command.span.start > last.span.start);
            if !has_mount && !after.any(cleans) {
                findings
                    .add(Self::META)
                    .span(step.source, last.span)
                    .note("yarn leaves its cache in the image")
                    .fix(Safety::Safe, step.append("yarn cache clean"));
            }
        }
    }
}

fn installs(command: &Command) -> bool {
    if !command.is("yarn") {
        return false;
    }
    match npm::invocation(command) {
        Some(invocation) => {
            invocation.is(&["install", "add"])
                || invocation.is(&["global"])
                    && invocation
                        .operands
                        .first()
                        .is_some_and(|word| word.value() == "add")
        }
        // Without an action it installs.
        None => !command.has_flag(&["-v", "--version", "-h", "--help"]),
    }
}

fn cleans(command: &Command) -> bool {
    let is_clean = npm::invocation(command).is_some_and(|invocation| {
        command.is("yarn")
            && invocation.is(&["cache"])
            && invocation
                .operands
                .first()
                .is_some_and(|word| word.value() == "clean")
    });
    let removes = command.is("rm")
        && command.args.iter().any(|arg| {
            let path = arg.value().trim_end_matches(['/', '*']);
            path.contains("yarn") && path.contains("cache") || path.ends_with("/.cache")
        });
    is_clean || removes
}
