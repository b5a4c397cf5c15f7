//! What git knows: where the repository is, and what changed in it.
//!
//! The `git` program is asked, so the answer is that of the user's own git.
//! A repository may be hostile: nothing that its configuration names is run.

mod blobs;
mod changes;
mod command;
mod list;
mod patch;
mod unwatched;

use std::path::{Path, PathBuf};

pub(crate) use blobs::{Asked, Blob, Blobs};
pub use changes::{Changes, FileChange};

use crate::Error;

/// The root of the work tree that holds a file or folder.
pub fn repository_root(path: &Path) -> Result<PathBuf, Error> {
    let folder = match path {
        path if path.is_dir() => path,
        path => path.parent().unwrap_or(path),
    };
    let folder = if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    };
    let output = command::run(folder, &["rev-parse", "--show-toplevel"])?;
    let line = output.strip_suffix(b"\n").unwrap_or(&output);
    Ok(command::path(line))
}

/// What differs between a revision and the work tree at `root`; files that git does not track
/// are new as a whole, ignored or not.
///
/// For one revision the comparison starts where the current branch left it (its merge base),
/// so what happened there since then is no change. For `A...B` it starts at the merge base of both,
/// for `A..B` at `A`. Before the first commit, everything is new since `HEAD`.
pub fn changed(revision: &str, root: &Path) -> Result<Changes, Error> {
    let root = repository_root(root)?;
    let base = base(revision, &root)?;
    changes::since(&base, &root)
}

/// What git tracks below `folder`, relative to it: files, and submodules by their folders.
pub(crate) fn tracked(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let output = command::run(folder, &["ls-files", "-z", "--cached"])?;
    Ok(command::paths(&output))
}

fn base(revision: &str, root: &Path) -> Result<String, Error> {
    let side = |name: &str| commit(if name.is_empty() { "HEAD" } else { name }, revision, root);
    if revision.is_empty() {
        return Err(unknown(revision));
    }
    if let Some((left, right)) = revision.split_once("...") {
        let (left, right) = (side(left)?, side(right)?);
        return merge_base(&left, &right, root).ok_or_else(|| Error::NoMergeBase {
            revision: revision.to_owned(),
        });
    }
    if let Some((left, right)) = revision.split_once("..") {
        side(right)?;
        return side(left);
    }
    if matches!(revision, "HEAD" | "@") && is_unborn(root) {
        return nothing(root);
    }
    let commit = side(revision)?;
    // Without a common commit, as in a shallow clone, the revision itself is all there is.
    Ok(merge_base(&commit, "HEAD", root).unwrap_or(commit))
}

/// The full hash of a commit. A name that git could take for an option is none.
fn commit(name: &str, revision: &str, root: &Path) -> Result<String, Error> {
    if name.starts_with('-') || name.contains(['\0', '\n']) {
        return Err(unknown(revision));
    }
    let name = format!("{name}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &name,
    ];
    match command::run(root, &arguments) {
        Ok(output) => hash(&output).ok_or_else(|| unknown(revision)),
        Err(Error::Git { .. }) => Err(unknown(revision)),
        Err(error) => Err(error),
    }
}

/// Whether the current branch has no commit yet, so that everything is new.
fn is_unborn(root: &Path) -> bool {
    let answers = |arguments: &[&str]| command::run(root, arguments).is_ok();
    answers(&["symbolic-ref", "--quiet", "HEAD"])
        && !answers(&["rev-parse", "--verify", "--quiet", "HEAD"])
}

/// The hash of the tree that holds nothing, which git knows in every repository.
fn nothing(root: &Path) -> Result<String, Error> {
    let output = command::run(root, &["hash-object", "-t", "tree", "--stdin"])?;
    hash(&output).ok_or_else(|| unknown("HEAD"))
}

fn merge_base(left: &str, right: &str, root: &Path) -> Option<String> {
    let output = command::run(root, &["merge-base", left, right]).ok()?;
    hash(&output)
}

/// The last line, if it is a hash: older gits print `--end-of-options` before it.
fn hash(output: &[u8]) -> Option<String> {
    let text = str::from_utf8(output).ok()?;
    let line = text.lines().next_back()?;
    let is_hash = line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| line.to_owned())
}

fn unknown(revision: &str) -> Error {
    Error::UnknownRevision {
        revision: revision.to_owned(),
    }
}
