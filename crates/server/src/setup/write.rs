//! Writes the files of a setup; keys for their owner only, and nothing over what is there.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::SetupFile;

/// Why files were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file is there already.
    #[error("{0} exists; remove it, or replace it with --force")]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes files into a folder, which is made where there is none. Nothing is written where one of them is
/// there already with another text, unless they are to be replaced.
///
/// # Errors
///
/// For the first file that is there or cannot be written.
pub fn write(folder: &Path, files: &[SetupFile], replaces: bool) -> Result<(), WriteError> {
    let error = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(error(folder))?;
    let is_in_the_way = |file: &&SetupFile| {
        let path = folder.join(&*file.name);
        path.exists() && !is_same(&path, file)
    };
    if !replaces && let Some(file) = files.iter().find(is_in_the_way) {
        return Err(WriteError::Exists(folder.join(&*file.name)));
    }
    for file in files {
        let path = folder.join(&*file.name);
        if is_same(&path, file) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(error(parent))?;
        }
        if replaces && path.exists() {
            // Not written over, so that a new key does not keep the mode of the old file.
            fs::remove_file(&path).map_err(error(&path))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(if file.is_secret { 0o600 } else { 0o644 });
        }
        let mut opened = options.open(&path).map_err(error(&path))?;
        opened
            .write_all(file.text.as_bytes())
            .map_err(error(&path))?;
    }
    Ok(())
}

/// Whether an open file is there as it would be written; a key never is, as its mode counts too.
fn is_same(path: &Path, file: &SetupFile) -> bool {
    !file.is_secret && ringwall_collect::read_text(path).is_ok_and(|text| text == file.text)
}
