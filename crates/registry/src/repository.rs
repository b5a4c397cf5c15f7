//! One repository, in a registry and its mirrors.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK};
use ringwall_image::{Blob as _, Descriptor, Digest};
use ringwall_input::image_reference::ImageReference;
use sha2::{Digest as _, Sha256};

use crate::{
    Patience, RegistryError, Settings, attached::found, endpoint::Endpoint, layer::RemoteLayer,
    login::Use, settings::api_host,
};

/// Largest manifest or configuration that is read: what registries have to take at least is 4 MiB.
const MAX_DOCUMENT_BYTES: u64 = 8 << 20;

/// Pages of one list that are read.
const MAX_PAGES: usize = 100;

/// What can be read in the place of a manifest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// A document of a repository.
#[derive(Clone, Debug)]
pub struct Document {
    /// SHA-256 of its bytes, which is the one that was asked for.
    pub digest: Digest,
    /// What the registry says that it is.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One repository, in a registry and its mirrors.
#[derive(Debug)]
pub struct Repository {
    /// Registry and path: `docker.io/library/nginx`.
    pub name: String,
    /// The mirrors, and the registry itself as the last one.
    endpoints: Vec<Endpoint>,
    /// The one that answered last.
    first: AtomicUsize,
    /// Layers that came to nothing although they were tried again.
    pub(crate) given_up: AtomicUsize,
    pub(crate) patience: Patience,
}

impl Repository {
    /// The repository of an image. Asks nobody yet.
    pub fn new(image: &ImageReference<'_>, settings: &Settings) -> Result<Self, RegistryError> {
        let (registry, path) = (image.domain(), image.path());
        let (known, _) = settings.of(registry);
        let mut endpoints = Vec::new();
        for mirror in &known.mirrors {
            let mirror = mirror.trim_end_matches('/');
            let (host, path) = match mirror.split_once('/') {
                Some((host, prefix)) => (host, format!("{prefix}/{path}")),
                None => (mirror, path.to_string()),
            };
            endpoints.push(Endpoint::new(host, path, settings, Use::Read)?);
        }
        let path = path.to_string();
        endpoints.push(Endpoint::new(registry, path, settings, Use::Read)?);
        Ok(Self::of(image, endpoints, settings))
    }

    /// The repository of an image in its registry alone: what a mirror has is not all of it, and is somebody else's.
    pub fn without_mirrors(
        image: &ImageReference<'_>,
        settings: &Settings,
    ) -> Result<Self, RegistryError> {
        Self::in_registry(image, settings, Use::Read)
    }

    /// The same, for a use.
    pub(crate) fn in_registry(
        image: &ImageReference<'_>,
        settings: &Settings,
        use_: Use,
    ) -> Result<Self, RegistryError> {
        let path = image.path().to_string();
        let endpoint = Endpoint::new(image.domain(), path, settings, use_)?;
        Ok(Self::of(image, vec![endpoint], settings))
    }

    fn of(image: &ImageReference<'_>, endpoints: Vec<Endpoint>, settings: &Settings) -> Self {
        Self {
            name: image.name(),
            endpoints,
            first: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            patience: settings.patience,
        }
    }

    /// A manifest or index by its tag or digest; of a digest, the bytes are checked.
    pub fn manifest(&self, name: &str) -> Result<Document, RegistryError> {
        let stated = name.contains(':').then(|| self.digest(name)).transpose()?;
        let place = format!("manifests/{name}");
        self.try_each(|endpoint| {
            let (bytes, headers) = endpoint.document(&place, MANIFESTS, MAX_DOCUMENT_BYTES)?;
            let text = |name: &str| headers_text(&headers, name);
            let digest = Digest::new(Sha256::digest(&bytes).into());
            // A tag may lead anywhere, but the registry knows where.
            let said = text("docker-content-digest").and_then(|said| said.parse().ok());
            if let Some(stated) = stated.or(said)
                && stated != digest
            {
                let reason = format!("the manifest {stated} has the digest {digest}");
                return Err(endpoint.connection.answer(reason));
            }
            Ok(Document {
                digest,
                media_type: text(CONTENT_TYPE.as_str()).unwrap_or_default().to_owned(),
                bytes,
            })
        })
    }

    /// The pages of the list of what refers to an image, and whether these are all; none of a registry that keeps no
    /// such list.
    pub(crate) fn referrers(
        &self,
        subject: &Digest,
    ) -> Result<Option<(Vec<Document>, bool)>, RegistryError> {
        let pages = self.try_each(|endpoint| {
            let mut place = format!("referrers/{subject}");
            let mut pages = Vec::new();
            loop {
                let (bytes, headers) = endpoint.document(&place, MANIFESTS, MAX_DOCUMENT_BYTES)?;
                let media_type = headers_text(&headers, CONTENT_TYPE.as_str());
                pages.push(Document {
                    digest: Digest::new(Sha256::digest(&bytes).into()),
                    media_type: media_type.unwrap_or_default().to_owned(),
                    bytes,
                });
                let Some(next) = headers_text(&headers, LINK.as_str()) else {
                    return Ok((pages, true));
                };
                match next_page(next, &endpoint.connection.registry, &endpoint.repository) {
                    Some(next) if pages.len() < MAX_PAGES => place = next,
                    _ => return Ok((pages, false)),
                }
            }
        });
        found(pages)
    }

    /// A small blob whose bytes are those of the descriptor.
    pub fn described(&self, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, RegistryError> {
        let place = format!("blobs/{}", descriptor.digest);
        self.try_each(|endpoint| {
            let (bytes, _) = endpoint.document(&place, "", MAX_DOCUMENT_BYTES)?;
            let digest = Digest::new(Sha256::digest(&bytes).into());
            if digest == descriptor.digest {
                return Ok(bytes);
            }
            let reason = format!("the {what} {} has the digest {digest}", descriptor.digest);
            Err(endpoint.connection.answer(reason))
        })
    }

    /// A blob of any size whose bytes are those of the descriptor, written as it comes.
    ///
    /// `progress` is told how many bytes there are of how many.
    pub fn blob(
        self: &Arc<Self>,
        descriptor: &Descriptor,
        to: &mut dyn Write,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> io::Result<()> {
        let layer = RemoteLayer {
            repository: Arc::clone(self),
            digest: descriptor.digest,
            size: descriptor.size,
        };
        let mut stream = layer.open()?;
        let mut buffer = vec![0; 64 << 10];
        let mut read = 0;
        loop {
            let count = match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            to.write_all(buffer.get(..count).unwrap_or_default())?;
            read += count as u64;
            progress(read, Some(descriptor.size));
        }
    }

    /// Asks the mirrors and the registry until one of them answers, the one that answered last before the others.
    pub(crate) fn try_each<T>(
        &self,
        mut ask: impl FnMut(&Endpoint) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let first = self.first.load(Ordering::Relaxed);
        let (before, from) = self.endpoints.split_at(first.min(self.endpoints.len()));
        let order = from.iter().zip(first..).chain(before.iter().zip(0..));
        let mut errors: Vec<RegistryError> = Vec::new();
        for (endpoint, at) in order {
            match ask(endpoint) {
                Ok(value) => {
                    self.first.store(at, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(error) => errors.push(error),
            }
        }
        Err(match <[RegistryError; 1]>::try_from(errors) {
            Ok([error]) => error,
            Err(errors) => RegistryError::Everywhere {
                image: self.name.clone(),
                errors,
            },
        })
    }

    fn digest(&self, text: &str) -> Result<Digest, RegistryError> {
        text.parse().map_err(|_| RegistryError::Reference {
            reference: format!("{}@{text}", self.name),
            reason: "only digests of sha256 can be read".to_owned(),
        })
    }
}

/// The place in a repository where a list goes on: `</v2/team/shop/referrers/...?n=2>; rel="next"`, or the whole
/// address of that.
///
/// `None` where that is in another repository, or at another host.
fn next_page(link: &str, registry: &str, repository: &str) -> Option<String> {
    let (address, _) = link.trim().strip_prefix('<')?.split_once('>')?;
    let path = match address.split_once("://") {
        Some((_, address)) => address.strip_prefix(api_host(registry))?,
        None => address,
    };
    let place = path.strip_prefix("/v2/")?.strip_prefix(repository)?;
    let place = place.strip_prefix('/')?;
    place.starts_with("referrers/").then(|| place.to_owned())
}

fn headers_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
