//! The real binary in a real folder: exit codes, messages, files.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly, and one that skips says so"
)]

mod accept;
mod advisories;
mod audit_policy;
mod bad_input;
mod changes;
mod checksums;
mod deploying;
mod exit_codes;
mod fixing;
mod folder;
mod image_verify;
mod lock_files;
mod malware;
mod replaying;
#[cfg(unix)]
mod root_fs;
mod sboms;
mod secrets;
mod selecting;
mod serving;
#[path = "../../../engine/tests/support/signed_layout.rs"]
mod signed_layout;
mod standard_input;
mod trust;
mod updating;
mod web;
mod yara;
