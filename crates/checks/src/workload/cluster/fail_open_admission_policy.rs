use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// `ValidatingAdmissionPolicies` and `MutatingAdmissionPolicies` with `failurePolicy: Ignore`, bindings whose `validationActions` do not hold `Deny`, and bindings with `parameterNotFoundAction: Allow`.
    ///
    /// ## Why it matters
    /// A policy that fails open lets everything through as soon as its expression fails; a binding that only warns or audits lets everything through always.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata:
    ///   name: images
    /// spec:
    ///   failurePolicy: Ignore # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata:
    ///   name: images
    /// spec:
    ///   policyName: images
    ///   validationActions: [Warn, Audit] # <-
    ///   paramRef:
    ///     name: images
    ///     parameterNotFoundAction: Allow # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata:
    ///   name: images
    /// spec:
    ///   failurePolicy: Fail
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicyBinding
    /// metadata:
    ///   name: images
    /// spec:
    ///   policyName: images
    ///   validationActions: [Deny, Audit]
    /// ```
    /// ```yaml pass
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingAdmissionPolicy
    /// metadata:
    ///   name: images
    /// spec:
    ///   matchConstraints: {}
    /// ```
    ///
    /// ## Fix
    /// Use `failurePolicy: Fail`, `validationActions: [Deny]` and `parameterNotFoundAction: Deny`.
    FailOpenAdmissionPolicy {
        id: "fail-open-admission-policy",
        title: "ValidatingAdmissionPolicy or its binding fails open or only warns",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for FailOpenAdmissionPolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.group() != "admissionregistration.k8s.io" {
            return;
        }
        let Some(spec) = resource.spec else {
            return;
        };
        let is_binding = resource.kind.ends_with("AdmissionPolicyBinding");
        if resource.kind.ends_with("AdmissionPolicy")
            && let Some(field) = spec.get("failurePolicy")
            && field.text() == "Ignore"
        {
            findings
                .add(Self::META)
                .at(field)
                .note("lets requests through when it fails: failurePolicy is Ignore")
                .fix(Safety::Unsafe, edit::replace(field, "Fail"));
        }
        if is_binding
            && let Some(actions) = spec.get("validationActions")
            && !actions.items().any(|action| action.text() == "Deny")
        {
            // Deny and Warn exclude each other; Audit goes with both.
            let audits = actions.items().any(|action| action.text() == "Audit");
            let instead = if audits { "[Deny, Audit]" } else { "[Deny]" };
            findings
                .add(Self::META)
                .at(actions)
                .note("refuses nothing: validationActions do not hold Deny")
                .fix(
                    Safety::Unsafe,
                    edit::set(spec, &["validationActions"], instead),
                );
        }
        if is_binding
            && let Some(action) = spec.path(&["paramRef", "parameterNotFoundAction"])
            && action.text() == "Allow"
        {
            findings
                .add(Self::META)
                .at(action)
                .note("lets requests through when its parameters are gone")
                .fix(Safety::Unsafe, edit::replace(action, "Deny"));
        }
    }
}
