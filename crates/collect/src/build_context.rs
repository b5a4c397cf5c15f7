//! What Docker would leave out of a build.

use std::{ffi::OsString, path::Path};

use crate::Candidate;

/// Whether a file of this name stands in the folder of another.
pub fn has_neighbour(file: &Candidate, name: &str) -> bool {
    file.path.with_file_name(name).is_file()
}

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
    let mut own = OsString::from(dockerfile.path.file_name()?);
    own.push(".dockerignore");
    let names = [own, ".dockerignore".into(), ".containerignore".into()];
    Some(names.iter().any(|name| folder.join(name).is_file()))
}
