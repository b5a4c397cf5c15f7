//! Recordings and logs: files, folders and standard input as streams of JSON objects, packed by gzip or not.

use std::{
    fs::{self, File},
    io::{self, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::read::MultiGzDecoder;

use crate::{JsonStream, error::reason, printed_name};

/// Most files of one call.
const MAX_FILES: usize = 100_000;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// As many bytes tell whether a file may hold JSON.
const SNIFFED_BYTES: u64 = 4 << 10;

/// The first bytes of what gzip wrote.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file with a recording, or standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The name that is shown.
    pub name: String,
    /// Its size on disk, where that is known.
    pub size_bytes: u64,
    path: PathBuf,
    /// Whether it was named, and not found in a folder.
    is_named: bool,
}

/// What a file turned out to be.
pub enum Opened {
    /// A stream of objects.
    Objects(Box<JsonStream<Box<dyn Read>>>),
    /// Found in a folder, and no JSON: none of our business.
    Other,
    /// Why it cannot be read.
    Unreadable(String),
}

/// The recordings among files and folders, `-` for standard input; and what cannot be read, with the reason.
///
/// Files of a folder are in the order of their names; hidden ones are left out. One that is named twice counts once.
pub fn recordings(paths: &[PathBuf]) -> (Vec<Recording>, Vec<(String, String)>) {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.add(path, "standard input".to_owned(), 0, true);
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => found.walk(path, 0),
            // Some devices never end.
            Ok(metadata) if is_device(&metadata) => {
                found.fail(path, "is a device, not a file".to_owned());
            }
            Ok(metadata) => found.add(path, printed_name(path), metadata.len(), true),
            Err(error) => found.fail(path, reason(&error)),
        }
    }
    (found.files, found.unreadable)
}

#[cfg(unix)]
fn is_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    let kind = metadata.file_type();
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

#[derive(Default)]
struct Found {
    files: Vec<Recording>,
    unreadable: Vec<(String, String)>,
}

impl Found {
    fn add(&mut self, path: &Path, name: String, size_bytes: u64, is_named: bool) {
        if self.files.iter().any(|known| known.path == path) {
            return;
        }
        self.files.push(Recording {
            name,
            size_bytes,
            path: path.to_owned(),
            is_named,
        });
    }

    fn fail(&mut self, path: &Path, reason: String) {
        self.unreadable.push((printed_name(path), reason));
    }

    fn walk(&mut self, folder: &Path, depth: usize) {
        let mut entries = Vec::new();
        match fs::read_dir(folder) {
            Ok(listed) => {
                for entry in listed {
                    match entry {
                        Ok(entry) => entries.push((entry.file_name(), entry.path())),
                        Err(error) => return self.fail(folder, reason(&error)),
                    }
                    if self.files.len() + entries.len() > MAX_FILES {
                        return self.fail(folder, format!("holds more than {MAX_FILES} files"));
                    }
                }
            }
            Err(error) => return self.fail(folder, reason(&error)),
        }
        entries.sort();
        for (name, path) in entries {
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() && depth >= MAX_DEPTH => {
                    self.fail(&path, "lies too deep".to_owned());
                }
                Ok(metadata) if metadata.is_dir() => self.walk(&path, depth + 1),
                // Opening a named pipe waits for its writer.
                Ok(metadata) if metadata.is_file() => {
                    self.add(&path, printed_name(&path), metadata.len(), false);
                }
                Ok(_) => self.fail(&path, "is not a regular file".to_owned()),
                Err(error) => self.fail(&path, reason(&error)),
            }
        }
    }
}

impl Recording {
    /// Opens it; bytes that are read from disk are added to a counter.
    pub fn open(&self, limit_bytes: usize, read: &Arc<AtomicU64>) -> Opened {
        let raw: Box<dyn Read> = if self.path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            match File::open(&self.path) {
                Ok(file) => Box::new(file),
                Err(error) => return Opened::Unreadable(reason(&error)),
            }
        };
        let counted = BufReader::new(Counting {
            reader: raw,
            read: Arc::clone(read),
        });
        let unpacked = match unpacked(Box::new(counted)) {
            Ok(unpacked) => unpacked,
            Err(error) => return Opened::Unreadable(reason(&error)),
        };
        let (head, stream) = match sniffed(unpacked, SNIFFED_BYTES) {
            Ok(sniffed) => sniffed,
            Err(error) => return Opened::Unreadable(reason(&error)),
        };
        if !self.is_named && !may_be_json(&head) {
            return Opened::Other;
        }
        Opened::Objects(Box::new(JsonStream::new(stream, limit_bytes)))
    }
}

/// Whether a text begins as a stream of JSON objects does. One cut off at its beginning may have lost its bracket.
fn may_be_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.any(|line| matches!(line.first(), Some(b'{' | b'[' | 0x1E)))
}

/// Reads the first bytes, and gives them back together with a reader of all.
fn sniffed(mut reader: Box<dyn Read>, bytes: u64) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut head = Vec::new();
    (&mut reader).take(bytes).read_to_end(&mut head)?;
    let all = Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(all)))
}

/// What gzip packed, if it did. Several files that were put behind each other are one.
fn unpacked(reader: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let (head, all) = sniffed(reader, GZIP.len() as u64)?;
    Ok(if head == GZIP {
        Box::new(BufReader::new(MultiGzDecoder::new(all)))
    } else {
        all
    })
}

/// Counts what is read.
struct Counting {
    reader: Box<dyn Read>,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::JsonPiece;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn lines(recording: &Recording) -> Vec<u64> {
        match recording.open(1_000, &Arc::default()) {
            Opened::Objects(objects) => objects
                .map(|piece| match piece {
                    JsonPiece::Object { line, .. } => line,
                    other => panic!("{other:?}"),
                })
                .collect(),
            Opened::Other => vec![0],
            Opened::Unreadable(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn files_are_known_by_what_is_in_them_and_not_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("older")).unwrap();
        fs::write(path("b.log"), "{}\n{}\n").unwrap();
        fs::write(path("a.txt"), [gzip(b"{}\n"), gzip(b"{}\n")].concat()).unwrap();
        fs::write(path("older/notes"), "nothing of ours").unwrap();
        fs::write(path("older/cut.log"), "\"a\":1}\n{}\n").unwrap();
        fs::write(path(".hidden"), "{}").unwrap();
        let (found, unreadable) = recordings(&[path(""), path("b.log"), path("gone")]);
        let names: Vec<_> = found.iter().map(|file| file.path.clone()).collect();
        let expected = ["a.txt", "b.log", "older/cut.log", "older/notes"].map(path);
        assert_eq!(names, expected);
        assert_eq!(lines(&found[0]), [1, 2]);
        assert_eq!(lines(&found[1]), [1, 2]);
        assert!(matches!(
            found[2].open(100, &Arc::default()),
            Opened::Objects(_)
        ));
        assert!(matches!(found[3].open(100, &Arc::default()), Opened::Other));
        assert_eq!(unreadable.len(), 1);
        assert!(unreadable[0].0.ends_with("gone"));
        // Named, it is no wish to pass over it.
        let (named, _) = recordings(&[path("older/notes")]);
        assert!(matches!(
            named[0].open(100, &Arc::default()),
            Opened::Objects(_)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_read() {
        let (found, unreadable) = recordings(&["/dev/zero".into()]);
        assert_eq!(found, []);
        assert_eq!(unreadable[0].1, "is a device, not a file");
    }

    #[test]
    fn what_is_packed_and_cut_off_gives_what_is_there_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log.gz");
        let lines: Vec<_> = (0..2_000)
            .map(|number| format!("{{\"a\":{number}}}\n"))
            .collect();
        let text = lines.concat();
        let packed = gzip(text.as_bytes());
        fs::write(&path, &packed[..packed.len() / 2]).unwrap();
        let (found, _) = recordings(&[path]);
        let read = Arc::new(AtomicU64::new(0));
        let Opened::Objects(objects) = found[0].open(1_000, &read) else {
            panic!("it begins well");
        };
        let pieces: Vec<_> = objects.collect();
        assert!(
            matches!(pieces.last(), Some(JsonPiece::Unreadable { .. })),
            "{:?}",
            pieces.last()
        );
        assert!(pieces.len() > 100);
        assert_eq!(read.load(Ordering::Relaxed), packed.len() as u64 / 2);
    }
}
