//! What stands beside an image in its repository: cosign's tags, and manifests that refer to it.
//!
//! Sources: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage>,
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers>, and
//! `#pushing-manifests-with-subject` there.

use std::collections::BTreeMap;

use ringwall_image::{Digest, Manifest};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Document, RegistryError, WritableRepository};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Configurations of what cosign keeps under its tags.
const CONFIGS: [&str; 2] = [CONFIG, "application/vnd.docker.container.image.v1+json"];

/// Why nothing is added.
const SOMETHING_ELSE: &str = "it holds something else than what cosign keeps there";
const LOST: &str =
    "somebody else wrote to it at the same time, and what was added is lost: try again";

/// An empty configuration, and what it is called.
const EMPTY: &[u8] = b"{}";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// Most things beside one image: no more are looked at where they are verified.
const MAX_ATTACHED: usize = 1_000;

/// Something that is put beside an image.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// What it is.
    pub media_type: &'static str,
    /// All of it.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub annotations: BTreeMap<String, String>,
}

/// What came of putting something beside an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The tag or the digest of the manifest that names it.
    pub name: String,
    /// Whether it was there already, so that nothing was written.
    pub was_there: bool,
    /// How many things that manifest names, or how many refer to the image where that is known.
    pub count: Option<usize>,
}

impl WritableRepository {
    /// Adds a layer to the manifest under a tag of cosign's, `sha256-<digest>.sig` or `.att`, which keeps the others.
    ///
    /// `is_same` says of a layer with the same bytes whether its annotations say the same too.
    pub fn add_layer(
        &self,
        tag: &str,
        attachment: &Attachment,
        is_same: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Result<Attached, RegistryError> {
        let digest = digest_of(&attachment.bytes);
        let is_there = |manifest: &Manifest| {
            let mut layers = manifest.layers.iter();
            layers.any(|layer| layer.digest == digest && is_same(&layer.annotations))
        };
        let found = found(self.repository().manifest(tag))?;
        let (mut manifest, media_type, config_type) = match found {
            Some(found) => {
                let parsed: Manifest = self.parse(&found, tag)?;
                let config = parsed.config.as_ref().map(|it| it.media_type.as_str());
                let config = config.and_then(|it| CONFIGS.iter().find(|known| **known == it));
                let config = *config.ok_or_else(|| self.unusable(tag, SOMETHING_ELSE))?;
                if is_there(&parsed) {
                    return Ok(Attached {
                        name: tag.to_owned(),
                        was_there: true,
                        count: Some(parsed.layers.len()),
                    });
                }
                (self.parse(&found, tag)?, media_type(&found), config)
            }
            None => (
                json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": []}),
                MANIFEST.to_owned(),
                CONFIG,
            ),
        };
        let layers = manifest.get_mut("layers").and_then(Value::as_array_mut);
        let layers = layers.ok_or_else(|| self.unusable(tag, SOMETHING_ELSE))?;
        if layers.len() >= MAX_ATTACHED {
            let reason = format!("it has {MAX_ATTACHED} layers, and no more are looked at");
            return Err(self.unusable(tag, &reason));
        }
        layers.push(json!({
            "mediaType": attachment.media_type,
            "size": attachment.bytes.len(),
            "digest": digest.to_string(),
            "annotations": attachment.annotations,
        }));
        let count = layers.len();
        let digests: Vec<_> = layers.iter().filter_map(|it| it.get("digest")).collect();
        let config = config(&digests);
        let manifest = manifest.as_object_mut();
        let manifest = manifest.ok_or_else(|| self.unusable(tag, SOMETHING_ELSE))?;
        manifest.insert("config".to_owned(), described(config_type, &config));
        let bytes = json!(manifest).to_string().into_bytes();
        self.keep_blob(&attachment.bytes)?;
        self.keep_blob(&config)?;
        self.keep_manifest(tag, &media_type, &bytes)?;
        // No registry writes only where nobody else has written: two that write at once lose one of both.
        let kept = self.repository().manifest(tag)?;
        if kept.bytes != bytes && !is_there(&self.parse(&kept, tag)?) {
            return Err(self.unusable(tag, LOST));
        }
        Ok(Attached {
            name: tag.to_owned(),
            was_there: false,
            count: Some(count),
        })
    }

    /// Puts something beside an image as a manifest of its own, which refers to the image.
    ///
    /// Where the registry keeps no list of such manifests, the list under the tag `sha256-<digest>` gets an entry.
    pub fn add_referrer(
        &self,
        subject: &Document,
        attachment: &Attachment,
    ) -> Result<Attached, RegistryError> {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": attachment.media_type,
            "config": described(EMPTY_TYPE, EMPTY),
            "layers": [described(attachment.media_type, &attachment.bytes)],
            "subject": described(&media_type(subject), &subject.bytes),
            "annotations": attachment.annotations,
        });
        let bytes = manifest.to_string().into_bytes();
        let name = digest_of(&bytes).to_string();
        let was_there = found(self.repository().manifest(&name))?.is_some();
        self.keep_blob(&attachment.bytes)?;
        self.keep_blob(EMPTY)?;
        let is_listed = self.keep_manifest(&name, MANIFEST, &bytes)?;
        let entry = json!({
            "mediaType": MANIFEST,
            "size": bytes.len(),
            "digest": name,
            "artifactType": attachment.media_type,
            "annotations": attachment.annotations,
        });
        let count = if is_listed {
            None
        } else {
            Some(self.list(subject, &entry)?)
        };
        Ok(Attached {
            name,
            was_there,
            count,
        })
    }

    /// Puts an entry into the list of what refers to an image; gives how many are in it.
    fn list(&self, subject: &Document, entry: &Value) -> Result<usize, RegistryError> {
        let tag = referrers_tag(&subject.digest);
        let found = found(self.repository().manifest(&tag))?;
        let mut index = match &found {
            Some(found) => self.parse(found, &tag)?,
            None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
        };
        let entries = index.get_mut("manifests").and_then(Value::as_array_mut);
        let entries = entries.ok_or_else(|| {
            self.unusable(
                &tag,
                "it holds something else than a list of what refers to the image",
            )
        })?;
        let is_there = |entries: &[Value]| {
            entries
                .iter()
                .any(|it| it.get("digest") == entry.get("digest"))
        };
        if is_there(entries) {
            return Ok(entries.len());
        }
        if entries.len() >= MAX_ATTACHED {
            let reason = format!("it has {MAX_ATTACHED} entries, and no more are looked at");
            return Err(self.unusable(&tag, &reason));
        }
        entries.push(entry.clone());
        let count = entries.len();
        let bytes = index.to_string().into_bytes();
        self.keep_manifest(&tag, INDEX, &bytes)?;
        let kept = self.repository().manifest(&tag)?;
        let index: Value = self.parse(&kept, &tag)?;
        let entries = index.get("manifests").and_then(Value::as_array);
        if entries.is_some_and(|entries| is_there(entries)) {
            return Ok(count);
        }
        Err(self.unusable(&tag, LOST))
    }

    /// Whether manifests of a type refer to an image.
    pub fn has_referrers(
        &self,
        subject: &Digest,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<bool, RegistryError> {
        let tag = referrers_tag(subject);
        // A registry that lists them need not say of which type they are, and may have a list under the tag too.
        let pages = self.repository().referrers(subject)?.unwrap_or_default().0;
        let tagged = found(self.repository().manifest(&tag))?;
        for listed in pages.iter().chain(&tagged) {
            let index: Manifest = self.parse(listed, &tag)?;
            let mut kinds = index.manifests.iter();
            if kinds.any(|it| it.artifact_type.as_deref().is_some_and(&is_wanted)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn parse<'d, T: serde::Deserialize<'d>>(
        &self,
        document: &'d Document,
        what: &str,
    ) -> Result<T, RegistryError> {
        serde_json::from_slice(&document.bytes)
            .map_err(|error| self.unusable(what, &format!("it cannot be understood: {error}")))
    }

    fn unusable(&self, what: &str, reason: &str) -> RegistryError {
        RegistryError::Attached {
            repository: self.repository().name.clone(),
            what: what.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// What was asked for, or none where the registry has no such thing.
pub(crate) fn found<T>(asked: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_nothing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tag of what cosign 1 and 2 keep beside an image, and `.sig` or `.att` behind it.
pub fn cosign_tag(image: &Digest, end: &str) -> String {
    format!("sha256-{}{end}", image.hex())
}

/// The tag of the list of what refers to an image.
pub(crate) fn referrers_tag(image: &Digest) -> String {
    format!("sha256-{}", image.hex())
}

fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "size": bytes.len(),
        "digest": digest_of(bytes).to_string(),
    })
}

/// What a manifest is: by itself where it says so, else as its registry says.
fn media_type(document: &Document) -> String {
    let parsed = serde_json::from_slice::<Value>(&document.bytes).ok();
    let own = parsed.as_ref().and_then(|it| it.get("mediaType")?.as_str());
    let said = document.media_type.split(';').next().unwrap_or_default();
    own.unwrap_or(said.trim()).to_owned()
}

fn digest_of(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

/// The configuration of an image whose layers are not packed, as what stands under cosign's tags calls itself.
fn config(layers: &[&Value]) -> Vec<u8> {
    let never = "0001-01-01T00:00:00Z";
    let history: Vec<_> = layers.iter().map(|_| json!({ "created": never })).collect();
    let config = json!({
        "architecture": "",
        "created": never,
        "history": history,
        "os": "",
        "rootfs": { "type": "layers", "diff_ids": layers },
        "config": {},
    });
    config.to_string().into_bytes()
}
