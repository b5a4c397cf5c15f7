//! Lists and maps over JSON or over values.

use std::{collections::HashMap, sync::Arc};

use super::{Text, Value};

type JsonMap = serde_json::Map<String, serde_json::Value>;

/// A list.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// A JSON array where it lies; elements become values when they are asked for.
    Json(&'a [serde_json::Value]),
    /// Part of the program.
    Borrowed(&'a [Value<'a>]),
    /// Made by an evaluation.
    Shared(Arc<Vec<Value<'a>>>),
}

impl<'a> List<'a> {
    /// How many elements it has.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(elements) => elements.len(),
            Self::Borrowed(elements) => elements.len(),
            Self::Shared(elements) => elements.len(),
        }
    }

    /// The element at a place, from 0.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(elements) => elements.get(index).map(Value::from_json),
            Self::Borrowed(elements) => elements.get(index).map(Value::borrowed),
            Self::Shared(elements) => elements.get(index).cloned(),
        }
    }

    /// All elements.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// A map.
#[derive(Clone, Debug)]
pub enum Map<'a> {
    /// A JSON object where it lies; values are made when they are asked for.
    Json(&'a JsonMap),
    /// Part of the program.
    Borrowed(&'a Entries<'a>),
    /// Made by an evaluation.
    Shared(Arc<Entries<'a>>),
}

impl<'a> Map<'a> {
    /// How many entries it has.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(map) => map.len(),
            Self::Borrowed(entries) => entries.pairs.len(),
            Self::Shared(entries) => entries.pairs.len(),
        }
    }

    /// The value of a key that is text.
    pub fn field(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Json(map) => map.get(name).map(Value::from_json),
            Self::Borrowed(entries) => entries.field(name).map(Value::borrowed),
            Self::Shared(entries) => entries.field(name).cloned(),
        }
    }

    /// The value of a key; numbers of different types are the same key if they are equal.
    pub fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        match (self, key) {
            (_, Value::String(text)) => self.field(text),
            (Self::Json(_), _) => None,
            (Self::Borrowed(entries), _) => entries.get(key).map(Value::borrowed),
            (Self::Shared(entries), _) => entries.get(key).cloned(),
        }
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        self.iter().map(|(key, _)| key)
    }

    /// All entries, in the order of a JSON object's keys or in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + '_ {
        let (json, pairs): (Option<&'a JsonMap>, &[(Value<'a>, Value<'a>)]) = match self {
            Self::Json(map) => (Some(map), &[]),
            Self::Borrowed(entries) => (None, &entries.pairs),
            Self::Shared(entries) => (None, &entries.pairs),
        };
        json.into_iter()
            .flatten()
            .map(|(key, value)| (Value::from(key.as_str()), Value::from_json(value)))
            .chain(
                pairs
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            )
    }
}

/// A map that an expression made.
#[derive(Clone, Debug, Default)]
pub struct Entries<'a> {
    pub(crate) pairs: Vec<(Value<'a>, Value<'a>)>,
    /// Where each key is, once there are too many to look through.
    places: HashMap<Key<'a>, usize>,
}

/// Above this many, keys are found by hash.
const LOOK_THROUGH: usize = 8;

/// A value as a key; equal numbers are the same key, whatever their type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key<'a> {
    Bool(bool),
    Number(i128),
    String(Text<'a>),
}

impl<'a> Key<'a> {
    /// The key that a value stands for when it looks something up.
    pub(crate) fn of(value: &Value<'a>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Number((*value).into()),
            Value::Uint(value) => Self::Number((*value).into()),
            Value::Double(value) => Self::Number(whole(*value)?),
            Value::String(text) => Self::String(text.clone()),
            _ => return None,
        })
    }
}

/// The integer that a double is, if it is one.
pub(crate) fn whole(value: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "in range, as just tested")]
    (value.fract() == 0.0 && value.abs() < 1e30).then_some(value as i128)
}

/// The key of an entry: a double looks entries up, but none is stored under it.
fn stored_key<'a>(key: &Value<'a>) -> Option<Key<'a>> {
    match key {
        Value::Double(_) => None,
        key => Key::of(key),
    }
}

impl<'a> Entries<'a> {
    fn place(&self, key: &Key<'_>) -> Option<usize> {
        if self.places.is_empty() {
            return self.pairs.iter().position(|(found, _)| match (found, key) {
                (Value::String(found), Key::String(wanted)) => **found == **wanted,
                (Value::Bool(found), Key::Bool(wanted)) => found == wanted,
                (Value::Int(found), Key::Number(wanted)) => i128::from(*found) == *wanted,
                (Value::Uint(found), Key::Number(wanted)) => i128::from(*found) == *wanted,
                _ => false,
            });
        }
        self.places.get(key).copied()
    }

    pub(crate) fn get(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let place = self.place(&Key::of(key)?)?;
        self.pairs.get(place).map(|(_, value)| value)
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value<'a>> {
        let place = self.place(&Key::String(Text::Borrowed(name)))?;
        self.pairs.get(place).map(|(_, value)| value)
    }

    /// Adds or replaces an entry; `None` if the key is none: keys are booleans, integers and text.
    pub(crate) fn set(&mut self, key: Value<'a>, value: Value<'a>) -> Option<()> {
        let place = self.place(&stored_key(&key)?);
        match place.and_then(|place| self.pairs.get_mut(place)) {
            Some(entry) => entry.1 = value,
            None => self.push(key, value),
        }
        Some(())
    }

    /// Adds an entry. `Some(false)` if the key is there already, `None` if it is no key.
    pub(crate) fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Option<bool> {
        if self.place(&stored_key(&key)?).is_some() {
            return Some(false);
        }
        self.push(key, value);
        Some(true)
    }

    fn push(&mut self, key: Value<'a>, value: Value<'a>) {
        let next = self.pairs.len();
        if next >= LOOK_THROUGH {
            if self.places.is_empty() {
                for (index, (key, _)) in self.pairs.iter().enumerate() {
                    if let Some(key) = Key::of(key) {
                        self.places.insert(key, index);
                    }
                }
            }
            if let Some(key) = Key::of(&key) {
                self.places.insert(key, next);
            }
        }
        self.pairs.push((key, value));
    }
}
