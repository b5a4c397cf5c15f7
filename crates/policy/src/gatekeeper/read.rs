//! Reading a policy of a fixed shape: defaults put, everything else refused with its place.

use serde_json::{Value, json};

use super::{
    matching::is_dns_subdomain,
    schema::{Fault, Schema},
};
use crate::manifest::{Manifest, Problem};

/// A policy whose `spec` has the shape it must have.
pub(crate) struct Checked {
    /// `spec` with defaults.
    pub(crate) spec: Value,
    /// What does no harm.
    pub(crate) warnings: Vec<Problem>,
}

impl Checked {
    /// Holds a manifest against the versions of its kind and the schema of its `spec`.
    pub(crate) fn new(
        manifest: &Manifest,
        versions: &[&str],
        shape: &Value,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        if !versions.contains(&manifest.version()) {
            let message = format!(
                "unknown version `{}`; versions are {}",
                manifest.version(),
                versions.join(", ")
            );
            problems.push(Problem::new(manifest, "/apiVersion", message));
        }
        if !is_dns_subdomain(manifest.name()) {
            let message = format!("`{}` is no name of an object", manifest.name());
            problems.push(Problem::new(manifest, "/metadata/name", message));
        }
        let (schema, faults) = Schema::parse(shape, "", false);
        debug_assert_eq!(faults, [], "shapes are structural");
        let mut spec = manifest.object.get("spec").cloned().unwrap_or(json!({}));
        schema.default_value(&mut spec);
        let faults = schema.validate(&spec, "/spec");
        problems.extend(faults.iter().map(|fault| problem(manifest, "", fault)));
        if problems.is_empty() {
            Ok(Self {
                spec,
                warnings: Vec::new(),
            })
        } else {
            Err(problems)
        }
    }

    /// The text at a pointer from the top of the object; empty where there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        pointer
            .strip_prefix("/spec")
            .and_then(|pointer| self.spec.pointer(pointer))
            .and_then(Value::as_str)
            .unwrap_or("")
    }
}

/// A fault as a problem of a manifest; `prefix` is where the pointers of the fault begin.
pub(crate) fn problem(manifest: &Manifest, prefix: &str, fault: &Fault) -> Problem {
    let pointer = format!("{prefix}{}", fault.pointer);
    Problem {
        is_warning: fault.is_warning,
        ..Problem::new(manifest, &pointer, fault.message.clone())
    }
}

/// The texts of a list; nothing where there is none.
pub(crate) fn texts(value: &Value, field: &str) -> Vec<String> {
    value
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}
