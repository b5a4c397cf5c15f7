//! Command lines of `zypper`.

use ringwall_input::dockerfile::{Command, ShellWord};

use super::invocation::Invocation;

/// Flags whose value is the next word. See: zypper(8).
const WITH_VALUE: &[&str] = &[
    "-c",
    "--config",
    "-R",
    "--root",
    "--installroot",
    "-D",
    "--reposd-dir",
    "-C",
    "--cache-dir",
    "--raw-cache-dir",
    "--solv-cache-dir",
    "--pkg-cache-dir",
    "-p",
    "--plus-repo",
    "--plus-content",
    "-r",
    "--repo",
    "--from",
    "-t",
    "--type",
    "--download",
    "--releasever",
];

/// Where its caches are.
pub(super) const CACHE: &str = "/var/cache/zypp";

/// The invocation in a command, if it is one of zypper.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, &["zypper"], WITH_VALUE)
}

/// Whether packages come into the image.
pub(super) fn installs(invocation: &Invocation<'_>) -> bool {
    invocation.is(&["install", "in", "source-install", "si"])
}

/// Whether packages come, go or change.
pub(super) fn changes(invocation: &Invocation<'_>) -> bool {
    installs(invocation)
        || upgrades(invocation)
        || invocation.is(&["update", "up", "patch", "remove", "rm"])
}

/// Whether the whole distribution changes.
pub(super) fn upgrades(invocation: &Invocation<'_>) -> bool {
    invocation.is(&["dist-upgrade", "dup"])
}

/// The name of the program, behind which global flags stand.
pub(super) fn program(command: &Command) -> Option<&ShellWord> {
    command.word.as_ref()
}
