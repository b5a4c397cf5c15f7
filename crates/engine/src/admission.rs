//! The built-in checks as a judge of admission requests, and their fixes as changes of objects.
//!
//! The same checks, severities and exceptions as in a scan, over one object as the API server holds it.
//! What asks across objects needs all of them, and is left to scans.

mod fixes;
mod update;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ringwall_checks::Settings;
use ringwall_input::{
    kubernetes::PodPath,
    yaml::{Document, Pointers},
};
use ringwall_model::{Date, Finding, NotAssessed, Safety, Severity, Source, Status};
use ringwall_policy::admission::{
    self, Action, AdmissionRequest, Deadline, LATE, Mutation, OBJECT_SOURCE, Operation,
    PolicyStatus, Verdict, Violation, without_managed_fields,
};
use serde_json::Value;

use crate::{
    Config, ConfigError, Selection,
    exceptions::{ConfigExceptions, Exceptions, Marks},
    file::{FileForm, Judge, Judged},
    fix::{apply, proof},
};

use self::update::{Flaws, Open};

pub use fixes::ObjectFix;

/// Most fixes that one object gets.
const MAX_FIXES: usize = 100;

/// What follows from findings, and what requests may say about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckActions {
    /// Findings from this severity on refuse the request; `None` refuses nothing.
    pub deny: Option<Severity>,
    /// Findings from this severity on are warned about.
    pub warn: Option<Severity>,
    /// Fixes that a mutating webhook applies.
    pub fix: Option<Safety>,
    /// Whether exceptions in the object's own annotations count. Whoever may create the object wrote them.
    pub honours_annotations: bool,
}

/// The built-in checks over objects of requests.
pub struct CheckJudge {
    selection: Selection,
    settings: Settings,
    pod_paths: Vec<PodPath>,
    severities: BTreeMap<String, Severity>,
    excepts_images: bool,
    exceptions: Arc<ConfigExceptions>,
    actions: CheckActions,
}

/// An object that was judged.
struct JudgedObject {
    /// Without `metadata.managedFields`.
    object: Value,
    source: Arc<Source>,
    document: Document,
    judged: Judged,
}

impl CheckJudge {
    /// The checks of a selection with the settings and exceptions of a configuration, on a day.
    ///
    /// # Errors
    ///
    /// For exceptions whose patterns cannot be used.
    pub fn new(
        config: &Config,
        config_source: &Source,
        selection: Selection,
        actions: CheckActions,
        as_of: Date,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            settings: config.settings(as_of),
            pod_paths: config.pod_paths(),
            severities: config.severities.clone(),
            excepts_images: config.excepts_images(),
            exceptions: Arc::new(ConfigExceptions::new(config, config_source)?),
            selection,
            actions,
        })
    }

    fn judge_source(&self, source: &Arc<Source>) -> Judged {
        let judge = Judge {
            pod_paths: &self.pod_paths,
            excepts_images: self.excepts_images,
            ..Judge::by_checks(&self.selection, &self.settings)
        };
        let mut judged = judge.judge(source, FileForm::Manifest);
        for finding in &mut judged.findings {
            if let Some(&severity) = self.severities.get(&*finding.check) {
                finding.severity = severity;
            }
        }
        let written = std::mem::take(&mut judged.marks);
        let mut marks: HashMap<Arc<str>, Marks> = HashMap::new();
        let known = if self.actions.honours_annotations {
            written
        } else {
            written.without_marks()
        };
        marks.insert(Arc::clone(&source.name), known);
        let exceptions = Exceptions {
            marks,
            config: Arc::clone(&self.exceptions),
            trivy: Vec::new(),
            as_of: self.settings.as_of,
            pods_only: false,
        };
        exceptions.accept_all(&mut judged.findings, &mut judged.not_assessed);
        ringwall_model::sort(&mut judged.findings);
        judged
    }

    fn judge_object(&self, object: &Value) -> Result<JudgedObject, String> {
        let object = without_managed_fields(object);
        let source = Arc::new(Source::new(OBJECT_SOURCE, object.to_string()));
        let mut judged = self.judge_source(&source);
        // The pods and objects that a custom object makes are asked about themselves, and what is applied is no
        // template any more.
        let made = [
            "unassessed-workload",
            "unassessed-object",
            "unrenderable-template",
        ];
        let stops = |item: &&NotAssessed| item.counts() && !made.contains(&item.id.as_ref());
        if let Some(item) = judged.not_assessed.iter().find(stops) {
            return Err(format!("the object cannot be judged: {}", item.reason));
        }
        match judged.documents.pop() {
            Some(document) => Ok(JudgedObject {
                object,
                source,
                document,
                judged,
            }),
            None => Err("the object states no apiVersion or no kind".to_owned()),
        }
    }

    /// What fails in an object.
    fn violations(
        &self,
        object: &Value,
        deadline: &dyn Deadline,
    ) -> Result<Vec<Violation>, String> {
        if deadline.is_over() {
            return Err(LATE.to_owned());
        }
        self.violations_of(&self.judge_object(object)?, deadline)
    }

    fn violations_of(
        &self,
        object: &JudgedObject,
        deadline: &dyn Deadline,
    ) -> Result<Vec<Violation>, String> {
        let mut pointers = Pointers::new(&object.document);
        let findings = object.judged.findings.iter();
        let failing = findings.filter(|finding| finding.fails());
        let mut violations = Vec::new();
        for finding in failing {
            if deadline.is_over() {
                return Err(LATE.to_owned());
            }
            let mut violation = Violation::new(
                admission::Source::Check,
                finding.check.clone(),
                self.action(finding),
                finding.message.clone(),
            );
            violation.paths = vec![pointers.of(finding.location.span)];
            let proofs = finding
                .evidence
                .iter()
                .filter(|proof| proof.location.file == object.source.name);
            for proof in proofs {
                let path = pointers.of(proof.location.span);
                if !violation.paths.contains(&path) {
                    violation.paths.push(path);
                }
            }
            violations.push(violation);
        }
        Ok(violations)
    }

    /// What follows from a finding.
    fn action(&self, finding: &Finding) -> Action {
        let reaches = |from: Option<Severity>| from.is_some_and(|from| finding.severity >= from);
        if reaches(self.actions.deny) {
            Action::Deny
        } else if reaches(self.actions.warn) {
            Action::Warn
        } else {
            Action::Audit
        }
    }

    /// The object of a request with every fix of a safety that proves itself: the finding gone, nothing new. Of what an
    /// update does not touch nothing is changed.
    fn fix(
        &self,
        request: &AdmissionRequest,
        object: &Value,
        safety: Safety,
        deadline: &dyn Deadline,
    ) -> Result<Value, String> {
        let judged = self.judge_object(object)?;
        let mut refused = self.known_before(request, &judged, deadline)?;
        let JudgedObject {
            mut object,
            mut source,
            mut judged,
            document,
            ..
        } = judged;
        // What the edits do not name is held against it.
        judged.documents.push(document);
        let open = Open::of(request);
        for _ in 0..MAX_FIXES {
            if deadline.is_over() {
                return Err("the time for the answer ran out while fixing".to_owned());
            }
            let next = judged.findings.iter().find(|finding| {
                matches!(finding.status, Status::Fail)
                    && self.action(finding) != Action::Audit
                    && finding.fix.as_ref().is_some_and(|fix| fix.safety <= safety)
                    && !refused.iter().any(|(check, message)| {
                        finding.check == *check && finding.message == *message
                    })
            });
            let Some(finding) = next else { break };
            let edits = finding.fix.as_ref().map_or(&[][..], |fix| &fix.edits);
            let edited = apply(&source.text, edits).and_then(|text| {
                let changed: Value = serde_json::from_str(&text).ok()?;
                let is_open = open.allows(&object, &changed);
                is_open.then_some((changed, text))
            });
            let edited = edited.map(|(changed, text)| {
                let edited = Arc::new(Source::new(Arc::clone(&source.name), text));
                let after = self.judge_source(&edited);
                (changed, edited, after)
            });
            match edited {
                // Nobody reads a certificate of this: what brings anything new is left out.
                Some((changed, edited, after))
                    if proof(&judged, &after, &[finding]).is_ok_and(|came| came.is_empty()) =>
                {
                    object = changed;
                    source = edited;
                    judged = after;
                }
                _ => refused.push((finding.check.to_string(), finding.message.clone())),
            }
        }
        Ok(object)
    }

    /// Checks and messages of what an update does not bring: all of it where nobody knows what was there before.
    fn known_before(
        &self,
        request: &AdmissionRequest,
        object: &JudgedObject,
        deadline: &dyn Deadline,
    ) -> Result<Vec<(String, String)>, String> {
        if request.operation != Some(Operation::Update) {
            return Ok(Vec::new());
        }
        let violations = self.violations_of(object, deadline)?;
        let old = request.old_object.as_ref();
        let before = old.and_then(|old| Some((old, self.violations(old, deadline).ok()?)));
        let mut before = before.map(|(old, before)| Flaws::of(&before, old));
        let known = violations.into_iter().filter(|violation| {
            let before = before.as_mut();
            before.is_none_or(|before| before.take(violation, &object.object))
        });
        Ok(known.map(|it| (it.policy, it.message)).collect())
    }
}

fn failure(reason: String) -> Violation {
    let mut error = Violation::new(admission::Source::Check, "checks", Action::Deny, reason);
    error.is_error = true;
    error
}

impl admission::Judge for CheckJudge {
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(object) = request.changed_object() else {
            return verdict;
        };
        match self.violations(object, deadline) {
            Ok(violations) => verdict.violations = violations,
            Err(reason) => {
                verdict.violations.push(failure(reason));
                return verdict;
            }
        }
        let denied = verdict.violations.iter_mut();
        let mut denied = denied
            .filter(|violation| violation.action == Action::Deny)
            .peekable();
        if request.operation == Some(Operation::Update)
            && denied.peek().is_some()
            && let Some(old) = &request.old_object
            && let Ok(before) = self.violations(old, deadline)
        {
            let mut before = Flaws::of(&before, old);
            for violation in denied {
                if before.take(violation, object) {
                    violation.action = Action::Warn;
                }
            }
        }
        verdict
    }

    fn mutate(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Mutation {
        let mut mutation = Mutation::default();
        let (Some(safety), Some(object)) = (self.actions.fix, request.changed_object()) else {
            return mutation;
        };
        match self.fix(request, object, safety, deadline) {
            Ok(fixed) => {
                let kept = with_managed_fields_of(object, fixed);
                mutation.object = (kept != *object).then_some(kept);
            }
            Err(reason) => mutation.violations.push(failure(reason)),
        }
        mutation
    }

    fn status(&self) -> Vec<PolicyStatus> {
        let status = self.selection.checks.iter().map(|check| PolicyStatus {
            source: admission::Source::Check,
            policy: check.meta().id.to_owned(),
            file: None,
            problem: None,
        });
        status.collect()
    }
}

/// Puts back what the API server keeps in an object for itself.
fn with_managed_fields_of(original: &Value, mut fixed: Value) -> Value {
    let managed = original
        .get("metadata")
        .and_then(|metadata| metadata.get("managedFields"));
    if let (Some(managed), Some(Value::Object(metadata))) = (managed, fixed.get_mut("metadata")) {
        metadata.insert("managedFields".to_owned(), managed.clone());
    }
    fixed
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringwall_policy::admission::{Judge as _, NoDeadline, patch};
    use serde_json::json;

    use super::*;

    pub(super) fn judge(config: &str, actions: CheckActions) -> CheckJudge {
        let source = Source::new("ringwall.toml", config);
        let config = Config::parse("ringwall.toml", config).unwrap();
        let selection = Selection::new(&[], &[], &[]).unwrap();
        CheckJudge::new(
            &config,
            &source,
            selection,
            actions,
            Date::from_unix_seconds(0),
        )
        .unwrap()
    }

    pub(super) const ACTIONS: CheckActions = CheckActions {
        deny: Some(Severity::High),
        warn: Some(Severity::Medium),
        fix: Some(Safety::Unsafe),
        honours_annotations: false,
    };

    pub(super) fn pod() -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "web", "namespace": "shop",
                "annotations": {"ringwall.dev/ignore.privileged-container": "reason=\"mine\""},
                "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"containers": [
                {"name": "app", "image": "registry.example.com/app:1.2.3", "securityContext": {"privileged": true}},
            ]},
        })
    }

    fn denied(verdict: &Verdict) -> Vec<&str> {
        let violations = verdict.violations.iter();
        let denied = violations.filter(|violation| violation.action == Action::Deny);
        denied.map(|violation| violation.policy.as_str()).collect()
    }

    #[test]
    fn severities_decide_and_annotations_of_the_requester_do_not() {
        let request = AdmissionRequest::from_object(pod());
        let verdict = judge("", ACTIONS).review(&request, &NoDeadline);
        assert!(denied(&verdict).contains(&"privileged-container"));
        let found = verdict
            .violations
            .iter()
            .find(|one| one.policy == "privileged-container")
            .unwrap();
        assert_eq!(
            found.paths[0],
            "/spec/containers/0/securityContext/privileged"
        );

        let trusting = CheckActions {
            honours_annotations: true,
            ..ACTIONS
        };
        let verdict = judge("", trusting).review(&request, &NoDeadline);
        assert!(!denied(&verdict).contains(&"privileged-container"));

        let accepted = "[[exceptions]]\nchecks = [\"privileged-container\"]\nnamespaces = [\"shop\"]\nreason = \"driver\"\n";
        let verdict = judge(accepted, ACTIONS).review(&request, &NoDeadline);
        assert!(!denied(&verdict).contains(&"privileged-container"));

        let mild = "[severities]\nprivileged-container = \"medium\"\n";
        let verdict = judge(mild, ACTIONS).review(&request, &NoDeadline);
        assert!(!denied(&verdict).contains(&"privileged-container"));
    }

    #[test]
    fn what_is_fixed_is_admitted_and_managed_fields_stay() {
        let judge = judge("", ACTIONS);
        let request = AdmissionRequest::from_object(pod());
        let mutation = judge.mutate(&request, &NoDeadline);
        assert_eq!(mutation.violations, []);
        let fixed = mutation.object.unwrap();
        assert_eq!(
            fixed["metadata"]["managedFields"],
            pod()["metadata"]["managedFields"]
        );
        let operations = patch::difference(&pod(), &fixed);
        assert!(
            operations
                .iter()
                .any(|one| one.path().starts_with("/spec/containers/0/securityContext"))
        );
        let verdict = judge.review(&AdmissionRequest::from_object(fixed), &NoDeadline);
        assert!(!denied(&verdict).contains(&"privileged-container"));
    }

    #[test]
    fn deletions_status_and_what_is_going_are_not_judged() {
        let judge = judge("", ACTIONS);
        let quiet =
            |request: &AdmissionRequest| judge.review(request, &NoDeadline) == Verdict::default();
        let request = AdmissionRequest::from_object(pod());
        assert!(quiet(&AdmissionRequest {
            sub_resource: "status".to_owned(),
            ..request.clone()
        }));
        assert!(quiet(&AdmissionRequest {
            operation: Some(Operation::Connect),
            ..request.clone()
        }));
        let mut going = pod();
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        let going = AdmissionRequest {
            object: Some(going),
            ..request
        };
        assert!(!quiet(&AdmissionRequest {
            operation: Some(Operation::Create),
            ..going.clone()
        }));
        assert!(quiet(&AdmissionRequest {
            operation: Some(Operation::Update),
            ..going
        }));
    }

    #[test]
    fn what_cannot_be_judged_is_an_error() {
        let object = json!({"kind": "Pod", "spec": {"containers": []}});
        let verdict =
            judge("", ACTIONS).review(&AdmissionRequest::from_object(object), &NoDeadline);
        assert!(!verdict.is_allowed() && verdict.violations[0].is_error);
    }
    fn update(new: Value, old: Value) -> AdmissionRequest {
        AdmissionRequest {
            operation: Some(Operation::Update),
            old_object: Some(old),
            ..AdmissionRequest::from_object(new)
        }
    }

    #[test]
    fn an_update_is_refused_only_for_what_it_brings() {
        let judge = judge("", ACTIONS);
        let mut old = pod();
        old["metadata"]["labels"] = json!({"a": "b"});
        let verdict = judge.review(&update(pod(), old.clone()), &NoDeadline);
        assert_eq!(denied(&verdict), [""; 0]);
        let mut violations = verdict.violations.iter();
        let kept = violations.find(|one| one.policy == "privileged-container");
        assert_eq!(kept.unwrap().action, Action::Warn);

        old["spec"]["containers"][0]["securityContext"]["privileged"] = json!(false);
        let verdict = judge.review(&update(pod(), old), &NoDeadline);
        assert!(denied(&verdict).contains(&"privileged-container"));
        let mut more = pod();
        let mut second = more["spec"]["containers"][0].clone();
        second["name"] = json!("other");
        more["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .insert(0, second);
        let verdict = judge.review(&update(more, pod()), &NoDeadline);
        let mut violations = verdict.violations.iter();
        let of_check = |one: &&Violation| one.policy == "privileged-container";
        assert_eq!(violations.clone().filter(of_check).count(), 2);
        let refused = violations.find(|one| of_check(one) && one.action == Action::Deny);
        assert_eq!(
            refused.unwrap().paths[0],
            "/spec/containers/0/securityContext/privileged"
        );
    }

    #[test]
    fn of_an_update_nothing_is_fixed_that_it_does_not_touch() {
        let judge = judge("", ACTIONS);
        let patched = |request: &AdmissionRequest| {
            let mutation = judge.mutate(request, &NoDeadline);
            assert_eq!(mutation.violations, []);
            let changed = mutation.object.as_ref();
            let operations =
                changed.map(|changed| patch::difference(request.object.as_ref().unwrap(), changed));
            let paths = operations.unwrap_or_default().into_iter();
            paths.map(|one| one.path().to_owned()).collect::<Vec<_>>()
        };
        let labelled = |mut object: Value| {
            object["metadata"]["labels"] = json!({"a": "b"});
            object
        };
        assert_eq!(patched(&update(labelled(pod()), pod())), [""; 0]);
        // Nobody could say that it was there before.
        let unknown = AdmissionRequest {
            old_object: None,
            ..update(pod(), pod())
        };
        assert_eq!(patched(&unknown), [""; 0]);
        // A pod's containers stay what they are, also where the update makes them worse.
        let mut image = pod();
        image["spec"]["containers"][0]["image"] = json!("registry.example.com/app:latest");
        assert_eq!(patched(&update(image, pod())), [""; 0]);

        let workload = |kind: &str, group: &str| {
            json!({
                "apiVersion": format!("{group}/v1"), "kind": kind,
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"template": {"spec": pod()["spec"]}},
            })
        };
        let deployment = || workload("Deployment", "apps");
        assert_eq!(
            patched(&update(labelled(deployment()), deployment())),
            [""; 0]
        );
        let mut more = deployment();
        let containers = more.pointer_mut("/spec/template/spec/containers").unwrap();
        let mut second = containers[0].clone();
        second["name"] = json!("second");
        containers.as_array_mut().unwrap().push(second.clone());
        let paths = patched(&update(more, deployment()));
        let place = "/spec/template/spec/containers/1/";
        assert!(!paths.is_empty(), "the new container is fixed");
        assert!(
            paths.iter().all(|path| path.starts_with(place)),
            "{paths:?}"
        );

        let job = || workload("Job", "batch");
        let mut worse = job();
        worse["spec"]["template"]["spec"]["hostPID"] = json!(true);
        assert_eq!(patched(&update(worse, job())), [""; 0]);

        let with = |containers: &[&Value]| {
            let mut pod = pod();
            pod["spec"]["ephemeralContainers"] = json!(containers);
            pod
        };
        let mut third = second.clone();
        third["name"] = json!("third");
        let debugging = AdmissionRequest {
            sub_resource: "ephemeralcontainers".to_owned(),
            ..update(with(&[&second, &third]), with(&[&second]))
        };
        let paths = patched(&debugging);
        let place = "/spec/ephemeralContainers/1/";
        assert!(!paths.is_empty(), "the new container is fixed");
        assert!(
            paths.iter().all(|path| path.starts_with(place)),
            "{paths:?}"
        );
    }

    #[test]
    fn a_rule_that_changes_is_a_new_one() {
        let role = |group: &str, labels: Value| {
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": "a", "labels": labels},
                "rules": [{"apiGroups": [group], "resources": ["*"], "verbs": ["*"]}],
            })
        };
        let judge = judge("", ACTIONS);
        let review = |new, old| denied(&judge.review(&update(new, old), &NoDeadline)).len();
        let (none, some) = (json!({}), json!({"a": "b"}));
        assert!(review(role("*", none.clone()), json!({"kind": "None"})) > 0);
        assert_eq!(review(role("*", none.clone()), role("*", some)), 0);
        assert!(review(role("*", none.clone()), role("apps", none)) > 0);
    }

    #[test]
    fn what_is_not_judged_in_time_is_an_error() {
        struct Over;
        impl Deadline for Over {
            fn left(&self) -> Option<Duration> {
                Some(Duration::ZERO)
            }
        }
        let verdict = judge("", ACTIONS).review(&AdmissionRequest::from_object(pod()), &Over);
        assert_eq!(verdict.violations, [failure(LATE.to_owned())]);
    }
}
