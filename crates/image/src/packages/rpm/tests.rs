//! Databases as a whole: those of others, those that are cut off, and those in which any byte is another.

use std::{fs, path::Path};

use ringwall_advisory::purl::Purl;
use serde_json::Value;

use super::{
    header::Tag,
    parse,
    sample::{self, Layout, PLAIN, Value::Text},
};
use crate::{Distribution, Listed};

/// A database in each form, with what it is called.
fn forms(headers: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
    let sqlite = |layout| sample::sqlite(headers, layout);
    vec![
        ("NDB", sample::ndb(headers)),
        ("Berkeley DB", sample::bdb(headers, false)),
        ("Berkeley DB, big-endian", sample::bdb(headers, true)),
        ("SQLite", sqlite(PLAIN)),
        (
            "SQLite, largest pages, UTF-16",
            sqlite(Layout {
                page_bytes: 65536,
                is_utf16: true,
                ..PLAIN
            }),
        ),
        (
            "SQLite, reserved space",
            sqlite(Layout {
                page_bytes: 1024,
                reserved: 96,
                ..PLAIN
            }),
        ),
    ]
}

fn names(listed: &Listed) -> Vec<&str> {
    listed.packages.iter().map(|it| &*it.name).collect()
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    /// Source: <https://www.jstatsoft.org/article/view/v008i14>.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

/// What is beside the checkout, unpacked.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test reads what others made, and says so when it is not there"
)]
fn shared(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/images/rpmdb")
        .join(name);
    let Ok(bytes) = fs::read(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    Some(if name.ends_with(".zst") {
        zstd::decode_all(&*bytes).unwrap()
    } else {
        bytes
    })
}

#[test]
fn each_form_lists_its_packages() {
    let (headers, expected) = sample::packages();
    for (what, bytes) in forms(&headers) {
        let listed = parse(&bytes).unwrap();
        assert_eq!(listed.damage, None, "{what}");
        assert_eq!(names(&listed), expected, "{what}");
        let paths: Vec<_> = expected
            .iter()
            .flat_map(|it| [format!("usr/bin/{it}"), "etc/text".to_owned()])
            .collect();
        assert_eq!(listed.files, paths, "{what}");
        let owners = listed.owners.iter().map(|it| (&*it.name, it.files));
        let wanted = expected.iter().map(|it| (&**it, 2));
        assert!(owners.eq(wanted), "{what}");
    }
}

#[test]
fn a_database_without_packages_is_sound() {
    let key = sample::header(&[
        (Tag::Name, Text("gpg-pubkey")),
        (Tag::Version, Text("3228467c")),
        (Tag::Release, Text("613798eb")),
    ]);
    for (what, bytes) in forms(&[key.clone(), key]) {
        assert_eq!(parse(&bytes), Ok(Listed::default()), "{what}");
    }
}

#[test]
fn what_is_no_database_is_an_error() {
    for (bytes, expected) in [
        (&b""[..], "it is empty"),
        (b"x", "it is neither SQLite nor NDB nor Berkeley DB"),
        (&[0; 4096], "it is neither SQLite nor NDB nor Berkeley DB"),
        (b"SQLite format 3\0", "it is cut off"),
        (b"RpmP", "it is cut off"),
    ] {
        let expected = format!("is no database of RPM that can be read: {expected}");
        assert_eq!(parse(bytes), Err(expected));
    }
}

#[test]
fn a_database_that_is_cut_off_says_so_and_keeps_the_rest() {
    let (headers, all) = sample::packages();
    for (what, bytes) in forms(&headers) {
        let mut kept = 0;
        for cut in (0..bytes.len()).step_by(bytes.len().div_ceil(500)) {
            let Ok(listed) = parse(&bytes[..cut]) else {
                continue;
            };
            assert!(listed.damage.is_some(), "{what} cut at {cut}");
            assert!(
                listed.packages.iter().all(|it| all.contains(&it.name)),
                "{what} cut at {cut}"
            );
            kept = kept.max(listed.packages.len());
        }
        assert!(kept >= all.len() - 1, "{what} keeps {kept}");
    }
}

#[test]
fn any_byte_may_lie() {
    let (headers, _) = sample::packages();
    let mut random = Random(0x5eed);
    let built = forms(&headers).into_iter().map(|(_, bytes)| (bytes, 2000));
    let real = [
        ("libuuid.Packages.zst", 1000),
        ("sle15-bci.Packages.db.zst", 100),
        ("cbl-mariner-2.0.rpmdb.sqlite.zst", 25),
    ];
    let real = real
        .into_iter()
        .filter_map(|(name, runs)| Some((shared(name)?, runs)));
    for (bytes, runs) in built.chain(real) {
        for run in 0..runs {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(8) {
                // Half of the changes are where the layout is told.
                let end = if run % 2 == 0 {
                    changed.len()
                } else {
                    4096.min(changed.len())
                };
                let at = random.below(end);
                let value = [0, 1, 0x7f, 0x80, 0xff, random.below(256)][random.below(6)];
                changed[at] = u8::try_from(value).unwrap();
            }
            let Ok(listed) = parse(&changed) else {
                continue;
            };
            let kept: usize = listed.packages.iter().map(|it| it.name.len()).sum();
            assert!(kept <= changed.len());
        }
    }
}

#[test]
fn others_list_the_same() {
    let distribution = Distribution {
        id: "os".to_owned(),
        ..Distribution::default()
    };
    for (database, expected, count) in [
        (
            "cbl-mariner-2.0.rpmdb.sqlite.zst",
            "cbl-mariner-2.0.expected.json",
            129,
        ),
        ("sle15-bci.Packages.db.zst", "sle15-bci.expected.json", 35),
        ("libuuid.Packages.zst", "libuuid.expected.json", 1),
    ] {
        let (Some(database), Some(expected)) = (shared(database), shared(expected)) else {
            continue;
        };
        let listed = parse(&database).unwrap();
        assert_eq!(listed.damage, None);
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let field = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        // Syft was given the file alone, and so names no distribution; the rest is the same to the letter.
        let with_distribution = |it: &Value| {
            let purl = field(it, "purl").replace("pkg:rpm/", "pkg:rpm/os/");
            Purl::parse(&format!("{purl}&distro=os"))
                .unwrap()
                .to_string()
        };
        let mut theirs: Vec<_> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                (
                    field(it, "name"),
                    field(it, "version"),
                    with_distribution(it),
                )
            })
            .collect();
        let mut ours: Vec<_> = listed
            .packages
            .iter()
            .map(|it| {
                let purl = it.purl(Some(&distribution)).unwrap().to_string();
                (it.name.clone(), it.version.clone(), purl)
            })
            .collect();
        theirs.sort();
        ours.sort();
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), count);
        let is_complete = |it: &&crate::Package| it.source.is_some() && it.licences.len() == 1;
        assert_eq!(listed.packages.iter().filter(is_complete).count(), count);
        let path = if count == 1 {
            "usr/lib64/libuuid.so.1.3.0"
        } else {
            "bin/bash"
        };
        assert!(listed.files.iter().any(|it| it.ends_with(path)), "{path}");
    }
}
