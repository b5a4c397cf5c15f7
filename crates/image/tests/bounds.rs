//! Hostile layers: bounded in size, entries and time, and named.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its input has failed"
)]

use std::io::{self, Read, Write};

use flate2::{Compression, write::GzEncoder};
use ringwall_image::{
    Digest, Layer, LayerReader, Limits,
    tar::{Entry, EntryKind},
};
use sha2::{Digest as _, Sha256};

/// An archive of one large file of zeros, packed as it is made.
fn bomb(bytes: u64) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[0] = b'a';
    header[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header[128..136].copy_from_slice(&bytes.to_be_bytes());
    header[156] = b'0';
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&header).unwrap();
    io::copy(&mut io::repeat(0).take(bytes), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_layer_that_unpacks_without_end_is_stopped() {
    let packed = bomb(16 << 20);
    let size = packed.len() as u64;
    let read = |limits| LayerReader::with_limits(limits).read(&*packed, size).damage;
    let damage = read(Limits {
        free_bytes: 1 << 20,
        ..Limits::default()
    });
    let most = size * 200;
    let expected = format!("unpacks to more than {most} bytes, which no layer needs");
    assert_eq!(damage, Some(expected));
    assert_eq!(read(Limits::default()), None);
    let damage = read(Limits {
        unpacked_bytes: 4 << 20,
        ..Limits::default()
    });
    assert!(
        damage
            .unwrap()
            .starts_with("unpacks to more than 4194304 bytes")
    );
}

#[test]
fn a_layer_of_too_many_entries_is_stopped() {
    let mut header = [0_u8; 512];
    header[0] = b'a';
    header[156] = b'0';
    header[124] = b'0';
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let reader = LayerReader::with_limits(Limits {
        entries: 1000,
        ..Limits::default()
    });
    let archive = header.repeat(1000);
    assert_eq!(reader.read(&*archive, archive.len() as u64).damage, None);
    let archive = header.repeat(1001);
    let damage = reader.read(&*archive, archive.len() as u64).damage.unwrap();
    assert_eq!(damage, "holds more than 1000 entries");
}

/// An entry of an archive.
fn entry(path: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = [&header, content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn what_is_kept_of_a_layer_is_bounded() {
    let check = |entries: &[Vec<u8>]| {
        let archive = entries.concat();
        let read = |kept_bytes| {
            let reader = LayerReader::with_limits(Limits {
                kept_bytes,
                ..Limits::default()
            });
            reader.read(&*archive, archive.len() as u64)
        };
        assert_eq!(read(1 << 20).damage, None);
        let layer = read(5000);
        let damage = "names more packages and files than any layer has";
        assert_eq!(layer.damage.as_deref(), Some(damage));
        assert!(layer.entries < entries.len());
    };
    // Paths that are removed, and more rights than usual.
    let removed = |at| entry(&format!("srv/.wh.{at}"), b'0', "", b"");
    check(&(0..200).map(removed).collect::<Vec<_>>());
    let opaque = |at| entry(&format!("srv/{at}/.wh..wh..opq"), b'0', "", b"");
    check(&(0..200).map(opaque).collect::<Vec<_>>());
    // Every further name of a list says again what is in it.
    let list = "/usr/share/tea\n".repeat(50);
    let first = entry("var/lib/dpkg/info/tea.list", b'0', "", list.as_bytes());
    let again = |at| {
        let path = format!("var/lib/dpkg/info/cup{at}.list");
        entry(&path, b'1', "var/lib/dpkg/info/tea.list", b"")
    };
    check(&[vec![first], (0..9).map(again).collect()].concat());
}

#[test]
fn what_is_kept_of_a_file_system_is_bounded() {
    let reader = LayerReader::with_limits(Limits {
        kept_bytes: 2000,
        ..Limits::default()
    });
    let list = "/usr/share/tea\n".repeat(20);
    let read = |from: usize| {
        let mut layer = Layer::default();
        for at in from..from + 9 {
            let entry = Entry {
                path: format!("var/lib/dpkg/info/tea{at}.list"),
                kind: EntryKind::File,
                mode: 0o644,
                size: list.len() as u64,
                link: String::new(),
            };
            reader.read_entry(&entry, || Ok(list.as_bytes()), &mut layer);
        }
        layer
    };
    let layer = Layer::default().with(read(0));
    assert_eq!((layer.files.len(), layer.entries), (3, 3));
    let damage = "names more packages and files than any layer has";
    assert_eq!(layer.damage.as_deref(), Some(damage));
}

/// Fails after the bytes that it has.
struct Cut<'b>(&'b [u8]);

impl Read for Cut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the registry went away")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_layer_says_the_same_whether_it_is_unpacked_ahead_or_not() {
    // Large enough for a thread of its own, and for all buffers to come back.
    let words = |at: u32| format!("{} ", at.wrapping_mul(2_654_435_761));
    let content: String = (0..600_000).map(words).collect();
    let packages = "Package: tea\nVersion: 1\nStatus: install ok installed\nArchitecture: all\n";
    let archive = [
        entry("srv/first", b'0', "", content.as_bytes()),
        entry("var/lib/dpkg/status", b'0', "", packages.as_bytes()),
        entry("srv/last", b'0', "", content.as_bytes()),
        vec![0; 1024],
    ]
    .concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&archive).unwrap();
    let packed = encoder.finish().unwrap();
    let size = packed.len() as u64;
    assert!(size > 4 << 20, "{size}");

    let both = |packed: &[u8], fails: bool, limits: Limits| {
        let plain = LayerReader::with_limits(limits);
        let [plain, ahead] = [plain.clone(), plain.unpacking_ahead()].map(|reader| {
            let layer = if fails {
                reader.read(Cut(packed), size)
            } else {
                reader.read(packed, size)
            };
            (
                layer.damage,
                layer.diff_id,
                layer.entries,
                layer.files.len(),
            )
        });
        assert_eq!(plain, ahead);
        plain
    };
    let whole = both(&packed, false, Limits::default());
    assert_eq!((whole.0, whole.2, whole.3), (None, 3, 1));
    assert_eq!(whole.1, Some(Digest::new(Sha256::digest(&archive).into())));
    // The registry goes away, and the file is cut, in the middle and in its trailer.
    for end in [packed.len() / 2, packed.len() - 3] {
        let cut = both(&packed[..end], true, Limits::default());
        assert_eq!(cut.0.as_deref(), Some("the registry went away"));
        let cut = both(&packed[..end], false, Limits::default());
        assert!(cut.0.is_some() && cut.1.is_none());
    }
    // What reads has enough long before the end.
    let unpacked_bytes = 1 << 20;
    let stopped = both(
        &packed,
        false,
        Limits {
            unpacked_bytes,
            ..Limits::default()
        },
    );
    let damage = "unpacks to more than 1048576 bytes, which no layer needs";
    assert_eq!(stopped.0.as_deref(), Some(damage));
}

#[test]
fn a_stream_that_fails_is_named() {
    let damage = LayerReader::default().read(Cut(b""), 10).damage.unwrap();
    assert_eq!(damage, "the registry went away");
}
