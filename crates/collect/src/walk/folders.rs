//! What stands in a folder and in those below it, read on the threads that judge what is found.
//!
//! A walk of its own threads, as the crate `ignore` has one, starts them for nothing else and lets those without work
//! sleep for a millisecond at a time: a fifth of what a scan of one file takes.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rayon::Scope;

use super::{Candidate, rebase};

/// What a folder holds, before it is looked at.
pub(super) struct Entry<'a> {
    pub(super) path: &'a Path,
    pub(super) name: &'a OsStr,
    pub(super) is_folder: bool,
}

/// What a walk comes across.
pub(super) enum Met {
    File { real: PathBuf, candidate: Candidate },
    Link,
    Special,
    Refused { at: PathBuf, error: io::Error },
}

/// Everything below a folder, as it is given and as it is, that is taken; links are not followed. The order means
/// nothing.
pub(super) fn meet_all(
    [given, real]: [&Path; 2],
    takes: &(dyn Fn(&Entry<'_>) -> bool + Sync),
) -> Vec<Met> {
    let met = Mutex::default();
    let walk = Walk {
        given,
        real,
        takes,
        met: &met,
    };
    rayon::scope(|scope| walk.look_into(real.to_owned(), scope));
    met.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy)]
struct Walk<'w> {
    given: &'w Path,
    real: &'w Path,
    takes: &'w (dyn Fn(&Entry<'_>) -> bool + Sync),
    met: &'w Mutex<Vec<Met>>,
}

impl<'w> Walk<'w> {
    /// Each folder inside is a job of its own, so that neither depth nor breadth is a matter of stack.
    fn look_into(self, folder: PathBuf, scope: &Scope<'w>) {
        let mut met = Vec::new();
        match fs::read_dir(&folder) {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => met.extend(self.look_at(&entry, scope)),
                        Err(error) => met.push(Met::Refused {
                            at: folder.clone(),
                            error,
                        }),
                    }
                }
            }
            Err(error) => met.push(Met::Refused { at: folder, error }),
        }
        let mut all = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut met);
    }

    fn look_at(self, entry: &DirEntry, scope: &Scope<'w>) -> Option<Met> {
        let path = entry.path();
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return Some(Met::Refused { at: path, error }),
        };
        let is_taken = (self.takes)(&Entry {
            path: &path,
            name: &entry.file_name(),
            is_folder: kind.is_dir(),
        });
        if !is_taken {
            return None;
        }
        if kind.is_dir() {
            scope.spawn(move |scope| self.look_into(path, scope));
            return None;
        }
        Some(if kind.is_symlink() {
            Met::Link
        } else if kind.is_file() {
            Met::File {
                candidate: Candidate::new(rebase(self.given, self.real, &path)),
                real: path,
            }
        } else {
            Met::Special
        })
    }
}
