//! Folders of the user.
//!
//! See: <https://specifications.freedesktop.org/basedir-spec/latest/>.

use std::{env, path::PathBuf};

/// Where what can be made again is kept, below `ringwall`; `None` where nothing says where.
pub(super) fn cache(name: &str) -> Option<PathBuf> {
    let cache = folder("XDG_CACHE_HOME")
        .or_else(|| Some(folder("HOME")?.join(".cache")))
        .or_else(|| folder("LOCALAPPDATA"))?;
    Some(cache.join("ringwall").join(name))
}

/// Where what is kept for good stands, below `ringwall`; `None` where nothing says where.
pub(super) fn data(name: &str) -> Option<PathBuf> {
    let data = folder("XDG_DATA_HOME")
        .or_else(|| Some(folder("HOME")?.join(".local/share")))
        .or_else(|| folder("LOCALAPPDATA"))?;
    Some(data.join("ringwall").join(name))
}

/// A folder that a variable names; one that is not absolute is to be ignored.
fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
