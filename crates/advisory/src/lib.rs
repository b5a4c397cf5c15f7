//! Version orders of package ecosystems, and package URLs.
//!
//! [`VersionOrder`] tells which of two versions is newer by the rules of the package manager that they belong to.
//! A version that those rules do not know is an error, never a place in the order: what is decided about a
//! vulnerability must not rest on a guess.
//! [`NpmRange`] and [`Vers`] are sets of versions; [`Purl`] names a package.
//!
//! This crate reads no files and talks to no registry; it is handed text.

#![warn(clippy::disallowed_methods)]

pub mod purl;
pub mod version;

pub use purl::Purl;
pub use version::{NpmRange, Vers, VersionOrder};
