use super::service::Service;
use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Services with addresses in `externalIPs`.
    ///
    /// ## Why it matters
    /// The cluster takes every packet to such an address, whoever owns it.
    /// Who may write a Service can so read and answer the traffic of other pods to any address (CVE-2020-8554); Kubernetes has no fix for it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 443
    ///   externalIPs: # <-
    ///     - 203.0.113.7
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 443
    ///   externalIPs: []
    /// ```
    ///
    /// ## Fix
    /// Remove `externalIPs`; use a load balancer or a Gateway, and refuse the field with the admission plugin `DenyServiceExternalIPs`.
    ServiceExternalIps {
        id: "service-external-ips",
        title: "Service sets externalIPs (CVE-2020-8554)",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["cis:1.2.3", "nsa:NET", "mitre:T1557"],
    }
}

impl Check for ServiceExternalIps {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(service) = Service::new(resource)
            && let Some(field) = service.external_ips()
        {
            let first = field.items().next().map_or("", |address| address.text());
            findings
                .add(Self::META)
                .at(field)
                .note(format!("takes the traffic to {first} with externalIPs"))
                .fix(Safety::Unsafe, edit::remove(service.spec, "externalIPs"));
        }
    }
}
