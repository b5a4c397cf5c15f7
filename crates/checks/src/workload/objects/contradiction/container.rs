//! What contradicts itself in a container.

use std::collections::HashMap;

use ringwall_input::quantity::Quantity;

use super::{tell, written};
use crate::{Container, ContainerKind, Findings, Node, workload::objects::labels::is_placeholder};

/// What containers may ask for without a domain before the name.
const RESOURCES: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// Judges a container; what a patch may leave out only where the pod is whole.
pub(super) fn judge(container: &Container<'_>, is_whole: bool, findings: &mut Findings<'_>) {
    let node = container.node;
    if container.kind == ContainerKind::Init {
        for field in [
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
        ] {
            if let Some(value) = written(node, field) {
                let title = container.title();
                let note = format!(
                    "has {field} in {title}, which only init containers with restartPolicy: Always may have"
                );
                tell(value, note, None, findings);
            }
        }
    }
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = node.get(field).filter(|probe| probe.is_mapping()) else {
            continue;
        };
        let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
        if is_whole
            && handlers
                .iter()
                .all(|handler| written(probe, handler).is_none())
        {
            let title = container.title();
            let note = format!("has a {field} in {title} that says not how to probe");
            tell(probe, note, None, findings);
        }
        let threshold = probe.get("successThreshold");
        if let Some(threshold) = threshold.filter(|it| it.as_i64().is_some_and(|it| it > 1))
            && field != "readinessProbe"
        {
            let title = container.title();
            let note = format!(
                "has successThreshold: {} in the {field} of {title}, where it must be 1",
                threshold.text()
            );
            tell(threshold, note, None, findings);
        }
        if field == "readinessProbe"
            && let Some(period) = written(probe, "terminationGracePeriodSeconds")
        {
            let title = container.title();
            let note = format!(
                "has terminationGracePeriodSeconds in the readinessProbe of {title}, which ends no container"
            );
            tell(period, note, None, findings);
        }
    }
    judge_lifecycle(container, is_whole, findings);
    judge_security(container, findings);
    judge_ports(container, findings);
    if let Some(resources) = node.get("resources") {
        judge_resources(resources, is_whole, findings);
    }
}

/// The seconds that the API server gives a pod to end where it does not say.
const GRACE_PERIOD: i64 = 30;

fn judge_lifecycle(container: &Container<'_>, is_whole: bool, findings: &mut Findings<'_>) {
    for hook in ["postStart", "preStop"] {
        let Some(handler) = container
            .field(["lifecycle", hook])
            .filter(|it| it.is_mapping())
        else {
            continue;
        };
        let handlers = ["exec", "httpGet", "tcpSocket", "sleep"];
        if is_whole && handlers.iter().all(|it| written(handler, it).is_none()) {
            let title = container.title();
            let note = format!("has a {hook} hook in {title} that says not what to do");
            tell(handler, note, None, findings);
        }
        // A patch may leave the period to what it changes.
        let written_period = written(container.pod.spec, "terminationGracePeriodSeconds");
        let period = match written_period {
            Some(period) => period.as_i64(),
            None => is_whole.then_some(GRACE_PERIOD),
        };
        let sleep = handler.path(&["sleep", "seconds"]);
        if let (Some(sleep), Some(period)) = (sleep, period)
            && let Some(seconds) = sleep.as_i64()
            && seconds > period.max(0)
        {
            let title = container.title();
            let note = format!(
                "sleeps {seconds} seconds in the {hook} hook of {title}, more than the {period} of terminationGracePeriodSeconds"
            );
            tell(sleep, note, written_period, findings);
        }
    }
}

fn judge_security(container: &Container<'_>, findings: &mut Findings<'_>) {
    let privileged = container.own_security("privileged");
    if let Some(escalation) = container
        .own_security("allowPrivilegeEscalation")
        .filter(|field| field.is_false())
    {
        let added = container
            .field(["securityContext", "capabilities", "add"])
            .into_iter()
            .flat_map(Node::items)
            // The API server knows it by this name only.
            .find(|capability| capability.text() == "CAP_SYS_ADMIN");
        if let Some(right) = privileged.filter(|field| field.is_true()).or(added) {
            let title = container.title();
            let note = format!(
                "has allowPrivilegeEscalation: false in {title} beside a right that includes it"
            );
            tell(escalation, note, Some(right), findings);
        }
    }
    for mount in container.node.list("volumeMounts") {
        if let Some(propagation) = mount.get("mountPropagation")
            && propagation.text() == "Bidirectional"
            && !privileged.is_some_and(Node::is_true)
        {
            let title = container.title();
            let note = format!(
                "has mountPropagation: Bidirectional in {title}, which only privileged containers may have"
            );
            tell(propagation, note, privileged, findings);
        }
    }
    for (field, what) in [
        ("seccompProfile", "seccomp"),
        ("appArmorProfile", "AppArmor"),
    ] {
        let Some(profile) = container.own_security(field) else {
            continue;
        };
        let Some(kind) = profile.get("type") else {
            continue;
        };
        match (kind.text(), written(profile, "localhostProfile")) {
            ("Localhost", None) => {
                let note =
                    format!("has a {what} profile of type Localhost without localhostProfile");
                tell(kind, note, None, findings);
            }
            ("RuntimeDefault" | "Unconfined", Some(name)) => {
                let note = format!(
                    "has localhostProfile in a {what} profile of type {}",
                    kind.text()
                );
                tell(name, note, Some(kind), findings);
            }
            _ => {}
        }
    }
}

fn judge_ports(container: &Container<'_>, findings: &mut Findings<'_>) {
    let on_node = container
        .pod
        .field(["hostNetwork"])
        .filter(|field| field.is_true());
    let mut taken = HashMap::new();
    for port in container.node.list("ports") {
        let host = port
            .get("hostPort")
            .and_then(|host| Some((host, host.as_i64()?)));
        let Some((host, number)) = host.filter(|&(_, number)| number != 0) else {
            continue;
        };
        if let Some(on_node) = on_node
            && let Some(own) = port.get("containerPort")
            && own.as_i64().is_some_and(|own| own != number)
        {
            let note = format!(
                "has hostPort {number} for containerPort {} on the node's network, where both must be the same",
                own.text()
            );
            tell(host, note, Some(on_node), findings);
        }
        let text = |field, default| match port.str(field).unwrap_or("") {
            "" => default,
            text => text,
        };
        let place = (text("protocol", "TCP"), text("hostIP", ""), number);
        if let Some(&first) = taken.get(&place) {
            let note = format!("takes hostPort {number} twice");
            tell(host, note, Some(first), findings);
        } else {
            taken.insert(place, host);
        }
    }
}

fn judge_resources(resources: Node<'_>, is_whole: bool, findings: &mut Findings<'_>) {
    for list in ["limits", "requests"] {
        let entries = resources.get(list).map(Node::entries).unwrap_or_default();
        for (key, amount) in entries {
            let name = key.text();
            if name.contains('/') {
                let is_own = name.contains("kubernetes.io/");
                let is_part = Quantity::of(amount)
                    .is_ok_and(|amount| amount.milli_value() != amount.value() * 1000);
                if is_part && !is_own {
                    let note = format!(
                        "has {} of {name} in {list}, which comes in whole numbers",
                        amount.text()
                    );
                    tell(amount, note, None, findings);
                }
            } else if !RESOURCES.contains(&name)
                && !name.starts_with("hugepages-")
                && !is_placeholder(name)
                && !name.is_empty()
            {
                let note = format!(
                    "has {name} in {list}, which is no resource of containers; those of a device plugin have a domain before the name"
                );
                tell(amount, note, None, findings);
            }
        }
    }
    let limits = resources.get("limits");
    let requests = resources
        .get("requests")
        .map(Node::entries)
        .unwrap_or_default();
    for (key, request) in requests {
        let name = key.text();
        let is_shared = !name.contains('/') || name.contains("kubernetes.io/");
        if is_shared || !is_whole {
            continue;
        }
        let limit = limits.and_then(|limits| written(limits, name));
        let amounts = limit.map(|limit| (Quantity::of(limit), Quantity::of(request)));
        let note = match amounts {
            None => format!("requests {name} without a limit of it, which must be the same"),
            // What is above the limit has a check of its own.
            Some((Ok(limit), Ok(request))) if request < limit => {
                format!("requests less of {name} than its limit, which must be the same")
            }
            Some(_) => continue,
        };
        tell(request, note, limit, findings);
    }
}
