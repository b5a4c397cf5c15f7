use ringwall_policy::pod_security::Level;

use super::verdict;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Workloads that the Restricted level of the Pod Security Standards refuses, judged as the API server's
    /// admission does at the newest version, with every rule that is broken beyond those of Baseline.
    /// What already violates Baseline is told by `pod-security-baseline-violation` alone.
    ///
    /// ## Why it matters
    /// Restricted asks for what a program without special needs can do without: root, capabilities, privilege
    /// escalation, and system calls outside the runtime's seccomp profile.
    /// In a namespace that enforces `restricted` the pods of such a workload are refused.
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
    ///       securityContext: # <-
    ///         runAsNonRoot: true
    ///         allowPrivilegeEscalation: false
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         allowPrivilegeEscalation: true # <-
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         allowPrivilegeEscalation: false
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: logs
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///     seccompProfile:
    ///       type: Unconfined
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         allowPrivilegeEscalation: false
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    ///
    /// ## Fix
    /// Set `runAsNonRoot: true` and `seccompProfile.type: RuntimeDefault` for the pod, and `allowPrivilegeEscalation: false` and `capabilities.drop: [ALL]` for each container; remove what else the message names.
    PodSecurityRestrictedViolation {
        id: "pod-security-restricted-violation",
        title: "Workload violates the Pod Security Standard Restricted (aggregate verdict)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:restricted", "nsa:POD"],
    }
}

impl Check for PodSecurityRestrictedViolation {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        verdict::add(Self::META, workload, Level::Restricted, findings);
    }
}
