//! Images that containerd keeps, read from its files: neither the daemon nor its socket is needed, so that the disk
//! of a machine that does not run can be read as well.
//!
//! Blobs are files named after their digests; what an image is called stands in a database of bbolt.
//! Source: `core/metadata/buckets.go` of <https://github.com/containerd/containerd>, whose schema is version 1.

mod names;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Seek},
    path::Path,
};

use ringwall_bolt::{Bolt, HEAD_BYTES};
use ringwall_image::{Descriptor, Digest, Manifest, Platform, StoredImage};

use self::names::{Named, named_images};
use super::{Finder, ImageError, Store, open_file};
use crate::error::reason;

/// Where containerd keeps everything, if nobody says otherwise.
pub const DEFAULT_ROOT: &str = "/var/lib/containerd";

/// The database, below the root.
const DATABASE: &str = "io.containerd.metadata.v1.bolt/meta.db";

/// The folder of blobs, below the root, as an OCI layout has it.
const CONTENT: &str = "io.containerd.content.v1.content";

/// Largest database that is read.
const MAX_DATABASE_BYTES: u64 = 512 << 20;

/// Times that a database is read that changes meanwhile.
const MOST_READS: usize = 8;

/// Names that a message lists.
const MOST_LISTED: usize = 40;

/// Which image of containerd is meant.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where containerd keeps everything.
    pub root: &'a Path,
    /// The namespace; any that has the image if none is named.
    pub namespace: Option<&'a str>,
    /// Names that it may have, the likeliest first.
    pub names: &'a [String],
    /// Which of several images of an index; if none is named, the only one that is there.
    pub platform: Option<&'a Platform>,
}

/// Finds an image by its name.
pub fn open_image(wanted: &Wanted<'_>) -> Result<StoredImage, ImageError> {
    let path = wanted.root.join(DATABASE);
    let bytes = read_database(&path).map_err(|error| ImageError::Read {
        path: path.display().to_string(),
        reason: reason(&error),
    })?;
    let images = named_images(&bytes).map_err(|reason| ImageError::NoImage {
        path: path.display().to_string(),
        reason,
    })?;
    let (name, target) = choose(&images, wanted)?;
    let finder = Finder {
        path: Path::new(name.name),
        store: Store::Containerd(wanted.root.join(CONTENT)),
        platform: wanted.platform,
    };
    let Some(digest) = target else {
        return Err(finder.none("what it stands for has no digest of SHA-256"));
    };
    let (mut image, _) = finder.indexed(&Manifest {
        config: None,
        layers: Vec::new(),
        manifests: vec![Descriptor {
            media_type: String::new(),
            digest,
            size: 0,
            artifact_type: None,
            platform: None,
            annotations: BTreeMap::new(),
        }],
        subject: None,
        artifact_type: None,
    })?;
    // An id, as the kubelet has it, is no name.
    let is_name = |it: &&Named<'_>| it.digest == Some(digest) && !it.name.starts_with("sha256:");
    let all = images.iter().filter(is_name).map(|it| it.name.to_owned());
    image.names = all.collect::<BTreeSet<_>>().into_iter().collect();
    finder.fitting(image)
}

/// The image that is meant, and what it stands for.
fn choose<'i, 'n>(
    images: &'i [Named<'n>],
    wanted: &Wanted<'_>,
) -> Result<(&'i Named<'n>, Option<Digest>), ImageError> {
    let unclear = |reason| ImageError::Unclear {
        path: wanted.root.display().to_string(),
        reason,
    };
    let is_in = |it: &&Named<'_>| wanted.namespace.is_none_or(|wanted| it.namespace == wanted);
    let found = wanted.names.iter().find_map(|name| {
        let found = images.iter().filter(is_in).filter(|it| it.name == name);
        let found: Vec<_> = found.collect();
        (!found.is_empty()).then_some(found)
    });
    let Some(found) = found else {
        return Err(unclear(not_found(images, wanted)));
    };
    let digests: BTreeSet<_> = found.iter().map(|it| it.digest).collect();
    if let ([one, ..], 1) = (&*found, digests.len()) {
        return Ok((one, one.digest));
    }
    let namespaces: Vec<_> = found.iter().map(|it| shown(it.namespace)).collect();
    Err(unclear(format!(
        "has different images in the namespaces {} of the name {}; choose one with --containerd-namespace",
        namespaces.join(", "),
        found.first().map(|it| shown(it.name)).unwrap_or_default(),
    )))
}

/// What is said where no image has the name: those that there are.
fn not_found(images: &[Named<'_>], wanted: &Wanted<'_>) -> String {
    let name = wanted.names.first().map_or("", String::as_str);
    let place = match wanted.namespace {
        Some(namespace) => format!(" in the namespace {namespace}"),
        None => String::new(),
    };
    if images.is_empty() {
        return format!("holds no images, and so none of the name {name}");
    }
    let listed = images.iter().take(MOST_LISTED);
    let listed = listed.map(|it| format!("\n  {}  {}", shown(it.namespace), shown(it.name)));
    let more = match images.len().saturating_sub(MOST_LISTED) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!(
        "holds no image of the name {name}{place}; there are{}{more}",
        listed.collect::<String>()
    )
}

/// A name of the database, for a message.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

/// Reads a database as it was at one moment, while containerd may write it.
///
/// containerd holds a lock on it for as long as it runs, and writes what is new beside what there was; so nothing is
/// locked, and the file is read again where its root has changed meanwhile.
fn read_database(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open_file(path)?;
    read_settled(|most| {
        file.rewind()?;
        let mut bytes = Vec::new();
        (&mut file).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

/// Reads until what was read is of one moment; `read` gives the first bytes of the file, as many as it is asked for.
fn read_settled(mut read: impl FnMut(u64) -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    let transaction = |bytes: &[u8]| Bolt::open(bytes).map(|file| file.transaction());
    for _ in 0..MOST_READS {
        let bytes = read(MAX_DATABASE_BYTES + 1)?;
        if bytes.len() as u64 > MAX_DATABASE_BYTES {
            return Err(io::Error::other("is larger than 512 MiB"));
        }
        let after = read(HEAD_BYTES as u64)?;
        match (transaction(&bytes), transaction(&after)) {
            (Ok(before), Ok(after)) if before == after => return Ok(bytes),
            // Both of its first pages cannot be written at once.
            (Err(error), Err(_)) => return Err(io::Error::other(error.to_string())),
            _ => {}
        }
    }
    Err(io::Error::other(
        "changes faster than it is read; try again, or read a copy",
    ))
}

#[cfg(test)]
mod tests;
