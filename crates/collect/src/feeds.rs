//! Files that others publish about flaws: dumps of advisories as archives, databases, catalogues as JSON or CSV.
//!
//! Gives documents as bytes, each within bounds; what they mean is for others.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use flate2::{bufread::DeflateDecoder, read::MultiGzDecoder};
use rawzip::{CompressionMethod, ZipArchive};
use ringwall_image::{
    Digest,
    tar::{EntryKind, Walk},
};
use sha2::{Digest as _, Sha256};

use crate::{Error, content::open_regular, error::reason};

/// Largest file: 4 GiB. The largest that is published has 0.3.
const MOST_FILE_BYTES: u64 = 4 << 30;
/// Largest document: 256 MiB. The largest that is published, Debian's tracker, has 70.
const MOST_DOCUMENT_BYTES: u64 = 256 << 20;
/// Largest database, alone or in a tar archive: 2 GiB. That of Trivy has 1.
const MOST_DATABASE_BYTES: u64 = 2 << 30;
/// What all documents of an archive may hold together: 64 GiB.
const MOST_ARCHIVE_BYTES: u64 = 64 << 30;
/// Most documents of an archive.
const MOST_DOCUMENTS: usize = 4_000_000;
/// Ends of the names of files that are looked for in folders.
const ENDS: [&str; 8] = [
    ".zip", ".json", ".csv", ".json.gz", ".csv.gz", ".tar", ".tar.gz", "trivy.db",
];

/// A file with documents.
#[derive(Debug)]
pub struct Feed {
    /// Its name, below the folder that the user named.
    pub name: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    bytes: Vec<u8>,
    documents: Vec<Document>,
}

#[derive(Debug)]
struct Document {
    name: String,
    place: Range<usize>,
    method: CompressionMethod,
    size: u64,
}

/// The files that paths stand for, each with its name: a folder for the feeds below it, in order.
pub fn find_feeds(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            below(path, path, &mut found)?;
            if found.len() == before {
                return Err(Error::Read {
                    path: path.clone(),
                    reason: format!("holds no file that ends with {}", ENDS.join(", ")),
                });
            }
        } else {
            let parts: Vec<_> = path.components().rev().take(2).collect();
            let name: PathBuf = parts.into_iter().rev().collect();
            found.push((printed(&name), path.clone()));
        }
    }
    Ok(found)
}

fn printed(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn below(root: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
    let error = |source: io::Error| Error::Read {
        path: folder.to_owned(),
        reason: reason(&source),
    };
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(error)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(error)?;
        if kind.is_dir() {
            below(root, &path, found)?;
        } else if kind.is_file() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if ENDS.iter().any(|end| name.ends_with(end)) {
                let name = path.strip_prefix(root).unwrap_or(&path);
                found.push((printed(name), path.clone()));
            }
        }
    }
    Ok(())
}

/// Reads a file, and finds the documents in it.
pub fn read_feed(name: &str, path: &Path) -> Result<Feed, Error> {
    let error = |reason: String| Error::Read {
        path: path.to_owned(),
        reason,
    };
    let (file, size) = open_regular(path).map_err(error)?;
    if size > MOST_FILE_BYTES {
        return Err(error(format!("has more than {MOST_FILE_BYTES} bytes")));
    }
    let mut bytes = Vec::new();
    file.take(MOST_FILE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| error(reason(&source)))?;
    let sha256 = Digest::new(Sha256::digest(&bytes).into()).hex();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut packed = MultiGzDecoder::new(&*bytes).take(MOST_DATABASE_BYTES + 1);
        let mut unpack = |most: u64, into: &mut Vec<u8>| {
            let read = packed.by_ref().take(most).read_to_end(into);
            read.map_err(|source| error(format!("is no whole gzip file: {source}")))
        };
        unpack(TAR_MAGIC.end as u64, &mut unpacked)?;
        let most = most_bytes(&unpacked);
        unpack(most + 1 - unpacked.len() as u64, &mut unpacked)?;
        bytes = unpacked;
    }
    let documents = if bytes.starts_with(b"PK") {
        entries(&bytes).map_err(error)?
    } else if bytes.len() as u64 > most_bytes(&bytes) {
        return Err(error(format!(
            "holds a document of more than {} bytes",
            most_bytes(&bytes)
        )));
    } else if is_tar(&bytes) {
        tar_entries(&bytes).map_err(error)?
    } else {
        vec![Document {
            name: String::new(),
            place: 0..bytes.len(),
            method: CompressionMethod::STORE,
            size: bytes.len() as u64,
        }]
    };
    Ok(Feed {
        name: name.to_owned(),
        sha256,
        bytes,
        documents,
    })
}

/// Where a tar archive says that it is one.
const TAR_MAGIC: Range<usize> = 257..262;
/// Where a file of bbolt says that it is one.
const BOLT_MAGIC: Range<usize> = 16..20;

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(TAR_MAGIC) == Some(b"ustar")
}

/// How long a file may be, by how it starts: a database is longer than a document.
fn most_bytes(start: &[u8]) -> u64 {
    let is_bolt = start.get(BOLT_MAGIC) == Some(&[0xed, 0xda, 0x0c, 0xed]);
    if is_bolt || is_tar(start) {
        MOST_DATABASE_BYTES
    } else {
        MOST_DOCUMENT_BYTES
    }
}

/// The files of a tar archive, each where it stands.
fn tar_entries(bytes: &[u8]) -> Result<Vec<Document>, String> {
    let mut walk = Walk::new(bytes);
    let mut documents = Vec::new();
    loop {
        let entry = walk
            .next_entry()
            .map_err(|error| format!("is no whole tar archive: {error}"))?;
        let Some(entry) = entry else {
            return Ok(documents);
        };
        if entry.kind != EntryKind::File {
            continue;
        }
        if documents.len() == MOST_DOCUMENTS {
            return Err(format!("holds more than {MOST_DOCUMENTS} documents"));
        }
        let start = usize::try_from(walk.position()).unwrap_or(usize::MAX);
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        let place = start..start.saturating_add(size);
        if entry.size > bytes.get(place.clone()).map_or(0, most_bytes) {
            let name = entry.path;
            return Err(format!("is cut, or longer than any feed is, at {name}"));
        }
        documents.push(Document {
            name: entry.path,
            place,
            method: CompressionMethod::STORE,
            size: entry.size,
        });
    }
}

/// The documents of an archive.
fn entries(bytes: &[u8]) -> Result<Vec<Document>, String> {
    let damaged = |error: rawzip::Error| format!("is no whole zip archive: {error}");
    let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
    let mut documents = Vec::new();
    let mut total = 0_u64;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        if entry.is_dir() {
            continue;
        }
        if documents.len() == MOST_DOCUMENTS {
            return Err(format!("holds more than {MOST_DOCUMENTS} documents"));
        }
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let size = entry.uncompressed_size_hint();
        total = total.saturating_add(size);
        if size > MOST_DOCUMENT_BYTES || total > MOST_ARCHIVE_BYTES {
            return Err(format!("unpacks to more than any feed does, at {name}"));
        }
        let found = archive.get_entry(entry.wayfinder()).map_err(damaged)?;
        let (start, end) = found.compressed_data_range();
        let place = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let (start, end) = place.ok_or_else(|| format!("is damaged at {name}"))?;
        documents.push(Document {
            name,
            place: start..end,
            method: entry.compression_method(),
            size,
        });
    }
    Ok(documents)
}

impl Feed {
    /// How many documents it holds.
    pub const fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The name of a document; empty for the one of a file that is no archive.
    pub fn document_name(&self, at: usize) -> &str {
        self.documents.get(at).map_or("", |document| &document.name)
    }

    /// The bytes of a document, unpacked, or why there are none.
    pub fn document(&self, at: usize) -> Result<Cow<'_, [u8]>, String> {
        let missing = || "is not there".to_owned();
        let document = self.documents.get(at).ok_or_else(missing)?;
        let packed = self.bytes.get(document.place.clone()).ok_or_else(missing)?;
        let other_size = || "does not have the size that its archive states".to_owned();
        if document.method == CompressionMethod::STORE {
            let is_whole = packed.len() as u64 == document.size;
            return is_whole
                .then_some(Cow::Borrowed(packed))
                .ok_or_else(other_size);
        }
        let mut content = Vec::new();
        // No more than its archive states: the sum of that was judged before.
        let most = document.size + 1;
        let read = match document.method {
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(packed);
                inflated.take(most).read_to_end(&mut content)
            }
            _ => return Err("is packed in a way that is not read".to_owned()),
        };
        read.map_err(|error| format!("is damaged: {error}"))?;
        if content.len() as u64 != document.size {
            return Err(other_size());
        }
        Ok(Cow::Owned(content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_in_order_and_names_are_below_them() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/all.zip", "a/all.zip", "kev.json", "notes.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let found = find_feeds(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a/all.zip", "b/all.zip", "kev.json"]);
        let named = find_feeds(&[folder.path().join("a/all.zip")]).unwrap();
        assert_eq!(named[0].0, "a/all.zip");
        assert!(find_feeds(&[folder.path().join("nothing")]).is_ok());
        let empty = tempfile::tempdir().unwrap();
        assert!(find_feeds(&[empty.path().to_owned()]).is_err());
    }

    #[test]
    fn damage_is_an_error_with_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.zip");
        fs::write(&path, b"PK\x03\x04nonsense").unwrap();
        let error = read_feed("all.zip", &path).unwrap_err();
        assert!(
            error.to_string().contains("no whole zip archive"),
            "{error}"
        );
        fs::write(&path, [0x1f, 0x8b, 8, 0]).unwrap();
        let error = read_feed("all.zip", &path).unwrap_err();
        assert!(error.to_string().contains("gzip"), "{error}");
    }
}
