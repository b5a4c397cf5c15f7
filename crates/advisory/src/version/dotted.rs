//! Versions that are nothing but numbers and separators.

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// Numbers with one separator between each two of them.
pub(super) struct Numbers<'a> {
    text: &'a str,
    separators: &'static [char],
}

impl<'a> Numbers<'a> {
    pub(super) fn parse(text: &'a str, separators: &'static [char]) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        if !text.split(separators).all(numerals::is_number) {
            return Err("it is more than numbers and single separators");
        }
        Ok(Self { text, separators })
    }

    /// Number by number; of two versions that begin alike the longer one is newer.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| version.text.split(version.separators).map(Some);
        numerals::compare_padded(numbers(self), numbers(other), None, |one, other| {
            match (one, other) {
                (Some(one), Some(other)) => numerals::compare(one, other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            }
        })
    }
}
