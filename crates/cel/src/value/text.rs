//! Text and bytes that are borrowed or shared.

use std::{ops::Deref, sync::Arc};

/// Text, borrowed from where it lies or shared.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Part of the input or of the program.
    Borrowed(&'a str),
    /// Made by an evaluation.
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Text<'_> {
    /// How many characters it has.
    pub(crate) fn character_count(&self) -> usize {
        if self.is_ascii() {
            self.len()
        } else {
            self.chars().count()
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl std::hash::Hash for Text<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// Bytes, borrowed from where they lie or shared.
#[derive(Clone, Debug)]
pub enum Blob<'a> {
    /// Part of the program.
    Borrowed(&'a [u8]),
    /// Made by an evaluation.
    Shared(Arc<[u8]>),
}

impl Deref for Blob<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}
