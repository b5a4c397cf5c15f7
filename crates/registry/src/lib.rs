//! Images in registries, by the protocol of the OCI distribution specification.
//!
//! A layer is a stream that is read while it is downloaded: nothing is kept, in memory or on disk.
//! Everything that comes from a registry is bounded in size and time and checked against its digest;
//! credentials go to no host but the one that they are for.
//! `docker` asks the daemon of Docker for images that are on this machine.
//! Calls block and must not be made on a thread of an asynchronous runtime.
//!
//! See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md>

mod challenge;
mod connection;
mod credentials;
#[cfg(unix)]
pub mod docker;
mod endpoint;
mod error;
mod helper;
mod image;
mod layer;
mod login;
mod repository;
mod retries;
mod secret;
mod settings;
mod tls;

pub use credentials::credential_files;
pub use error::RegistryError;
pub use image::open_image;
pub use repository::{Document, Repository};
pub use settings::{Authority, HostSettings, Patience, Settings};
