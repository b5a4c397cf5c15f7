//! Where the configuration is.

use std::path::{Path, PathBuf};

/// Name of the configuration file.
const CONFIG_FILE: &str = "ringwall.toml";

/// The nearest `ringwall.toml` from `start` (a file or folder) upward to the root of its repository,
/// which is the folder that holds `.git`; to the root of the file system when there is none.
pub fn find_config(start: &Path) -> Option<PathBuf> {
    let start = if start == Path::new("") {
        Path::new(".")
    } else {
        start
    };
    let start = start
        .canonicalize()
        .or_else(|_| std::path::absolute(start))
        .ok()?;
    for folder in start.ancestors() {
        let config = folder.join(CONFIG_FILE);
        if config.is_file() {
            return Some(config);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}
