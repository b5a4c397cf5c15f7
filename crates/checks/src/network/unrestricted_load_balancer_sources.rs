use super::{address::Addresses, service::Service};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Services of type `LoadBalancer` that limit neither with `loadBalancerSourceRanges` nor with an annotation of their cloud who may connect, or whose ranges hold the whole internet.
    /// Load balancers that an annotation keeps internal are left out.
    ///
    /// ## Why it matters
    /// Everyone on the internet may connect, also to an interface that was meant for an office or a partner.
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
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: LoadBalancer
    ///   loadBalancerSourceRanges: # <-
    ///     - 0.0.0.0/1
    ///     - 128.0.0.0/1
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: LoadBalancer
    ///   loadBalancerSourceRanges:
    ///     - 203.0.113.0/24
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     service.beta.kubernetes.io/azure-load-balancer-internal: "true"
    /// spec:
    ///   type: LoadBalancer
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     oci-network-load-balancer.oraclecloud.com/security-list-management-mode: All
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
    /// spec:
    ///   type: LoadBalancer
    ///   loadBalancerClass: eks.amazonaws.com/nlb
    ///   ports:
    ///     - port: 443
    /// ```
    ///
    /// ## Fix
    /// List the address blocks of those who must connect in `loadBalancerSourceRanges`, or keep the load balancer internal.
    UnrestrictedLoadBalancerSources {
        id: "unrestricted-load-balancer-sources",
        title: "LoadBalancer without loadBalancerSourceRanges",
        ring: Cloud,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnrestrictedLoadBalancerSources {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(service) = Service::new(resource) else {
            return;
        };
        let Some(field) = service.load_balancer() else {
            return;
        };
        if service.internal().is_some() {
            return;
        }
        let Some(sources) = service.sources() else {
            findings
                .add(Self::META)
                .at(field)
                .note("lets every address connect: it has no loadBalancerSourceRanges");
            return;
        };
        let mut addresses = Addresses::default();
        for block in sources.text().split(',') {
            addresses.add(block);
        }
        for block in sources.items() {
            addresses.add(block.text());
        }
        if addresses.is_public() {
            findings
                .add(Self::META)
                .at(sources)
                .note("lets every address connect: its source ranges hold the whole internet");
        }
    }
}
