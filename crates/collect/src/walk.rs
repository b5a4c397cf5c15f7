//! Which files a scan reads.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{self, FileType},
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::{Exclude, error::reason, git};

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
}

impl Candidate {
    fn new(path: PathBuf) -> Self {
        Self {
            name: printed_name(&path).into(),
            path,
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
    };
    for path in &walk.paths {
        found.look_at(walk, path);
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

/// A path as reports print it.
pub fn printed_name(path: &Path) -> String {
    let mut name = String::with_capacity(path.as_os_str().len());
    append_name(&mut name, path);
    if name.is_empty() {
        name.push('.');
    }
    name
}

fn append_name(name: &mut String, path: &Path) {
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::RootDir => name.push('/'),
            other => {
                if !name.is_empty() && !name.ends_with('/') {
                    name.push('/');
                }
                name.push_str(&other.as_os_str().to_string_lossy());
            }
        }
    }
}

struct Found {
    inputs: Inputs,
    /// Real paths of the files where several paths are given, so that those given twice or inside each
    /// other count once; as they are written, since comparing paths part by part takes longer.
    seen: Option<HashSet<OsString>>,
}

impl Found {
    fn look_at(&mut self, walk: &Walk, given: &Path) {
        let metadata = match fs::metadata(given) {
            Ok(metadata) => metadata,
            Err(error) => return self.refuse(given, reason(&error), true),
        };
        if metadata.is_dir() {
            match given.canonicalize() {
                Ok(real) => self.look_into(walk, given, &real),
                Err(error) => self.refuse(given, reason(&error), true),
            }
        } else if !metadata.is_file() {
            self.refuse(given, special_reason(metadata.file_type()), true);
        } else if walk.exclude.covers_file(&clean(given)) {
            self.inputs.excluded += 1;
        } else {
            match given.canonicalize() {
                Ok(real) => self.add(real, Candidate::new(given.to_owned())),
                Err(error) => self.refuse(given, reason(&error), true),
            }
        }
    }

    /// Walks the real folder, so that the ignore rules of its parents are found
    /// whatever way the user wrote it.
    fn look_into(&mut self, walk: &Walk, given: &Path, real: &Path) {
        let repository = repository_above(real);
        let is_in_repository = holds_repository(real);
        let repositories_inside = Arc::new(AtomicU64::new(0));
        let entered = Arc::new(AtomicU64::new(0));
        let excluded = Arc::new(AtomicU64::new(0));
        let mut builder = WalkBuilder::new(real);
        builder
            .standard_filters(false)
            .git_ignore(!walk.all_files)
            .git_exclude(!walk.all_files)
            .git_global(!walk.all_files)
            .parents(!walk.all_files)
            .follow_links(false)
            // Where the patterns of git's global excludes are anchored.
            .current_dir(repository.unwrap_or(real));
        {
            let exclude = walk.exclude.clone();
            let (given, real) = (clean(given), real.to_owned());
            let (entered, excluded) = (Arc::clone(&entered), Arc::clone(&excluded));
            let repositories = Arc::clone(&repositories_inside);
            builder.filter_entry(move |entry| {
                if entry.depth() == 0 {
                    return true;
                }
                entered.fetch_add(1, Ordering::Relaxed);
                let name = entry.file_name();
                if REPOSITORIES.iter().any(|known| name == *known) {
                    repositories.fetch_add(1, Ordering::Relaxed);
                }
                if name == ".git" {
                    return false;
                }
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let leave = leaves_out(&exclude, &given, &real, entry.path(), is_folder);
                excluded.fetch_add(u64::from(leave), Ordering::Relaxed);
                !leave
            });
        }
        let mut folders = HashSet::new();
        let mut listed = 0;
        let count_entries = is_in_repository && !walk.all_files;
        for met in meet_all(&builder, count_entries, [given, real]) {
            match met {
                Met::Folder { path, entries } => {
                    listed += entries;
                    folders.insert(path);
                }
                Met::File { real, candidate } => self.add(real, candidate),
                Met::Link => self.inputs.links += 1,
                Met::Special => self.inputs.special += 1,
                Met::Refused { path, reason } => {
                    let at = path.as_deref().unwrap_or(real);
                    self.refuse(&rebase(given, real, at), reason, at == real);
                }
            }
        }
        self.inputs.excluded += excluded.load(Ordering::Relaxed);
        if walk.all_files {
            return;
        }
        if !is_in_repository && repositories_inside.load(Ordering::Relaxed) > 0 {
            listed = folders.iter().map(|folder| entries_of(folder)).sum();
        }
        let mut ignored = listed.saturating_sub(entered.load(Ordering::Relaxed));
        if ignored > 0 && repository.is_some() {
            ignored = ignored.saturating_sub(self.add_tracked(walk, given, real, &folders));
        }
        self.inputs.ignored += ignored;
    }

    /// Adds the files that match an ignore rule and are tracked all the same: to git they are not
    /// ignored, and they are what gets published. Returns how many of them were counted as ignored.
    fn add_tracked(
        &mut self,
        walk: &Walk,
        given: &Path,
        real: &Path,
        entered: &HashSet<PathBuf>,
    ) -> u64 {
        let mut counted = 0;
        for inside in git::tracked_though_ignored(real) {
            let at = real.join(&inside);
            let Ok(metadata) = fs::symlink_metadata(&at) else {
                continue;
            };
            if !metadata.is_file() {
                continue;
            }
            counted += u64::from(at.parent().is_some_and(|folder| entered.contains(folder)));
            let path = rebase(given, real, &at);
            if walk.exclude.covers_file(&inside) || walk.exclude.covers_file(&clean(&path)) {
                self.inputs.excluded += 1;
            } else {
                self.add(at, Candidate::new(path));
            }
        }
        counted
    }

    fn add(&mut self, real: PathBuf, candidate: Candidate) {
        let seen = self.seen.as_mut();
        if seen.is_none_or(|seen| seen.insert(real.into_os_string())) {
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

/// What a walk comes across.
enum Met {
    Folder {
        path: PathBuf,
        entries: u64,
    },
    File {
        real: PathBuf,
        candidate: Candidate,
    },
    Link,
    Special,
    Refused {
        path: Option<PathBuf>,
        reason: String,
    },
}

/// Walks on several threads; the order of what is met means nothing.
fn meet_all(
    builder: &WalkBuilder,
    count_entries: bool,
    [given, real]: [&Path; 2],
) -> Receiver<Met> {
    let (sender, receiver) = mpsc::channel();
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let met = match entry {
                Ok(entry) => meet(entry, count_entries, [given, real]),
                Err(error) => Some(refused(&error, None)),
            };
            match met.map(|met| sender.send(met)) {
                // Nobody listens any more.
                Some(Err(_)) => WalkState::Quit,
                _ => WalkState::Continue,
            }
        })
    });
    receiver
}

fn meet(entry: DirEntry, count_entries: bool, [given, real]: [&Path; 2]) -> Option<Met> {
    let kind = entry.file_type()?;
    Some(if kind.is_dir() {
        // What is listed and never met is ignored.
        let entries = if count_entries {
            entries_of(entry.path())
        } else {
            0
        };
        Met::Folder {
            path: entry.into_path(),
            entries,
        }
    } else if kind.is_symlink() {
        Met::Link
    } else if kind.is_file() {
        Met::File {
            candidate: Candidate::new(rebase(given, real, entry.path())),
            real: entry.into_path(),
        }
    } else {
        Met::Special
    })
}

fn entries_of(folder: &Path) -> u64 {
    fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}

fn refused(error: &ignore::Error, path: Option<&Path>) -> Met {
    Met::Refused {
        path: path.or_else(|| path_of(error)).map(Path::to_owned),
        reason: error.io_error().map_or_else(|| error.to_string(), reason),
    }
}

/// Whether a pattern covers the entry, seen from the walked folder or from the working directory.
fn leaves_out(exclude: &Exclude, given: &Path, real: &Path, at: &Path, is_folder: bool) -> bool {
    if exclude.is_empty() {
        return false;
    }
    let inside = at.strip_prefix(real).unwrap_or(at);
    exclude.covers(inside, is_folder)
        || (given != Path::new("") && exclude.covers(&given.join(inside), is_folder))
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

/// What makes a folder one in which ignore files are heeded.
const REPOSITORIES: [&str; 2] = [".git", ".jj"];

/// Whether a folder is part of a repository, so that something in it may be ignored.
fn holds_repository(folder: &Path) -> bool {
    let mut above = folder.ancestors();
    above.any(|folder| REPOSITORIES.iter().any(|name| folder.join(name).exists()))
}

fn repository_above(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
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
    format!("is {what}, not a file")
}

#[cfg(not(unix))]
fn special_reason(_: FileType) -> String {
    "is not a regular file".to_owned()
}
