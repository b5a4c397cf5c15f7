use ringwall_policy::pod_security::Level;

use super::verdict;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Workloads that the Baseline level of the Pod Security Standards refuses, judged as the API server's
    /// admission does at the newest version, with every rule that is broken.
    /// It is the whole verdict; the single flaws have checks of their own.
    ///
    /// ## Why it matters
    /// Baseline forbids only what is known to lead from a container to its node.
    /// In a namespace with the label `pod-security.kubernetes.io/enforce: baseline` the pods of such a workload are
    /// refused, and the workload stays without pods.
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
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       hostNetwork: true # <-
    ///       initContainers:
    ///         - name: setup
    ///           securityContext:
    ///             privileged: true
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
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       hostNetwork: false
    ///       initContainers:
    ///         - name: setup
    ///           securityContext:
    ///             privileged: false
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove what the message and the other places name; where the workload truly needs it, run it in a namespace of its own with the privileged level.
    PodSecurityBaselineViolation {
        id: "pod-security-baseline-violation",
        title: "Workload violates the Pod Security Standard Baseline (aggregate verdict)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for PodSecurityBaselineViolation {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        verdict::add(Self::META, workload, Level::Baseline, findings);
    }
}
