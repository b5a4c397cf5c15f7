//! Where the configuration is, and where files are from there.

use std::path::{Component, Path, PathBuf};

use crate::printed_name;

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

/// The real path of a file or folder; of one that is not there, the path that it would have.
pub fn real_path(path: &Path) -> PathBuf {
    let path = if path == Path::new("") {
        Path::new(".")
    } else {
        path
    };
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// A path as seen from a folder, with `..` where it leads out of it; both are real paths.
/// Empty for the folder itself.
pub fn path_from(folder: &Path, path: &Path) -> String {
    let mut above = PathBuf::new();
    for folder in folder.ancestors() {
        if let Ok(rest) = path.strip_prefix(folder) {
            above.push(rest);
            return if above == Path::new("") {
                String::new()
            } else {
                printed_name(&above)
            };
        }
        above.push(Component::ParentDir);
    }
    printed_name(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_folder() {
        let check = |folder: &str, path: &str, expected: &str| {
            let seen = path_from(Path::new(folder), Path::new(path));
            assert_eq!(seen, expected, "{path} from {folder}");
        };
        check("/shop", "/shop/gpu/pod.yaml", "gpu/pod.yaml");
        check("/shop", "/shop", "");
        check("/shop/gpu", "/shop/ringwall.toml", "../ringwall.toml");
        check("/shop/gpu", "/shop", "..");
        check("/shop", "/shopping/pod.yaml", "../shopping/pod.yaml");
        check("/", "/shop/pod.yaml", "shop/pod.yaml");
        check("/a/b", "/c/d", "../../c/d");
    }
}
