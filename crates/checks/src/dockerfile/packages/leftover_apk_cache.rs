use super::apk;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A RUN that leaves package indexes behind: `apk add`, `apk update` or `apk upgrade` without `--no-cache` or `--no-network`, and nothing removes `/var/cache/apk` before the RUN ends.
    ///
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    ///
    /// ## Why it matters
    /// The indexes are stored and pulled with each image and are of no use there.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.20
    /// RUN apk add --update curl=8.9.0-r0 # <-
    /// RUN apk update && apk add --no-cache git=2.45.2-r0 # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.20 AS build
    /// RUN apk add gcc=13.2.1_git20240309-r0
    /// FROM alpine:3.20
    /// RUN apk --no-cache add curl=8.9.0-r0
    /// RUN apk update && apk add git=2.45.2-r0 && rm -rf /var/cache/apk/*
    /// RUN --mount=type=cache,target=/var/cache/apk apk add make=4.4.1-r2
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// Add `--no-cache` to `apk add` and leave out `apk update`.
    LeftoverApkCache {
        id: "leftover-apk-cache",
        title: "Package indexes of apk kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LeftoverApkCache {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build).filter(Step::ships) {
            let commands = step.commands().iter();
            let caching: Vec<_> = commands
                .filter_map(apk::invocation)
                .filter(|invocation| {
                    invocation.is(&["add", "update", "upgrade"])
                        && !invocation.command.has_flag(&[
                            "--no-cache",
                            "--no-network",
                            "-s",
                            "--simulate",
                        ])
                })
                .collect();
            let (Some(first), Some(last)) = (caching.first(), caching.last()) else {
                continue;
            };
            if step.mounts(apk::CACHE) || step.removes_after(last.command, &[apk::CACHE]) {
                continue;
            }
            let fix = if caching.iter().all(|invocation| invocation.is(&["add"])) {
                let edits = caching
                    .iter()
                    .map(|invocation| step.insert_behind(invocation.action, " --no-cache"));
                edits
                    .collect::<Option<Vec<_>>>()
                    .map(|edits| edits.concat())
            } else {
                step.append("rm -rf /var/cache/apk/*")
            };
            findings
                .add(Self::META)
                .span(step.source, first.command.span)
                .note(format!(
                    "{} leaves its package index in the image",
                    first.title()
                ))
                .fix(Safety::Safe, fix);
        }
    }
}
