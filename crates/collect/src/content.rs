//! A file's bytes as text, within bounds.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    path::Path,
};

use crate::{Candidate, error::reason};

/// Files above this size are not read unless a caller asks for it: 64 MiB.
pub const DEFAULT_LIMIT_BYTES: u64 = 64 << 20;

/// As many bytes are looked at for a NUL; git looks at as many.
const SNIFFED_BYTES: usize = 8 << 10;

/// What stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// UTF-8, byte for byte what the file holds; a byte order mark is kept.
    Text(String),
    /// Decoded from UTF-16. Positions in it are not positions in the file, so it must not be edited.
    Utf16(String),
    /// Text with bytes that are no UTF-8.
    InvalidUtf8 {
        /// The first byte at fault.
        at: usize,
        /// The text with U+FFFD in the place of such bytes; offsets after `at` may differ from the file.
        text: String,
    },
    /// No text: a NUL stands near its start.
    Binary {
        /// Its first bytes, or all of them.
        head: Vec<u8>,
    },
    /// Above the limit, and so not read.
    TooLarge {
        /// The size, where it is known without reading on.
        size: Option<u64>,
    },
    /// Could not be read, and why.
    Unreadable(String),
}

impl Content {
    /// The text, whatever it was decoded from.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Utf16(text) | Self::InvalidUtf8 { text, .. } => Some(text),
            Self::Binary { .. } | Self::TooLarge { .. } | Self::Unreadable(_) => None,
        }
    }
}

/// Reads a file that a walk found.
pub fn read(candidate: &Candidate, limit_bytes: u64) -> Content {
    read_path(&candidate.path, limit_bytes)
}

/// Reads a file; anything but a regular file is refused.
pub fn read_path(path: &Path, limit_bytes: u64) -> Content {
    match open_regular(path) {
        Ok((file, size)) => read_bounded(file, Some(size), limit_bytes),
        Err(reason) => Content::Unreadable(reason),
    }
}

/// Opens a regular file and says how many bytes it holds.
///
/// What was opened is asked, not the path: in between, another program may put a named pipe in its place.
pub(crate) fn open_regular(path: &Path) -> Result<(File, u64), String> {
    let mut options = File::options();
    options.read(true);
    // Opening a named pipe would wait for its writer.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        let flags = rustix::fs::OFlags::NONBLOCK.bits();
        options.custom_flags(flags.cast_signed());
    }
    let special = |metadata: &Metadata| {
        let is_folder = metadata.is_dir();
        (!metadata.is_file()).then_some(if is_folder {
            "is a folder"
        } else {
            "is not a regular file"
        })
    };
    let opened = options.open(path);
    let opened = opened.and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = opened.map_err(|error| {
        // Sockets cannot be opened, nor can folders everywhere.
        let metadata = fs::metadata(path).ok();
        let special = metadata.as_ref().and_then(special);
        special.map_or_else(|| reason(&error), str::to_owned)
    })?;
    match special(&metadata) {
        Some(special) => Err(special.to_owned()),
        None => Ok((file, metadata.len())),
    }
}

/// What bytes that are at hand stand for.
pub(crate) fn read_bytes(bytes: &[u8], limit_bytes: u64) -> Content {
    read_bounded(bytes, Some(bytes.len() as u64), limit_bytes)
}

/// Reads standard input to its end, or until it is above the limit.
pub fn read_stdin(limit_bytes: u64) -> Content {
    read_bounded(io::stdin().lock(), None, limit_bytes)
}

fn read_bounded(mut reader: impl Read, size: Option<u64>, limit_bytes: u64) -> Content {
    // One byte more than known, so that the end is found without growing.
    let known = size.unwrap_or(0).min(limit_bytes).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(known).unwrap_or(0).min(SNIFFED_BYTES));
    if let Err(error) = (&mut reader)
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut bytes)
    {
        return Content::Unreadable(reason(&error));
    }
    let encoding = Encoding::sniff(&bytes);
    // Before the size: a huge picture is a picture, and none of our business.
    if matches!(encoding, Encoding::Binary) {
        return Content::Binary { head: bytes };
    }
    if let Some(size) = size.filter(|&size| size > limit_bytes) {
        return Content::TooLarge { size: Some(size) };
    }
    // Less than was asked for is all there is.
    if bytes.len() < SNIFFED_BYTES && bytes.len() as u64 <= limit_bytes {
        return encoding.decode(bytes);
    }
    bytes
        .reserve_exact(usize::try_from(known).map_or(0, |known| known.saturating_sub(bytes.len())));
    let left = limit_bytes
        .saturating_add(1)
        .saturating_sub(bytes.len() as u64);
    if let Err(error) = reader.take(left).read_to_end(&mut bytes) {
        return Content::Unreadable(reason(&error));
    }
    if bytes.len() as u64 > limit_bytes {
        return Content::TooLarge { size: None };
    }
    encoding.decode(bytes)
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
    Utf32,
    Binary,
}

impl Encoding {
    /// UTF-16 and UTF-32 are known by their byte order mark only, as YAML's own rule for the first
    /// character would take `a` and a NUL, which is how many a binary file starts, for text.
    fn sniff(bytes: &[u8]) -> Self {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Self::Utf32,
            [0xff, 0xfe, ..] => Self::Utf16(u16::from_le_bytes),
            [0xfe, 0xff, ..] => Self::Utf16(u16::from_be_bytes),
            _ if bytes.contains(&0) => Self::Binary,
            _ => Self::Utf8,
        }
    }

    fn decode(self, bytes: Vec<u8>) -> Content {
        match self {
            Self::Binary => Content::Binary { head: bytes },
            Self::Utf32 => Content::Unreadable("written in UTF-32, which is not read".to_owned()),
            Self::Utf8 => String::from_utf8(bytes).map_or_else(
                |error| Content::InvalidUtf8 {
                    at: error.utf8_error().valid_up_to(),
                    text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                },
                Content::Text,
            ),
            Self::Utf16(unit) => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                // The first pair is the byte order mark.
                let units = pairs.iter().skip(1).map(|&pair| unit(pair));
                match char::decode_utf16(units).collect::<Result<String, _>>() {
                    Ok(text) if rest.is_empty() => Content::Utf16(text),
                    _ => Content::Unreadable("starts as UTF-16 and is not".to_owned()),
                }
            }
        }
    }
}
