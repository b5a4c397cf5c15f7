//! The lines that changed, by file.

use std::{
    collections::HashMap,
    io::BufReader,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{command, patch};
use crate::Error;

/// What changed in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// All of it: it is new, or git cannot tell its lines apart.
    Whole,
    /// These lines, first and last, from 1, in rising order; none when only its name or mode changed.
    Lines(Vec<(u32, u32)>),
}

impl FileChange {
    /// Whether one of the lines from `start` to `end`, both included, changed.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        match self {
            Self::Whole => true,
            Self::Lines(ranges) => {
                let next = ranges.partition_point(|&(_, last)| last < start);
                ranges.get(next).is_some_and(|&(first, _)| first <= end)
            }
        }
    }
}

/// What changed in a work tree.
#[derive(Clone, Debug)]
pub struct Changes {
    root: PathBuf,
    /// By path relative to the root. A folder stands for all below it: another repository, or one that is not tracked.
    files: HashMap<PathBuf, FileChange>,
}

impl Changes {
    /// What changed in a file, given by the name reports print or its path; `None` when nothing did.
    ///
    /// A file outside of the work tree counts as changed: nothing is known of it.
    pub fn file(&self, name: impl AsRef<Path>) -> Option<&FileChange> {
        let name = name.as_ref();
        let real = name
            .canonicalize()
            .or_else(|_| std::path::absolute(name))
            .unwrap_or_else(|_| name.to_owned());
        let Ok(inside) = real.strip_prefix(&self.root) else {
            return Some(&FileChange::Whole);
        };
        // A file that git tracked, in a folder of which it tracks nothing any more, is new as well.
        let mut folders = inside.ancestors().skip(1);
        if folders.any(|folder| self.files.contains_key(folder)) {
            return Some(&FileChange::Whole);
        }
        self.files.get(inside)
    }

    /// Whether one of the file's lines from `start` to `end`, both included and from 1, changed.
    pub fn touches(&self, name: impl AsRef<Path>, start: u32, end: u32) -> bool {
        self.file(name)
            .is_some_and(|change| change.touches(start, end))
    }

    /// Whether nothing changed at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The root of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Compares a commit with the work tree.
pub(super) fn since(base: &str, root: &Path) -> Result<Changes, Error> {
    let filters = without_filters(root)?;
    let mut files = HashMap::new();
    let mut counts = diff(root, &filters, &["--numstat", "-z"], base);
    count_files(&command::output(&mut counts, root)?, &mut files);
    if files.values().any(|change| *change != FileChange::Whole) {
        read_lines(root, &filters, base, &mut files)?;
    }
    // What git ignores is scanned where it is given, and is as new. Of a folder without anything that is tracked,
    // its name is enough.
    let untracked = ["ls-files", "-z", "--others", "--directory"];
    for path in command::paths(&command::run(root, &untracked)?) {
        files.insert(path, FileChange::Whole);
    }
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    Ok(Changes { root, files })
}

/// `git diff` with everything set that a configuration could set otherwise.
fn diff(root: &Path, filters: &[String], form: &[&str], base: &str) -> std::process::Command {
    let mut command = command::command(root);
    for filter in filters {
        command.args(["-c", filter]);
    }
    command
        .args([
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
        ])
        .args([
            "--find-renames",
            "--ignore-submodules=dirty",
            "--submodule=short",
        ])
        .args(["--unified=0", "--inter-hunk-context=0"])
        .args(["--src-prefix=a/", "--dst-prefix=b/"])
        .args(form)
        .args(["--end-of-options", base, "--"]);
    command
}

fn read_lines(
    root: &Path,
    filters: &[String],
    base: &str,
    files: &mut HashMap<PathBuf, FileChange>,
) -> Result<(), Error> {
    let mut child = diff(root, filters, &["--patch"], base)
        .stdout(Stdio::piped())
        // The same comparison has just succeeded with its errors shown; unread, this one could block.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| command::start(source, root))?;
    let broken = || command::failed(root, "the list of changes ended early");
    let read = child.stdout.take().map(|output| {
        patch::read(BufReader::new(output), |file, lines| {
            let change = files
                .entry(file.clone())
                .or_insert_with(|| FileChange::Lines(Vec::new()));
            if let FileChange::Lines(ranges) = change {
                ranges.push(lines);
            }
        })
    });
    let status = child.wait().map_err(|_| broken())?;
    match read {
        Some(Ok(())) if status.success() => Ok(()),
        _ => Err(broken()),
    }
}

/// Reads `added TAB removed TAB name NUL`, or with an empty name, `old NUL new NUL`, for a rename.
/// Dashes in the place of counts mean that git compared bytes, not lines.
fn count_files(list: &[u8], files: &mut HashMap<PathBuf, FileChange>) {
    let mut entries = list.split(|&byte| byte == 0);
    while let Some(entry) = entries.next() {
        let mut fields = entry.splitn(3, |&byte| byte == b'\t');
        let (Some(added), Some(_), Some(name)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let name = if name.is_empty() {
            entries.next();
            entries.next().unwrap_or_default()
        } else {
            name
        };
        let change = match added {
            b"-" => FileChange::Whole,
            _ => FileChange::Lines(Vec::new()),
        };
        files.insert(command::path(name), change);
    }
}

/// Settings that switch off each filter the repository's configuration names: to compare a file with
/// a commit, git would run it. Files that a filter turns into something else then differ as a whole.
fn without_filters(root: &Path) -> Result<Vec<String>, Error> {
    let list = ["config", "-z", "--name-only", "--get-regexp", r"^filter\."];
    // Git says by its exit code that there is none.
    let names = command::run(root, &list).unwrap_or_default();
    let mut settings = Vec::new();
    for name in names.split(|&byte| byte == 0) {
        let name = String::from_utf8_lossy(name);
        let Some((filter, _)) = name.rsplit_once('.') else {
            continue;
        };
        if filter.contains('=') {
            return Err(command::failed(
                root,
                &format!("cannot switch off '{filter}'"),
            ));
        }
        for setting in ["process=", "clean=", "required=false"] {
            settings.push(format!("{filter}.{setting}"));
        }
    }
    settings.sort_unstable();
    settings.dedup();
    Ok(settings)
}
