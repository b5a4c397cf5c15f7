//! A configuration file is any bytes: every reader ends, says where it stopped, and gives JSON that can
//! be written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_config::{Format, inputs, parse};

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let formats: Vec<Format> = Format::all().filter(|format| format.is_supported()).collect();
    let format = formats[usize::from(choice) % formats.len()];
    match parse(format, bytes) {
        Ok(value) => {
            let text = value.to_string();
            let again: serde_json::Value = serde_json::from_str(&text).expect("what was written is read");
            assert_eq!(again, value);
            let _ = inputs(value);
        }
        Err(error) => {
            let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
            // A lone CR is the end of a line in some formats.
            let returns = bytes.iter().filter(|byte| **byte == b'\r').count();
            assert!(error.line >= 1 && error.line <= lines + returns);
            assert!(error.column >= 1 && !error.message.is_empty());
        }
    }
});
