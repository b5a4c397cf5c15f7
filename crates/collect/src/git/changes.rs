//! The lines that changed, by file.

use std::{
    collections::HashMap,
    io::BufReader,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use super::{
    blobs::Blob,
    command,
    list::{self, Kind},
    patch, unwatched,
};
use crate::{Error, real_path};

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
#[derive(Clone, Debug, Default)]
pub struct Changes {
    root: PathBuf,
    /// By path relative to the root. A folder stands for all below it: another repository, or one that is not tracked.
    pub(super) files: HashMap<PathBuf, FileChange>,
    /// Files of the revision that are not what they were, or not where they were.
    pub(super) past: Vec<PastFile>,
}

/// A file that changed, as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastFile {
    /// Where it was, relative to the root.
    pub(crate) path: PathBuf,
    /// Where it is, relative to the root; `None` where it is gone.
    pub(crate) now: Option<PathBuf>,
    pub(crate) blob: Blob,
}

impl Changes {
    /// What changed in a file, given by its path; `None` when nothing did.
    ///
    /// A file outside of the work tree counts as changed: nothing is known of it.
    pub fn file(&self, path: impl AsRef<Path>) -> Option<&FileChange> {
        match self.inside(&real_path(path.as_ref())) {
            Some(inside) => self.file_inside(inside),
            None => Some(&FileChange::Whole),
        }
    }

    /// Whether anything changed in a folder, at any depth, be it that a file is gone.
    pub fn is_folder_touched(&self, path: impl AsRef<Path>) -> bool {
        let real = real_path(path.as_ref());
        self.inside(&real).is_none_or(|inside| {
            let is_in = |path: &PathBuf| path.starts_with(inside);
            self.file_inside(inside).is_some()
                || self.files.keys().any(is_in)
                || self.past.iter().any(|past| is_in(&past.path))
        })
    }

    /// Whether one of the file's lines from `start` to `end`, both included and from 1, changed.
    pub fn touches(&self, path: impl AsRef<Path>, start: u32, end: u32) -> bool {
        self.file(path)
            .is_some_and(|change| change.touches(start, end))
    }

    /// Whether nothing changed at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.past.is_empty()
    }

    /// The root of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A real path as seen from the root.
    pub(crate) fn inside<'p>(&self, real: &'p Path) -> Option<&'p Path> {
        real.strip_prefix(&self.root).ok()
    }

    /// What changed in a file that is seen from the root.
    pub(crate) fn file_inside(&self, inside: &Path) -> Option<&FileChange> {
        // A file that git tracked, in a folder of which it tracks nothing any more, is new as well.
        let mut folders = inside.ancestors().skip(1);
        if folders.any(|folder| self.files.contains_key(folder)) {
            return Some(&FileChange::Whole);
        }
        self.files.get(inside)
    }

    /// Files of the revision that are not what they were, or not where they were.
    pub(crate) fn past(&self) -> &[PastFile] {
        &self.past
    }

    /// Takes what changed in a repository in a folder.
    pub(super) fn take(&mut self, folder: &Path, inner: Self) {
        let files = inner.files.into_iter();
        self.files
            .extend(files.map(|(path, change)| (folder.join(path), change)));
        self.past
            .extend(inner.past.into_iter().map(|past| PastFile {
                path: folder.join(past.path),
                now: past.now.map(|now| folder.join(now)),
                blob: past.blob,
            }));
    }
}

/// Compares a commit with the work tree.
pub(super) fn since(base: &str, root: &Path) -> Result<Changes, Error> {
    since_at(base, root, 0)
}

/// The same for a submodule so many repositories deep.
pub(super) fn since_at(base: &str, root: &Path, depth: usize) -> Result<Changes, Error> {
    let filters = without_filters(root)?;
    let mut changes = Changes {
        root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
        ..Changes::default()
    };
    let form = ["--raw", "--no-abbrev", "--numstat", "-z"];
    let list = command::output(&mut diff(root, &filters, &form, base), root)?;
    let (differences, without_lines) = list::differences(&list);
    let repository: Arc<Path> = changes.root.as_path().into();
    for difference in differences {
        let change = if difference.is_submodule {
            FileChange::Whole
        } else {
            FileChange::Lines(Vec::new())
        };
        if let Some(path) = &difference.new_path {
            changes.files.insert(path.clone(), change);
        }
        if let Kind::File(id) = difference.was {
            changes.past.push(PastFile {
                path: difference.old_path,
                now: difference.new_path,
                blob: Blob {
                    repository: Arc::clone(&repository),
                    id,
                },
            });
        }
    }
    for path in without_lines {
        changes.files.insert(path, FileChange::Whole);
    }
    if changes.files.values().any(|it| *it != FileChange::Whole) {
        read_lines(root, &filters, base, &mut changes.files)?;
    }
    // What git ignores is scanned where it is given, and is as new. Of a folder without anything that is tracked,
    // its name is enough.
    let untracked = ["ls-files", "-z", "--others", "--directory"];
    for path in command::paths(&command::run(root, &untracked)?) {
        changes.files.insert(path, FileChange::Whole);
    }
    unwatched::add(base, depth, &repository, &mut changes)?;
    Ok(changes)
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
            // To look into a submodule, git would run what its configuration names.
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
