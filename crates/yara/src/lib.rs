//! Rules of YARA that users bring, held against files.
//!
//! YARA-X runs them where the feature `yara-x` is built in; without it, [`compile`] says that it is not there, and how
//! to have it. Texts of rules are handed in: this crate reads no files, and `include` is not followed.

use std::time::Duration;

use ringwall_malware::UnusableRule;

#[cfg(not(feature = "yara-x"))]
mod absent;
#[cfg(feature = "yara-x")]
mod compiled;
#[cfg(feature = "yara-x")]
mod meta;

#[cfg(not(feature = "yara-x"))]
pub use absent::{Rules, compile};
#[cfg(feature = "yara-x")]
pub use compiled::{Rules, compile};

/// The endings of files of rules.
pub const EXTENSIONS: [&str; 2] = ["yar", "yara"];

/// How much is held against rules, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Largest file, in bytes.
    pub file_bytes: u64,
    /// Longest time for a file, in steps of a second.
    pub file_time: Duration,
    /// Longest time for all files, of all threads together.
    pub total_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            file_bytes: 128 << 20,
            file_time: Duration::from_secs(30),
            total_time: Duration::from_secs(30 * 60),
        }
    }
}

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The feature is not built in.
    #[error(
        "this ringwall was built without YARA; build one with it: cargo build --release -p ringwall-cli --features yara"
    )]
    NotBuilt,
    /// No file is one of rules.
    #[error("holds no rules of YARA: files of rules end with .yar or .yara")]
    NoRules,
    /// Nothing in the files can be used.
    #[error("no rule of YARA can be used, the first because of {0}")]
    NoneUsable(UnusableRule),
}
