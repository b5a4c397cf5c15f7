//! Images in files: OCI layouts, as folders and as archives, and what `docker save` writes.
//!
//! Nothing is unpacked: layers are read where they lie.

pub mod containerd;
mod same_image;
mod signatures;
#[cfg(unix)]
mod spool;

pub use signatures::open_signatures;
#[cfg(unix)]
pub use spool::open_stream;

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_image::{
    AsGo, Blob, Config, Descriptor, Digest, Gunzip, Manifest, PACKING_BYTES, Platform, StoredImage,
    StoredLayer, tar::Walk, unread_packing,
};
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};

use crate::{content::open_regular, error::reason};

/// Largest manifest or configuration that is read.
const MAX_DOCUMENT_BYTES: u64 = 16 << 20;

/// Largest archive that is unpacked into memory because it is packed as a whole.
const MAX_PACKED_ARCHIVE_BYTES: u64 = 2 << 30;

/// Most files of an archive: an image has a few for each layer.
const MAX_FILES: usize = 1_000_000;

/// Indexes inside indexes that are followed.
const MAX_DEPTH: usize = 4;

/// Why a path holds no image that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file system says no.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// What was asked for.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Neither a layout nor an archive of an image.
    #[error("{path} holds no image: {reason}")]
    NoImage {
        /// What was asked for.
        path: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// It keeps many images, and none that is meant, or more than one.
    #[error("{path} {reason}")]
    Unclear {
        /// What was asked for.
        path: String,
        /// What there is to choose from.
        reason: String,
    },
    /// It holds several images, and nothing says which is meant.
    #[error("{path} holds images for {platforms}; choose one with --platform")]
    Platforms {
        /// What was asked for.
        path: String,
        /// What there is to choose from.
        platforms: String,
    },
    /// It holds several images, and no platform tells them apart.
    #[error("{path} holds several images: {images}; keep one in it")]
    Several {
        /// What was asked for.
        path: String,
        /// Their names and digests.
        images: String,
    },
}

/// Where a file of an image is.
#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    /// It is not there; what else the image holds is read all the same.
    Missing(String),
    Within {
        path: PathBuf,
        start: u64,
        size: u64,
    },
    Memory {
        bytes: Arc<Vec<u8>>,
        start: u64,
        size: u64,
    },
    /// In a file that has no name.
    #[cfg(unix)]
    Spooled {
        file: Arc<File>,
        start: u64,
        size: u64,
    },
}

impl Blob for Place {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(open_file(path)?),
            Self::Missing(name) => {
                let reason = format!("{name} is missing");
                return Err(io::Error::new(io::ErrorKind::NotFound, reason));
            }
            Self::Within { path, start, size } => {
                let mut file = open_file(path)?;
                file.seek(SeekFrom::Start(*start))?;
                Box::new(file.take(*size))
            }
            Self::Memory { bytes, start, size } => {
                let mut cursor = Cursor::new(Shared(Arc::clone(bytes)));
                cursor.set_position(*start);
                Box::new(cursor.take(*size))
            }
            #[cfg(unix)]
            Self::Spooled { file, start, size } => {
                Box::new(spool::Part::new(Arc::clone(file), *start, *size))
            }
        })
    }
}

impl Place {
    fn size(&self) -> io::Result<u64> {
        match self {
            Self::File(path) => Ok(fs::metadata(path)?.len()),
            Self::Missing(_) => Ok(0),
            Self::Within { size, .. } | Self::Memory { size, .. } => Ok(*size),
            #[cfg(unix)]
            Self::Spooled { size, .. } => Ok(*size),
        }
    }
}

/// Bytes that several readers share.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Finds the image that a path holds.
pub fn open_image(path: &Path, platform: Option<&Platform>) -> Result<StoredImage, ImageError> {
    Finder::open(path, platform)?.image()
}

/// Files by their names.
enum Store {
    Folder(PathBuf),
    /// The content that containerd keeps, which may lack layers that it has unpacked.
    Containerd(PathBuf),
    Archive(HashMap<String, Place>),
}

impl Store {
    fn archive(path: &Path) -> io::Result<Self> {
        let mut file = open_file(path)?;
        let mut start = Vec::with_capacity(PACKING_BYTES);
        (&mut file)
            .take(PACKING_BYTES as u64)
            .read_to_end(&mut start)?;
        if let Some(name) = unread_packing(&start) {
            let reason = format!("it is packed with {name}, which is not read; unpack it first");
            return Err(io::Error::other(reason));
        }
        let is_packed = start.starts_with(&[0x1f, 0x8b]);
        file.seek(SeekFrom::Start(0))?;
        if !is_packed {
            let place = |start, size| Place::Within {
                path: path.to_owned(),
                start,
                size,
            };
            return Self::index(file, place);
        }
        let mut bytes = Vec::new();
        let unpacked = Gunzip::new(file);
        let count = unpacked
            .take(MAX_PACKED_ARCHIVE_BYTES + 1)
            .read_to_end(&mut bytes)?;
        if count as u64 > MAX_PACKED_ARCHIVE_BYTES {
            return Err(io::Error::other(
                "unpacks to more than 2 GiB; unpack it with gunzip, then it is read where it lies",
            ));
        }
        let bytes = Arc::new(bytes);
        let place = |start, size| Place::Memory {
            bytes: Arc::clone(&bytes),
            start,
            size,
        };
        Self::index(Cursor::new(Shared(Arc::clone(&bytes))), place)
    }

    fn index(reader: impl Read + Seek, place: impl Fn(u64, u64) -> Place) -> io::Result<Self> {
        let mut walk = Walk::new(reader);
        let mut files = HashMap::new();
        let mut links = Vec::new();
        while let Some(entry) = walk.next_entry().map_err(io::Error::other)? {
            if files.len() + links.len() >= MAX_FILES {
                return Err(io::Error::other("holds more than a million files"));
            }
            if entry.link.is_empty() {
                files.insert(entry.path, place(walk.position(), entry.size));
            } else {
                // Docker links layers that images of one archive share.
                let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = ringwall_image::tar::clean(&format!("{folder}/{}", entry.link));
                links.push((entry.path, target));
            }
            walk.seek_over()?;
        }
        for (path, target) in links {
            if let Some(place) = files.get(&target).cloned() {
                files.insert(path, place);
            }
        }
        Ok(Self::Archive(files))
    }

    fn find(&self, name: &str) -> Option<Place> {
        match self {
            Self::Folder(folder) | Self::Containerd(folder) => {
                let path = folder.join(name);
                path.is_file().then_some(Place::File(path))
            }
            Self::Archive(files) => files.get(name).cloned(),
        }
    }
}

/// Named pipes and the like stand in no image.
fn open_file(path: &Path) -> io::Result<File> {
    let (file, _) = open_regular(path).map_err(io::Error::other)?;
    Ok(file)
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// An entry of the manifest that `docker save` writes.
#[derive(Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

impl<'de> Deserialize<'de> for Saved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(AsGo(deserializer))
    }
}

struct Finder<'p> {
    path: &'p Path,
    store: Store,
    platform: Option<&'p Platform>,
}

impl<'p> Finder<'p> {
    fn open(path: &'p Path, platform: Option<&'p Platform>) -> Result<Self, ImageError> {
        let read = |error: io::Error| ImageError::Read {
            path: path.display().to_string(),
            reason: reason(&error),
        };
        let store = if fs::metadata(path).map_err(read)?.is_dir() {
            Store::Folder(path.to_owned())
        } else {
            Store::archive(path).map_err(read)?
        };
        Ok(Self {
            path,
            store,
            platform,
        })
    }

    fn none(&self, reason: impl Into<String>) -> ImageError {
        ImageError::NoImage {
            path: self.path.display().to_string(),
            reason: reason.into(),
        }
    }

    /// The image that it holds.
    fn image(&self) -> Result<StoredImage, ImageError> {
        let image = if let Some(index) = self.find("index.json") {
            self.oci(&index)?
        } else if let Some(manifest) = self.find("manifest.json") {
            self.docker(&manifest)?
        } else {
            let reason = "it has neither index.json nor manifest.json";
            return Err(self.none(match &self.store {
                Store::Folder(_) => {
                    format!("{reason}; for the root of a file system, say --from rootfs")
                }
                Store::Containerd(_) | Store::Archive(_) => reason.to_owned(),
            }));
        };
        self.fitting(image)
    }

    /// The image, if it is made for what was asked for: an index need not say so, and a configuration does.
    fn fitting(&self, image: StoredImage) -> Result<StoredImage, ImageError> {
        let made_for = Platform {
            os: image.config.os.clone(),
            architecture: image.config.architecture.clone(),
            variant: image.config.variant.clone(),
        };
        match self.platform {
            Some(wanted) if !made_for.fits(wanted) => {
                Err(self.none(format!("it is made for {made_for}, and not for {wanted}")))
            }
            _ => Ok(image),
        }
    }

    /// A file of the image by its name, which the image itself states: it never leaves the folder.
    fn find(&self, name: &str) -> Option<Place> {
        self.store.find(&ringwall_image::tar::clean(name))
    }

    fn document(&self, place: &Place, name: &str) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        let read = place.open().and_then(|reader| {
            let mut reader = reader.take(MAX_DOCUMENT_BYTES + 1);
            reader.read_to_end(&mut bytes)
        });
        read.map_err(|error| self.none(format!("{name} cannot be read: {error}")))?;
        if bytes.len() as u64 > MAX_DOCUMENT_BYTES {
            return Err(self.none(format!("{name} is larger than 16 MiB")));
        }
        Ok(bytes)
    }

    fn has(&self, digest: &Digest) -> bool {
        self.find(&blob_name(digest)).is_some()
    }

    fn missing_layer(&self, digest: &Digest) -> Place {
        Place::Missing(match self.store {
            Store::Containerd(_) => format!(
                "the blob {digest}, which containerd need not keep (discard_unpacked_layers),"
            ),
            Store::Folder(_) | Store::Archive(_) => format!("the blob {digest}"),
        })
    }

    fn blob(&self, digest: &Digest) -> Result<Place, ImageError> {
        let place = self.find(&blob_name(digest));
        place.ok_or_else(|| self.none(format!("the blob {digest} is missing")))
    }

    /// A document that a descriptor names; its bytes are those of the digest.
    fn described(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, ImageError> {
        let bytes = self.document(&self.blob(&descriptor.digest)?, what)?;
        let digest = Digest::new(Sha256::digest(&bytes).into());
        if digest == descriptor.digest {
            Ok(bytes)
        } else {
            Err(self.none(format!(
                "the {what} {} has the digest {digest}",
                descriptor.digest
            )))
        }
    }

    fn parse<'b, T: Deserialize<'b>>(&self, bytes: &'b [u8], what: &str) -> Result<T, ImageError> {
        serde_json::from_slice(bytes)
            .map_err(|error| self.none(format!("the {what} cannot be understood: {error}")))
    }

    fn oci(&self, index: &Place) -> Result<StoredImage, ImageError> {
        let bytes = self.document(index, "index.json")?;
        let (image, config) = self.indexed(&self.parse(&bytes, "index")?)?;
        if let Some(manifest) = self.find("manifest.json") {
            self.require_same(&manifest, &image, &config)?;
        }
        Ok(image)
    }

    /// The image that an index leads to, and the digest of its configuration.
    fn indexed(&self, index: &Manifest) -> Result<(StoredImage, Digest), ImageError> {
        let (mut indexes, names, manifest) = self.choose(index, 0)?;
        let digest = indexes.pop();
        let config = manifest.config.as_ref();
        let config = config.ok_or_else(|| self.none("the manifest names no configuration"))?;
        let bytes = self.described(config, "configuration")?;
        let config_digest = config.digest;
        let config: Config = self.parse(&bytes, "configuration")?;
        let layers = manifest.layers.iter().enumerate();
        let layers = layers.map(|(at, layer)| StoredLayer {
            digest: Some(layer.digest),
            size_bytes: layer.size,
            diff_id: config.rootfs.diff_ids.get(at).copied(),
            blob: Box::new(
                self.find(&blob_name(&layer.digest))
                    .unwrap_or_else(|| self.missing_layer(&layer.digest)),
            ),
        });
        let image = StoredImage {
            digest,
            indexes,
            names,
            layers: layers.collect(),
            config,
        };
        Ok((image, config_digest))
    }

    /// The entry of an index that is meant: the only image, or the one for the platform.
    fn pick<'i>(&self, index: &'i Manifest, is_nested: bool) -> Result<&'i Descriptor, ImageError> {
        // Attestations of a builder stand beside the images, for a platform that is none.
        let is_image = |it: &&Descriptor| it.platform.as_ref().is_none_or(|it| it.os != "unknown");
        let images = index.manifests.iter().filter(is_image);
        // What is kept beside an image is named by the outermost index.
        let images: Vec<_> = images
            .filter(|it| is_nested || !self.is_attached(it))
            .collect();
        let fits = |it: &&&Descriptor| {
            let (Some(wanted), Some(stated)) = (self.platform, &it.platform) else {
                return true;
            };
            stated.fits(wanted)
        };
        let fitting: Vec<_> = images.iter().filter(fits).collect();
        let here = fitting.iter().filter(|it| self.has(&it.digest)).copied();
        match (&*fitting, &*here.collect::<Vec<_>>()) {
            // Of an index of many, a store has the images that somebody asked for.
            ([one], _) | (_, [one]) => Ok(*one),
            ([], _) if images.is_empty() => Err(self.none("its index names no image")),
            (several, _) if several.iter().any(|it| it.platform.is_none()) => {
                let names = images.iter().map(|it| match signatures::name(it) {
                    Some(name) => format!("{name} ({})", it.digest),
                    None => it.digest.to_string(),
                });
                Err(ImageError::Several {
                    path: self.path.display().to_string(),
                    images: names.collect::<Vec<_>>().join(", "),
                })
            }
            _ => {
                let platforms = images.iter().filter_map(|it| it.platform.as_ref());
                let platforms: Vec<_> = platforms.map(ToString::to_string).collect();
                Err(ImageError::Platforms {
                    path: self.path.display().to_string(),
                    platforms: platforms.join(", "),
                })
            }
        }
    }

    /// The manifest that an index leads to: the only one, or the one for the platform. Its digest is the last of
    /// those that lead to it.
    fn choose(
        &self,
        index: &Manifest,
        depth: usize,
    ) -> Result<(Vec<Digest>, Vec<String>, Manifest), ImageError> {
        let chosen = self.pick(index, depth > 0)?;
        let bytes = self.described(chosen, "manifest")?;
        let manifest: Manifest = self.parse(&bytes, "manifest")?;
        let name = chosen.annotations.get("org.opencontainers.image.ref.name");
        let names = name.into_iter().cloned().collect();
        if manifest.config.is_some() || manifest.manifests.is_empty() {
            return Ok((vec![chosen.digest], names, manifest));
        }
        if depth == MAX_DEPTH {
            return Err(self.none("its indexes are nested too deep"));
        }
        let (digests, inner, manifest) = self.choose(&manifest, depth + 1)?;
        let digests = [vec![chosen.digest], digests].concat();
        Ok((digests, [names, inner].concat(), manifest))
    }

    fn docker(&self, manifest: &Place) -> Result<StoredImage, ImageError> {
        let bytes = self.document(manifest, "manifest.json")?;
        let mut saved: Vec<Saved> = self.parse(&bytes, "manifest")?;
        let one = match saved.len() {
            1 => saved.pop(),
            0 => None,
            count => return Err(self.none(format!("it holds {count} images; save one"))),
        };
        let one = one.ok_or_else(|| self.none("its manifest names no image"))?;
        let place = self.find(&one.config);
        let place = place.ok_or_else(|| self.none(format!("{} is missing", one.config)))?;
        let bytes = self.document(&place, "configuration")?;
        let config: Config = self.parse(&bytes, "configuration")?;
        let layers = one.layers.iter().enumerate().map(|(at, name)| {
            let place = self.find(name);
            let place = place.unwrap_or_else(|| Place::Missing(name.clone()));
            let size = place.size();
            Ok(StoredLayer {
                digest: None,
                size_bytes: size.map_err(|error| self.none(format!("{name}: {error}")))?,
                diff_id: config.rootfs.diff_ids.get(at).copied(),
                blob: Box::new(place),
            })
        });
        Ok(StoredImage {
            digest: None,
            indexes: Vec::new(),
            names: one.repo_tags.unwrap_or_default(),
            layers: layers.collect::<Result<_, _>>()?,
            config,
        })
    }
}
