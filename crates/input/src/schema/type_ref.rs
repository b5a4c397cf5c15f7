//! Types with fields, each read from its line when it is first asked for, and kept.

use std::{
    fmt,
    sync::{LazyLock, OnceLock},
};

use super::{
    BUILTIN, Field, Rule, Shape, required, rule,
    table::{self, Line, Words},
};
use crate::yaml::fingerprint;

/// A type with fields.
#[derive(Clone, Copy)]
pub struct TypeRef(&'static Type);

struct Type {
    package: &'static str,
    name: &'static str,
    words: Words,
    /// Fields that the API server demands and fills in no default for.
    demanded: &'static [&'static str],
    /// What is demanded of what the fields hold.
    rules: Words,
    /// Which fields exclude each other.
    unions: Vec<&'static str>,
    fields: OnceLock<Vec<Entry>>,
}

/// A field whose shape is read when it is first asked for.
struct Entry {
    name: &'static str,
    /// Tells nearly all names apart without reading them.
    print: u16,
    required: bool,
    code: &'static str,
    rule: Option<Rule>,
    shape: OnceLock<Shape>,
}

/// A line of the table.
struct Slot {
    start: usize,
    read: OnceLock<Option<Box<Type>>>,
}

static SLOTS: LazyLock<Vec<Slot>> = LazyLock::new(|| {
    let starts = table::line_starts(BUILTIN.types);
    let slots = starts.into_iter().map(|start| Slot {
        start,
        read: OnceLock::new(),
    });
    slots.collect()
});

impl TypeRef {
    /// The type of a package with a name.
    pub(super) fn find(package: &str, name: &str) -> Option<Self> {
        let slots: &'static [Slot] = &SLOTS;
        let slot = table::search(BUILTIN.types, slots, |slot| slot.start, package, name)?;
        let read = slot.read.get_or_init(|| {
            let line = Line::new(BUILTIN.types.get(slot.start..)?.lines().next()?)?;
            Some(Box::new(Type::new(line)))
        });
        let found = read.as_deref()?;
        (found.package == package && found.name == name).then_some(Self(found))
    }

    /// The type's own name: `PodSpec`.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Where the type is defined: `core/v1`.
    pub fn package(&self) -> &'static str {
        self.0.package
    }

    /// The field with exactly this name.
    pub fn field(&self, name: &str) -> Option<Field> {
        let print = fingerprint(name.as_bytes());
        let mut entries = self.0.entries().iter();
        let entry = entries.find(|entry| entry.print == print && entry.name == name)?;
        Some(entry.field(self.0.package))
    }

    /// Every field, sorted by name.
    pub fn fields(&self) -> impl Iterator<Item = Field> + use<> {
        let package = self.0.package;
        let entries = self.0.entries().iter();
        entries.map(move |entry| entry.field(package))
    }

    /// Every field's name, sorted. Cheaper than [`TypeRef::fields`].
    pub fn field_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.0.entries().iter().map(|entry| entry.name)
    }

    /// The fields that are refused to be missing, whatever else an object says.
    pub(super) fn demanded(self) -> &'static [&'static str] {
        self.0.demanded
    }

    /// Which of its fields exclude each other.
    pub(super) fn unions(self) -> &'static [&'static str] {
        &self.0.unions
    }
}

impl PartialEq for TypeRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for TypeRef {}

/// Its name alone: types hold each other, and some themselves.
impl fmt::Debug for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.package, self.0.name)
    }
}

impl Type {
    fn new(line: Line) -> Self {
        let rules = rule::rules_of(line.first, line.second);
        Self {
            package: line.first,
            name: line.second,
            words: line.rest,
            demanded: required::demanded(line.first, line.second),
            rules,
            unions: rule::unions_of(rules),
            fields: OnceLock::new(),
        }
    }

    fn entries(&'static self) -> &'static [Entry] {
        self.fields.get_or_init(|| {
            let entry = |word| Entry::new(word, self.rules);
            self.words.iter().filter_map(entry).collect()
        })
    }
}

impl Entry {
    fn new(word: &'static str, rules: Words) -> Option<Self> {
        let (name, code) = word.split_once(':')?;
        let (name, required) = match name.strip_suffix('!') {
            Some(name) => (name, true),
            None => (name, false),
        };
        Some(Self {
            name,
            print: fingerprint(name.as_bytes()),
            required,
            code,
            rule: rules.value(name).and_then(Rule::read),
            shape: OnceLock::new(),
        })
    }

    fn field(&'static self, package: &'static str) -> Field {
        Field {
            name: self.name,
            shape: *self.shape.get_or_init(|| Shape::read(package, self.code)),
            required: self.required,
            rule: self.rule,
        }
    }
}
