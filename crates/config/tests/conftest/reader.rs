//! conftest's parsers in a process of their own.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ringwall_config::Format;
use serde_json::{Value, json};

/// The version that `build` pins.
const VERSION: &str = "v0.71.1";

/// What conftest makes of a text.
pub(crate) enum Answer {
    Value(Value),
    Refused(String),
}

pub(crate) struct Reader {
    program: PathBuf,
}

impl Reader {
    /// The program, or nothing and a word about it on standard error.
    pub(crate) fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let program = root.join(format!("target/conftest/parse-{VERSION}"));
        if !program.is_file() {
            eprintln!("skipped: conftest's parsers are not built (make conftest)");
            return None;
        }
        Some(Self { program })
    }

    /// What conftest makes of each text, in the same order.
    pub(crate) fn ask<'a>(
        &mut self,
        texts: impl Iterator<Item = (Format, &'a str)>,
    ) -> Vec<Answer> {
        let folder = tempfile::tempdir().unwrap();
        let questions = folder.path().join("questions");
        let mut lines = String::new();
        for (format, text) in texts {
            let question = json!({"parser": format.name(), "text": base64(text.as_bytes())});
            writeln!(lines, "{question}").unwrap();
        }
        fs::File::create(&questions)
            .unwrap()
            .write_all(lines.as_bytes())
            .unwrap();
        let output = Command::new(&self.program)
            .stdin(fs::File::open(&questions).unwrap())
            .stderr(Stdio::inherit())
            .env_clear()
            .env("TZ", "UTC")
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| {
                let mut answer: Value = serde_json::from_str(line).unwrap();
                match answer.get("error") {
                    Some(error) => Answer::Refused(error.as_str().unwrap().to_owned()),
                    None => Answer::Value(answer["value"].take()),
                }
            })
            .collect()
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| {
            bits | u32::from(*byte) << (16 - 8 * at)
        });
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}
