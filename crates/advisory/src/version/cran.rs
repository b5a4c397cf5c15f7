//! The order of R's packages: numbers, with a dot or a dash between them.
//!
//! See: <https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file>

use std::cmp::Ordering;

use super::dotted::Numbers;

/// As `numeric_version` reads it.
pub(super) struct Version<'a>(Numbers<'a>);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        Numbers::parse(text.trim(), &['.', '-']).map(Self)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}
