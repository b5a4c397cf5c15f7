use ringwall_input::quantity::Quantity;

use crate::{Check, Container, Findings, Node, Workload, check};

check! {
    /// ## What it finds
    /// Requests that are larger than the limit of the same resource, in a container or for the pod as a whole.
    ///
    /// ## Why it matters
    /// The API server refuses such a pod.
    /// A Deployment is accepted all the same, and then never gets its pods.
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
    ///           memory: 1Gi # <-
    ///           cpu: 200m
    ///         limits:
    ///           memory: 1000Mi
    ///           cpu: 1
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
    ///           memory: 1Gi
    ///           cpu: 1
    ///         limits:
    ///           memory: 1024Mi
    /// ```
    ///
    /// ## Fix
    /// Lower the request or raise the limit.
    RequestAboveLimit {
        id: "request-above-limit",
        title: "Resource request larger than its limit",
        ring: Code,
        target: Workload,
        hooks: [Workload, Container],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for RequestAboveLimit {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(resources) = workload.pod.field(["resources"]) {
            judge(resources, findings);
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(resources) = container.field(["resources"]) {
            judge(resources, findings);
        }
    }
}

fn judge(resources: Node<'_>, findings: &mut Findings<'_>) {
    let (Some(requests), Some(limits)) = (resources.get("requests"), resources.get("limits"))
    else {
        return;
    };
    for (name, request) in requests.written_entries() {
        let Some(limit) = limits.get(name.text()) else {
            continue;
        };
        if let (Ok(wanted), Ok(most)) = (Quantity::of(request), Quantity::of(limit))
            && wanted > most
        {
            findings
                .add(RequestAboveLimit::META)
                .at(request)
                .note(format!(
                    "requests {} of {}, above its limit {}",
                    request.text(),
                    name.text(),
                    limit.text()
                ))
                .evidence("limit", limit);
        }
    }
}
