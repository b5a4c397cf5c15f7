use crate::{Check, Findings, Node, Resource, Selector, Workload, check};

check! {
    /// ## What it finds
    /// Deployments, stateful sets, daemon sets, replica sets, jobs and their like whose selector does not select the pods
    /// of their own template, or is empty.
    ///
    /// ## Why it matters
    /// The API server refuses such an object, so what it should have changed stays as it was: an old image, an open
    /// port, a missing security context.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web # <-
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: website
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: agent
    /// spec:
    ///   selector: {} # <-
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: agent
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: v1
    /// kind: ReplicationController
    /// metadata:
    ///   name: old
    /// spec:
    ///   selector:
    ///     app: old # <-
    ///   template:
    ///     metadata:
    ///       labels:
    ///         tier: back
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: import # <-
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: imports
    ///     spec:
    ///       restartPolicy: Never
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///     matchExpressions:
    ///       - key: tier
    ///         operator: Exists
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///         tier: front
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Give the pod template every label that the selector asks for; the selector of an existing object cannot be changed.
    MismatchedSelector {
        id: "mismatched-selector",
        title: "Selector does not match the pod template labels",
        ring: Code,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MismatchedSelector {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let resource = workload.resource();
        let Some((node, selector)) = own_selector(resource) else {
            return;
        };
        let labels = workload.pod.labels();
        if selector.is_empty() {
            // An empty map is filled in from the template's labels.
            if resource.api_version == "apps/v1" && matches!(selector, Selector::Full(_)) {
                findings
                    .add(Self::META)
                    .at(node)
                    .note("has an empty selector, which the API server refuses");
            }
            return;
        }
        if selector.matches(labels) {
            return;
        }
        let wanted = match selector {
            Selector::Map(map) => Some(map),
            Selector::Full(full) => full.get("matchLabels"),
        };
        let unmatched = wanted
            .into_iter()
            .flat_map(Node::entries)
            .find(|(key, value)| label(labels, key.text()).map(Node::text) != Some(value.text()));
        let mut draft = findings.add(Self::META);
        draft = match unmatched {
            Some((key, value)) => {
                let (key, wanted) = (key.text(), value.text());
                let has = label(labels, key).map_or_else(
                    || format!("has no label {key}"),
                    |found| format!("has {key}: {}", found.text()),
                );
                draft.at(value).note(format!(
                    "selects pods with {key}: {wanted}, but its pod template {has}"
                ))
            }
            None => draft
                .at(node)
                .note("has a selector that the labels of its pod template do not satisfy"),
        };
        if let Some(labels) = labels {
            let _added = draft.evidence("labels of the pod template", labels);
        }
    }
}

/// The selector by which an object finds the pods of its template.
fn own_selector<'a>(resource: &Resource<'a>) -> Option<(Node<'a>, Selector<'a>)> {
    let spec = resource.spec?;
    let node = spec.get("selector").filter(|node| node.is_mapping())?;
    let selector = match (resource.group(), resource.kind) {
        ("", "ReplicationController") | ("apps.openshift.io", "DeploymentConfig") => {
            Selector::Map(node)
        }
        // To what someone wrote in a Job the API server adds its own, and holds both against the labels.
        ("batch", "Job") | ("apps" | "extensions" | "argoproj.io" | "apps.kruise.io", _) => {
            Selector::Full(node)
        }
        _ => return None,
    };
    Some((node, selector))
}

fn label<'a>(labels: Option<Node<'a>>, key: &str) -> Option<Node<'a>> {
    labels?.get(key)
}
