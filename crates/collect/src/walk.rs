//! Which files a scan reads.

mod folders;
mod given;

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{self, FileType},
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use self::{
    folders::{Entry, Met, meet_all},
    given::{Given, look_up},
};
use crate::{
    Exclude,
    error::reason,
    git,
    ignored::{Ignored, LeftOut},
    name::printed_name,
};

/// What to look for files in.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Files and folders as the user gave them; `-` has no meaning here.
    pub paths: Vec<PathBuf>,
    /// Read what git ignores as well.
    pub all_files: bool,
    /// What to leave out, even if it is given.
    pub exclude: Exclude,
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where to open it.
    pub path: PathBuf,
    /// As reports print it: as the user gave the path, with `/` and without a leading `./`.
    pub name: Arc<str>,
    /// Whether the user gave this very file, so that it is what they want to see judged whatever its name.
    pub is_given: bool,
}

impl Candidate {
    fn new(path: PathBuf) -> Self {
        Self {
            name: printed_name(&path).into(),
            path,
            is_given: false,
        }
    }

    fn given(path: &Path) -> Self {
        Self {
            is_given: true,
            ..Self::new(path.to_owned())
        }
    }
}

/// A file or folder that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// As reports print it.
    pub name: Arc<str>,
    /// Why.
    pub reason: String,
    /// Whether the user gave this very path.
    pub given: bool,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The files, each once, in the order of their names.
    pub files: Vec<Candidate>,
    /// What could not be looked at, in the order of names.
    pub unreadable: Vec<Unreadable>,
    /// Files and folders that git ignores; a folder counts once, whatever it holds.
    pub ignored: u64,
    /// Files and folders that an exclude pattern leaves out; a folder counts once.
    pub excluded: u64,
    /// Symbolic links met on the way, none of which was followed.
    pub links: u64,
    /// Pipes, sockets and devices met on the way, none of which was opened.
    pub special: u64,
}

/// Finds the files below the given paths.
///
/// In a repository, what git ignores is left out unless it is tracked; a path given by the user is
/// read in any case. Hidden files are read, `.git` is not. Symbolic links are followed only
/// when given: the target of a link inside the folder is met by itself.
pub fn walk(walk: &Walk) -> Inputs {
    let mut found = Found {
        inputs: Inputs::default(),
        seen: (walk.paths.len() > 1).then(HashSet::new),
        given: HashSet::new(),
    };
    let all = look_up(&walk.paths);
    if all.len() > 1 {
        let there = all.iter().filter_map(|given| given.found.as_ref().ok());
        let files = there.filter(|(metadata, _)| metadata.is_file());
        found.given = files
            .map(|(_, real)| real.clone().into_os_string())
            .collect();
    }
    for given in all {
        found.look_at(walk, given);
    }
    let mut inputs = found.inputs;
    inputs
        .files
        .sort_unstable_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    inputs.files.dedup_by(|a, b| a.path == b.path);
    inputs.unreadable.sort_unstable();
    inputs.unreadable.dedup();
    inputs
}

struct Found {
    inputs: Inputs,
    /// Real paths of the files where several paths are given, so that those given twice or inside each
    /// other count once; as they are written, since comparing paths part by part takes longer.
    seen: Option<HashSet<OsString>>,
    /// Real paths of the files that are given beside other paths: one that is also in a given folder was given all the
    /// same.
    given: HashSet<OsString>,
}

impl Found {
    fn look_at(&mut self, walk: &Walk, given: Given<'_>) {
        let path = given.path;
        let (metadata, real) = match given.found {
            Ok(found) => found,
            Err(error) => {
                // A pipe of the shell is there, and stands at no path.
                let special = fs::metadata(path).map(|metadata| metadata.file_type());
                let special = special
                    .ok()
                    .filter(|kind| !kind.is_file() && !kind.is_dir());
                let reason = special.map_or_else(|| reason(&error), special_reason);
                return self.refuse(path, reason, true);
            }
        };
        if metadata.is_dir() {
            self.look_into(walk, path, &real);
        } else if !metadata.is_file() {
            self.refuse(path, special_reason(metadata.file_type()), true);
        } else if walk.exclude.covers_file(&clean(path))
            || walk.exclude.configured_covers_file(&real)
        {
            self.inputs.excluded += 1;
        } else {
            self.add(real, Candidate::given(path));
        }
    }

    /// Walks the real folder, so that the ignore rules of its parents are found
    /// whatever way the user wrote it.
    fn look_into(&mut self, walk: &Walk, given: &Path, real: &Path) {
        let ignored = (!walk.all_files).then(|| Ignored::new(real));
        let excluded = AtomicU64::new(0);
        let inside = clean(given);
        let takes = |entry: &Entry<'_>| {
            if entry.name == ".git" {
                return false;
            }
            if leaves_out(&walk.exclude, &inside, real, entry.path, entry.is_folder) {
                excluded.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            let ignored = ignored.as_ref();
            ignored.is_none_or(|ignored| !ignored.covers(entry.path, entry.is_folder))
        };
        for met in meet_all([given, real], &takes) {
            match met {
                Met::File { real, candidate } => self.add(real, candidate),
                Met::Link => self.inputs.links += 1,
                Met::Special => self.inputs.special += 1,
                Met::Refused { at, error } => {
                    self.refuse(&rebase(given, real, &at), reason(&error), at == real);
                }
            }
        }
        self.inputs.excluded += excluded.load(Ordering::Relaxed);
        if let Some(ignored) = ignored {
            self.add_tracked(walk, given, real, ignored.take());
        }
    }

    /// Adds what matches an ignore rule and is tracked all the same: to git it is not ignored, and it is what gets
    /// published. Where git cannot say what it tracks, that is told.
    fn add_tracked(&mut self, walk: &Walk, given: &Path, real: &Path, left_out: LeftOut) {
        let mut unknown: Option<(PathBuf, String)> = None;
        let mut doubtful = 0;
        for (repository, mut paths) in left_out {
            let folder = if repository.starts_with(real) {
                repository
            } else {
                real.to_owned()
            };
            match git::tracked(&folder) {
                Ok(tracked) => {
                    let covered: Vec<PathBuf> = (tracked.iter().map(|inside| folder.join(inside)))
                        .filter(|at| at.ancestors().any(|above| paths.contains(above)))
                        .collect();
                    for at in covered {
                        if self.add_one_tracked(walk, given, real, &at) {
                            paths.remove(&at);
                        }
                    }
                }
                Err(error) => {
                    doubtful += paths.len();
                    unknown.get_or_insert_with(|| (folder, error.to_string()));
                }
            }
            self.inputs.ignored += paths.len() as u64;
        }
        if let Some((folder, why)) = unknown {
            let reason = format!(
                "git cannot say which of {doubtful} ignored files and folders it tracks ({why}); --all-files reads them"
            );
            self.refuse(&rebase(given, real, &folder), reason, false);
        }
    }

    /// Adds what git tracks in spite of its rules: a file, or all of a submodule. Whether it is there.
    fn add_one_tracked(&mut self, walk: &Walk, given: &Path, real: &Path, at: &Path) -> bool {
        // What git tracked below a folder is not what stands there now behind a link.
        let is_here = at.canonicalize().is_ok_and(|real| real == at);
        let Ok(metadata) = fs::symlink_metadata(at) else {
            return false;
        };
        let path = rebase(given, real, at);
        if !is_here {
            return false;
        } else if metadata.is_dir() {
            let is_submodule = at.join(".git").exists();
            if is_submodule {
                self.look_into(walk, &path, at);
            }
            return is_submodule;
        } else if !metadata.is_file() {
            return false;
        }
        if is_file_left_out(&walk.exclude, given, real, at) {
            self.inputs.excluded += 1;
        } else {
            self.add(at.to_owned(), Candidate::new(path));
        }
        true
    }

    fn add(&mut self, real: PathBuf, mut candidate: Candidate) {
        let real = real.into_os_string();
        candidate.is_given |= self.given.contains(&real);
        let seen = self.seen.as_mut();
        if seen.is_none_or(|seen| seen.insert(real)) {
            self.inputs.files.push(candidate);
        }
    }

    fn refuse(&mut self, path: &Path, reason: String, given: bool) {
        self.inputs.unreadable.push(Unreadable {
            name: printed_name(path).into(),
            reason,
            given,
        });
    }
}

/// Whether a pattern covers the entry, seen from the walked folder, from the working directory or from the folder of
/// the configuration.
fn leaves_out(exclude: &Exclude, given: &Path, real: &Path, at: &Path, is_folder: bool) -> bool {
    if exclude.is_empty() {
        return false;
    }
    let inside = at.strip_prefix(real).unwrap_or(at);
    exclude.configured_covers(at, is_folder)
        || exclude.covers(inside, is_folder)
        || (given != Path::new("") && exclude.covers(&given.join(inside), is_folder))
}

/// The name of a file at a real path that a walk of folders, as they are given and as they are, would have met;
/// `None` where it would not, or leaves it out.
pub(crate) fn name_below(walk: &Walk, folders: &[(&Path, PathBuf)], real: &Path) -> Option<String> {
    let mut around = folders
        .iter()
        .filter(|(_, folder)| real.starts_with(folder));
    let is_taken =
        |(given, folder): &&(&Path, PathBuf)| !is_file_left_out(&walk.exclude, given, folder, real);
    let (given, folder) = around.find(is_taken)?;
    Some(printed_name(&rebase(given, folder, real)))
}

/// Whether a pattern covers a file, or a folder on the way to it.
fn is_file_left_out(exclude: &Exclude, given: &Path, real: &Path, at: &Path) -> bool {
    let given = clean(given);
    let covers = |at: &Path, is_folder| leaves_out(exclude, &given, real, at, is_folder);
    let mut folders = at.ancestors().skip(1).take_while(|folder| *folder != real);
    covers(at, false) || folders.any(|folder| covers(folder, true))
}

/// The path below the folder as the user gave it, in the place of the real one.
fn rebase(given: &Path, real: &Path, at: &Path) -> PathBuf {
    match at.strip_prefix(real) {
        Ok(inside) if inside == Path::new("") => given.to_owned(),
        Ok(inside) => given.join(inside),
        Err(_) => at.to_owned(),
    }
}

/// The path without its `.` components.
fn clean(path: &Path) -> PathBuf {
    path.components()
        .filter(|component| !matches!(component, Component::CurDir))
        .collect()
}

#[cfg(unix)]
fn special_reason(kind: FileType) -> String {
    use std::os::unix::fs::FileTypeExt;

    let what = if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let instead = if kind.is_fifo() {
        "; standard input is read as `-`"
    } else {
        ""
    };
    format!("is {what}, not a file{instead}")
}

#[cfg(not(unix))]
fn special_reason(_: FileType) -> String {
    "is not a regular file".to_owned()
}
