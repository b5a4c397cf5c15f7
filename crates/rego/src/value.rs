//! Values: JSON and sets, shared and ordered.
//!
//! A clone costs one count of references. Objects and sets keep their members sorted by OPA's order
//! (null < false < true < numbers < strings < arrays < objects < sets), so that walking them is deterministic
//! and looking something up is a binary search.

use std::{cell::RefCell, cmp::Ordering, fmt, sync::Arc};

use serde_json::Value as Json;

use crate::{Need, Number};

/// A value of Rego.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Arc<[Value]>),
    /// An object; keys may be any value.
    Object(Arc<Object>),
    /// A set.
    Set(Arc<Set>),
}

/// Members of an object, sorted by key, each key once.
#[derive(Clone, Default)]
pub struct Object {
    entries: Vec<(Value, Value)>,
    /// The head of each key, so that looking one up reads few other places: see [`head`].
    heads: Box<[u64]>,
    measure: Measure,
}

/// Members of a set, sorted, each once.
#[derive(Clone, Debug, Default)]
pub struct Set {
    members: Vec<Value>,
    measure: Measure,
}

/// How large a value is if nothing in it is shared. What looks at a whole value takes time by this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Values inside of each other, itself included.
    pub(crate) nodes: u32,
    /// How deep they are.
    pub(crate) depth: u32,
}

impl Measure {
    /// Of a collection; `seen` counts the members of arrays that were gone through for it.
    fn around<'v>(members: impl IntoIterator<Item = &'v Value>, seen: &mut u64) -> Self {
        let mut whole = Self::ONE;
        for member in members {
            whole.add(member.measure(seen));
        }
        whole
    }

    /// Of something that holds nothing.
    const ONE: Self = Self { nodes: 1, depth: 1 };

    /// Adds a member to a collection.
    fn add(&mut self, member: Self) {
        self.nodes = self.nodes.saturating_add(member.nodes);
        self.depth = self.depth.max(member.depth.saturating_add(1));
    }
}

impl Object {
    /// Sorts entries by key; the later of two entries of one key stays.
    pub fn from_entries(mut entries: Vec<(Value, Value)>) -> Self {
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let mut unique: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
            for entry in entries {
                match unique.last_mut() {
                    Some(last) if last.0 == entry.0 => *last = entry,
                    _ => unique.push(entry),
                }
            }
            entries = unique;
        }
        Self::sorted(entries)
    }

    /// Sorts entries by key; `None` if two entries of one key have different values.
    pub fn from_unique(mut entries: Vec<(Value, Value)>) -> Option<Self> {
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let conflict = entries
                .windows(2)
                .any(|pair| matches!(pair, [a, b] if a.0 == b.0 && a.1 != b.1));
            if conflict {
                return None;
            }
            entries.dedup_by(|a, b| a.0 == b.0);
        }
        Some(Self::sorted(entries))
    }

    fn sorted(entries: Vec<(Value, Value)>) -> Self {
        let members = entries.iter().flat_map(|(key, value)| [key, value]);
        let measure = Measure::around(members, &mut 0);
        Self::measured(entries, measure)
    }

    /// Entries in their order, with how large they are.
    fn measured(entries: Vec<(Value, Value)>, measure: Measure) -> Self {
        Self {
            measure,
            heads: entries
                .iter()
                .map(|(key, _)| match key {
                    Value::String(text) => head(text),
                    key if key.rank() < Value::STRING_RANK => 0,
                    _ => u64::MAX,
                })
                .collect(),
            entries,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        if let Value::String(text) = key {
            return self.get_str(text);
        }
        let index = self
            .entries
            .binary_search_by(|entry| entry.0.cmp(key))
            .ok()?;
        self.entries.get(index).map(|entry| &entry.1)
    }

    /// The value of a key that is a string.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        let wanted = head(key);
        let start = if self.heads.len() <= LINEAR {
            self.heads.iter().position(|head| *head >= wanted)?
        } else {
            self.heads.partition_point(|head| *head < wanted)
        };
        let candidates = self
            .heads
            .get(start..)?
            .iter()
            .zip(self.entries.get(start..)?);
        for (head, (name, value)) in candidates {
            if *head != wanted {
                return None;
            }
            // Equal heads and lengths are all of a short key.
            if let Value::String(name) = name
                && name.len() == key.len()
                && (key.len() <= 8 || **name == *key)
            {
                return Some(value);
            }
        }
        None
    }

    /// Keys and values in the order of the keys.
    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }
}

/// Up to so many heads are looked through one by one.
const LINEAR: usize = 16;

/// The first eight bytes of a text as a number that orders like the text does; shorter ones are filled with zeros.
#[inline]
fn head(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    for (place, byte) in first.iter_mut().zip(bytes) {
        *place = *byte;
    }
    u64::from_be_bytes(first)
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.entries.iter().map(|entry| (&entry.0, &entry.1)))
            .finish()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.heads == other.heads && self.entries == other.entries
    }
}

impl Eq for Object {}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Object {
    fn cmp(&self, other: &Self) -> Ordering {
        self.entries.cmp(&other.entries)
    }
}

impl Set {
    /// Sorts members and drops those that are there already.
    pub fn from_members(mut members: Vec<Value>) -> Self {
        if !members.is_sorted_by(|a, b| a < b) {
            members.sort();
            members.dedup();
        }
        Self {
            measure: Measure::around(&members, &mut 0),
            members,
        }
    }

    /// Whether a value is in the set.
    pub fn contains(&self, member: &Value) -> bool {
        self.find(member).is_some()
    }

    /// The member that equals a value.
    pub fn find(&self, member: &Value) -> Option<&Value> {
        let index = self.members.binary_search(member).ok()?;
        self.members.get(index)
    }

    /// The members in their order.
    pub fn members(&self) -> &[Value] {
        &self.members
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl Eq for Set {}

impl PartialOrd for Set {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Set {
    fn cmp(&self, other: &Self) -> Ordering {
        self.members.cmp(&other.members)
    }
}

/// Keys that a thread keeps for the next object.
const KEPT_KEYS: usize = 512;

/// Longer keys are not kept.
const KEPT_LENGTH: usize = 40;

thread_local! {
    /// Keys that objects had.
    static KEYS: RefCell<Keys> = RefCell::new(Keys(vec![Arc::from(""); KEPT_KEYS]));
}

/// Keys, each in the place that its text tells.
struct Keys(Vec<Arc<str>>);

impl Keys {
    fn key(&mut self, text: &str) -> Value {
        if text.len() > KEPT_LENGTH {
            return Value::from(text);
        }
        let end = text
            .as_bytes()
            .last_chunk::<8>()
            .map_or(0, |end| u64::from_be_bytes(*end));
        let mixed = head(text)
            .wrapping_add(end.rotate_left(23))
            .wrapping_add(text.len() as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 32) as usize % KEPT_KEYS;
        match self.0.get_mut(place) {
            Some(known) => {
                if **known != *text {
                    *known = Arc::from(text);
                }
                Value::String(Arc::clone(known))
            }
            None => Value::from(text),
        }
    }

    /// What is needed, which is added to how large the collection around it is.
    fn needed(&mut self, json: &Json, need: &Need, around: &mut Measure) -> Value {
        let mut measure = Measure::ONE;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(
                number
                    .as_i64()
                    .map(Number::from)
                    .or_else(|| number.to_string().parse().ok())
                    .unwrap_or_else(|| Number::from(0)),
            ),
            Json::String(text) => Value::String(Arc::from(text.as_str())),
            Json::Array(items) => Value::Array(match need.item() {
                Some(need) => {
                    let needed = |item| self.needed(item, need, &mut measure);
                    items.iter().map(needed).collect()
                }
                None => Arc::default(),
            }),
            Json::Object(members) => {
                let mut needed = Vec::with_capacity(members.len());
                for (key, value) in members {
                    if let Some(need) = need.member(key) {
                        measure.add(Measure::ONE);
                        needed.push((self.key(key), self.needed(value, need, &mut measure)));
                    }
                }
                // Maps of JSON are sorted unless somebody has them keep their order.
                Value::Object(Arc::new(if needed.is_sorted_by(|a, b| a.0 < b.0) {
                    Object::measured(needed, measure)
                } else {
                    Object::from_entries(needed)
                }))
            }
        };
        around.add(measure);
        value
    }
}

impl Value {
    const STRING_RANK: u8 = 3;

    /// A string that is the key of an object. Objects have the same few hundred again and again, so that most need no
    /// memory of their own.
    pub fn key(text: &str) -> Self {
        KEYS.with_borrow_mut(|keys| keys.key(text))
    }

    /// What is needed of JSON.
    pub fn needed(json: &Json, need: &Need) -> Self {
        KEYS.with_borrow_mut(|keys| keys.needed(json, need, &mut Measure::default()))
    }

    /// Where the type stands in OPA's order of types.
    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => Self::STRING_RANK,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
            Self::Set(_) => 6,
        }
    }

    /// The name of the type, as `type_name` gives it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
        }
    }

    /// How large it is. Arrays are gone through, which `seen` counts; objects and sets know.
    pub(crate) fn measure(&self, seen: &mut u64) -> Measure {
        match self {
            Self::Array(items) => {
                *seen += items.len() as u64;
                Measure::around(items.iter(), seen)
            }
            Self::Object(object) => object.measure,
            Self::Set(set) => set.measure,
            _ => Measure::ONE,
        }
    }

    /// Text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON: sets become arrays, keys that are no strings become their JSON text, as OPA's results do.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => number_to_json(number),
            Self::String(text) => Json::String(text.to_string()),
            Self::Array(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Set(set) => Json::Array(set.members().iter().map(Self::to_json).collect()),
            Self::Object(object) => Json::Object(
                object
                    .entries()
                    .iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Self::String(text) => text.to_string(),
                            other => other.to_json().to_string(),
                        };
                        (key, value.to_json())
                    })
                    .collect(),
            ),
        }
    }
}

fn number_to_json(number: &Number) -> Json {
    if let Some(whole) = number.as_i64() {
        return Json::from(whole);
    }
    // JSON holds whole numbers up to 2^64 exactly.
    if let Ok(whole) = number.to_string().parse::<u64>() {
        return Json::from(whole);
    }
    serde_json::Number::from_f64(number.as_f64()).map_or(Json::Null, Json::Number)
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        Self::needed(json, &Need::whole())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number::from(value))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Set(a), Self::Set(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => {
                if Arc::ptr_eq(a, b) {
                    return Ordering::Equal;
                }
                a.cmp(b)
            }
            (Self::Array(a), Self::Array(b)) => {
                if Arc::ptr_eq(a, b) {
                    return Ordering::Equal;
                }
                a.cmp(b)
            }
            (Self::Object(a), Self::Object(b)) => {
                if Arc::ptr_eq(a, b) {
                    return Ordering::Equal;
                }
                a.cmp(b)
            }
            (Self::Set(a), Self::Set(b)) => {
                if Arc::ptr_eq(a, b) {
                    return Ordering::Equal;
                }
                a.cmp(b)
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{KEPT_LENGTH, Measure, Object, Value};
    use crate::Number;

    #[test]
    fn a_key_is_its_text_whatever_was_kept_before() {
        // More keys than are kept, those of one length and one end among them.
        let texts = (0..5_000).map(|number| format!("{number}/name"));
        let texts = texts.chain((0..=KEPT_LENGTH + 2).map(|length| "k".repeat(length)));
        let texts: Vec<String> = texts.collect();
        for text in texts.iter().chain(&texts) {
            assert_eq!(Value::key(text).as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn what_comes_from_json_is_as_large_as_what_is_put_together() {
        let json = serde_json::json!({"a": [1, [2, {"b": null, "c": []}], "x"], "d": {}, "e": {"f": {"g": [true]}}});
        let read = Value::from(&json);
        let text = |text: &str| Value::from(text);
        let object = |entries: Vec<(&str, Value)>| {
            let entries = entries.into_iter().map(|(key, value)| (text(key), value));
            Value::Object(Arc::new(Object::from_entries(entries.collect())))
        };
        let array = |items: Vec<Value>| Value::Array(items.into());
        let inner = object(vec![("b", Value::Null), ("c", array(vec![]))]);
        let items = vec![
            Value::from(1),
            array(vec![Value::from(2), inner]),
            text("x"),
        ];
        let deepest = object(vec![("g", array(vec![Value::Bool(true)]))]);
        let made = object(vec![
            ("a", array(items)),
            ("d", object(vec![])),
            ("e", object(vec![("f", deepest)])),
        ]);
        assert_eq!(read, made);
        assert_eq!(read.measure(&mut 0), made.measure(&mut 0));
        // Itself and three keys, ten at and in `a` with their two keys, `{}`, and six at and in `e`.
        assert_eq!(
            read.measure(&mut 0),
            Measure {
                nodes: 4 + 10 + 1 + 6,
                depth: 5
            }
        );
    }

    #[test]
    fn whole_numbers_of_64_bits_stay_exact_in_json() {
        for text in [
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551615",
        ] {
            let number: Number = text.parse().unwrap();
            assert_eq!(Value::Number(number).to_json().to_string(), text);
        }
    }
}
