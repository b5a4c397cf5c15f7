//! Parts that a whole object needs and a patch leaves out: told only where the rest of the object is there.

use ringwall_input::schema::{Form, Kind, Rule, Shape, builtin};

use super::schema_violation::SchemaViolation;
use crate::{Findings, Node, Resource, Workload};

/// The shape of the pods in a custom kind whose template is that of Kubernetes; nothing for other kinds.
pub(super) fn pod_template_shape(resource: &Resource<'_>) -> Option<Shape> {
    matches!(
        resource.group(),
        "argoproj.io"
            | "apps.openshift.io"
            | "apps.kruise.io"
            | "jobset.x-k8s.io"
            | "kubeflow.org"
            | "ray.io"
            | "agents.x-k8s.io"
            | "extensions.agents.x-k8s.io"
    )
    .then(|| Some(builtin().kind("v1", "Pod")?.field("spec")?.shape))?
}

/// Judges what belongs to the object itself.
pub(super) fn judge(resource: &Resource<'_>, kind: &Kind, findings: &mut Findings<'_>) {
    if kind.is_namespaced().is_some() && needs_name(resource) {
        let has = |field| {
            let value = resource.metadata.and_then(|metadata| metadata.get(field));
            value.is_some_and(|value| !value.text().is_empty() && !value.is_null())
        };
        if !has("name") && !has("generateName") {
            let place = resource.metadata.unwrap_or_else(|| resource.place());
            lacks(place, "name in metadata", findings);
        }
    }
    judge_name(resource, findings);
    for (place, what) in unfilled(resource, resource.api_version) {
        lacks(place.get("name").unwrap_or(place), what, findings);
    }
    if let Some(value) = given_up(resource, resource.api_version) {
        let field = value.key().map_or("", Node::text);
        findings.add(SchemaViolation::META).at(value).note(format!(
            "has {} in {field}, which v1 no longer takes",
            value.text()
        ));
    }
    let Some(spec) = resource.spec.filter(|spec| spec.is_mapping()) else {
        return;
    };
    let is_missing = |field| is_missing(spec, field);
    let place = spec;
    match (resource.api_version, resource.kind) {
        ("v1", "Pod") if is_missing("containers") => lacks(place, "containers in spec", findings),
        ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            if is_missing("template") && !is_missing("selector") =>
        {
            lacks(place, "template in spec", findings);
        }
        (
            "autoscaling/v1" | "autoscaling/v2" | "autoscaling/v2beta1" | "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
        ) => match (is_missing("scaleTargetRef"), is_missing("maxReplicas")) {
            (true, false) if !is_missing("metrics") => {
                lacks(place, "scaleTargetRef in spec", findings);
            }
            (false, true) => lacks(place, "maxReplicas in spec", findings),
            _ => {}
        },
        ("v1", "PersistentVolume") if has_volume_source(spec) => {
            match (is_empty(spec, "accessModes"), is_empty(spec, "capacity")) {
                (true, false) => lacks(place, "accessModes in spec", findings),
                (false, true) => lacks(place, "capacity in spec", findings),
                _ => {}
            }
        }
        _ => {}
    }
}

/// Whether a persistent volume says where its data is: in the field named for the kind of storage.
fn has_volume_source(spec: Node<'_>) -> bool {
    let others = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let mut fields = spec.entries().into_iter();
    fields.any(|(name, value)| value.is_mapping() && !others.contains(&name.text()))
}

/// Judges the name of an object: what is allowed depends on its kind.
fn judge_name(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(form) = form_of_name(resource) else {
        return;
    };
    let name = resource.metadata.and_then(|metadata| metadata.get("name"));
    if let Some(name) = name
        && let Some(text) = name.as_str()
        && !text.is_empty()
        && !form.is_mark(text)
        && !form.fits_text(text)
    {
        let rule = Rule::Form(form);
        findings
            .add(SchemaViolation::META)
            .at(name)
            .note(format!("is named {text}, which must be {rule}"))
            .remediation(format!("Give it a name that is {rule}."));
    }
}

/// The form that names of a kind have; nothing for kinds that take more, such as roles, or something else.
fn form_of_name(resource: &Resource<'_>) -> Option<Form> {
    match (resource.group(), resource.kind) {
        ("", "Namespace" | "Service") | ("apps", "StatefulSet") => Some(Form::Label),
        (
            "",
            "Pod"
            | "PodTemplate"
            | "ReplicationController"
            | "ConfigMap"
            | "Secret"
            | "ServiceAccount"
            | "PersistentVolume"
            | "PersistentVolumeClaim"
            | "ResourceQuota"
            | "LimitRange"
            | "Endpoints",
        )
        | ("apps", "Deployment" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job" | "CronJob")
        | ("networking.k8s.io", "Ingress" | "IngressClass" | "NetworkPolicy")
        | ("autoscaling", "HorizontalPodAutoscaler")
        | ("scheduling.k8s.io", "PriorityClass")
        | ("storage.k8s.io", "StorageClass")
        | (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => Some(Form::Subdomain),
        _ => None,
    }
}

/// The fields that an object lacks and v1 of its API demands, where older versions filled them in.
pub(super) fn unfilled<'a>(
    resource: &Resource<'a>,
    api_version: &str,
) -> Vec<(Node<'a>, &'static str)> {
    let parts = |list: Option<Node<'a>>| list.into_iter().flat_map(Node::items);
    let whole = |part: &Node<'a>, fields: [&str; 2]| fields.iter().all(|it| !is_missing(*part, it));
    let (places, demanded): (Vec<Node<'a>>, &[&'static str]) = match (api_version, resource.kind) {
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => (
            parts(resource.node.get("webhooks"))
                .filter(|webhook| whole(webhook, ["clientConfig", "rules"]))
                .collect(),
            &[
                "sideEffects in webhooks",
                "admissionReviewVersions in webhooks",
            ],
        ),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => (
            parts(resource.spec.and_then(|spec| spec.get("versions")))
                .filter(|version| whole(version, ["served", "storage"]))
                .collect(),
            &["schema in versions"],
        ),
        ("certificates.k8s.io/v1", "CertificateSigningRequest") => (
            resource
                .spec
                .into_iter()
                .filter(|spec| !is_missing(*spec, "request"))
                .collect(),
            &["signerName in spec", "usages in spec"],
        ),
        _ => return Vec::new(),
    };
    let mut lacking = Vec::new();
    for place in places {
        let lacks = |what: &&&str| is_missing(place, what.split(' ').next().unwrap_or(what));
        lacking.extend(demanded.iter().filter(lacks).map(|what| (place, *what)));
    }
    lacking
}

/// A value that v1 of an API refuses and older versions took.
///
/// Source: the validation of `sideEffects` and `preserveUnknownFields` in Kubernetes.
pub(super) fn given_up<'a>(resource: &Resource<'a>, api_version: &str) -> Option<Node<'a>> {
    match (api_version, resource.kind) {
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => resource
            .node
            .list("webhooks")
            .filter_map(|webhook| webhook.get("sideEffects"))
            .find(|value| matches!(value.text(), "Some" | "Unknown")),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => resource
            .spec?
            .get("preserveUnknownFields")
            .filter(|value| value.is_true()),
        _ => None,
    }
}

/// Judges what belongs to the pods of an object.
pub(super) fn judge_pod(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let resource = workload.resource();
    let Some(spec) = resource.spec else {
        return;
    };
    if builtin()
        .known(resource.api_version, resource.kind)
        .is_none()
    {
        return;
    }
    let lacks_image = |container: &&crate::Container<'_>| {
        container
            .image
            .is_none_or(|image| image.is_null() || image.as_str() == Some(""))
    };
    let has_images = !workload
        .containers
        .iter()
        .any(|container| lacks_image(&container));
    let is_restart_policy_set = !is_missing(workload.pod.spec, "restartPolicy");
    let is_whole = match (resource.api_version, resource.kind) {
        ("v1", "Pod") => true,
        ("apps/v1", _) => {
            let has_selector = !is_missing(spec, "selector");
            if !has_selector && has_images && workload.pod.labels().is_some() {
                lacks(spec, "selector in spec", findings);
            }
            has_selector
        }
        ("batch/v1" | "batch/v1beta1", "CronJob") => {
            let has_schedule = !is_missing(spec, "schedule");
            if !has_schedule && has_images && is_restart_policy_set {
                lacks(spec, "schedule in spec", findings);
            }
            has_schedule && is_restart_policy_set
        }
        ("batch/v1", "Job") => is_restart_policy_set,
        _ => false,
    };
    if is_whole {
        for container in workload.containers.iter().filter(lacks_image) {
            findings
                .add(SchemaViolation::META)
                .missing(container.place(), "image")
                .note(format!(
                    "lacks the field image in {}, which the API demands",
                    container.title()
                ))
                .remediation("Add the field image.");
        }
    }
}

/// Whether objects of the kind are stored under a name: reviews and bindings are only sent.
fn needs_name(resource: &Resource<'_>) -> bool {
    !matches!(
        resource.group(),
        "authentication.k8s.io" | "authorization.k8s.io" | "gateway.networking.k8s.io"
    ) && !matches!(
        resource.kind,
        "Eviction" | "Binding" | "Scale" | "TokenRequest"
    )
}

fn is_empty(parent: Node<'_>, field: &str) -> bool {
    let has_parts = |value: Node<'_>| {
        value.items().next().is_some() || value.written_entries().next().is_some()
    };
    !parent.get(field).is_some_and(has_parts)
}

fn is_missing(parent: Node<'_>, field: &str) -> bool {
    parent.get(field).is_none_or(Node::is_null)
}

fn lacks(place: Node<'_>, what: &'static str, findings: &mut Findings<'_>) {
    let field = what.split(' ').next().unwrap_or(what);
    findings
        .add(SchemaViolation::META)
        .missing(place, field)
        .note(format!("lacks the field {what}, which the API demands"))
        .remediation(format!("Add the field {field}."));
}
