use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// `APIServices` with `insecureSkipTLSVerify: true`.
    ///
    /// ## Why it matters
    /// The API server hands requests of this group to whoever answers under the name of the Service, with the name and groups of the user, and believes the answer: anyone on the way can be that server.
    /// Autoscalers and quotas decide by what it says.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apiregistration.k8s.io/v1
    /// kind: APIService
    /// metadata:
    ///   name: v1beta1.metrics.k8s.io
    /// spec:
    ///   group: metrics.k8s.io
    ///   version: v1beta1
    ///   service:
    ///     name: metrics-server
    ///     namespace: kube-system
    ///   groupPriorityMinimum: 100
    ///   versionPriority: 100
    ///   insecureSkipTLSVerify: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apiregistration.k8s.io/v1
    /// kind: APIService
    /// metadata:
    ///   name: v1beta1.metrics.k8s.io
    ///   annotations:
    ///     cert-manager.io/inject-ca-from: kube-system/metrics-server
    /// spec:
    ///   group: metrics.k8s.io
    ///   version: v1beta1
    ///   service:
    ///     name: metrics-server
    ///     namespace: kube-system
    ///   groupPriorityMinimum: 100
    ///   versionPriority: 100
    /// ```
    ///
    /// ## Fix
    /// Remove the field, and give the CA of the server in `caBundle`, or let cert-manager put it there.
    UnverifiedApiService {
        id: "unverified-api-service",
        title: "APIService whose server is not verified",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnverifiedApiService {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("apiregistration.k8s.io", "APIService") {
            return;
        }
        let Some(spec) = resource.spec else {
            return;
        };
        let skips = spec.get("insecureSkipTLSVerify");
        if let Some(skips) = skips.filter(|node| Node::is_true(*node)) {
            let of = spec.path(&["service", "name"]);
            let of = of.map_or_else(String::new, |name| format!(" of Service {}", name.text()));
            findings.add(Self::META).at(skips).note(format!(
                "does not verify the certificate{of}, which answers for the API group"
            ));
        }
    }
}
