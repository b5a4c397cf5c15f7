//! What an OCI layout keeps beside an image to say who signed it.
//!
//! Where it is looked for:
//! - under the names that cosign gives: `sha256-<digest>.sig` and `.att`, of
//!   <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery>;
//! - where `cosign save` puts it: entries of the kind `dev.cosignproject.cosign/sigs` and `/atts`, of
//!   <https://github.com/sigstore/cosign/blob/main/pkg/oci/layout/index.go>;
//! - among manifests whose `subject` is the image, of
//!   <https://github.com/opencontainers/image-spec/blob/main/manifest.md>: in the index, in the index under the name
//!   `sha256-<digest>`, and among blobs that no index names, as `cosign save` leaves them; so are signatures of Notation.

use std::{collections::BTreeSet, fs, path::Path};

use ringwall_image::{
    Descriptor, Digest, Manifest, Platform, SignedImage, SignedManifest, StoredLayer,
    UnreadableSignature, is_bundle, is_notation, read_blob,
};

use super::{Finder, ImageError, MAX_DEPTH, MAX_FILES, Place, Store, blob_name};

/// Bytes of all manifests that name signatures: registries take none above 4 MiB.
const MAX_MANIFEST_BYTES: usize = 64 << 20;

/// Blobs among which manifests are looked for that no index names.
const MAX_BLOBS: usize = 10_000;

/// Bytes of the largest blob that may be such a manifest.
const MAX_LOOSE_BYTES: u64 = 256 << 10;

/// Configurations of images; empty where nobody says.
const IMAGE_CONFIGS: [&str; 4] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    // Early builders said no more than this.
    "application/octet-stream",
    "",
];

/// Entries of a list of what refers to an image; no more signatures are looked at.
const MAX_LISTED: usize = 1_000;

/// The folder of blobs in a layout.
const BLOBS: &str = "blobs/sha256";

/// Finds the image that an OCI layout holds, and what says who signed it.
pub fn open_signatures(
    path: &Path,
    platform: Option<&Platform>,
) -> Result<SignedImage, ImageError> {
    let finder = Finder::open(path, platform)?;
    let Some(index) = finder.find("index.json") else {
        let reason =
            "it has no index.json; only OCI layouts keep signatures, and `skopeo copy` makes one";
        return Err(finder.none(reason));
    };
    let bytes = finder.document(&index, "index.json")?;
    let index: Manifest = finder.parse(&bytes, "index")?;
    let image = finder.signed(&index)?;
    if let Some(manifest) = finder.find("manifest.json") {
        finder.require_signed(&manifest, &index, &image)?;
    }
    let mut search = Search {
        finder: &finder,
        image,
        seen: BTreeSet::new(),
        manifest_bytes: 0,
    };
    search.named(&index);
    search.loose();
    Ok(search.image)
}

impl Finder<'_> {
    /// Whether an entry of the outermost index is kept beside an image, and is none.
    ///
    /// Whoever makes a layout chooses its marks, so that an image is one whatever it is marked as.
    pub(super) fn is_attached(&self, entry: &Descriptor) -> bool {
        // An entry for a platform is an image; one without may refer to another.
        if entry.platform.is_some() {
            return false;
        }
        let is_marked =
            attached_name(entry).is_some() || is_of_cosign(entry) || is_signature(entry);
        let Ok(bytes) = self.described(entry, "manifest") else {
            // What is not there cannot run.
            return is_marked;
        };
        serde_json::from_slice::<Manifest>(&bytes).map_or(is_marked, |manifest| {
            (is_marked || manifest.subject.is_some()) && self.runs_nowhere(&manifest)
        })
    }

    /// Whether a manifest is none of an image, or one that has only what is said of another: cosign gives these a
    /// configuration of an image. A list is that of such manifests alone.
    fn runs_nowhere(&self, manifest: &Manifest) -> bool {
        let Some(config) = &manifest.config else {
            let mut entries = manifest.manifests.iter();
            let is_short = manifest.manifests.len() <= MAX_LISTED;
            return is_short
                && entries.all(|entry| {
                    let read = self.described(entry, "manifest");
                    let listed = read.map(|bytes| serde_json::from_slice::<Manifest>(&bytes));
                    entry.platform.is_none()
                        && match listed {
                            Ok(Ok(listed)) => {
                                listed.manifests.is_empty() && self.runs_nowhere(&listed)
                            }
                            _ => true,
                        }
                });
        };
        let mut layers = manifest.layers.iter();
        !IMAGE_CONFIGS.contains(&&*config.media_type)
            || (!manifest.layers.is_empty() && layers.all(|it| says_something(&it.media_type)))
    }

    /// The image without what is attached to it.
    fn signed(&self, index: &Manifest) -> Result<SignedImage, ImageError> {
        let mut image = SignedImage::default();
        let mut index = index.clone();
        let mut is_meant = true;
        for depth in 0..=MAX_DEPTH {
            let is_nested = depth > 0;
            let chosen = match self.pick(&index, is_nested) {
                // A signature of the whole index is one of each of its images.
                Err(ImageError::Platforms { .. } | ImageError::Several { .. })
                    if self.platform.is_none() && is_nested =>
                {
                    return Ok(image);
                }
                chosen => chosen?,
            };
            // Nor does a signature of one entry say anything of the index, which may come to have others: a pod that
            // names the index is admitted by a signature of the index alone.
            is_meant &= !is_nested || self.platform.is_some();
            let bytes = self.described(chosen, "manifest")?;
            let manifest: Manifest = self.parse(&bytes, "manifest")?;
            if is_meant {
                image.digests.push(chosen.digest);
                let described = SignedManifest::new(chosen.digest, &bytes, &chosen.media_type);
                image.manifests.push(described);
            }
            image.names.extend(name(chosen).map(str::to_owned));
            if manifest.config.is_some() || manifest.manifests.is_empty() {
                let parts = manifest.config.iter().chain(&manifest.layers);
                image.content = parts.map(|part| self.stored(part)).collect();
                return Ok(image);
            }
            index = manifest;
        }
        Err(self.none("its indexes are nested too deep"))
    }

    fn stored(&self, part: &Descriptor) -> StoredLayer {
        StoredLayer {
            digest: Some(part.digest),
            size_bytes: part.size,
            diff_id: None,
            blob: Box::new(self.place(part)),
        }
    }

    /// Where a blob is, or that it is missing.
    fn place(&self, part: &Descriptor) -> Place {
        let place = self.find(&blob_name(&part.digest));
        place.unwrap_or_else(|| Place::Missing(format!("the blob {}", part.digest)))
    }
}

/// The search for what is attached to an image.
struct Search<'f, 'p> {
    finder: &'f Finder<'p>,
    image: SignedImage,
    /// Manifests that were looked at.
    seen: BTreeSet<Digest>,
    manifest_bytes: usize,
}

impl Search<'_, '_> {
    /// What an index names.
    fn named(&mut self, index: &Manifest) {
        for entry in &index.manifests {
            let is_named =
                attached_name(entry).is_some_and(|(digest, _)| self.image.is_image(&digest));
            let is_list = attached_name(entry).is_some_and(|(_, is_list)| is_list);
            if is_named && is_list {
                self.list(entry);
            } else if is_named || is_of_cosign(entry) {
                self.manifest(entry, false);
            } else if attached_name(entry).is_none() && self.finder.is_attached(entry) {
                self.manifest(entry, true);
            }
        }
    }

    /// The list of what refers to the image, in registries that keep none themselves.
    fn list(&mut self, entry: &Descriptor) {
        let Some(bytes) = self.blob(entry) else {
            return;
        };
        match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(list) => {
                for entry in &list.manifests {
                    self.manifest(entry, true);
                }
            }
            Err(error) => self.unreadable(&entry.digest, &error),
        }
    }

    /// Manifests that no index names.
    fn loose(&mut self) {
        let (names, is_all) = self.finder.store.blobs();
        if !is_all {
            self.image.miss(format!(
                "it has more than {MAX_BLOBS} blobs, and not all were searched"
            ));
        }
        for digest in names {
            if self.seen.contains(&digest) || self.image.is_image(&digest) {
                continue;
            }
            let Some(place) = self.finder.find(&blob_name(&digest)) else {
                continue;
            };
            if !place.size().is_ok_and(|size| size <= MAX_LOOSE_BYTES) {
                continue;
            }
            // What is no manifest of something attached may be anything, damaged or not.
            let manifest = read_blob(&place, &digest, MAX_LOOSE_BYTES);
            let manifest = manifest.map(|bytes| serde_json::from_slice::<Manifest>(&bytes));
            if let Ok(Ok(manifest)) = manifest {
                self.seen.insert(digest);
                self.attached(&manifest, true);
            }
        }
    }

    fn manifest(&mut self, entry: &Descriptor, has_to_refer: bool) {
        if !self.seen.insert(entry.digest) {
            return;
        }
        let Some(bytes) = self.blob(entry) else {
            return;
        };
        match serde_json::from_slice(&bytes) {
            Ok(manifest) => self.attached(&manifest, has_to_refer),
            Err(error) => self.unreadable(&entry.digest, &error),
        }
    }

    fn attached(&mut self, manifest: &Manifest, has_to_refer: bool) {
        let subject = manifest.subject.as_ref().map(|it| it.digest);
        if has_to_refer && !subject.is_some_and(|it| self.image.is_image(&it)) {
            return;
        }
        let finder = self.finder;
        self.image.attach(manifest, |layer| {
            let place = finder.place(layer);
            // What is not there says so when it is read.
            let size_bytes = place.size().unwrap_or(0);
            (Box::new(place), size_bytes)
        });
    }

    /// The bytes of a manifest, as long as all of them are not too many.
    fn blob(&mut self, entry: &Descriptor) -> Option<Vec<u8>> {
        let place = self.finder.place(entry);
        let left = MAX_MANIFEST_BYTES.saturating_sub(self.manifest_bytes);
        match read_blob(&place, &entry.digest, left as u64) {
            Ok(bytes) => {
                self.manifest_bytes += bytes.len();
                Some(bytes)
            }
            Err(unreadable) => {
                self.image.unreadable.push(unreadable);
                None
            }
        }
    }

    fn unreadable(&mut self, digest: &Digest, reason: &dyn ToString) {
        self.image.unreadable.push(UnreadableSignature {
            digest: Some(*digest),
            reason: format!("its manifest cannot be understood: {}", reason.to_string()),
        });
    }
}

impl Store {
    /// The digests of its blobs in order, and whether these are all.
    fn blobs(&self) -> (BTreeSet<Digest>, bool) {
        let digest = |name: &str| format!("sha256:{name}").parse().ok();
        let mut digests: BTreeSet<Digest> = match self {
            Self::Folder(folder) | Self::Containerd(folder) => {
                let entries = fs::read_dir(folder.join(BLOBS)).into_iter().flatten();
                let names = entries.flatten().map(|entry| entry.file_name());
                names
                    .filter_map(|name| digest(name.to_str()?))
                    .take(MAX_FILES)
                    .collect()
            }
            Self::Archive(files) => {
                let names = files.keys().filter_map(|name| name.strip_prefix(BLOBS));
                names
                    .filter_map(|name| digest(name.strip_prefix('/')?))
                    .collect()
            }
        };
        let rest = digests.iter().nth(MAX_BLOBS).copied();
        let is_all = rest.is_none();
        if let Some(rest) = rest {
            digests.split_off(&rest);
        }
        (digests, is_all)
    }
}

/// The name of an entry, as the layout or containerd has it.
pub(super) fn name(entry: &Descriptor) -> Option<&str> {
    let names = [
        "org.opencontainers.image.ref.name",
        "io.containerd.image.name",
    ];
    let mut names = names.iter().filter_map(|key| entry.annotations.get(*key));
    names.next().map(String::as_str)
}

/// The digest in the name of what is attached, and whether it is a list: `sha256-<digest>.sig`, `.att`, `.sbom`, and
/// nothing for a list. What stands before it is the name of a repository.
fn attached_name(entry: &Descriptor) -> Option<(Digest, bool)> {
    let tag = name(entry)?.rsplit([':', '/']).next()?;
    let rest = tag.strip_prefix("sha256-")?;
    let (digits, end) = rest.split_once('.').unwrap_or((rest, ""));
    let digest = format!("sha256:{digits}").parse().ok()?;
    matches!(end, "" | "sig" | "att" | "sbom").then_some((digest, end.is_empty()))
}

fn is_of_cosign(entry: &Descriptor) -> bool {
    let kind = entry.annotations.get("kind").map(String::as_str);
    matches!(
        kind,
        Some("dev.cosignproject.cosign/sigs" | "dev.cosignproject.cosign/atts")
    )
}

/// Whether a layer of this type says something of an image, and is no layer of one.
fn says_something(media_type: &str) -> bool {
    let is_sbom = ["text/spdx", "application/spdx", "application/vnd.cyclonedx"]
        .iter()
        .any(|start| media_type.starts_with(start));
    let others = [
        "application/vnd.dev.cosign.simplesigning.v1+json",
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.in-toto+json",
        "application/vnd.syft+json",
        "application/jose+json",
        "application/cose",
    ];
    is_sbom || is_bundle(media_type) || others.contains(&media_type)
}

fn is_signature(entry: &Descriptor) -> bool {
    let kind = entry.artifact_type.as_deref();
    kind.is_some_and(|kind| is_bundle(kind) || is_notation(kind))
}
