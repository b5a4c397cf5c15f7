//! Pod Security as a judge of requests, as the API server's own admission does it.
//!
//! Pods are refused; of objects that carry a pod, only a warning can be had, as the pods made of them
//! are judged themselves. Source: <https://kubernetes.io/docs/concepts/security/pod-security-admission/>.

use ringwall_input::{
    kubernetes::{Resource, workloads},
    yaml,
};
use serde_json::Value;

use super::{Level, Request, evaluate};
use crate::admission::{
    Action, AdmissionRequest, Deadline, Judge, LATE, Operation, PolicyStatus, Source, Verdict,
    Violation, read_object, without_managed_fields,
};

/// The levels that pods are held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodSecurity {
    /// Pods that violate it are refused.
    pub enforce: Option<Request>,
    /// Pods, and objects that carry one, that violate it are warned about.
    pub warn: Option<Request>,
}

/// Subresources of pods that carry no pod to judge.
const OTHER_SUBRESOURCES: [&str; 8] = [
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "status",
];

impl PodSecurity {
    fn concerns(request: &AdmissionRequest) -> bool {
        let is_pod = request.kind.group.is_empty() && request.kind.kind == "Pod";
        match request.operation {
            Some(Operation::Delete | Operation::Connect) => false,
            _ if OTHER_SUBRESOURCES.contains(&request.sub_resource.as_str()) => false,
            Some(Operation::Update) if is_pod => match (&request.object, &request.old_object) {
                (Some(new), Some(old)) => is_significant(new, old),
                _ => true,
            },
            _ => true,
        }
    }

    fn judge(self, object: &Value, deadline: &dyn Deadline) -> Result<Vec<Violation>, String> {
        let (_, document) = read_object(&without_managed_fields(object))?;
        let resource =
            Resource::new(document.root()).ok_or("the object states no apiVersion or no kind")?;
        let is_pod = resource.is("", "Pod");
        let pods = workloads(&resource, &[]);
        if is_pod && pods.is_empty() {
            return Err("the pod has no spec that could be judged".to_owned());
        }
        let mut pointers = yaml::Pointers::new(&document);
        let mut found = Vec::new();
        for pod in &pods {
            let mut add = |request: Request, action: Action| -> Result<(), String> {
                for violation in evaluate(pod, request.level, request.version) {
                    if deadline.is_over() {
                        return Err(LATE.to_owned());
                    }
                    let container = violation
                        .container
                        .and_then(|index| pod.containers.get(index))
                        .map_or_else(
                            || "pod".to_owned(),
                            ringwall_input::kubernetes::Container::title,
                        );
                    let message = format!(
                        "{container} violates Pod Security {request}: {} ({})",
                        violation.rule, violation.detail
                    );
                    let mut told =
                        Violation::new(Source::PodSecurity, policy(request), action, message);
                    told.paths = vec![pointers.of(violation.place.place())];
                    found.push(told);
                }
                Ok(())
            };
            if let Some(request) = self.enforce {
                add(request, if is_pod { Action::Deny } else { Action::Warn })?;
            }
            if let Some(request) = self.warn.filter(|warn| self.enforce != Some(*warn)) {
                add(request, Action::Warn)?;
            }
        }
        Ok(found)
    }
}

/// How a level is named where a policy is.
fn policy(request: Request) -> String {
    format!("pod-security/{request}")
}

impl Judge for PodSecurity {
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict {
        let mut verdict = Verdict::default();
        let levels = [self.enforce, self.warn];
        let judges = levels
            .into_iter()
            .flatten()
            .any(|request| request.level > Level::Privileged);
        if !judges || !Self::concerns(request) {
            return verdict;
        }
        let Some(object) = &request.object else {
            return verdict;
        };
        match self.judge(object, deadline) {
            Ok(violations) => verdict.violations = violations,
            Err(reason) => {
                let name = levels
                    .into_iter()
                    .flatten()
                    .next()
                    .map_or_else(String::new, policy);
                let mut error = Violation::new(Source::PodSecurity, name, Action::Deny, reason);
                error.is_error = true;
                verdict.violations.push(error);
            }
        }
        if let Some(enforce) = self.enforce.filter(|_| request.kind.kind == "Pod") {
            verdict.audit_annotations.push((
                "pod-security.enforce-policy".to_owned(),
                enforce.to_string(),
            ));
        }
        verdict
    }

    fn status(&self) -> Vec<PolicyStatus> {
        let mut levels: Vec<Request> = [self.enforce, self.warn].into_iter().flatten().collect();
        levels.dedup();
        let status = levels.into_iter().map(|request| PolicyStatus {
            source: Source::PodSecurity,
            policy: policy(request),
            file: None,
            problem: None,
        });
        status.collect()
    }
}

/// Whether an update of a pod touches what can be updated and matters: images, debugging containers, and
/// the annotations that once held seccomp profiles of containers.
fn is_significant(new: &Value, old: &Value) -> bool {
    fn list<'a>(pod: &'a Value, name: &str) -> &'a [Value] {
        let list = pod.get("spec").and_then(|spec| spec.get(name));
        list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
    fn profile<'a>(pod: &'a Value, container: &Value) -> Option<&'a Value> {
        let name = container.get("name").and_then(Value::as_str)?;
        let key = format!("container.seccomp.security.alpha.kubernetes.io/{name}");
        pod.get("metadata")?.get("annotations")?.get(key)
    }
    let differs = |container: &Value, before: &Value| {
        container.get("image") != before.get("image")
            || profile(new, container) != profile(old, container)
    };
    let lists_differ = ["initContainers", "containers"].into_iter().any(|name| {
        let (new, old) = (list(new, name), list(old, name));
        new.len() != old.len() || new.iter().zip(old).any(|(new, old)| differs(new, old))
    });
    lists_differ
        || list(new, "ephemeralContainers").iter().any(|container| {
            let mut before = list(old, "ephemeralContainers").iter();
            before
                .find(|before| before.get("name") == container.get("name"))
                .is_none_or(|before| differs(container, before))
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::admission::{GroupVersionKind, NoDeadline};

    struct Over;

    impl Deadline for Over {
        fn left(&self) -> Option<Duration> {
            Some(Duration::ZERO)
        }
    }

    fn pod(privileged: bool, image: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "managedFields": [{"manager": "kubectl"}]},
            "spec": {"containers": [
                {"name": "app", "image": image, "securityContext": {"privileged": privileged}},
            ]},
        })
    }

    fn baseline() -> PodSecurity {
        PodSecurity {
            enforce: Some("baseline".parse().unwrap()),
            warn: None,
        }
    }

    fn review(request: &AdmissionRequest) -> Verdict {
        baseline().review(request, &NoDeadline)
    }

    #[test]
    fn a_pod_is_refused_with_the_path_of_the_field() {
        let verdict = review(&AdmissionRequest::from_object(pod(true, "a")));
        assert!(!verdict.is_allowed());
        let violation = &verdict.violations[0];
        assert_eq!(violation.policy, "pod-security/baseline:latest");
        assert_eq!(
            violation.paths,
            ["/spec/containers/0/securityContext/privileged"]
        );
        assert!(review(&AdmissionRequest::from_object(pod(false, "a"))).is_allowed());
    }

    #[test]
    fn of_a_controller_it_only_warns() {
        let template = pod(true, "a");
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": template["spec"]}},
        });
        let verdict = review(&AdmissionRequest::from_object(deployment));
        assert!(verdict.is_allowed());
        assert_eq!(verdict.violations[0].action, Action::Warn);
        assert_eq!(
            verdict.violations[0].paths,
            ["/spec/template/spec/containers/0/securityContext/privileged"]
        );
    }

    #[test]
    fn updates_that_touch_nothing_of_weight_are_not_judged() {
        let update = |new: Value, old: Value| AdmissionRequest {
            operation: Some(Operation::Update),
            old_object: Some(old),
            ..AdmissionRequest::from_object(new)
        };
        assert!(review(&update(pod(true, "a"), pod(true, "a"))).is_allowed());
        assert!(!review(&update(pod(true, "b"), pod(true, "a"))).is_allowed());
        let status = AdmissionRequest {
            sub_resource: "status".to_owned(),
            ..AdmissionRequest::from_object(pod(true, "a"))
        };
        assert!(review(&status).is_allowed());
    }

    #[test]
    fn a_pod_that_cannot_be_judged_is_an_error_and_not_clean() {
        let request = AdmissionRequest {
            kind: GroupVersionKind::new("v1", "Pod"),
            ..AdmissionRequest::from_object(json!({"apiVersion": "v1", "kind": "Pod"}))
        };
        let verdict = review(&request);
        assert!(!verdict.is_allowed() && verdict.violations[0].is_error);
    }
    #[test]
    fn what_is_not_judged_in_time_is_an_error_and_not_clean() {
        let request = AdmissionRequest::from_object(pod(true, "a"));
        let verdict = baseline().review(&request, &Over);
        assert_eq!(verdict.violations.len(), 1);
        assert!(verdict.violations[0].is_error && verdict.violations[0].message == LATE);
    }
}
