//! A layer is any bytes: it is read within bounds, and what could not be read of it is named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_image::{Contents, LayerReader, Limits, tar::clean};

/// Bytes of a header of tar, and the unit of its archives.
const BLOCK: usize = 512;

/// The same archive with checksums that are right: without them, nothing behind the first change is read.
fn summed(archive: &[u8]) -> Vec<u8> {
    let mut archive = archive.to_vec();
    for block in archive.chunks_exact_mut(BLOCK) {
        if block[257..262] == *b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().copied().map(u32::from).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
    }
    archive
}

fuzz_target!(|packed: &[u8]| {
    let packed = &*summed(packed);
    let reader = LayerReader::with_limits(Limits {
        unpacked_bytes: 64 << 20,
        ratio: 200,
        free_bytes: 1 << 20,
        entries: 10_000,
        kept_bytes: 64 << 20,
        ..Limits::default()
    });
    let layers: Vec<_> = packed
        .chunks(packed.len().div_ceil(2).max(1))
        .map(|half| reader.read(half, half.len() as u64))
        .chain([reader.read(packed, packed.len() as u64)])
        .collect();
    for layer in &layers {
        // Either it was read to its end, or it says why not.
        assert_ne!(layer.diff_id.is_some(), layer.damage.is_some());
        for file in &layer.files {
            assert_eq!(clean(&file.path), file.path);
        }
    }
    for placed in Contents::new(&reader, layers).packages {
        assert!(placed.hidden_by.is_none_or(|by| by > placed.layer));
        // A name may be anything; what is written of it can be read again.
        if let Some(purl) = placed.package.purl(None) {
            assert_eq!(purl.to_string().parse(), Ok(purl));
        }
    }
});
