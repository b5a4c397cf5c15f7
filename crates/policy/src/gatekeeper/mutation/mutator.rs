//! One mutator as it is written: `Assign`, `AssignMetadata`, `ModifySet`, `AssignImage`.

use serde_json::{Value, json};

use super::{
    conflict::Shape,
    image::ImageParts,
    location::{KeyValue, Location, Step},
    path_test::{Condition, PathTests},
};
use crate::{
    admission::{GroupVersionKind, Operation},
    gatekeeper::{
        apply_to::{self, ApplyTo},
        matching::{self, Match},
        read::{Checked, problem, texts},
    },
    manifest::{Manifest, Problem},
};

/// Group of mutators.
pub(crate) const GROUP: &str = "mutations.gatekeeper.sh";

/// Longest name of a mutator.
const MAX_NAME: usize = 63;

/// Operations that objects are mutated on.
pub(super) const OPERATIONS: [Operation; 2] = [Operation::Create, Operation::Update];

/// A change to objects.
#[derive(Clone, Debug)]
pub struct Mutator {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) generation: i64,
    /// `None` for `AssignMetadata`, which is about every kind.
    pub(super) apply_to: Option<Vec<Scope>>,
    pub(super) matchers: Match,
    pub(super) location: Location,
    pub(super) tests: PathTests,
    pub(super) assign_if: Option<AssignIf>,
    pub(super) effect: Effect,
}

/// Kinds, and the operations on them.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) kinds: ApplyTo,
    /// Those of [`OPERATIONS`] that are meant.
    pub(super) operations: Vec<Operation>,
}

/// What happens at the location.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// A value takes the place of what stands there.
    Assign(Assigned),
    /// Members join a list.
    Merge(Vec<Value>),
    /// Members leave a list.
    Prune(Vec<Value>),
    /// Parts of an image are set.
    Image(ImageParts),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Assigned {
    Value(Value),
    Name,
    Namespace,
    External(ExternalValue),
}

/// A value that a provider gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExternalValue {
    pub(super) provider: String,
    /// The key is the name of the user, not what stands at the location.
    pub(super) is_of_user: bool,
    pub(super) on_failure: OnFailure,
}

/// What stands at the location when a provider has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// Nothing: the mutation fails.
    Fail,
    /// The key.
    Ignore,
    /// This text.
    Default(String),
}

/// The legacy condition on what stands at the location; nothing counts as null.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AssignIf {
    within: Option<Vec<Value>>,
    not_within: Vec<Value>,
}

impl AssignIf {
    pub(super) fn allows(&self, value: &Value) -> bool {
        self.within
            .as_ref()
            .is_none_or(|values| values.contains(value))
            && !self.not_within.contains(value)
    }
}

impl Mutator {
    /// The kinds that it changes, each with the operations on them; `None` for every kind that it matches.
    pub(crate) fn scopes(&self) -> Option<impl Iterator<Item = (&ApplyTo, &[Operation])>> {
        let scopes = self.apply_to.as_ref()?.iter();
        Some(scopes.map(|scope| (&scope.kinds, &*scope.operations)))
    }

    pub(crate) fn matchers(&self) -> &Match {
        &self.matchers
    }

    /// `<kind> <name>`, as people know it.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// As the annotation about applied mutations names it.
    pub(super) fn mark(&self) -> String {
        format!("{}//{}:{}", self.kind, self.name, self.generation)
    }

    /// Whether it is about a kind and an operation. `None` stands for no request: then only mutators count
    /// that are about all operations.
    pub(super) fn applies_to(&self, kind: &GroupVersionKind, operation: Option<Operation>) -> bool {
        let Some(scopes) = &self.apply_to else {
            return true;
        };
        scopes.iter().any(|scope| {
            scope.kinds.contains(kind)
                && match operation {
                    None => scope.operations.len() == OPERATIONS.len(),
                    Some(operation) => scope.operations.contains(&operation),
                }
        })
    }

    /// What it takes the end of its location for.
    pub(super) fn end(&self) -> Shape {
        match &self.effect {
            Effect::Assign(_) => Shape::Unknown,
            Effect::Merge(_) | Effect::Prune(_) => Shape::Set,
            Effect::Image(_) => Shape::Text,
        }
    }

    /// Whether nobody may go further than its location.
    pub(super) fn is_final(&self) -> bool {
        matches!(
            self.effect,
            Effect::Image(_) | Effect::Assign(Assigned::External(_))
        )
    }

    /// Reads a mutator of any kind.
    pub(crate) fn parse(manifest: &Manifest) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let Some(kind) = ["Assign", "AssignMetadata", "ModifySet", "AssignImage"]
            .into_iter()
            .find(|kind| *kind == manifest.kind())
        else {
            let message = format!("unknown kind `{}` of {GROUP}", manifest.kind());
            return Err(vec![Problem::new(manifest, "/kind", message)]);
        };
        let checked = Checked::new(manifest, &["v1alpha1", "v1beta1", "v1"], &shape(kind))?;
        let mut reader = Reader {
            manifest,
            checked,
            problems: Vec::new(),
        };
        let mutator = reader.mutator(kind);
        let Reader { problems, .. } = reader;
        match mutator {
            Some(mutator) if problems.iter().all(|problem| problem.is_warning) => {
                Ok((mutator, problems))
            }
            _ => Err(problems),
        }
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    checked: Checked,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        let problem = Problem::new(self.manifest, pointer, message);
        self.problems.push(problem);
    }

    fn mutator(&mut self, kind: &'static str) -> Option<Mutator> {
        let name = self.manifest.name().to_owned();
        if name.len() > MAX_NAME {
            let message = format!("the name is longer than {MAX_NAME} characters");
            self.fault("/metadata/name", message);
        }
        let location = self.location(kind)?;
        let (matchers, faults) =
            Match::parse(self.checked.spec.get("match").unwrap_or(&Value::Null));
        for fault in faults {
            (self.problems).push(problem(self.manifest, "/spec/match", &fault));
        }
        let is_of_metadata = kind == "AssignMetadata";
        let apply_to = (!is_of_metadata).then(|| self.apply_to());
        let effect = self.effect(kind, &location);
        let tests = if is_of_metadata {
            Some(PathTests::absent(&location))
        } else {
            self.tests(&location)
        };
        let generation = self.manifest.object.pointer("/metadata/generation");
        Some(Mutator {
            kind,
            name,
            generation: generation.and_then(Value::as_i64).unwrap_or(0),
            apply_to,
            matchers,
            assign_if: self.assign_if(),
            location,
            tests: tests?,
            effect: effect?,
        })
    }

    fn location(&mut self, kind: &str) -> Option<Location> {
        let at = "/spec/location";
        let location = match Location::parse(self.checked.text(at)) {
            Ok(location) => location,
            Err(error) => {
                self.fault(at, format!("no location: {error}"));
                return None;
            }
        };
        let ends_in_list = matches!(location.steps().last(), Some(Step::Member(_)));
        if kind == "AssignMetadata" {
            let is_allowed = match location.steps() {
                [Step::Field(top), Step::Field(map), Step::Field(_)] => {
                    top == "metadata" && (map == "labels" || map == "annotations")
                }
                _ => false,
            };
            if !is_allowed {
                self.fault(
                    at,
                    "AssignMetadata sets metadata.labels.<key> and metadata.annotations.<key> only",
                );
            }
            return is_allowed.then_some(location);
        }
        if location.is_in_metadata() {
            self.fault(at, format!("{kind} must not change metadata"));
        }
        if kind != "Assign" && ends_in_list {
            self.fault(
                at,
                format!("the location of {kind} must not end with a list member"),
            );
        }
        if kind != "ModifySet"
            && let [.., Step::Member(member), Step::Field(field)] = location.steps()
            && member.key == *field
        {
            self.fault(
                at,
                "the key that tells list members apart must not be changed",
            );
        }
        Some(location)
    }

    fn apply_to(&mut self) -> Vec<Scope> {
        let entries = self.checked.spec.get("applyTo").cloned();
        let entries = match entries {
            Some(Value::Array(entries)) if !entries.is_empty() => entries,
            _ => {
                self.fault("/spec/applyTo", "`applyTo` is missing");
                return Vec::new();
            }
        };
        let mut scopes = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("/spec/applyTo/{index}");
            let kinds = ApplyTo::parse(entry);
            if !kinds.is_complete() {
                self.fault(&at, "groups, versions and kinds must all be given");
            }
            let words = texts(entry, "operations");
            let is_all = words.is_empty() || words.iter().any(|word| word == "*");
            if is_all && words.len() > 1 {
                self.fault(&at, "the operation `*` must stand alone");
            }
            let operations = OPERATIONS
                .into_iter()
                .filter(|operation| is_all || words.iter().any(|word| word == operation.as_str()))
                .collect();
            scopes.push(Scope { kinds, operations });
        }
        scopes
    }

    fn tests(&mut self, location: &Location) -> Option<PathTests> {
        let written = self.checked.spec.pointer("/parameters/pathTests").cloned();
        let mut conditions = Vec::new();
        for (index, test) in (written.as_ref().and_then(Value::as_array))
            .into_iter()
            .flatten()
            .enumerate()
        {
            let text = |field: &str| test.get(field).and_then(Value::as_str).unwrap_or("");
            let condition = if text("condition") == "MustNotExist" {
                Condition::MustNotExist
            } else {
                Condition::MustExist
            };
            match Location::parse(text("subPath")) {
                Ok(path) => conditions.push((path, condition)),
                Err(error) => {
                    let at = format!("/spec/parameters/pathTests/{index}/subPath");
                    self.fault(&at, format!("no location: {error}"));
                    return None;
                }
            }
        }
        match PathTests::new(location, &conditions) {
            Ok(tests) => Some(tests),
            Err((index, message)) => {
                self.fault(&format!("/spec/parameters/pathTests/{index}"), message);
                None
            }
        }
    }

    fn assign_if(&self) -> Option<AssignIf> {
        let written = self.checked.spec.pointer("/parameters/assignIf")?;
        let values = |field: &str| written.get(field).and_then(Value::as_array).cloned();
        Some(AssignIf {
            within: values("in"),
            not_within: values("notIn").unwrap_or_default(),
        })
    }

    fn effect(&mut self, kind: &str, location: &Location) -> Option<Effect> {
        match kind {
            "ModifySet" => {
                let values = self.checked.spec.pointer("/parameters/values/fromList");
                let values = values
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default();
                match self.checked.text("/spec/parameters/operation") {
                    "prune" => Some(Effect::Prune(values)),
                    _ => Some(Effect::Merge(values)),
                }
            }
            "AssignImage" => {
                let part = |name: &str| self.checked.text(&format!("/spec/parameters/{name}"));
                match ImageParts::new(part("assignDomain"), part("assignPath"), part("assignTag")) {
                    Ok(parts) => Some(Effect::Image(parts)),
                    Err(message) => {
                        self.fault("/spec/parameters", message);
                        None
                    }
                }
            }
            _ => self
                .assigned(kind == "AssignMetadata", location)
                .map(Effect::Assign),
        }
    }

    fn assigned(&mut self, is_metadata: bool, location: &Location) -> Option<Assigned> {
        const AT: &str = "/spec/parameters/assign";
        let assign = self.checked.spec.pointer("/parameters/assign").cloned();
        let field = |name: &str| {
            let field = assign.as_ref().and_then(|assign| assign.get(name));
            field.filter(|field| !field.is_null()).cloned()
        };
        let assigned = match (field("value"), field("fromMetadata"), field("externalData")) {
            (Some(value), None, None) => Assigned::Value(value),
            (None, Some(from), None) => match from.get("field").and_then(Value::as_str) {
                Some("namespace") => Assigned::Namespace,
                _ => Assigned::Name,
            },
            (None, None, Some(external)) => Assigned::External(self.external(&external)?),
            _ => {
                self.fault(
                    AT,
                    "exactly one of value, fromMetadata, externalData must be given",
                );
                return None;
            }
        };
        match (&assigned, location.steps().last()) {
            (Assigned::Value(value), _) if is_metadata && !value.is_string() => {
                self.fault(&format!("{AT}/value"), "the value must be a text");
                return None;
            }
            (Assigned::External(external), _) if is_metadata && !external.is_of_user => {
                self.fault(
                    &format!("{AT}/externalData/dataSource"),
                    "AssignMetadata takes the data source Username only",
                );
                return None;
            }
            (Assigned::Value(value), Some(Step::Member(member))) => {
                let fits = match &member.value {
                    None => Err("all members of a list cannot be assigned at once".to_owned()),
                    Some(key) => fits_member(value, &member.key, key),
                };
                if let Err(message) = fits {
                    self.fault(&format!("{AT}/value"), message);
                    return None;
                }
            }
            (_, Some(Step::Member(_))) => {
                self.fault(AT, "only a value can be assigned to a list member");
                return None;
            }
            _ => {}
        }
        Some(assigned)
    }

    fn external(&mut self, written: &Value) -> Option<ExternalValue> {
        let text = |field: &str| written.get(field).and_then(Value::as_str).unwrap_or("");
        let on_failure = match text("failurePolicy") {
            "Ignore" => OnFailure::Ignore,
            "UseDefault" => OnFailure::Default(text("default").to_owned()),
            _ => OnFailure::Fail,
        };
        if on_failure == OnFailure::Default(String::new()) {
            self.fault(
                "/spec/parameters/assign/externalData",
                "the failure policy UseDefault needs a default",
            );
            return None;
        }
        Some(ExternalValue {
            provider: text("provider").to_owned(),
            is_of_user: text("dataSource") == "Username",
            on_failure,
        })
    }
}

fn fits_member(value: &Value, name: &str, key: &KeyValue) -> Result<(), String> {
    let Value::Object(fields) = value else {
        return Err("only an object can be a member of a list with keys".to_owned());
    };
    if fields.get(name).is_some_and(|value| key.is(value)) {
        Ok(())
    } else {
        Err(format!(
            "`{name}` of the object must be {}, as in the location",
            key.to_json()
        ))
    }
}

/// The schema of `spec`.
fn shape(kind: &str) -> Value {
    let any = json!({"x-kubernetes-preserve-unknown-fields": true, "nullable": true});
    let list = json!({"type": "array", "items": any});
    let text = json!({"type": "string"});
    let tests = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["subPath", "condition"],
            "properties": {
                "subPath": text,
                "condition": {"type": "string", "enum": ["MustExist", "MustNotExist"]},
            },
        },
    });
    let assign = json!({
        "type": "object",
        "properties": {
            "value": any,
            "fromMetadata": {
                "type": "object",
                "required": ["field"],
                "properties": {"field": {"type": "string", "enum": ["name", "namespace"]}},
            },
            "externalData": {
                "type": "object",
                "required": ["provider"],
                "properties": {
                    "provider": text,
                    "dataSource": {
                        "type": "string",
                        "enum": ["ValueAtLocation", "Username"],
                        "default": "ValueAtLocation",
                    },
                    "failurePolicy": {
                        "type": "string",
                        "enum": ["UseDefault", "Ignore", "Fail"],
                        "default": "Fail",
                    },
                    "default": text,
                },
            },
        },
    });
    let parameters = match kind {
        "Assign" => json!({
            "pathTests": tests,
            "assign": assign,
            "assignIf": {"type": "object", "properties": {"in": list, "notIn": list}},
        }),
        "AssignMetadata" => json!({"assign": assign}),
        "ModifySet" => json!({
            "pathTests": tests,
            "operation": {"type": "string", "enum": ["merge", "prune"], "default": "merge"},
            "values": {"type": "object", "properties": {"fromList": list}},
        }),
        _ => json!({
            "pathTests": tests,
            "assignDomain": text,
            "assignPath": text,
            "assignTag": text,
        }),
    };
    let mut properties = json!({
        "match": matching::schema(),
        "location": text,
        "parameters": {"type": "object", "default": {}, "properties": parameters},
    });
    if kind != "AssignMetadata"
        && let Some(properties) = properties.as_object_mut()
    {
        let mut entry = apply_to::schema();
        if let Some(fields) = entry
            .pointer_mut("/properties")
            .and_then(Value::as_object_mut)
        {
            let word = json!({"type": "string", "enum": ["CREATE", "UPDATE", "*"]});
            let words = json!({"type": "array", "x-kubernetes-list-type": "set", "items": word});
            fields.insert("operations".to_owned(), words);
        }
        properties.insert(
            "applyTo".to_owned(),
            json!({"type": "array", "items": entry}),
        );
    }
    json!({"type": "object", "properties": properties})
}
