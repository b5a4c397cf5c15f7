//! Lists of which only some items are kept: those that say nothing take no memory.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

use super::MAX_ITEMS;

/// An item of a list.
pub(super) trait Item {
    /// Whether it is kept.
    fn is_kept(&self) -> bool {
        true
    }
}

impl Item for String {}

/// The items that are kept; `null` is an empty list.
#[derive(Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Item + Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Item + Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut kept = Vec::new();
        while let Some(item) = items.next_element::<T>()? {
            if !item.is_kept() {
                continue;
            }
            if kept.len() == MAX_ITEMS {
                return Err(A::Error::custom("a list is longer than a million items"));
            }
            kept.push(item);
        }
        Ok(List(kept))
    }
}
