use super::labels::is_workload;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Workloads that do not say who is responsible for them.
    /// Where `required-labels` is configured, each of these must be there, as a label or an annotation.
    /// Else one key whose last word is `owner`, `team`, `contact`, `email`, `maintainer` or `responsible` is enough.
    ///
    /// ## Why it matters
    /// When a workload misbehaves or must be patched at night, somebody has to be found.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web # <-
    ///   labels:
    ///     app: web
    /// ```
    /// ```yaml fail required_labels=owner,example.com/cost-centre
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    ///   labels:
    ///     owner: platform
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     example.com/team: platform
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    /// ```
    /// ```yaml pass required_labels=owner
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     owner: platform
    /// ```
    ///
    /// ## Fix
    /// Add a label such as `owner: platform`, or an annotation with an address.
    MissingOwnerLabel {
        id: "missing-owner-label",
        title: "Required ownership label or annotation missing",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingOwnerLabel {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !is_workload(resource) {
            return;
        }
        let required = &findings.settings().required_labels;
        let note = if required.is_empty() {
            if marks(resource).any(|key| is_owner(key.text())) {
                return;
            }
            "has no label or annotation that names an owner".to_owned()
        } else {
            let missing: Vec<&str> = required
                .iter()
                .map(String::as_str)
                .filter(|wanted| !marks(resource).any(|key| key.text() == *wanted))
                .collect();
            if missing.is_empty() {
                return;
            }
            format!("has no label or annotation {}", missing.join(", "))
        };
        findings
            .add(Self::META)
            .missing(resource.place(), "metadata")
            .note(note);
    }
}

/// The keys of labels and annotations that have a value.
fn marks<'a>(resource: &Resource<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let metadata = resource.metadata;
    ["labels", "annotations"]
        .into_iter()
        .filter_map(move |field| metadata?.get(field))
        .flat_map(Node::written_entries)
        .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
        .map(|(key, _)| key)
}

fn is_owner(key: &str) -> bool {
    let word = key.rsplit(['/', '.', '-', '_']).next().unwrap_or(key);
    [
        "owner",
        "owners",
        "team",
        "contact",
        "email",
        "maintainer",
        "maintainers",
        "responsible",
    ]
    .iter()
    .any(|owner| word.eq_ignore_ascii_case(owner))
}
