//! A layer is any bytes: it is read within bounds, and what could not be read of it is named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_image::{Contents, LayerReader, Limits, tar::clean};

fuzz_target!(|packed: &[u8]| {
    let reader = LayerReader::with_limits(Limits {
        unpacked_bytes: 64 << 20,
        ratio: 200,
        free_bytes: 1 << 20,
        entries: 10_000,
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
