//! Images, from the archive to what is wrong with them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its input has failed, and one that skips says so"
)]

mod attested;
mod base;
#[path = "../../../bolt/tests/support/bolt_file.rs"]
mod bolt_file;
mod build;
mod cache;
mod configuration;
mod containerd;
mod contents;
mod diff;
mod documents;
mod enforcement;
mod exceptions;
mod kinds;
mod links;
mod malware;
mod remains;
#[cfg(unix)]
mod root_fs;
mod sbom;
mod secrets;
mod sources;
mod stored;
mod vulnerabilities;
