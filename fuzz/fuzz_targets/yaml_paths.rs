//! Manifests are any text: the reader of the plain style understands them as the reader of all of YAML does.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringwall_input::yaml::{Reader, parse_with};
use ringwall_model::Source;

fuzz_target!(|text: &str| {
    let source = Arc::new(Source::new("fuzz.yaml", text));
    let fastest = parse_with(&source, Reader::Fastest);
    let full = parse_with(&source, Reader::Full);
    assert_eq!(format!("{fastest:?}"), format!("{full:?}"));
});
