//! Searching any text for secrets neither panics nor hangs; every match lies in the text and stays concealed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_secrets::{Detectors, redact};

fuzz_target!(|text: &str| {
    conceals(text);
    for found in Detectors::builtin().scan(text) {
        let secret = text
            .get(found.span.range())
            .expect("a match lies in the text");
        assert!(!secret.is_empty());
        conceals(secret);
    }
});

/// At most a quarter is shown, and how much is hidden is not.
fn conceals(secret: &str) {
    let shown = redact(secret);
    let shown = shown.strip_suffix("****").expect("four stars at the end");
    assert!(secret.starts_with(shown));
    assert!(shown.chars().count() * 4 <= secret.chars().count());
    assert!(!shown.contains(char::is_control));
}
