//! Manifests that are deleted.
//!
//! See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#deleting-manifests>

use std::sync::Arc;

use reqwest::Method;
use ringwall_image::Digest;
use ringwall_input::image_reference::ImageReference;

use crate::{
    RegistryError, Repository, Settings, endpoint::Endpoint, login::Use, push::Delivery,
    retries::Retries,
};

/// A repository of which manifests may be deleted.
#[derive(Clone, Debug)]
pub struct DeletableRepository(Arc<Repository>);

impl DeletableRepository {
    /// The repository of an image in its registry alone: a mirror is somebody else's. Asks nobody yet.
    pub fn new(image: &ImageReference<'_>, settings: &Settings) -> Result<Self, RegistryError> {
        let repository = Repository::in_registry(image, settings, Use::Delete)?;
        Ok(Self(Arc::new(repository)))
    }

    /// The same, to be read.
    pub const fn repository(&self) -> &Arc<Repository> {
        &self.0
    }

    /// Deletes a manifest with all tags that name it; gives whether it was there.
    pub fn delete(&self, digest: &Digest) -> Result<bool, RegistryError> {
        // Who is asked first tells whether it speaks TLS; and what is not there needs no right to be deleted.
        match self.0.manifest(&digest.to_string()) {
            Ok(_) => {}
            Err(RegistryError::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        match self.0.try_each(|endpoint| endpoint.delete(digest)) {
            Ok(()) => Ok(true),
            // Another attempt of ours may have deleted it, and its answer may be lost.
            Err(RegistryError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Endpoint {
    fn delete(&self, digest: &Digest) -> Result<(), RegistryError> {
        let place = format!("manifests/{digest}");
        let path = format!("/v2/{}/{place}", self.repository);
        let mut retries = Retries::new(&self.patience);
        loop {
            let delivery = Delivery {
                method: Method::DELETE,
                to: self.connection.own_url(&path)?,
                media_type: "",
                bytes: &[],
            };
            match self.deliver(&delivery, &place) {
                Ok(_) => return Ok(()),
                Err(failure) => retries.wait(failure)?,
            }
        }
    }
}
