//! What `image sign` and `image attest` share: who signs, what, and where it goes.

mod key;
mod program;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, anyhow, bail};
use ringwall_image::Digest;
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{
    Attached, Attachment, Document, WritableRepository, cosign_tag, resolve_image,
};
use ringwall_trust::{BUNDLE_TYPE, signed_bundle, statement_message};
use zeroize::Zeroizing;

pub(super) use self::key::Key;
use super::{image_scan::parse_platform, registry::settings};
use crate::args::{image::sign::TargetArgs, registry::RegistryArgs};

/// What all media types of bundles begin with.
const BUNDLES: &str = "application/vnd.dev.sigstore.bundle";

/// An image that is signed, in its registry.
pub(super) struct Target {
    repository: WritableRepository,
    manifest: Document,
}

impl Target {
    /// Finds what a reference names: its digest is signed, whatever its tag names later.
    pub(super) fn find(args: &TargetArgs, registry: &RegistryArgs) -> Result<Self> {
        let name = &*args.image;
        let platform = args.platform.as_deref().map(parse_platform).transpose()?;
        if Path::new(name).exists() {
            bail!(
                "{name} is a file or folder here, and images are signed in their registry: push it first"
            );
        }
        let reference = ImageReference::parse(name)
            .map_err(|error| anyhow!("{name} is no name of an image: {error}"))?;
        let settings = settings(registry, args.config.as_ref())?;
        let repository = WritableRepository::new(&reference, &settings)?;
        let manifest = resolve_image(&reference, platform.as_ref(), repository.repository())?;
        Ok(Self {
            repository,
            manifest,
        })
    }

    /// Registry and path, without a tag: a signature is about the digest.
    pub(super) fn name(&self) -> &str {
        &self.repository.repository().name
    }

    /// What is signed.
    pub(super) const fn digest(&self) -> &Digest {
        &self.manifest.digest
    }

    /// Adds to what cosign 1 and 2 look at.
    pub(super) fn add_layer(
        &self,
        end: &str,
        attachment: &Attachment,
        is_same: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Result<Attached> {
        let tag = cosign_tag(self.digest(), end);
        let attached = self.repository.add_layer(&tag, attachment, is_same)?;
        if self.has_bundles() {
            warn(&format!(
                "{} has bundles too, and cosign since 2.6 looks at these alone then: --bundle makes one",
                self.name()
            ));
        }
        Ok(attached)
    }

    /// Signs a statement, and puts it beside the image as a bundle.
    pub(super) fn add_bundle(
        &self,
        key: &Key,
        statement: &[u8],
        predicate_type: &str,
    ) -> Result<Attached> {
        let signature = key.sign(&statement_message(statement))?;
        let annotations = [
            ("dev.sigstore.bundle.content", "dsse-envelope"),
            ("dev.sigstore.bundle.predicateType", predicate_type),
        ];
        let attachment = Attachment {
            media_type: BUNDLE_TYPE,
            bytes: signed_bundle(statement, &signature, key.public())?,
            annotations: annotations
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        let is_first = !self.has_bundles();
        let attached = self.repository.add_referrer(&self.manifest, &attachment)?;
        if is_first {
            for end in [".sig", ".att"] {
                let tag = cosign_tag(self.digest(), end);
                if self.repository.repository().manifest(&tag).is_ok() {
                    warn(&format!(
                        "cosign since 2.6 looks no more at {tag} of {}, as the image has a bundle now",
                        self.name()
                    ));
                }
            }
        }
        Ok(attached)
    }

    /// Whether there is any; a registry that does not say decides nothing.
    fn has_bundles(&self) -> bool {
        let is_bundle = |kind: &str| kind.starts_with(BUNDLES);
        let found = self.repository.has_referrers(self.digest(), is_bundle);
        found.unwrap_or(false)
    }

    /// Says what came of it, on standard output.
    pub(super) fn told(&self, done: &str, key: &Key, attached: &Attached) -> Result<()> {
        let mut out = io::stdout().lock();
        let (name, digest) = (self.name(), self.digest());
        let again = if attached.was_there {
            ", as it was already"
        } else {
            ""
        };
        writeln!(out, "{name}@{digest} is {done}{again}")?;
        writeln!(out, "  by the key sha256:{}", key.public().fingerprint())?;
        match attached.count {
            Some(1) => writeln!(out, "  in {}", attached.name)?,
            Some(count) => writeln!(out, "  in {}, one of {count}", attached.name)?,
            None => writeln!(out, "  in {}, which refers to it", attached.name)?,
        }
        Ok(())
    }
}

/// A file of a bounded size; `-` is standard input.
pub(super) fn read(path: &Path, flag: &str, most: u64) -> Result<Zeroizing<Vec<u8>>> {
    let named = || format!("{flag}: cannot read {}", path.display());
    let mut bytes = Zeroizing::new(Vec::new());
    if path.as_os_str() == "-" {
        let input = io::stdin().lock();
        input.take(most + 1).read_to_end(&mut bytes)
    } else {
        let file = File::open(path).with_context(named)?;
        file.take(most + 1).read_to_end(&mut bytes)
    }
    .with_context(named)?;
    if bytes.len() as u64 > most {
        bail!(
            "{flag}: {} has more than {} KiB",
            path.display(),
            most >> 10
        );
    }
    Ok(bytes)
}

/// Says something that does no harm to what is done.
fn warn(text: &str) {
    // Where nobody listens, nobody is told.
    let _ = writeln!(io::stderr(), "warning: {text}");
}
