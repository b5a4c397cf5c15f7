//! `Cargo.lock`, of all versions.
//!
//! See: <https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html> and the sources of packages in
//! <https://doc.rust-lang.org/cargo/reference/pkgid-spec.html>.

use super::{
    Damage, Listing, LockFileKind, NO_RELEASE,
    tables::{self, TableSource},
};

/// How crates.io is named as a source.
const CRATES_IO: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
];

/// A crate of the same name on crates.io is another one.
const OTHER_REGISTRY: &str = "come from a registry that is not crates.io";

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    tables::read(
        text,
        LockFileKind::Cargo,
        listing,
        |table, name, line, listing| {
            match &table.source {
                // A member of the workspace, or a folder.
                None => Ok(()),
                Some(TableSource::Address(source)) if CRATES_IO.contains(&&**source) => {
                    listing.package(name, &table.version, line, false)
                }
                Some(TableSource::Address(source))
                    if source.starts_with("registry+") || source.starts_with("sparse+") =>
                {
                    listing.unlisted(OTHER_REGISTRY, line);
                    Ok(())
                }
                Some(_) => {
                    listing.unlisted(NO_RELEASE, line);
                    Ok(())
                }
            }
        },
    )
}
