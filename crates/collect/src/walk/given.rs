//! What the user gave: files and folders, and where they really are.

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

/// A path that the user gave.
pub(super) struct Given<'p> {
    pub(super) path: &'p Path,
    /// What is there, behind links, and its real path; or why that cannot be told.
    pub(super) found: io::Result<(Metadata, PathBuf)>,
}

/// Looks at each of the paths. Hooks give hundreds of files of the same few folders, and each step to a folder is a
/// call, so that a folder is looked up once.
pub(super) fn look_up(paths: &[PathBuf]) -> Vec<Given<'_>> {
    let mut folders = HashMap::new();
    let given = paths.iter().map(|path| Given {
        path,
        found: real(path, &mut folders),
    });
    given.collect()
}

fn real<'p>(
    path: &'p Path,
    folders: &mut HashMap<&'p Path, PathBuf>,
) -> io::Result<(Metadata, PathBuf)> {
    // Where the case of letters is not told apart, only the file system knows how a name is really written.
    let is_literal = !cfg!(any(target_os = "macos", windows));
    let metadata = fs::symlink_metadata(path)?;
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if metadata.is_file() && is_literal => {
            Ok((metadata, real_folder(parent, folders)?.join(name)))
        }
        _ => Ok((fs::metadata(path)?, path.canonicalize()?)),
    }
}

/// The real path of a folder, by that of the one above: to look up a path takes a call for each name on it.
fn real_folder<'p>(
    folder: &'p Path,
    folders: &mut HashMap<&'p Path, PathBuf>,
) -> io::Result<PathBuf> {
    if let Some(real) = folders.get(folder) {
        return Ok(real.clone());
    }
    let real = match (folder.parent(), folder.file_name()) {
        (Some(above), Some(name)) if fs::symlink_metadata(folder)?.is_dir() => {
            real_folder(above, folders)?.join(name)
        }
        _ if folder.as_os_str().is_empty() => Path::new(".").canonicalize()?,
        _ => folder.canonicalize()?,
    };
    folders.insert(folder, real.clone());
    Ok(real)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_real_path_is_that_of_the_file_system() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("real/inner")).unwrap();
        for file in ["a.yaml", "real/b.yaml", "real/inner/c.yaml"] {
            fs::write(at(file), "").unwrap();
        }
        symlink("real", at("folder-link")).unwrap();
        symlink("real/b.yaml", at("file-link.yaml")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        let paths = [
            "a.yaml",
            "./a.yaml",
            "real/../a.yaml",
            "real/b.yaml",
            "real/inner/../b.yaml",
            "folder-link/b.yaml",
            "folder-link/inner/c.yaml",
            "folder-link/../a.yaml",
            "file-link.yaml",
            "folder-link",
            "real",
            "real/.",
            "a.yaml/",
            "dangling",
            "none.yaml",
        ]
        .map(at);
        for given in look_up(&paths) {
            let expected = given.path.canonicalize();
            match (given.found, expected) {
                (Ok((metadata, real)), Ok(expected)) => {
                    assert_eq!(real, expected, "{}", given.path.display());
                    let target = fs::metadata(given.path).unwrap();
                    assert_eq!(metadata.is_file(), target.is_file());
                    assert!(!metadata.is_symlink());
                }
                (Err(error), Err(expected)) => assert_eq!(error.kind(), expected.kind()),
                (found, expected) => panic!("{}: {found:?} {expected:?}", given.path.display()),
            }
        }
    }
}
