//! The advisories of a database, and what people read of them, as bytes.

use super::{
    build::{TooLarge, days},
    layout::{put_number, put_text, put_texts},
    lists::put_rating,
};
use crate::{Advisory, Details};

/// Bytes of details that are packed together at least.
const LEAST_BLOCK: usize = 48 << 10;
/// Bytes of details that end a block in any case.
const MOST_BLOCK: usize = 256 << 10;
/// One advisory in so many may end a block: as many as have some 16 KiB of details.
const END_OF_BLOCK: u32 = 20;
/// What zstd is asked for: within 3 % of its best, in a tenth of the time.
const PACKING_LEVEL: i32 = 12;

/// Advisories and their details, as they are written.
#[derive(Default)]
pub(super) struct Written {
    pub(super) offsets: Vec<u8>,
    pub(super) advisories: Vec<u8>,
    pub(super) blocks: Vec<u8>,
    pub(super) details: Vec<u8>,
    block: Vec<u8>,
    /// The number of the first advisory of the block.
    first: u32,
}

impl Written {
    pub(super) fn advisory(&mut self, number: u32, advisory: &Advisory) -> Result<(), TooLarge> {
        if self.block.is_empty() {
            self.first = number;
        }
        let start = u32::try_from(self.advisories.len()).map_err(|_| TooLarge("advisories"))?;
        self.offsets.extend_from_slice(&start.to_le_bytes());
        let mut entry = Vec::new();
        put_text(&advisory.id, &mut entry);
        put_texts(&advisory.aliases, &mut entry);
        put_texts(&advisory.flaws, &mut entry);
        put_rating(advisory.rating.as_ref(), &mut entry);
        put_number(
            advisory.published.map_or(0, |day| days(day) + 1),
            &mut entry,
        );
        put_number(self.block.len() as u64, &mut entry);
        checked(&entry, &mut self.advisories);
        put_details(&advisory.details, &mut self.block);
        if self.is_block_full(&advisory.id) {
            self.end_block()?;
        }
        Ok(())
    }

    /// Whether a block ends behind the advisory of this id.
    ///
    /// That the id decides, once there is enough in the block, makes blocks begin at the same advisories again
    /// behind one that is new or longer than it was.
    fn is_block_full(&self, id: &str) -> bool {
        let is_end = crc32fast::hash(id.as_bytes()).is_multiple_of(END_OF_BLOCK);
        self.block.len() >= MOST_BLOCK || (self.block.len() >= LEAST_BLOCK && is_end)
    }

    pub(super) fn end_block(&mut self) -> Result<(), TooLarge> {
        if self.block.is_empty() {
            return Ok(());
        }
        let packed = zstd::bulk::compress(&self.block, PACKING_LEVEL).unwrap_or_default();
        let length = |length: usize| u32::try_from(length).map_err(|_| TooLarge("a block"));
        self.blocks
            .extend_from_slice(&(self.details.len() as u64).to_le_bytes());
        for number in [
            length(packed.len())?,
            length(self.block.len())?,
            crc32fast::hash(&packed),
            self.first,
        ] {
            self.blocks.extend_from_slice(&number.to_le_bytes());
        }
        self.details.extend_from_slice(&packed);
        self.block.clear();
        Ok(())
    }
}

fn put_details(details: &Details, out: &mut Vec<u8>) {
    put_text(&details.summary, out);
    put_text(&details.text, out);
    put_texts(&details.references, out);
    put_texts(&details.cvss, out);
}

/// Bytes behind their length and CRC-32.
fn checked(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    out.extend_from_slice(bytes);
}
