//! Images by name: in a file where there is one, else in a registry, as flags and `ringwall.toml` say.

use std::{
    env, fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result, anyhow, bail};
use ringwall_collect::image::open_image as open_file;
use ringwall_image::{Blob, Platform, StoredImage};
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{Authority, HostSettings, Settings, credential_files, open_image};

use super::judging::Configured;
use crate::{args::registry::RegistryArgs, progress::Progress};

/// Ends of names that are files by what people mean, also where the file is not there.
const ENDS_OF_FILES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".oci", ".json", ".spdx"];

/// Finds an image in a file of that name, else in its registry.
pub(super) fn open(
    path: &Path,
    platform: Option<&Platform>,
    args: &RegistryArgs,
    config: Option<&PathBuf>,
) -> Result<StoredImage> {
    if is_file(path)? {
        return Ok(open_file(path, platform)?);
    }
    let name = path.to_string_lossy();
    let settings = settings(args, config)?;
    Ok(open_image(&reference(&name)?, platform, &settings)?)
}

/// Whether an image is in a file or folder. What lies at the name of an image in a registry is neither taken for it nor
/// passed over: whoever put it there would choose what is judged.
pub(super) fn is_file(path: &Path) -> Result<bool> {
    if !path.exists() {
        return Ok(false);
    }
    let name = path.to_string_lossy();
    if !is_meant_as_file(&name)
        && let Ok(reference) = ImageReference::parse(&name)
        && let Some(host) = reference.registry
        // Capitals alone make a registry too, and are ordinary in names of folders.
        && (host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost"))
    {
        bail!(
            "{name} is a file or folder here, and may be an image at {host} as well: write ./{name} for the file"
        );
    }
    Ok(true)
}

/// Whether people who write this mean a file.
fn is_meant_as_file(name: &str) -> bool {
    name.starts_with(['.', '/', '\\', '~'])
        || (ENDS_OF_FILES.iter().any(|end| name.ends_with(end)) && !name.contains([':', '@']))
}

/// The image in a registry that is meant by what is no file.
pub(super) fn reference(name: &str) -> Result<ImageReference<'_>> {
    if is_meant_as_file(name) {
        bail!("cannot read {name}: there is no such file or folder");
    }
    ImageReference::parse(name)
        .map_err(|error| anyhow!("{name} is no file, and no name of an image: {error}"))
}

/// How registries are reached.
pub(super) fn settings(args: &RegistryArgs, config: Option<&PathBuf>) -> Result<Settings> {
    let configured = Configured::load(config)?;
    let mut settings = Settings {
        plain_http: args.plain_http,
        credential_files: credential_files(|name| env::var_os(name)),
        ..Settings::default()
    };
    for file in &args.registry_ca {
        settings.authorities.push(authority(file)?);
    }
    for (name, registry) in &configured.registries {
        let ca = configured.path(registry.ca.as_ref());
        let authorities = ca.as_deref().map(authority).transpose()?;
        let host = HostSettings {
            mirrors: registry.mirrors.clone(),
            authorities: authorities.into_iter().collect(),
            plain_http: registry.plain_http,
        };
        settings.hosts.insert(name.clone(), host);
    }
    Ok(settings)
}

fn authority(file: &Path) -> Result<Authority> {
    let name = file.display().to_string();
    let pem = fs::read(file).with_context(|| format!("cannot read the authority {name}"))?;
    Ok(Authority { name, pem })
}

/// The image, whose layers tell how much of them was read.
pub(super) fn with_progress(mut image: StoredImage, progress: &Arc<Progress>) -> StoredImage {
    let total = image.layers.iter().map(|layer| layer.size_bytes).sum();
    let read = Arc::<AtomicU64>::default();
    let layers = image.layers.into_iter().map(|mut layer| {
        layer.blob = Box::new(Counted {
            inner: layer.blob,
            read: Arc::clone(&read),
            total,
            progress: Arc::clone(progress),
        });
        layer
    });
    image.layers = layers.collect();
    image
}

struct Counted<T> {
    inner: T,
    read: Arc<AtomicU64>,
    total: u64,
    progress: Arc<Progress>,
}

impl<T: std::fmt::Debug> std::fmt::Debug for Counted<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl Blob for Counted<Box<dyn Blob>> {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Counted {
            inner: self.inner.open()?,
            read: Arc::clone(&self.read),
            total: self.total,
            progress: Arc::clone(&self.progress),
        }))
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = self.read.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        self.progress.report_bytes(read, self.total);
        Ok(count)
    }
}
