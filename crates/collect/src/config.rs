//! Where the configuration is, and where files are from there.

use std::path::{Component, Path, PathBuf};

use crate::{printed_name, read_text};

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

/// The root of the repository around `start`, a file or folder; `None` where there is none.
///
/// A submodule is part of the repository around it: a scan of one and a scan of both are to name its files alike.
pub fn project_root(start: &Path) -> Option<PathBuf> {
    let start = real_path(start);
    let mut submodule = None;
    for folder in start.ancestors() {
        let git = folder.join(".git");
        if !git.exists() {
            continue;
        }
        // Of a work tree that stands elsewhere it says so in a file.
        let is_submodule =
            git.is_file() && read_text(&git).is_ok_and(|it| it.contains("/modules/"));
        if !is_submodule {
            return Some(folder.to_owned());
        }
        submodule.get_or_insert_with(|| folder.to_owned());
    }
    submodule
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
    fn a_submodule_is_of_the_repository_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let make = |at: &str, git: Option<&str>| {
            let at = root.join(at);
            std::fs::create_dir_all(&at).unwrap();
            match git {
                Some(text) => std::fs::write(at.join(".git"), text).unwrap(),
                None => std::fs::create_dir(at.join(".git")).unwrap(),
            }
        };
        make("shop", None);
        make("shop/charts", Some("gitdir: ../.git/modules/charts\n"));
        make("tree", Some("gitdir: ../shop/.git/worktrees/tree\n"));
        make("alone", Some("gitdir: /gone/.git/modules/alone\n"));
        make("shop/vendored", None);
        let check = |start: &str, expected: &str| {
            let found = project_root(&root.join(start));
            assert_eq!(found, Some(root.join(expected)), "{start}");
        };
        check("shop", "shop");
        check("shop/charts", "shop");
        check("shop/charts/not-there.yaml", "shop");
        check("shop/vendored", "shop/vendored");
        check("tree", "tree");
        check("alone", "alone");
        assert_eq!(project_root(Path::new("/")), None);
    }

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
