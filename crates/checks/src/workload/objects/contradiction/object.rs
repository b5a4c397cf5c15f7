//! What contradicts itself in the objects around pods.

use std::net::IpAddr;

use super::{access, data, filled, tell, written};
use crate::{
    Findings, Node, Resource, network::address::is_part, workload::objects::labels::is_placeholder,
};

pub(in super::super) fn judge(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    match (resource.api_version, resource.kind) {
        ("rbac.authorization.k8s.io/v1", "Role" | "ClusterRole") => {
            access::role(resource, findings);
        }
        ("rbac.authorization.k8s.io/v1", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding(resource, findings);
        }
        ("v1", "Secret") => data::secret(resource.node, findings),
        ("v1", "ConfigMap") => data::config_map(resource.node, findings),
        _ => {}
    }
    let Some(spec) = resource.spec.filter(|spec| spec.is_mapping()) else {
        return;
    };
    match (resource.api_version, resource.kind) {
        ("apps/v1", "Deployment") => deployment(spec, findings),
        ("apps/v1", "DaemonSet") => daemon_set(spec, findings),
        ("apps/v1", "StatefulSet") => {
            let strategy = spec.get("updateStrategy");
            rolling_beside(strategy, "OnDelete", findings);
        }
        ("batch/v1", "Job") => job(spec, findings),
        ("batch/v1", "CronJob") => {
            if let Some(job) = spec.path(&["jobTemplate", "spec"]) {
                self::job(job, findings);
            }
            if resource.name.len() > 52 && !is_placeholder(resource.name) {
                let note =
                    "has a name of more than 52 characters, too long for the jobs that it makes";
                tell(resource.place(), note, None, findings);
            }
        }
        ("autoscaling/v1" | "autoscaling/v2", "HorizontalPodAutoscaler") => {
            autoscaler(spec, findings);
        }
        ("networking.k8s.io/v1", "NetworkPolicy") => network_policy(spec, findings),
        ("networking.k8s.io/v1", "Ingress") => {
            ingress_class(resource, spec, findings);
            ingress(spec, findings);
        }
        ("v1", "Service") => service(spec, findings),
        _ => {}
    }
}

/// `rollingUpdate` beside a strategy that rolls nothing.
fn rolling_beside(strategy: Option<Node<'_>>, kind: &str, findings: &mut Findings<'_>) {
    let Some(strategy) = strategy else {
        return;
    };
    if let Some(written_kind) = strategy.get("type").filter(|it| it.text() == kind)
        && let Some(rolling) = written(strategy, "rollingUpdate")
        && strategy.get("$retainKeys").is_none()
    {
        let note = format!("has rollingUpdate beside type: {kind}");
        tell(rolling, note, Some(written_kind), findings);
    }
}

/// Whether a number or a share is none at all.
fn is_zero(node: Node<'_>) -> bool {
    node.as_i64() == Some(0) || matches!(node.as_str(), Some("0%"))
}

fn deployment(spec: Node<'_>, findings: &mut Findings<'_>) {
    let strategy = spec.get("strategy");
    rolling_beside(strategy, "Recreate", findings);
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    if let Some(rolling) = rolling
        && let Some(surge) = written(rolling, "maxSurge").filter(|it| is_zero(*it))
        && let Some(unavailable) = written(rolling, "maxUnavailable").filter(|it| is_zero(*it))
    {
        let note = "has 0 in both maxSurge and maxUnavailable, so that nothing could be replaced";
        tell(unavailable, note, Some(surge), findings);
    }
    let number = |field: &str| written(spec, field).and_then(Node::as_i64);
    if let Some(ready) = written(spec, "minReadySeconds")
        && let Some(seconds) = ready.as_i64()
        && seconds > 0
    {
        // In a patch the deadline may stand in what is patched.
        let deadline = match number("progressDeadlineSeconds") {
            None if written(spec, "selector").is_some() => Some(600),
            deadline => deadline,
        };
        if let Some(deadline) = deadline.filter(|deadline| *deadline <= seconds) {
            let note = format!(
                "has minReadySeconds {seconds}, which must be below progressDeadlineSeconds, {deadline}"
            );
            tell(ready, note, spec.get("progressDeadlineSeconds"), findings);
        }
    }
}

fn daemon_set(spec: Node<'_>, findings: &mut Findings<'_>) {
    let Some(rolling) = spec.path(&["updateStrategy", "rollingUpdate"]) else {
        return;
    };
    let surge = written(rolling, "maxSurge");
    let unavailable = written(rolling, "maxUnavailable");
    match (surge, unavailable) {
        (Some(surge), Some(unavailable)) if is_zero(surge) && is_zero(unavailable) => {
            let note =
                "has 0 in both maxSurge and maxUnavailable, so that nothing could be replaced";
            tell(unavailable, note, Some(surge), findings);
        }
        (Some(surge), other) if !is_zero(surge) && other.is_none_or(|other| !is_zero(other)) => {
            let note = "has maxSurge beside a maxUnavailable, by default 1, that is not 0";
            tell(surge, note, other, findings);
        }
        _ => {}
    }
}

fn job(spec: Node<'_>, findings: &mut Findings<'_>) {
    if let Some(selector) = written(spec, "selector")
        && !spec.get("manualSelector").is_some_and(Node::is_true)
        // What the server adds is in what is exported from a cluster.
        && !is_exported(selector)
    {
        let note = "has a selector of its own without manualSelector: true";
        tell(selector, note, None, findings);
    }
    if let Some(mode) = spec
        .get("completionMode")
        .filter(|mode| mode.text() == "Indexed")
        && written(spec, "completions").is_none()
        && written(spec, "template").is_some()
    {
        let note = "has completionMode: Indexed without completions";
        tell(mode, note, None, findings);
    }
}

fn is_exported(selector: Node<'_>) -> bool {
    let labels = selector
        .get("matchLabels")
        .map(Node::entries)
        .unwrap_or_default();
    labels
        .iter()
        .any(|(key, _)| key.text().ends_with("controller-uid"))
}

fn autoscaler(spec: Node<'_>, findings: &mut Findings<'_>) {
    let (Some(least), Some(most)) = (spec.get("minReplicas"), spec.get("maxReplicas")) else {
        return;
    };
    if let (Some(low), Some(high)) = (least.as_i64(), most.as_i64())
        && low > high
    {
        let note = format!("has maxReplicas {high} below minReplicas {low}");
        tell(most, note, Some(least), findings);
    }
}

fn network_policy(spec: Node<'_>, findings: &mut Findings<'_>) {
    for (direction, field) in [("ingress", "from"), ("egress", "to")] {
        for peer in spec.list(direction).flat_map(|rule| rule.list(field)) {
            if peer.is_mapping() && peer.written_entries().next().is_none() {
                let note = format!("has a peer in {field} that names nobody");
                tell(peer, note, None, findings);
            }
            if let Some(block) = peer.get("ipBlock") {
                ip_block(block, findings);
            }
        }
    }
    let rules = spec.list("ingress").chain(spec.list("egress"));
    for port in rules.flat_map(|rule| rule.list("ports")) {
        let Some(end) = written(port, "endPort") else {
            continue;
        };
        let first = written(port, "port");
        match (first.and_then(Node::as_i64), end.as_i64()) {
            (Some(number), Some(last)) if last < number => {
                let note = format!("has endPort {last} below port {number}");
                tell(end, note, first, findings);
            }
            (None, _) if !first.is_some_and(|first| is_placeholder(first.text())) => {
                let note = "has endPort without a number in port";
                tell(end, note, first, findings);
            }
            _ => {}
        }
    }
}

/// What is excepted must be less than the whole.
fn ip_block(block: Node<'_>, findings: &mut Findings<'_>) {
    let Some(cidr) = written(block, "cidr") else {
        return;
    };
    for except in block.list("except") {
        if is_part(except.text(), cidr.text()) == Some(false) {
            let (except_words, whole_words) = (except.text(), cidr.text());
            let note = format!("has {except_words} in except, which is no part of {whole_words}");
            tell(except, note, Some(cidr), findings);
        }
    }
}

/// The annotation from before the field.
fn ingress_class(resource: &Resource<'_>, spec: Node<'_>, findings: &mut Findings<'_>) {
    if let Some(class) = written(spec, "ingressClassName")
        && let Some(annotation) = resource.annotation("kubernetes.io/ingress.class")
        && annotation.text() != class.text()
        && !is_placeholder(class.text())
        && !is_placeholder(annotation.text())
    {
        let note = format!(
            "has the ingress class {} in its annotation and {} in ingressClassName",
            annotation.text(),
            class.text()
        );
        tell(annotation, note, Some(class), findings);
    }
}

fn ingress(spec: Node<'_>, findings: &mut Findings<'_>) {
    for rule in spec.list("rules") {
        if let Some(host) = rule.get("host")
            && host.text().parse::<IpAddr>().is_ok()
        {
            let note = format!(
                "has the address {} for a host, which must be a name",
                host.text()
            );
            tell(host, note, None, findings);
        }
        for path in rule
            .path(&["http", "paths"])
            .into_iter()
            .flat_map(Node::items)
        {
            let kind = path.get("pathType");
            if let Some(kind) = kind.filter(|kind| matches!(kind.text(), "Exact" | "Prefix"))
                && filled(path, "path").is_none()
            {
                let note = format!("has pathType {} without a path", kind.text());
                tell(kind, note, None, findings);
            }
        }
    }
}

fn service(spec: Node<'_>, findings: &mut Findings<'_>) {
    let kind = spec.get("type");
    let is = |name: &str| kind.is_some_and(|kind| kind.text() == name);
    let headless = spec
        .get("clusterIP")
        .filter(|address| address.text() == "None");
    if let Some(headless) = headless
        && let Some(kind) = kind
        && matches!(kind.text(), "NodePort" | "LoadBalancer" | "ExternalName")
    {
        let note = format!("has clusterIP: None beside type: {}", kind.text());
        tell(headless, note, Some(kind), findings);
    }
    if let Some(kind) = kind.filter(|_| is("ExternalName"))
        && filled(spec, "externalName").is_none()
        && spec.get("ports").is_some_and(|ports| !ports.is_null())
    {
        let note = "is of type ExternalName without an externalName";
        tell(kind, note, None, findings);
    }
    for port in spec.list("ports") {
        let node_port = port
            .get("nodePort")
            .filter(|it| it.as_i64().is_some_and(|it| it != 0));
        // Without a type, in a patch, it may be any.
        let has_none = is("ClusterIP") || kind.is_none() && spec.get("selector").is_some();
        if let Some(node_port) = node_port.filter(|_| has_none) {
            let note = format!("has nodePort {} beside type: ClusterIP", node_port.text());
            tell(node_port, note, kind, findings);
        }
    }
    if let Some(policy) = filled(spec, "externalTrafficPolicy")
        && is("ClusterIP")
        && filled(spec, "externalIPs").is_none()
    {
        let note = "has externalTrafficPolicy and nothing that is reached from outside";
        tell(policy, note, kind, findings);
    }
    if let Some(ranges) = filled(spec, "loadBalancerSourceRanges")
        && kind.is_some_and(|kind| matches!(kind.text(), "ClusterIP" | "NodePort"))
    {
        let note = "has loadBalancerSourceRanges and is no load balancer";
        tell(ranges, note, kind, findings);
    }
}
