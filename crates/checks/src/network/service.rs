//! Services: how they are reached, and what makes a load balancer internal.

use crate::{Node, Resource};

/// Annotations that keep a load balancer off the internet, and the values that do; none: any value but
/// `false`. Each comes from the documentation of the cloud's controller.
const INTERNAL: &[(&str, &[&str])] = &[
    ("networking.gke.io/load-balancer-type", &["internal"]),
    ("cloud.google.com/load-balancer-type", &["internal"]),
    (
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        &["true"],
    ),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", &[]),
    (
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        &["internal"],
    ),
    (
        "service.beta.kubernetes.io/openstack-internal-load-balancer",
        &["true"],
    ),
    (
        "service.beta.kubernetes.io/oci-load-balancer-internal",
        &["true"],
    ),
    (
        "oci-network-load-balancer.oraclecloud.com/internal",
        &["true"],
    ),
    (
        "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
        &["intranet"],
    ),
    (
        "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type",
        &["private"],
    ),
    (
        "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
        &[],
    ),
    (
        "service.beta.kubernetes.io/do-loadbalancer-network",
        &["internal"],
    ),
    (
        "service.beta.kubernetes.io/scw-loadbalancer-private",
        &["true"],
    ),
    (
        "load-balancer.hetzner.cloud/disable-public-network",
        &["true"],
    ),
];

/// Annotations that limit who may connect, beside `loadBalancerSourceRanges`.
const SOURCES: &[&str] = &[
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
    "service.beta.kubernetes.io/azure-allowed-service-tags",
    "service.beta.kubernetes.io/aws-load-balancer-security-groups",
    "service.beta.kubernetes.io/do-loadbalancer-allow-rules",
];

/// A `Service`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'a> {
    pub(crate) resource: Resource<'a>,
    pub(crate) spec: Node<'a>,
}

impl<'a> Service<'a> {
    pub(crate) fn new(resource: &Resource<'a>) -> Option<Self> {
        Some(Self {
            resource: *resource,
            spec: resource.is("", "Service").then_some(resource.spec)??,
        })
    }

    /// `spec.type`; empty where it is left out, which means `ClusterIP`.
    pub(crate) fn service_type(&self) -> &'a str {
        self.spec.str("type").unwrap_or("")
    }

    /// The field `type`, if the Service is a load balancer.
    pub(crate) fn load_balancer(&self) -> Option<Node<'a>> {
        let field = self.spec.get("type")?;
        (field.text() == "LoadBalancer").then_some(field)
    }

    /// The annotation or field that keeps its load balancer off the internet.
    pub(crate) fn internal(&self) -> Option<Node<'a>> {
        if let Some(class) = self.spec.get("loadBalancerClass")
            && class.text() == "tailscale"
        {
            return Some(class);
        }
        let by_annotation = INTERNAL.iter().find_map(|(key, values)| {
            let value = self.resource.annotation(key)?;
            let text = value.text();
            let is_internal = if values.is_empty() {
                !text.is_empty() && !text.eq_ignore_ascii_case("false")
            } else {
                values.iter().any(|word| text.eq_ignore_ascii_case(word))
            };
            is_internal.then_some(value)
        });
        by_annotation.or_else(|| self.aws_controller())
    }

    /// Load balancers of the AWS Load Balancer Controller, and of EKS Auto Mode, are internal unless they
    /// say otherwise.
    /// See: <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/>
    /// and <https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-nlb.html>
    fn aws_controller(&self) -> Option<Node<'a>> {
        const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
        let controller = self
            .resource
            .annotation("service.beta.kubernetes.io/aws-load-balancer-type")
            .filter(|kind| matches!(kind.text(), "external" | "nlb-ip"))
            .or_else(|| {
                let class = self.spec.get("loadBalancerClass")?;
                let classes = ["service.k8s.aws/nlb", "eks.amazonaws.com/nlb"];
                classes.contains(&class.text()).then_some(class)
            })?;
        self.resource
            .annotation(SCHEME)
            .is_none()
            .then_some(controller)
    }

    /// The field or annotation that limits who may connect.
    pub(crate) fn sources(&self) -> Option<Node<'a>> {
        let field = self
            .spec
            .get("loadBalancerSourceRanges")
            .filter(|field| field.items().next().is_some());
        field.or_else(|| {
            let annotations = self.resource.metadata?.get("annotations")?;
            SOURCES
                .iter()
                .find_map(|key| annotations.get(key))
                .filter(|value| !value.text().is_empty())
        })
    }

    /// `externalIPs`, if any are written.
    pub(crate) fn external_ips(&self) -> Option<Node<'a>> {
        self.spec
            .get("externalIPs")
            .filter(|field| field.items().next().is_some())
    }

    /// Its selector, if it has labels.
    pub(crate) fn selector(&self) -> Option<Node<'a>> {
        self.spec
            .get("selector")
            .filter(|selector| selector.written_entries().next().is_some())
    }

    /// Its ports.
    pub(crate) fn ports(&self) -> impl Iterator<Item = Node<'a>> {
        self.spec.list("ports")
    }

    /// Whether a backend reference finds this port, by number or by name.
    pub(crate) fn has_port(&self, wanted: Node<'_>) -> bool {
        self.ports().any(|port| match wanted.as_i64() {
            Some(number) => port.get("port").and_then(Node::as_i64) == Some(number),
            None => port.str("name") == Some(wanted.text()),
        })
    }
}
