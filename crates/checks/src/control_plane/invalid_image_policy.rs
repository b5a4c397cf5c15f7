use ringwall_input::schema;

use super::image_policy;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Configurations of the admission plugin ImagePolicyWebhook with which the API server does not start, or which do not say what they seem to: no `kubeConfigFile`, times out of range or not written as whole numbers, and fields that do not exist.
    /// `allowTTL` and `denyTTL` are seconds from 1 to 1800, `retryBackoff` milliseconds from 1 to 300000; 0 means the default, -1 switches off.
    ///
    /// ## Why it matters
    /// The API server refuses the first two, and drops a field that it does not know without a word, so that its default holds.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/kubeconf
    ///         allowTTL: 3600 # <-
    ///         denyTTL: 30s # <-
    ///         retryBackof: 500 # <-
    ///         defaultAllow: false
    /// ```
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy: # <-
    ///         defaultAllow: false
    /// ```
    /// ```yaml pass
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/kubeconf
    ///         allowTTL: 1800
    ///         denyTTL: 30
    ///         retryBackoff: 500
    ///         defaultAllow: false
    /// ```
    ///
    /// ## Fix
    /// Write `kubeConfigFile`, and times as whole numbers within their range.
    InvalidImagePolicy {
        id: "invalid-image-policy",
        title: "Configuration of ImagePolicyWebhook that the API server refuses or misreads",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

/// The plugin's fields; of those that are times, unit and largest value.
const FIELDS: [(&str, Option<(&str, i64)>); 5] = [
    ("kubeConfigFile", None),
    ("allowTTL", Some(("seconds", 1_800))),
    ("denyTTL", Some(("seconds", 1_800))),
    ("retryBackoff", Some(("milliseconds", 300_000))),
    ("defaultAllow", None),
];

impl Check for InvalidImagePolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for policy in image_policy::of(resource) {
            if policy.str("kubeConfigFile").is_none_or(str::is_empty) {
                findings
                    .add(Self::META)
                    .missing(policy, "kubeConfigFile")
                    .note("names no kubeConfigFile for the webhook");
            }
            for (key, value) in policy.entries() {
                field(key, value, findings);
            }
        }
    }
}

fn field(key: Node<'_>, value: Node<'_>, findings: &mut Findings<'_>) {
    let name = key.text();
    // Go's JSON takes names in any case.
    let known = FIELDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let problem = match known {
        None => {
            let meant = schema::suggest(name, FIELDS.iter().map(|(known, _)| *known))
                .map(|meant| format!("; did you mean {meant}"))
                .unwrap_or_default();
            Some(format!("has an unknown field {name} in imagePolicy{meant}"))
        }
        Some((_, Some((unit, most)))) => time(name, value, unit, *most),
        Some(("defaultAllow", None)) if value.as_bool().is_none() => Some(format!(
            "has {name}: {}, which is neither true nor false",
            value.text()
        )),
        Some(_) => None,
    };
    if let Some(problem) = problem {
        findings
            .add(InvalidImagePolicy::META)
            .at(value)
            .note(problem);
    }
}

fn time(name: &str, value: Node<'_>, unit: &str, most: i64) -> Option<String> {
    match value.as_i64() {
        Some(number) if (-1..=most).contains(&number) => None,
        Some(number) => Some(format!(
            "has {name}: {number}; the API server takes 1 to {most} {unit}"
        )),
        None => Some(format!(
            "has {name}: {}, which is no whole number of {unit}",
            value.text()
        )),
    }
}
