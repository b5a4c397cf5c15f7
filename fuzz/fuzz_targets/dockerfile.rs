//! A Dockerfile is any text: parsing it neither panics nor hangs.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = ringwall_input::dockerfile::parse(text);
});
