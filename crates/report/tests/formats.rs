//! Every format on the sample report: snapshots, and what must hold for each of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what is missing in an output fails the test that looks for it"
)]

mod sample;
mod formats {
    mod cyclonedx;
    mod excerpt;
    mod github;
    mod gitlab;
    mod image;
    mod json;
    mod junit;
    mod markdown;
    mod patch;
    mod registry;
    mod replay;
    mod sarif;
    mod schema;
    mod secrets;
    mod spdx;
    mod text;
    mod verification;
}
