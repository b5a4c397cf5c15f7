//! Files that tell of packages, cut and changed at every place: what is left of them is read, and nothing is made up.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that cannot prepare its input has failed"
)]

use ringwall_image::{LayerReader, Says};

/// A file of each kind that is a text, with one package and its name and version.
const FILES: [(&str, &str); 12] = [
    (
        "gems/specifications/tea-2.2.6.gemspec",
        "# stub: tea 2.2.6 ruby lib\ns.name = \"tea\".freeze\ns.version = \"2.2.6\"\ns.licenses = [\"MIT\".freeze, %q{Ruby}]\n",
    ),
    (
        "app/vendor/composer/installed.json",
        r#"{"packages": [{"name": "cups/t\u0065a", "version": "v1.2", "license": ["MIT"]}], "dev": true}"#,
    ),
    (
        "app/shop.deps.json",
        r#"{"runtimeTarget": {"name": "x"}, "targets": {"x": {"a/1": {"runtime": {}}}}, "libraries": {"Tea/1.0": {"type": "package"}}}"#,
    ),
    (
        "dotnet/shared/Tea/8.0.5/Tea.deps.json",
        r#"{"runtimeTarget": {"name": "x/linux-x64"}, "libraries": {}}"#,
    ),
    (
        "opt/conda/conda-meta/tea.json",
        r#"{"name": "tea", "version": "1.2", "subdir": "linux-64", "files": ["a", 1, null, {}]}"#,
    ),
    (
        "usr/lib/R/library/tea/DESCRIPTION",
        "Package: tea\nVersion: 0.6-9\nTitle: A\n B\nBuilt: R 4\n",
    ),
    (
        "app/lib/tea/ebin/tea.app",
        "% a\n{application,'tea',[{vsn,\"1.0\"},{licenses,[\"MIT\"]},{env,[{a,\"\\\"\"}]}]}.\n",
    ),
    (
        "var/lib/pacman/local/tea/desc",
        "%NAME%\ntea\n\n%VERSION%\n1:1.2-1\n\n%LICENSE%\nMIT\n",
    ),
    ("var/lib/pacman/local/tea/files", "%FILES%\nusr/\nusr/tea\n"),
    (
        "usr/lib/opkg/status",
        "Package: tea\nVersion: 1\nStatus: install user installed\n",
    ),
    (
        "var/lib/rpmmanifest/container-manifest-2",
        "tea\t1-3\t1\t2\tC\t(none)\t3\tx86_64\t1\ttea-1-3.src.rpm\n",
    ),
    (
        "opt/bitnami/tea/.spdx-tea.spdx",
        r#"{"packages": [{"name": "tea", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/tea@1-0"}]}]}"#,
    ),
];

/// The only file of a layer, as tar has it.
fn layer(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    let mut layer = [&header, content].concat();
    layer.resize(layer.len().next_multiple_of(512) + 1024, 0);
    layer
}

/// Packages and files that are listed; `None` where it is said that it cannot be read, or nothing is said.
fn read(reader: &LayerReader, path: &str, content: &[u8]) -> Option<usize> {
    let layer = layer(path, content);
    let layer = reader.read(&*layer, layer.len() as u64);
    assert_eq!(layer.damage, None, "{path}");
    let Says::Packages(listed) = &layer.files.first()?.says else {
        return None;
    };
    for package in &listed.packages {
        let text = String::from_utf8_lossy(content);
        assert!(
            !package.name.is_empty() && !package.version.is_empty(),
            "{path}: {text}"
        );
        if let Some(purl) = package.purl(None) {
            assert_eq!(purl.to_string().parse(), Ok(purl), "{path}: {text}");
        }
    }
    Some(listed.packages.len() + listed.files.len())
}

#[test]
fn whole_files_are_read() {
    let reader = LayerReader::default();
    for (path, text) in FILES {
        assert_eq!(read(&reader, path, text.as_bytes()), Some(1), "{path}");
    }
}

#[test]
fn what_is_cut_or_changed_never_ends_the_scan() {
    let reader = LayerReader::default();
    for (path, text) in FILES {
        let bytes = text.as_bytes();
        for at in 0..bytes.len() {
            read(&reader, path, &bytes[..at]);
            read(&reader, path, &bytes[at..]);
            for other in [b'"', b'\\', b'{', b']', b'%', b'\n', b'\t', 0, 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = other;
                read(&reader, path, &changed);
            }
        }
    }
}

#[test]
fn what_is_nested_without_end_is_damage() {
    let reader = LayerReader::default();
    for path in [
        "app/vendor/composer/installed.json",
        "app/shop.deps.json",
        "opt/conda/conda-meta/tea.json",
        "opt/bitnami/tea/.spdx-tea.spdx",
        "app/lib/tea/ebin/tea.app",
    ] {
        for open in ["[", "{\"a\":", "{\"libraries\":", "[{", "{"] {
            assert_eq!(
                read(&reader, path, open.repeat(1 << 20).as_bytes()),
                None,
                "{path}"
            );
        }
    }
}
