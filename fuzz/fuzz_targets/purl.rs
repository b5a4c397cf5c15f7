//! Any text is a package URL or refused; what is printed is canonical, and read to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::Purl;

fuzz_target!(|text: &str| {
    let Ok(purl) = Purl::parse(text) else {
        return;
    };
    let printed = purl.to_string();
    assert!(printed.is_ascii());
    assert_eq!(Purl::parse(&printed).expect("its own notation"), purl);
});
