//! Maps a database into memory: the one place of this crate that opens a file.

use std::{fs::File, io, ops::Deref, path::Path};

use super::{Database, DatabaseError};

/// The bytes of a database.
#[derive(Debug)]
pub(super) enum Bytes {
    /// In memory.
    Held(Vec<u8>),
    /// In a file.
    Mapped(memmap2::Mmap),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

/// A database that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It can, and cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Database {
    /// Opens a database. Nothing but its table of sections and its manifest is read.
    ///
    /// Whoever replaces the file has to rename another one into its place: a file that is cut while it is mapped
    /// ends the process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the map module is where the database is opened"
    )]
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("is no regular file").into());
        }
        #[expect(unsafe_code, reason = "a map has no safe form")]
        // SAFETY: a database is only replaced by renaming, so that the file that is mapped does not change below.
        // Whoever can write to it can as well replace the program.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Self::new(Bytes::Mapped(map))?)
    }
}
