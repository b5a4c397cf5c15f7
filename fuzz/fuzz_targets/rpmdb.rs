//! A database of RPM is any bytes: what can be read of it is listed, and the rest is named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_image::{Distribution, LayerReader, Says, tar::clean};

/// The only file of a layer, as tar has it.
fn layer(database: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    let path = b"var/lib/rpm/Packages";
    header[..path.len()].copy_from_slice(path);
    header[124..135].copy_from_slice(format!("{:011o}", database.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    let mut layer = [&header, database].concat();
    layer.resize(layer.len().next_multiple_of(512) + 1024, 0);
    layer
}

fuzz_target!(|database: &[u8]| {
    let layer = layer(database);
    let layer = LayerReader::default().read(&*layer, layer.len() as u64);
    assert_eq!(layer.damage, None);
    let distribution = Distribution {
        id: "fedora".to_owned(),
        ..Distribution::default()
    };
    for file in &layer.files {
        let Says::Packages(listed) = &file.says else {
            continue;
        };
        for package in &listed.packages {
            assert!(!package.name.is_empty() && !package.version.is_empty());
            // A name may be anything; what is written of it can be read again.
            if let Some(purl) = package.purl(Some(&distribution)) {
                assert_eq!(purl.to_string().parse(), Ok(purl));
            }
        }
        for path in &listed.files {
            assert_eq!(&clean(path), path);
        }
    }
});
