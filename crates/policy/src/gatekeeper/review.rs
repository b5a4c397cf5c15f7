//! A request before all constraints and mutators.

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde_json::Value;

use super::{
    Gatekeeper, Loaded, Need,
    case::{Case, Surroundings},
    config::Process,
    enforcement::EnforcementPoint,
    engine::Hit,
    matching::{Candidate, MatchError, Mismatch, ObjectSource},
    mutation::{MutationError, Target},
};
use crate::admission::{
    Action, AdmissionRequest, ChangedPlace, LATE, Operation, Source, Violation,
    patch::{self, difference},
};

/// What became of one constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The constraint, as `<kind>/<name>`.
    pub policy: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// How a request and a constraint met, or why they did not.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The constraint is not enforced at this point.
    NotEnforced,
    /// The `Config` keeps the namespace out.
    NamespaceExcluded {
        /// The namespace.
        namespace: String,
        /// The entry that keeps it out.
        pattern: String,
    },
    /// The template is not about the operation.
    OtherOperation,
    /// The constraint is about other objects.
    NotMatched {
        /// Why it is not about the object.
        object: Option<Mismatch>,
        /// Why it is not about the object as it was.
        old_object: Option<Mismatch>,
    },
    /// It was judged; without violations the request is fine.
    Judged(Vec<Violation>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnforced => f.write_str("not enforced at this point"),
            Self::NamespaceExcluded { namespace, pattern } if namespace == pattern => {
                write!(
                    f,
                    "not judged: the Config excludes the namespace {namespace}"
                )
            }
            Self::NamespaceExcluded { namespace, pattern } => write!(
                f,
                "not judged: the Config excludes {pattern}, which is the namespace {namespace} too"
            ),
            Self::OtherOperation => {
                f.write_str("not judged: the template is about other operations")
            }
            Self::NotMatched { object, old_object } => {
                f.write_str("not matched")?;
                for mismatch in object.iter().chain(old_object) {
                    write!(f, ": {mismatch}")?;
                }
                Ok(())
            }
            Self::Judged(violations) if violations.is_empty() => {
                f.write_str("judged: no violation")
            }
            Self::Judged(violations) => {
                f.write_str("judged: violated")?;
                for violation in violations {
                    let word = if violation.is_error {
                        "error"
                    } else {
                        violation.action.as_str()
                    };
                    write!(f, "; {word}: {}", violation.message)?;
                }
                Ok(())
            }
        }
    }
}

/// What mutators made of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutated {
    /// The object.
    pub object: Value,
    /// The way there, as a JSON patch.
    pub patch: Vec<patch::Operation>,
    /// Titles of the mutators that were applied.
    pub applied: Vec<String>,
}

/// Constraints that are asked.
struct Asked<'a> {
    constraints: Vec<&'a Loaded>,
    /// What their code looks at of `input.review`.
    looks_at: Arc<Need>,
}

/// Kinds and names of constraints.
struct Titles<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Titles<'t> {
    fn new(titles: &BTreeSet<&'t str>) -> Self {
        let titles = titles.iter().filter_map(|title| title.split_once('/'));
        Self(titles.collect())
    }

    /// Whether they name a constraint.
    fn name(&self, loaded: &Loaded) -> bool {
        let constraint = &loaded.prepared.constraint;
        let own = (constraint.kind.as_str(), constraint.name.as_str());
        self.0.contains(&own)
    }
}

impl Gatekeeper {
    /// What constraints forbid about a request and about what follows from it.
    ///
    /// The violations are in the order of the constraints, those of what follows after them.
    /// A constraint that failed to judge has one that says so.
    pub fn review(
        &self,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Violation> {
        let all = Asked {
            constraints: self.constraints.iter().collect(),
            looks_at: Arc::clone(&self.looks_at),
        };
        self.review_by(&all, request, surroundings)
    }

    /// What constraints with these titles forbid about a request, and about what follows from it.
    ///
    /// With places, they forbade nothing before the object changed there: those that look at none of the places are
    /// left out.
    pub fn review_titled(
        &self,
        titles: &BTreeSet<&str>,
        changed: Option<&[ChangedPlace<'_>]>,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Violation> {
        let titles = Titles::new(titles);
        let changed = changed.filter(|places| self.can_tell_concerned(places));
        let is_concerned = |loaded: &Loaded| {
            changed.is_none_or(|places| loaded.template.code().may_rest_on(places))
        };
        let some = self.asked(|loaded| titles.name(loaded) && is_concerned(loaded));
        self.review_by(&some, request, surroundings)
    }

    /// What is forbidden about a request whose object changed at these places, after only constraints with these titles
    /// forbade something: no constraint says anything else than before that is none of them and looks at none of the
    /// places.
    pub fn review_changed(
        &self,
        titles: &BTreeSet<&str>,
        places: &[ChangedPlace<'_>],
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Violation> {
        if !self.can_tell_concerned(places) {
            return self.review(request, surroundings);
        }
        let titles = Titles::new(titles);
        let some =
            self.asked(|loaded| titles.name(loaded) || loaded.template.code().may_rest_on(places));
        self.review_by(&some, request, surroundings)
    }

    /// Whether it shows in their code which constraints a change of these places concerns: what an object is tells whom
    /// it concerns, and what follows from it may rest on any of its places.
    fn can_tell_concerned(&self, places: &[ChangedPlace<'_>]) -> bool {
        let is_within = |place: &ChangedPlace<'_>| {
            let field = place.path.split('/').nth(1).unwrap_or_default();
            !matches!(field, "" | "apiVersion" | "kind" | "metadata")
        };
        self.expansions.is_empty() && places.iter().all(is_within)
    }

    fn asked(&self, is_asked: impl Fn(&Loaded) -> bool) -> Asked<'_> {
        let all = self.constraints.iter().enumerate();
        let (places, constraints): (Vec<usize>, Vec<&Loaded>) =
            all.filter(|(_, loaded)| is_asked(loaded)).unzip();
        Asked {
            looks_at: self.looks.of(&self.constraints, &places),
            constraints,
        }
    }

    fn review_by(
        &self,
        asked: &Asked<'_>,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Violation> {
        if self.exclusion(request, surroundings.point).is_some() {
            return Vec::new();
        }
        let mut violations = judge(asked, request, surroundings);
        self.expand(asked, request, surroundings, &mut violations);
        violations
    }

    /// What became of each constraint, for people who ask why.
    pub fn explain(
        &self,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Explanation> {
        let excluded = self.exclusion(request, surroundings.point);
        let case = Case::new(request, surroundings, &self.looks_at);
        let candidates = case.candidates();
        self.constraints
            .iter()
            .map(|loaded| Explanation {
                policy: loaded.prepared.constraint.title(),
                outcome: match &excluded {
                    Some((namespace, pattern)) => Outcome::NamespaceExcluded {
                        namespace: namespace.clone(),
                        pattern: pattern.clone(),
                    },
                    None => loaded.meet(&case, &candidates),
                },
            })
            .collect()
    }

    /// What mutators make of a request; `None` if they change nothing.
    pub fn mutate(
        &self,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
    ) -> Result<Option<Mutated>, MutationError> {
        let Some(object) = request.object.as_ref().filter(|object| object.is_object()) else {
            return Ok(None);
        };
        let name = namespace_of(request);
        let is_excluded = (self.config)
            .exclusion(Process::MutationWebhook, name)
            .is_some();
        if self.mutators.is_empty() || is_excluded {
            return Ok(None);
        }
        let case = Case::new(request, surroundings, &self.looks_at);
        let target = target(request, object, &case);
        let mutation = self.mutators.mutate(&target, surroundings.providers)?;
        let patch = difference(object, &mutation.object);
        Ok((!patch.is_empty()).then_some(Mutated {
            object: mutation.object,
            patch,
            applied: mutation.applied,
        }))
    }

    /// The namespace that is kept out of a point, and the pattern that does it.
    fn exclusion(
        &self,
        request: &AdmissionRequest,
        point: EnforcementPoint,
    ) -> Option<(String, String)> {
        let process = match point {
            EnforcementPoint::Webhook | EnforcementPoint::Any => Process::Webhook,
            EnforcementPoint::Audit => Process::Audit,
            EnforcementPoint::Gator | EnforcementPoint::Vap => return None,
        };
        let namespace = namespace_of(request);
        let pattern = self.config.exclusion(process, namespace)?;
        Some((namespace.to_owned(), pattern.as_str().to_owned()))
    }

    fn expand(
        &self,
        asked: &Asked<'_>,
        request: &AdmissionRequest,
        surroundings: &Surroundings<'_>,
        violations: &mut Vec<Violation>,
    ) {
        if self.expansions.is_empty() || surroundings.source == ObjectSource::Generated {
            return;
        }
        let case = Case::new(request, surroundings, &self.looks_at);
        let Some(object) = case.object() else {
            return;
        };
        let target = target(request, object, &case);
        let generated = self
            .expansions
            .expand(&target, &self.mutators, surroundings.providers);
        let generated = match generated {
            Ok(generated) => generated,
            Err(error) => {
                violations.push(Violation {
                    source: Source::Gatekeeper,
                    policy: "ExpansionTemplate".to_owned(),
                    binding: None,
                    action: Action::Deny,
                    message: error.to_string(),
                    details: Value::Null,
                    paths: Vec::new(),
                    status: None,
                    is_error: true,
                });
                return;
            }
        };
        for one in generated {
            let mut implied = AdmissionRequest::from_object(one.object);
            implied.operation = request.operation;
            if request.operation == Some(Operation::Delete) {
                implied.old_object = implied.object.take();
            }
            let surroundings = Surroundings {
                source: ObjectSource::Generated,
                ..*surroundings
            };
            for mut violation in judge(asked, &implied, &surroundings) {
                violation.message = format!("[Implied by {}] {}", one.template, violation.message);
                violation.action = one.action.unwrap_or(violation.action);
                // Name, namespace and owner are made, and stand nowhere.
                let parts = ["/spec/", "/metadata/labels", "/metadata/annotations"];
                let of_source = |path: &String| {
                    let is_there = parts.iter().any(|part| path.starts_with(part));
                    is_there.then(|| format!("{}{path}", one.source))
                };
                violation.paths = violation.paths.iter().filter_map(of_source).collect();
                violations.push(violation);
            }
        }
    }
}

/// What the constraints that are asked forbid about a request alone.
fn judge(
    asked: &Asked<'_>,
    request: &AdmissionRequest,
    surroundings: &Surroundings<'_>,
) -> Vec<Violation> {
    let case = Case::new(request, surroundings, &asked.looks_at);
    let candidates = case.candidates();
    let mut violations = Vec::new();
    for loaded in &asked.constraints {
        let matchers = &loaded.prepared.constraint.matchers;
        // Most constraints are about other kinds, and nobody asks here why they say nothing.
        let mut kinds = candidates.iter().flatten().peekable();
        if kinds.peek().is_some() && !kinds.any(|candidate| matchers.is_about_kind(candidate)) {
            continue;
        }
        if let Outcome::Judged(found) = loaded.meet(&case, &candidates) {
            violations.extend(found);
        }
    }
    violations
}

impl Loaded {
    /// Brings a request and a constraint together.
    fn meet(&self, case: &Case<'_>, candidates: &[Option<Candidate<'_>>; 2]) -> Outcome {
        let constraint = &self.prepared.constraint;
        let point = case.surroundings.point;
        let mut actions: Vec<Action> = constraint.enforcement.at(point).collect();
        if actions.is_empty() {
            return Outcome::NotEnforced;
        }
        if !self.template.is_for(case.request.operation) {
            match point {
                EnforcementPoint::Webhook => return Outcome::OtherOperation,
                // What the webhook leaves out, the audit and gator judge all the same.
                EnforcementPoint::Any => {
                    let others = [EnforcementPoint::Audit, EnforcementPoint::Gator];
                    let others = others.iter().flat_map(|at| constraint.enforcement.at(*at));
                    actions = others.min().into_iter().collect();
                    if actions.is_empty() {
                        return Outcome::OtherOperation;
                    }
                }
                _ => {}
            }
        }
        let hits = match self.mismatches(candidates) {
            Ok(None) if case.surroundings.deadline.is_over() => {
                vec![Hit::error(LATE)]
            }
            Ok(None) => self.template.code().judge(&self.prepared, case),
            Ok(Some([object, old_object])) => {
                return Outcome::NotMatched { object, old_object };
            }
            Err(error) => vec![Hit::error(error.to_string())],
        };
        let violation = |hit: &Hit, action: Action| Violation {
            source: Source::Gatekeeper,
            policy: constraint.title(),
            binding: None,
            action,
            message: hit.message.clone(),
            details: hit.details.clone(),
            paths: hit.paths.clone(),
            status: None,
            is_error: hit.is_error,
        };
        Outcome::Judged(
            hits.iter()
                .flat_map(|hit| actions.iter().map(|action| violation(hit, *action)))
                .collect(),
        )
    }

    /// Why neither object is matched, or `None` if one is.
    fn mismatches(
        &self,
        candidates: &[Option<Candidate<'_>>; 2],
    ) -> Result<Option<[Option<Mismatch>; 2]>, MatchError> {
        let mut mismatches = [None, None];
        let matchers = &self.prepared.constraint.matchers;
        if matchers.is_empty() {
            return Ok(None);
        }
        for (candidate, slot) in candidates.iter().zip(&mut mismatches) {
            if let Some(candidate) = candidate {
                match matchers.mismatch(candidate)? {
                    None => return Ok(None),
                    mismatch => *slot = mismatch,
                }
            }
        }
        if mismatches.iter().all(Option::is_none) {
            return Err(MatchError::NoObject);
        }
        Ok(Some(mismatches))
    }
}

/// The namespace by which a `Config` keeps objects out: a Namespace has its own name.
fn namespace_of(request: &AdmissionRequest) -> &str {
    if request.is_of_namespace() {
        &request.name
    } else {
        &request.namespace
    }
}

fn target<'a>(request: &'a AdmissionRequest, object: &'a Value, case: &Case<'a>) -> Target<'a> {
    Target {
        object,
        namespace: if request.is_of_namespace() {
            ""
        } else {
            &request.namespace
        },
        namespace_object: case.namespace_object(),
        user: &request.user_info.username,
        source: case.surroundings.source,
        operation: request.operation,
    }
}
