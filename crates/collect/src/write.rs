//! Writing a file so that a reader sees the old bytes or the new ones, never a part.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{Error, error::reason};

/// Makes the names of temporary files of one process differ.
static WRITTEN: AtomicU32 = AtomicU32::new(0);

/// Replaces the file by these bytes, or makes it.
///
/// The file keeps its permissions; through a symbolic link its target is replaced and the link stays.
/// Anything but a regular file is refused.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let error = |reason: String| Error::Write {
        path: path.to_owned(),
        reason,
    };
    replace(path, bytes).map_err(|source| error(reason(&source)))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (target, permissions) = match fs::symlink_metadata(path) {
        Ok(_) => {
            let target = path.canonicalize()?;
            let metadata = fs::metadata(&target)?;
            if !metadata.is_file() {
                return Err(io::Error::other("is not a regular file"));
            }
            (target, Some(metadata.permissions()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(error),
    };
    let (temporary, mut file) = create_beside(&target)?;
    let written = (|| {
        // Before the bytes, so that nobody reads here what the file itself would not show.
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)
    })();
    if written.is_err() {
        // The first error is the one to tell; a file that cannot be removed changes nothing in it.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new file in the same folder, since only there a rename is one step.
fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::other("is not a file name"))?
        .to_string_lossy();
    loop {
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        // Cut, so that a name at the file system's limit still has room.
        let start: String = name.chars().take(40).collect();
        let temporary =
            target.with_file_name(format!(".{start}.{}.{number}.tmp", std::process::id()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => return Ok((temporary, file)),
        }
    }
}
