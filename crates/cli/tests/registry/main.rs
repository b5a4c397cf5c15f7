//! A real registry on loopback, with TLS and logins: images are pushed to it, and the real binary reads them.
//!
//! It is Debian's `docker-registry`; where it is not here, the tests say so and skip.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly, and one that skips says so"
)]

mod advisories;
mod changing;
mod cosign;
mod deletion;
mod image;
mod kept;
mod listing;
mod logins;
#[path = "../../../trust/tests/notation/made.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "envelopes of all sorts are tested where they are read, and it may fail loudly"
)]
mod made;
mod notation;
#[cfg(unix)]
mod pushed;
mod reading;
mod registry;
#[path = "../../../engine/tests/support/signed_layout.rs"]
#[expect(dead_code, reason = "only its keys are used here")]
mod signed_layout;
mod signing;
mod trusting;
