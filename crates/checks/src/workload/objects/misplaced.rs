//! Fields that exist, but elsewhere.

use ringwall_input::schema::{Shape, TypeRef, builtin};

/// Where a field that a type lacks belongs, behind "it belongs".
pub(super) fn belongs(field: &str, of: TypeRef) -> Option<&'static str> {
    let pod = builtin().kind("v1", "Pod")?;
    let pod_spec = below(pod, "spec")?;
    let container = below(pod_spec, "containers")?;
    let has = |of: Option<TypeRef>| of.is_some_and(|of| of.field(field).is_some());
    match of.name() {
        "PodSecurityContext" => has(below(container, "securityContext"))
            .then_some("into the containers' securityContext"),
        "SecurityContext" => {
            has(below(pod_spec, "securityContext")).then_some("into the pod's securityContext")
        }
        "Container" | "EphemeralContainer" => {
            if has(below(container, "securityContext")) {
                return Some("into the container's securityContext");
            }
            has(Some(pod_spec)).then_some("into the pod's spec, beside containers")
        }
        "PodSpec" => {
            if has(below(pod_spec, "securityContext")) {
                return Some("into the pod's securityContext");
            }
            has(Some(container)).then_some("into each container")
        }
        "PodTemplateSpec" => has(Some(pod_spec)).then_some("into the template's spec"),
        "Probe" => {
            let action =
                below(container, "livenessProbe").and_then(|probe| below(probe, "httpGet"));
            has(action).then_some("into httpGet")
        }
        "CronJobSpec" => {
            let job = builtin()
                .kind("batch/v1", "Job")
                .and_then(|job| below(job, "spec"));
            if has(job) {
                return Some("into jobTemplate.spec");
            }
            has(Some(pod_spec)).then_some("into jobTemplate.spec.template.spec")
        }
        _ if below(of, "template").is_some_and(|template| template.name() == "PodTemplateSpec") => {
            has(Some(pod_spec)).then_some("into template.spec")
        }
        _ => {
            let metadata = below(of, "metadata");
            if metadata.is_none() || of.field("kind").is_none() {
                return None;
            }
            if has(below(of, "spec")) {
                return Some("into spec");
            }
            has(metadata).then_some("into metadata")
        }
    }
}

/// The type that a field holds, by itself or in a list.
fn below(of: TypeRef, field: &str) -> Option<TypeRef> {
    match of.field(field)?.shape {
        Shape::Object(of) => Some(of),
        Shape::List(item) => match item.shape() {
            Shape::Object(of) => Some(of),
            _ => None,
        },
        _ => None,
    }
}
