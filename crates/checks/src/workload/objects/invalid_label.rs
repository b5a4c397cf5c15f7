use super::labels::{is_placeholder, key_flaw, value_flaw};
use crate::{Check, Findings, Node, Resource, Workload, check};

check! {
    /// ## What it finds
    /// Labels, selectors and node selectors whose key or value breaks the syntax of labels, and annotations whose key does.
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
    ///       containers:
    ///         - name: app
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
            match selector.get("matchLabels") {
                Some(labels) => judge(labels, "selector", findings),
                None if resource.group().is_empty() && resource.kind != "PersistentVolumeClaim" => {
                    judge(selector, "selector", findings);
                }
                None => {}
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
        } else if let Some(written) = value.as_str()
            && let Some(flaw) = value_flaw(written)
            && !is_placeholder(written)
        {
            let note = format!(
                "has the {what} {text}: {}, whose value {flaw}",
                shown(written)
            );
            findings.add(InvalidLabel::META).at(value).note(note);
        }
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
