use super::capabilities;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Capabilities in `capabilities.add` other than `NET_BIND_SERVICE`, the only one that the Restricted level of the Pod Security Standards allows, written exactly so.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// Each capability is a piece of root's power, and a program that runs as another user seldom needs one.
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
    ///       securityContext:
    ///         capabilities:
    ///           drop: [ALL]
    ///           add:
    ///             - NET_BIND_SERVICE
    ///             - chown # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           drop: [ALL]
    ///           add:
    ///             - NET_BIND_SERVICE
    /// ```
    ///
    /// ## Fix
    /// Remove the capability from `securityContext.capabilities.add`, and prepare in the image what the program would need it for, such as file owners.
    CapabilityBeyondRestricted {
        id: "capability-beyond-restricted",
        title: "Adds a capability other than NET_BIND_SERVICE",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.9", "nsa:POD"],
    }
}

impl Check for CapabilityBeyondRestricted {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "which the Restricted standard does not allow",
            |item| item.text() != "NET_BIND_SERVICE",
        );
    }
}
