//! Whose a request is: the workload behind the object, and the team.

use ringwall_policy::admission::{AdmissionRequest, ClusterView as _};
use serde_json::Value;

use super::{Asked, Replay};

/// A workload: what a person wrote, as far as the object tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Workload {
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) name: String,
}

/// What has no namespace.
const OF_CLUSTER: &str = "(cluster)";

/// What has no label that names a team.
const NO_TEAM: &str = "(none)";

impl Workload {
    /// The workload of a request.
    pub(super) fn of(asked: &Asked) -> Self {
        let request = match asked {
            Asked::Review(_, request) => request,
            Asked::Images(review) => {
                return Self {
                    namespace: review.namespace.clone(),
                    kind: "ImageReview".to_owned(),
                    name: String::new(),
                };
            }
        };
        let object = request.object.as_ref().or(request.old_object.as_ref());
        let namespace = if request.is_of_namespace() {
            String::new()
        } else {
            request.namespace.clone()
        };
        let (kind, name) = object
            .and_then(controller)
            .unwrap_or_else(|| (request.kind.kind.clone(), own_name(request, object)));
        Self {
            namespace,
            kind,
            name,
        }
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn own_name(request: &AdmissionRequest, object: Option<&Value>) -> String {
    if !request.name.is_empty() {
        return request.name.clone();
    }
    let object = object.unwrap_or(&Value::Null);
    match (
        text(object, "/metadata/name"),
        text(object, "/metadata/generateName"),
    ) {
        ("", "") => String::new(),
        ("", prefix) => format!("{prefix}*"),
        (name, _) => name.to_owned(),
    }
}

/// The controller of an object; a ReplicaSet whose name ends in the hash of its pods is its Deployment's.
fn controller(object: &Value) -> Option<(String, String)> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let (kind, name) = (text(owner, "/kind"), text(owner, "/name"));
    if kind.is_empty() || name.is_empty() {
        return None;
    }
    let hash = text(object, "/metadata/labels/pod-template-hash");
    let deployment = name
        .strip_suffix(hash)
        .and_then(|rest| rest.strip_suffix('-'));
    Some(match deployment {
        Some(deployment) if kind == "ReplicaSet" && !hash.is_empty() => {
            ("Deployment".to_owned(), deployment.to_owned())
        }
        _ => (kind.to_owned(), name.to_owned()),
    })
}

impl Replay {
    /// The team of a request.
    pub(super) fn team(&self, asked: &Asked) -> String {
        let (namespace, object) = match asked {
            Asked::Review(_, request) => (
                request.namespace.as_str(),
                request.object.as_ref().or(request.old_object.as_ref()),
            ),
            Asked::Images(review) => (review.namespace.as_str(), None),
        };
        let Some(key) = &self.team_label else {
            return match namespace {
                "" => OF_CLUSTER.to_owned(),
                namespace => namespace.to_owned(),
            };
        };
        let label = |object: &Value| {
            let labels = object.pointer("/metadata/labels")?;
            let value = labels.get(key)?.as_str().filter(|value| !value.is_empty());
            value.map(str::to_owned)
        };
        object
            .and_then(label)
            .or_else(|| label(&*self.world.namespace(namespace)?))
            .unwrap_or_else(|| NO_TEAM.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload(object: Value) -> String {
        let request = AdmissionRequest::from_object(object);
        let workload = Workload::of(&Asked::Review(None, Box::new(request)));
        format!("{} {}/{}", workload.kind, workload.namespace, workload.name)
    }

    #[test]
    fn pods_are_those_of_what_made_them() {
        let pod = |kind: &str, owner: &str, hash: &str| {
            workload(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
                "namespace": "shop", "generateName": "web-7d9-", "labels": {"pod-template-hash": hash},
                "ownerReferences": [{"kind": "Other", "name": "x"}, {"kind": kind, "name": owner, "controller": true}],
            }}))
        };
        assert_eq!(pod("ReplicaSet", "web-7d9", "7d9"), "Deployment shop/web");
        // One that nobody deploys.
        assert_eq!(pod("ReplicaSet", "web", "7d9"), "ReplicaSet shop/web");
        assert_eq!(pod("DaemonSet", "agent", ""), "DaemonSet shop/agent");
        let alone = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "generateName": "job-"}});
        assert_eq!(workload(alone), "Pod shop/job-*");
        assert_eq!(
            workload(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
            ),
            "Namespace /shop"
        );
    }
}
