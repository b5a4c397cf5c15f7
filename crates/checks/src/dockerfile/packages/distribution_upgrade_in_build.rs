use super::{apt, zypper};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

use ringwall_input::dockerfile::Command;

check! {
    /// ## What it finds
    /// `apt-get dist-upgrade`, `apt full-upgrade`, `zypper dist-upgrade`, `dnf distro-sync`, `dnf system-upgrade` and `do-release-upgrade` in a RUN.
    ///
    /// ## Why it matters
    /// These replace and remove packages as they see fit, so the image is no longer the release that its FROM names, and differs from one build to the next.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && apt-get -y dist-upgrade && rm -rf /var/lib/apt/lists/* # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && apt-get -y upgrade && rm -rf /var/lib/apt/lists/*
    /// ```
    ///
    /// ## Fix
    /// Start from a newer base image, and upgrade single packages where a fix is not in it yet.
    DistributionUpgradeInBuild {
        id: "distribution-upgrade-in-build",
        title: "Distribution upgrade during the build",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DistributionUpgradeInBuild {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands() {
                if let Some(upgrade) = upgrade(command) {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("{upgrade} upgrades the whole distribution"));
                }
            }
        }
    }
}

fn upgrade(command: &Command) -> Option<String> {
    if command.is("do-release-upgrade") {
        return Some(command.program().to_owned());
    }
    let invocation = apt::invocation(command)
        .filter(|apt| apt.is(&["dist-upgrade", "full-upgrade"]))
        .or_else(|| zypper::invocation(command).filter(zypper::upgrades))
        .or_else(|| {
            let actions = ["distro-sync", "distrosync", "dsync", "system-upgrade"];
            super::rpm::invocation(command).filter(|rpm| rpm.is(&actions))
        })?;
    Some(invocation.title())
}
