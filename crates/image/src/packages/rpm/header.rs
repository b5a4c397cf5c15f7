//! The header of a package: an index of tags, and a store with their values.
//!
//! ```text
//! entries: u32 | bytes: u32 | entries of (tag: u32, type: u32, offset: u32, count: u32) | bytes of the store
//! ```
//!
//! All numbers are big-endian. The first entry may mark a region, which is what was signed; entries behind the
//! region were added on installation, and count where both have a tag. Offsets mean the whole store either way.
//!
//! Sources: <https://rpm.org/docs/latest/manual/format_header.html>,
//! <https://rpm.org/docs/latest/manual/hregions.html>, <https://rpm.org/docs/latest/manual/tags.html>.

use super::array;

/// Bytes before the index, and of each of its entries.
const INTRO_BYTES: usize = 8;
const ENTRY_BYTES: usize = 16;

/// Most elements of a value; no package has as many files.
pub(super) const MAX_COUNT: u32 = 1 << 20;

/// A tag that is read, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Epoch = 1003,
    Licence = 1014,
    Architecture = 1022,
    /// Paths as a whole, in packages of before RPM 4.
    OldFileNames = 1027,
    FileModes = 1030,
    SourceRpm = 1044,
    /// For each file, which of the folders it is in.
    FolderIndexes = 1116,
    BaseNames = 1117,
    FolderNames = 1118,
    Module = 5096,
}

/// Types of values.
const INT16: u32 = 3;
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const TRANSLATED_STRING: u32 = 9;

/// The type of a value, the store from where it begins, and how many elements it has.
type Value<'a> = (u32, &'a [u8], u32);

/// A value that is there and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) Tag);

/// A header, of which nothing but its size was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    index: &'a [[u8; ENTRY_BYTES]],
    store: &'a [u8],
    /// Whether it is as long as it says.
    pub(super) is_whole: bool,
}

impl<'a> Header<'a> {
    /// `None` where not even the index is there.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let entries = u32::from_be_bytes(array(bytes, 0)?);
        let stated = u32::from_be_bytes(array(bytes, 4)?);
        let index_bytes = usize::try_from(entries).ok()?.checked_mul(ENTRY_BYTES)?;
        let (index, store) = bytes.get(INTRO_BYTES..)?.split_at_checked(index_bytes)?;
        Some(Self {
            index: index.as_chunks().0,
            store,
            is_whole: usize::try_from(stated) == Ok(store.len()),
        })
    }

    /// The first text of a tag; `None` where it is not there or empty.
    pub(super) fn text(&self, tag: Tag) -> Result<Option<&'a [u8]>, Broken> {
        let mut texts = self.texts(tag)?;
        let first = texts.next().transpose()?;
        Ok(first.filter(|text| !text.is_empty()))
    }

    /// The texts of a tag, one after the other; none where it is not there.
    pub(super) fn texts(
        &self,
        tag: Tag,
    ) -> Result<impl Iterator<Item = Result<&'a [u8], Broken>> + use<'a>, Broken> {
        let (mut rest, count) = match self.value(tag)? {
            None => (&[][..], 0),
            Some((STRING, rest, _)) => (rest, 1),
            Some((STRING_ARRAY | TRANSLATED_STRING, rest, count)) => (rest, count),
            Some(_) => return Err(Broken(tag)),
        };
        Ok((0..count).map(move |_| {
            let end = memchr::memchr(0, rest).ok_or(Broken(tag))?;
            let (text, behind) = rest.split_at_checked(end).ok_or(Broken(tag))?;
            rest = behind.get(1..).unwrap_or_default();
            Ok(text)
        }))
    }

    /// The first number of a tag.
    pub(super) fn number(&self, tag: Tag) -> Result<Option<u32>, Broken> {
        Ok(self.numbers(tag)?.next())
    }

    /// The numbers of a tag; none where it is not there.
    pub(super) fn numbers(&self, tag: Tag) -> Result<impl Iterator<Item = u32> + use<'a>, Broken> {
        let (bytes, width, count) = match self.value(tag)? {
            None => (&[][..], 1, 0),
            Some((INT16, bytes, count)) => (bytes, 2, count),
            Some((INT32, bytes, count)) => (bytes, 4, count),
            Some(_) => return Err(Broken(tag)),
        };
        let size = usize::try_from(count)
            .ok()
            .and_then(|it| it.checked_mul(width));
        let bytes = size.and_then(|size| bytes.get(..size)).ok_or(Broken(tag))?;
        let number = |bytes: &[u8]| {
            let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            bytes.iter().fold(0, fold)
        };
        Ok(bytes.chunks_exact(width).map(number))
    }

    fn value(&self, tag: Tag) -> Result<Option<Value<'a>>, Broken> {
        let wanted = (tag as u32).to_be_bytes();
        // What was added on installation stands behind what it replaces.
        let entry = self.index.iter().rev().find(|it| it.starts_with(&wanted));
        let Some(entry) = entry else {
            return Ok(None);
        };
        let field = |at| array(entry, at).map(u32::from_be_bytes).ok_or(Broken(tag));
        let (kind, offset, count) = (field(4)?, field(8)?, field(12)?);
        let offset = usize::try_from(offset).map_err(|_| Broken(tag))?;
        let store = self.store.get(offset..).ok_or(Broken(tag))?;
        if count == 0 || count > MAX_COUNT {
            return Err(Broken(tag));
        }
        Ok(Some((kind, store, count)))
    }
}
