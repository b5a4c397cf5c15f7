//! How much of a list is kept: whoever builds an image writes it, and the name of one folder may stand in the paths of
//! millions of files.

use crate::{Package, Says};

/// Bytes of names and paths that are kept of a list, with what it takes to keep them.
/// A desktop with all that its distribution has stays below a quarter of it.
pub(super) const MAX_KEPT_BYTES: usize = 256 << 20;

/// Bytes that a package takes besides its texts.
pub(super) const PACKAGE_BYTES: usize = 512;

/// Bytes that a path takes besides itself.
pub(crate) const PATH_BYTES: usize = 32;

/// What is said of a list for whose rest there is no room.
pub(super) const FULL: &str = "names more packages and files than any image has";

/// The room that is left for a list.
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MAX_KEPT_BYTES)
    }
}

impl Room {
    #[cfg(test)]
    pub(super) const fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Whether there is room for a package.
    pub(super) fn has_for(&mut self, package: &Package) -> bool {
        take(&mut self.0, package_bytes(package))
    }

    /// Whether there is room for a path of so many bytes.
    pub(super) fn has_for_path(&mut self, bytes: usize) -> bool {
        take(&mut self.0, bytes.saturating_add(PATH_BYTES))
    }
}

/// Takes so many bytes from those that are left, or none of them.
pub(super) fn take(left: &mut usize, count: usize) -> bool {
    let after = left.checked_sub(count);
    *left = after.unwrap_or(*left);
    after.is_some()
}

/// Bytes that it takes to keep a package.
pub(super) fn package_bytes(package: &Package) -> usize {
    let source = package.source.iter();
    let source = source.flat_map(|it| [Some(&it.name), Some(&it.version), it.archive.as_ref()]);
    let texts = [&package.name, &package.version].into_iter();
    let texts = texts.chain(source.flatten()).chain(&package.architecture);
    let texts = texts.chain(&package.module);
    let texts = texts.chain(&package.supposed_group);
    let licences = package.licences.iter().map(|it| it.len() + PATH_BYTES);
    PACKAGE_BYTES + texts.map(String::len).chain(licences).sum::<usize>()
}

impl Says {
    /// Bytes that it takes to keep it.
    pub(crate) fn kept_bytes(&self) -> usize {
        match self {
            Self::Packages(listed) => {
                let packages = listed.packages.iter().map(package_bytes);
                let owners = listed.owners.iter().map(|it| &it.name);
                let paths = listed.files.iter().chain(owners);
                packages.chain(paths.map(|it| it.len() + PATH_BYTES)).sum()
            }
            Self::Roots(names) => names.iter().map(|it| it.len() + PATH_BYTES).sum(),
            Self::Distribution(it) => it.id.len() + it.version_id.len() + it.name.len(),
            Self::Unreadable(reason) => reason.len(),
        }
    }
}
