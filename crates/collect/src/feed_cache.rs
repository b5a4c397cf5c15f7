//! Files about flaws that were fetched before, so that only those that changed are fetched again.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Error, error::reason, private_folder::make_private, write_atomic};

/// Longest note about a file that is read.
const MAX_NOTE_BYTES: u64 = 64 << 10;

/// A folder with files that were fetched. Only its owner may look into it: what stands there is believed.
#[derive(Debug)]
pub struct FeedCache {
    folder: PathBuf,
}

/// What the server said of a file, so that it can be asked whether there is another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedNote {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// The place of one file.
#[derive(Debug)]
pub struct FetchedFeed {
    path: PathBuf,
}

impl FeedCache {
    /// Opens a folder, and makes it where it is not there.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        make_private(folder).map_err(|source| failed(folder, &source))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Where the file of an address is, whether or not it is there. `name` is what people call it.
    pub fn feed(&self, name: &str, url: &str) -> FetchedFeed {
        let letters = name.chars().take(60);
        let name: String = letters
            .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
            .collect();
        let digest = ringwall_image::Digest::new(Sha256::digest(url).into()).hex();
        let digest = digest.get(..16).unwrap_or_default();
        FetchedFeed {
            path: self.folder.join(format!("{name}.{digest}")),
        }
    }
}

impl FetchedFeed {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is known of the file; nothing where it is not there.
    pub fn note(&self) -> FetchedNote {
        let read = || {
            let note = self.note_path();
            let is_short = fs::metadata(&note).ok()?.len() <= MAX_NOTE_BYTES;
            let json = (is_short && self.path.is_file()).then(|| fs::read(note).ok())?;
            serde_json::from_slice(&json?).ok()
        };
        read().unwrap_or_default()
    }

    /// A file to write into; [`Self::keep`] puts it in its place.
    pub fn create(&self) -> Result<File, Error> {
        let part = self.part_path();
        File::create(&part).map_err(|source| failed(&part, &source))
    }

    /// Puts what was written in the place of what was there.
    pub fn keep(&self, note: &FetchedNote) -> Result<(), Error> {
        // What is said of a file must never stand beside another one.
        self.forget();
        let part = self.part_path();
        fs::rename(&part, &self.path).map_err(|source| failed(&self.path, &source))?;
        write_atomic(
            &self.note_path(),
            &serde_json::to_vec(note).unwrap_or_default(),
        )
    }

    /// Removes what was written and not kept.
    pub fn drop_part(&self) {
        // Where there is none, there is nothing to do.
        let _ = fs::remove_file(self.part_path());
    }

    /// Forgets what is known of the file, so that it is fetched again.
    pub fn forget(&self) {
        let _ = fs::remove_file(self.note_path());
    }

    fn note_path(&self) -> PathBuf {
        self.beside("json")
    }

    fn part_path(&self) -> PathBuf {
        self.beside(&format!("{}.part", std::process::id()))
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".");
        path.push(end);
        path.into()
    }
}

fn failed(path: &Path, source: &io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        reason: reason(source),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_known_with_its_address() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeedCache::open(&folder.path().join("feeds")).unwrap();
        let feed = cache.feed("osv/GitHub Actions", "https://feeds.example.com/a");
        assert_eq!(feed.note(), FetchedNote::default());
        feed.create().unwrap().write_all(b"content").unwrap();
        let note = FetchedNote {
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
        };
        feed.keep(&note).unwrap();
        assert_eq!(fs::read(feed.path()).unwrap(), b"content");
        assert_eq!(feed.note(), note);
        let moved = cache.feed("osv/GitHub Actions", "https://mirror.example.com/a");
        assert_eq!(moved.note(), FetchedNote::default());
        fs::remove_file(feed.path()).unwrap();
        assert_eq!(
            feed.note(),
            FetchedNote::default(),
            "of nothing, nothing is known"
        );
    }

    #[test]
    fn what_broke_off_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeedCache::open(folder.path()).unwrap();
        let feed = cache.feed("kev", "https://feeds.example.com/kev");
        feed.create().unwrap().write_all(b"old").unwrap();
        feed.keep(&FetchedNote::default()).unwrap();
        feed.create().unwrap().write_all(b"ne").unwrap();
        feed.drop_part();
        assert_eq!(fs::read(feed.path()).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
