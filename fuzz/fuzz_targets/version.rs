//! Any two texts are ordered or refused, the same from both sides; ranges are read, and print what they read.
//!
//! Each line is a version; the first is a range as well, and the second may be in it.

#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::{NpmRange, Vers, VersionOrder, version::NpmOptions};

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (one, other, third) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    for order in VersionOrder::ALL {
        match (order.compare(one, other), order.compare(other, one)) {
            (Ok(there), Ok(back)) => assert_eq!(there, back.reverse(), "{order}"),
            (Err(_), Err(_)) => {}
            (there, back) => panic!("{order}: {there:?}, but {back:?}"),
        }
        // Maven's goes in circles for versions that nobody has.
        let all = [one, other, third];
        if order != VersionOrder::Maven && all.iter().all(|it| order.check(it).is_ok()) {
            let compare = |one: &str, other: &str| order.compare(one, other).expect("is checked");
            let is_before = |one: usize, other: usize| compare(all[one], all[other]).is_le();
            for [first, second, last] in [
                [0, 1, 2],
                [0, 2, 1],
                [1, 0, 2],
                [1, 2, 0],
                [2, 0, 1],
                [2, 1, 0],
            ] {
                if is_before(first, second) && is_before(second, last) {
                    assert!(is_before(first, last), "{order}: {first} {second} {last}");
                }
            }
        }
        if order.check(one).is_ok() {
            assert_eq!(order.compare(one, one), Ok(Ordering::Equal), "{order}");
        }
    }
    for (loose, include_prerelease) in [(false, false), (true, false), (false, true)] {
        let options = NpmOptions {
            loose,
            include_prerelease,
        };
        if let Ok(range) = NpmRange::parse_with(one, options) {
            let _ = range.holds(other);
            let printed = range.to_string();
            let again = NpmRange::parse_with(&printed, options).expect("its own notation");
            assert_eq!(again.to_string(), printed);
        }
    }
    if let Ok(range) = Vers::parse(one) {
        let _ = range.holds(other);
        let _ = range.sorted();
        assert_eq!(Vers::parse(&range.to_string()), Ok(range));
    }
});
