//! Policies that users bring, judged over every object of a scan.
//!
//! They see all objects of the scan as their cluster, as they see the real one at admission.

mod decoded;
mod worlds;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use rayon::prelude::*;
use ringwall_input::kubernetes::{self, ObjectDocument, Resource};
use ringwall_model::{Date, Evidence, Finding, NotAssessed, Ring, Severity, Status};
use ringwall_policy::{
    admission::{
        Action, AdmissionRequest, GroupVersionResource, Judge as _, NoDeadline, Operation, Source,
        Violation, label_namespace,
    },
    bundle::{Bundle, BundleJudge, FixedWorld},
    gatekeeper::EnforcementPoint,
    manifest::{Problem, to_json},
};
use serde_json::Value;

use self::worlds::Worlds;
use crate::{
    Selection,
    file::{Judged, not_assessed},
    scopes::{self, Scope, Scopes},
};

/// Most places that are told beside the first.
const MAX_ALIKE: usize = 20;

/// What policies say of a scan.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) findings: Vec<Box<Finding>>,
    pub(crate) not_assessed: Vec<NotAssessed>,
}

impl Said {
    /// Keeps what policies say in another world too; what they say in one of both is no verdict.
    fn keep_agreed(&mut self, other: Self, resource: &Resource<'_>) {
        let checks = |said: &Self| -> BTreeMap<Cow<'static, str>, Severity> {
            let mut worst = BTreeMap::new();
            for finding in &said.findings {
                let severity = worst
                    .entry(finding.check.clone())
                    .or_insert(finding.severity);
                *severity = finding.severity.max(*severity);
            }
            worst
        };
        let (here, there) = (checks(self), checks(&other));
        self.findings.retain_mut(|finding| {
            let other = there.get(&finding.check);
            // A binding may warn in one and deny in the other.
            finding.severity = finding
                .severity
                .max(other.copied().unwrap_or(finding.severity));
            other.is_some()
        });
        let (here, there): (BTreeSet<_>, BTreeSet<_>) =
            (here.into_keys().collect(), there.into_keys().collect());
        let place = resource.place().location();
        let disputed = here.symmetric_difference(&there).map(|policy| {
            let reason = format!(
                "{policy}: what it says rests on a namespace or a parameter, and several objects of that name in the scan differ"
            );
            let subject = resource.subject();
            not_assessed("failed-policy", subject, Some(place.clone()), &place.file, reason)
        });
        for item in disputed.chain(other.not_assessed) {
            if !self
                .not_assessed
                .iter()
                .any(|known| known.reason == item.reason)
            {
                self.not_assessed.push(item);
            }
        }
    }

    /// Adds what policies found that have said nothing yet.
    fn add_other_policies(&mut self, other: Self) {
        let said = self.findings.len();
        for finding in other.findings {
            let mut before = self.findings.iter().take(said);
            if !before.any(|it| it.check == finding.check) {
                self.findings.push(finding);
            }
        }
    }
}

/// Judges every object of the scan by every policy.
pub(crate) fn judge<'a>(
    bundle: &Arc<Bundle>,
    files: impl Iterator<Item = &'a Judged>,
    selection: &Selection,
    as_of: Date,
) -> Said {
    let mut said = Said::default();
    said.not_assessed
        .extend(bundle.problems().iter().map(unusable));
    if !bundle.judges_objects() {
        return said;
    }
    // As the API server would see them.
    let mut objects: Vec<(Resource<'a>, Value)> = Vec::new();
    for document in files.flat_map(|judged| &judged.documents) {
        if let ObjectDocument::Objects(found) = kubernetes::objects(document) {
            objects.extend(found.into_iter().map(|object| {
                let value = as_written(&object);
                (object, value)
            }));
        }
    }
    let beside = bundle.objects().iter().map(|object| &**object);
    let scopes = Scopes::of(beside.chain(objects.iter().map(|(_, object)| object)));
    for (_, object) in &mut objects {
        if scopes.scope(object) == Scope::Namespaced {
            scopes::put_in_default(object);
        }
    }
    let worlds = Worlds::of(bundle, objects.iter().map(|(_, object)| object));
    if let Some((first, _)) = objects.first()
        && worlds.are_cut
    {
        let place = first.place().location();
        let reason = format!(
            "namespaces and parameters of one name differ in more ways than are judged, which are {}; scan what goes into one cluster by itself",
            worlds::MAX_WORLDS
        );
        let subject = first.subject();
        let gap = not_assessed(
            "failed-policy",
            subject,
            Some(place.clone()),
            &place.file,
            reason,
        );
        said.not_assessed.push(gap);
    }
    let Worlds { known, others, .. } = worlds;
    said.not_assessed
        .extend(bundle.idle_among(&known).iter().map(unusable));
    // A kind that is defined beside the objects is named as it is there.
    let defined = known
        .iter()
        .filter_map(|it| GroupVersionResource::defined_by(it));
    let defined: Resources = defined
        .map(|(group, kind, resource)| ((group, kind), resource))
        .collect();
    let judge_in = |known| {
        let world = FixedWorld::new(known, now(as_of));
        let judge = bundle.judge(Arc::new(world), EnforcementPoint::Any);
        judge.without_rego()
    };
    let judge = judge_in(known);
    let others: Vec<_> = others.into_iter().map(judge_in).collect();
    let all: Vec<Said> = objects
        .par_iter()
        .map(|(resource, object)| {
            let review = |object: &Value| {
                let review = |judge| review(resource, object, &defined, bundle, judge);
                let mut said = review(&judge);
                for other in &others {
                    said.keep_agreed(review(other), resource);
                }
                said
            };
            let mut said = review(object);
            let is_elsewhere = scopes::namespace(object).is_some();
            if !is_elsewhere && scopes.scope(object) == Scope::Unknown {
                // Most custom kinds live in namespaces, and some do not: what one policy says of either counts.
                let mut object = object.clone();
                scopes::put_in_default(&mut object);
                said.add_other_policies(review(&object));
            }
            said
        })
        .collect();
    for one in all {
        let findings = one.findings.into_iter();
        said.findings
            .extend(findings.filter(|finding| selection.runs(&finding.check, &[])));
        said.not_assessed.extend(one.not_assessed);
    }
    said
}

/// The start of the day on which the scan judges: the same scan gives the same answer on any clock.
pub(crate) fn now(as_of: Date) -> Duration {
    Duration::from_secs(u64::try_from(as_of.unix_seconds()).unwrap_or(0))
}

/// An object as the API server would read it: of the kind that its list says where it says none itself, without fields
/// that are null, which are fields that are not there, and a Namespace with the label of its name.
fn as_written(resource: &Resource<'_>) -> Value {
    let mut object = without_nulls(&to_json(resource.node));
    if let Some(members) = object.as_object_mut() {
        members.insert("apiVersion".to_owned(), resource.api_version.into());
        members.insert("kind".to_owned(), resource.kind.into());
    }
    decoded::decode(&mut object);
    label_namespace(&mut object);
    object
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The names of resources by group and kind.
type Resources = HashMap<(String, String), String>;

fn review(
    resource: &Resource<'_>,
    object: &Value,
    defined: &Resources,
    bundle: &Bundle,
    judge: &BundleJudge,
) -> Said {
    let mut request = AdmissionRequest::from_object(object.clone());
    let kind = (request.kind.group.clone(), request.kind.kind.clone());
    if let Some(name) = defined.get(&kind) {
        request.resource.resource.clone_from(name);
    }
    request.operation = Some(Operation::Create);
    // As at admission, what validates sees what mutates has made of the object.
    let mutation = judge.mutate(&request, &NoDeadline);
    request.object = mutation.object.or(request.object);
    name_generated(&mut request);
    let verdict = judge.review(&request, &NoDeadline);
    let mut said = Said::default();
    for violation in mutation.violations.into_iter().chain(verdict.violations) {
        if violation.is_error {
            said.not_assessed.push(not_assessed(
                "failed-policy",
                resource.subject(),
                Some(resource.place().location()),
                &resource.place().location().file,
                format!("{}: {}", violation.policy, violation.message),
            ));
        } else {
            let id = id(bundle, &violation);
            said.findings
                .push(Box::new(finding(resource, id, &violation)));
        }
    }
    said
}

/// Gives an object that is to be named by the API server a name, as it has one when it is validated.
fn name_generated(request: &mut AdmissionRequest) {
    let object = request.object.as_mut();
    let Some(metadata) = object.and_then(|it| it.get_mut("metadata")?.as_object_mut()) else {
        return;
    };
    let is_named = |name: Option<&Value>| {
        name.and_then(Value::as_str)
            .is_some_and(|it| !it.is_empty())
    };
    if is_named(metadata.get("name")) {
        return;
    }
    if let Some(prefix) = metadata.get("generateName").and_then(Value::as_str) {
        let name = format!("{prefix}xxxxx");
        metadata.insert("name".to_owned(), name.as_str().into());
        request.name = name;
    }
}

/// The id under which a policy's findings go: `<constraint or policy>/<rule>`.
fn id(bundle: &Bundle, violation: &Violation) -> String {
    match violation.source {
        Source::Gatekeeper => bundle.constraint_id(&violation.policy),
        Source::ValidatingAdmissionPolicy | Source::MutatingAdmissionPolicy => {
            format!("{}/validation", violation.policy)
        }
        _ => violation.policy.clone(),
    }
}

fn finding(resource: &Resource<'_>, id: String, violation: &Violation) -> Finding {
    let place = violation
        .paths
        .first()
        .map_or_else(|| resource.place(), |path| resource.node.nearest(path));
    let location = place.location();
    // What has no line of its own counts as changed when anything of the object is; so does what a policy over
    // objects says, as it may rest on more than the place that is told.
    let has_line = violation.source == Source::Conftest && !violation.paths.is_empty();
    let of_object = if has_line {
        String::new()
    } else {
        format!(" {}", violation.policy)
    };
    let severity = match violation.action {
        Action::Deny => Severity::High,
        Action::Warn => Severity::Medium,
        Action::Audit => Severity::Low,
    };
    Finding {
        check: Cow::Owned(id),
        ring: Ring::Cluster,
        severity,
        confidence: None,
        status: Status::Fail,
        group: Some(format!("{}:{}{of_object}", location.file, location.start.line).into()),
        subject: Arc::new(resource.subject()),
        message: violation.message.trim().to_owned(),
        remediation: Cow::Owned(format!(
            "Change the object as the policy {} demands.",
            violation.policy
        )),
        controls: &[],
        evidence: others_alike(resource, violation),
        fix: None,
        vulnerability: None,
        location,
    }
}

/// Places that differ from the one that is told in indexes alone, such as the same field of other containers.
fn others_alike(resource: &Resource<'_>, violation: &Violation) -> Vec<Evidence> {
    let Some((told, others)) = violation.paths.split_first() else {
        return Vec::new();
    };
    let is_index = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit());
    let is_alike = |path: &&String| {
        path.split('/').count() == told.split('/').count()
            && (path.split('/').zip(told.split('/')))
                .all(|(one, other)| one == other || (is_index(one) && is_index(other)))
    };
    let others = others.iter().filter(is_alike).take(MAX_ALIKE);
    others
        .map(|path| Evidence {
            label: "here too".into(),
            location: resource.node.nearest(path).location(),
        })
        .collect()
}

/// A policy that cannot judge, or not as it is written.
fn unusable(problem: &Problem) -> NotAssessed {
    let file = problem
        .location
        .as_ref()
        .map_or("", |location| &*location.file);
    not_assessed(
        "unusable-policy",
        ringwall_model::Subject::default(),
        problem.location.clone(),
        file,
        format!("{}: {}", problem.subject, problem.message),
    )
}
