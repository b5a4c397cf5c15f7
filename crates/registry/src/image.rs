//! Images of a registry: from a reference to configuration and layers.

use std::{env::consts, sync::Arc};

use ringwall_image::{Config, Descriptor, Digest, Manifest, Platform, StoredImage, StoredLayer};
use ringwall_input::image_reference::ImageReference;
use serde::Deserialize;

use crate::{Document, RegistryError, Repository, Settings, layer::RemoteLayer};

/// Indexes inside indexes that are followed.
const MAX_DEPTH: usize = 4;

/// Most manifests that are asked for to find all images of an index; there are some twenty platforms.
const MAX_MANIFESTS: usize = 128;

/// Most layers of an image; runtimes take some 500 at most.
const MAX_LAYERS: usize = 1_000;

/// Configurations of images; with others, a registry keeps charts, policies and whatever else.
pub(crate) const CONFIGS: [&str; 3] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    // Early builders said no more than this.
    "application/octet-stream",
];

/// Finds an image in its registry: of several platforms the one that is asked for, or linux on this machine's processor.
///
/// Layers are asked for when they are opened.
pub fn open_image(
    reference: &ImageReference<'_>,
    platform: Option<&Platform>,
    settings: &Settings,
) -> Result<StoredImage, RegistryError> {
    let finder = Finder {
        image: reference.to_string(),
        repository: Arc::new(Repository::new(reference, settings)?),
        platform,
    };
    // The digest decides where there is one; a tag is asked for otherwise, `latest` if none is named.
    let tag = reference.effective_tag();
    let name = reference.digest.or(tag).unwrap_or("latest");
    let (digest, manifest) = finder.manifest(name, MAX_DEPTH)?;
    finder.image(digest, &manifest)
}

/// Finds every image that a reference leads to: of an index all of them, for whatever platform.
///
/// What stands beside them for no platform, such as attestations of a builder, is left out.
pub fn open_images(
    reference: &ImageReference<'_>,
    settings: &Settings,
) -> Result<Vec<StoredImage>, RegistryError> {
    let finder = Finder {
        image: reference.to_string(),
        repository: Arc::new(Repository::new(reference, settings)?),
        platform: None,
    };
    let tag = reference.effective_tag();
    let name = reference.digest.or(tag).unwrap_or("latest");
    let mut all = All::default();
    finder.all(name, &[], &mut all)?;
    if all.images.is_empty() {
        return Err(finder.none("its index has no images"));
    }
    Ok(all.images)
}

/// Finds what a reference means in a repository: what its tag names, an index where it is one, or with a platform
/// the manifest of the image for that.
pub fn resolve_image(
    reference: &ImageReference<'_>,
    platform: Option<&Platform>,
    repository: &Arc<Repository>,
) -> Result<Document, RegistryError> {
    let tag = reference.effective_tag();
    let name = reference.digest.or(tag).unwrap_or("latest");
    let Some(platform) = platform else {
        return repository.manifest(name);
    };
    let finder = Finder {
        image: reference.to_string(),
        repository: Arc::clone(repository),
        platform: Some(platform),
    };
    let (digests, manifest) = finder.manifest(name, MAX_DEPTH)?;
    // What an index does not say of its images, their configurations do.
    let image = finder.image(digests, &manifest)?;
    match image.digest {
        Some(digest) => repository.manifest(&digest.to_string()),
        None => repository.manifest(name),
    }
}

/// All images of an index, as they are found.
#[derive(Default)]
struct All {
    images: Vec<StoredImage>,
    asked: usize,
}

pub(crate) struct Finder<'p> {
    pub(crate) image: String,
    pub(crate) repository: Arc<Repository>,
    pub(crate) platform: Option<&'p Platform>,
}

impl Finder<'_> {
    fn none(&self, reason: impl Into<String>) -> RegistryError {
        RegistryError::NoImage {
            image: self.image.clone(),
            reason: reason.into(),
        }
    }

    fn parse<'b, T: Deserialize<'b>>(
        &self,
        bytes: &'b [u8],
        what: &str,
    ) -> Result<T, RegistryError> {
        serde_json::from_slice(bytes)
            .map_err(|error| self.none(format!("its {what} cannot be understood: {error}")))
    }

    /// The digests that stand for what a reference means: of the indexes that lead to it, and its own as the last.
    ///
    /// Without a platform, what is meant is an index where the name leads to one, and none of its images: a pod that
    /// names the index is admitted by a signature of the index alone.
    pub(crate) fn digests(
        &self,
        reference: &ImageReference<'_>,
    ) -> Result<Vec<Digest>, RegistryError> {
        let tag = reference.effective_tag();
        let name = reference.digest.or(tag).unwrap_or("latest");
        if self.platform.is_some() {
            let (digests, manifest) = self.manifest(name, MAX_DEPTH)?;
            // What an index does not say of its images, their configurations do.
            self.image(digests.clone(), &manifest)?;
            return Ok(digests);
        }
        let document = self.repository.manifest(name)?;
        let _: Manifest = self.parse(&document.bytes, "manifest")?;
        Ok(vec![document.digest])
    }

    /// The manifest of an image that a name leads to, directly or by an index.
    /// Its digest is the last of those that lead to it.
    fn manifest(&self, name: &str, depth: usize) -> Result<(Vec<Digest>, Manifest), RegistryError> {
        let document = self.repository.manifest(name)?;
        let manifest: Manifest = self.parse(&document.bytes, "manifest")?;
        if manifest.config.is_some() {
            return Ok((vec![document.digest], manifest));
        }
        if manifest.manifests.is_empty() {
            let media_type = &document.media_type;
            return Err(self.none(format!(
                "its manifest names no configuration and no images; it is of the type `{media_type}`"
            )));
        }
        if depth == 0 {
            return Err(self.none("its indexes are nested too deep"));
        }
        let chosen = self.choose(&manifest.manifests)?;
        let (digests, manifest) = self.manifest(&chosen.digest.to_string(), depth - 1)?;
        Ok(([vec![document.digest], digests].concat(), manifest))
    }

    /// Adds every image that a name leads to, below the indexes that lead to it.
    fn all(&self, name: &str, above: &[Digest], all: &mut All) -> Result<(), RegistryError> {
        all.asked += 1;
        if all.asked > MAX_MANIFESTS {
            return Err(self.none(format!(
                "its index leads to more than {MAX_MANIFESTS} manifests"
            )));
        }
        if above.len() > MAX_DEPTH {
            return Err(self.none("its indexes are nested too deep"));
        }
        let document = self.repository.manifest(name)?;
        let manifest: Manifest = self.parse(&document.bytes, "manifest")?;
        let digests = [above, &[document.digest]].concat();
        if manifest.config.is_some() {
            all.images.push(self.image(digests, &manifest)?);
            return Ok(());
        }
        if manifest.manifests.is_empty() {
            let media_type = &document.media_type;
            return Err(self.none(format!(
                "its manifest names no configuration and no images; it is of the type `{media_type}`"
            )));
        }
        let mut known = Vec::new();
        for descriptor in manifest.manifests.iter().filter(|it| is_image(it)) {
            // One may stand for several platforms.
            if !known.contains(&descriptor.digest) {
                known.push(descriptor.digest);
                self.all(&descriptor.digest.to_string(), &digests, all)?;
            }
        }
        Ok(())
    }

    /// The only image of an index, or the one for the platform.
    fn choose<'m>(&self, all: &'m [Descriptor]) -> Result<&'m Descriptor, RegistryError> {
        let images: Vec<_> = all.iter().filter(|it| is_image(it)).collect();
        if let ([one], None) = (&*images, self.platform) {
            return Ok(one);
        }
        let this_machine = host();
        let wanted = self.platform.unwrap_or(&this_machine);
        let fitting: Vec<_> = images
            .iter()
            .filter(|it| it.platform.as_ref().is_none_or(|it| it.fits(wanted)))
            .collect();
        let stated = |it: &&&Descriptor| it.platform.as_ref().map(ToString::to_string);
        match &*fitting {
            [one] => Ok(one),
            // Images for several releases of Windows have one platform, and their order is the builder's choice.
            [first, others @ ..]
                if stated(first).is_some()
                    && (self.platform.is_none()
                        || others.iter().all(|it| stated(it) == stated(first))) =>
            {
                Ok(first)
            }
            _ => {
                let platforms = images.iter().filter_map(|it| it.platform.as_ref());
                let mut platforms: Vec<_> = platforms.map(ToString::to_string).collect();
                platforms.dedup();
                Err(RegistryError::Platforms {
                    image: self.image.clone(),
                    count: if fitting.is_empty() {
                        "no image"
                    } else {
                        "several images"
                    },
                    wanted: wanted.to_string(),
                    platforms: platforms.join(", "),
                })
            }
        }
    }

    fn image(
        &self,
        mut digests: Vec<Digest>,
        manifest: &Manifest,
    ) -> Result<StoredImage, RegistryError> {
        let config = manifest.config.as_ref();
        let config = config.ok_or_else(|| self.none("its manifest names no configuration"))?;
        let media_type = &*config.media_type;
        if !media_type.is_empty() && !CONFIGS.contains(&media_type) {
            return Err(self.none(format!("its configuration is of the type `{media_type}`")));
        }
        if manifest.layers.len() > MAX_LAYERS {
            return Err(self.none(format!("it has more than {MAX_LAYERS} layers")));
        }
        let bytes = self.repository.described(config, "configuration")?;
        let config: Config = self.parse(&bytes, "configuration")?;
        // An index need not say what its images are for; their configurations do.
        let made_for = Platform {
            os: config.os.clone(),
            architecture: config.architecture.clone(),
            variant: config.variant.clone(),
        };
        if let Some(wanted) = self.platform
            && !made_for.fits(wanted)
        {
            return Err(RegistryError::Platforms {
                image: self.image.clone(),
                count: "no image",
                wanted: wanted.to_string(),
                platforms: made_for.to_string(),
            });
        }
        let layers = manifest.layers.iter().enumerate();
        let layers = layers.map(|(at, layer)| StoredLayer {
            digest: Some(layer.digest),
            size_bytes: layer.size,
            diff_id: config.rootfs.diff_ids.get(at).copied(),
            blob: Box::new(RemoteLayer {
                repository: Arc::clone(&self.repository),
                digest: layer.digest,
                size: layer.size,
            }),
        });
        Ok(StoredImage {
            digest: digests.pop(),
            indexes: digests,
            names: vec![self.image.clone()],
            layers: layers.collect(),
            config,
        })
    }
}

/// Whether an index names an image: attestations of a builder stand beside them, for a platform that is none.
fn is_image(descriptor: &Descriptor) -> bool {
    let platform = descriptor.platform.as_ref();
    platform.is_none_or(|it| it.os != "unknown")
}

/// Linux on this machine's processor, as Go names it: containers run on Linux, on other systems in a virtual machine.
fn host() -> Platform {
    let architecture = match consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        other => other,
    };
    Platform {
        os: "linux".to_owned(),
        architecture: architecture.to_owned(),
        variant: None,
    }
}
