//! A real API server with ringwall behind it, on loopback; `make test-cluster` builds the programs and runs this.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests may fail loudly, and say why they skip"
)]

mod admission;
mod agreement;
mod audit;
mod authorizer;
mod constraints;
mod control_plane;
mod deployment;
mod images;
mod images_in_use;
mod installation;
mod outage;
mod refusals;
#[path = "../registry/registry.rs"]
#[expect(dead_code, reason = "some of it is for tests of other binaries")]
mod registry;
mod replay;
mod ringwall;
#[path = "../../../engine/tests/support/signed_layout.rs"]
#[expect(dead_code, reason = "some of it is for tests of other binaries")]
mod signed_layout;
