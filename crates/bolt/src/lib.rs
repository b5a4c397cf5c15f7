//! Files of bbolt, read only: buckets of sorted keys, in buckets.
//!
//! Two pages say where the root is, of which the newer whole one counts; a bucket is a tree of branch and leaf pages,
//! or stands inside the leaf of the one above it.
//! Source: `internal/common` of <https://github.com/etcd-io/bbolt>.
//!
//! A file is any bytes. Places are checked, no page is visited twice, and what is visited together is no more than
//! the file holds, so that a file whose parts overlap or lead back is an error after no more work than a whole one.
//!
//! The database of containerd is one, and so is Trivy's.
#![warn(clippy::disallowed_methods)]

use std::collections::HashSet;

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
const PAGE_HEADER_BYTES: usize = 16;
/// Of a page that says where the root is, without its checksum.
const META_BYTES: usize = 56;
/// Of an element of a page, in front of its key.
const ELEMENT_BYTES: usize = 16;
/// Of a bucket, in front of the page that may stand inside it.
const BUCKET_BYTES: usize = 16;
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const META: u16 = 0x04;
/// Flag of an element that is a bucket.
const IS_BUCKET: u32 = 0x01;
/// Most levels of a tree: with two keys to a page, as many as there can be pages.
const MOST_LEVELS: usize = 48;
/// Most buckets inside each other.
const MOST_NESTED: usize = 16;
const PAGE_SIZES: [usize; 8] = [
    512,
    1 << 10,
    2 << 10,
    4 << 10,
    8 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
];

/// Bytes at the start of a file in which both pages are that say where the root is, however long its pages are.
pub const HEAD_BYTES: usize = 2 * (64 << 10);

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoltError {
    /// It is something else, or both of its first pages are damaged.
    #[error("is no bbolt file: neither of its first two pages is whole")]
    Foreign,
    /// A page is not what it must be.
    #[error("is damaged at page {page}: {what}")]
    Damaged {
        /// The number of the page.
        page: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// Asks what to do with a bucket, and takes the pairs. The path is that of the bucket, outermost first.
pub trait Visitor<'a> {
    /// Whether to go into a bucket.
    fn enters(&mut self, path: &[&'a [u8]]) -> bool;

    /// Takes a key and its value.
    fn pair(&mut self, path: &[&'a [u8]], key: &'a [u8], value: &'a [u8]);
}

/// A file of bbolt.
#[derive(Clone, Copy, Debug)]
pub struct Bolt<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
    root: u64,
    transaction: u64,
}

/// Whether a file starts as those of bbolt do.
pub fn is_bolt(bytes: &[u8]) -> bool {
    u32_at(bytes, PAGE_HEADER_BYTES) == Some(MAGIC)
}

impl<'a> Bolt<'a> {
    /// Finds the root. The first [`HEAD_BYTES`] of a file are enough for this.
    pub fn open(bytes: &'a [u8]) -> Result<Self, BoltError> {
        let first = Meta::read(bytes, 0);
        // Where the first is damaged, the second tells how long a page is by being there.
        let sizes = first
            .as_ref()
            .map_or_else(|| PAGE_SIZES.to_vec(), |meta| vec![meta.page_bytes]);
        let second = sizes
            .into_iter()
            .find_map(|size| Meta::read(bytes, size).filter(|meta| meta.page_bytes == size));
        let newest = [first, second].into_iter().flatten();
        let newest = newest.max_by_key(|meta| meta.transaction);
        newest
            .map(|meta| Self {
                bytes,
                page_bytes: meta.page_bytes,
                root: meta.root,
                transaction: meta.transaction,
            })
            .ok_or(BoltError::Foreign)
    }

    /// The number of the transaction that wrote the root: each has a higher one than the last.
    ///
    /// Pages that a root leads to are written again only by the transaction after the next. A file that was read
    /// while another program wrote it is whole if the root is the same afterwards.
    pub const fn transaction(&self) -> u64 {
        self.transaction
    }

    /// Visits all buckets that the visitor enters, in the order of their keys.
    pub fn visit(&self, visitor: &mut dyn Visitor<'a>) -> Result<(), BoltError> {
        let mut walk = Walk {
            file: *self,
            visitor,
            pages: HashSet::new(),
            left: self.bytes.len(),
            path: Vec::new(),
        };
        walk.page(self.root, 0, &mut None)
    }
}

/// What the first two pages say.
struct Meta {
    page_bytes: usize,
    root: u64,
    transaction: u64,
}

impl Meta {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let flags = u16_at(bytes, at.checked_add(8)?)?;
        let start = at.checked_add(PAGE_HEADER_BYTES)?;
        let meta = bytes.get(start..start.checked_add(META_BYTES)?)?;
        let page_bytes = usize::try_from(u32_at(meta, 8)?).ok()?;
        let is_whole = u64_at(bytes, start + META_BYTES)? == fnv_1a(meta);
        let is_known =
            u32_at(meta, 0)? == MAGIC && u32_at(meta, 4)? == VERSION && flags & META != 0;
        if !is_whole || !is_known || !PAGE_SIZES.contains(&page_bytes) {
            return None;
        }
        Some(Self {
            page_bytes,
            root: u64_at(meta, 16)?,
            transaction: u64_at(meta, 48)?,
        })
    }
}

struct Walk<'a, 'v> {
    file: Bolt<'a>,
    visitor: &'v mut dyn Visitor<'a>,
    pages: HashSet<u64>,
    /// Bytes that elements may still take: they cannot be more than the file has.
    left: usize,
    path: Vec<&'a [u8]>,
}

impl<'a> Walk<'a, '_> {
    /// Visits a page of the file and what is below it. `before` is the key of the bucket that came last.
    fn page(
        &mut self,
        number: u64,
        level: usize,
        before: &mut Option<&'a [u8]>,
    ) -> Result<(), BoltError> {
        let damaged = |what| BoltError::Damaged { page: number, what };
        if level > MOST_LEVELS {
            return Err(damaged("the tree is too deep"));
        }
        if !self.pages.insert(number) {
            return Err(damaged("two places lead to it"));
        }
        let bytes = self
            .file
            .page_at(number)
            .ok_or(damaged("is outside the file"))?;
        if u64_at(bytes, 0) != Some(number) {
            return Err(damaged("is another page"));
        }
        self.elements(number, bytes, level, before)
    }

    /// Visits the elements of a page, which may stand inside an element itself.
    fn elements(
        &mut self,
        number: u64,
        page: &'a [u8],
        level: usize,
        before: &mut Option<&'a [u8]>,
    ) -> Result<(), BoltError> {
        let damaged = |what| BoltError::Damaged { page: number, what };
        let cut = || damaged("an element is outside it");
        let flags = u16_at(page, 8).ok_or_else(cut)?;
        let count = usize::from(u16_at(page, 10).ok_or_else(cut)?);
        if flags & (BRANCH | LEAF) == 0 {
            return Err(damaged("holds no keys"));
        }
        for at in 0..count {
            let start = PAGE_HEADER_BYTES + at * ELEMENT_BYTES;
            let element = page.get(start..).ok_or_else(cut)?;
            if flags & BRANCH != 0 {
                self.spend(number, ELEMENT_BYTES)?;
                let child = u64_at(element, 8).ok_or_else(cut)?;
                self.page(child, level + 1, before)?;
            } else {
                let (key, value) = leaf(element).ok_or_else(cut)?;
                self.spend(number, ELEMENT_BYTES + key.len())?;
                if before.is_some_and(|before| before >= key) {
                    return Err(damaged("its keys are not in order"));
                }
                *before = Some(key);
                if u32_at(element, 0).unwrap_or_default() & IS_BUCKET == 0 {
                    self.spend(number, value.len())?;
                    self.visitor.pair(&self.path, key, value);
                } else {
                    self.bucket(number, key, value)?;
                }
            }
        }
        Ok(())
    }

    fn bucket(&mut self, number: u64, key: &'a [u8], value: &'a [u8]) -> Result<(), BoltError> {
        let damaged = |what| BoltError::Damaged { page: number, what };
        if self.path.len() == MOST_NESTED {
            return Err(damaged("its buckets are nested too deeply"));
        }
        self.path.push(key);
        if self.visitor.enters(&self.path) {
            let root = u64_at(value, 0).ok_or(damaged("a bucket is cut"))?;
            match (root, value.get(BUCKET_BYTES..)) {
                (0, Some(inside)) => self.elements(number, inside, 0, &mut None)?,
                (0, None) => return Err(damaged("a bucket is cut")),
                (root, _) => self.page(root, 0, &mut None)?,
            }
        }
        self.path.pop();
        Ok(())
    }

    fn spend(&mut self, number: u64, bytes: usize) -> Result<(), BoltError> {
        self.left = self.left.checked_sub(bytes).ok_or(BoltError::Damaged {
            page: number,
            what: "its elements overlap others",
        })?;
        Ok(())
    }
}

impl<'a> Bolt<'a> {
    /// A page with those that it runs over into.
    fn page_at(&self, number: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(number).ok()?.checked_mul(self.page_bytes)?;
        let more = u32_at(self.bytes, start.checked_add(12)?)?;
        let pages = usize::try_from(more).ok()?.checked_add(1)?;
        let end = start.checked_add(pages.checked_mul(self.page_bytes)?)?;
        self.bytes.get(start..end)
    }
}

/// The key and the value of an element of a leaf, whose places count from the element on.
fn leaf(element: &[u8]) -> Option<(&[u8], &[u8])> {
    let place = |at| usize::try_from(u32_at(element, at)?).ok();
    let start = place(4)?;
    let middle = start.checked_add(place(8)?)?;
    let end = middle.checked_add(place(12)?)?;
    Some((element.get(start..middle)?, element.get(middle..end)?))
}

/// The checksum of bbolt: FNV-1a, 64 bits.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
