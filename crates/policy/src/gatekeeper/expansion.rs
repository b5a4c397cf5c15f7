//! ExpansionTemplates: objects that follow from others, as pods follow from a Deployment.
//!
//! A Deployment that would make forbidden pods can so be refused itself, before its controller fails in silence.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_input::yaml::push_key;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{
    apply_to::{self, ApplyTo},
    enforcement,
    external_data::ExternalData,
    matching::ObjectSource,
    mutation::{MutationError, Mutators, Target},
    read::Checked,
};
use crate::{
    admission::{Action, GroupVersionKind},
    manifest::{Manifest, Problem},
};

/// Group of expansion templates.
pub(super) const GROUP: &str = "expansion.gatekeeper.sh";

/// Objects that follow from objects that follow, at most so many times over.
const MAX_DEPTH: usize = 30;

/// Longest name of a template.
const MAX_NAME: usize = 63;

/// One ExpansionTemplate.
#[derive(Clone, Debug)]
pub struct ExpansionTemplate {
    name: String,
    apply_to: Vec<ApplyTo>,
    /// The fields that lead to the object in the one it follows from.
    source: Vec<String>,
    generated: GroupVersionKind,
    action: Option<Action>,
}

impl ExpansionTemplate {
    /// Reads an ExpansionTemplate.
    pub(super) fn parse(manifest: &Manifest) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let text = json!({"type": "string"});
        let shape = json!({
            "type": "object",
            "properties": {
                "applyTo": {"type": "array", "items": apply_to::schema()},
                "templateSource": text,
                "generatedGVK": {
                    "type": "object",
                    "properties": {"group": text, "version": text, "kind": text},
                },
                "enforcementAction": text,
            },
        });
        let mut checked = Checked::new(manifest, &["v1alpha1", "v1beta1"], &shape)?;
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, message: &str| {
            faults.push(Problem::new(manifest, pointer, message));
        };
        if manifest.name().len() > MAX_NAME {
            fault("/metadata/name", "the name is longer than 63 characters");
        }
        let source = checked.text("/spec/templateSource").to_owned();
        if source.is_empty() {
            fault("/spec/templateSource", "`templateSource` is missing");
        }
        let generated = GroupVersionKind {
            group: checked.text("/spec/generatedGVK/group").to_owned(),
            version: checked.text("/spec/generatedGVK/version").to_owned(),
            kind: checked.text("/spec/generatedGVK/kind").to_owned(),
        };
        if generated.version.is_empty() || generated.kind.is_empty() {
            fault(
                "/spec/generatedGVK",
                "`generatedGVK` must give version and kind",
            );
        }
        let entries = checked.spec.get("applyTo").and_then(Value::as_array);
        let apply_to: Vec<_> = (entries.into_iter().flatten())
            .map(ApplyTo::parse)
            .collect();
        if !apply_to.iter().any(ApplyTo::is_complete) {
            fault(
                "/spec/applyTo",
                "`applyTo` must give groups, versions and kinds",
            );
        }
        if apply_to.iter().any(|entry| entry.contains(&generated)) {
            fault(
                "/spec/generatedGVK",
                "what is generated must not be expanded by the same template",
            );
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let word = checked.text("/spec/enforcementAction").to_owned();
        let action = if word.is_empty() {
            None
        } else {
            enforcement::action(&word).or_else(|| {
                let message = format!("unknown action `{word}`: violations are only recorded");
                let problem = Problem::new(manifest, "/spec/enforcementAction", message);
                checked.warnings.push(problem.warning());
                Some(Action::Audit)
            })
        };
        let template = Self {
            name: manifest.name().to_owned(),
            apply_to,
            source: source.split('.').map(str::to_owned).collect(),
            generated,
            action,
        };
        Ok((template, checked.warnings))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_about(&self, kind: &GroupVersionKind) -> bool {
        self.apply_to.iter().any(|entry| entry.contains(kind))
    }

    /// The object that follows from another.
    fn generate(&self, parent: &Value, namespace: &str) -> Result<Value, ExpansionError> {
        let source = (self.source.iter()).try_fold(parent, |value, field| value.get(field));
        let Some(Value::Object(fields)) = source else {
            return Err(ExpansionError::Source {
                template: self.name.clone(),
                source_field: self.source.join("."),
                name: text(parent, "/metadata/name").to_owned(),
            });
        };
        let mut fields = fields.clone();
        let api_version = self.generated.api_version();
        fields.insert("apiVersion".to_owned(), Value::String(api_version));
        fields.insert("kind".to_owned(), self.generated.kind.clone().into());
        let mut metadata = match fields.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let own = text(parent, "/metadata/namespace");
        let namespace = if namespace.is_empty() { own } else { namespace };
        if !namespace.is_empty() {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
        let name = text(parent, "/metadata/name");
        let mock = format!("{name}-{}", self.generated.kind).to_lowercase();
        metadata.insert("name".to_owned(), mock.into());
        own_by(&mut metadata, parent);
        fields.insert("metadata".to_owned(), Value::Object(metadata));
        Ok(Value::Object(fields))
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// Notes whom an object follows from, unless that is not known or there already.
fn own_by(metadata: &mut Map<String, Value>, parent: &Value) {
    let owner = ["/apiVersion", "/kind", "/metadata/name"].map(|pointer| text(parent, pointer));
    if owner.iter().any(|part| part.is_empty()) {
        return;
    }
    let [api_version, kind, name] = owner;
    let owners = metadata
        .entry("ownerReferences")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(owners) = owners else {
        return;
    };
    let is_there = owners.iter().any(|owner| {
        text(owner, "/apiVersion") == api_version
            && text(owner, "/kind") == kind
            && text(owner, "/name") == name
    });
    if !is_there {
        owners.push(json!({"apiVersion": api_version, "kind": kind, "name": name, "uid": ""}));
    }
}

/// All ExpansionTemplates.
#[derive(Clone, Debug, Default)]
pub struct Expansions {
    /// By name; those of a cycle are left out.
    templates: Vec<ExpansionTemplate>,
    cyclic: Vec<String>,
}

/// An object that follows from another.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The object, mutated.
    pub object: Value,
    /// Name of the template.
    pub template: String,
    /// Where it stands in the object that it follows from, as a JSON pointer; over all that are between.
    pub source: String,
    /// What follows from violations in the place of what constraints say.
    pub action: Option<Action>,
}

/// Why nobody can say what follows from an object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpansionError {
    /// The object is not what a template takes it for.
    #[error("ExpansionTemplate {template}: {name} has no object at {source_field}")]
    Source {
        /// Name of the template.
        template: String,
        /// Where it looks.
        source_field: String,
        /// Name of the object.
        name: String,
    },
    /// What follows cannot be mutated.
    #[error("ExpansionTemplate {template}: {source}")]
    Mutation {
        /// Name of the template.
        template: String,
        /// Why not.
        source: MutationError,
    },
    /// Objects follow from objects without end.
    #[error("objects follow from objects more than {MAX_DEPTH} times")]
    Depth,
}

impl Expansions {
    /// The kinds that something follows from.
    pub(crate) fn apply_to(&self) -> impl Iterator<Item = &ApplyTo> {
        self.templates
            .iter()
            .flat_map(|template| &template.apply_to)
    }

    /// Leaves templates out that would expand what they generate, over any number of others.
    /// Of two with one name the later counts.
    pub fn new(templates: impl IntoIterator<Item = ExpansionTemplate>) -> Self {
        let by_name: BTreeMap<_, _> = templates
            .into_iter()
            .map(|template| (template.name.clone(), template))
            .collect();
        let all: Vec<_> = by_name.into_values().collect();
        let is_cyclic: Vec<_> = (0..all.len()).map(|start| returns(&all, start)).collect();
        let mut expansions = Self::default();
        for (template, is_cyclic) in all.into_iter().zip(is_cyclic) {
            if is_cyclic {
                expansions.cyclic.push(template.name);
            } else {
                expansions.templates.push(template);
            }
        }
        expansions
    }

    /// Whether nothing is expanded.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// Names of the templates that are left out.
    pub fn cyclic(&self) -> &[String] {
        &self.cyclic
    }

    /// Everything that follows from an object: the last that follows first.
    ///
    /// `parent` is the object with what is known about it; it is not mutated itself.
    pub fn expand(
        &self,
        parent: &Target<'_>,
        mutators: &Mutators,
        providers: &dyn ExternalData,
    ) -> Result<Vec<Generated>, ExpansionError> {
        let mut generated = Vec::new();
        if !self.templates.is_empty() {
            self.expand_below((parent, ""), mutators, providers, 0, &mut generated)?;
        }
        Ok(generated)
    }

    fn expand_below(
        &self,
        (parent, within): (&Target<'_>, &str),
        mutators: &Mutators,
        providers: &dyn ExternalData,
        depth: usize,
        all: &mut Vec<Generated>,
    ) -> Result<(), ExpansionError> {
        if depth >= MAX_DEPTH {
            return Err(ExpansionError::Depth);
        }
        let kind = GroupVersionKind::of(parent.object);
        let mut own = Vec::new();
        for template in self.templates.iter().filter(|one| one.is_about(&kind)) {
            let object = template.generate(parent.object, parent.namespace)?;
            let target = Target {
                object: &object,
                source: ObjectSource::Generated,
                operation: None,
                ..*parent
            };
            let mutation =
                mutators
                    .mutate(&target, providers)
                    .map_err(|source| ExpansionError::Mutation {
                        template: template.name.clone(),
                        source,
                    })?;
            let mut source = within.to_owned();
            for field in &template.source {
                push_key(&mut source, field);
            }
            own.push(Generated {
                object: mutation.object,
                template: template.name.clone(),
                source,
                action: template.action,
            });
        }
        for generated in &own {
            let target = Target {
                object: &generated.object,
                ..*parent
            };
            let place = (&target, generated.source.as_str());
            self.expand_below(place, mutators, providers, depth + 1, all)?;
        }
        all.append(&mut own);
        Ok(())
    }
}

/// Whether a template comes back to itself.
fn returns(templates: &[ExpansionTemplate], start: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        let Some(generated) = templates.get(index).map(|template| &template.generated) else {
            continue;
        };
        for (next, template) in templates.iter().enumerate() {
            if template.is_about(generated) {
                if next == start {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gatekeeper::{external_data::NoExternalData, mutation::Mutator};

    fn template(name: &str, from: &str, to: &str) -> ExpansionTemplate {
        let group = |kind: &str| match kind {
            "Pod" => "",
            "Deployment" => "apps",
            _ => "batch",
        };
        let source = if from == "CronJob" {
            "spec.jobTemplate"
        } else {
            "spec.template"
        };
        let manifest = Manifest::new(json!({
            "apiVersion": "expansion.gatekeeper.sh/v1beta1",
            "kind": "ExpansionTemplate",
            "metadata": {"name": name},
            "spec": {
                "applyTo": [{"groups": [group(from)], "versions": ["v1"], "kinds": [from]}],
                "templateSource": source,
                "generatedGVK": {"group": group(to), "version": "v1", "kind": to},
                "enforcementAction": "warn",
            },
        }));
        ExpansionTemplate::parse(&manifest).expect("a template").0
    }

    fn target(object: &Value) -> Target<'_> {
        Target {
            object,
            namespace: "",
            namespace_object: None,
            user: "",
            source: ObjectSource::Original,
            operation: None,
        }
    }

    fn cron_job() -> Value {
        let pod = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}});
        json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "Nightly", "namespace": "prod"},
            "spec": {"jobTemplate": {"spec": {"template": pod}}},
        })
    }

    #[test]
    fn pods_follow_from_jobs_that_follow_from_cron_jobs() {
        let expansions = Expansions::new([
            template("jobs", "CronJob", "Job"),
            template("pods", "Job", "Pod"),
        ]);
        let label = Mutator::parse(&Manifest::new(json!({
            "apiVersion": "mutations.gatekeeper.sh/v1",
            "kind": "AssignMetadata",
            "metadata": {"name": "m"},
            "spec": {
                "match": {"source": "Generated", "kinds": [{"kinds": ["Pod"]}]},
                "location": "metadata.labels.made",
                "parameters": {"assign": {"value": "yes"}},
            },
        })));
        let mutators = Mutators::new([label.expect("a mutator").0]);
        let parent = cron_job();
        let generated = expansions
            .expand(&target(&parent), &mutators, &NoExternalData)
            .expect("objects");
        let names: Vec<_> = generated.iter().map(|one| one.template.as_str()).collect();
        assert_eq!(names, ["pods", "jobs"]);
        assert_eq!(
            generated[0].object,
            json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": "nightly-job-pod",
                    "namespace": "prod",
                    "labels": {"a": "b", "made": "yes"},
                    "ownerReferences": [
                        {"apiVersion": "batch/v1", "kind": "Job", "name": "nightly-job", "uid": ""},
                    ],
                },
                "spec": {"containers": []},
            })
        );
        assert_eq!(generated[1].object["metadata"]["name"], "nightly-job");
        assert_eq!(generated[1].action, Some(Action::Warn));
    }

    #[test]
    fn templates_that_lead_back_to_themselves_are_left_out() {
        let expansions = Expansions::new([
            template("a", "CronJob", "Job"),
            template("b", "Job", "CronJob"),
            template("c", "Deployment", "Job"),
        ]);
        assert_eq!(expansions.cyclic(), ["a", "b"]);
        assert_eq!(expansions.templates.len(), 1);
    }

    #[test]
    fn an_object_without_the_source_is_an_error() {
        let expansions = Expansions::new([template("pods", "Deployment", "Pod")]);
        let parent =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
        let error = expansions.expand(&target(&parent), &Mutators::default(), &NoExternalData);
        assert!(matches!(error, Err(ExpansionError::Source { .. })));
        let other = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "d"}});
        let nothing = expansions.expand(&target(&other), &Mutators::default(), &NoExternalData);
        assert_eq!(nothing, Ok(Vec::new()));
    }

    #[test]
    fn incomplete_templates_are_refused() {
        let base = json!({
            "applyTo": [{"groups": ["apps"], "versions": ["v1"], "kinds": ["Deployment"]}],
            "templateSource": "spec.template",
            "generatedGVK": {"version": "v1", "kind": "Pod"},
        });
        let parse = |spec: Value| {
            ExpansionTemplate::parse(&Manifest::new(json!({
                "apiVersion": "expansion.gatekeeper.sh/v1alpha1",
                "kind": "ExpansionTemplate",
                "metadata": {"name": "t"},
                "spec": spec,
            })))
        };
        assert!(parse(base.clone()).is_ok());
        for (field, value) in [
            ("applyTo", json!([])),
            ("templateSource", json!("")),
            ("generatedGVK", json!({})),
            (
                "generatedGVK",
                json!({"group": "apps", "version": "v1", "kind": "Deployment"}),
            ),
            ("other", json!(1)),
        ] {
            let mut spec = base.clone();
            spec[field] = value;
            assert!(parse(spec.clone()).is_err(), "{spec}");
        }
    }
}
