use ringwall_input::dockerfile::{Command, Dialect};

use super::{apk, apt, invocation::has_extension, zypper};
use crate::{
    Check, Findings, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A RUN that updates the package index and installs nothing from it: `apt-get update`, `apk update`, `zypper refresh`, `dnf makecache`.
    ///
    /// Scripts that run behind the update may install something and are given the benefit of the doubt.
    ///
    /// ## Why it matters
    /// The builder keeps the layer, so a later RUN installs from an index of weeks ago: old packages without their fixes, or none when the archive has moved on.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update # <-
    /// RUN apt-get install -y curl=7.88.1-10
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl=7.88.1-10 && rm -rf /var/lib/apt/lists/*
    /// RUN apt-get update && ./install-dependencies.sh
    /// RUN --mount=type=cache,target=/var/lib/apt apt-get update
    /// ```
    ///
    /// ## Fix
    /// Join the update with the install in one RUN: `apt-get update && apt-get install -y ...`.
    StalePackageIndex {
        id: "stale-package-index",
        title: "Package index updated in a RUN of its own",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for StalePackageIndex {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.commands();
            let Some((index, title, place)) =
                commands
                    .iter()
                    .enumerate()
                    .rev()
                    .find_map(|(index, command)| {
                        update(command).map(|(title, place)| (index, title, place))
                    })
            else {
                continue;
            };
            let rest = commands.get(index + 1..).unwrap_or_default();
            if step.mounts(place) || rest.iter().any(may_install) {
                continue;
            }
            if let Some(command) = commands.get(index) {
                report(&step, command, &title, findings);
            }
        }
    }
}

fn report(step: &Step<'_>, command: &Command, title: &str, findings: &mut Findings<'_>) {
    findings
        .add(StalePackageIndex::META)
        .span(step.source, command.span)
        .note(format!("{title} stands in a RUN that installs nothing"));
}

/// The title of a command that updates an index, and where the index is kept.
fn update(command: &Command) -> Option<(String, &'static str)> {
    let of_debian = apt::invocation(command)
        .filter(|apt| apt.is(&["update"]))
        .map(|apt| (apt.title(), apt::LISTS));
    let of_alpine = || {
        apk::invocation(command)
            .filter(|apk| apk.is(&["update"]) && !command.has_flag(&["--no-cache"]))
            .map(|apk| (apk.title(), apk::CACHE))
    };
    let of_zypper = || {
        zypper::invocation(command)
            .filter(|zypper| zypper.is(&["refresh", "ref"]))
            .map(|zypper| (zypper.title(), zypper::CACHE))
    };
    let of_rpm = || {
        super::rpm::invocation(command)
            .filter(|rpm| rpm.is(&["makecache"]))
            .map(|rpm| (rpm.title(), "/var/cache/dnf"))
    };
    of_debian
        .or_else(of_alpine)
        .or_else(of_zypper)
        .or_else(of_rpm)
}

/// Whether a command installs something, or runs a script that may.
fn may_install(command: &Command) -> bool {
    let is_tool = apt::is_apt(command)
        || command.is_any(&["apk", "zypper", "apt-cache"])
        || command.is_any(super::rpm::PROGRAMS);
    let is_clean = command
        .subcommand()
        .is_some_and(|action| ["clean", "autoclean", "cc", "autoremove"].contains(&action));
    if is_tool {
        return !is_clean && update(command).is_none();
    }
    let is_path = command.name.contains('/')
        && !command.name.starts_with("/bin/")
        && !command.name.starts_with("/usr/bin/");
    is_path
        || command.name.starts_with('$')
        || has_extension(&command.name, "sh")
        || Dialect::of_program(&command.name).is_some()
}
