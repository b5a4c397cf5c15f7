//! Where the configuration is, and where files are from there.

use std::path::{Component, Path, PathBuf};

use crate::{printed_name, read_text};

/// Name of the configuration file.
const CONFIG_FILE: &str = "ringwall.toml";

/// The nearest `ringwall.toml` from `start` (a file or folder) upward to the root of its repository,
/// which is the folder that holds `.git`.
///
/// Outside of a repository it is looked for up to the folder that ringwall was started in, or in the folder of `start`
/// alone where that is elsewhere: what lies above may be somebody else's, as in `/tmp`.
pub fn find_config(start: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    find_config_from(start, here.ok().as_deref())
}

/// The same where ringwall was started in `here`.
fn find_config_from(start: &Path, here: Option<&Path>) -> Option<PathBuf> {
    let start = if start == Path::new("") {
        Path::new(".")
    } else {
        start
    };
    let start = start
        .canonicalize()
        .or_else(|_| std::path::absolute(start))
        .ok()?;
    let own = if start.is_dir() {
        &start
    } else {
        start.parent()?
    };
    let repository = own.ancestors().find(|it| it.join(".git").exists());
    let last = repository
        .or_else(|| here.filter(|here| own.starts_with(here)))
        .unwrap_or(own);
    own.ancestors()
        .take_while(|folder| folder.starts_with(last))
        .map(|folder| folder.join(CONFIG_FILE))
        .find(|config| config.is_file())
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
    fn what_lies_above_is_somebody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b/c")).unwrap();
        std::fs::write(root.join("a/ringwall.toml"), "").unwrap();
        std::fs::write(root.join("a/b/c/pod.yaml"), "").unwrap();
        let found = |start: &str, here: &str| {
            find_config_from(&root.join(start), Some(&root.join(here))).is_some()
        };
        // Started in its folder or above it.
        assert!(found("a/b/c", "a"));
        assert!(found("a/b/c/pod.yaml", ""));
        assert!(found("a", "elsewhere"));
        assert!(!found("a/b/c", "a/b"));
        assert!(!found("a/b/c/pod.yaml", "elsewhere"));
        std::fs::create_dir(root.join(".git")).unwrap();
        assert!(found("a/b/c", "elsewhere"));
    }

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
