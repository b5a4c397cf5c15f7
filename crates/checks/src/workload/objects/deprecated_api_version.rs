use ringwall_input::schema::{Release, api_lifecycle, builtin, validate};
use ringwall_model::Edit;

use super::complete::{given_up, unfilled};
use crate::{Check, Findings, Resource, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// Objects in an API version that Kubernetes 1.37 or an earlier release has removed, or has deprecated.
    /// Removed ones are of medium severity, those that still work of low severity.
    ///
    /// ## Why it matters
    /// A removed version is refused: the policy, budget or role in it protects nothing after the upgrade, or holds the
    /// upgrade up.
    /// A deprecated version will be.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1beta1 # <-
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: extensions/v1beta1 # <-
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: closed
    /// spec:
    ///   podSelector: {}
    /// ---
    /// apiVersion: v1 # <-
    /// kind: Endpoints
    /// metadata:
    ///   name: database
    /// ```
    /// ```yaml pass
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: closed
    /// spec:
    ///   podSelector: {}
    /// ```
    ///
    /// ## Fix
    /// Write the API version that the message names, and adapt the fields that it renamed.
    DeprecatedApiVersion {
        id: "deprecated-api-version",
        title: "Deprecated or removed apiVersion",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:UPG"],
    }
}

/// The release that is judged against.
const CURRENT: Release = Release {
    major: 1,
    minor: 37,
};

impl Check for DeprecatedApiVersion {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let (version, kind) = (resource.api_version, resource.kind);
        let Some(lifecycle) = api_lifecycle(version, kind) else {
            return;
        };
        let Some(node) = resource.node.get("apiVersion") else {
            return;
        };
        let is_past = |release: &Release| *release <= CURRENT;
        let removed = lifecycle.removed.filter(is_past);
        let deprecated = lifecycle.deprecated.filter(is_past);
        let fate = match (deprecated, removed, lifecycle.removed) {
            (Some(deprecated), Some(removed), _) => {
                format!("deprecated since {deprecated} and removed in {removed}")
            }
            (None, Some(removed), _) => format!("removed in {removed}"),
            (Some(deprecated), None, Some(planned)) => {
                format!("deprecated since {deprecated} and will be removed in {planned}")
            }
            (Some(deprecated), None, None) => format!("deprecated since {deprecated}"),
            (None, None, _) => return,
        };
        let advice = match lifecycle.replacement {
            None => "there is no replacement".to_owned(),
            Some(replacement) if builtin().known(replacement, kind).is_some() => {
                format!("use {replacement}")
            }
            // The one kind that was replaced by another.
            Some(replacement) => format!("use EndpointSlice of {replacement}"),
        };
        let severity = if removed.is_some() {
            Severity::Medium
        } else {
            Severity::Low
        };
        findings
            .add(Self::META)
            .at(node)
            .severity(severity)
            .note(format!("uses {version}, {fate}; {advice}"))
            .fix(
                Safety::Unsafe,
                lifecycle.replacement.and_then(|new| upgrade(resource, new)),
            );
    }
}

/// The edit of the version, if the object is as right in the new one as it stands.
fn upgrade(resource: &Resource<'_>, replacement: &str) -> Option<Vec<Edit>> {
    let of = builtin().kind(replacement, resource.kind)?;
    let spec = resource.spec;
    let has = |field| spec.is_some_and(|spec| spec.get(field).is_some());
    // The older versions of `apps` filled in the selector.
    let is_complete = !replacement.starts_with("apps/") || has("selector");
    let fits = is_complete
        && validate(resource.node, of).is_empty()
        && unfilled(resource, replacement).is_empty()
        && given_up(resource, replacement).is_none();
    fits.then(|| edit::replace(resource.node.get("apiVersion")?, replacement))?
}
