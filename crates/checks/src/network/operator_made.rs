//! Pods that a scan does not hold because an operator makes them.

use foldhash::HashMap;

use crate::{Inventory, Node, Resource, Selector};

/// The custom resources of a scan: operators give the pods that they make the labels of their resource.
#[derive(Debug)]
pub(super) struct CustomResources<'i, 'a> {
    resources: Vec<&'i Resource<'a>>,
    /// Places in `resources`, by each of their labels.
    by_label: HashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'i, 'a> CustomResources<'i, 'a> {
    pub(super) fn new(inventory: &'i Inventory<'a>) -> Self {
        let resources: Vec<_> = inventory
            .resources
            .iter()
            .filter(|it| is_custom(it))
            .collect();
        let mut by_label: HashMap<_, Vec<_>> = HashMap::default();
        for (at, resource) in resources.iter().enumerate() {
            for (key, value) in labels(resource)
                .into_iter()
                .flatten()
                .flat_map(Node::entries)
            {
                let label = (key.text(), value.text());
                by_label.entry(label).or_default().push(at);
            }
        }
        Self {
            resources,
            by_label,
        }
    }

    /// Whether one that stands in the namespace of `from` carries the labels that a selector asks for.
    pub(super) fn may_be_selected(&self, selector: Selector<'_>, from: &Resource<'_>) -> bool {
        self.candidates(selector).any(|resource| {
            Inventory::share_namespace(resource, from) && may_make(resource, selector)
        })
    }

    /// [`Self::may_be_selected`] in any namespace.
    pub(super) fn may_be_selected_anywhere(&self, selector: Selector<'_>) -> bool {
        self.candidates(selector)
            .any(|resource| may_make(resource, selector))
    }

    fn candidates<'s>(&'s self, selector: Selector<'s>) -> impl Iterator<Item = &'s Resource<'a>> {
        let map = match selector {
            Selector::Map(map) => Some(map),
            Selector::Full(full) => full.get("matchLabels"),
        };
        let labels = map.map(Node::entries).unwrap_or_default().into_iter();
        // The label that leads to the fewest.
        let fewest = labels
            .map(|(key, value)| self.by_label.get(&(key.text(), value.text())))
            .map(|places| places.map(Vec::as_slice).unwrap_or_default())
            .min_by_key(|places| places.len());
        let (some, all) = match fewest {
            Some(places) => (places, &[][..]),
            None => (&[][..], self.resources.as_slice()),
        };
        some.iter()
            .filter_map(|&at| self.resources.get(at))
            .chain(all)
            .copied()
    }
}

/// Kinds that make no pods with the labels of their own; no kind: each of the group.
const MAKE_NO_PODS: &[(&str, &[&str])] = &[
    // Their pods have the labels of a template, which the scan holds.
    ("apps.openshift.io", &["DeploymentConfig"]),
    ("argoproj.io", &["Rollout"]),
    (
        "apps.kruise.io",
        &["BroadcastJob", "CloneSet", "DaemonSet", "StatefulSet"],
    ),
    // They configure something.
    (
        "monitoring.coreos.com",
        &[
            "AlertmanagerConfig",
            "PodMonitor",
            "Probe",
            "PrometheusRule",
            "ScrapeConfig",
            "ServiceMonitor",
        ],
    ),
    ("networking.istio.io", &[]),
    ("security.istio.io", &[]),
    ("telemetry.istio.io", &[]),
    ("route.openshift.io", &[]),
    ("traefik.io", &[]),
    ("traefik.containo.us", &[]),
    ("cert-manager.io", &[]),
    ("external-secrets.io", &[]),
    ("bitnami.com", &["SealedSecret"]),
    ("cilium.io", &[]),
    ("projectcalico.org", &[]),
    ("crd.projectcalico.org", &[]),
    ("kyverno.io", &[]),
    (
        "keda.sh",
        &[
            "ClusterTriggerAuthentication",
            "ScaledObject",
            "TriggerAuthentication",
        ],
    ),
];

/// Whether an operator may make pods for a resource, which no template in the scan shows.
fn is_custom(resource: &Resource<'_>) -> bool {
    let group = resource.group();
    // Groups of Kubernetes itself have no dot or end with `k8s.io`.
    let is_foreign = group.contains('.') && !group.ends_with("k8s.io");
    let makes_none = || {
        let mut groups = MAKE_NO_PODS.iter();
        groups
            .any(|(of, kinds)| *of == group && (kinds.is_empty() || kinds.contains(&resource.kind)))
    };
    is_foreign && !makes_none()
}

/// The labels of a resource, and those that it asks for its pods.
fn labels<'a>(resource: &Resource<'a>) -> [Option<Node<'a>>; 2] {
    let own = resource
        .metadata
        .and_then(|metadata| metadata.get("labels"));
    let of_pods = resource
        .spec
        .and_then(|spec| spec.path(&["podMetadata", "labels"]));
    [own, of_pods]
}

fn may_make(resource: &Resource<'_>, selector: Selector<'_>) -> bool {
    let [own, of_pods] = labels(resource);
    selector.matches(own) || (of_pods.is_some() && selector.matches(of_pods))
}
