use super::zypper;
use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

use ringwall_input::dockerfile::{Command, ShellWord};

check! {
    /// ## What it finds
    /// `rpm` that installs with `--nosignature`, `--nodigest`, `--nofiledigest` or `--noverify`, and `zypper` with `--no-gpg-checks`, `--allow-unsigned-rpm` or `addrepo -G`.
    ///
    /// ## Why it matters
    /// A package that was changed on its way is installed all the same, and its scripts run as root.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN rpm -ivh --nosignature ./tool.rpm # <-
    /// ```
    /// ```dockerfile fail
    /// FROM opensuse/leap:15.6
    /// RUN zypper ar -fG https://rpm.example.com example # <-
    /// RUN zypper -n --no-gpg-checks install httpd=2.4.58 && zypper clean -a # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN rpm -ivh ./tool.rpm
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN rpm -qi --nosignature bash
    /// ```
    ///
    /// ## Fix
    /// Remove the flag, and import the key of the package with `rpm --import`.
    UnverifiedRpmPackage {
        id: "unverified-rpm-package",
        title: "RPM package installed without a valid signature or digest",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedRpmPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(|command| command.is_any(&["rpm", "zypper"])) {
                if let Some(flag) = switch(command) {
                    findings
                        .add(Self::META)
                        .span(step.source, flag.span)
                        .note(format!("{} runs with {}", command.program(), flag.value()))
                        .fix(Safety::Unsafe, step.remove_words(flag, flag));
                }
            }
        }
    }
}

fn switch(command: &Command) -> Option<&ShellWord> {
    if command.is("rpm") {
        let installs = command.has_flag(&[
            "-i",
            "--install",
            "-U",
            "--upgrade",
            "-F",
            "--freshen",
            "--reinstall",
        ]);
        let looks = command.has_flag(&["-q", "--query", "-V", "--verify", "-K", "--checksig"]);
        let switches = &[
            "--nosignature",
            "--nodigest",
            "--nofiledigest",
            "--noverify",
        ];
        return command.flag(switches).filter(|_| installs && !looks);
    }
    let invocation = zypper::invocation(command)?;
    let of_repository = &["-G", "--no-gpgcheck"];
    if invocation.is(&["addrepo", "ar", "modifyrepo", "mr"])
        && let Some(flag) = command.flag(of_repository)
    {
        return Some(flag);
    }
    command.flag(&["--no-gpg-checks", "--allow-unsigned-rpm"])
}
