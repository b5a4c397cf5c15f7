//! Container images: manifests, layers as they stream by, and the packages that they hold.
//!
//! Bytes come in as streams, and what they mean goes out: this crate opens nothing.
//! Layers are never unpacked to disk. Each is walked once, only the files that [`Wanted`] names are read,
//! and [`Contents`] puts the layers on top of each other as a runtime would.
#![warn(clippy::disallowed_methods)]

mod ahead;
mod as_go;
mod cache;
mod contents;
mod gunzip;
mod hiding;
mod layer;
mod links;
mod lists;
mod lock_files;
mod malware;
mod manifest;
mod notable;
mod package;
mod packages;
mod path_hash;
mod remains;
mod repository;
mod sbom;
mod search;
mod signed;
mod stored;
pub mod tar;
mod wanted;

pub use as_go::AsGo;
pub use contents::{Contents, Gap, Placed, PlacedMalware, PlacedNotable, PlacedSecrets};
pub use gunzip::Gunzip;
pub use layer::{
    Distribution, Layer, LayerReader, Limits, Listed, Owner, PACKING_BYTES, ReadFile, Says,
    unread_packing,
};
pub use lock_files::{Damage, LockFile, LockFileKind, LockedPackage, Unlisted};
pub use malware::Malware;
pub use manifest::{
    Config, Descriptor, Digest, DigestError, Execution, History, Manifest, Platform, RootFs,
};
pub use notable::Notable;
pub use package::{Ecosystem, Package, SourcePackage};
pub use repository::{AttachedTag, Kept, KeptKind, Missing, RepositoryContents};
pub use sbom::{MAX_SBOM_BYTES, Sbom, SbomError, SbomFormat, Subject, Unread};
pub use search::{SecretFound, Secrets, search_text};
pub use signed::{
    Attached, AttachedKind, SignedImage, SignedManifest, UnreadableSignature, is_bundle,
    is_notation, read_blob,
};
pub use stored::{Blob, StoredImage, StoredLayer};
pub use wanted::Wanted;
