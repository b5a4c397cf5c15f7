//! A constraint: a template with parameters, on certain objects, with certain consequences.

use serde_json::{Value, json};

use super::{
    enforcement::Enforcement,
    matching::{self, Match, is_dns_subdomain},
    read::problem,
    schema::Schema,
    template::Template,
};
use crate::manifest::{Manifest, Problem};

/// Group of constraints.
pub(super) const GROUP: &str = "constraints.gatekeeper.sh";

/// Longest name of a constraint.
const MAX_NAME: usize = 63;

/// A constraint as it is written, with defaults.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Its kind, which is that of its template.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Which objects it is about.
    pub matchers: Match,
    /// What follows.
    pub enforcement: Enforcement,
    /// Its parameters; `None` if it has none.
    pub parameters: Option<Value>,
}

/// The fields of `spec` besides parameters.
fn spec_schema() -> Schema {
    let text = json!({"type": "string"});
    let point = json!({"type": "object", "properties": {"name": text}});
    let action = json!({
        "type": "object",
        "properties": {"action": text, "enforcementPoints": {"type": "array", "items": point}},
    });
    let (schema, _) = Schema::parse(
        &json!({
            "type": "object",
            "properties": {
                "match": matching::schema(),
                "enforcementAction": {"type": "string", "default": "deny"},
                "scopedEnforcementActions": {"type": "array", "items": action},
            },
        }),
        "",
        false,
    );
    schema
}

impl Constraint {
    /// `<kind>/<name>`, as people know it.
    pub fn title(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// Reads a constraint of a template.
    pub(super) fn parse(
        manifest: &Manifest,
        template: &Template,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut fault = |pointer: &str, message: String| {
            problems.push(Problem::new(manifest, pointer, message));
        };
        let name = manifest.name();
        if !is_dns_subdomain(name) || name.len() > MAX_NAME {
            let message = format!(
                "`{name}` is no name of a constraint: lower-case letters, digits, `-` and `.`, at most {MAX_NAME}"
            );
            fault("/metadata/name", message);
        }
        if !matches!(manifest.version(), "v1alpha1" | "v1beta1") {
            let message = format!(
                "unknown version `{}` of constraints; versions are v1alpha1, v1beta1",
                manifest.version()
            );
            fault("/apiVersion", message);
        }
        if let Some(fields) = manifest.object.as_object() {
            for field in fields.keys() {
                if !["apiVersion", "kind", "metadata", "spec", "status"].contains(&field.as_str()) {
                    fault(&format!("/{field}"), format!("unknown field `{field}`"));
                }
            }
        }
        let mut spec = manifest.object.get("spec").cloned().unwrap_or(json!({}));
        let schema = spec_schema();
        let parameters = spec
            .as_object_mut()
            .and_then(|spec| spec.remove("parameters"));
        schema.default_value(&mut spec);
        for fault in schema.validate(&spec, "/spec") {
            problems.push(problem(manifest, "", &fault));
        }
        let parameters = parameters.filter(|parameters| !parameters.is_null());
        let parameters = match (parameters, template.parameters()) {
            (Some(mut parameters), Some(schema)) => {
                schema.default_value(&mut parameters);
                for fault in schema.validate(&parameters, "/spec/parameters") {
                    problems.push(problem(manifest, "", &fault));
                }
                Some(parameters)
            }
            (Some(_), None) => {
                let message = format!("constraints of kind {} take no parameters", template.kind());
                problems.push(Problem::new(manifest, "/spec/parameters", message));
                None
            }
            (None, schema) => schema.and_then(Schema::own_default),
        };
        let (matchers, faults) = Match::parse(spec.get("match").unwrap_or(&Value::Null));
        problems.extend(
            faults
                .iter()
                .map(|fault| problem(manifest, "/spec/match", fault)),
        );
        let (enforcement, faults) = Enforcement::parse(&spec);
        problems.extend(faults.iter().map(|fault| problem(manifest, "/spec", fault)));
        if problems.iter().any(|problem| !problem.is_warning) {
            return Err(problems);
        }
        let constraint = Self {
            kind: manifest.kind().to_owned(),
            name: name.to_owned(),
            matchers,
            enforcement,
            parameters,
        };
        Ok((constraint, problems))
    }
}
