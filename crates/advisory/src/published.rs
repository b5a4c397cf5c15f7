//! A database as it is published for others: an index, the whole file packed, and what changed since earlier ones.
//!
//! What changed is the new file, packed by zstd with the old one as the text before it, as
//! `zstd --patch-from` does: <https://github.com/facebook/zstd/wiki/Zstandard-as-a-patching-engine>.
//! It is small because a database keeps the numbers of advisories and the blocks of their texts.

use std::io::{self, BufRead as _, Read as _, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of the longest index.
pub const MAX_INDEX_BYTES: u64 = 1 << 20;
/// Bytes of the largest database that is published or taken over: 2 GiB. All that is public takes some 0.2.
pub const MAX_DATABASE_BYTES: u64 = 2 << 30;

/// The version of the form of an index.
const VERSION: u32 = 1;
/// What zstd is asked for: it is packed once, and fetched often.
const PACKING_LEVEL: i32 = 19;
/// The window of zstd, as a power of two: the smallest and the largest that it knows.
const WINDOWS: [u32; 2] = [10, 31];

/// What is published, as `index.json` says it. Whoever signs it signs all of it: every file is named with its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedIndex {
    version: u32,
    /// The day on which the database was built, `2026-11-28`.
    pub built: String,
    /// SHA-256 of the file of the database, in hexadecimal.
    pub sha256: String,
    /// Bytes of the file of the database.
    pub bytes: u64,
    /// All of it, packed.
    pub whole: PublishedFile,
    /// What changed since other databases.
    #[serde(default)]
    pub deltas: Vec<PublishedDelta>,
}

/// A file that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// Its name, beside that of the index.
    pub name: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
}

/// A file to put beside the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What changed since another database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedDelta {
    /// SHA-256 of the file of the other database, in hexadecimal.
    pub from: String,
    /// The file.
    #[serde(flatten)]
    pub file: PublishedFile,
}

/// What is published cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// The index is none.
    #[error("is no index of a published database: {0}")]
    NoIndex(serde_json::Error),
    /// The index is of a later ringwall.
    #[error("has version {0} of the form, and this ringwall reads version {VERSION}")]
    Version(u32),
    /// The index names a file that is not beside it, or one that no database needs.
    #[error("names {0}")]
    Name(String),
    /// A file is not the one that the index names.
    #[error("is not what the index says")]
    Other,
    /// A file cannot be unpacked.
    #[error("cannot be unpacked: {0}")]
    Damaged(io::Error),
}

impl PublishedIndex {
    /// What is published of a database, with the files to put beside the index.
    ///
    /// `before` are files of earlier databases; a change that is no smaller than the whole is left out.
    pub fn new(
        built: &str,
        database: &[u8],
        before: &[&[u8]],
    ) -> io::Result<(Self, Vec<PackedFile>)> {
        let sha256 = hex(database);
        let short = |digest: &str| digest.get(..16).unwrap_or_default().to_owned();
        let packed = pack(database, &[])?;
        let name = format!("advisories-{}.zst", short(&sha256));
        let whole = PublishedFile::of(name, &packed);
        let most = packed.len();
        let mut files = vec![PackedFile {
            name: whole.name.clone(),
            bytes: packed,
        }];
        let mut deltas: Vec<PublishedDelta> = Vec::new();
        for before in before {
            let from = hex(before);
            if from == sha256 || deltas.iter().any(|known| known.from == from) {
                continue;
            }
            let packed = pack(database, before)?;
            if packed.len() >= most {
                continue;
            }
            let name = format!("advisories-{}-{}.zst", short(&from), short(&sha256));
            let file = PublishedFile::of(name, &packed);
            files.push(PackedFile {
                name: file.name.clone(),
                bytes: packed,
            });
            deltas.push(PublishedDelta { from, file });
        }
        let index = Self {
            version: VERSION,
            built: built.to_owned(),
            bytes: database.len() as u64,
            sha256,
            whole,
            deltas,
        };
        Ok((index, files))
    }

    /// Reads an index.
    pub fn parse(json: &[u8]) -> Result<Self, PublishedError> {
        /// What an index of every version has.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let versioned: Versioned = serde_json::from_slice(json).map_err(PublishedError::NoIndex)?;
        if versioned.version != VERSION {
            return Err(PublishedError::Version(versioned.version));
        }
        let index: Self = serde_json::from_slice(json).map_err(PublishedError::NoIndex)?;
        for file in std::iter::once(&index.whole).chain(index.deltas.iter().map(|it| &it.file)) {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if file.name.is_empty()
                || file.name.starts_with('.')
                || file.name.len() > 200
                || !file.name.bytes().all(is_letter)
            {
                let name = format!("a file that is not beside it: '{}'", file.name);
                return Err(PublishedError::Name(name));
            }
            if file.bytes.max(index.bytes) > MAX_DATABASE_BYTES {
                let name = format!("more than {MAX_DATABASE_BYTES} bytes");
                return Err(PublishedError::Name(name));
            }
        }
        Ok(index)
    }

    /// The index as it is written.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Whether this is the file of the database.
    pub fn is(&self, database: &[u8]) -> bool {
        database.len() as u64 == self.bytes && hex(database) == self.sha256
    }

    /// The least that has to be fetched by one who has this database, where that is not all of it.
    pub fn since(&self, before: &[u8]) -> Option<&PublishedDelta> {
        let sha256 = hex(before);
        let deltas = self.deltas.iter().filter(|delta| delta.from == sha256);
        let least = deltas.min_by_key(|delta| delta.file.bytes)?;
        (least.file.bytes < self.whole.bytes).then_some(least)
    }

    /// The database from what was fetched: of the whole file, `before` is empty; of what changed, it is the file that
    /// changed.
    pub fn unpack(&self, packed: &[u8], before: &[u8]) -> Result<Vec<u8>, PublishedError> {
        let database = unpack(packed, before, self.bytes).map_err(PublishedError::Damaged)?;
        let is_it = self.is(&database);
        is_it.then_some(database).ok_or(PublishedError::Other)
    }
}

impl PublishedFile {
    fn of(name: String, bytes: &[u8]) -> Self {
        Self {
            name,
            sha256: hex(bytes),
            bytes: bytes.len() as u64,
        }
    }

    /// Whether these are its bytes.
    pub fn check(&self, bytes: &[u8]) -> Result<(), PublishedError> {
        let is_it = bytes.len() as u64 == self.bytes && hex(bytes) == self.sha256;
        is_it.then_some(()).ok_or(PublishedError::Other)
    }
}

/// The SHA-256 of a file, in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The window in which zstd finds what was there before: all of it.
fn window(bytes: u64) -> u32 {
    let [least, most] = WINDOWS;
    (u64::BITS - bytes.leading_zeros()).clamp(least, most)
}

fn pack(new: &[u8], before: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::with_ref_prefix(Vec::new(), PACKING_LEVEL, before)?;
    encoder.set_pledged_src_size(Some(new.len() as u64))?;
    encoder.include_checksum(true)?;
    encoder.window_log(window((new.len() + before.len()) as u64))?;
    encoder.long_distance_matching(true)?;
    encoder.write_all(new)?;
    encoder.finish()
}

/// No more than `most` bytes and one, so that it shows where there are more.
fn unpack(packed: &[u8], before: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let mut decoder = zstd::Decoder::with_ref_prefix(packed, before)?;
    decoder.window_log_max(window(most + before.len() as u64))?;
    let mut database = Vec::new();
    decoder.by_ref().take(most + 1).read_to_end(&mut database)?;
    if !decoder.finish().fill_buf()?.is_empty() {
        return Err(io::Error::other("something follows it"));
    }
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that no packing makes smaller.
    fn noise(count: usize, seed: u8) -> Vec<u8> {
        let parts =
            (0_u32..).flat_map(|at| Sha256::digest([&[seed][..], &at.to_le_bytes()].concat()));
        parts.take(count).collect()
    }

    #[test]
    fn what_changed_is_small_and_gives_the_same() {
        let old = noise(1 << 20, 1);
        let new = [&old[..1 << 19], b"a new advisory", &old[1 << 19..]].concat();
        let (index, files) = PublishedIndex::new("2026-11-28", &new, &[&old]).unwrap();
        let read = PublishedIndex::parse(&index.to_json()).unwrap();
        assert_eq!(read, index);
        let file = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
        assert_eq!(read.unpack(file(&read.whole.name), &[]).unwrap(), new);
        let delta = read.since(&old).unwrap();
        assert!(delta.file.bytes < 1_000, "{}", delta.file.bytes);
        delta.file.check(file(&delta.file.name)).unwrap();
        assert_eq!(read.unpack(file(&delta.file.name), &old).unwrap(), new);
        // Of another file, it is not what it says.
        assert!(read.unpack(file(&delta.file.name), &new).is_err());
        assert_eq!(read.since(&new), None);
    }

    #[test]
    fn what_is_no_smaller_than_the_whole_is_not_published() {
        let (index, files) =
            PublishedIndex::new("2026-11-28", &noise(1 << 16, 1), &[&noise(1 << 16, 2)]).unwrap();
        assert_eq!((index.deltas.len(), files.len()), (0, 1));
    }

    #[test]
    fn files_that_lie_are_refused() {
        let database = noise(1 << 10, 1);
        let (index, files) = PublishedIndex::new("2026-11-28", &database, &[]).unwrap();
        let packed = &files[0].bytes;
        let is_refused = |packed: &[u8]| index.unpack(packed, &[]).is_err();
        assert!(!is_refused(packed));
        assert!(is_refused(&packed[..packed.len() - 1]));
        assert!(is_refused(&[packed, &b"more"[..]].concat()));
        assert!(is_refused(&pack(&vec![0; 64 << 20], &[]).unwrap()));
        assert!(index.whole.check(&packed[1..]).is_err());
    }

    #[test]
    fn an_index_names_files_beside_it() {
        let (index, _) = PublishedIndex::new("2026-11-28", b"database", &[]).unwrap();
        let parse = |change: &dyn Fn(&mut PublishedIndex)| {
            let mut index = index.clone();
            change(&mut index);
            PublishedIndex::parse(&index.to_json())
        };
        assert!(parse(&|_| {}).is_ok());
        for name in [
            "",
            "../a.zst",
            "/etc/passwd",
            "a/b.zst",
            ".hidden",
            "https:a",
            "ä.zst",
        ] {
            let error = parse(&|index| index.whole.name = name.to_owned()).unwrap_err();
            assert!(matches!(error, PublishedError::Name(_)), "{name}");
        }
        let error = parse(&|index| index.bytes = u64::MAX).unwrap_err();
        assert!(matches!(error, PublishedError::Name(_)));
        let error = parse(&|index| index.version = 2).unwrap_err();
        assert!(matches!(error, PublishedError::Version(2)));
        assert!(matches!(
            PublishedIndex::parse(b"{}"),
            Err(PublishedError::NoIndex(_))
        ));
    }
}
