use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// `PeerAuthentications` of Istio whose mode is `PERMISSIVE` or `DISABLE`, for the workload or for one port, and those of the root namespace `istio-system` that leave it `UNSET`, which means permissive there.
    ///
    /// ## Why it matters
    /// In permissive mode a pod without a sidecar, or an attacker in the network, talks to the workload in plain text and without an identity, past every rule that names principals.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   mtls:
    ///     mode: STRICT
    ///   portLevelMtls:
    ///     8080:
    ///       mode: DISABLE # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata:
    ///   name: default # <-
    ///   namespace: istio-system
    /// spec: {}
    /// ```
    /// ```yaml pass
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata:
    ///   name: default
    ///   namespace: istio-system
    /// spec:
    ///   mtls:
    ///     mode: STRICT
    /// ```
    /// ```yaml pass
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata:
    ///   name: inherits
    ///   namespace: shop
    /// spec:
    ///   mtls:
    ///     mode: UNSET
    /// ```
    ///
    /// ## Fix
    /// Set `mtls.mode: STRICT`; give the pods without a sidecar one first, or they lose their connections.
    UnenforcedIstioMtls {
        id: "unenforced-istio-mtls",
        title: "Istio PeerAuthentication permissive or disabled",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnenforcedIstioMtls {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("security.istio.io", "PeerAuthentication") {
            return;
        }
        let spec = resource.spec;
        let ports = spec.and_then(|spec| spec.get("portLevelMtls"));
        let modes = spec
            .and_then(|spec| spec.path(&["mtls", "mode"]))
            .into_iter()
            .chain(
                ports
                    .into_iter()
                    .flat_map(Node::written_entries)
                    .filter_map(|(_, port)| port.get("mode")),
            );
        for mode in modes.filter(|mode| matches!(mode.text(), "PERMISSIVE" | "DISABLE")) {
            findings
                .add(Self::META)
                .at(mode)
                .note(format!("does not ask for mutual TLS: mode {}", mode.text()))
                .fix(Safety::Unsafe, edit::replace(mode, "STRICT"));
        }
        let mode = spec.and_then(|spec| spec.path(&["mtls", "mode"]));
        let is_mesh_wide = resource.namespace == Some("istio-system")
            && spec.and_then(|spec| spec.get("selector")).is_none();
        if is_mesh_wide && mode.is_none_or(|mode| mode.text() == "UNSET" || mode.is_null()) {
            findings
                .add(Self::META)
                .missing(resource.place(), "mtls")
                .note("leaves the mode of the mesh unset, which means PERMISSIVE");
        }
    }
}
