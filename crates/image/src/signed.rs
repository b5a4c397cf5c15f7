//! An image with what is kept beside it to say who signed it, wherever that is.

use std::{collections::BTreeMap, io::Read as _};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{Blob, Descriptor, Digest, Manifest, StoredLayer};

/// Bytes of the largest signature, attestation or bundle that is read.
const MAX_ATTACHED_BYTES: u64 = 16 << 20;

/// Bytes of all that is attached to one image.
const MAX_ALL_BYTES: u64 = 256 << 20;

/// Signatures of one image that are looked at.
const MAX_ATTACHED: usize = 1_000;

/// An image, and what says who signed it.
#[derive(Debug, Default)]
pub struct SignedImage {
    /// Names that it has where it is kept.
    pub names: Vec<String>,
    /// The digests that a signature may name: of the indexes that lead to it, and of its manifest, which is the last
    /// where it is one.
    pub digests: Vec<Digest>,
    /// The manifests of these digests, in the same order; of a registry, only where something of Notation's is attached.
    pub manifests: Vec<SignedManifest>,
    /// What the digests stand for and whoever runs it will not compare again: of a layout, its configuration and its
    /// layers, where one manifest is meant.
    pub content: Vec<StoredLayer>,
    /// What is kept beside it, in a fixed order.
    pub attached: Vec<Attached>,
    /// What may be a signature and cannot be read.
    pub unreadable: Vec<UnreadableSignature>,
}

/// A manifest, as a signature of Notation describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size_bytes: u64,
    /// What it is; empty where nobody says.
    pub media_type: String,
}

/// Something that may be a signature, and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableSignature {
    /// The blob, where it is one.
    pub digest: Option<Digest>,
    /// Why.
    pub reason: String,
}

/// What sort of thing is attached to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachedKind {
    /// A payload of cosign 1 and 2; the signature is an annotation.
    Signature,
    /// A signed envelope of cosign 1 and 2.
    Attestation,
    /// A Sigstore bundle.
    Bundle,
    /// An envelope of Notation, in JWS.
    NotationJws,
    /// An envelope of Notation, in COSE.
    NotationCose,
    /// An envelope of Notation, in a form that is not known.
    NotationOther,
}

/// What manifests of Notation's signatures call themselves.
///
/// See: <https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#oci-signatures>.
const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// A signature, an attestation or a bundle, where it is kept.
#[derive(Debug)]
pub struct Attached {
    /// What it is.
    pub kind: AttachedKind,
    /// The digest of its bytes.
    pub digest: Digest,
    /// What stands beside it: signatures and certificates, in the form of cosign 1 and 2.
    pub annotations: BTreeMap<String, String>,
    /// How many bytes it has.
    pub size_bytes: u64,
    blob: Box<dyn Blob>,
}

impl SignedManifest {
    /// Of the bytes of a manifest; what it does not say itself, others say of it.
    pub fn new(digest: Digest, bytes: &[u8], said: &str) -> Self {
        #[derive(Deserialize)]
        struct Own {
            #[serde(rename = "mediaType")]
            media_type: Option<String>,
        }

        let own: Option<Own> = serde_json::from_slice(bytes).ok();
        let said = said.split(';').next().unwrap_or_default().trim();
        Self {
            digest,
            size_bytes: bytes.len() as u64,
            media_type: own
                .and_then(|own| own.media_type)
                .unwrap_or_else(|| said.to_owned()),
        }
    }
}

impl AttachedKind {
    /// What a layer is, by its media type and the manifest that names it; `None` for what signs nothing.
    pub fn of(media_type: &str, manifest: &Manifest) -> Option<Self> {
        if manifest.is_notation() {
            return Some(match media_type {
                "application/jose+json" => Self::NotationJws,
                "application/cose" => Self::NotationCose,
                _ => Self::NotationOther,
            });
        }
        match media_type {
            "application/vnd.dev.cosign.simplesigning.v1+json" => Some(Self::Signature),
            "application/vnd.dsse.envelope.v1+json" => Some(Self::Attestation),
            kind if is_bundle(kind) => Some(Self::Bundle),
            _ => None,
        }
    }
}

impl AttachedKind {
    /// Whether it is an envelope of Notation, of whatever form.
    pub const fn is_notation(self) -> bool {
        matches!(
            self,
            Self::NotationJws | Self::NotationCose | Self::NotationOther
        )
    }
}

impl Manifest {
    /// Whether it holds a signature of Notation: by its own type, or as before there was one, by that of its
    /// configuration.
    pub fn is_notation(&self) -> bool {
        let kind = self.artifact_type.as_deref().filter(|it| !it.is_empty());
        let config = self.config.as_ref().map(|it| it.media_type.as_str());
        kind.or(config).is_some_and(is_notation)
    }
}

impl Attached {
    /// Its bytes, which are those of its digest.
    pub fn read(&self) -> Result<Vec<u8>, UnreadableSignature> {
        read_blob(&*self.blob, &self.digest, MAX_ATTACHED_BYTES)
    }
}

impl SignedImage {
    /// Whether a digest stands for the image.
    pub fn is_image(&self, digest: &Digest) -> bool {
        self.digests.contains(digest)
    }

    /// Takes the signatures that a manifest names, as long as they are not too many; `blob` tells where one is, and how
    /// many bytes it has there.
    pub fn attach(
        &mut self,
        manifest: &Manifest,
        blob: impl Fn(&Descriptor) -> (Box<dyn Blob>, u64),
    ) {
        for layer in &manifest.layers {
            let Some(kind) = AttachedKind::of(&layer.media_type, manifest) else {
                continue;
            };
            let (blob, size_bytes) = blob(layer);
            let known = self.attached.iter().map(|it| it.size_bytes);
            let all_bytes = known.fold(size_bytes, u64::saturating_add);
            if self.attached.len() >= MAX_ATTACHED || all_bytes > MAX_ALL_BYTES {
                self.miss(format!(
                    "it has more than {MAX_ATTACHED} signatures or {} MiB of them, and not all were looked at",
                    MAX_ALL_BYTES >> 20
                ));
                return;
            }
            self.attached.push(Attached {
                kind,
                digest: layer.digest,
                annotations: layer.annotations.clone(),
                size_bytes,
                blob,
            });
        }
    }

    /// Notes once that signatures may be missing.
    pub fn miss(&mut self, reason: String) {
        let missing = UnreadableSignature {
            digest: None,
            reason,
        };
        if !self.unreadable.contains(&missing) {
            self.unreadable.push(missing);
        }
    }
}

/// Whether a media type is that of a Sigstore bundle, of whatever version.
pub fn is_bundle(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.dev.sigstore.bundle")
}

/// Whether a type of artifacts is that of Notation's signatures.
pub fn is_notation(artifact_type: &str) -> bool {
    artifact_type == NOTATION
}

/// Reads a blob that is no larger than a limit, and is what its digest says.
pub fn read_blob(
    blob: &dyn Blob,
    digest: &Digest,
    limit: u64,
) -> Result<Vec<u8>, UnreadableSignature> {
    let unreadable = |reason: String| UnreadableSignature {
        digest: Some(*digest),
        reason,
    };
    let mut bytes = Vec::new();
    blob.open()
        .and_then(|reader| reader.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(unreadable(format!("it is larger than {} KiB", limit >> 10)));
    }
    let found = Digest::new(Sha256::digest(&bytes).into());
    if found == *digest {
        Ok(bytes)
    } else {
        Err(unreadable(format!("its bytes have the digest {found}")))
    }
}
