//! Whether the two lists of an archive lead to the same image.
//!
//! Docker with its old store loads what `manifest.json` names, everything else what `index.json` does: where they name
//! different images, no verdict would hold for both. The digest of a configuration stands for its layers too, as Docker
//! compares them with it.

use std::collections::BTreeSet;

use ringwall_image::{Config, Digest, Manifest, Platform, SignedImage, StoredImage, read_blob};
use sha2::{Digest as _, Sha256};

use super::{Finder, ImageError, MAX_DEPTH, MAX_DOCUMENT_BYTES, Place, Saved, blob_name};

impl Finder<'_> {
    /// Where an image is looked into: whatever is loaded for its machine is that image.
    pub(super) fn require_same(
        &self,
        manifest: &Place,
        image: &StoredImage,
        config: &Digest,
    ) -> Result<(), ImageError> {
        let made_for = |it: &Config| (it.os.clone(), it.architecture.clone());
        for (digest, bytes) in self.saved(manifest)? {
            if digest == *config {
                continue;
            }
            let named: Config = self.parse(&bytes, "configuration")?;
            if made_for(&named) == made_for(&image.config) {
                return Err(self.two_images(&digest, &format!("the configuration {config}")));
            }
        }
        Ok(())
    }

    /// Where signatures are looked for: whatever is loaded is what they are about, or an image of the same index for
    /// another machine than the one that is asked for.
    pub(super) fn require_signed(
        &self,
        manifest: &Place,
        index: &Manifest,
        image: &SignedImage,
    ) -> Result<(), ImageError> {
        let mut meant = Configurations::default();
        if let Some(digest) = image.digests.last() {
            meant.add(self, digest, 0);
        }
        let mut all = Configurations::default();
        for entry in &index.manifests {
            all.add(self, &entry.digest, 0);
        }
        let saved = self.saved(manifest)?;
        let is_meant = |digest: &Digest| meant.found.contains(digest);
        let has_meant = saved.iter().any(|(digest, _)| is_meant(digest));
        let is_for_another_machine = |digest: &Digest, bytes: &[u8]| {
            has_meant && all.found.contains(digest) && self.is_elsewhere(bytes)
        };
        let mut others = saved
            .iter()
            .filter(|(digest, bytes)| !is_meant(digest) && !is_for_another_machine(digest, bytes));
        match (others.next(), image.digests.last()) {
            (Some((other, _)), Some(signed)) => Err(self.two_images(other, &signed.to_string())),
            _ => Ok(()),
        }
    }

    /// The configurations that a list of Docker's names, with their digests. What it names and does not hold, nobody
    /// can load.
    fn saved(&self, manifest: &Place) -> Result<Vec<(Digest, Vec<u8>)>, ImageError> {
        let bytes = self.document(manifest, "manifest.json")?;
        let saved: Vec<Saved> = self.parse(&bytes, "manifest.json")?;
        let names: BTreeSet<_> = saved.into_iter().map(|it| it.config).collect();
        let places = names.iter().filter_map(|name| self.find(name));
        let configs = places.map(|place| {
            let bytes = self.document(&place, "configuration")?;
            Ok((Digest::new(Sha256::digest(&bytes).into()), bytes))
        });
        configs.collect()
    }

    fn two_images(&self, other: &Digest, ours: &str) -> ImageError {
        ImageError::Unclear {
            path: self.path.display().to_string(),
            reason: format!(
                "holds two images: index.json leads to {ours}, manifest.json to the configuration {other}, \
                 and which of them is loaded depends on the program; keep one in it"
            ),
        }
    }

    /// Whether a configuration is for another machine than the one that is asked for.
    fn is_elsewhere(&self, config: &[u8]) -> bool {
        match (self.platform, serde_json::from_slice::<Config>(config)) {
            (Some(wanted), Ok(config)) => !Platform {
                os: config.os,
                architecture: config.architecture,
                variant: config.variant,
            }
            .fits(wanted),
            _ => false,
        }
    }
}

/// The configurations that manifests and indexes lead to, as far as they are there.
#[derive(Default)]
struct Configurations {
    found: BTreeSet<Digest>,
    seen: BTreeSet<Digest>,
}

impl Configurations {
    fn add(&mut self, finder: &Finder<'_>, digest: &Digest, depth: usize) {
        if depth > MAX_DEPTH || !self.seen.insert(*digest) {
            return;
        }
        let Some(place) = finder.find(&blob_name(digest)) else {
            return;
        };
        let bytes = read_blob(&place, digest, MAX_DOCUMENT_BYTES);
        let manifest = bytes.map(|bytes| serde_json::from_slice::<Manifest>(&bytes));
        if let Ok(Ok(manifest)) = manifest {
            self.found
                .extend(manifest.config.iter().map(|it| it.digest));
            for entry in &manifest.manifests {
                self.add(finder, &entry.digest, depth + 1);
            }
        }
    }
}
