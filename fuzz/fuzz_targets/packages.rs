//! A file that tells of packages is any bytes: what can be read of it is listed, and the rest is named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_image::{Distribution, LayerReader, Says, tar::clean};

/// A file of each kind; the first byte of the input chooses one.
const PATHS: [&str; 22] = [
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "app/node_modules/a/package.json",
    "a-1.dist-info/METADATA",
    "app/a-1.egg",
    "app/a-1.jar",
    "gems/specifications/a-1.0-java.gemspec",
    "app/vendor/composer/installed.json",
    "app/shop.deps.json",
    "usr/share/dotnet/shared/A/8.0.5/A.deps.json",
    "opt/conda/conda-meta/a-1.json",
    "usr/lib/R/library/a/DESCRIPTION",
    "lib/a-1/ebin/a.app",
    "opt/bitnami/a/.spdx-a.spdx",
    "var/lib/pacman/local/a-1/desc",
    "var/lib/pacman/local/a-1/files",
    "usr/lib/opkg/status",
    "var/lib/rpmmanifest/container-manifest-2",
    "etc/os-release",
    "var/lib/dpkg/status.d/a",
    "var/lib/dpkg/info/a.list",
    // Told by its mode.
    "usr/bin/a",
];

/// The only file of a layer, as tar has it.
fn layer(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[100..107].copy_from_slice(b"0000755");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    let mut layer = [&header, content].concat();
    layer.resize(layer.len().next_multiple_of(512) + 1024, 0);
    layer
}

fuzz_target!(|input: &[u8]| {
    let Some((first, content)) = input.split_first() else {
        return;
    };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let layer = layer(path, content);
    let layer = LayerReader::default().read(&*layer, layer.len() as u64);
    assert_eq!(layer.damage, None);
    let distribution = Distribution {
        id: "arch".to_owned(),
        ..Distribution::default()
    };
    for file in &layer.files {
        let Says::Packages(listed) = &file.says else {
            continue;
        };
        for package in &listed.packages {
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
