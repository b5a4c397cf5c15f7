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
/// there already, unless they are to be replaced.
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
    if !replaces && let Some(file) = files.iter().find(|file| folder.join(file.name).exists()) {
        return Err(WriteError::Exists(folder.join(file.name)));
    }
    for file in files {
        let path = folder.join(file.name);
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
