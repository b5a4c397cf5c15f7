//! The names of images in the database of containerd.

use ringwall_bolt::{Bolt, Visitor};
use ringwall_image::Digest;

/// The bucket that all others are in.
const SCHEMA: &[u8] = b"v1";
/// The bucket of a namespace with images, by their names.
const IMAGES: &[u8] = b"images";
/// The bucket of an image that says what it stands for, and the key with the digest.
const TARGET: &[u8] = b"target";
const DIGEST: &[u8] = b"digest";

/// An image of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<'a> {
    /// `k8s.io`, `default`, `moby`.
    pub(super) namespace: &'a str,
    /// Mostly with its registry: `docker.io/library/nginx:1.25`.
    pub(super) name: &'a str,
    /// Of a manifest or an index; `None` where it is none of SHA-256.
    pub(super) digest: Option<Digest>,
}

/// The images of all namespaces, in order.
pub(super) fn named_images(bytes: &[u8]) -> Result<Vec<Named<'_>>, String> {
    let mut names = Names {
        images: Vec::new(),
        has_schema: false,
    };
    let visited = Bolt::open(bytes).and_then(|file| file.visit(&mut names));
    visited.map_err(|error| error.to_string())?;
    if !names.has_schema {
        return Err("it is no database of containerd, which would have the bucket v1".to_owned());
    }
    names.images.sort_unstable();
    Ok(names.images)
}

struct Names<'a> {
    images: Vec<Named<'a>>,
    has_schema: bool,
}

impl<'a> Visitor<'a> for Names<'a> {
    fn enters(&mut self, path: &[&'a [u8]]) -> bool {
        self.has_schema |= *path == [SCHEMA];
        matches!(
            *path,
            [SCHEMA]
                | [SCHEMA, _]
                | [SCHEMA, _, IMAGES]
                | [SCHEMA, _, IMAGES, _]
                | [SCHEMA, _, IMAGES, _, TARGET]
        )
    }

    fn pair(&mut self, path: &[&'a [u8]], key: &'a [u8], value: &'a [u8]) {
        let [SCHEMA, namespace, IMAGES, name, TARGET] = *path else {
            return;
        };
        // containerd takes no names that are no text.
        let (Ok(namespace), Ok(name)) = (str::from_utf8(namespace), str::from_utf8(name)) else {
            return;
        };
        if key == DIGEST {
            let digest = str::from_utf8(value).ok();
            self.images.push(Named {
                namespace,
                name,
                digest: digest.and_then(|digest| digest.parse().ok()),
            });
        }
    }
}
