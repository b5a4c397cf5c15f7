//! What Docker would leave out of a build.

use std::{ffi::OsString, path::Path};

use crate::Candidate;

/// Whether a Dockerfile's build leaves files out of its context: `<name>.dockerignore`,
/// `.dockerignore` or Podman's `.containerignore` beside it.
/// `None` when its folder cannot be looked at.
pub fn build_context_ignore(dockerfile: &Candidate) -> Option<bool> {
    let folder = match dockerfile.path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return None;
    }
    ignore_beside(dockerfile, Path::is_file)
}

/// The same where it is known what stands beside it.
pub(crate) fn ignore_beside(
    dockerfile: &Candidate,
    is_file: impl Fn(&Path) -> bool,
) -> Option<bool> {
    let mut own = OsString::from(dockerfile.path.file_name()?);
    own.push(".dockerignore");
    let mut names = [own, ".dockerignore".into(), ".containerignore".into()].into_iter();
    Some(names.any(|name| is_file(&dockerfile.path.with_file_name(name))))
}
