//! The form of SUSE, `Packages.db`: pages of slots, and blobs that they lead to.
//!
//! ```text
//! file: "RpmP" | version | generation | pages of slots | next index | zeros to byte 32 | slots | blobs
//! slot: "Slot" | index of the package | first block | blocks      (16 bytes, as a block; empty where it has no block)
//! blob: "BlbS" | index | time | bytes | the header | zeros to the end of a block but 12 bytes
//!       | Adler-32 of all before it | bytes | "BlbE"
//! ```
//!
//! All numbers are of 32 bits, little-endian.
//! Source: <https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c>.

use super::{Found, Reason, array, package};

pub(super) const MAGIC: &[u8] = b"RpmP";

const PAGE_BYTES: usize = 4096;
const BLOCK_BYTES: usize = 16;
const FILE_HEAD_BYTES: usize = 32;
const HEAD_BYTES: usize = 16;
const TAIL_BYTES: usize = 12;

pub(super) fn read(bytes: &[u8], found: &mut Found) -> Result<(), Reason> {
    let field = |at| array(bytes, at).map(u32::from_le_bytes);
    let (Some(version), Some(pages)) = (field(4), field(12)) else {
        return Err("it is cut off");
    };
    if version != 0 {
        return Err("its version is not known");
    }
    if pages == 0 {
        return Err("it has no slots");
    }
    let slots_end = usize::try_from(pages)
        .ok()
        .and_then(|pages| pages.checked_mul(PAGE_BYTES))
        .unwrap_or(usize::MAX);
    if slots_end > bytes.len() {
        found.damaged(format_args!("some of its slots lie outside the file"));
    }
    let slots = bytes.get(..slots_end).unwrap_or(bytes);
    let slots = slots.get(FILE_HEAD_BYTES..).unwrap_or_default();
    let (slots, _) = slots.as_chunks::<BLOCK_BYTES>();
    for (number, slot) in slots.iter().enumerate() {
        if let Err(reason) = read_slot(bytes, slot, number, found) {
            found.damaged(format_args!("slot {number} {reason}"));
        }
    }
    Ok(())
}

fn read_slot(bytes: &[u8], slot: &[u8], number: usize, found: &mut Found) -> Result<(), Reason> {
    if !slot.starts_with(b"Slot") {
        return Err("is none");
    }
    let field = |at| array(slot, at).map_or(0, u32::from_le_bytes);
    let (index, first, count) = (field(4), field(8), field(12));
    if first == 0 {
        return Ok(());
    }
    let place = |block: u32| usize::try_from(block).ok()?.checked_mul(BLOCK_BYTES);
    let blob = place(first)
        .zip(place(count))
        .and_then(|(start, length)| bytes.get(start..)?.get(..length))
        .ok_or("leads outside the file")?;
    if !found.may_read(blob.len()) {
        return Err("leads to where others lead as well");
    }
    let (header, is_sound) = open(blob, index).ok_or("leads to no package")?;
    if !is_sound {
        found.damaged(format_args!(
            "slot {number} leads to a package whose checksum is wrong"
        ));
    }
    package::add(header, format_args!("slot {number}"), found);
    Ok(())
}

/// The header inside a blob, and whether its checksum is right.
fn open(blob: &[u8], index: u32) -> Option<(&[u8], bool)> {
    let (before, tail) = blob.split_at_checked(blob.len().checked_sub(TAIL_BYTES)?)?;
    let (head, rest) = before.split_at_checked(HEAD_BYTES)?;
    let number = |bytes, at| array(bytes, at).map(u32::from_le_bytes);
    let length = number(head, 12)?;
    let is_blob = head.starts_with(b"BlbS")
        && number(head, 4)? == index
        && number(tail, 4)? == length
        && tail.ends_with(b"BlbE");
    let header = rest.get(..usize::try_from(length).ok()?)?;
    is_blob.then_some((header, number(tail, 0)? == adler32(before)))
}

/// Source: <https://www.rfc-editor.org/rfc/rfc1950#section-9>.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    /// Bytes after which neither sum has left 32 bits.
    const STEP: usize = 5552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for step in bytes.chunks(STEP) {
        for byte in step {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::{
        super::{parse, sample},
        *,
    };

    /// Slot 0 is that of the first package; those with odd numbers are empty.
    const SLOT: usize = FILE_HEAD_BYTES;
    const BLOB: usize = PAGE_BYTES;

    fn check(change: impl Fn(&mut Vec<u8>), packages: usize, expected: &str) {
        let (headers, _) = sample::packages();
        let mut bytes = sample::ndb(&headers);
        change(&mut bytes);
        let listed = parse(&bytes).unwrap();
        let damage = listed.damage.unwrap_or_default();
        assert!(damage.contains(expected), "{damage}");
        assert_eq!(listed.packages.len(), packages, "{expected}");
    }

    #[test]
    fn slots_that_lead_astray_are_named() {
        check(|it| it[SLOT] = 0, 4, "missing: slot 0 is none");
        check(|it| it[SLOT + 4] = 9, 4, "slot 0 leads to no package");
        check(|it| it[SLOT + 8] = 1, 4, "slot 0 leads to no package");
        check(
            |it| it[SLOT + 8..SLOT + 16].fill(0xff),
            4,
            "slot 0 leads outside the file",
        );
        check(
            |it| it[SLOT + 12..SLOT + 16].fill(0),
            4,
            "slot 0 leads to no package",
        );
        check(|it| it[SLOT + 12] += 1, 4, "slot 0 leads to no package");
        check(
            |it| it[12] = 0xff,
            5,
            "some of its slots lie outside the file",
        );
    }

    #[test]
    fn blobs_that_are_none_are_named() {
        let (headers, _) = sample::packages();
        let end = BLOB + (HEAD_BYTES + headers[0].len() + TAIL_BYTES).next_multiple_of(BLOCK_BYTES);
        for at in [BLOB, BLOB + 4, BLOB + 12, end - 8, end - 1] {
            check(|it| it[at] ^= 1, 4, "slot 0 leads to no package");
        }
        check(
            |it| it[BLOB + 12..BLOB + 16].fill(0xff),
            4,
            "slot 0 leads to no package",
        );
        check(
            |it| it[end - 12] ^= 1,
            5,
            "slot 0 leads to a package whose checksum is wrong",
        );
    }

    #[test]
    fn bytes_are_read_once() {
        let again = |it: &mut Vec<u8>| {
            let slot = it[SLOT..SLOT + BLOCK_BYTES].to_vec();
            for at in (SLOT..PAGE_BYTES).step_by(BLOCK_BYTES) {
                it[at..at + BLOCK_BYTES].copy_from_slice(&slot);
            }
        };
        let (headers, _) = sample::packages();
        let blob = (HEAD_BYTES + headers[0].len() + TAIL_BYTES).next_multiple_of(BLOCK_BYTES);
        let most = sample::ndb(&headers).len() / blob;
        check(again, most, "leads to where others lead as well");
    }

    #[test]
    fn heads_that_lie_are_named() {
        let check = |at: usize, expected: &str| {
            let mut bytes = sample::ndb(&[]);
            bytes[at] ^= 1;
            let error = parse(&bytes).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
        };
        check(4, "its version is not known");
        check(12, "it has no slots");
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        let long = vec![0xff; 20_000];
        assert_eq!(adler32(&long), adler32_of_zlib(&long));
    }

    /// The checksum at the end of what zlib packs.
    fn adler32_of_zlib(bytes: &[u8]) -> u32 {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        u32::from_be_bytes(*encoder.finish().unwrap().last_chunk().unwrap())
    }
}
