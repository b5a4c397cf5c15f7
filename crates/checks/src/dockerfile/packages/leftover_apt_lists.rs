use ringwall_input::dockerfile::Command;

use super::apt;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A RUN that fetches the package lists with `apt-get update` and does not remove them before it ends.
    ///
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    /// A later RUN cannot make an earlier layer smaller.
    ///
    /// ## Why it matters
    /// The lists, tens of megabytes, are stored and pulled with each image, and a later `apt-get install` that uses them gets old packages.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm -rf /var/lib/apt/lists/* \
    ///     && apt-get update \ # <-
    ///     && apt-get install -y --no-install-recommends curl=7.88.1-10
    /// RUN rm -rf /var/lib/apt/lists/*
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && find /var -name '*.pyc' -delete # <-
    /// RUN apt-get update && cd /tmp && rm -rf * # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && cd /var/lib/apt/lists && rm -rf ./*
    /// RUN apt-get update && find /var/lib/apt/lists -type f -print0 | xargs -0 rm -f
    /// RUN apt-get update && rm -f /var/lib/apt/lists/*
    /// RUN apt-get update && for dir in /tmp /var/lib/apt/lists; do rm -rf "$dir"/*; done
    /// RUN lists=/var/lib/apt/lists; apt-get update && rm -rf "${lists:?}"/*
    /// RUN trap 'rm -rf /var/lib/apt/lists/*' EXIT; apt-get update
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12 AS build
    /// RUN apt-get update && apt-get install -y gcc=4:12.2.0-3
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y --no-install-recommends curl=7.88.1-10 \
    ///     && rm -rf /var/lib/apt/lists/*
    /// RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y git=1:2.39.5
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// End the same RUN with `&& rm -rf /var/lib/apt/lists/*`.
    LeftoverAptLists {
        id: "leftover-apt-lists",
        title: "Package lists of apt kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LeftoverAptLists {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let reading: Vec<Step<'_>> = steps(build).filter(reads_lists).collect();
        for step in steps(build).filter(Step::ships) {
            let Some(update) = step.commands().iter().rfind(|command| is_update(command)) else {
                continue;
            };
            let is_clean = step.removes_after(update, &[apt::LISTS])
                || step.mounts(apt::LISTS)
                || step.commands().iter().any(|command| {
                    command.span.start > update.span.start
                        && apt::invocation(command)
                            .is_some_and(|invocation| invocation.is(&["distclean", "dist-clean"]))
                });
            if !is_clean {
                let is_read = reading.iter().rev().any(|later| is_behind(later, &step));
                let sudo = if update.is_under("sudo") { "sudo " } else { "" };
                findings
                    .add(Self::META)
                    .span(step.source, update.span)
                    .note("apt-get update leaves its package lists in the image")
                    .fix(
                        Safety::Safe,
                        // A later RUN would find no package without the lists.
                        if is_read {
                            None
                        } else {
                            step.append(&format!("{sudo}rm -rf /var/lib/apt/lists/*"))
                        },
                    );
            }
        }
    }
}

fn is_update(command: &Command) -> bool {
    apt::invocation(command).is_some_and(|invocation| invocation.is(&["update"]))
}

/// Whether a RUN needs lists that an earlier one left.
fn reads_lists(step: &Step<'_>) -> bool {
    let mut commands = step.commands().iter().filter(|command| {
        apt::invocation(command).is_some_and(|invocation| {
            !invocation.is(&["clean", "autoclean", "autoremove", "purge", "remove"])
        })
    });
    commands.next().is_some_and(|first| !is_update(first))
}

/// Whether a RUN has what another one left: it comes later, in the same stage or one based on it.
fn is_behind(later: &Step<'_>, step: &Step<'_>) -> bool {
    let mut stages = later.file.ancestors(later.stage);
    later.instruction.span.start > step.instruction.span.start
        && stages.any(|stage| stage.index == step.stage.index)
}
