//! What is known of a value before it is there.

use crate::{Value, builtins::Type};

/// How much of a constant is looked at: members of one collection.
const MAX_MEMBERS: usize = 32;

/// How deep a constant is looked at.
const MAX_DEPTH: u32 = 4;

/// How many shapes one may consist of: rules that use each other twice would double it each time.
const MAX_PARTS: u32 = 1_024;

/// What kind of value a term can have. What is not known is [`Shape::Any`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Any,
    Null,
    Boolean,
    Number,
    String,
    /// Members that are there, and what may follow them.
    Array(Vec<Shape>, Option<Box<Shape>>),
    /// Members that are there, by key, and keys and values of others.
    Object(Vec<(Value, Shape)>, Option<Box<(Shape, Shape)>>),
    /// The members; `None` for the empty set.
    Set(Option<Box<Shape>>),
    /// One of several.
    Either(Vec<Shape>),
}

impl Shape {
    /// Of a constant.
    pub(super) fn of_value(value: &Value) -> Self {
        Self::of_value_at(value, MAX_DEPTH)
    }

    /// The same, with less said of what is deep inside if there is too much of it.
    pub(super) fn bounded(self) -> Self {
        if self.parts_left(MAX_PARTS).is_some() {
            return self;
        }
        let cut = self.cut(MAX_DEPTH);
        if cut.parts_left(MAX_PARTS).is_some() {
            cut
        } else {
            Self::Any
        }
    }

    /// What is left of a number of parts; `None` if it has more.
    fn parts_left(&self, parts: u32) -> Option<u32> {
        let parts = parts.checked_sub(1)?;
        let count = |parts: u32, shape: &Self| shape.parts_left(parts);
        match self {
            Self::Array(first, rest) => first.iter().chain(rest.as_deref()).try_fold(parts, count),
            Self::Object(members, rest) => {
                let parts = members
                    .iter()
                    .map(|member| &member.1)
                    .try_fold(parts, count)?;
                match rest.as_deref() {
                    Some((key, value)) => value.parts_left(key.parts_left(parts)?),
                    None => Some(parts),
                }
            }
            Self::Set(Some(member)) => member.parts_left(parts),
            Self::Either(shapes) => shapes.iter().try_fold(parts, count),
            _ => Some(parts),
        }
    }

    fn cut(&self, depth: u32) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Self::Any;
        };
        match self {
            Self::Array(first, rest) => Self::Array(
                first.iter().map(|shape| shape.cut(depth)).collect(),
                rest.as_ref().map(|rest| Box::new(rest.cut(depth))),
            ),
            Self::Object(members, rest) => Self::Object(
                members
                    .iter()
                    .map(|(key, shape)| (key.clone(), shape.cut(depth)))
                    .collect(),
                rest.as_ref()
                    .map(|rest| Box::new((rest.0.cut(depth), rest.1.cut(depth)))),
            ),
            Self::Set(member) => {
                Self::Set(member.as_ref().map(|member| Box::new(member.cut(depth))))
            }
            Self::Either(shapes) => {
                Self::Either(shapes.iter().map(|shape| shape.cut(depth)).collect())
            }
            other => other.clone(),
        }
    }

    fn of_value_at(value: &Value, depth: u32) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Self::Any;
        };
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(items) if items.len() <= MAX_MEMBERS => Self::Array(
                items
                    .iter()
                    .map(|item| Self::of_value_at(item, depth))
                    .collect(),
                None,
            ),
            Value::Array(_) => Self::Array(Vec::new(), Some(Box::new(Self::Any))),
            Value::Object(object) if object.entries().len() <= MAX_MEMBERS => Self::Object(
                object
                    .entries()
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of_value_at(value, depth)))
                    .collect(),
                None,
            ),
            Value::Object(_) => Self::Object(Vec::new(), Some(Box::new((Self::Any, Self::Any)))),
            Value::Set(set) if set.members().len() <= MAX_MEMBERS => Self::Set(
                Self::either(
                    set.members()
                        .iter()
                        .map(|member| Self::of_value_at(member, depth)),
                )
                .map(Box::new),
            ),
            Value::Set(_) => Self::Set(Some(Box::new(Self::Any))),
        }
    }

    /// Of what a builtin declares.
    pub(super) fn of_type(declared: &Type) -> Self {
        match declared {
            Type::Any => Self::Any,
            Type::Null => Self::Null,
            Type::Boolean => Self::Boolean,
            Type::Number => Self::Number,
            Type::String => Self::String,
            Type::AnyOf(types) => Self::Either(types.iter().map(Self::of_type).collect()),
            Type::Array { first, rest } => Self::Array(
                first.iter().map(Self::of_type).collect(),
                rest.map(|rest| Box::new(Self::of_type(rest))),
            ),
            Type::Object { members, rest } => Self::Object(
                members
                    .iter()
                    .map(|(key, value)| (Value::from(*key), Self::of_type(value)))
                    .collect(),
                rest.map(|(key, value)| Box::new((Self::of_type(key), Self::of_type(value)))),
            ),
            Type::Set(member) => Self::Set(Some(Box::new(Self::of_type(member)))),
        }
    }

    /// One of these; `None` if there are none.
    pub(super) fn either(shapes: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut all: Vec<Self> = Vec::new();
        for shape in shapes {
            match shape {
                Self::Any => return Some(Self::Any),
                Self::Either(more) => {
                    for one in more {
                        if !all.contains(&one) {
                            all.push(one);
                        }
                    }
                }
                one if all.contains(&one) => {}
                one => all.push(one),
            }
            if all.len() > MAX_MEMBERS {
                return Some(Self::Any);
            }
        }
        match all.len() {
            0 | 1 => all.pop(),
            _ => Some(Self::Either(all)),
        }
    }

    /// Whether a value can have both shapes.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _)
            | (_, Self::Any)
            | (Self::Null, Self::Null)
            | (Self::Boolean, Self::Boolean)
            | (Self::Number, Self::Number)
            | (Self::String, Self::String) => true,
            (Self::Either(all), one) | (one, Self::Either(all)) => {
                all.iter().any(|shape| shape.overlaps(one))
            }
            (Self::Array(first, rest), Self::Array(other_first, other_rest)) => {
                let at = |first: &[Self], rest: &Option<Box<Self>>, index: usize| {
                    first.get(index).cloned().or(rest.as_deref().cloned())
                };
                let both_open = match (rest, other_rest) {
                    (Some(rest), Some(other)) => rest.overlaps(other),
                    _ => true,
                };
                both_open
                    && (0..first.len().max(other_first.len())).all(|index| {
                        match (at(first, rest, index), at(other_first, other_rest, index)) {
                            (Some(one), Some(other)) => one.overlaps(&other),
                            _ => false,
                        }
                    })
            }
            (Self::Object(members, rest), Self::Object(other_members, other_rest)) => {
                // A member that the other side does not name may be there if one of the sides is open.
                let is_open = rest.is_some() || other_rest.is_some();
                let fits = |members: &[(Value, Self)], other: &Self| {
                    members.iter().all(|(key, shape)| match other.member(key) {
                        Some(other) => shape.overlaps(&other),
                        None => is_open,
                    })
                };
                fits(members, other) && fits(other_members, self)
            }
            (Self::Set(Some(member)), Self::Set(Some(other))) => member.overlaps(other),
            (Self::Set(_), Self::Set(_)) => true,
            _ => false,
        }
    }

    /// The same where what is empty can be anything: `with` may put something there.
    pub(super) fn relaxed(self) -> Self {
        if self.is_empty() {
            return Self::Any;
        }
        match self {
            Self::Array(first, rest) => Self::Array(
                first.into_iter().map(Self::relaxed).collect(),
                rest.map(|rest| Box::new(rest.relaxed())),
            ),
            Self::Object(members, rest) => Self::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key, value.relaxed()))
                    .collect(),
                rest.map(|rest| Box::new((rest.0.relaxed(), rest.1.relaxed()))),
            ),
            Self::Set(Some(member)) => Self::Set(Some(Box::new(member.relaxed()))),
            Self::Either(all) => {
                Self::either(all.into_iter().map(Self::relaxed)).unwrap_or(Self::Any)
            }
            other => other,
        }
    }

    /// Whether nothing can be in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Array(first, rest) => first.is_empty() && rest.is_none(),
            Self::Object(members, rest) => members.is_empty() && rest.is_none(),
            Self::Set(member) => member.is_none(),
            _ => false,
        }
    }

    /// The keys under which something can be in it; `None` if nothing ever is.
    pub(super) fn keys(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Array(..) => Some(Self::Number),
            Self::Object(members, rest) => Self::either(
                members
                    .iter()
                    .map(|(key, _)| Self::of_value(key))
                    .chain(rest.as_ref().map(|rest| rest.0.clone())),
            ),
            Self::Set(member) => member.as_deref().cloned(),
            Self::Either(all) => Self::either(all.iter().filter_map(Self::keys)),
            _ => None,
        }
    }

    /// What can be in it.
    pub(super) fn values(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Array(first, rest) => {
                Self::either(first.iter().cloned().chain(rest.as_deref().cloned()))
            }
            Self::Object(members, rest) => Self::either(
                members
                    .iter()
                    .map(|(_, value)| value.clone())
                    .chain(rest.as_ref().map(|rest| rest.1.clone())),
            ),
            Self::Set(member) => member.as_deref().cloned(),
            Self::Either(all) => Self::either(all.iter().filter_map(Self::values)),
            _ => None,
        }
    }

    /// What is in it under a key; `None` if nothing can be.
    pub(super) fn member(&self, key: &Value) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::Array(first, rest) => {
                let Value::Number(number) = key else {
                    return None;
                };
                let index = usize::try_from(number.as_i64()?).ok()?;
                first.get(index).cloned().or(rest.as_deref().cloned())
            }
            Self::Object(members, rest) => members
                .iter()
                .find(|(other, _)| other == key)
                .map(|(_, value)| value.clone())
                .or_else(|| {
                    rest.as_ref()
                        .filter(|rest| rest.0.overlaps(&Self::of_value(key)))
                        .map(|rest| rest.1.clone())
                }),
            Self::Set(member) => {
                let key = Self::of_value(key);
                member
                    .as_ref()
                    .filter(|member| member.overlaps(&key))
                    .map(|_| key)
            }
            Self::Either(all) => Self::either(all.iter().filter_map(|one| one.member(key))),
            _ => None,
        }
    }

    /// A word for it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Number => "number".to_owned(),
            Self::String => "string".to_owned(),
            Self::Array(..) if self.is_empty() => "empty array".to_owned(),
            Self::Array(..) => "array".to_owned(),
            Self::Object(..) if self.is_empty() => "empty object".to_owned(),
            Self::Object(..) => "object".to_owned(),
            Self::Set(None) => "empty set".to_owned(),
            Self::Set(Some(member)) => format!("set of {}", member.name()),
            Self::Either(all) => {
                let mut names: Vec<_> = all.iter().map(Self::name).collect();
                names.sort();
                names.dedup();
                names.join(" or ")
            }
        }
    }
}
