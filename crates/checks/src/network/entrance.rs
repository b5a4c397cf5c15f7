//! How traffic from outside the cluster reaches a Service.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::service::Service;
use crate::{
    Inventory, Node, Resource,
    ingress::{
        backend::{Backend, backends, is_ingress, is_route},
        listeners,
    },
    inventory::order,
};

/// All routes of a scan, by the name of the Service they lead to.
#[derive(Debug, Default)]
pub(super) struct Entrances<'a> {
    routes: HashMap<&'a str, Vec<Backend<'a>>>,
}

/// One way in.
#[derive(Clone, Debug)]
pub(super) struct Entrance<'a> {
    /// `a LoadBalancer Service`, `Ingress shop`.
    pub(super) what: Cow<'static, str>,
    /// The field that opens it.
    pub(super) place: Node<'a>,
    /// The object that opens it.
    pub(super) resource: Resource<'a>,
    /// Whether it may end at the nodes, which need not be reachable from the internet.
    pub(super) is_node_port: bool,
}

impl<'a> Entrances<'a> {
    pub(super) fn new(inventory: &Inventory<'a>) -> Self {
        let mut entrances = Self::default();
        for resource in &inventory.resources {
            if is_internal_route(resource, inventory) {
                continue;
            }
            for backend in backends(resource) {
                entrances
                    .routes
                    .entry(backend.service)
                    .or_default()
                    .push(backend);
            }
        }
        entrances
    }

    /// The ways into a Service, the widest first; routes by kind, namespace and name.
    pub(super) fn of(&self, service: &Service<'a>) -> Vec<Entrance<'a>> {
        let mut found = Vec::new();
        if let Some(place) = service.load_balancer()
            && service.internal().is_none()
        {
            found.push(Entrance {
                what: "a LoadBalancer Service".into(),
                place,
                resource: service.resource,
                is_node_port: false,
            });
        }
        if let Some(place) = service.external_ips() {
            found.push(Entrance {
                what: "externalIPs of a Service".into(),
                place,
                resource: service.resource,
                is_node_port: false,
            });
        }
        let routes = self.routes.get(service.resource.name);
        let mut routes: Vec<&Backend<'_>> = routes
            .into_iter()
            .flatten()
            .filter(|backend| backend.can_mean(&service.resource))
            .collect();
        routes.sort_by_key(|backend| order(&backend.resource));
        found.extend(routes.into_iter().map(|backend| Entrance {
            what: format!("{} {}", backend.resource.kind, backend.resource.name).into(),
            place: backend.place,
            resource: backend.resource,
            is_node_port: false,
        }));
        if let Some(place) = service.spec.get("type")
            && place.text() == "NodePort"
        {
            found.push(Entrance {
                what: "a NodePort Service".into(),
                place,
                resource: service.resource,
                is_node_port: true,
            });
        }
        found
    }
}

/// The ways into each Service of a scan, of those from one folder the first alone: for a workload, others are no nearer.
pub(super) struct NearestEntrances<'a> {
    of: HashMap<(&'a str, u32), Vec<Entrance<'a>>>,
}

impl<'a> NearestEntrances<'a> {
    /// Sought once for each Service, as workloads of one name may be as many as the Services and routes to them.
    pub(super) fn new(inventory: &Inventory<'a>) -> Self {
        let entrances = Entrances::new(inventory);
        let services = inventory.resources.iter().filter_map(Service::new);
        let of = services.map(|service| {
            let mut ways = entrances.of(&service);
            let mut seen = HashSet::new();
            ways.retain(|way| {
                let stands = way.resource;
                seen.insert((
                    way.is_node_port,
                    stands.folder(),
                    stands.namespace.is_none(),
                ))
            });
            (key(&service.resource), ways)
        });
        Self { of: of.collect() }
    }

    /// The ways into a Service, the widest first.
    pub(super) fn of(&self, service: &Resource<'a>) -> &[Entrance<'a>] {
        self.of.get(&key(service)).map_or(&[], Vec::as_slice)
    }
}

/// Objects of a scan are told apart by where they stand.
fn key<'a>(resource: &Resource<'a>) -> (&'a str, u32) {
    (resource.file(), resource.node.span().start)
}

/// Whether an Ingress or a route says that it serves a private network only.
fn is_internal_route(resource: &Resource<'_>, inventory: &Inventory<'_>) -> bool {
    let is_internal_name = |name: &str| {
        ["internal", "private", "rilb"]
            .iter()
            .any(|word| name.contains(word))
    };
    if is_ingress(resource) {
        let class = resource
            .annotation("kubernetes.io/ingress.class")
            .or_else(|| resource.spec?.get("ingressClassName"))
            .map_or("", Node::text);
        // Load balancers of the AWS controller are internal unless they say otherwise.
        let scheme = resource
            .annotation("alb.ingress.kubernetes.io/scheme")
            .map(Node::text);
        return is_internal_name(class)
            || scheme == Some("internal")
            || (class == "alb" && scheme.is_none());
    }
    if is_route(resource) {
        let mut parents = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("parentRefs"))
            .filter(listeners::is_listening_parent)
            .peekable();
        // A route without a gateway, or attached to a Service (a mesh), lets nobody in.
        return parents.peek().is_none()
            || parents.all(|parent| {
                listeners::all_gateways(inventory, parent, &|gateway| {
                    gateway
                        .spec
                        .and_then(|spec| spec.str("gatewayClassName"))
                        .is_some_and(is_internal_name)
                })
            });
    }
    false
}
