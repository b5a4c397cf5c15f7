//! A configuration file is any bytes: every reader ends, says where it stopped, and gives JSON that can
//! be written and read again. The first byte chooses the format.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_config::{Format, dockerfile_lines, inputs, parse};

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    Format::all()
        .filter(|format| format.is_supported())
        .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let format = FORMATS[usize::from(*choice) % FORMATS.len()];
    match parse(format, bytes) {
        Ok(value) => {
            let text = value.to_string();
            let again: serde_json::Value =
                serde_json::from_str(&text).expect("what was written is read");
            assert_eq!(again, value);
            if format == Format::Dockerfile {
                let _ = dockerfile_lines(bytes);
            }
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
