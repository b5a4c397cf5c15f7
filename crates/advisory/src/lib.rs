//! Advisories: which versions of which packages have flaws, and the database that knows.
//!
//! [`VersionOrder`] tells which of two versions is newer by the rules of the package manager that they belong to.
//! A version that those rules do not know is an error, never a place in the order: what is decided about a
//! vulnerability must not rest on a guess.
//! [`NpmRange`] and [`Vers`] are sets of versions; [`Purl`] names a package.
//!
//! [`parse_osv`], [`parse_debian_tracker`], [`parse_secdb`] and [`parse_trivy_db`] read what others publish, [`DatabaseBuilder`] makes one file of it, and
//! [`Database::matches`] says what a version of a package has, or what cannot be decided about it.
//!
//! This crate reads no files but the database itself, which it maps, and talks to no registry.

#![warn(clippy::disallowed_methods)]

mod advisory;
mod collection;
mod database;
mod debian_tracker;
mod exploitation;
mod matching;
mod osv;
mod published;
pub mod purl;
mod rating;
mod scope;
mod secdb;
mod trivy;
pub mod version;
mod vex;

pub use advisory::{Advisory, Affected, Details, Interval, Since, Until};
pub use collection::{Collection, CollectionError, UnreadableEntry};
pub use database::{
    AdvisoryHead, Catalogue, Coverage, Database, DatabaseBuilder, DatabaseError, Manifest,
    OpenError, SourceFile, TooLarge,
};
pub use debian_tracker::parse_debian_tracker;
pub use exploitation::{
    CveNumber, ExploitationError, Exploited, Likelihood, parse_epss, parse_kev,
};
pub use matching::{Match, Matches, Undecided};
pub use osv::{OsvError, OsvRecord, Withdrawal, parse_osv};
pub use published::{
    MAX_DATABASE_BYTES, MAX_INDEX_BYTES, PackedFile, PublishedDelta, PublishedError, PublishedFile,
    PublishedIndex,
};
pub use purl::Purl;
pub use rating::Rating;
pub use scope::Scope;
pub use secdb::parse_secdb;
pub use trivy::{is_trivy_db, parse_trivy_db};
pub use version::{NpmRange, Vers, VersionError, VersionOrder};
pub use vex::{
    VexDocument, VexError, VexNamed, VexProduct, VexStatement, VexStatus, VexSubject, VexVersions,
    parse_vex,
};
