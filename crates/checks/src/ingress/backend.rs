//! What routes traffic to a Service from outside: Ingresses, routes, gateways of meshes.

use crate::{Inventory, Node, Resource, network::service::Service};

/// A reference from a route to a Service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backend<'a> {
    /// The object that routes.
    pub(crate) resource: Resource<'a>,
    /// The field with the name of the Service.
    pub(crate) place: Node<'a>,
    /// The name of the Service.
    pub(crate) service: &'a str,
    /// Its namespace, where the reference states one.
    pub(crate) namespace: Option<&'a str>,
    /// The port, by number or name.
    pub(crate) port: Option<Node<'a>>,
}

/// Whether an object is an `Ingress`.
pub(crate) fn is_ingress(resource: &Resource<'_>) -> bool {
    resource.kind == "Ingress" && matches!(resource.group(), "networking.k8s.io" | "extensions")
}

/// Every `Ingress` of a scan.
pub(crate) fn ingresses<'i, 'a>(
    inventory: &'i Inventory<'a>,
) -> impl Iterator<Item = &'i Resource<'a>> {
    ["networking.k8s.io", "extensions"]
        .into_iter()
        .flat_map(|group| inventory.of_kind(group, "Ingress"))
}

/// Whether an object is a route of the Gateway API.
pub(crate) fn is_route(resource: &Resource<'_>) -> bool {
    resource.group() == "gateway.networking.k8s.io"
        && matches!(
            resource.kind,
            "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute"
        )
}

/// The Services that an object routes to from outside the cluster.
pub(crate) fn backends<'a>(resource: &Resource<'a>) -> Vec<Backend<'a>> {
    if is_ingress(resource) {
        ingress_backends(resource)
    } else if is_route(resource) {
        route_backends(resource)
    } else if resource.is("networking.istio.io", "VirtualService") {
        virtual_service_backends(resource)
    } else if resource.is("route.openshift.io", "Route") {
        openshift_backends(resource)
    } else {
        Vec::new()
    }
}

/// The backends of an `Ingress`, in `v1` and in the versions before it.
pub(crate) fn ingress_backends<'a>(resource: &Resource<'a>) -> Vec<Backend<'a>> {
    let Some(spec) = resource.spec else {
        return Vec::new();
    };
    let default = spec.get("defaultBackend").or_else(|| spec.get("backend"));
    let by_path = spec
        .list("rules")
        .filter_map(|rule| rule.get("http"))
        .flat_map(|http| http.list("paths"))
        .filter_map(|path| path.get("backend"));
    default
        .into_iter()
        .chain(by_path)
        .filter_map(|backend| {
            let place = backend
                .path(&["service", "name"])
                .or_else(|| backend.get("serviceName"))?;
            let port = backend.path(&["service", "port"]);
            let port = port
                .and_then(|port| port.get("number").or_else(|| port.get("name")))
                .or_else(|| backend.get("servicePort"));
            // The AWS controller reads `use-annotation` as: the rest stands in an annotation.
            let is_action = port.is_some_and(|port| port.text() == "use-annotation");
            (!is_action).then_some(Backend {
                resource: *resource,
                place,
                service: place.text(),
                namespace: None,
                port,
            })
        })
        .collect()
}

/// The Services among the backends of a route of the Gateway API, mirrors included.
pub(crate) fn route_backends<'a>(resource: &Resource<'a>) -> Vec<Backend<'a>> {
    let rules = resource
        .spec
        .into_iter()
        .flat_map(|spec| spec.list("rules"));
    rules
        .flat_map(|rule| {
            let mirrors = rule
                .list("filters")
                .filter_map(|filter| filter.path(&["requestMirror", "backendRef"]));
            rule.list("backendRefs").chain(mirrors)
        })
        .filter_map(|reference| {
            let is_service = reference.str("kind").is_none_or(|kind| kind == "Service")
                && reference.str("group").is_none_or(str::is_empty);
            let place = reference.get("name").filter(|_| is_service)?;
            Some(Backend {
                resource: *resource,
                place,
                service: place.text(),
                namespace: reference.str("namespace"),
                port: reference.get("port"),
            })
        })
        .collect()
}

/// Istio: only what a gateway serves; a `VirtualService` of the mesh alone lets nobody in.
fn virtual_service_backends<'a>(resource: &Resource<'a>) -> Vec<Backend<'a>> {
    let Some(spec) = resource.spec else {
        return Vec::new();
    };
    if !spec
        .list("gateways")
        .any(|gateway| gateway.text() != "mesh")
    {
        return Vec::new();
    }
    ["http", "tls", "tcp"]
        .into_iter()
        .flat_map(|key| spec.list(key))
        .flat_map(|rule| rule.list("route"))
        .filter_map(|route| route.get("destination"))
        .filter_map(|destination| {
            let place = destination.get("host")?;
            let mut parts = place.text().split('.');
            Some(Backend {
                resource: *resource,
                place,
                service: parts.next().unwrap_or(""),
                namespace: parts.next(),
                port: destination.path(&["port", "number"]),
            })
        })
        .collect()
}

fn openshift_backends<'a>(resource: &Resource<'a>) -> Vec<Backend<'a>> {
    let Some(spec) = resource.spec else {
        return Vec::new();
    };
    spec.get("to")
        .into_iter()
        .chain(spec.list("alternateBackends"))
        .filter_map(|reference| {
            let place = reference.get("name")?;
            Some(Backend {
                resource: *resource,
                place,
                service: place.text(),
                namespace: None,
                port: None,
            })
        })
        .collect()
}

impl<'a> Backend<'a> {
    /// The Services of the scan that it can mean.
    pub(crate) fn services<'s>(
        &'s self,
        inventory: &'s Inventory<'a>,
    ) -> impl Iterator<Item = Service<'a>> + 's {
        inventory
            .named_cluster_wide("", "Service", self.service)
            .filter(|service| self.can_mean(service))
            .filter_map(Service::new)
    }

    /// Whether it can mean a Service of its name, by namespace.
    pub(crate) fn can_mean(&self, service: &Resource<'_>) -> bool {
        match self.namespace {
            Some(wanted) => service
                .namespace
                .is_none_or(|namespace| namespace == wanted),
            None => Inventory::share_namespace(service, &self.resource),
        }
    }

    /// Why it leads nowhere, if the scan holds Services and none of them fits.
    pub(crate) fn dangling(&self, inventory: &Inventory<'a>) -> Option<String> {
        let mut services = self.services(inventory).peekable();
        if services.peek().is_none() {
            let is_visible = inventory.has_kind("", "Service");
            return is_visible.then(|| {
                format!(
                    "routes to Service {}, which is not in the scan",
                    self.service
                )
            });
        }
        let port = self.port.filter(|port| !port.text().is_empty())?;
        let has_port = services
            .any(|service| service.service_type() == "ExternalName" || service.has_port(port));
        (!has_port).then(|| {
            format!(
                "routes to port {} of Service {}, which has no such port",
                port.text(),
                self.service
            )
        })
    }
}
