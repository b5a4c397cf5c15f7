//! Reading Rego never fails unexpectedly: a module of either version, and a query.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_rego::{ast::Version, parse, parse_query};

fuzz_target!(|text: &str| {
    for version in [Version::V0, Version::V1] {
        let _ = parse("fuzz.rego", text, version);
        let _ = parse_query(text, version);
    }
});
