//! Any two texts are ordered or refused, the same from both sides; ranges are read, and print what they read.
//!
//! What follows the first line is the other version.

#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::{NpmRange, Vers, VersionOrder, version::NpmOptions};

fuzz_target!(|text: &str| {
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    for order in VersionOrder::ALL {
        match (order.compare(one, other), order.compare(other, one)) {
            (Ok(there), Ok(back)) => assert_eq!(there, back.reverse(), "{order}"),
            (Err(_), Err(_)) => {}
            (there, back) => panic!("{order}: {there:?}, but {back:?}"),
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
