//! A schema as it is written to a [`Schema`], with what makes it not structural.

use regex::Regex;
use serde_json::{Map, Value};

use super::{Additional, Fault, ListType, MAX_DEPTH, Rules, Schema, Type, at, format::Format};

/// Fields that have no effect on values.
const DESCRIPTIVE: [&str; 8] = [
    "description",
    "title",
    "example",
    "externalDocs",
    "id",
    "$schema",
    "x-kubernetes-map-type",
    "deprecated",
];

/// Fields that a schema of a custom resource must not have.
const FORBIDDEN: [&str; 6] = [
    "$ref",
    "definitions",
    "dependencies",
    "patternProperties",
    "additionalItems",
    "x-kubernetes-validations",
];

impl Schema {
    /// Reads a schema. With any fault that is no warning it must not be used.
    ///
    /// `legacy` is `legacySchema: true` of a template: where a schema says nothing, everything goes.
    pub(crate) fn parse(written: &Value, pointer: &str, legacy: bool) -> (Self, Vec<Fault>) {
        let mut reader = Reader {
            legacy,
            faults: Vec::new(),
        };
        let mut pointer = pointer.to_owned();
        let schema = reader.schema(written, &mut pointer, 0);
        (schema, reader.faults)
    }
}

struct Reader {
    legacy: bool,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(pointer, message));
    }

    /// A schema that says what type a value has.
    fn schema(&mut self, written: &Value, pointer: &mut String, depth: usize) -> Schema {
        let Some(fields) = self.fields(written, pointer, depth) else {
            return Schema::default();
        };
        let flag = |name: &str| fields.get(name) == Some(&Value::Bool(true));
        let mut schema = Schema {
            kind: self.kind(fields, pointer),
            nullable: flag("nullable"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            ..Schema::default()
        };
        if self.legacy && matches!(schema.kind, None | Some(Type::Object)) {
            schema.preserve_unknown = true;
        }
        self.kind_is_settled(&schema, pointer);
        self.properties(fields, &mut schema, pointer, depth);
        self.items(fields, &mut schema, pointer, depth);
        schema.list = self.list(fields, pointer);
        schema.rules = self.rules(fields, schema.int_or_string, pointer, depth);
        self.unknown(fields, pointer);
        self.default(fields, &mut schema, pointer);
        schema
    }

    /// A schema below `allOf` and its kin, which may only narrow.
    fn narrowing(
        &mut self,
        written: &Value,
        int_or_string: bool,
        pointer: &mut String,
        depth: usize,
    ) -> Schema {
        let Some(fields) = self.fields(written, pointer, depth) else {
            return Schema::default();
        };
        for name in [
            "type",
            "default",
            "additionalProperties",
            "nullable",
            "description",
            "title",
        ] {
            if fields.contains_key(name) && !(name == "type" && int_or_string) {
                let message = format!("`{name}` must not stand below allOf, anyOf, oneOf or not");
                at(pointer, name, |pointer| self.fault(pointer, message));
            }
        }
        let mut schema = Schema {
            kind: if int_or_string {
                self.kind(fields, pointer)
            } else {
                None
            },
            // What is unknown here is known, or not, to the schema around it.
            preserve_unknown: true,
            nullable: true,
            ..Schema::default()
        };
        if let Some(properties) = self.object(fields, "properties", pointer) {
            for (name, written) in properties {
                let step = format!("properties/{name}");
                let property = nested(pointer, &step, |pointer| {
                    self.narrowing(written, false, pointer, depth + 1)
                });
                schema.properties.insert(name.clone(), property);
            }
        }
        if let Some(written) = fields.get("items") {
            schema.items = Some(Box::new(at(pointer, "items", |pointer| {
                self.narrowing(written, false, pointer, depth + 1)
            })));
        }
        schema.rules = self.rules(fields, false, pointer, depth);
        self.unknown(fields, pointer);
        schema
    }

    fn fields<'a>(
        &mut self,
        written: &'a Value,
        pointer: &str,
        depth: usize,
    ) -> Option<&'a Map<String, Value>> {
        let Value::Object(fields) = written else {
            self.fault(pointer, "a schema must be an object");
            return None;
        };
        if depth > MAX_DEPTH {
            self.fault(pointer, format!("schemas nest deeper than {MAX_DEPTH}"));
            return None;
        }
        Some(fields)
    }

    fn kind(&mut self, fields: &Map<String, Value>, pointer: &mut String) -> Option<Type> {
        let kind = match fields.get("type")?.as_str() {
            Some("") => return None,
            Some("object") => Type::Object,
            Some("array") => Type::Array,
            Some("string") => Type::String,
            Some("integer") => Type::Integer,
            Some("number") => Type::Number,
            Some("boolean") => Type::Boolean,
            word => {
                let message = match word {
                    Some(word) => format!(
                        "unknown type `{word}`; types are object, array, string, integer, number, boolean"
                    ),
                    None => "`type` must be one word".to_owned(),
                };
                at(pointer, "type", |pointer| self.fault(pointer, message));
                return None;
            }
        };
        Some(kind)
    }

    /// With `x-kubernetes-int-or-string` a type has no effect.
    fn kind_is_settled(&mut self, schema: &Schema, pointer: &str) {
        if schema.kind.is_none() && !schema.int_or_string && !schema.preserve_unknown {
            self.fault(pointer, "`type` is missing");
        }
        if schema.int_or_string && schema.preserve_unknown {
            let message = "x-kubernetes-int-or-string and x-kubernetes-preserve-unknown-fields (which a legacy schema has) exclude each other";
            self.fault(pointer, message);
        }
    }

    fn properties(
        &mut self,
        fields: &Map<String, Value>,
        schema: &mut Schema,
        pointer: &mut String,
        depth: usize,
    ) {
        if let Some(properties) = self.object(fields, "properties", pointer) {
            for (name, written) in properties {
                let property = nested(pointer, &format!("properties/{name}"), |pointer| {
                    self.schema(written, pointer, depth + 1)
                });
                schema.properties.insert(name.clone(), property);
            }
        }
        let Some(written) = fields.get("additionalProperties") else {
            return;
        };
        at(pointer, "additionalProperties", |pointer| {
            if !schema.properties.is_empty() {
                self.fault(
                    pointer,
                    "additionalProperties and properties exclude each other",
                );
            }
            match written {
                Value::Bool(true) => schema.additional = Some(Additional::Any),
                // As if nothing were said: what no schema speaks of is refused anyway.
                Value::Bool(false) => {}
                written => {
                    let values = self.schema(written, pointer, depth + 1);
                    schema.additional = Some(Additional::Schema(Box::new(values)));
                }
            }
        });
    }

    fn items(
        &mut self,
        fields: &Map<String, Value>,
        schema: &mut Schema,
        pointer: &mut String,
        depth: usize,
    ) {
        match fields.get("items") {
            Some(Value::Array(_)) => at(pointer, "items", |pointer| {
                self.fault(pointer, "`items` must be one schema, not a list of them");
            }),
            Some(written) => {
                let items = at(pointer, "items", |pointer| {
                    self.schema(written, pointer, depth + 1)
                });
                schema.items = Some(Box::new(items));
            }
            None if schema.kind == Some(Type::Array) && self.legacy => {
                schema.items = Some(Box::new(Schema {
                    preserve_unknown: true,
                    ..Schema::default()
                }));
            }
            None if schema.kind == Some(Type::Array) => {
                self.fault(pointer, "`items` is missing: a list must say what it holds");
            }
            None => {}
        }
    }

    fn list(&mut self, fields: &Map<String, Value>, pointer: &mut String) -> Option<ListType> {
        match fields.get("x-kubernetes-list-type")?.as_str() {
            Some("atomic") => None,
            Some("set") => Some(ListType::Set),
            Some("map") => {
                let keys = self.words(fields, "x-kubernetes-list-map-keys", pointer);
                if keys.is_empty() {
                    self.fault(
                        pointer,
                        "x-kubernetes-list-type map needs x-kubernetes-list-map-keys",
                    );
                }
                Some(ListType::Map(keys))
            }
            _ => {
                self.fault(pointer, "x-kubernetes-list-type must be atomic, set or map");
                None
            }
        }
    }

    fn rules(
        &mut self,
        fields: &Map<String, Value>,
        int_or_string: bool,
        pointer: &mut String,
        depth: usize,
    ) -> Rules {
        let flag = |name: &str| fields.get(name) == Some(&Value::Bool(true));
        if flag("uniqueItems") {
            at(pointer, "uniqueItems", |pointer| {
                self.fault(pointer, "uniqueItems must not be true");
            });
        }
        let choices = fields.get("enum");
        if choices.is_some_and(|choices| !choices.is_array()) {
            at(pointer, "enum", |pointer| {
                self.fault(pointer, "`enum` must be a list");
            });
        }
        let choices = choices.and_then(Value::as_array).cloned();
        Rules {
            choices,
            pattern: self.pattern(fields, pointer),
            format: fields
                .get("format")
                .and_then(Value::as_str)
                .and_then(Format::of),
            minimum: self.number(fields, "minimum", pointer),
            exclusive_minimum: flag("exclusiveMinimum"),
            maximum: self.number(fields, "maximum", pointer),
            exclusive_maximum: flag("exclusiveMaximum"),
            multiple_of: self.number(fields, "multipleOf", pointer),
            min_length: self.count(fields, "minLength", pointer),
            max_length: self.count(fields, "maxLength", pointer),
            min_items: self.count(fields, "minItems", pointer),
            max_items: self.count(fields, "maxItems", pointer),
            min_properties: self.count(fields, "minProperties", pointer),
            max_properties: self.count(fields, "maxProperties", pointer),
            required: self.words(fields, "required", pointer),
            all_of: self.branches(fields, "allOf", int_or_string, pointer, depth),
            any_of: self.branches(fields, "anyOf", int_or_string, pointer, depth),
            one_of: self.branches(fields, "oneOf", int_or_string, pointer, depth),
            not: fields.get("not").map(|written| {
                Box::new(at(pointer, "not", |pointer| {
                    self.narrowing(written, false, pointer, depth + 1)
                }))
            }),
        }
    }

    fn branches(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        int_or_string: bool,
        pointer: &mut String,
        depth: usize,
    ) -> Vec<Schema> {
        match fields.get(name) {
            None => Vec::new(),
            Some(Value::Array(branches)) => branches
                .iter()
                .enumerate()
                .map(|(index, written)| {
                    nested(pointer, &format!("{name}/{index}"), |pointer| {
                        self.narrowing(written, int_or_string, pointer, depth + 1)
                    })
                })
                .collect(),
            Some(_) => {
                at(pointer, name, |pointer| {
                    self.fault(pointer, format!("`{name}` must be a list of schemas"));
                });
                Vec::new()
            }
        }
    }

    fn pattern(&mut self, fields: &Map<String, Value>, pointer: &mut String) -> Option<Regex> {
        let pattern = fields.get("pattern")?.as_str()?;
        match Regex::new(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let message = format!("not a regular expression: {error}");
                at(pointer, "pattern", |pointer| self.fault(pointer, message));
                None
            }
        }
    }

    fn number(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        pointer: &mut String,
    ) -> Option<f64> {
        let number = fields.get(name)?.as_f64();
        if number.is_none() {
            at(pointer, name, |pointer| {
                self.fault(pointer, format!("`{name}` must be a number"));
            });
        }
        number
    }

    fn count(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        pointer: &mut String,
    ) -> Option<usize> {
        let count = fields
            .get(name)?
            .as_u64()
            .and_then(|count| usize::try_from(count).ok());
        if count.is_none() {
            at(pointer, name, |pointer| {
                self.fault(pointer, format!("`{name}` must be a whole number from 0"));
            });
        }
        count
    }

    fn words(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        pointer: &mut String,
    ) -> Vec<String> {
        match fields.get(name) {
            None => Vec::new(),
            Some(Value::Array(words)) if words.iter().all(Value::is_string) => words
                .iter()
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect(),
            Some(_) => {
                at(pointer, name, |pointer| {
                    self.fault(pointer, format!("`{name}` must be a list of texts"));
                });
                Vec::new()
            }
        }
    }

    fn object<'a>(
        &mut self,
        fields: &'a Map<String, Value>,
        name: &str,
        pointer: &mut String,
    ) -> Option<&'a Map<String, Value>> {
        let object = fields.get(name)?.as_object();
        if object.is_none() {
            at(pointer, name, |pointer| {
                self.fault(pointer, format!("`{name}` must be an object"));
            });
        }
        object
    }

    fn default(&mut self, fields: &Map<String, Value>, schema: &mut Schema, pointer: &mut String) {
        let Some(default) = fields.get("default") else {
            return;
        };
        at(pointer, "default", |pointer| {
            for fault in schema.validate(default, "") {
                self.fault(
                    pointer,
                    format!("the default does not fit: {}", fault.message),
                );
            }
        });
        schema.default = Some(default.clone());
    }

    fn unknown(&mut self, fields: &Map<String, Value>, pointer: &mut String) {
        for name in fields.keys().map(String::as_str) {
            if FORBIDDEN.contains(&name) {
                at(pointer, name, |pointer| {
                    self.fault(pointer, format!("`{name}` is not supported"));
                });
            } else if !KNOWN.contains(&name) && !DESCRIPTIVE.contains(&name) {
                at(pointer, name, |pointer| {
                    let message = format!("unknown field `{name}` has no effect");
                    self.faults.push(Fault::warning(pointer.as_str(), message));
                });
            }
        }
    }
}

/// Fields that have an effect.
const KNOWN: [&str; 32] = [
    "type",
    "nullable",
    "default",
    "properties",
    "additionalProperties",
    "items",
    "enum",
    "pattern",
    "format",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "uniqueItems",
    "required",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-group-version-kind",
];

/// [`at`] for two steps, the second of which may hold any character.
fn nested<R>(pointer: &mut String, steps: &str, run: impl FnOnce(&mut String) -> R) -> R {
    let (first, second) = steps.split_once('/').unwrap_or((steps, ""));
    at(pointer, first, |pointer| at(pointer, second, run))
}
