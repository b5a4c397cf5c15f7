//! JSON Patch (RFC 6902), on sets too.
//!
//! OPA keeps the edits of a document beside it and applies them at the end. That shows in one place: a path into an
//! array that was edited before names the member that stood there at first. The tree below does the same.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    super::{Answer, BuiltinError, Context},
    parse,
};
use crate::{Number, Object, Set, Value};

pub(super) fn patch(context: &mut Context<'_>, document: &Value, operations: &[Value]) -> Answer {
    let mut root = Some(Node::new(document));
    for operation in operations {
        let Value::Object(operation) = operation else {
            return Err(failed(
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            ));
        };
        context.spend(1)?;
        apply(context, &mut root, operation)?;
    }
    match &root {
        Some(root) => root.render(context).map(Some),
        None => Err(failed("the whole document was removed")),
    }
}

fn failed(message: &'static str) -> BuiltinError {
    BuiltinError::failed(message)
}

fn apply(
    context: &mut Context<'_>,
    root: &mut Option<Node>,
    operation: &Object,
) -> Result<(), BuiltinError> {
    let path = operation
        .get_str("path")
        .ok_or_else(|| failed("missing required attribute 'path'"))?;
    let name = match operation.get_str("op") {
        None => return Err(failed("missing required attribute 'op'")),
        Some(Value::String(name)) => name,
        Some(other) => {
            return Err(BuiltinError::failed(format!(
                "attribute 'op' must be a string but found: {}",
                other.type_name()
            )));
        }
    };
    let path = parse(path)?;
    let value = || {
        operation
            .get_str("value")
            .ok_or_else(|| failed("missing required attribute 'value'"))
    };
    let from = || {
        operation
            .get_str("from")
            .ok_or_else(|| failed("missing required attribute 'from'"))
            .and_then(parse)
    };
    match &**name {
        "add" => insert(context, root, &path, value()?),
        "remove" => delete(context, root, &path),
        "replace" => {
            delete(context, root, &path)?;
            insert(context, root, &path, value()?)
        }
        "move" => {
            let from = from()?;
            let moved = at(context, root, &from)?.render(context)?;
            delete(context, root, &from)?;
            insert(context, root, &path, &moved)
        }
        "copy" => {
            let copied = at(context, root, &from()?)?.render(context)?;
            insert(context, root, &path, &copied)
        }
        "test" => {
            let found = at(context, root, &path)?.render(context)?;
            if found == *value()? {
                Ok(())
            } else {
                Err(failed("value from EditTree != patch value"))
            }
        }
        other => Err(BuiltinError::failed(format!("unrecognized op: '{other}'"))),
    }
}

fn at<'n>(
    context: &mut Context<'_>,
    root: &'n mut Option<Node>,
    path: &[Value],
) -> Result<&'n mut Node, BuiltinError> {
    let mut node = root
        .as_mut()
        .ok_or_else(|| failed("nil value encountered where composite value was expected"))?;
    for key in path {
        context.spend(1)?;
        node = node.child(context, key)?;
    }
    Ok(node)
}

fn insert(
    context: &mut Context<'_>,
    root: &mut Option<Node>,
    path: &[Value],
    value: &Value,
) -> Result<(), BuiltinError> {
    match path.split_last() {
        None => {
            *root = Some(Node::new(value));
            Ok(())
        }
        Some((last, parents)) => at(context, root, parents)?.insert(context, last, value),
    }
}

fn delete(
    context: &mut Context<'_>,
    root: &mut Option<Node>,
    path: &[Value],
) -> Result<(), BuiltinError> {
    match path.split_last() {
        None => root
            .take()
            .map(|_| ())
            .ok_or_else(|| failed("deleted node encountered during delete operation")),
        Some((last, parents)) => at(context, root, parents)?.delete(context, last),
    }
}

/// A value and the edits made to it.
enum Node {
    Scalar(Value),
    /// Members that were set, or removed (`None`).
    Object(Arc<Object>, BTreeMap<Value, Option<Node>>),
    Set(Arc<Set>, BTreeMap<Value, Option<Node>>),
    Array(Arc<[Value]>, Vec<Slot>),
}

/// A place of an array: a member as it was, or an edited one.
enum Slot {
    Old(usize),
    New(Node),
}

impl Node {
    fn new(value: &Value) -> Self {
        match value {
            Value::Object(object) => Self::Object(Arc::clone(object), BTreeMap::new()),
            Value::Set(set) => Self::Set(Arc::clone(set), BTreeMap::new()),
            Value::Array(items) => {
                Self::Array(Arc::clone(items), (0..items.len()).map(Slot::Old).collect())
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    /// Applies the edits of a set before a member that is a collection is looked for in it.
    fn settle(&mut self, context: &mut Context<'_>, key: &Value) -> Result<(), BuiltinError> {
        if matches!(self, Self::Set(..)) && is_collection(key) {
            *self = Self::new(&self.render(context)?);
        }
        Ok(())
    }

    fn child(&mut self, context: &mut Context<'_>, key: &Value) -> Result<&mut Self, BuiltinError> {
        self.settle(context, key)?;
        match self {
            Self::Scalar(_) => Err(failed("expected composite type")),
            Self::Object(object, edits) => {
                if !edits.contains_key(key) {
                    let old = object
                        .get(key)
                        .ok_or_else(|| failed("path does not exist in object term"))?;
                    edits.insert(key.clone(), Some(Self::new(old)));
                }
                edits
                    .get_mut(key)
                    .and_then(Option::as_mut)
                    .ok_or_else(|| failed("cannot unfold the already deleted node"))
            }
            Self::Set(set, edits) => {
                if !edits.contains_key(key) {
                    if !set.contains(key) {
                        return Err(failed("path does not exist in set term"));
                    }
                    edits.insert(key.clone(), Some(Self::new(key)));
                }
                edits
                    .get_mut(key)
                    .and_then(Option::as_mut)
                    .ok_or_else(|| failed("cannot unfold the already deleted node"))
            }
            Self::Array(items, slots) => {
                let missing = || failed("path does not exist in array term");
                let index = place(slots.len(), key)?.ok_or_else(missing)?;
                if !matches!(slots.get(index), Some(Slot::New(_))) {
                    // The member that stood there at first, whatever stands there now.
                    let old = items.get(index).ok_or_else(missing)?;
                    let slot = slots
                        .get_mut(index)
                        .ok_or_else(|| failed("index for array delete out of bounds"))?;
                    *slot = Slot::New(Self::new(old));
                }
                match slots.get_mut(index) {
                    Some(Slot::New(node)) => Ok(node),
                    _ => Err(missing()),
                }
            }
        }
    }

    fn insert(
        &mut self,
        context: &mut Context<'_>,
        key: &Value,
        value: &Value,
    ) -> Result<(), BuiltinError> {
        if matches!(self, Self::Set(..)) && key != value {
            return Err(failed("set key does not equal value to be inserted"));
        }
        self.settle(context, key)?;
        match self {
            Self::Scalar(_) => return Err(failed("expected composite type")),
            Self::Object(_, edits) | Self::Set(_, edits) => {
                edits.insert(key.clone(), Some(Self::new(value)));
            }
            Self::Array(_, slots) => {
                let index = place(slots.len(), key)?
                    .filter(|index| *index <= slots.len())
                    .ok_or_else(|| failed("index for array insertion out of bounds"))?;
                context.spend_values(slots.len() - index)?;
                slots.insert(index, Slot::New(Self::new(value)));
            }
        }
        Ok(())
    }

    fn delete(&mut self, context: &mut Context<'_>, key: &Value) -> Result<(), BuiltinError> {
        self.settle(context, key)?;
        let (edits, is_old) = match self {
            Self::Scalar(_) => return Err(failed("expected composite type")),
            Self::Object(object, edits) => {
                let is_old = object.get(key).is_some();
                (edits, is_old)
            }
            Self::Set(set, edits) => {
                let is_old = set.contains(key);
                (edits, is_old)
            }
            Self::Array(_, slots) => {
                let index = place(slots.len(), key)?
                    .filter(|index| *index < slots.len())
                    .ok_or_else(|| failed("index for array delete out of bounds"))?;
                context.spend_values(slots.len() - index)?;
                slots.remove(index);
                return Ok(());
            }
        };
        match edits.get_mut(key) {
            Some(None) => return Err(failed("cannot delete the already deleted node")),
            Some(edit) => *edit = None,
            None if is_old => {
                edits.insert(key.clone(), None);
            }
            None => return Err(failed("cannot delete child key that does not exist")),
        }
        Ok(())
    }

    fn render(&self, context: &mut Context<'_>) -> Result<Value, BuiltinError> {
        match self {
            Self::Scalar(value) => Ok(value.clone()),
            Self::Object(object, edits) if edits.is_empty() => {
                Ok(Value::Object(Arc::clone(object)))
            }
            Self::Object(object, edits) => {
                context.spend_values(object.entries().len() + edits.len())?;
                let mut entries: Vec<(Value, Value)> = object
                    .entries()
                    .iter()
                    .filter(|(key, _)| !edits.contains_key(key))
                    .cloned()
                    .collect();
                for (key, edit) in edits {
                    if let Some(node) = edit {
                        entries.push((key.clone(), node.render(context)?));
                    }
                }
                Ok(Value::Object(Arc::new(Object::from_entries(entries))))
            }
            Self::Set(set, edits) if edits.is_empty() => Ok(Value::Set(Arc::clone(set))),
            Self::Set(set, edits) => {
                context.spend_values(set.members().len() + edits.len())?;
                let mut members: Vec<Value> = set
                    .members()
                    .iter()
                    .filter(|member| !edits.contains_key(member))
                    .cloned()
                    .collect();
                for node in edits.values().flatten() {
                    members.push(node.render(context)?);
                }
                Ok(Value::Set(Arc::new(Set::from_members(members))))
            }
            Self::Array(items, slots) => {
                context.spend_values(slots.len())?;
                let mut rendered = Vec::with_capacity(slots.len());
                for slot in slots {
                    match slot {
                        Slot::Old(index) => rendered.extend(items.get(*index).cloned()),
                        Slot::New(node) => rendered.push(node.render(context)?),
                    }
                }
                Ok(Value::Array(rendered.into()))
            }
        }
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_) | Value::Set(_))
}

/// The place in an array that a key names: a number, its text, or `-` for the end; `None` if it is negative.
fn place(length: usize, key: &Value) -> Result<Option<usize>, BuiltinError> {
    let index = match key {
        Value::Number(number) => number
            .as_i64()
            .ok_or_else(|| failed("invalid number type for indexing"))?,
        Value::String(text) if &**text == "-" => return Ok(Some(length)),
        Value::String(text) => {
            let index = text
                .parse::<Number>()
                .ok()
                .and_then(|number| number.as_i64())
                .ok_or_else(|| failed("invalid string for indexing"))?;
            if &**text != "0" && text.starts_with('0') {
                return Err(failed("leading zeros are not allowed in JSON paths"));
            }
            index
        }
        _ => return Err(failed("invalid type for indexing")),
    };
    Ok(usize::try_from(index).ok())
}
