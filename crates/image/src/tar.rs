//! Tar archives as they stream by: headers, and the content of the entries that a caller asks for.
//!
//! Reads what image builders write: ustar, GNU long names, base-256 numbers and sparse files, pax records. Where
//! writers and readers of archives disagree, it reads as Go does, by which containerd, Docker and Podman unpack images:
//! <https://github.com/golang/go/blob/master/src/archive/tar/reader.go>.
//! Sources: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>,
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a header, and the unit in which content is padded.
const BLOCK: usize = 512;

/// Longest name, link target or set of pax records that is taken from an archive.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

/// Longest path, and longest target of a link, that Linux takes: no container starts from an archive with a longer one.
///
/// See: <https://man7.org/linux/man-pages/man3/realpath.3.html>, `PATH_MAX` with the zero at the end.
const MAX_PATH_BYTES: usize = 4095;

/// Why an archive cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// The stream below ended early or is broken.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A header whose checksum is wrong.
    #[error("the header at byte {at} is damaged: its checksum is wrong")]
    Checksum {
        /// Where it starts in the unpacked archive.
        at: u64,
    },
    /// A number that is none, or a record that cannot be.
    #[error("the header at byte {at} is damaged: {what}")]
    Header {
        /// Where it starts in the unpacked archive.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A regular file with holes, of which the parts between them stand in the archive, behind a list of them.
    Sparse,
    /// A folder.
    Folder,
    /// A symbolic link; its target is as it is written.
    Symlink,
    /// Another name of a file that the archive, or a layer below it, has.
    HardLink,
    /// A device, a pipe, or something that this crate does not know.
    Other,
}

/// The header of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it goes, without `/` at either end and without `.` and `..`; empty for the root.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permissions and the set-user-ID, set-group-ID and sticky bits.
    pub mode: u32,
    /// Bytes of content in the archive.
    pub size: u64,
    /// Target of a link, as it is written.
    pub link: String,
}

/// Walks over an archive once, from its start to its end.
#[derive(Debug)]
pub struct Walk<R> {
    reader: R,
    /// Bytes read so far.
    at: u64,
    /// Content of the current entry that was not read, and the padding behind it.
    left: u64,
    padding: u64,
}

impl<R: Read> Walk<R> {
    /// A walk that stands before the first entry.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            at: 0,
            left: 0,
            padding: 0,
        }
    }

    /// The next entry, or `None` at the end of the archive.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        let mut extended = Extended::default();
        loop {
            self.skip(self.left + self.padding)?;
            let start = self.at;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let mut kind = header.byte(156);
            let is_extension = matches!(kind, b'x' | b'g' | b'L' | b'K');
            let stated = extended.size.filter(|_| !is_extension);
            let size = stated.or_else(|| header.number(124..136));
            let size = size.ok_or(TarError::Header {
                at: start,
                what: "its size is no number",
            })?;
            if kind == 0 && extended.path_in(&header).ends_with('/') {
                // So archives from before ustar have it; a file that says that it is one is one.
                kind = b'5';
            }
            // Links and folders may state a size, but nothing follows them.
            let has_content = !matches!(kind, b'1'..=b'6');
            self.left = if has_content { size } else { 0 };
            self.padding = self.left.next_multiple_of(BLOCK as u64) - self.left;
            match kind {
                b'x' => extended.pax(&self.extension(start)?),
                // Records for all entries: comments of git and the like, never paths. It is an entry by itself, so
                // that what was said before it is said of nothing else.
                b'g' => extended = Extended::default(),
                b'L' => extended.long_path = Some(until_nul(&self.extension(start)?)),
                b'K' => extended.long_link = Some(until_nul(&self.extension(start)?)),
                _ => {
                    if kind == b'S' {
                        self.skip_sparse_map(&header)?;
                    }
                    let path = extended.path_in(&header);
                    let link = extended.long_link.or(extended.link);
                    let link = link.unwrap_or_else(|| until_nul(header.bytes(157..257)));
                    if path.len().max(link.len()) > MAX_PATH_BYTES {
                        return Err(TarError::Header {
                            at: start,
                            what: "its path is longer than Linux takes",
                        });
                    }
                    return Ok(Some(Entry {
                        kind: match kind {
                            b'5' => EntryKind::Folder,
                            b'S' => EntryKind::Sparse,
                            b'0' | 0 | b'7' if extended.is_sparse => EntryKind::Sparse,
                            b'0' | 0 | b'7' => EntryKind::File,
                            b'1' => EntryKind::HardLink,
                            b'2' => EntryKind::Symlink,
                            _ => EntryKind::Other,
                        },
                        path: clean(&path),
                        mode: header
                            .number(100..108)
                            .and_then(|mode| u32::try_from(mode).ok())
                            .unwrap_or(0)
                            & 0o7777,
                        size: self.left,
                        link,
                    }));
                }
            }
        }
    }

    /// Bytes of the unpacked archive that were passed so far.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Gives back the stream, so that what stands behind the archive can be read.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The next header, or `None` at the end: of the stream, or where two blocks are empty. Behind one that is alone,
    /// some read on, and those that unpack images refuse the archive.
    fn header(&mut self) -> Result<Option<Header>, TarError> {
        let start = self.at;
        let Some(bytes) = self.block()? else {
            return Ok(None);
        };
        if is_empty(&bytes) {
            return match self.block()? {
                Some(bytes) if !is_empty(&bytes) => Err(TarError::Header {
                    at: start,
                    what: "it is empty, and the archive does not end there",
                }),
                _ => Ok(None),
            };
        }
        let header = Header(bytes);
        if header.number(148..156) == Some(header.checksum()) {
            Ok(Some(header))
        } else {
            Err(TarError::Checksum { at: start })
        }
    }

    /// The next block; `None` at the end of the stream.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut bytes = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self
                .reader
                .read(bytes.get_mut(filled..).unwrap_or_default())?
            {
                // Some writers leave out the empty blocks at the end, or one of them.
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                count => filled += count,
            }
        }
        self.at += BLOCK as u64;
        Ok(Some(bytes))
    }

    /// The content of an entry that says something about the next one.
    fn extension(&mut self, at: u64) -> Result<Vec<u8>, TarError> {
        if self.left > MAX_EXTENSION_BYTES {
            return Err(TarError::Header {
                at,
                what: "a name or a set of records is larger than 1 MiB",
            });
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Blocks that go on with the map of an old GNU sparse file; its content starts behind them.
    fn skip_sparse_map(&mut self, header: &Header) -> Result<(), TarError> {
        let mut is_extended = header.byte(482) == 1;
        while is_extended {
            let mut block = [0; BLOCK];
            self.reader.read_exact(&mut block)?;
            self.at += BLOCK as u64;
            is_extended = block.get(504) == Some(&1);
        }
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Result<(), TarError> {
        let skipped = io::copy(&mut (&mut self.reader).take(count), &mut io::sink())?;
        self.at += skipped;
        self.left = 0;
        self.padding = 0;
        if skipped < count {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }
}

impl<R: Read + Seek> Walk<R> {
    /// Passes over the content of the current entry without reading it.
    pub fn seek_over(&mut self) -> io::Result<()> {
        self.at += self.left + self.padding;
        self.reader.seek(SeekFrom::Start(self.at))?;
        self.left = 0;
        self.padding = 0;
        Ok(())
    }
}

/// The content of the current entry; an archive that ends within it is an error.
impl<R: Read> Read for Walk<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let count = self
            .reader
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

struct Header([u8; BLOCK]);

impl Header {
    fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Octal digits, or a number of base 256 where the first bit is set.
    fn number(&self, range: std::ops::Range<usize>) -> Option<u64> {
        let bytes = self.bytes(range);
        let (&first, rest) = bytes.split_first()?;
        if first & 0x80 != 0 {
            // A negative number would have the next bit set as well.
            let mut value = u64::from(first & 0x7f);
            for &byte in rest {
                value = value.checked_mul(256)?.checked_add(u64::from(byte))?;
            }
            return Some(value);
        }
        let text = bytes.iter().copied();
        let digits: Vec<u8> = text
            .skip_while(|byte| matches!(byte, b' ' | 0))
            .take_while(|byte| !matches!(byte, b' ' | 0))
            .collect();
        digits.iter().try_fold(0_u64, |value, &digit| {
            let digit = digit.checked_sub(b'0').filter(|&digit| digit < 8)?;
            value.checked_mul(8)?.checked_add(u64::from(digit))
        })
    }

    /// The sum of all bytes, those of the checksum itself taken for spaces.
    fn checksum(&self) -> u64 {
        let bytes = self.0.iter().enumerate();
        bytes
            .map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte }))
            .sum()
    }

    fn path(&self) -> String {
        let name = until_nul(self.bytes(0..100));
        // GNU's own headers keep times where ustar has the first part of a long path, but for those that Go wrote
        // before 1.8.
        let has_prefix = self.bytes(257..263) == b"ustar\0"
            || (self.bytes(257..265) == b"ustar  \0" && !(self.is_time(345) && self.is_time(357)));
        if has_prefix {
            let prefix = until_nul(self.bytes(345..500));
            let is_path = self.byte(262) == 0 || prefix.is_ascii();
            if !prefix.is_empty() && is_path {
                return format!("{prefix}/{name}");
            }
        }
        name
    }

    /// Whether a number stands where GNU has a time, or nothing at all.
    fn is_time(&self, at: usize) -> bool {
        let bytes = self.bytes(at..at + 12);
        let is_binary = bytes.first().is_some_and(|first| first & 0x80 != 0);
        if is_binary || bytes.first() == Some(&0) {
            return true;
        }
        let digits = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let digits = digits.trim_ascii();
        digits.iter().all(|digit| (b'0'..=b'7').contains(digit))
    }
}

/// What entries before a header say about it.
#[derive(Default)]
struct Extended {
    /// Those of pax.
    path: Option<String>,
    link: Option<String>,
    /// Those of GNU, which count where both are there.
    long_path: Option<String>,
    long_link: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Extended {
    /// The path of an entry, as it is written.
    fn path_in(&self, header: &Header) -> String {
        let path = self.long_path.as_ref().or(self.path.as_ref());
        path.cloned().unwrap_or_else(|| header.path())
    }

    /// Records of the form `<length> <key>=<value>\n`; what does not fit ends them. They take the place of those that
    /// stood before, and one that is empty says nothing.
    fn pax(&mut self, mut records: &[u8]) {
        *self = Self {
            long_path: self.long_path.take(),
            long_link: self.long_link.take(),
            ..Self::default()
        };
        while let Some(space) = records.iter().position(|&byte| byte == b' ') {
            let length = records.get(..space).and_then(|digits| {
                let digits = std::str::from_utf8(digits).ok()?;
                digits.parse::<usize>().ok()
            });
            let record = length.and_then(|length| {
                let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
                records = records.get(length..)?;
                Some(record)
            });
            let Some(record) = record else {
                return;
            };
            let Some(equals) = record.iter().position(|&byte| byte == b'=') else {
                return;
            };
            let (key, value) = record.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            let text = || String::from_utf8_lossy(value).into_owned();
            let stated = || Some(text()).filter(|text| !text.is_empty());
            match key {
                b"path" => self.path = stated(),
                b"linkpath" => self.link = stated(),
                b"size" => self.size = text().parse().ok(),
                b"GNU.sparse.name" => {
                    self.path = Some(text());
                    self.is_sparse = true;
                }
                _ => self.is_sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

fn is_empty(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|&byte| byte == 0)
}

fn until_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default())
        .into_owned()
}

/// A path inside the root: `..` never leaves it, as a runtime has it that unpacks below a folder.
pub fn clean(path: &str) -> String {
    let mut cleaned = String::with_capacity(path.len());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                let parent = cleaned.rfind('/').unwrap_or(0);
                cleaned.truncate(parent);
            }
            part => {
                if !cleaned.is_empty() {
                    cleaned.push('/');
                }
                cleaned.push_str(part);
            }
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header as ustar has it, with content and padding behind it.
    fn entry(
        name: &str,
        kind: u8,
        content: &[u8],
        change: impl FnOnce(&mut [u8; BLOCK]),
    ) -> Vec<u8> {
        let mut header = [0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000755");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        change(&mut header);
        let sum = Header(header).checksum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = header.to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn read(archive: &[u8]) -> Vec<(Entry, String)> {
        let mut walk = Walk::new(archive);
        let mut found = Vec::new();
        while let Some(entry) = walk.next_entry().unwrap() {
            let mut content = String::new();
            walk.read_to_string(&mut content).unwrap();
            found.push((entry, content));
        }
        found
    }

    #[test]
    fn names_come_from_wherever_they_stand() {
        let long = "d/".repeat(80) + "f";
        let archive = [
            entry("./a/../b", b'0', b"one", |_| {}),
            entry("x", b'L', format!("{long}\0").as_bytes(), |_| {}),
            entry("d/d", b'0', b"two", |_| {}),
            entry("x", b'x', b"12 path=p/q\n9 size=3\n", |_| {}),
            entry("short", b'0', b"", |header| header[124..135].fill(b'7')),
            b"abc".to_vec(),
            vec![0; BLOCK - 3],
            entry("name", b'0', b"", |header| {
                header[345..351].copy_from_slice(b"prefix");
            }),
            entry("link", b'2', b"", |header| {
                header[157..163].copy_from_slice(b"target");
            }),
            entry("folder/", b'5', b"", |_| {}),
            vec![0; 2 * BLOCK],
        ]
        .concat();
        let found = read(&archive);
        let paths: Vec<_> = found
            .iter()
            .map(|(entry, content)| (&*entry.path, &**content))
            .collect();
        assert_eq!(
            paths,
            [
                ("b", "one"),
                (&*long, "two"),
                ("p/q", "abc"),
                ("prefix/name", ""),
                ("link", ""),
                ("folder", ""),
            ]
        );
        assert_eq!(found[4].0.link, "target");
        assert_eq!(found[4].0.kind, EntryKind::Symlink);
        assert_eq!(found[5].0.kind, EntryKind::Folder);
        assert_eq!(found[0].0.mode, 0o755);
    }

    #[test]
    fn entries_are_those_that_go_finds() {
        let gnu = |header: &mut [u8]| header[257..265].copy_from_slice(b"ustar  \0");
        let check = |parts: &[Vec<u8>], expected: &[(&str, EntryKind, &str)]| {
            let found = read(&parts.concat());
            let found: Vec<_> = found
                .iter()
                .map(|(entry, content)| (&*entry.path, entry.kind, &**content))
                .collect();
            assert_eq!(found, expected);
        };
        let file = |name: &str, content: &[u8]| entry(name, b'0', content, |_| {});
        // Who says that it is a file has one, whatever its name ends with.
        let old = entry("old/", 0, b"", |header| header[124..135].fill(b'0'));
        check(
            &[file("a.jar/", b"one"), old, file("b", b"two")],
            &[
                ("a.jar", EntryKind::File, "one"),
                ("old", EntryKind::Folder, ""),
                ("b", EntryKind::File, "two"),
            ],
        );
        // Nothing follows a folder, whatever size it states.
        let sized = entry("old/", 0, b"", |header| {
            header[124..135].copy_from_slice(b"00000001000");
        });
        check(
            &[sized, file("b", b"two")],
            &[
                ("old", EntryKind::Folder, ""),
                ("b", EntryKind::File, "two"),
            ],
        );
        // The path of GNU counts, and the later records of pax alone.
        let pax = |records: &[u8]| entry("x", b'x', records, |_| {});
        check(
            &[
                entry("x", b'L', b"gnu\0", |_| {}),
                pax(b"12 path=pax\n"),
                file("short", b""),
                pax(b"12 path=pax\n"),
                pax(b"9 size=1\n"),
                file("kept", b"1"),
                pax(b"12 path=pax\n"),
                entry("x", b'g', b"", |_| {}),
                file("alone", b""),
                pax(b"8 path=\n"),
                file("stated", b""),
            ],
            &[
                ("gnu", EntryKind::File, ""),
                ("kept", EntryKind::File, "1"),
                ("alone", EntryKind::File, ""),
                ("stated", EntryKind::File, ""),
            ],
        );
        // Times of GNU, and a prefix where none should be.
        let timed = entry("timed", b'0', b"", |header| {
            gnu(header);
            header[345..357].copy_from_slice(b"14077777777\0");
        });
        let prefixed = entry("status", b'0', b"", |header| {
            gnu(header);
            header[345..357].copy_from_slice(b"var/lib/dpkg");
        });
        check(
            &[timed, prefixed],
            &[
                ("timed", EntryKind::File, ""),
                ("var/lib/dpkg/status", EntryKind::File, ""),
            ],
        );
    }

    #[test]
    fn an_archive_ends_with_two_empty_blocks_or_with_the_stream() {
        let file = entry("a", b'0', b"abc", |_| {});
        for empty in 0..4 {
            let archive = [file.clone(), vec![0; empty * BLOCK]].concat();
            assert_eq!(read(&archive).len(), 1, "{empty}");
        }
        let two = [file.clone(), vec![0; 2 * BLOCK], file.clone()].concat();
        assert_eq!(read(&two).len(), 1);
        let one = [file.clone(), vec![0; BLOCK], file].concat();
        let mut walk = Walk::new(&*one);
        walk.next_entry().unwrap();
        let error = walk.next_entry().unwrap_err().to_string();
        assert!(error.contains("the archive does not end there"), "{error}");
    }

    #[test]
    fn large_sizes_are_of_base_256() {
        let mut bytes = entry("a", b'0', b"abc", |header| {
            header[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        });
        assert_eq!(read(&bytes)[0].1, "abc");
        bytes[0] = b'b';
        let error = Walk::new(&*bytes).next_entry().unwrap_err();
        assert!(matches!(error, TarError::Checksum { at: 0 }), "{error}");
    }

    #[test]
    fn an_archive_that_ends_early_is_an_error() {
        let bytes = entry("a", b'0', &[b'x'; 2000], |_| {});
        for length in 1..bytes.len() {
            let mut walk = Walk::new(&bytes[..length]);
            let result = walk.next_entry().and_then(|_| walk.next_entry());
            assert!(result.is_err(), "{length}");
        }
    }

    #[test]
    fn paths_are_as_long_as_a_system_can_have_them() {
        for (kind, length, is_sound) in [
            (b'L', MAX_PATH_BYTES, true),
            (b'L', MAX_PATH_BYTES + 1, false),
            (b'K', MAX_PATH_BYTES, true),
            (b'K', MAX_PATH_BYTES + 1, false),
        ] {
            let long = "a/".repeat(length).split_off(length);
            let archive = [
                entry("long", kind, long.as_bytes(), |_| {}),
                entry("short", b'2', b"", |_| {}),
            ]
            .concat();
            let read = Walk::new(&*archive).next_entry();
            assert_eq!(read.is_ok(), is_sound, "{length}");
            if let Err(error) = read {
                let expected = "its path is longer than Linux takes";
                assert!(error.to_string().ends_with(expected), "{error}");
            }
        }
    }

    #[test]
    fn paths_stay_inside_the_root() {
        for (path, expected) in [
            ("/etc//passwd", "etc/passwd"),
            ("../../etc/passwd", "etc/passwd"),
            ("a/b/../../..", ""),
            ("./", ""),
            ("a/./b/", "a/b"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}
