//! Command lines of `yum`, `dnf` and their relatives, and names of RPM packages.

use ringwall_input::dockerfile::{Command, Connection, ShellWord};

use super::invocation::{Invocation, has_extension, report_unpinned};
use crate::{
    Findings, Safety,
    check::Meta,
    dockerfile::{
        mentions::Mentions,
        run_step::{Step, steps},
        written_text::is_off,
    },
    judge::Build,
};

/// A program with its names, its caches, and how they are removed.
#[derive(Debug)]
pub(super) struct Manager {
    programs: &'static [&'static str],
    caches: &'static [&'static str],
}

/// The old one, in many images a link to `dnf`.
pub(super) const YUM: Manager = Manager {
    programs: &["yum"],
    caches: &["/var/cache/yum", "/var/cache/dnf"],
};

/// `dnf` and what reads the same command line.
pub(super) const DNF: Manager = Manager {
    programs: &["dnf", "dnf5", "microdnf", "tdnf"],
    caches: &[
        "/var/cache/dnf",
        "/var/cache/libdnf5",
        "/var/cache/yum",
        "/var/cache/tdnf",
    ],
};

/// All programs that read the command line of yum.
pub(in crate::dockerfile) const PROGRAMS: &[&str] = &["yum", "dnf", "dnf5", "microdnf", "tdnf"];

/// Actions that install the packages they name, with dnf's short names. See: dnf(8), "Aliases".
pub(in crate::dockerfile) const INSTALLS: &[&str] =
    &["install", "in", "localinstall", "reinstall", "rei"];

/// Actions that remove packages.
pub(in crate::dockerfile) const REMOVES: &[&str] = &["remove", "rm", "erase", "autoremove"];

/// Flags whose value is the next word. See: dnf(8).
const WITH_VALUE: &[&str] = &[
    "-c",
    "--config",
    "-x",
    "--exclude",
    "--excludepkgs",
    "--enablerepo",
    "--disablerepo",
    "--repo",
    "--repoid",
    "--setopt",
    "--releasever",
    "--installroot",
    "-d",
    "--debuglevel",
    "-e",
    "--errorlevel",
    "-R",
    "--randomwait",
    "--enableplugin",
    "--disableplugin",
    "--forcearch",
    "--advisory",
];

/// Actions that fetch and change packages, and so ask first.
const CHANGES: &[&str] = &[
    "install",
    "in",
    "localinstall",
    "reinstall",
    "rei",
    "groupinstall",
    "group",
    "module",
    "update",
    "upgrade",
    "up",
    "upgrade-minimal",
    "update-minimal",
    "up-min",
    "downgrade",
    "dg",
    "swap",
    "distro-sync",
    "distrosync",
    "dsync",
];

impl Manager {
    fn invocation<'a>(&self, command: &'a Command) -> Option<Invocation<'a>> {
        Invocation::read(command, self.programs, WITH_VALUE)
    }

    /// Reports installs that ask before they install.
    pub(super) fn report_interactive(
        &self,
        meta: &'static Meta,
        build: &Build<'_>,
        findings: &mut Findings<'_>,
    ) {
        let options = Mentions::of(build, "assumeyes");
        for step in steps(build) {
            let commands = step.expanded(|command| command.is_any(self.programs));
            for invocation in commands
                .iter()
                .filter_map(|command| self.invocation(command))
            {
                if invocation.is(CHANGES) && !assumes_yes(&step, &invocation, &options) {
                    findings
                        .add(meta)
                        .span(step.source, invocation.command.span)
                        .note(format!("{} runs without -y", invocation.title()))
                        .fix(Safety::Safe, step.insert_behind(invocation.action, " -y"));
                }
            }
        }
    }

    /// Reports packages without a version.
    pub(super) fn report_unpinned(
        &self,
        meta: &'static Meta,
        build: &Build<'_>,
        findings: &mut Findings<'_>,
    ) {
        for step in steps(build) {
            let commands = step.expanded(|command| command.is_any(self.programs));
            for mut invocation in commands.iter().filter_map(|it| self.invocation(it)) {
                let is_open = if invocation.is(INSTALLS) || invocation.is(&["downgrade", "dg"]) {
                    |name: &str| !is_pinned(name)
                } else if invocation.is(&["module"])
                    && invocation
                        .operands
                        .first()
                        .is_some_and(|word| word.value() == "install")
                {
                    invocation.operands.remove(0);
                    // A module is `name:stream`.
                    |name: &str| !name.contains(':')
                } else {
                    continue;
                };
                report_unpinned(meta, &step, &invocation, is_open, findings);
            }
        }
    }

    /// Reports caches that end in the image.
    pub(super) fn report_leftovers(
        &self,
        meta: &'static Meta,
        build: &Build<'_>,
        findings: &mut Findings<'_>,
    ) {
        for step in steps(build).filter(Step::ships) {
            let last = step.commands().iter().rev().find(|command| {
                self.invocation(command).is_some_and(|invocation| {
                    invocation.is(CHANGES) || invocation.is(&["makecache"])
                })
            });
            let Some(last) = last else { continue };
            let is_clean = step.removes_after(last, self.caches)
                || self.caches.iter().any(|cache| step.mounts(cache))
                || step
                    .commands()
                    .iter()
                    .any(|command| command.span.start > last.span.start && is_clean_all(command));
            if !is_clean {
                let sudo = if last.is_under("sudo") { "sudo " } else { "" };
                let program = last.program();
                findings
                    .add(meta)
                    .span(step.source, last.span)
                    .note(format!("{program} leaves its cache in the image"))
                    .fix(
                        Safety::Safe,
                        step.append(&format!("{sudo}{program} clean all")),
                    );
            }
        }
    }
}

/// The invocation in a command of any of these programs.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, PROGRAMS, WITH_VALUE)
}

/// Whether a command is one of these programs, or one that changes their configuration.
pub(super) fn is_yum(command: &Command) -> bool {
    command.is_any(PROGRAMS) || command.is_any(&["yum-config-manager", "dnf-config-manager"])
}

/// The word that switches an option off: `--setopt=epel.gpgcheck=0`.
pub(super) fn off_option<'a>(command: &'a Command, option: &str) -> Option<&'a ShellWord> {
    command.args.iter().find(|arg| {
        let mut parts = arg.value().rsplit('=');
        let (value, key) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let name = key.rsplit('.').next().unwrap_or("");
        name.eq_ignore_ascii_case(option) && is_off(&value.to_ascii_lowercase())
    })
}

fn is_clean_all(command: &Command) -> bool {
    // A clean-up behind `||` happens only when something failed.
    command.connection != Connection::Or
        && invocation(command).is_some_and(|invocation| {
            invocation.is(&["clean"])
                && invocation.operands.iter().any(|word| word.value() == "all")
        })
}

fn assumes_yes(step: &Step<'_>, invocation: &Invocation<'_>, options: &Mentions) -> bool {
    let command = invocation.command;
    command.has_flag(&["-y", "--assumeyes", "--assumeno", "--downloadonly"])
        || invocation.mentions("assumeyes=")
        || step.is_answered(command)
        || options.are_before(step, command)
        // These only look.
        || invocation.is(&["group", "module"])
            && !invocation.operands.first().is_some_and(|word| {
                matches!(word.value(), "install" | "update" | "upgrade" | "remove")
            })
}

/// Whether an argument of `install` names a version: `httpd-2.4.6`, `httpd-2.4.6-97.el7`, `httpd-$VERSION`.
///
/// Local files and addresses are one version; groups have none.
pub(super) fn is_pinned(argument: &str) -> bool {
    let is_file =
        argument.contains("://") || argument.starts_with("./") || has_extension(argument, "rpm");
    if is_file || argument.is_empty() || argument.starts_with('@') || argument.contains(" = ") {
        return true;
    }
    let mut parts = argument.rsplit('-');
    let last = parts.next().unwrap_or("");
    let Some(before) = parts.next() else {
        return false;
    };
    let starts_with_digit = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let version = last.rsplit(':').next().unwrap_or("");
    if argument.contains("-$") || starts_with_digit(before) && starts_with_digit(version) {
        return true;
    }
    // `gcc-toolset-12` is a name; `less-530` and `tzdata-2023c` have versions.
    let is_short_number = version.len() < 3 && version.bytes().all(|byte| byte.is_ascii_digit());
    starts_with_digit(version) && !is_short_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_names() {
        for pinned in [
            "httpd-2.4.6",
            "httpd-2.4.6-97.el7",
            "java-1.8.0-openjdk-1.8.0.292",
            "openssl-1:3.0.7",
            "less-530",
            "nginx-$VERSION",
            "nginx-${VERSION}",
            "./a.rpm",
            "https://example.com/a.rpm",
            "@development-tools",
            "httpd-2.4*",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for open in [
            "httpd",
            "openssl-devel",
            "java-1.8.0-openjdk",
            "gcc-toolset-12",
            "python3",
            "/usr/bin/ps",
            "python$VERSION",
        ] {
            assert!(!is_pinned(open), "{open}");
        }
    }
}
