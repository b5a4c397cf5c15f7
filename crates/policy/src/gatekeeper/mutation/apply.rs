//! One mutator on one object: the way down its location, and what happens at the end.

use std::collections::BTreeMap;

use ringwall_input::yaml::push_key;
use serde_json::{Map, Value};

use super::{
    location::{Member, Step},
    mutator::{Assigned, Effect, ExternalValue, Mutator},
};

/// An object on its way through the mutators.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) object: Value,
    /// Texts that providers will replace, by JSON pointer. Until then the key stands there.
    pub(super) pending: BTreeMap<String, ExternalValue>,
}

/// Applies a mutator; whether it was applied, even if nothing is different now.
pub(super) fn apply(mutator: &Mutator, user: &str, draft: &mut Draft) -> Result<bool, String> {
    let metadata = |field: &str| {
        let text = draft.object.pointer(&format!("/metadata/{field}"));
        text.and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let value = match &mutator.effect {
        Effect::Assign(Assigned::Value(value)) => value.clone(),
        Effect::Assign(Assigned::Name) => Value::String(metadata("name")),
        Effect::Assign(Assigned::Namespace) => Value::String(metadata("namespace")),
        _ => Value::Null,
    };
    let Draft { object, pending } = draft;
    let mut walk = Walk {
        mutator,
        user,
        value,
        pending,
        pointer: String::new(),
    };
    walk.step(object, 0)
}

struct Walk<'a> {
    mutator: &'a Mutator,
    user: &'a str,
    /// What `Assign` assigns.
    value: Value,
    pending: &'a mut BTreeMap<String, ExternalValue>,
    pointer: String,
}

impl Walk<'_> {
    /// Takes the step of a depth from `current`; whether something was applied below.
    fn step(&mut self, current: &mut Value, depth: usize) -> Result<bool, String> {
        let mutator = self.mutator;
        match (mutator.location.steps().get(depth), current) {
            (Some(Step::Field(name)), Value::Object(fields)) => self.field(fields, name, depth),
            (Some(Step::Member(member)), Value::Array(items)) => self.member(items, member, depth),
            (Some(Step::Field(name)), other) => Err(format!(
                "`{name}` is looked for in {}, which is no object",
                self.place(other)
            )),
            (Some(Step::Member(_)), other) => Err(format!("{} is no list", self.place(other))),
            (None, _) => Ok(false),
        }
    }

    fn place(&self, value: &Value) -> String {
        let noun = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let path = crate::gatekeeper::schema::dotted(&self.pointer);
        if path.is_empty() {
            format!("the top ({noun})")
        } else {
            format!("`{path}` ({noun})")
        }
    }

    /// Runs something one step further down.
    fn below<R>(&mut self, step: &str, run: impl FnOnce(&mut Self) -> R) -> R {
        let length = self.pointer.len();
        push_key(&mut self.pointer, step);
        let result = run(self);
        self.pointer.truncate(length);
        result
    }

    fn is_last(&self, depth: usize) -> bool {
        depth + 1 == self.mutator.location.steps().len()
    }

    fn field(
        &mut self,
        fields: &mut Map<String, Value>,
        name: &str,
        depth: usize,
    ) -> Result<bool, String> {
        let tests = &self.mutator.tests;
        let is_allowed = if fields.contains_key(name) {
            tests.may_exist(depth)
        } else {
            tests.may_be_missing(depth)
        };
        if !is_allowed {
            return Ok(false);
        }
        self.below(name, |walk| {
            if walk.is_last(depth) {
                return walk.set(fields, name);
            }
            if let Some(next) = fields.get_mut(name) {
                return walk.step(next, depth + 1);
            }
            let mut next = walk.missing(depth);
            let is_applied = walk.step(&mut next, depth + 1)?;
            if is_applied {
                fields.insert(name.to_owned(), next);
            }
            Ok(is_applied)
        })
    }

    fn member(
        &mut self,
        items: &mut Vec<Value>,
        member: &Member,
        depth: usize,
    ) -> Result<bool, String> {
        if self.is_last(depth) {
            return self.set_member(items, member, depth);
        }
        let tests = &self.mutator.tests;
        let Some(key) = &member.value else {
            if !tests.may_exist(depth) {
                return Ok(false);
            }
            let mut is_applied = false;
            for (index, item) in items.iter_mut().enumerate() {
                is_applied |= self.below(&index.to_string(), |walk| walk.step(item, depth + 1))?;
            }
            return Ok(is_applied);
        };
        let (mut is_found, mut is_applied) = (false, false);
        for (index, item) in items.iter_mut().enumerate() {
            if item.get(&member.key).is_some_and(|value| key.is(value)) {
                if !tests.may_exist(depth) {
                    return Ok(false);
                }
                is_found = true;
                is_applied |= self.below(&index.to_string(), |walk| walk.step(item, depth + 1))?;
            }
        }
        if is_found || !tests.may_be_missing(depth) {
            return Ok(is_applied);
        }
        let mut fields = Map::new();
        fields.insert(member.key.clone(), key.to_json());
        let mut item = Value::Object(fields);
        let index = items.len().to_string();
        is_applied = self.below(&index, |walk| walk.step(&mut item, depth + 1))?;
        if is_applied {
            items.push(item);
        }
        Ok(is_applied)
    }

    /// What is put where the field before the next step is missing.
    fn missing(&self, depth: usize) -> Value {
        match self.mutator.location.steps().get(depth + 1) {
            Some(Step::Member(_)) => Value::Array(Vec::new()),
            _ => Value::Object(Map::new()),
        }
    }

    /// Puts the value as a member of a list: in the place of the one with its key, or at the end.
    fn set_member(
        &mut self,
        items: &mut Vec<Value>,
        member: &Member,
        depth: usize,
    ) -> Result<bool, String> {
        let Some(key) = &member.value else {
            return Err("all members of a list cannot be assigned at once".to_owned());
        };
        let tests = &self.mutator.tests;
        for (index, item) in items.iter_mut().enumerate() {
            if !item.is_object() {
                return Err(format!("a member of {} is no object", self.pointer));
            }
            if item.get(&member.key).is_some_and(|value| key.is(value)) {
                if !tests.may_exist(depth) || !self.is_allowed(item) {
                    return Ok(false);
                }
                *item = self.value.clone();
                self.below(&index.to_string(), Self::forget_pending);
                return Ok(true);
            }
        }
        if !tests.may_be_missing(depth) || !self.is_allowed(&Value::Null) {
            return Ok(false);
        }
        items.push(self.value.clone());
        Ok(true)
    }

    fn is_allowed(&self, value: &Value) -> bool {
        let condition = self.mutator.assign_if.as_ref();
        condition.is_none_or(|condition| condition.allows(value))
    }

    /// Nothing at or below this place waits for a provider any more.
    fn forget_pending(&mut self) {
        let place = &self.pointer;
        self.pending.retain(|pointer, _| {
            let rest = pointer.strip_prefix(place.as_str());
            rest.is_none_or(|rest| !(rest.is_empty() || rest.starts_with('/')))
        });
    }

    fn set(&mut self, fields: &mut Map<String, Value>, name: &str) -> Result<bool, String> {
        let mutator = self.mutator;
        let is_pending = self.pending.contains_key(&self.pointer);
        match &mutator.effect {
            Effect::Assign(Assigned::External(external)) => {
                let key = match fields.get(name) {
                    _ if external.is_of_user => self.user.to_owned(),
                    None => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => {
                        return Err(format!("{} is no text", self.place(other)));
                    }
                };
                fields.insert(name.to_owned(), Value::String(key));
                self.pending.insert(self.pointer.clone(), external.clone());
            }
            Effect::Assign(_) => {
                if !self.is_allowed(fields.get(name).unwrap_or(&Value::Null)) {
                    return Ok(false);
                }
                self.forget_pending();
                fields.insert(name.to_owned(), self.value.clone());
            }
            Effect::Merge(values) => match fields.get_mut(name) {
                None => {
                    fields.insert(name.to_owned(), Value::Array(values.clone()));
                }
                Some(Value::Array(items)) => {
                    for value in values {
                        if !items.contains(value) {
                            items.push(value.clone());
                        }
                    }
                }
                Some(other) => return Err(format!("{} is no list", self.place(other))),
            },
            Effect::Prune(values) => match fields.get_mut(name) {
                None => {}
                Some(Value::Array(items)) => items.retain(|item| !values.contains(item)),
                Some(other) => return Err(format!("{} is no list", self.place(other))),
            },
            Effect::Image(parts) => {
                let image = match fields.get(name) {
                    _ if is_pending => {
                        return Err("the image waits for a provider".to_owned());
                    }
                    None => "",
                    Some(Value::String(image)) => image,
                    Some(other) => return Err(format!("{} is no text", self.place(other))),
                };
                let image = parts.set(image);
                fields.insert(name.to_owned(), Value::String(image));
            }
        }
        Ok(true)
    }
}
