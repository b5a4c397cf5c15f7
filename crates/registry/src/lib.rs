//! Images in registries, by the protocol of the OCI distribution specification, and files that servers publish.
//!
//! A layer is a stream that is read while it is downloaded: nothing is kept, in memory or on disk.
//! Everything that comes from a registry is bounded in size and time and checked against its digest;
//! credentials go to no host but the one that they are for.
//! `docker` asks the daemon of Docker for images that are on this machine.
//! Nothing is written but through a [`WritableRepository`], and nothing deleted but through a [`DeletableRepository`].
//! Calls block and must not be made on a thread of an asynchronous runtime.
//!
//! See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md>

mod attached;
mod challenge;
mod connection;
mod credentials;
mod deletion;
#[cfg(unix)]
pub mod docker;
mod download;
mod endpoint;
mod error;
mod helper;
mod image;
mod inventory;
mod layer;
mod listing;
mod login;
mod pace;
mod push;
mod repository;
mod retries;
mod secret;
mod settings;
mod signed;
mod tls;

pub use attached::{Attached, Attachment, cosign_tag};
pub use credentials::credential_files;
pub use deletion::DeletableRepository;
pub use download::{Download, Downloaded, Sink, Validators};
pub use error::RegistryError;
pub use image::{open_image, open_images, resolve_image};
pub use inventory::{read_repository, read_tags};
pub use listing::{Names, repositories};
pub use push::WritableRepository;
pub use repository::{Document, Repository};
pub use settings::{Authority, HostSettings, Patience, Settings};
pub use signed::open_signatures;
