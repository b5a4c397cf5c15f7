//! The server as its clients see it: real TLS over loopback, real files, no sleeping.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on says so by failing"
)]

mod brought;
mod gate;
mod overload;
mod patches;
mod providers;
mod recording;
mod rego;
mod replaying;
mod reviews;
mod setup;
mod support;
mod traces;
mod trust;
