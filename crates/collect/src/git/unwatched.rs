//! What `git diff` does not look at: files that its index takes for unchanged, and what happened in submodules.

use std::{
    collections::HashMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    blobs::{Asked, Blob, Blobs},
    changes::{self, Changes, FileChange, PastFile},
    command, commit,
    list::{self, Kind},
    repository_root,
};
use crate::{DEFAULT_LIMIT_BYTES, Error, content::open_regular};

/// Submodules in submodules, after which one is new as a whole.
const MAX_DEPTH: usize = 8;

/// Adds what `git diff` passed over.
pub(super) fn add(
    base: &str,
    depth: usize,
    root: &Arc<Path>,
    changes: &mut Changes,
) -> Result<(), Error> {
    let index = command::run(root, &["ls-files", "-z", "-v", "--cached"])?;
    let unwatched: Vec<_> = list::unwatched(&index).collect();
    let of_tree = ["ls-tree", "-r", "-z", "--full-tree", base];
    let tree = command::run(root, &of_tree)?;
    let mut known: HashMap<&[u8], Kind> = unwatched
        .iter()
        .map(|file| (file.path, Kind::Other))
        .collect();
    let mut submodules = Vec::new();
    for (path, kind) in list::tree(&tree) {
        if let Some(known) = known.get_mut(path) {
            *known = kind.clone();
        }
        if let Kind::Submodule(commit) = kind {
            submodules.push((command::path(path), commit));
        }
    }
    let blobs = Blobs::default();
    for file in unwatched {
        let was = match known.remove(file.path) {
            Some(Kind::File(id)) => Some(Blob {
                repository: Arc::clone(root),
                id,
            }),
            Some(Kind::Submodule(_)) => continue,
            _ => None,
        };
        look_at(
            &command::path(file.path),
            file.is_sparse,
            was,
            &blobs,
            changes,
        );
    }
    for (path, commit) in submodules {
        look_into(path, &commit, depth, changes);
    }
    Ok(())
}

/// Compares a file by its bytes: what git says of it is about its index.
fn look_at(path: &Path, is_sparse: bool, was: Option<Blob>, blobs: &Blobs, changes: &mut Changes) {
    changes.files.remove(path);
    changes.past.retain(|past| past.path != path);
    let file = changes.root().join(path);
    if fs::symlink_metadata(&file).is_err() {
        // A part of the tree that nobody wants here is not gone.
        if !is_sparse && let Some(blob) = was {
            changes.past.push(PastFile {
                path: path.to_owned(),
                now: None,
                blob,
            });
        }
        return;
    }
    if was.as_ref().is_some_and(|blob| is_same(&file, blob, blobs)) {
        return;
    }
    changes.files.insert(path.to_owned(), FileChange::Whole);
    changes.past.extend(was.map(|blob| PastFile {
        path: path.to_owned(),
        now: Some(path.to_owned()),
        blob,
    }));
}

fn is_same(file: &Path, blob: &Blob, blobs: &Blobs) -> bool {
    let Ok((opened, size)) = open_regular(file) else {
        return false;
    };
    if size > DEFAULT_LIMIT_BYTES {
        return false;
    }
    let mut bytes = Vec::new();
    let read = opened.take(DEFAULT_LIMIT_BYTES + 1).read_to_end(&mut bytes);
    read.is_ok()
        && matches!(blobs.read(blob, DEFAULT_LIMIT_BYTES), Asked::Bytes(old) if old == bytes)
}

/// Compares a submodule with the commit that the revision has of it; where it lacks that, it is new as a whole.
fn look_into(path: PathBuf, was: &str, depth: usize, changes: &mut Changes) {
    let folder = changes.root().join(&path);
    let is_here = folder.canonicalize().is_ok_and(|real| real == folder);
    let is_empty = || fs::read_dir(&folder).is_ok_and(|mut inside| inside.next().is_none());
    if !is_here || !folder.is_dir() || is_empty() {
        return;
    }
    let inner = || {
        // A repository may have its work tree elsewhere.
        let is_its_root = repository_root(&folder).is_ok_and(|root| root == folder);
        if depth >= MAX_DEPTH || !is_its_root {
            return None;
        }
        let commit = commit(was, was, &folder).ok()?;
        changes::since_at(&commit, &folder, depth + 1).ok()
    };
    match inner() {
        Some(inner) => {
            changes.files.remove(&path);
            changes.take(&path, inner);
        }
        None => {
            changes.files.insert(path, FileChange::Whole);
        }
    }
}
