use super::requirements::{can_state, differ, is_zero, limit_node, place, request_node};
use crate::{Check, Container, Findings, ForContainer, ForWorkload, Inventory, Node, Pod, check};

check! {
    /// ## What it finds
    /// Containers that keep their pod out of the quality-of-service class Guaranteed: a CPU or memory limit
    /// is missing, or the request differs from the limit.
    ///
    /// Where the pod as a whole states `spec.resources`, only that decides.
    ///
    /// ## Why it matters
    /// When a node runs short, pods of the other classes are evicted and killed first.
    /// Few pods need the highest class; the finding is a list to choose from.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       resources:
    ///         requests:
    ///           cpu: 1
    ///           memory: 64Mi # <-
    ///         limits:
    ///           cpu: 1000m
    ///           memory: 128Mi
    ///     - name: helper
    ///       resources: # <-
    ///         limits:
    ///           cpu: 1
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   resources: # <-
    ///     limits:
    ///       cpu: 1
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       resources:
    ///         requests:
    ///           cpu: 1
    ///         limits:
    ///           cpu: 1000m
    ///           memory: 128Mi
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   resources:
    ///     limits:
    ///       cpu: 1
    ///       memory: 1Gi
    ///   containers:
    ///     - name: app
    ///     - name: helper
    /// ```
    ///
    /// ## Fix
    /// Where the pod must be the last to go, give every container CPU and memory limits and leave the requests out.
    NonGuaranteedQosClass {
        id: "non-guaranteed-qos-class",
        title: "Requests differ from limits (no Guaranteed QoS)",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong, ContainerAmong],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const NAMES: [&str; 2] = ["cpu", "memory"];

impl Check for NonGuaranteedQosClass {
    fn workload_among<'i, 'a>(&self, _inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        Box::new(|workload, findings| {
            if let Some(resources) = pod_level(&workload.pod) {
                pod(resources, findings);
            }
        })
    }

    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        Box::new(move |container, findings| {
            if can_state(container) && pod_level(&container.pod).is_none() {
                judge(container, inventory, findings);
            }
        })
    }
}

fn pod_level<'a>(pod: &Pod<'a>) -> Option<Node<'a>> {
    pod.resources.filter(|resources| {
        ["requests", "limits"]
            .iter()
            .any(|list| resources.get(list).is_some_and(Node::has_fields))
    })
}

fn pod(resources: Node<'_>, findings: &mut Findings<'_>) {
    let lacking = NAMES.into_iter().find(|name| {
        let limit = resources.path(&["limits", name]);
        let request = resources.path(&["requests", name]);
        limit.is_none_or(|limit| {
            is_zero(limit) || request.is_some_and(|request| differ(request, limit))
        })
    });
    if let Some(name) = lacking {
        findings
            .add(NonGuaranteedQosClass::META)
            .missing(resources, "resources")
            .note(format!(
                "is not in the class Guaranteed: its pods have no {name} limit equal to the request"
            ));
    }
}

fn judge<'a>(container: &Container<'a>, inventory: &Inventory<'a>, findings: &mut Findings<'_>) {
    for name in NAMES {
        let draft = match limit_node(container, name, inventory).filter(|limit| !is_zero(*limit)) {
            None => findings
                .add(NonGuaranteedQosClass::META)
                .missing(place(container), "resources")
                .note(format!(
                    "keeps its pod out of the class Guaranteed: no {name} limit"
                )),
            Some(limit) => match request_node(container, name, inventory) {
                Some(request) if differ(request, limit) => findings
                    .add(NonGuaranteedQosClass::META)
                    .at(request)
                    .note(format!(
                        "keeps its pod out of the class Guaranteed: {name} request {}, limit {}",
                        request.text(),
                        limit.text()
                    )),
                _ => continue,
            },
        };
        drop(draft);
        return; // One reason a container is enough.
    }
}
