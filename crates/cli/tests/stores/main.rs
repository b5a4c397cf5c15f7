//! Real runtimes that keep images, and the real binary that reads what they keep.
//!
//! They are Debian's `containerd` and `docker.io`; where one is not here or may not run, its tests say so and skip.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly, and one that skips says so"
)]

mod containerd;
mod daemon;
mod docker;
mod image;
