//! Searching any text for secrets neither panics nor hangs, and every match lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_secrets::Detectors;

fuzz_target!(|text: &str| {
    for found in Detectors::builtin().scan(text) {
        assert!(text.get(found.span.range()).is_some());
    }
});
