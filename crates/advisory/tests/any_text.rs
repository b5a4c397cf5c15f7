//! Whatever the text, nothing panics, and what is decided is decided the same from both sides.

use std::cmp::Ordering;

use ringwall_advisory::{NpmRange, Purl, Vers, VersionOrder, version::NpmOptions};

/// Pieces from which versions, ranges and package URLs are thrown together.
const PIECES: [&str; 48] = [
    "0",
    "1",
    "2",
    "00",
    "01",
    "10",
    "99999999999999999999999",
    "a",
    "b",
    "rc",
    "alpha",
    "beta",
    "pre",
    "dev",
    "post",
    "final",
    "ga",
    "snapshot",
    "v",
    "go",
    "x",
    "*",
    "p",
    "r",
    ".",
    ".",
    "-",
    "-",
    "_",
    "~",
    "^",
    "+",
    "!",
    ":",
    "/",
    "@",
    "?",
    "#",
    "%",
    "%2F",
    "%40",
    "=",
    "<",
    ">",
    "|",
    " ",
    "é",
    "pkg:git/",
];

/// A simple generator, so that each run sees the same texts.
struct Texts(u64);

impl Texts {
    fn number(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % below
    }

    fn text(&mut self) -> String {
        let count = self.number(9);
        (0..count)
            .filter_map(|_| PIECES.get(self.number(PIECES.len())).copied())
            .collect()
    }
}

#[test]
fn an_order_is_the_same_from_both_sides() {
    let mut texts = Texts(1);
    for _ in 0..10_000 {
        let (one, other) = (texts.text(), texts.text());
        for order in VersionOrder::ALL {
            let there = order.compare(&one, &other);
            let back = order.compare(&other, &one);
            match (&there, &back) {
                (Ok(there), Ok(back)) => {
                    assert_eq!(*there, back.reverse(), "{order}: {one:?} {other:?}");
                }
                (Err(_), Err(_)) => {}
                _ => assert_eq!(there, back, "{order}: {one:?} {other:?}"),
            }
            if order.check(&one).is_ok() {
                assert_eq!(
                    order.compare(&one, &one),
                    Ok(Ordering::Equal),
                    "{order}: {one:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_printed_is_read_to_the_same() {
    let mut texts = Texts(2);
    for _ in 0..10_000 {
        let (text, version) = (texts.text(), texts.text());
        for start in ["pkg:npm/", "pkg:", "pkg:generic/a@"] {
            let Ok(purl) = Purl::parse(&format!("{start}{text}")) else {
                continue;
            };
            assert_eq!(Purl::parse(&purl.to_string()), Ok(purl), "{start}{text:?}");
        }
        if let Ok(range) = Vers::parse(&format!("vers:npm/{text}")) {
            let _ = range.holds(&version);
            assert_eq!(Vers::parse(&range.to_string()), Ok(range), "{text:?}");
        }
        for (loose, include_prerelease) in [(false, false), (true, true)] {
            let options = NpmOptions {
                loose,
                include_prerelease,
            };
            if let Ok(range) = NpmRange::parse_with(&text, options) {
                let _ = range.holds(&version);
                let printed = range.to_string();
                let again = NpmRange::parse_with(&printed, options).map(|range| range.to_string());
                assert_eq!(again, Ok(printed), "{text:?}");
            }
        }
    }
}

#[test]
fn long_texts_take_no_long_time() {
    let pieces = [
        "0.", "1.", "a.", "0-", "rc1-", "-", ".", "~", "^", "1", "0", "a", "_p1", "1 || ", ">1 ",
        "%25", "|>1", "/",
    ];
    for piece in pieces {
        let long = piece.repeat(20_000 / piece.len());
        for text in [
            format!("1{long}"),
            format!("1.{long}1"),
            format!("vers:npm/{long}1"),
            format!("pkg:npm/{long}1"),
        ] {
            for order in VersionOrder::ALL {
                let _ = order.compare(&text, &format!("{text}1"));
            }
            let _ = NpmRange::parse(&text).map(|range| range.holds("1.2.3"));
            let _ = Vers::parse(&text).map(|range| range.holds("1.2.3"));
            let _ = Purl::parse(&text).map(|purl| purl.to_string());
        }
    }
}
