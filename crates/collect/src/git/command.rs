//! Running git so that it runs nothing else.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, error::reason};

/// Variables that say where configuration and limits are; every other `GIT_*` is dropped:
/// some name programs to run, some point to another repository.
const KEPT: [&str; 3] = [
    "GIT_CONFIG",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// A git command in a folder that starts no hook, pager, monitor, prompt or connection.
pub(super) fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GIT_") && !KEPT.iter().any(|kept| text.starts_with(kept)) {
            command.env_remove(name);
        }
    }
    command
        .arg("-C")
        .arg(folder)
        .args(["--no-pager", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "core.hooksPath=/dev/null"])
        // Otherwise a file could be changed so that it looks as if it had not been.
        .args(["-c", "core.checkStat=default"])
        .args(["-c", "core.trustctime=true"])
        .args(["-c", "core.quotePath=false"])
        // Larger files are compared as binary: they are above what is read anyway.
        .args(["-c", "core.bigFileThreshold=64m"])
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        // A partial clone would fetch what is missing, by a program its configuration names.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .stdin(Stdio::null());
    command
}

/// What git prints.
pub(super) fn run(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    output(command(folder).args(arguments), folder)
}

/// What a prepared command prints.
pub(super) fn output(command: &mut Command, folder: &Path) -> Result<Vec<u8>, Error> {
    let output = command.output().map_err(|source| start(source, folder))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("not a git repository") {
        return Err(Error::NotARepository {
            path: folder.to_owned(),
        });
    }
    let line = said
        .lines()
        .find(|line| line.starts_with("fatal: "))
        .or_else(|| said.lines().next())
        .unwrap_or("failed and said nothing");
    Err(failed(folder, line.trim_start_matches("fatal: ")))
}

/// Why git did not start.
pub(super) fn start(source: io::Error, folder: &Path) -> Error {
    if source.kind() == io::ErrorKind::NotFound {
        Error::NoGit(source)
    } else {
        failed(folder, &reason(&source))
    }
}

/// An error of git itself.
pub(super) fn failed(folder: &Path, message: &str) -> Error {
    Error::Git {
        path: folder.to_owned(),
        message: message.to_owned(),
    }
}

/// Paths of a list whose entries end with a NUL.
pub(super) fn paths(list: &[u8]) -> Vec<PathBuf> {
    list.split(|&byte| byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(path)
        .collect()
}

/// The path that git wrote as these bytes.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    PathBuf::from(OsStr::from_bytes(bytes))
}

/// The path that git wrote as these bytes.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
