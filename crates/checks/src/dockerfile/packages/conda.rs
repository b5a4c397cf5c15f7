//! Command lines of conda, mamba and micromamba.

use ringwall_input::dockerfile::Command;

use super::invocation::Invocation;

/// Those that take the same command line.
pub(super) const PROGRAMS: &[&str] = &["conda", "mamba", "micromamba"];

/// Flags whose value is the next word. See: `conda install --help`.
const WITH_VALUE: &[&str] = &[
    "-n",
    "--name",
    "-p",
    "--prefix",
    "-c",
    "--channel",
    "-f",
    "--file",
    "--solver",
    "--subdir",
    "--platform",
    "--repodata-fn",
    "--revision",
    "--clone",
    "-r",
    "--root-prefix",
    "--ssl-verify",
];

/// The invocation in a command, if it is one of them.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, PROGRAMS, WITH_VALUE)
}
