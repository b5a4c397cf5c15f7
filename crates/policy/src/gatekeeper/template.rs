//! A `ConstraintTemplate`: the kind of its constraints, the schema of their parameters, and code.

use serde_json::{Value, json};

use super::{
    config::{REQUIRES_SYNC, SyncRequirements},
    engine::{self, Code, Engine},
    read::{Checked, problem, texts},
    schema::Schema,
};
use crate::{
    admission::Operation,
    manifest::{Manifest, Problem},
};

/// Group of templates.
pub(super) const GROUP: &str = "templates.gatekeeper.sh";

/// The only target that there is.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// A template, ready to judge.
#[derive(Debug)]
pub struct Template {
    kind: String,
    /// `None`: constraints take no parameters.
    parameters: Option<Schema>,
    operations: Operations,
    requirements: SyncRequirements,
    code: Code,
}

/// Operations that constraints are judged on in the webhook.
#[derive(Debug)]
enum Operations {
    /// All that are sent; what is to be sent the template does not say.
    Unsaid,
    /// `*`.
    All,
    These(Vec<Operation>),
}

/// What `*` stands for.
const ALL_OPERATIONS: [Operation; 4] = [
    Operation::Create,
    Operation::Update,
    Operation::Delete,
    Operation::Connect,
];

impl Template {
    /// The kind of its constraints.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The engine that judges.
    pub fn engine(&self) -> Engine {
        self.code.engine()
    }

    /// The data it says it needs.
    pub fn requirements(&self) -> &SyncRequirements {
        &self.requirements
    }

    pub(super) fn parameters(&self) -> Option<&Schema> {
        self.parameters.as_ref()
    }

    pub(super) fn code(&self) -> &Code {
        &self.code
    }

    /// The operations that the template names; `None` where it leaves that open.
    pub(super) fn operations(&self) -> Option<&[Operation]> {
        match &self.operations {
            Operations::Unsaid => None,
            Operations::All => Some(&ALL_OPERATIONS),
            Operations::These(operations) => Some(operations),
        }
    }

    /// Whether constraints are judged on an operation in the webhook.
    pub(super) fn is_for(&self, operation: Option<Operation>) -> bool {
        match &self.operations {
            Operations::Unsaid | Operations::All => true,
            Operations::These(operations) => {
                operation.is_some_and(|operation| operations.contains(&operation))
            }
        }
    }

    /// Reads a template and compiles its code.
    ///
    /// `preferred` is the engine whose code is taken where there is code for several.
    pub(super) fn parse(
        manifest: &Manifest,
        preferred: Engine,
        settings: &engine::Settings,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let mut checked = Checked::new(manifest, &["v1alpha1", "v1beta1", "v1"], &shape())?;
        let mut problems = std::mem::take(&mut checked.warnings);
        let kind = checked.text("/spec/crd/spec/names/kind").to_owned();
        problems.extend(name_fault(manifest, &kind));
        let parameters = parameters(manifest, &checked, &mut problems);
        let requirements = requirements(manifest, &mut problems);
        let sources = sources(manifest, &checked, &mut problems);
        let chosen = sources
            .iter()
            .find(|source| source.engine == preferred)
            .or(sources.first());
        let code = chosen.and_then(|source| {
            let (code, faults) = engine::compile(manifest, source, settings);
            problems.extend(faults);
            code
        });
        match code {
            Some(code) if problems.iter().all(|problem| problem.is_warning) => {
                let template = Self {
                    kind,
                    parameters,
                    operations: operations(&checked),
                    requirements,
                    code,
                };
                Ok((template, problems))
            }
            _ => {
                if problems.iter().all(|problem| problem.is_warning) {
                    let message = "no code: `rego`, or `code` for the engine Rego or K8sNativeValidation, must be given";
                    problems.push(Problem::new(manifest, "/spec/targets/0", message));
                }
                Err(problems)
            }
        }
    }
}

/// What is wrong with the kind, or with how the name follows from it.
fn name_fault(manifest: &Manifest, kind: &str) -> Option<Problem> {
    const AT: &str = "/spec/crd/spec/names/kind";
    let lower = kind.to_lowercase();
    let is_kind = kind.len() <= 63
        && lower.starts_with(|first: char| first.is_ascii_lowercase())
        && lower.ends_with(|last: char| last.is_ascii_alphanumeric())
        && lower
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if kind.is_empty() {
        let message = "the kind of constraints is missing: spec.crd.spec.names.kind";
        return Some(Problem::new(manifest, AT, message));
    }
    if !is_kind {
        return Some(Problem::new(manifest, AT, format!("`{kind}` is no kind")));
    }
    (manifest.name() != lower).then(|| {
        let message = format!("the name must be the kind in lower case, `{lower}`");
        Problem::new(manifest, "/metadata/name", message)
    })
}

fn parameters(
    manifest: &Manifest,
    checked: &Checked,
    problems: &mut Vec<Problem>,
) -> Option<Schema> {
    let validation = checked.spec.pointer("/crd/spec/validation");
    let field = |name: &str| validation.and_then(|validation| validation.get(name));
    let is_legacy = match field("legacySchema") {
        Some(Value::Bool(is_legacy)) => *is_legacy,
        // Before v1 every schema was a legacy one unless it said otherwise.
        _ => manifest.version() != "v1",
    };
    let empty = json!({});
    let written = match field("openAPIV3Schema") {
        Some(written) => written,
        None if is_legacy => &empty,
        None => return None,
    };
    let at = "/spec/crd/spec/validation/openAPIV3Schema";
    let (schema, faults) = Schema::parse(written, at, is_legacy);
    problems.extend(faults.iter().map(|fault| problem(manifest, "", fault)));
    Some(schema)
}

fn requirements(manifest: &Manifest, problems: &mut Vec<Problem>) -> SyncRequirements {
    let annotations = manifest.object.pointer("/metadata/annotations");
    let annotation = annotations
        .and_then(|annotations| annotations.get(REQUIRES_SYNC))
        .and_then(Value::as_str);
    match annotation.map(SyncRequirements::parse) {
        None => SyncRequirements::default(),
        Some(Ok(requirements)) => requirements,
        Some(Err(message)) => {
            let at = "/metadata/annotations/metadata.gatekeeper.sh~1requires-sync-data";
            problems.push(Problem::new(manifest, at, message));
            SyncRequirements::default()
        }
    }
}

fn operations(checked: &Checked) -> Operations {
    let target = checked.spec.pointer("/targets/0");
    let words = target.map_or_else(Vec::new, |target| texts(target, "operations"));
    if words.is_empty() {
        return Operations::Unsaid;
    }
    if words.iter().any(|word| word == "*") {
        return Operations::All;
    }
    let named = |operation: &Operation| words.iter().any(|word| word == operation.as_str());
    Operations::These(ALL_OPERATIONS.into_iter().filter(named).collect())
}

/// The sources of code, by engine; `rego` of the target counts before `code`.
fn sources<'a>(
    manifest: &Manifest,
    checked: &'a Checked,
    problems: &mut Vec<Problem>,
) -> Vec<engine::Source<'a>> {
    let targets = checked.spec.get("targets").and_then(Value::as_array);
    let target = match targets.map(Vec::as_slice) {
        Some([target]) => target,
        Some([_, _, ..]) => {
            let message = "a template must have one target, not several";
            problems.push(Problem::new(manifest, "/spec/targets/1", message));
            return Vec::new();
        }
        _ => {
            let message = "a template must have one target";
            problems.push(Problem::new(manifest, "/spec/targets", message));
            return Vec::new();
        }
    };
    let name = target.get("target").and_then(Value::as_str).unwrap_or("");
    if name != TARGET {
        let message = format!("unknown target `{name}`; the target is {TARGET}");
        problems.push(Problem::new(manifest, "/spec/targets/0/target", message));
    }
    let mut sources = Vec::new();
    let rego = target.get("rego").and_then(Value::as_str);
    if rego.is_some_and(|rego| !rego.is_empty()) {
        sources.push(engine::Source {
            engine: Engine::Rego,
            written: target,
            pointer: "/spec/targets/0".to_owned(),
        });
    }
    let entries = target.get("code").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let word = entry.get("engine").and_then(Value::as_str).unwrap_or("");
        let Some(engine) = Engine::of(word) else {
            let at = format!("/spec/targets/0/code/{index}/engine");
            let message = format!(
                "unknown engine `{word}` has no effect; engines are Rego, K8sNativeValidation"
            );
            problems.push(Problem::new(manifest, &at, message).warning());
            continue;
        };
        let is_given = sources.iter().any(|source| source.engine == engine);
        if let Some(written) = entry.get("source")
            && !is_given
        {
            sources.push(engine::Source {
                engine,
                written,
                pointer: format!("/spec/targets/0/code/{index}/source"),
            });
        }
    }
    sources
}

/// The schema of `spec`.
fn shape() -> Value {
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": text});
    let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let operation = json!({
        "type": "string",
        "enum": ["*", "CREATE", "UPDATE", "DELETE", "CONNECT"],
    });
    json!({
        "type": "object",
        "properties": {
            "crd": {"type": "object", "properties": {"spec": {"type": "object", "properties": {
                "names": {"type": "object", "properties": {"kind": text, "shortNames": texts}},
                "validation": {"type": "object", "properties": {
                    "openAPIV3Schema": any,
                    "legacySchema": {"type": "boolean"},
                }},
            }}}},
            "targets": {"type": "array", "items": {"type": "object", "properties": {
                "target": text,
                "rego": text,
                "libs": texts,
                "operations": {"type": "array", "items": operation},
                "code": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["engine"],
                    "items": {
                        "type": "object",
                        "required": ["engine", "source"],
                        "properties": {"engine": text, "source": any},
                    },
                },
            }}},
        },
    })
}
