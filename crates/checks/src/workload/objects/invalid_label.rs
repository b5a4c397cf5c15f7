use super::labels::{is_placeholder, key_flaw, value_flaw};
use crate::{Check, Findings, Node, Resource, Workload, check};

check! {
    /// ## What it finds
    /// Labels, selectors (also those of network policies, of affinity and of topology spread) and node selectors whose key or value breaks the syntax of labels, and annotations whose key does.
    ///
    /// ## Why it matters
    /// The API server refuses the object.
    /// In a pod template of a custom kind the error comes later, when no pod can be made.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: my web site # <-
    ///     team/: platform # <-
    ///   annotations:
    ///     some note: free text may stand in the value only # <-
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///         owner: ops@example.com # <-
    ///     spec:
    ///       nodeSelector:
    ///         disk: -ssd # <-
    ///       affinity:
    ///         podAntiAffinity:
    ///           requiredDuringSchedulingIgnoredDuringExecution:
    ///             - topologyKey: kubernetes.io/hostname
    ///               labelSelector:
    ///                 matchLabels:
    ///                   my app: web # <-
    ///       topologySpreadConstraints:
    ///         - maxSkew: 1
    ///           labelSelector:
    ///             matchExpressions:
    ///               - key: app
    ///                 operator: In
    ///                 values: [web, my web site] # <-
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector:
    ///     matchLabels:
    ///       my app: web # <-
    ///   ingress:
    ///     - from:
    ///         - namespaceSelector:
    ///             matchExpressions:
    ///               - key: team/ # <-
    ///                 operator: Exists
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         labels:
    ///           app: my store # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: my-web-site
    ///     app.kubernetes.io/part-of: ""
    ///   annotations:
    ///     example.com/note: free text may stand in the value only
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; put free text into an annotation.
    InvalidLabel {
        id: "invalid-label",
        title: "Label key or value violates syntax",
        ring: Code,
        target: Workload,
        hooks: [Resource, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidLabel {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(metadata) = resource.metadata {
            judge_metadata(metadata, findings);
        }
        if let Some(selector) = resource.spec.and_then(|spec| spec.get("selector")) {
            let is_plain = resource.group().is_empty()
                && resource.kind != "PersistentVolumeClaim"
                && selector.get("matchLabels").is_none();
            if is_plain {
                judge(selector, "selector", findings);
            } else {
                judge_selector(selector, findings);
            }
        }
        let Some(spec) = resource.spec else {
            return;
        };
        if resource.is("networking.k8s.io", "NetworkPolicy") {
            let rules = spec.list("ingress").chain(spec.list("egress"));
            let peers = rules.flat_map(|rule| rule.list("from").chain(rule.list("to")));
            judge_terms([spec].into_iter().chain(peers), findings);
        }
        if resource.is("apps", "StatefulSet") {
            for template in spec.list("volumeClaimTemplates") {
                if let Some(metadata) = template.get("metadata") {
                    judge_metadata(metadata, findings);
                }
            }
        }
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(metadata) = workload.pod.metadata
            && !workload.pod.is_naked()
        {
            judge_metadata(metadata, findings);
        }
        if let Some(labels) = workload.pod.field(["nodeSelector"]) {
            judge(labels, "nodeSelector", findings);
        }
        judge_terms(
            workload.pod.spec.list("topologySpreadConstraints"),
            findings,
        );
        for kind in ["podAffinity", "podAntiAffinity"] {
            let Some(affinity) = workload.pod.field(["affinity", kind]) else {
                continue;
            };
            let preferred = affinity.list("preferredDuringSchedulingIgnoredDuringExecution");
            let terms = affinity
                .list("requiredDuringSchedulingIgnoredDuringExecution")
                .chain(preferred.filter_map(|term| term.get("podAffinityTerm")));
            judge_terms(terms, findings);
        }
    }
}

/// Judges the selectors that stand in the same words in many parts of objects.
fn judge_terms<'a>(terms: impl Iterator<Item = Node<'a>>, findings: &mut Findings<'_>) {
    for term in terms {
        for key in ["podSelector", "namespaceSelector", "labelSelector"] {
            if let Some(selector) = term.get(key) {
                judge_selector(selector, findings);
            }
        }
    }
}

fn judge_selector(selector: Node<'_>, findings: &mut Findings<'_>) {
    if let Some(labels) = selector.get("matchLabels") {
        judge(labels, "selector", findings);
    }
    for expression in selector.list("matchExpressions") {
        let key = expression.get("key");
        if let Some(key) = key.filter(|key| key.as_str().is_some() && !is_placeholder(key.text()))
            && let Some(flaw) = key_flaw(key.text(), false)
        {
            let note = format!("has the selector {}, whose key {flaw}", shown(key.text()));
            findings.add(InvalidLabel::META).at(key).note(note);
        }
        let name = key.map_or("", Node::text);
        for value in expression.list("values") {
            judge_value(name, value, "selector", findings);
        }
    }
}

fn judge_metadata(metadata: Node<'_>, findings: &mut Findings<'_>) {
    if let Some(labels) = metadata.get("labels") {
        judge(labels, "label", findings);
    }
    let annotations = metadata.get("annotations");
    for (key, value) in annotations.into_iter().flat_map(Node::written_entries) {
        let text = key.text();
        if let Some(flaw) = key_flaw(text, true)
            && is_own(key, text)
        {
            let note = format!("has the annotation {}, whose key {flaw}", shown(text));
            findings.add(InvalidLabel::META).at(value).note(note);
        }
    }
}

fn judge(labels: Node<'_>, what: &str, findings: &mut Findings<'_>) {
    for (key, value) in labels.written_entries() {
        let text = key.text();
        if let Some(flaw) = key_flaw(text, false)
            && is_own(key, text)
        {
            let note = format!("has the {what} {}, whose key {flaw}", shown(text));
            findings.add(InvalidLabel::META).at(value).note(note);
        } else {
            judge_value(text, value, what, findings);
        }
    }
}

fn judge_value(key: &str, value: Node<'_>, what: &str, findings: &mut Findings<'_>) {
    if let Some(written) = value.as_str()
        && let Some(flaw) = value_flaw(written)
        && !is_placeholder(written)
    {
        let note = format!(
            "has the {what} {key}: {}, whose value {flaw}",
            shown(written)
        );
        findings.add(InvalidLabel::META).at(value).note(note);
    }
}

/// Whether a key is one of the mapping itself: no merge, no placeholder.
fn is_own(key: Node<'_>, text: &str) -> bool {
    key.is_scalar() && (text != "<<" || key.is_quoted()) && !is_placeholder(text)
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(70) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or("")),
        None if text.is_empty() => "\"\"".to_owned(),
        None => text.to_owned(),
    }
}
