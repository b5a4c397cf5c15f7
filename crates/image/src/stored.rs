//! Images where they are kept: in a file, in a registry.

use std::{
    fmt,
    io::{self, Read},
};

use crate::{Config, Digest};

/// Bytes that are kept somewhere; whoever keeps them knows how they are reached.
pub trait Blob: fmt::Debug + Send + Sync {
    /// Its bytes from the first one on; reading may block.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// An image as it is kept.
#[derive(Debug)]
pub struct StoredImage {
    /// Digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// Digests of the indexes that lead to it, the outermost first: pods may name it by one of them.
    pub indexes: Vec<Digest>,
    /// Names that it has where it is kept.
    pub names: Vec<String>,
    /// Its configuration.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<StoredLayer>,
}

/// A layer as it is kept.
#[derive(Debug)]
pub struct StoredLayer {
    /// Digest of the layer as it is packed, where the image states it.
    pub digest: Option<Digest>,
    /// Bytes as it is packed.
    pub size_bytes: u64,
    /// Digest of the layer unpacked, as the configuration states it.
    pub diff_id: Option<Digest>,
    /// The layer as it is packed.
    pub blob: Box<dyn Blob>,
}

impl StoredLayer {
    /// Its bytes as it is packed.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.blob.open()
    }
}
