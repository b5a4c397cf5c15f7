//! The bytes of a database: numbers, texts, sections.
//!
//! All numbers are little-endian. A file is a header, a table of sections and the sections:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `ringwall` |
//! | 4 | version of the format |
//! | 4 | number of sections |
//! | 8 | length of the file |
//! | 4 | CRC-32 of the table of sections |
//! | 4 | zero |
//!
//! Each section has a row of 64 bytes: kind, scope, offset, length, CRC-32, zero, SHA-256.

use sha2::{Digest, Sha256};

pub(super) const MAGIC: &[u8; 8] = b"ringwall";
// Of those before 3, modules of Go are found by their own case alone.
pub(super) const VERSION: u32 = 3;
pub(super) const HEADER_BYTES: usize = 32;
pub(super) const ROW_BYTES: usize = 64;
/// A row of an index: the hash of a name, and where its list starts and how long it is.
pub(super) const INDEX_ROW_BYTES: usize = 16;
/// A row of a table by CVE: its number and eight bytes.
pub(super) const CVE_ROW_BYTES: usize = 16;
/// A row of the table of blocks of details: offset, packed and unpacked length, CRC-32, number of its first advisory.
pub(super) const BLOCK_ROW_BYTES: usize = 24;

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(super) enum Kind {
    /// JSON: when and from what it was built, and what it covers.
    Manifest = 1,
    /// The names of the packages of a scope, as sorted hashes.
    Index = 2,
    /// What is known of the packages of a scope.
    Lists = 3,
    /// Where each advisory starts.
    AdvisoryOffsets = 4,
    /// Advisories, without what only people read.
    Advisories = 5,
    /// Where each block of details starts.
    Blocks = 6,
    /// What only people read, in blocks packed with zstd.
    Details = 7,
    /// Flaws that are known to be exploited.
    Exploited = 8,
    /// How likely exploitation is.
    Likelihoods = 9,
    /// How bad flaws are that some advisories do not rate, by those that do.
    Ratings = 10,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Manifest,
        Self::Index,
        Self::Lists,
        Self::AdvisoryOffsets,
        Self::Advisories,
        Self::Blocks,
        Self::Details,
        Self::Exploited,
        Self::Likelihoods,
        Self::Ratings,
    ];
}

/// A place in a file that is not what the format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage;

/// The first eight bytes of the SHA-256 of a name: what others choose cannot be made to collide.
pub(super) fn hash_name(name: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let mut start = [0; 8];
    for (to, from) in start.iter_mut().zip(digest) {
        *to = from;
    }
    u64::from_le_bytes(start)
}

pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    put_number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn put_texts(texts: &[String], out: &mut Vec<u8>) {
    put_number(texts.len() as u64, out);
    for text in texts {
        put_text(text, out);
    }
}

/// Reads from the front of bytes that may be anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Take<'a>(pub(super) &'a [u8]);

impl<'a> Take<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damage)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        self.bytes(N)?.try_into().map_err(|_| Damage)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damage)
    }

    /// How many things follow, each at least one byte long.
    pub(super) fn count(&mut self) -> Result<usize, Damage> {
        let count = usize::try_from(self.number()?).map_err(|_| Damage)?;
        if count > self.0.len() {
            return Err(Damage);
        }
        Ok(count)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        let count = self.count()?;
        std::str::from_utf8(self.bytes(count)?).map_err(|_| Damage)
    }

    pub(super) fn texts(&mut self) -> Result<Vec<String>, Damage> {
        let count = self.count()?;
        (0..count).map(|_| self.text().map(str::to_owned)).collect()
    }
}
