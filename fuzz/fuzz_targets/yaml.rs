//! Manifests are any text: parsing them neither panics nor hangs.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringwall_model::Source;

fuzz_target!(|text: &str| {
    let _ = ringwall_input::yaml::parse(&Arc::new(Source::new("fuzz.yaml", text)));
});
