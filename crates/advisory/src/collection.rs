//! What a file that holds many advisories came to.

use std::collections::BTreeMap;

use crate::Advisory;

/// The advisories of one file, and what of it is none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    /// What can be looked for.
    pub advisories: Vec<Advisory>,
    /// Entries that could not be read.
    pub unreadable: Vec<UnreadableEntry>,
    /// How many entries are about nothing that can be looked for, by what they are about.
    pub elsewhere: BTreeMap<String, u64>,
}

/// An entry that is damaged; those beside it are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableEntry {
    /// Where it is in the file.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// A file that is not of the format it was read as, or is cut.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CollectionError(pub(crate) String);

impl Collection {
    pub(crate) fn unreadable(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        self.unreadable.push(UnreadableEntry {
            place: place.into(),
            reason: reason.into(),
        });
    }

    pub(crate) fn elsewhere(&mut self, what: impl Into<String>) {
        *self.elsewhere.entry(what.into()).or_default() += 1;
    }
}
