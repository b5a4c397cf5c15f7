use ringwall_input::schema::{Violation, ViolationKind, validate_as};

use super::{complete::pod_template_shape, misplaced};
use crate::{Check, Findings, Resource, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Fields that the kind does not have in its API version: misspelt, in other case, or in the wrong place.
    /// Names are compared exactly, as the API server does.
    /// Custom kinds are not judged, as their fields are not known, but the pods in well-known ones are.
    ///
    /// ## Why it matters
    /// Without strict validation the API server drops such a field without an error, and what it should have switched
    /// on is off: a profile, a limit, a rule of an audit policy.
    /// With strict validation, as in newer kubectl, the object is refused.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostPid: false # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         readOnlyRootFileSystem: true # <-
    ///         fsGroup: 1000 # <-
    ///         AppArmorProfile: # <-
    ///           type: RuntimeDefault
    /// ```
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     namespace: # <-
    ///       - dev
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostPID: false
    ///   securityContext:
    ///     fsGroup: 1000
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         readOnlyRootFilesystem: true
    ///         appArmorProfile:
    ///           type: RuntimeDefault
    /// ---
    /// apiVersion: example.com/v1
    /// kind: Web
    /// metadata:
    ///   name: shop
    /// spec:
    ///   anything: goes
    /// ```
    ///
    /// ## Fix
    /// Write the field as the API knows it, at the place where it belongs; then look whether what it switches on is wanted.
    UnknownField {
        id: "unknown-field",
        title: "Unknown or misspelled field silently dropped by the API server",
        ring: Code,
        target: Workload,
        hooks: [Resource, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnknownField {
    fn resource(&self, _resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for violation in findings.violations().iter() {
            tell(violation, "", findings);
        }
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(shape) = pod_template_shape(workload.resource()) {
            for violation in validate_as(workload.pod.spec, shape) {
                tell(&violation, "template.spec", findings);
            }
        }
    }
}

fn tell(violation: &Violation<'_>, below: &str, findings: &mut Findings<'_>) {
    let ViolationKind::UnknownField { name, meant, of } = violation.kind else {
        return;
    };
    let place = match (below, violation.path.as_str()) {
        ("", "") => String::new(),
        ("", path) => format!(" in {path}"),
        (below, "") => format!(" in {below}"),
        (below, path) => format!(" in {below}.{path}"),
    };
    // Only the case differs: that field was meant, whatever else has the name.
    let is_same_word = meant.is_some_and(|meant| meant.eq_ignore_ascii_case(name));
    let belongs = misplaced::belongs(name, of).filter(|_| !is_same_word);
    let advice = match (belongs, meant) {
        (Some(belongs), _) => format!("; it belongs {belongs}"),
        (None, Some(meant)) => format!("; did you mean {meant}"),
        (None, None) => String::new(),
    };
    let mut draft = findings
        .add(UnknownField::META)
        .at(violation.node)
        .note(format!("has an unknown field {name}{place}{advice}"));
    if belongs.is_none()
        && let Some(meant) = meant
    {
        draft = draft.remediation(format!(
            "Write {meant} in place of {name}, and look whether what it switches on is wanted."
        ));
        let _added = draft.fix(Safety::Unsafe, rename(violation, meant));
    }
}

/// The edit that writes the field that was meant, if it is not there yet and the value fits it.
fn rename(violation: &Violation<'_>, meant: &str) -> Option<Vec<ringwall_model::Edit>> {
    let ViolationKind::UnknownField { of, .. } = violation.kind else {
        return None;
    };
    let key = violation.node.key()?;
    let is_free = violation.parent.get_written(meant).is_none();
    let fits = validate_as(violation.node, of.field(meant)?.shape).is_empty();
    // A key outside of its mapping came from elsewhere, where others use it too.
    let is_own = violation.parent.span().contains(key.span());
    if !is_free || !fits || !is_own {
        return None;
    }
    if key.is_quoted() {
        edit::replace(key, &format!("\"{meant}\""))
    } else {
        edit::replace(key, meant)
    }
}
