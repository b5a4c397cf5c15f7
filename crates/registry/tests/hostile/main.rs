//! Registries that do what no registry should, and servers of tokens beside them: each answer is bounded in time
//! and memory, and each error says what is wrong.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

mod bodies;
mod deleting;
mod downloads;
mod image;
mod listing;
mod platforms;
mod pushing;
mod redirects;
mod resuming;
mod server;
mod signatures;
mod tokens;
mod waiting;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
