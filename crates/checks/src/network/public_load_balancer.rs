use super::service::Service;
use crate::{Check, Confidence, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Services of type `LoadBalancer` without an annotation or load balancer class that keeps them off the internet.
    /// The annotations of Google, Azure, AWS (in-tree and AWS Load Balancer Controller, whose load balancers are internal by default), `OpenStack`, Oracle, Alibaba, IBM, Tencent, `DigitalOcean`, Scaleway and Hetzner are known.
    /// On other platforms, such as `MetalLB`, the address pool decides; hence the medium confidence.
    ///
    /// ## Why it matters
    /// A cloud gives such a Service a public address unless it is told not to.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: LoadBalancer # <-
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     networking.gke.io/load-balancer-type: Internal
    /// spec:
    ///   type: LoadBalancer
    ///   ports:
    ///     - port: 443
    /// ```
    ///
    /// ## Fix
    /// Add the annotation of your cloud for an internal load balancer, for example `service.beta.kubernetes.io/azure-load-balancer-internal: "true"`.
    PublicLoadBalancer {
        id: "public-load-balancer",
        title: "Cloud load balancer not annotated internal",
        ring: Cloud,
        target: Network,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for PublicLoadBalancer {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(service) = Service::new(resource)
            && let Some(field) = service.load_balancer()
            && service.internal().is_none()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("asks for a load balancer with a public address: nothing keeps it internal")
                .confidence(Confidence::Medium);
        }
    }
}
