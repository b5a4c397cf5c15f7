//! What a registry keeps beside an image to say who signed it.
//!
//! Where it is looked for: under cosign's tags `sha256-<digest>.sig` and `.att`, in the registry's own list of what refers
//! to the image, and in the list under the tag `sha256-<digest>`, which registries have that keep none.
//!
//! Sources: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery>,
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers>.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_image::{
    Descriptor, Digest, Manifest, Platform, SignedImage, SignedManifest, UnreadableSignature,
    is_bundle, is_notation,
};
use ringwall_input::image_reference::ImageReference;

use crate::{
    RegistryError, Repository, Settings,
    attached::{cosign_tag, found, referrers_tag},
    image::Finder,
    layer::RemoteLayer,
    repository::Document,
};

/// Manifests that are looked at beside one image.
const MAX_MANIFESTS: usize = 1_000;

/// Finds an image in its registry, and what says who signed it.
///
/// Without a platform, what the name means is the image: an index where it is one. Its layers are not read: whoever pulls
/// it compares them with the manifest, whose bytes are those of the digest here.
pub fn open_signatures(
    reference: &ImageReference<'_>,
    platform: Option<&Platform>,
    settings: &Settings,
) -> Result<SignedImage, RegistryError> {
    let repository = Arc::new(Repository::new(reference, settings)?);
    let finder = Finder {
        image: reference.to_string(),
        repository: Arc::clone(&repository),
        platform,
    };
    let digests = finder.digests(reference)?;
    let mut search = Search {
        repository,
        image: SignedImage {
            names: vec![reference.to_string()],
            digests: digests.clone(),
            ..SignedImage::default()
        },
        seen: BTreeSet::new(),
    };
    for digest in &digests {
        search.beside(digest);
    }
    search.describe(&digests);
    Ok(search.image)
}

struct Search {
    repository: Arc<Repository>,
    image: SignedImage,
    /// Manifests that were looked at.
    seen: BTreeSet<Digest>,
}

impl Search {
    fn beside(&mut self, image: &Digest) {
        for end in [".sig", ".att"] {
            let tag = cosign_tag(image, end);
            let asked = self.repository.manifest(&tag);
            if let Some(document) = self.there(asked) {
                self.manifest(&document, false);
            }
        }
        match self.repository.referrers(image) {
            Ok(Some((lists, is_all))) => {
                for list in &lists {
                    self.list(list);
                }
                if !is_all {
                    self.image.miss(
                        "more refers to it than the registry tells on the pages that were read"
                            .to_owned(),
                    );
                }
            }
            Ok(None) => {}
            Err(error) => self.unread(None, &error),
        }
        // A registry that keeps a list now may have been one that did not.
        let asked = self.repository.manifest(&referrers_tag(image));
        if let Some(document) = self.there(asked) {
            self.list(&document);
        }
    }

    /// What the image is called in signatures of Notation, where it has some.
    fn describe(&mut self, digests: &[Digest]) {
        let mut attached = self.image.attached.iter();
        if !attached.any(|it| it.kind.is_notation()) {
            return;
        }
        for digest in digests {
            match self.repository.manifest(&digest.to_string()) {
                Ok(document) => {
                    let described =
                        SignedManifest::new(*digest, &document.bytes, &document.media_type);
                    self.image.manifests.push(described);
                }
                Err(error) => self.unread(Some(*digest), &error),
            }
        }
    }

    /// Looks at what a list names.
    fn list(&mut self, list: &Document) {
        let index: Manifest = match serde_json::from_slice(&list.bytes) {
            Ok(index) => index,
            Err(error) => return self.unread(Some(list.digest), &error),
        };
        for entry in &index.manifests {
            if !may_sign(entry) || self.seen.contains(&entry.digest) {
                continue;
            }
            if self.seen.len() >= MAX_MANIFESTS {
                return self.image.miss(format!(
                    "more than {MAX_MANIFESTS} manifests refer to it, and not all were looked at"
                ));
            }
            match self.repository.manifest(&entry.digest.to_string()) {
                Ok(document) => self.manifest(&document, true),
                // What is listed and not there may have been a signature.
                Err(error) => self.unread(Some(entry.digest), &error),
            }
        }
    }

    fn manifest(&mut self, document: &Document, has_to_refer: bool) {
        if !self.seen.insert(document.digest) {
            return;
        }
        let manifest: Manifest = match serde_json::from_slice(&document.bytes) {
            Ok(manifest) => manifest,
            Err(error) => return self.unread(Some(document.digest), &error),
        };
        let subject = manifest.subject.as_ref().map(|it| it.digest);
        if has_to_refer && !subject.is_some_and(|it| self.image.is_image(&it)) {
            return;
        }
        let repository = &self.repository;
        self.image.attach(&manifest, |layer| {
            let blob = RemoteLayer {
                repository: Arc::clone(repository),
                digest: layer.digest,
                size: layer.size,
            };
            (Box::new(blob), layer.size)
        });
    }

    /// A document, where there is one; that it cannot be read is noted.
    fn there(&mut self, asked: Result<Document, RegistryError>) -> Option<Document> {
        match found(asked) {
            Ok(document) => document,
            Err(error) => {
                self.unread(None, &error);
                None
            }
        }
    }

    fn unread(&mut self, digest: Option<Digest>, reason: &dyn ToString) {
        self.image.unreadable.push(UnreadableSignature {
            digest,
            reason: reason.to_string(),
        });
    }
}

/// Whether an entry of a list may be a signature: lists need not say what their entries are.
fn may_sign(entry: &Descriptor) -> bool {
    let kind = entry.artifact_type.as_deref();
    kind.is_none_or(|kind| {
        kind.is_empty() || is_bundle(kind) || is_notation(kind) || kind.contains("cosign")
    })
}
