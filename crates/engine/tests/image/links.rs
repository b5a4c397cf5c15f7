//! Several names of one file, of which one goes.

use ringwall_collect::LayerCache;
use tempfile::TempDir;

use crate::{
    build::{ELF, OS, STATUS, gaps, layers_of, packages, scan_layers},
    cache,
    kinds::stored_zip,
};

const STATUS_FILE: (&str, &[u8]) = ("var/lib/dpkg/status", STATUS.as_bytes());
const RELEASE: (&str, &[u8]) = (OS.0, OS.1.as_bytes());

/// A program that says what it is.
fn program() -> Vec<u8> {
    let manifest = b"Implementation-Version: 2.14.1\n";
    let archive = stored_zip("META-INF/MANIFEST.MF", manifest);
    [b"#!/bin/sh\n", &archive[..]].concat()
}

#[test]
fn a_program_stays_under_its_other_name() {
    let program = program();
    let app = ("usr/bin/app.pyz", &program[..]);
    let other = ("usr/bin/other", &b"= usr/bin/app.pyz"[..]);
    let third = ("usr/bin/third", &b"= usr/bin/other"[..]);
    let gone = ("usr/bin/.wh.app.pyz", &b""[..]);
    let replaced = ("usr/bin/app.pyz", &b"#!/bin/sh\n"[..]);
    for upper in [gone, replaced] {
        let base = [RELEASE, STATUS_FILE, app, other];
        let report = scan_layers(&[&base, &[upper]]);
        assert_eq!(packages(&report), (vec!["libc6", "app"], vec![("app", 1)]));
        // A later layer names it, by itself or through one more name.
        let base = [RELEASE, STATUS_FILE, app];
        for links in [&[other][..], &[other, third]] {
            let report = scan_layers(&[&base, links, &[upper], &[("usr/bin/.wh.other", b"")]]);
            let seen = ["libc6", "app"];
            let last = links.len() > 1;
            assert_eq!(packages(&report).0, &seen[..=usize::from(last)]);
            let report = scan_layers(&[&base, &[links, &[upper]].concat()]);
            assert_eq!(packages(&report).0.len(), 1 + links.len());
            assert_eq!(packages(&report).1, [("app", 1)]);
        }
        // The name came when the first one was something else.
        let report = scan_layers(&[&base, &[upper], &[other]]);
        assert_eq!(packages(&report).0, ["libc6"]);
        assert_eq!(gaps(&report), Vec::<&str>::new());
    }
}

#[test]
fn a_program_that_says_nothing_says_it_under_each_name() {
    let elf = ("opt/app", ELF.as_bytes());
    let other = ("opt/other", &b"= opt/app"[..]);
    let base = [RELEASE, STATUS_FILE, elf];
    for layers in [
        &[&[&base[..], &[other]].concat()[..], &[("opt/.wh.app", b"")]][..],
        &[&base, &[other, ("opt/.wh.app", b"")]],
    ] {
        let report = scan_layers(layers);
        let gap = report
            .not_assessed
            .iter()
            .find(|gap| gap.id == "unassessed-program")
            .unwrap();
        assert_eq!(gap.path.as_deref(), Some("opt/other"));
    }
}

#[test]
fn names_in_other_layers_are_kept_with_their_layer() {
    let folder = TempDir::new().unwrap();
    let kept = LayerCache::open(folder.path()).unwrap();
    let program = program();
    let base = [RELEASE, STATUS_FILE, ("usr/bin/app.pyz", &program[..])];
    let upper = [
        ("usr/bin/other", &b"= usr/bin/app.pyz"[..]),
        ("usr/bin/.wh.app.pyz", b""),
    ];
    let image = layers_of(&[&base, &upper]);
    for _ in 0..2 {
        let report = cache::scan(image.path(), Some(&kept), true);
        assert_eq!(packages(&report).0, ["libc6", "app"]);
    }
}
