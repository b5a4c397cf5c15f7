//! The order of Haskell's packages: numbers with a dot between them.
//!
//! See: <https://pvp.haskell.org>

use std::cmp::Ordering;

use super::dotted::Numbers;

/// As Cabal reads it.
pub(super) struct Version<'a>(Numbers<'a>);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        Numbers::parse(text, &['.']).map(Self)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}
