//! An archive of an image that comes as a stream, whose parts are needed in another order than they come in.
//!
//! What names the layers stands at its end. So it is kept in a file that has lost its name before the first byte is in
//! it: nobody else finds it, and it is gone when the last reader is, however that ends.

use std::{
    fs::{self, File},
    hash::{BuildHasher, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_image::{Platform, StoredImage};

use super::{Finder, ImageError, Place, Store};
use crate::error::reason;

/// Largest archive that is kept: as much as a layer may unpack to.
const MAX_BYTES: u64 = 64 << 30;

/// Finds the image in an archive that is no file, and is called by a name. It is kept in a folder until the image is
/// dropped.
pub fn open_stream(
    archive: impl Read,
    name: &str,
    folder: &Path,
    platform: Option<&Platform>,
) -> Result<StoredImage, ImageError> {
    let read = |error: io::Error| ImageError::Read {
        path: name.to_owned(),
        reason: reason(&error),
    };
    let file = Arc::new(nameless(folder).map_err(|error| ImageError::Read {
        path: folder.display().to_string(),
        reason: format!("an archive cannot be kept there: {}", reason(&error)),
    })?);
    keep(archive, &file, MAX_BYTES).map_err(read)?;
    let place = |start, size| Place::Spooled {
        file: Arc::clone(&file),
        start,
        size,
    };
    let finder = Finder {
        path: Path::new(name),
        store: Store::index(&*file, place).map_err(read)?,
        platform,
    };
    finder.image()
}

/// Makes a file in a folder that only this process has.
fn nameless(folder: &Path) -> io::Result<File> {
    // What the standard library seeds its maps with.
    let random = std::collections::hash_map::RandomState::new();
    let name = format!("ringwall-{:016x}", random.build_hasher().finish());
    let path: PathBuf = folder.join(name);
    let mut options = File::options();
    options.read(true).write(true).create_new(true).mode(0o600);
    let file = options.open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn keep(archive: impl Read, mut file: &File, most: u64) -> io::Result<()> {
    let kept = io::copy(&mut archive.take(most + 1), &mut file)?;
    if kept > most {
        return Err(io::Error::other(format!("holds more than {most} bytes")));
    }
    file.flush()?;
    // The archive is read from its start.
    io::Seek::rewind(&mut file)
}

/// A part of a file that others read as well.
pub(super) struct Part {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Part {
    pub(super) fn new(file: Arc<File>, start: u64, size: u64) -> Self {
        Self {
            file,
            at: start,
            left: size,
        }
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that breaks.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the connection broke"))
        }
    }

    #[test]
    fn nothing_is_left_in_the_folder_and_parts_are_read_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = Arc::new(nameless(folder.path()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        keep(&b"one two three"[..], &file, 13).unwrap();
        let part = |start, size| Part::new(Arc::clone(&file), start, size);
        let (mut two, mut three) = (part(4, 3), part(8, 5));
        let mut first = [0; 2];
        two.read_exact(&mut first).unwrap();
        let mut text = String::new();
        three.read_to_string(&mut text).unwrap();
        two.read_to_string(&mut text).unwrap();
        assert_eq!((&first, &*text), (b"tw", "threeo"));
    }

    #[test]
    fn an_archive_is_kept_up_to_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = nameless(folder.path()).unwrap();
        let error = keep(&b"one two three"[..], &file, 12).unwrap_err();
        assert_eq!(error.to_string(), "holds more than 12 bytes");
        let endless = open_stream(io::empty(), "shop:1", folder.path(), None).unwrap_err();
        let expected = "shop:1 holds no image: it has neither index.json nor manifest.json";
        assert_eq!(endless.to_string(), expected);
    }

    #[test]
    fn an_archive_that_breaks_off_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let error = open_stream(Broken, "shop:1", folder.path(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read shop:1: the connection broke"
        );
        let absent = folder.path().join("absent");
        let error = open_stream(io::empty(), "shop:1", &absent, None).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("an archive cannot be kept there"),
            "{error}"
        );
    }
}
