//! From manifests to one set of policies; whatever is wrong with one does not touch the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Gatekeeper, Loaded, Need,
    config::Config,
    constraint::{self, Constraint},
    engine::{Engine, Settings},
    expansion::{self, ExpansionTemplate, Expansions},
    external_data::{self, Provider},
    looks::Looks,
    mutation::{self, Mutator, Mutators},
    read::texts,
    template::{self, Template},
    used,
};
use crate::{
    manifest::{Manifest, Problem},
    unmatched::{self, Named},
};

const CONFIG_GROUP: &str = "config.gatekeeper.sh";
/// The one `Config` that Gatekeeper reads, by namespace and name.
const CONFIG: (&str, &str) = ("gatekeeper-system", "config");
const SYNC_SET_GROUP: &str = "syncset.gatekeeper.sh";

/// How policies are read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The engine whose code is taken where a template has code for several.
    pub preferred_engine: Engine,
    /// What code may use.
    pub settings: Settings,
}

/// Whether an object is one of Gatekeeper's policies, by its group.
pub fn is_policy(manifest: &Manifest) -> bool {
    [
        template::GROUP,
        constraint::GROUP,
        CONFIG_GROUP,
        SYNC_SET_GROUP,
        mutation::GROUP,
        expansion::GROUP,
        external_data::GROUP,
    ]
    .contains(&manifest.group())
}

impl Gatekeeper {
    /// Reads policies, in any order; other objects are passed over.
    ///
    /// What is refused is left out and told, with file and line. Warnings are about policies that are in force.
    pub fn load<'a>(
        manifests: impl IntoIterator<Item = &'a Manifest>,
        options: &Options,
    ) -> (Self, Vec<Problem>) {
        let mut loader = Loader::new(options);
        let mut constraints = Vec::new();
        for manifest in manifests {
            match (manifest.group(), manifest.kind()) {
                (template::GROUP, "ConstraintTemplate") => loader.template(manifest),
                (constraint::GROUP, _) => constraints.push(manifest),
                (CONFIG_GROUP, "Config") => loader.config(manifest),
                (SYNC_SET_GROUP, "SyncSet") => loader.sync_set(manifest),
                (mutation::GROUP, _) => loader.mutator(manifest),
                (expansion::GROUP, "ExpansionTemplate") => loader.expansion(manifest),
                (external_data::GROUP, "Provider") => loader.provider(manifest),
                _ if is_policy(manifest) => {
                    let message = format!("unknown kind of {}", manifest.group());
                    loader
                        .problems
                        .push(Problem::new(manifest, "/kind", message));
                }
                _ => {}
            }
        }
        for manifest in constraints {
            loader.constraint(manifest);
        }
        loader.finish()
    }
}

/// What constraints in force are about and no object can be: misspelt groups and kinds of Kubernetes itself.
pub(crate) fn unmatched(gatekeeper: &Gatekeeper, manifests: &[Manifest]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let constraints = manifests.iter();
    for manifest in constraints.filter(|manifest| is_in_force(gatekeeper, manifest)) {
        let entries = manifest.object.pointer("/spec/match/kinds");
        let entries = entries.and_then(Value::as_array).into_iter().flatten();
        for (index, entry) in entries.enumerate() {
            let [groups, kinds] = ["apiGroups", "kinds"].map(|field| texts(entry, field));
            let mistakes = unmatched::mistakes(&groups, &kinds, Named::Kinds);
            problems.extend(mistakes.into_iter().map(|mistake| {
                let at = match mistake.name {
                    Some(name) => format!("/spec/match/kinds/{index}/kinds/{name}"),
                    None => format!("/spec/match/kinds/{index}/apiGroups"),
                };
                Problem::new(manifest, &at, mistake.message).warning()
            }));
        }
    }
    let applied = manifests
        .iter()
        .filter(|it| [mutation::GROUP, expansion::GROUP].contains(&it.group()));
    problems.extend(applied.flat_map(unmatched_apply_to));
    problems
}

/// The same of `applyTo`, in which each name stands for itself.
fn unmatched_apply_to(manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let entries = manifest.object.pointer("/spec/applyTo");
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    for (index, entry) in entries.enumerate() {
        let mut tell = |field: &str, message: &str| {
            let at = format!("/spec/applyTo/{index}/{field}");
            problems.push(Problem::new(manifest, &at, message).warning());
        };
        for field in ["groups", "versions", "kinds"] {
            let names = texts(entry, field);
            if let Some(at) = names.iter().position(|name| name == "*") {
                let message = "matches nothing: in applyTo, `*` is a name and no pattern";
                tell(&format!("{field}/{at}"), message);
            }
        }
        let [mut groups, versions, kinds] =
            ["groups", "versions", "kinds"].map(|field| texts(entry, field));
        groups.retain(|group| group != "*");
        if groups.is_empty() {
            continue;
        }
        for mistake in unmatched::mistakes(&groups, &kinds, Named::Kinds) {
            match mistake.name {
                Some(at) => tell(&format!("kinds/{at}"), &mistake.message),
                None => tell("groups", &mistake.message),
            }
        }
        let message = unmatched::version_mistake(&groups, &versions, &kinds, Named::Kinds);
        if let Some(message) = message {
            tell("versions", &message);
        }
    }
    problems
}

/// The constraints in force that are about generated objects alone where nothing generates any: they judge nothing.
pub(crate) fn ungenerated(gatekeeper: &Gatekeeper, manifests: &[Manifest]) -> Vec<Problem> {
    let generates = !gatekeeper.expansions().is_empty();
    let of_generated = manifests.iter().filter(|manifest| {
        manifest.group() == constraint::GROUP && manifest.text("/spec/match/source") == "Generated"
    });
    of_generated
        .filter(|manifest| !generates && is_in_force(gatekeeper, manifest))
        .map(|manifest| {
            let message = "judges nothing: it is about generated objects, and no ExpansionTemplate generates any";
            Problem::new(manifest, "/spec/match/source", message).warning()
        })
        .collect()
}

/// Whether a manifest is one of the constraints in force.
fn is_in_force(gatekeeper: &Gatekeeper, manifest: &Manifest) -> bool {
    let mut constraints = gatekeeper.constraints();
    manifest.group() == constraint::GROUP
        && constraints.any(|it| (&*it.kind, &*it.name) == (manifest.kind(), manifest.name()))
}

/// The templates in force of which there is no constraint, be it a good one or not: they judge nothing.
pub(crate) fn idle(gatekeeper: &Gatekeeper, manifests: &[Manifest]) -> Vec<Problem> {
    let constraints = manifests
        .iter()
        .filter(|it| it.group() == constraint::GROUP);
    let constrained: BTreeSet<_> = constraints.map(Manifest::kind).collect();
    let idle = (gatekeeper.templates()).filter(|template| !constrained.contains(template.kind()));
    let manifest_of = |template: &Template| {
        let name = template.kind().to_lowercase();
        manifests.iter().find(|it| {
            (it.group(), it.kind(), it.name()) == (template::GROUP, "ConstraintTemplate", &name)
        })
    };
    idle.filter_map(manifest_of)
        .map(|manifest| {
            let message = "judges nothing: there is no constraint of its kind";
            Problem::new(manifest, "/metadata/name", message).warning()
        })
        .collect()
}

struct Loader<'a> {
    options: &'a Options,
    problems: Vec<Problem>,
    /// By name; `None` for those that were refused.
    templates: BTreeMap<String, Option<Arc<Template>>>,
    constraints: BTreeMap<(String, String), Loaded>,
    config: Option<Config>,
    sync_sets: Config,
    mutators: BTreeMap<(String, String), Mutator>,
    expansions: BTreeMap<String, ExpansionTemplate>,
    providers: BTreeMap<String, Provider>,
    /// Group, kind and name of everything that was seen, as names must not clash.
    seen: BTreeSet<(String, String, String)>,
    /// Manifests of mutators and expansions, for what is wrong with all of them together.
    places: BTreeMap<String, Manifest>,
}

impl<'a> Loader<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            problems: Vec::new(),
            templates: BTreeMap::new(),
            constraints: BTreeMap::new(),
            config: None,
            sync_sets: Config::default(),
            mutators: BTreeMap::new(),
            expansions: BTreeMap::new(),
            providers: BTreeMap::new(),
            seen: BTreeSet::new(),
            places: BTreeMap::new(),
        }
    }

    /// Whether there is no other of the group, kind and name; tells if there is.
    fn is_first(&mut self, manifest: &Manifest) -> bool {
        let id = (manifest.group(), manifest.kind(), manifest.name());
        let is_first = (self.seen).insert((id.0.into(), id.1.into(), id.2.into()));
        if !is_first {
            let message = "another of this kind and name is read already; this one is left out";
            (self.problems).push(Problem::new(manifest, "/metadata/name", message));
        }
        is_first
    }

    /// What was read, with its problems told.
    fn take<T>(&mut self, read: Result<(T, Vec<Problem>), Vec<Problem>>) -> Option<T> {
        match read {
            Ok((value, warnings)) => {
                self.problems.extend(warnings);
                Some(value)
            }
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn template(&mut self, manifest: &Manifest) {
        if !self.is_first(manifest) {
            return;
        }
        let options = self.options;
        let read = Template::parse(manifest, options.preferred_engine, &options.settings);
        let template = self.take(read).map(Arc::new);
        self.templates.insert(manifest.name().to_owned(), template);
    }

    fn constraint(&mut self, manifest: &Manifest) {
        if !self.is_first(manifest) {
            return;
        }
        let kind = manifest.kind();
        let message = match self.templates.get(&kind.to_lowercase()) {
            Some(Some(template)) if template.kind() == kind => {
                let template = Arc::clone(template);
                if let Some(constraint) = self.take(Constraint::parse(manifest, &template)) {
                    let id = (constraint.kind.clone(), constraint.name.clone());
                    let prepared = template.code().prepare(constraint);
                    self.constraints.insert(id, Loaded { prepared, template });
                }
                return;
            }
            Some(Some(template)) => format!("the kind is written {}", template.kind()),
            Some(None) => format!("the ConstraintTemplate of {kind} is refused"),
            None => format!("there is no ConstraintTemplate of {kind}"),
        };
        (self.problems).push(Problem::new(manifest, "/kind", message));
    }

    fn config(&mut self, manifest: &Manifest) {
        // What it keeps out would else go unjudged here and nowhere else.
        let (namespace, name) = CONFIG;
        let wrong = if manifest.name() != name {
            Some("/metadata/name")
        } else if manifest.namespace() != namespace {
            Some("/metadata/namespace")
        } else {
            None
        };
        if let Some(at) = wrong {
            let message = format!(
                "left out: Gatekeeper reads only the Config `{name}` in its own namespace, {namespace}"
            );
            (self.problems).push(Problem::new(manifest, at, message));
            return;
        }
        if self.config.is_some() {
            let message = "another Config is read already; this one is left out";
            (self.problems).push(Problem::new(manifest, "", message));
            return;
        }
        let mut config = Config::default();
        let read = config.read_config(manifest);
        if self.take(read.map(|warnings| ((), warnings))).is_some() {
            self.config = Some(config);
        }
    }

    fn sync_set(&mut self, manifest: &Manifest) {
        if self.is_first(manifest) {
            let read = self.sync_sets.read_sync_set(manifest);
            self.take(read.map(|warnings| ((), warnings)));
        }
    }

    fn mutator(&mut self, manifest: &Manifest) {
        if !self.is_first(manifest) {
            return;
        }
        if let Some(mutator) = self.take(Mutator::parse(manifest)) {
            self.places.insert(mutator.title(), manifest.clone());
            let id = (manifest.kind().to_owned(), manifest.name().to_owned());
            self.mutators.insert(id, mutator);
        }
    }

    fn expansion(&mut self, manifest: &Manifest) {
        if !self.is_first(manifest) {
            return;
        }
        if let Some(template) = self.take(ExpansionTemplate::parse(manifest)) {
            let name = manifest.name().to_owned();
            self.places.insert(name.clone(), manifest.clone());
            self.expansions.insert(name, template);
        }
    }

    fn provider(&mut self, manifest: &Manifest) {
        if !self.is_first(manifest) {
            return;
        }
        if let Some(provider) = self.take(Provider::parse(manifest)) {
            self.providers.insert(provider.name.clone(), provider);
        }
    }

    fn finish(mut self) -> (Gatekeeper, Vec<Problem>) {
        let mutators = Mutators::new(std::mem::take(&mut self.mutators).into_values());
        for conflict in mutators.conflicts() {
            if let Some(manifest) = self.places.get(&conflict.mutator) {
                let message = format!(
                    "left out: it takes the object for something else than {}",
                    conflict.others.join(", ")
                );
                (self.problems).push(Problem::new(manifest, "/spec/location", message));
            }
        }
        let expansions = Expansions::new(std::mem::take(&mut self.expansions).into_values());
        for name in expansions.cyclic() {
            if let Some(manifest) = self.places.get(name) {
                let message = "left out: what it generates leads back to it";
                (self.problems).push(Problem::new(manifest, "/spec/generatedGVK", message));
            }
        }
        let mut config = self.config.unwrap_or_default();
        config.join(self.sync_sets);
        let constraints: Vec<Loaded> = self.constraints.into_values().collect();
        let mut looks_at = Need::default();
        for template in used(&constraints) {
            template.code().add_looks_at(&mut looks_at);
        }
        let gatekeeper = Gatekeeper {
            templates: self.templates.into_values().flatten().collect(),
            constraints,
            looks_at: looks_at.into(),
            looks: Looks::default(),
            config,
            mutators,
            expansions,
            providers: self.providers,
        };
        (gatekeeper, self.problems)
    }
}

#[cfg(test)]
mod tests {
    use ringwall_model::Source;

    use super::*;

    fn template(kind: &str, rego: &str) -> String {
        let name = kind.to_lowercase();
        format!(
            "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: {name}}}
spec:
  crd: {{spec: {{names: {{kind: {kind}}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package {name}
      {rego}
---
"
        )
    }

    fn constraint(kind: &str, spec: &str) -> String {
        format!(
            "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\nmetadata: {{name: one}}\nspec: {spec}\n---\n"
        )
    }

    fn read(text: String) -> (Gatekeeper, Vec<Manifest>) {
        let (manifests, _) = Manifest::read(&Arc::new(Source::new("p.yaml", text)));
        let (gatekeeper, _) = Gatekeeper::load(&manifests, &Options::default());
        (gatekeeper, manifests)
    }

    const GOOD: &str = "violation[{\"msg\": \"no\"}] { true }";

    #[test]
    fn a_template_without_a_constraint_judges_nothing_and_is_told() {
        let text = [
            template("Idle", GOOD),
            template("Used", GOOD),
            template("Misused", GOOD),
            template("Broken", "violation["),
            constraint("Used", "{}"),
            constraint("Misused", "{nope: 1}"),
        ];
        let (gatekeeper, manifests) = read(text.concat());
        let idle = idle(&gatekeeper, &manifests);
        let told: Vec<_> = (idle.iter())
            .map(|it| (it.subject.as_str(), it.is_warning))
            .collect();
        assert_eq!(told, [("ConstraintTemplate idle", true)]);
    }

    #[test]
    fn a_constraint_about_what_nothing_generates_is_told() {
        let expansion = "apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: pods}
spec:
  applyTo: [{groups: [apps], versions: [v1], kinds: [Deployment]}]
  templateSource: spec.template
  generatedGVK: {group: '', version: v1, kind: Pod}
";
        let told = |source: &str, expansion: &str| {
            let spec = format!("{{match: {{source: {source}}}}}");
            let text = [
                template("Used", GOOD),
                constraint("Used", &spec),
                expansion.to_owned(),
            ];
            let (gatekeeper, manifests) = read(text.concat());
            ungenerated(&gatekeeper, &manifests).len()
        };
        assert_eq!(told("Generated", ""), 1);
        assert_eq!(told("Generated", expansion), 0);
        assert_eq!((told("Original", ""), told("All", "")), (0, 0));
    }

    #[test]
    fn what_apply_to_cannot_mean_is_told() {
        let told = |entry: &str| {
            let text = format!(
                "apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {{name: pods}}
spec:
  applyTo:
  - {entry}
  templateSource: spec.template
  generatedGVK: {{group: '', version: v1, kind: Pod}}
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {{name: pods}}
spec:
  applyTo:
  - {entry}
  location: spec.hostNetwork
  parameters: {{assign: {{value: false}}}}
"
            );
            let (gatekeeper, manifests) = read(text);
            let problems = unmatched(&gatekeeper, &manifests);
            let lines = problems.iter().map(|problem| {
                let at = problem.location.as_ref().expect("a place");
                at.start.line
            });
            lines.collect::<Vec<_>>()
        };
        for entry in [
            "{groups: [apps], versions: [v1], kinds: [Deployments]}",
            "{groups: [apps], versions: [apps/v1], kinds: [Deployment]}",
            "{groups: [''], versions: [v1], kinds: [Deployment]}",
            "{groups: ['*'], versions: [v1], kinds: [Deployment]}",
            "{groups: [apps], versions: ['*'], kinds: [Deployment]}",
            "{groups: [apps], versions: [v1], kinds: ['*']}",
            "{groups: [apps], versions: [v1, '*'], kinds: [Deployment]}",
        ] {
            assert_eq!(told(entry), [6, 15], "{entry}");
        }
        for entry in [
            "{groups: [apps], versions: [v1], kinds: [Deployment, StatefulSet]}",
            "{groups: [apps, shop.example.com], versions: [v1], kinds: [Deployment, Shops]}",
        ] {
            assert_eq!(told(entry), [0; 0], "{entry}");
        }
    }
}
