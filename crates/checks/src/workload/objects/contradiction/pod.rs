//! What contradicts itself in a pod.

use std::collections::HashMap;

use ringwall_input::schema::builtin;

use super::{container, filled, tell, written};
use crate::{
    Container, Findings, Node, Workload,
    workload::objects::{complete::pod_template_shape, labels::is_placeholder},
};

pub(in super::super) fn judge(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let resource = workload.resource();
    let known = builtin().known(resource.api_version, resource.kind);
    if known.is_none() && pod_template_shape(resource).is_none() {
        return;
    }
    let is_whole = known.is_some() && is_whole(workload);
    let spec = workload.pod.spec;
    judge_spec(workload, is_whole, findings);
    judge_host(spec, findings);
    for toleration in spec.list("tolerations") {
        judge_toleration(toleration, findings);
    }
    for container in &workload.containers {
        container::judge(container, is_whole, findings);
    }
    judge_names(&workload.containers, findings);
    if is_whole {
        judge_mounts(workload, findings);
    }
}

/// Whether it is no patch: every container has an image, which a patch that means another thing leaves out.
fn is_whole(workload: &Workload<'_>) -> bool {
    !workload.containers.is_empty()
        && workload.containers.iter().all(|container| {
            container
                .node
                .str("image")
                .is_some_and(|image| !image.is_empty())
        })
}

fn judge_spec(workload: &Workload<'_>, is_whole: bool, findings: &mut Findings<'_>) {
    let spec = workload.pod.spec;
    let resource = workload.resource();
    let has_controller = matches!(
        resource.kind,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController"
    );
    if has_controller && let Some(deadline) = written(spec, "activeDeadlineSeconds") {
        let note = format!(
            "has activeDeadlineSeconds in the pods of a {}, which run on",
            resource.kind
        );
        tell(deadline, note, None, findings);
    }
    if is_whole
        && let Some(policy) = spec
            .get("dnsPolicy")
            .filter(|policy| policy.text() == "None")
        && spec
            .get("dnsConfig")
            .is_none_or(|config| filled(config, "nameservers").is_none())
    {
        let note = "has dnsPolicy: None and no nameservers in dnsConfig";
        tell(policy, note, None, findings);
    }
    if resource.is("batch", "Job")
        && let Some(failures) = resource
            .spec
            .and_then(|spec| written(spec, "podFailurePolicy"))
        && let Some(policy) = spec.get("restartPolicy")
        && policy.text() == "OnFailure"
    {
        let note = "has podFailurePolicy beside restartPolicy: OnFailure; it needs Never";
        tell(policy, note, Some(failures), findings);
    }
}

/// What is shared with the node, and what that excludes.
fn judge_host(spec: Node<'_>, findings: &mut Findings<'_>) {
    let is = |field: &str| spec.get(field).filter(|value| value.is_true());
    if let (Some(host), Some(shared)) = (is("hostPID"), is("shareProcessNamespace")) {
        let note = "has both hostPID and shareProcessNamespace";
        tell(shared, note, Some(host), findings);
    }
    if let Some(users) = spec.get("hostUsers").filter(|users| users.is_false()) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(host) = is(field) {
                let note = format!("has {field} beside hostUsers: false");
                tell(host, note, Some(users), findings);
            }
        }
    }
}

fn judge_toleration(toleration: Node<'_>, findings: &mut Findings<'_>) {
    let operator = toleration.str("operator").unwrap_or("");
    if operator == "Exists"
        && let Some(value) = filled(toleration, "value")
    {
        let note = "has a toleration with operator: Exists and a value";
        tell(value, note, toleration.get("operator"), findings);
    }
    if matches!(operator, "" | "Equal")
        && filled(toleration, "key").is_none()
        && toleration.get("$patch").is_none()
        && toleration.is_mapping()
    {
        let note = "has a toleration without a key, which needs operator: Exists";
        tell(toleration, note, None, findings);
    }
    if let Some(seconds) = written(toleration, "tolerationSeconds")
        && toleration.str("effect").unwrap_or("") != "NoExecute"
        && !is_placeholder(toleration.str("effect").unwrap_or(""))
    {
        let note = "has tolerationSeconds in a toleration whose effect is not NoExecute";
        tell(seconds, note, toleration.get("effect"), findings);
    }
}

/// Finds the containers that have the name of one before them, of whatever sort.
fn judge_names(containers: &[Container<'_>], findings: &mut Findings<'_>) {
    let mut named = HashMap::new();
    for container in containers {
        let Some(name) = container.node.get("name") else {
            continue;
        };
        let text = name.text();
        if text.is_empty() || is_placeholder(text) || container.node.get("$patch").is_some() {
            continue;
        }
        if let Some(&first) = named.get(text) {
            tell(
                name,
                format!("has two containers named {text}"),
                Some(first),
                findings,
            );
        } else {
            named.insert(text, name);
        }
    }
}

/// Finds mounts of volumes that the pod does not have.
fn judge_mounts(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let spec = workload.resource().spec;
    let claims: Vec<&str> = spec
        .into_iter()
        .flat_map(|spec| spec.list("volumeClaimTemplates"))
        .filter_map(|claim| claim.get("metadata")?.str("name"))
        .collect();
    let has_marks = workload.pod.volumes().any(|volume| {
        volume
            .get("name")
            .is_none_or(|name| is_placeholder(name.text()))
    });
    if has_marks {
        return;
    }
    for container in &workload.containers {
        for list in ["volumeMounts", "volumeDevices"] {
            for name in container
                .node
                .list(list)
                .filter_map(|mount| mount.get("name"))
            {
                let text = name.text();
                let is_there = workload
                    .pod
                    .volumes()
                    .any(|volume| volume.get("name").is_some_and(|name| name.text() == text))
                    || claims.contains(&text);
                if !is_there && !text.is_empty() && !is_placeholder(text) {
                    let note = format!(
                        "mounts the volume {text} in {}, which the pod does not have",
                        container.title()
                    );
                    tell(name, note, None, findings);
                }
            }
        }
    }
}
