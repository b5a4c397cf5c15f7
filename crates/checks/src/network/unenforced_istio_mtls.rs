use crate::{Check, Findings, Node, Resource, Safety, Severity, check, edit};

check! {
    /// ## What it finds
    /// `PeerAuthentications` of Istio whose mode is `PERMISSIVE` or `DISABLE`, for the workload or for one port, and those of the root namespace `istio-system` that leave it `UNSET`, which means permissive there.
    /// `DestinationRules` that tell callers `tls.mode: DISABLE`, for a host inside of the cluster: medium where the host is a wildcard such as `*.local`, low for a single one, which may have no sidecar. The API server, which has none, is passed over.
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
    /// ```yaml fail
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata:
    ///   name: default
    ///   namespace: istio-system
    /// spec:
    ///   host: "*.local"
    ///   trafficPolicy:
    ///     tls:
    ///       mode: DISABLE # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata:
    ///   name: api-server
    /// spec:
    ///   host: kubernetes.default.svc.cluster.local
    ///   trafficPolicy:
    ///     tls:
    ///       mode: DISABLE
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata:
    ///   name: default
    /// spec:
    ///   host: "*.local"
    ///   trafficPolicy:
    ///     tls:
    ///       mode: ISTIO_MUTUAL
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata:
    ///   name: outside
    /// spec:
    ///   host: legacy.example.com
    ///   trafficPolicy:
    ///     tls:
    ///       mode: DISABLE
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
    /// Set `mtls.mode: STRICT`, and in a `DestinationRule` `ISTIO_MUTUAL`; give the pods without a sidecar one first, or they lose their connections.
    UnenforcedIstioMtls {
        id: "unenforced-istio-mtls",
        title: "Istio's mutual TLS permissive or disabled",
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
        if resource.is("networking.istio.io", "DestinationRule") {
            callers(resource, findings);
        }
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

/// What a `DestinationRule` tells those who call its host.
fn callers(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = resource.spec else { return };
    let host = spec.str("host").unwrap_or_default();
    if !is_inside(host) {
        return;
    }
    let subsets = spec
        .list("subsets")
        .filter_map(|it| it.get("trafficPolicy"));
    let policies = spec.get("trafficPolicy").into_iter().chain(subsets);
    let modes = policies.flat_map(|policy| {
        let ports = policy.list("portLevelSettings");
        let settings = std::iter::once(policy).chain(ports);
        settings.filter_map(|it| it.path(&["tls", "mode"]))
    });
    let severity = if host.starts_with('*') {
        Severity::Medium
    } else {
        Severity::Low
    };
    for mode in modes.filter(|mode| mode.text() == "DISABLE") {
        findings
            .add(UnenforcedIstioMtls::META)
            .at(mode)
            .severity(severity)
            .note(format!(
                "makes callers of {host} send plain text: mode DISABLE"
            ))
            .fix(Safety::Unsafe, edit::replace(mode, "ISTIO_MUTUAL"));
    }
}

/// Whether a host is a Service of the cluster, and not the API server, which has no sidecar.
fn is_inside(host: &str) -> bool {
    let mut labels = host.split('.');
    let is_api_server = labels.next() == Some("kubernetes") && labels.next() == Some("default");
    let is_local = host == "*"
        || host.ends_with(".local")
        || host.ends_with(".svc")
        || (!host.is_empty() && !host.contains('.'));
    is_local && !is_api_server
}
