//! Policies of every kind from one set of files, and the judge that they make.
//!
//! `scan`, the webhook, the audit in the background and `replay` all judge by a [`Bundle`], so that they agree.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use ringwall_model::Source as Text;
use serde_json::Value;

use crate::{
    admission::{
        Action, AdmissionRequest, ChangedPlace, ClusterView, Deadline, GroupVersionKind, Judge,
        KnownObjects, Mutation, NoDeadline, Operation, PolicyStatus, Source, Trace, Verdict,
        Violation, without_managed_fields,
    },
    admission_policy::AdmissionPolicies,
    conftest::{self, Conftest},
    gatekeeper::{
        Constraint, EnforcementPoint, Explanation, Gatekeeper, Inventory, InventoryStore, Options,
        Outcome, Reach, Surroundings,
        external_data::{Named, NoExternalData, ProviderClient},
        idle, is_policy,
        matching::ObjectSource,
        ungenerated, unmatched,
    },
    manifest::{Manifest, Problem},
};

/// Policies of every kind. What was loaded never changes.
#[derive(Debug, Default)]
pub struct Bundle {
    gatekeeper: Gatekeeper,
    admission: AdmissionPolicies,
    /// Rego in files of its own; only where some of it judges.
    rego: Option<Conftest>,
    problems: Vec<Problem>,
    /// What stands beside the policies and is none: parameters, namespaces.
    objects: KnownObjects,
    /// The file of each of Gatekeeper's policies, by the name that violations give.
    files: Vec<(String, String)>,
    /// Kinds of constraints and names of admission policies that name the object as it was.
    reads_old_object: BTreeSet<String>,
    /// Operations that the code of templates looks for, where none are named that are to be sent.
    unsaid_operations: Vec<(String, Operation)>,
}

/// A policy whose verdict rests on more than the object under review.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The policy as violations name it.
    pub policy: String,
    /// What it asks for.
    pub needed: Needed,
}

/// What a policy asks for besides the object under review.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// Whatever the inventory holds.
    Inventory,
    /// Parameters of this kind.
    Params(GroupVersionKind),
    /// The object as it was before.
    OldObject,
}

/// Objects of the cluster that policies ask for, besides namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Kinds of parameters.
    pub params: BTreeSet<GroupVersionKind>,
    /// Kinds that are copied from a cluster into Gatekeeper's inventory.
    pub synced: BTreeSet<GroupVersionKind>,
    /// What policies see of the inventory; the rest need not be kept.
    pub reach: Reach,
    /// Whether they ask how custom kinds are defined.
    pub definitions: bool,
}

impl Wanted {
    /// Kinds of which a cluster is watched for objects.
    pub fn watched(&self) -> BTreeSet<GroupVersionKind> {
        let synced = self.synced.iter().filter(|kind| self.reach.covers(kind));
        let mut watched: BTreeSet<_> = synced.chain(&self.params).cloned().collect();
        watched.extend(self.definitions.then(GroupVersionKind::of_definitions));
        watched
    }

    /// Whether objects of a kind are looked up one by one, and all of each is kept.
    pub fn looks_up(&self, kind: &GroupVersionKind) -> bool {
        self.params.contains(kind)
            || (self.definitions && *kind == GroupVersionKind::of_definitions())
    }
}

/// What is around requests: the cluster, or what takes its place.
pub trait World: ClusterView {
    /// The objects that referential policies see.
    fn inventory(&self) -> Inventory;

    /// The time since 1970.
    fn now(&self) -> Duration;

    /// Who speaks to providers of external data; nobody, unless a world says otherwise.
    fn providers(&self) -> &dyn ProviderClient {
        &NoExternalData
    }
}

impl Bundle {
    /// Loads the policies among manifests and Rego. What is wrong with one comes back by [`Bundle::problems`] and
    /// stops no other.
    pub fn load(sources: &[Arc<Text>]) -> Self {
        Self::load_with(sources, &conftest::Settings::default())
    }

    /// The same with data and choices for Rego in files of its own.
    pub fn load_with(sources: &[Arc<Text>], settings: &conftest::Settings) -> Self {
        let mut manifests = Vec::new();
        let mut problems = Vec::new();
        let mut rego = Vec::new();
        for source in sources {
            if conftest::is_rego(&source.name) {
                rego.push(Arc::clone(source));
                continue;
            }
            let (read, diagnostics) = Manifest::read(source);
            manifests.extend(read);
            problems.extend(diagnostics.into_iter().map(|diagnostic| Problem {
                subject: source.name.to_string(),
                location: Some(source.location(diagnostic.span)),
                message: diagnostic.message,
                is_warning: false,
            }));
        }
        for (key, location) in manifests.iter().flat_map(Manifest::repeated_keys) {
            problems.push(Problem {
                subject: location.file.to_string(),
                message: format!("the key '{key}' is repeated, and only its last value counts"),
                location: Some(location),
                is_warning: false,
            });
        }
        let (gatekeeper, found) = Gatekeeper::load(&manifests, &Options::default());
        problems.extend(found);
        problems.extend(idle(&gatekeeper, &manifests));
        problems.extend(unmatched(&gatekeeper, &manifests));
        problems.extend(ungenerated(&gatekeeper, &manifests));
        let (admission, found) = AdmissionPolicies::load(&manifests);
        problems.extend(found);
        let rego = if rego.is_empty() {
            None
        } else {
            let in_templates = rego_in_templates(&manifests);
            let is_in_template = |text: &str| in_templates.contains(&comparable(text));
            let (rego, found) = Conftest::load_usable(&rego, settings, &is_in_template);
            problems.extend(found);
            rego.filter(Conftest::judges)
        };
        let files = manifests
            .iter()
            .filter(|manifest| is_policy(manifest))
            .filter_map(|manifest| {
                let title = format!("{}/{}", manifest.kind(), manifest.name());
                Some((title, manifest.file()?.to_owned()))
            })
            .collect();
        let reads_old_object = manifests
            .iter()
            .filter(|manifest| is_policy(manifest) || AdmissionPolicies::owns(manifest))
            .filter(|manifest| manifest.object.to_string().contains("oldObject"))
            .map(|manifest| {
                let kind = manifest.object.pointer("/spec/crd/spec/names/kind");
                let kind = kind.and_then(Value::as_str);
                kind.unwrap_or_else(|| manifest.name()).to_owned()
            })
            .collect();
        let unsaid_operations = unsaid_operations(&gatekeeper, &manifests);
        let objects = manifests
            .into_iter()
            .filter(|manifest| !is_policy(manifest) && !AdmissionPolicies::owns(manifest))
            .map(|manifest| Arc::new(manifest.object))
            .collect();
        Self {
            gatekeeper,
            admission,
            rego,
            problems,
            objects,
            files,
            reads_old_object,
            unsaid_operations,
        }
    }

    /// What is wrong with the policies, with places.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What judges nothing where these are all the objects there are: bindings whose parameters are nowhere.
    pub fn idle_among(&self, objects: &KnownObjects) -> Vec<Problem> {
        self.admission.without_params(objects)
    }

    /// Whether there is nothing to judge by.
    pub fn is_empty(&self) -> bool {
        !self.judges_objects() && self.rego.is_none()
    }

    /// Whether there are policies that are about objects of a cluster and nothing else.
    pub fn judges_objects(&self) -> bool {
        !self.gatekeeper.is_empty() || !self.admission.is_empty()
    }

    /// Rego in files of its own, where some of it judges.
    pub fn rego(&self) -> Option<&Conftest> {
        self.rego.as_ref()
    }

    /// The API server's own policies among them.
    pub(crate) fn admission_policies(&self) -> &AdmissionPolicies {
        &self.admission
    }

    /// Gatekeeper's policies among them.
    pub fn gatekeeper(&self) -> &Gatekeeper {
        &self.gatekeeper
    }

    /// The ids under which a scan says what the policies find: `<constraint or policy>/<rule>`.
    pub fn ids(&self) -> BTreeSet<String> {
        let constraints = self.gatekeeper.constraints();
        let constraints = constraints.map(|constraint| self.constraint_id(&constraint.title()));
        let admission = self.admission.policies();
        let admission = admission.map(|(_, name, _)| format!("{name}/validation"));
        let rego = self.rego.iter().flat_map(Conftest::judging);
        let rego = rego.map(|(policy, _)| policy);
        constraints.chain(admission).chain(rego).collect()
    }

    /// The id of what a constraint finds, which is told by its kind and name: `<constraint>/violation`, and with its
    /// kind before it where constraints of several kinds have the name. An exception for one must not cover another.
    pub fn constraint_id(&self, title: &str) -> String {
        let name = title.rsplit('/').next().unwrap_or(title);
        let mut named = self.gatekeeper.constraints().filter(|one| one.name == name);
        if named.nth(1).is_some() {
            format!("{title}/violation")
        } else {
            format!("{name}/violation")
        }
    }

    /// Operations that the code of templates looks for, by the kind of their constraints, where none are named that are
    /// to be sent.
    pub(crate) fn unsaid_operations(&self) -> &[(String, Operation)] {
        &self.unsaid_operations
    }

    /// Objects of the cluster that the policies ask for.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            params: self.admission.param_kinds().collect(),
            synced: self.gatekeeper.config().synced().clone(),
            reach: self.gatekeeper.reach(),
            definitions: self.admission.ask_definitions(),
        }
    }

    /// The policies that the object under review alone is not enough for, besides those that select by namespaces.
    pub fn needs(&self) -> Vec<Need> {
        let need = |policy: String, needed| Need { policy, needed };
        let inventory = self.gatekeeper.referential();
        let inventory = inventory.map(|one| need(one.title(), Needed::Inventory));
        let params = self.admission.parameterized();
        let params = params.map(|(policy, kind)| need(policy.to_owned(), Needed::Params(kind)));
        let compared = (self.gatekeeper.constraints())
            .filter(|constraint| self.reads_old_object.contains(&constraint.kind))
            .map(Constraint::title);
        let admission = self.admission.policies().map(|(_, name, _)| name);
        let admission = admission.filter(|name| self.reads_old_object.contains(*name));
        let compared = compared.chain(admission.map(str::to_owned));
        let compared = compared.map(|policy| need(policy, Needed::OldObject));
        inventory.chain(params).chain(compared).collect()
    }

    /// Whether a policy asks what subjects may do.
    pub fn asks_access(&self) -> bool {
        self.admission.asks_access()
    }

    /// What stands beside the policies and is none: parameters, namespaces.
    pub fn objects(&self) -> &KnownObjects {
        &self.objects
    }

    /// The judge that these policies make at a point of enforcement, in a world.
    pub fn judge(self: &Arc<Self>, world: Arc<dyn World>, point: EnforcementPoint) -> BundleJudge {
        BundleJudge {
            bundle: Arc::clone(self),
            world,
            point,
            judges_rego: true,
        }
    }
}

fn is_template(manifest: &Manifest) -> bool {
    is_policy(manifest) && manifest.kind() == "ConstraintTemplate"
}

/// Deletions and connections that the code of templates with constraints looks for, where `operations` says nothing.
fn unsaid_operations(gatekeeper: &Gatekeeper, manifests: &[Manifest]) -> Vec<(String, Operation)> {
    let constraints = gatekeeper.constraints_by_operation();
    let unsaid = constraints.filter(|(_, operations)| operations.is_none());
    let unsaid: BTreeSet<&str> = unsaid.map(|(one, _)| one.kind.as_str()).collect();
    let mut found = Vec::new();
    for template in manifests.iter().filter(|it| is_template(it)) {
        let kind = template.text("/spec/crd/spec/names/kind");
        let Some(targets) = template.object.pointer("/spec/targets") else {
            continue;
        };
        for operation in [Operation::Delete, Operation::Connect] {
            if unsaid.contains(kind) && looks_for(targets, operation) {
                found.push((kind.to_owned(), operation));
            }
        }
    }
    found
}

/// Whether a line of code among texts compares the operation with this one, and not to leave it out.
fn looks_for(code: &Value, operation: Operation) -> bool {
    match code {
        Value::String(text) => text.lines().any(|line| {
            let line = line.trim();
            let word = operation.as_str();
            let is_named = [format!("\"{word}\""), format!("'{word}'")]
                .iter()
                .any(|quoted| line.contains(quoted.as_str()));
            let is_left_out = line.contains("!=") || line.contains("not ") || line.starts_with('#');
            is_named && line.contains("operation") && !is_left_out
        }),
        Value::Array(items) => items.iter().any(|item| looks_for(item, operation)),
        Value::Object(members) => members.values().any(|value| looks_for(value, operation)),
        _ => false,
    }
}

/// The code of all templates, as it can be compared with files.
fn rego_in_templates(manifests: &[Manifest]) -> BTreeSet<String> {
    let templates = manifests.iter().filter(|it| is_template(it));
    let targets = templates
        .filter_map(|template| template.object.pointer("/spec/targets")?.as_array())
        .flatten();
    let sources = targets.flat_map(|target| {
        let code = target.get("code").and_then(Value::as_array);
        let of_code = code.into_iter().flatten();
        of_code
            .filter_map(|code| code.get("source"))
            .chain([target])
    });
    sources
        .flat_map(|source| {
            let libraries = source.get("libs").and_then(Value::as_array);
            let libraries = libraries.into_iter().flatten();
            source.get("rego").into_iter().chain(libraries)
        })
        .filter_map(Value::as_str)
        .map(comparable)
        .collect()
}

/// A text without blanks at the ends of lines and without empty lines, which get lost on the way into a manifest.
fn comparable(text: &str) -> String {
    let lines = text.lines().map(str::trim_end);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A bundle at one point of enforcement, with the world around it.
#[derive(Clone)]
pub struct BundleJudge {
    bundle: Arc<Bundle>,
    world: Arc<dyn World>,
    point: EnforcementPoint,
    judges_rego: bool,
}

impl fmt::Debug for BundleJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleJudge")
            .field("bundle", &self.bundle)
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

impl BundleJudge {
    /// The same without Rego in files of its own: a scan asks that about files, not about objects.
    #[must_use]
    pub fn without_rego(self) -> Self {
        Self {
            judges_rego: false,
            ..self
        }
    }

    /// What Rego in files of its own says of the object of a request, as if it stood in a manifest.
    fn rego(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Vec<Violation> {
        let rego = self.bundle.rego.as_ref().filter(|_| self.judges_rego);
        let (Some(rego), Some(object)) = (rego, request.changed_object()) else {
            return Vec::new();
        };
        let around = conftest::Surroundings {
            file_name: "-",
            folder: "",
            now: self.world.now(),
            deadline,
        };
        rego.judge(&without_managed_fields(object), &around)
            .into_iter()
            .filter(|said| !said.is_excepted)
            .map(|said| said.violation)
            .collect()
    }

    /// Runs something with what Gatekeeper's policies are told of the world.
    fn surrounded<T>(
        &self,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
        run: impl FnOnce(&Surroundings<'_>) -> T,
    ) -> T {
        // To Gatekeeper a Namespace is an object of the cluster, which is in none.
        let namespace = (!request.is_of_namespace())
            .then(|| self.world.namespace(&request.namespace))
            .flatten();
        let inventory = self.world.inventory();
        let providers = Named {
            providers: self.bundle.gatekeeper.providers(),
            client: self.world.providers(),
            deadline,
        };
        run(&Surroundings {
            namespace_object: namespace.as_deref(),
            inventory: &inventory,
            providers: &providers,
            point: self.point,
            source: ObjectSource::Original,
            now: self.world.now(),
            // It costs as much as judging, and an audit tells of objects, not of places in them.
            tells_paths: matches!(
                self.point,
                EnforcementPoint::Webhook | EnforcementPoint::Any
            ),
            deadline,
        })
    }
}

impl BundleJudge {
    /// Judges by all policies but those of Gatekeeper that are not asked, which tell no places.
    fn review_quickly(
        &self,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
        ask: impl FnOnce(&Gatekeeper, &Surroundings<'_>) -> Vec<Violation>,
    ) -> Verdict {
        let admission = &self.bundle.admission;
        let mut verdict = admission.review(request, &*self.world, deadline);
        let violations = self.surrounded(request, deadline, |surroundings| {
            let quick = Surroundings {
                tells_paths: false,
                ..*surroundings
            };
            ask(&self.bundle.gatekeeper, &quick)
        });
        verdict.violations.extend(violations);
        verdict.violations.extend(self.rego(request, deadline));
        verdict
    }
}

impl Judge for BundleJudge {
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict {
        let mut verdict = self
            .bundle
            .admission
            .review(request, &*self.world, deadline);
        if !self.bundle.gatekeeper.is_empty() {
            let violations = self.surrounded(request, deadline, |surroundings| {
                self.bundle.gatekeeper.review(request, surroundings)
            });
            verdict.violations.splice(0..0, violations);
        }
        verdict.violations.extend(self.rego(request, deadline));
        verdict
    }

    fn review_by(
        &self,
        policies: &BTreeSet<&str>,
        changed: Option<&[ChangedPlace<'_>]>,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        self.review_quickly(request, deadline, |gatekeeper, surroundings| {
            gatekeeper.review_titled(policies, changed, request, surroundings)
        })
    }

    fn review_changed(
        &self,
        refusing: &BTreeSet<&str>,
        changed: &[ChangedPlace<'_>],
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        self.review_quickly(request, deadline, |gatekeeper, surroundings| {
            gatekeeper.review_changed(refusing, changed, request, surroundings)
        })
    }

    fn mutate(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Mutation {
        let mut mutation = Mutation::default();
        let mut request = request.clone();
        let mutated = self.surrounded(&request, deadline, |surroundings| {
            self.bundle.gatekeeper.mutate(&request, surroundings)
        });
        match mutated {
            Ok(None) => {}
            Ok(Some(mutated)) => {
                request.object = Some(mutated.object.clone());
                mutation.object = Some(mutated.object);
            }
            Err(error) => {
                let mut violation = Violation::new(
                    Source::Gatekeeper,
                    "mutation",
                    Action::Deny,
                    error.to_string(),
                );
                violation.is_error = true;
                mutation.violations.push(violation);
            }
        }
        let further = self
            .bundle
            .admission
            .mutate(&request, &*self.world, deadline);
        mutation.object = further.object.or(mutation.object);
        mutation.violations.extend(further.violations);
        mutation.audit_annotations.extend(further.audit_annotations);
        mutation
    }

    fn trace(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Vec<Trace> {
        let gatekeeper = &self.bundle.gatekeeper;
        let user = &request.user_info.username;
        if !gatekeeper.config().is_traced(user, &request.kind) {
            return Vec::new();
        }
        let explained = self.surrounded(request, deadline, |surroundings| {
            gatekeeper.explain(request, surroundings)
        });
        explained
            .into_iter()
            .map(|explanation| Trace {
                policy: explanation.policy,
                outcome: explanation.outcome.to_string(),
            })
            .collect()
    }

    fn covers(&self, policy: &str, request: &AdmissionRequest) -> bool {
        let explained = || {
            self.surrounded(request, &NoDeadline, |surroundings| {
                self.bundle.gatekeeper.explain(request, surroundings)
            })
        };
        let is_judged =
            |one: Explanation| one.policy == policy && matches!(one.outcome, Outcome::Judged(_));
        let admission = &self.bundle.admission;
        admission.covers(policy, request, &*self.world) || explained().into_iter().any(is_judged)
    }

    fn status(&self) -> Vec<PolicyStatus> {
        let bundle = &self.bundle;
        let file_of = |policy: &str| {
            let mut files = bundle.files.iter();
            files.find_map(|(title, file)| (title == policy).then(|| file.clone()))
        };
        let constraints = bundle.gatekeeper.constraints().map(|constraint| {
            let policy = constraint.title();
            PolicyStatus {
                source: Source::Gatekeeper,
                file: file_of(&policy),
                policy,
                problem: None,
            }
        });
        let admission = bundle
            .admission
            .policies()
            .map(|(source, policy, file)| PolicyStatus {
                source,
                policy: policy.to_owned(),
                file: file.map(str::to_owned),
                problem: None,
            });
        let rego = bundle.rego.iter().flat_map(Conftest::judging);
        let rego = rego.map(|(policy, file)| PolicyStatus {
            source: Source::Conftest,
            policy,
            file: Some(file.to_owned()),
            problem: None,
        });
        let mut all: Vec<_> = constraints.chain(admission).chain(rego).collect();
        // What keeps a policy from judging is told before what is only to be looked at.
        let mut problems: Vec<_> = bundle.problems.iter().collect();
        problems.sort_by_key(|problem| problem.is_warning);
        for problem in problems {
            let (kind, name) = problem
                .subject
                .split_once(' ')
                .unwrap_or(("", &problem.subject));
            let known = all
                .iter_mut()
                .find(|status| status.policy == name || status.policy == format!("{kind}/{name}"));
            match known {
                Some(status) => {
                    (status.problem).get_or_insert_with(|| problem.message.clone());
                }
                None => all.push(PolicyStatus {
                    source: match kind {
                        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" => {
                            Source::ValidatingAdmissionPolicy
                        }
                        "MutatingAdmissionPolicy" | "MutatingAdmissionPolicyBinding" => {
                            Source::MutatingAdmissionPolicy
                        }
                        _ if conftest::is_rego(&problem.subject) => Source::Conftest,
                        _ => Source::Gatekeeper,
                    },
                    policy: problem.subject.clone(),
                    file: problem
                        .location
                        .as_ref()
                        .map(|place| place.file.to_string()),
                    problem: Some(problem.message.clone()),
                }),
            }
        }
        all
    }
}

/// A world that does not change: the objects of a scan, of a folder, of a recording.
#[derive(Debug, Default)]
pub struct FixedWorld {
    objects: KnownObjects,
    inventory: Inventory,
    now: Duration,
}

impl FixedWorld {
    /// A world of these objects, all of which referential policies see, at a time since 1970.
    pub fn new(objects: KnownObjects, now: Duration) -> Self {
        let mut store = InventoryStore::new();
        for object in objects.iter() {
            store.insert(object);
        }
        Self {
            inventory: store.snapshot(),
            objects,
            now,
        }
    }
}

impl World for FixedWorld {
    fn inventory(&self) -> Inventory {
        self.inventory.clone()
    }

    fn now(&self) -> Duration {
        self.now
    }
}

impl ClusterView for FixedWorld {
    fn namespace(&self, name: &str) -> Option<Arc<Value>> {
        self.objects.namespace(name)
    }

    fn get(&self, kind: &GroupVersionKind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects.get(kind, namespace, name)
    }

    fn is_namespaced(&self, kind: &GroupVersionKind) -> Option<bool> {
        self.objects.is_namespaced(kind)
    }

    fn list(&self, kind: &GroupVersionKind, namespace: &str) -> Vec<Arc<Value>> {
        self.objects.list(kind, namespace)
    }
}
