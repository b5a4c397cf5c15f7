//! Policies of every kind from one set of files, and the judge that they make.
//!
//! `scan`, the webhook, the audit in the background and `replay` all judge by a [`Bundle`], so that they agree.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use ringwall_model::Source as Text;
use serde_json::Value;

use crate::{
    admission::{
        Action, AdmissionRequest, ClusterView, Deadline, GroupVersionKind, Judge, KnownObjects,
        Mutation, PolicyStatus, Source, Verdict, Violation,
    },
    admission_policy::AdmissionPolicies,
    gatekeeper::{
        EnforcementPoint, Gatekeeper, Inventory, InventoryStore, Options, Surroundings,
        external_data::{Named, NoExternalData, ProviderClient},
        is_policy,
        matching::ObjectSource,
    },
    manifest::{Manifest, Problem},
};

/// Policies of every kind. What was loaded never changes.
#[derive(Debug, Default)]
pub struct Bundle {
    gatekeeper: Gatekeeper,
    admission: AdmissionPolicies,
    problems: Vec<Problem>,
    /// What stands beside the policies and is none: parameters, namespaces.
    objects: KnownObjects,
    /// The file of each of Gatekeeper's policies, by the name that violations give.
    files: Vec<(String, String)>,
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
    /// Loads the policies among manifests. What is wrong with one comes back by [`Bundle::problems`] and stops no other.
    pub fn load(sources: &[Arc<Text>]) -> Self {
        let mut manifests = Vec::new();
        let mut problems = Vec::new();
        for source in sources {
            if source.name.ends_with(".rego") {
                // Passing over it would look as if it had nothing to say.
                problems.push(Problem {
                    subject: source.name.to_string(),
                    location: Some(source.location(ringwall_model::Span::at(0))),
                    message: "Rego in a file of its own is judged by `ringwall scan -o conftest`, not here"
                        .to_owned(),
                    is_warning: false,
                });
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
        let (gatekeeper, found) = Gatekeeper::load(&manifests, &Options::default());
        problems.extend(found);
        let (admission, found) = AdmissionPolicies::load(&manifests);
        problems.extend(found);
        let files = manifests
            .iter()
            .filter(|manifest| is_policy(manifest))
            .filter_map(|manifest| {
                let title = format!("{}/{}", manifest.kind(), manifest.name());
                Some((title, manifest.file()?.to_owned()))
            })
            .collect();
        let objects = manifests
            .into_iter()
            .filter(|manifest| !is_policy(manifest) && !AdmissionPolicies::owns(manifest))
            .map(|manifest| Arc::new(manifest.object))
            .collect();
        Self {
            gatekeeper,
            admission,
            problems,
            objects,
            files,
        }
    }

    /// What is wrong with the policies, with places.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is nothing to judge by.
    pub fn is_empty(&self) -> bool {
        self.gatekeeper.is_empty() && self.admission.is_empty()
    }

    /// Gatekeeper's policies among them.
    pub fn gatekeeper(&self) -> &Gatekeeper {
        &self.gatekeeper
    }

    /// Kinds of objects that the policies ask for: what Gatekeeper's inventory holds, and parameters.
    pub fn wanted_kinds(&self) -> BTreeSet<GroupVersionKind> {
        let mut kinds = self.synced_kinds();
        kinds.extend(self.admission.param_kinds());
        kinds
    }

    /// Kinds of which referential policies see all objects.
    pub fn synced_kinds(&self) -> BTreeSet<GroupVersionKind> {
        self.gatekeeper.config().synced().clone()
    }

    /// Kinds of which policies look up single objects: parameters.
    pub fn looked_up_kinds(&self) -> BTreeSet<GroupVersionKind> {
        self.admission.param_kinds().collect()
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
        }
    }
}

/// A bundle at one point of enforcement, with the world around it.
#[derive(Clone)]
pub struct BundleJudge {
    bundle: Arc<Bundle>,
    world: Arc<dyn World>,
    point: EnforcementPoint,
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
    /// Runs something with what Gatekeeper's policies are told of the world.
    fn surrounded<T>(
        &self,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
        run: impl FnOnce(&Surroundings<'_>) -> T,
    ) -> T {
        let namespace = self.world.namespace(&request.namespace);
        let inventory = self.world.inventory();
        let stop = Arc::new(AtomicBool::new(deadline.is_over()));
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
            // Only denials tell people where; it costs as much as judging.
            tells_paths: self.point == EnforcementPoint::Webhook,
            deadline,
            stop: Some(&stop),
        })
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
        verdict
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
        let mut all: Vec<_> = constraints.chain(admission).collect();
        for problem in bundle.problems.iter().filter(|problem| !problem.is_warning) {
            let (kind, name) = problem
                .subject
                .split_once(' ')
                .unwrap_or(("", &problem.subject));
            let known = all
                .iter_mut()
                .find(|status| status.policy == name || status.policy == format!("{kind}/{name}"));
            match known {
                Some(status) => status.problem = Some(problem.message.clone()),
                None => all.push(PolicyStatus {
                    source: match kind {
                        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" => {
                            Source::ValidatingAdmissionPolicy
                        }
                        "MutatingAdmissionPolicy" | "MutatingAdmissionPolicyBinding" => {
                            Source::MutatingAdmissionPolicy
                        }
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
