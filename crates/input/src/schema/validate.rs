//! A walk over an object beside its type: what decoding drops, and what the API server refuses.
//!
//! Decoding is case-sensitive and takes null for everything. Unknown fields are dropped, or refused where
//! strict decoding is asked for; a string for a number, or a number for a string, is refused always.

use std::collections::HashMap;

use memchr::memchr2_iter;

use super::{Rule, Shape, TypeRef, required, rule, suggest};
use crate::{
    quantity::Quantity,
    yaml::{Node, Value},
};

/// Something in an object that is dropped or refused.
#[derive(Clone, Debug)]
pub struct Violation<'a> {
    /// Where it stands, such as `spec.containers[0].securityContext`; empty for the object itself.
    /// For an unknown or missing field, the object that has it or lacks it.
    pub path: String,
    /// The value at fault, or the object that lacks a field.
    pub node: Node<'a>,
    /// The object or list that holds the value at fault, or the object that lacks a field.
    pub parent: Node<'a>,
    /// What is wrong.
    pub kind: ViolationKind<'a>,
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug)]
pub enum ViolationKind<'a> {
    /// The type has no such field.
    UnknownField {
        /// The name as written.
        name: &'a str,
        /// The field that was most likely meant.
        meant: Option<&'static str>,
        /// The type that lacks it.
        of: TypeRef,
    },
    /// Decoding fails.
    WrongType {
        /// What the field holds.
        expected: Shape,
        /// What is written: `a string`.
        found: &'static str,
    },
    /// The API server demands the field and fills in no default.
    MissingRequired {
        /// The field's name.
        field: &'static str,
    },
    /// Of the right type, but none of the values that are accepted.
    InvalidValue {
        /// What the field holds.
        expected: Shape,
    },
    /// Of the right type, but not what the API server demands besides.
    Refused {
        /// What is demanded.
        rule: Rule,
    },
    /// An item of a list that is the same as one above it, where each must be another.
    Repeated {
        /// The fields in which they must differ, joined by commas.
        fields: &'static str,
        /// The item above.
        first: Node<'a>,
    },
    /// Two fields that exclude each other.
    Excluded {
        /// The field that stands first.
        first: Node<'a>,
    },
}

/// Most violations that are told of one object.
const MAX_VIOLATIONS: usize = 200;

/// Deepest nesting that is followed; only aliases and JSON schemas get near it.
const MAX_DEPTH: usize = 300;

/// Everything in an object that its type does not allow, in the order of the text.
pub fn validate(object: Node<'_>, of: TypeRef) -> Vec<Violation<'_>> {
    validate_as(object, Shape::Object(of))
}

/// The same for a value of any shape.
pub fn validate_as(value: Node<'_>, shape: Shape) -> Vec<Violation<'_>> {
    let mut walk = Walk {
        found: Vec::new(),
        repeats: value.document().duplicate_keys().next().is_some(),
    };
    let root = Step {
        before: None,
        part: Part::Root,
        depth: 0,
        is_status: false,
    };
    walk.value(value, value, shape, &root);
    walk.found
}

/// One step from the object to a value; a list on the stack, so that a clean object costs no allocation.
#[derive(Clone, Copy)]
struct Step<'s> {
    before: Option<&'s Step<'s>>,
    part: Part<'s>,
    depth: usize,
    /// Below the object's `status`, which the API server decodes and then ignores.
    is_status: bool,
}

#[derive(Clone, Copy)]
enum Part<'s> {
    Root,
    Field(&'s str),
    Key(&'s str),
    Index(usize),
}

impl<'s> Step<'s> {
    fn then(&'s self, part: Part<'s>) -> Self {
        let starts_status = self.depth == 0 && matches!(part, Part::Field("status"));
        Self {
            before: Some(self),
            part,
            depth: self.depth + 1,
            is_status: self.is_status || starts_status,
        }
    }

    fn path(&self) -> String {
        let mut steps = Vec::with_capacity(self.depth);
        let mut at = Some(self);
        while let Some(step) = at {
            steps.push(step.part);
            at = step.before;
        }
        let mut path = String::new();
        for part in steps.into_iter().rev() {
            match part {
                Part::Root => {}
                Part::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Part::Key(name) => path.extend(["[", name, "]"]),
                Part::Index(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        path
    }
}

struct Walk<'a> {
    found: Vec<Violation<'a>>,
    /// Some mapping of the document repeats a key, so that not every written value counts.
    repeats: bool,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, at: &Step<'_>, node: Node<'a>, parent: Node<'a>, kind: ViolationKind<'a>) {
        if !self.is_full() {
            let path = at.path();
            self.found.push(Violation {
                path,
                node,
                parent,
                kind,
            });
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= MAX_VIOLATIONS
    }

    fn value(&mut self, node: Node<'a>, parent: Node<'a>, shape: Shape, at: &Step<'_>) {
        if at.depth > MAX_DEPTH || matches!(shape, Shape::Any) {
            return;
        }
        let value = node.value();
        match (shape, value) {
            (_, Value::Null) | (Shape::ObjectOrOther(_), Value::Bool(_)) => {}
            (Shape::Object(of) | Shape::ObjectOrOther(of), Value::Mapping) => {
                self.object(node, of, at);
            }
            (Shape::List(item), Value::Sequence) => {
                let shape = item.shape();
                for (index, element) in node.items().enumerate() {
                    self.value(element, node, shape, &at.then(Part::Index(index)));
                }
            }
            (Shape::ObjectOrOther(_), Value::Sequence) => {
                for (index, element) in node.items().enumerate() {
                    if element.is_mapping() {
                        self.value(element, node, shape, &at.then(Part::Index(index)));
                    }
                }
            }
            (Shape::Map(item), Value::Mapping) => {
                let shape = item.shape();
                self.entries(node, |walk, key, value| {
                    walk.value(value, node, shape, &at.then(Part::Key(key.text())));
                });
            }
            (shape, value) => self.scalar(node, parent, (shape, value), at),
        }
    }

    fn scalar(
        &mut self,
        node: Node<'a>,
        parent: Node<'a>,
        (shape, value): (Shape, Value<'_>),
        at: &Step<'_>,
    ) {
        let verdict = judge(shape, value, node, at.is_status);
        let kind = match verdict {
            Verdict::Fits => return,
            Verdict::WrongType => ViolationKind::WrongType {
                expected: shape,
                found: value.noun(),
            },
            Verdict::Invalid => ViolationKind::InvalidValue { expected: shape },
        };
        let is_template = match value {
            Value::String(text) => is_placeholder(text),
            // Without quotes, `{{ .Values.port }}` is an object with an object for a key.
            Value::Mapping => node.document().source.slice(node.span()).starts_with("{{"),
            _ => false,
        };
        if !is_template {
            self.tell(at, node, parent, kind);
        }
    }

    fn object(&mut self, node: Node<'a>, of: TypeRef, at: &Step<'_>) {
        self.entries(node, |walk, key, value| {
            let name = key.text();
            if let Some(field) = of.field(name) {
                let told = walk.found.len();
                let at = at.then(Part::Field(field.name));
                walk.value(value, node, field.shape, &at);
                // What is of the wrong type is told once.
                if let Some(rule) = field.rule
                    && (matches!(rule, Rule::Unique(_)) || walk.found.len() == told)
                {
                    walk.demand(value, node, rule, &at);
                }
            } else if key.is_scalar() && !is_harmless(name, at) && !walk.is_full() {
                let meant = meant(name, node, of);
                walk.tell(
                    at,
                    value,
                    node,
                    ViolationKind::UnknownField { name, meant, of },
                );
            }
        });
        if !at.is_status {
            for field in required::missing(node, of) {
                self.tell(at, node, node, ViolationKind::MissingRequired { field });
            }
            if let Some((first, second)) = rule::excluded(node, of) {
                self.tell(at, second, node, ViolationKind::Excluded { first });
            }
        }
    }

    /// Holds a value, or each one of a list or a map, against what is demanded beyond the shape.
    fn demand(&mut self, node: Node<'a>, parent: Node<'a>, rule: Rule, at: &Step<'_>) {
        if at.is_status {
            return;
        }
        match (rule, node.value()) {
            (Rule::Unique(fields), _) => {
                for (item, first) in rule::repeated(node, fields) {
                    let index = node.items().position(|other| other.is_same(item));
                    let at = at.then(Part::Index(index.unwrap_or_default()));
                    self.tell(&at, item, node, ViolationKind::Repeated { fields, first });
                }
            }
            (Rule::Keys(form), _) => {
                self.entries(node, |walk, key, _| {
                    let name = key.text();
                    if !name.is_empty() && !form.fits_text(name) && !form.is_mark(name) {
                        let at = at.then(Part::Key(name));
                        walk.tell(&at, key, node, ViolationKind::Refused { rule });
                    }
                });
            }
            (_, Value::Sequence) => {
                for (index, item) in node.items().enumerate() {
                    self.demand(item, node, rule, &at.then(Part::Index(index)));
                }
            }
            (_, Value::Mapping) => {
                self.entries(node, |walk, key, value| {
                    walk.demand(value, node, rule, &at.then(Part::Key(key.text())));
                });
            }
            (_, value) => {
                let is_mark = || match (rule, value) {
                    (Rule::Form(form), Value::String(text)) => form.is_mark(text),
                    (_, Value::String(text)) => is_placeholder(text),
                    _ => false,
                };
                if !rule.allows(node) && !is_mark() {
                    self.tell(at, node, parent, ViolationKind::Refused { rule });
                }
            }
        }
    }

    /// Calls with each key and value that counts, without collecting them.
    fn entries(&mut self, node: Node<'a>, mut each: impl FnMut(&mut Self, Node<'a>, Node<'a>)) {
        let last = self.repeats.then(|| last_entries(node));
        let merges = node.is_merging();
        for (key, value) in node.written_entries() {
            if merges && key.text() == "<<" && !key.is_quoted() {
                let written = node.span();
                for (key, value) in node.entries() {
                    if !written.contains(key.span()) {
                        each(self, key, value);
                    }
                }
                continue;
            }
            let is_overruled = last
                .as_ref()
                .is_some_and(|last| last.get(key.text()) != Some(&key.id()));
            if !is_overruled {
                each(self, key, value);
            }
        }
    }
}

/// The last key of each text, by its id.
fn last_entries(node: Node<'_>) -> HashMap<&str, u32> {
    node.written_entries()
        .map(|(key, _)| (key.text(), key.id()))
        .collect()
}

/// The field that was meant: one that is not written yet, if there is one.
fn meant(name: &str, node: Node<'_>, of: TypeRef) -> Option<&'static str> {
    let nearest = suggest(name, of.field_names())?;
    if node.get_written(nearest).is_none() {
        return Some(nearest);
    }
    let others = of.field_names().filter(|&field| field != nearest);
    suggest(name, others)
        .filter(|field| node.get_written(field).is_none())
        .or(Some(nearest))
}

enum Verdict {
    Fits,
    WrongType,
    Invalid,
}

fn judge(shape: Shape, value: Value<'_>, node: Node<'_>, is_status: bool) -> Verdict {
    let valid = |fits: bool| {
        if fits {
            Verdict::Fits
        } else {
            Verdict::Invalid
        }
    };
    match (shape, value) {
        (Shape::Bool, Value::Bool(_))
        | (Shape::Int64, Value::Int(_))
        | (Shape::String | Shape::IntOrString, Value::String(_))
        | (Shape::Float | Shape::Quantity, Value::Int(_) | Value::Float(_)) => Verdict::Fits,
        (Shape::Int32 | Shape::IntOrString, Value::Int(number)) => {
            valid(i32::try_from(number).is_ok())
        }
        // 1.0 reaches the API server as 1.
        (Shape::Int32 | Shape::IntOrString, Value::Float(_)) => match node.as_i64() {
            Some(number) => valid(i32::try_from(number).is_ok()),
            None => Verdict::WrongType,
        },
        (Shape::Int64, Value::Float(_)) if node.as_i64().is_some() => Verdict::Fits,
        // The empty string counts as unset, and gets the default.
        (Shape::Enum(choices), Value::String(text)) => {
            valid(is_status || text.is_empty() || choices.contains(text))
        }
        (Shape::Bytes, Value::String(text)) => valid(is_base64(text)),
        (Shape::Time, Value::String(text)) => valid(is_rfc3339(text)),
        (Shape::Quantity, Value::String(text)) => valid(Quantity::parse(text).is_ok()),
        _ => Verdict::WrongType,
    }
}

/// A mark that another tool replaces before the object is applied.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2_iter(b'$', b'{', bytes).any(|at| {
        let pair = bytes.get(at..at + 2);
        pair.is_some_and(|pair| matches!(pair, b"${" | b"{{" | b"$("))
    })
}

/// Names that are no mistake: what strategic merge patches say among the fields, and a status that an
/// older release wrote.
fn is_harmless(name: &str, at: &Step<'_>) -> bool {
    name == "status" && at.depth == 0
        || matches!(name, "$patch" | "$retainKeys")
        || name.starts_with("$setElementOrder/")
        || name.starts_with("$deleteFromPrimitiveList/")
}

/// Standard base64 with padding; line breaks are skipped, as Go does.
fn is_base64(text: &str) -> bool {
    let mut digits = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => return false,
        }
    }
    padding <= 2 && (digits + padding).is_multiple_of(4) && digits % 4 != 1
}

/// `2026-01-31T23:59:59.5+02:00`, as `time.Parse` of Go reads it: a comma does for the point, and there are no
/// leap seconds.
fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((head, rest)) = bytes.split_at_checked(19) else {
        return false;
    };
    let has_form = head
        .iter()
        .zip(b"0000-00-00T00:00:00")
        .all(|(&byte, &form)| match form {
            b'0' => byte.is_ascii_digit(),
            mark => byte == mark,
        });
    let fraction = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b","));
    let zone = match fraction {
        Some(fraction) => {
            let end = fraction.iter().position(|byte| !byte.is_ascii_digit());
            match end {
                Some(end) if end > 0 => fraction.get(end..).unwrap_or(b""),
                _ => return false,
            }
        }
        None => rest,
    };
    let number = |at: usize, length: usize| {
        let digits = text.get(at..at + length);
        digits.and_then(|digits| digits.parse::<u16>().ok())
    };
    let is_date = || {
        let (year, month) = (number(0, 4)?, number(5, 2)?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u16::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        Some((1..=days).contains(&number(8, 2)?))
    };
    let is_time = || Some(number(11, 2)? < 24 && number(14, 2)? < 60 && number(17, 2)? < 60);
    let is_zone = match *zone {
        [b'Z'] => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            let hours = (a, b);
            [a, b, c, d].iter().all(u8::is_ascii_digit) && hours <= (b'2', b'4') && c < b'6'
        }
        _ => false,
    };
    has_form && is_date() == Some(true) && is_time() == Some(true) && is_zone
}

#[cfg(test)]
mod tests;
