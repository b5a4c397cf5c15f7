//! What in a value a schema does not allow.

use serde_json::{Map, Value};

use super::{Additional, Fault, ListType, MAX_FAULTS, Schema, Type, at, dotted};

impl Schema {
    /// What does not fit; `pointer` is where the value stands.
    pub(crate) fn validate(&self, value: &Value, pointer: &str) -> Vec<Fault> {
        let mut judge = Judge { faults: Vec::new() };
        judge.value(self, value, &mut pointer.to_owned());
        judge.faults
    }

    fn accepts(&self, value: &Value) -> bool {
        self.validate(value, "").is_empty()
    }
}

struct Judge {
    faults: Vec<Fault>,
}

impl Judge {
    fn fault(&mut self, pointer: &str, message: &str) {
        if self.faults.len() < MAX_FAULTS {
            let path = dotted(pointer);
            let message = if path.is_empty() {
                message.to_owned()
            } else {
                format!("`{path}` {message}")
            };
            self.faults.push(Fault::new(pointer, message));
        }
    }

    fn value(&mut self, schema: &Schema, value: &Value, pointer: &mut String) {
        if value.is_null() && schema.nullable {
            return;
        }
        if schema.int_or_string {
            if !(value.is_string() || is_integer(value)) {
                self.fault(
                    pointer,
                    &format!("must be an integer or a text, not {}", noun(value)),
                );
                return;
            }
        } else if let Some(kind) = schema.kind
            && !kind.holds(value)
        {
            self.fault(
                pointer,
                &format!("must be {}, not {}", kind.noun(), noun(value)),
            );
            return;
        }
        self.rules(schema, value, pointer);
        match value {
            Value::Object(fields) => self.fields(schema, fields, pointer),
            Value::Array(items) => self.items(schema, items, pointer),
            _ => {}
        }
        self.branches(schema, value, pointer);
    }

    fn rules(&mut self, schema: &Schema, value: &Value, pointer: &str) {
        let rules = &schema.rules;
        if let Some(choices) = &rules.choices
            && !choices.iter().any(|choice| is_same(choice, value))
        {
            let choices: Vec<_> = choices.iter().map(ToString::to_string).collect();
            self.fault(pointer, &format!("must be one of {}", choices.join(", ")));
        }
        match value {
            Value::String(text) => self.text(schema, text, pointer),
            Value::Number(number) => {
                if let Some(number) = number.as_f64() {
                    self.number(schema, number, pointer);
                }
            }
            Value::Array(items) => {
                let bounds = (rules.min_items, rules.max_items);
                self.count(items.len(), bounds, "items", pointer);
            }
            Value::Object(fields) => {
                let bounds = (rules.min_properties, rules.max_properties);
                self.count(fields.len(), bounds, "fields", pointer);
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, schema: &Schema, text: &str, pointer: &str) {
        let rules = &schema.rules;
        let bounds = (rules.min_length, rules.max_length);
        self.count(text.chars().count(), bounds, "characters", pointer);
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            self.fault(pointer, &format!("must match `{pattern}`"));
        }
        if let Some(format) = rules.format
            && !format.fits(text)
        {
            self.fault(pointer, &format!("must be {}", format.noun()));
        }
    }

    #[expect(clippy::float_cmp, reason = "bounds are compared as they are written")]
    fn number(&mut self, schema: &Schema, number: f64, pointer: &str) {
        let rules = &schema.rules;
        if let Some(minimum) = rules.minimum {
            if rules.exclusive_minimum && number <= minimum {
                self.fault(pointer, &format!("must be greater than {minimum}"));
            } else if number < minimum {
                self.fault(pointer, &format!("must be at least {minimum}"));
            }
        }
        if let Some(maximum) = rules.maximum {
            if rules.exclusive_maximum && number >= maximum {
                self.fault(pointer, &format!("must be less than {maximum}"));
            } else if number > maximum {
                self.fault(pointer, &format!("must be at most {maximum}"));
            }
        }
        if let Some(factor) = rules.multiple_of {
            let quotient = number / factor;
            if quotient != quotient.trunc() {
                self.fault(pointer, &format!("must be a multiple of {factor}"));
            }
        }
    }

    fn count(
        &mut self,
        count: usize,
        (least, most): (Option<usize>, Option<usize>),
        noun: &str,
        pointer: &str,
    ) {
        if let Some(least) = least.filter(|&least| count < least) {
            self.fault(
                pointer,
                &format!("must have at least {least} {noun}, not {count}"),
            );
        }
        if let Some(most) = most.filter(|&most| count > most) {
            self.fault(
                pointer,
                &format!("must have at most {most} {noun}, not {count}"),
            );
        }
    }

    fn fields(&mut self, schema: &Schema, fields: &Map<String, Value>, pointer: &mut String) {
        for name in &schema.rules.required {
            if !fields.contains_key(name) {
                self.fault(pointer, &format!("needs the field `{name}`"));
            }
        }
        for (name, field) in fields {
            at(pointer, name, |pointer| {
                if let Some(schema) = schema.of_field(name) {
                    self.value(schema, field, pointer);
                } else if !(schema.preserve_unknown
                    || matches!(schema.additional, Some(Additional::Any))
                    || schema.embedded
                        && matches!(name.as_str(), "apiVersion" | "kind" | "metadata"))
                {
                    self.fault(pointer, "is an unknown field");
                    if let Some(fault) = self.faults.last_mut() {
                        fault.is_unknown_field = true;
                    }
                }
            });
        }
    }

    fn items(&mut self, schema: &Schema, items: &[Value], pointer: &mut String) {
        if let Some(of_item) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                at(pointer, &index.to_string(), |pointer| {
                    self.value(of_item, item, pointer);
                });
            }
        }
        match &schema.list {
            Some(ListType::Set) => {
                self.unique(items.iter().map(ToString::to_string), pointer);
            }
            Some(ListType::Map(keys)) => {
                let of_keys = items.iter().map(|item| {
                    let keys = keys
                        .iter()
                        .map(|key| item.get(key).map(ToString::to_string));
                    format!("{:?}", keys.collect::<Vec<_>>())
                });
                self.unique(of_keys, pointer);
            }
            None => {}
        }
    }

    /// Objects are sorted by key, so equal values are equal texts.
    fn unique(&mut self, items: impl Iterator<Item = String>, pointer: &mut String) {
        let mut seen = std::collections::HashSet::new();
        for (index, item) in items.enumerate() {
            if !seen.insert(item) {
                at(pointer, &index.to_string(), |pointer| {
                    self.fault(pointer, "repeats an earlier item");
                });
            }
        }
    }

    fn branches(&mut self, schema: &Schema, value: &Value, pointer: &mut String) {
        let rules = &schema.rules;
        for branch in &rules.all_of {
            self.value(branch, value, pointer);
        }
        let fitting = |branches: &[Schema]| {
            (branches.iter())
                .filter(|branch| branch.accepts(value))
                .count()
        };
        if !rules.any_of.is_empty() && fitting(&rules.any_of) == 0 {
            self.fault(pointer, "must fit one of the schemas of anyOf");
        }
        if !rules.one_of.is_empty() && fitting(&rules.one_of) != 1 {
            self.fault(pointer, "must fit exactly one of the schemas of oneOf");
        }
        if rules.not.as_ref().is_some_and(|not| not.accepts(value)) {
            self.fault(pointer, "must not fit the schema of not");
        }
    }
}

impl Type {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Integer => is_integer(value),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
        }
    }
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// Numbers are the same if they are equal, however they are written.
fn is_same(left: &Value, right: &Value) -> bool {
    left == right || left.is_number() && right.is_number() && left.as_f64() == right.as_f64()
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
