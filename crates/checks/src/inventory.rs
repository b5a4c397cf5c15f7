//! All objects of a scan, for checks across objects.

use std::sync::OnceLock;

use foldhash::{HashMap, HashSet};
use ringwall_input::kubernetes::{Binding, Resource, Role, Selector, Workload};

use crate::{
    home::{Home, Homes},
    judge::has_windows_line_ends,
    network::coverage::Coverage,
    pod_labels::{self, Conditions, Lookup, Quantity, SelectorIndex},
};

/// All objects of a scan, with the look-ups that checks across objects need.
#[derive(Debug, Default)]
pub struct Inventory<'a> {
    /// Every object, in the order of the sources.
    pub resources: Vec<Resource<'a>>,
    /// Every pod, in the order of the sources.
    pub workloads: Vec<Workload<'a>>,
    /// Every role and cluster role.
    pub roles: Vec<Role<'a>>,
    /// Every role binding and cluster role binding.
    pub bindings: Vec<Binding<'a>>,
    by_kind: HashMap<&'a str, Vec<usize>>,
    // The indexes below are made by the first check that asks, so that several are made at a time.
    by_name: OnceLock<HashMap<&'a str, Vec<usize>>>,
    /// Pods by each of their labels, so that a selector does not look at every pod.
    by_label: OnceLock<ByLabel<'a>>,
    /// Services by their selectors.
    services: OnceLock<SelectorIndex<'a>>,
    /// Which pods policies govern.
    coverage: OnceLock<Coverage>,
    /// Files whose lines end with `\r\n`.
    windows_files: OnceLock<HashSet<&'a str>>,
}

/// What objects are ordered by where one of several is named, so that it is the same however files are
/// written: kind, namespace and name.
pub(crate) fn order<'a>(resource: &Resource<'a>) -> (&'a str, Option<&'a str>, &'a str, &'a str) {
    let file = resource.file();
    (resource.kind, resource.namespace, resource.name, file)
}

/// Places in a list by a label.
type ByLabel<'a> = HashMap<Lookup<'a>, Vec<usize>>;

impl<'a> Inventory<'a> {
    /// Indexes the objects and pods of a scan.
    pub fn new(resources: Vec<Resource<'a>>, workloads: Vec<Workload<'a>>) -> Self {
        let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::default();
        for (index, resource) in resources.iter().enumerate() {
            by_kind.entry(resource.kind).or_default().push(index);
        }
        Self {
            roles: resources.iter().filter_map(Role::new).collect(),
            bindings: resources.iter().filter_map(Binding::new).collect(),
            resources,
            workloads,
            by_kind,
            by_name: OnceLock::new(),
            by_label: OnceLock::new(),
            services: OnceLock::new(),
            coverage: OnceLock::new(),
            windows_files: OnceLock::new(),
        }
    }

    fn by_name(&self) -> &HashMap<&'a str, Vec<usize>> {
        self.by_name.get_or_init(|| {
            let mut by_name: HashMap<&str, Vec<usize>> = HashMap::default();
            for (index, resource) in self.resources.iter().enumerate() {
                by_name.entry(resource.name).or_default().push(index);
            }
            by_name
        })
    }

    fn by_label(&self) -> &ByLabel<'a> {
        self.by_label.get_or_init(|| {
            let mut by_label = ByLabel::default();
            for (index, workload) in self.workloads.iter().enumerate() {
                for label in pod_labels::lookups(workload) {
                    by_label.entry(label).or_default().push(index);
                }
            }
            by_label
        })
    }

    fn services(&self) -> &SelectorIndex<'a> {
        self.services.get_or_init(|| {
            let places = self.resources.iter().enumerate();
            let selectors: Vec<_> = places
                .filter_map(|(index, resource)| Some((index, service_selector(resource)?)))
                // One without labels selects nothing.
                .filter(|(_, selector)| !selector.is_empty())
                .collect();
            SelectorIndex::new(&selectors)
        })
    }

    /// Which pods the network policies of the scan govern.
    pub(crate) fn coverage(&self) -> &Coverage {
        self.coverage.get_or_init(|| Coverage::new(self))
    }

    /// Whether the lines of a file end with `\r\n`.
    pub(crate) fn has_windows_line_ends(&self, file: &str) -> bool {
        let files = self.windows_files.get_or_init(|| {
            let has = |it: &&Resource<'_>| has_windows_line_ends(&it.node.document().source);
            let resources = self.resources.iter().filter(has);
            resources.map(Resource::file).collect()
        });
        files.contains(file)
    }

    /// The objects of a kind in a group, whatever the version, in order.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = &Resource<'a>> {
        self.at(self.by_kind.get(kind))
            .filter(move |resource| resource.group() == group)
    }

    /// Whether the scan saw an object of a kind at all. Where it did not, what refers to one is not
    /// dangling: the objects of that kind are kept elsewhere.
    pub fn has_kind(&self, group: &str, kind: &str) -> bool {
        self.of_kind(group, kind).next().is_some()
    }

    /// The objects of a kind and name that `from` can mean, by namespace (see [`Self::share_namespace`]).
    pub fn named(
        &self,
        group: &str,
        kind: &str,
        name: &str,
        from: &Resource<'_>,
    ) -> impl Iterator<Item = &Resource<'a>> {
        self.at(self.by_name().get(name)).filter(move |resource| {
            resource.is(group, kind) && Self::share_namespace(resource, from)
        })
    }

    /// The cluster-scoped objects of a kind and name.
    pub fn named_cluster_wide(
        &self,
        group: &str,
        kind: &str,
        name: &str,
    ) -> impl Iterator<Item = &Resource<'a>> {
        self.at(self.by_name().get(name))
            .filter(move |resource| resource.is(group, kind))
    }

    fn at(&self, indexes: Option<&Vec<usize>>) -> impl Iterator<Item = &Resource<'a>> {
        indexes
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|&index| self.resources.get(index))
    }

    /// Whether two objects can stand in one namespace.
    ///
    /// An object without a namespace gets it from kubectl or from an overlay: it meets others without
    /// one, those of `default`, and those in its own folder, which are applied together.
    pub fn share_namespace(one: &Resource<'_>, other: &Resource<'_>) -> bool {
        Home::of(one).meets(&Home::of(other))
    }

    /// Whether two objects that can stand in one namespace only may: they are in two folders, and one does
    /// not say where it is.
    pub(crate) fn only_may_share_namespace(one: &Resource<'_>, other: &Resource<'_>) -> bool {
        one.folder() != other.folder() && (one.namespace.is_none() || other.namespace.is_none())
    }

    /// Where the objects of a kind in a group stand.
    pub(crate) fn homes(&self, group: &str, kind: &str) -> Homes<'a> {
        self.of_kind(group, kind).map(Home::of).collect()
    }

    /// The workloads that a selector of `from` selects pods of, in its namespace, in order.
    pub fn selected<'s>(
        &'s self,
        selector: Selector<'s>,
        from: &'s Resource<'s>,
    ) -> impl Iterator<Item = &'s Workload<'a>> {
        let conditions = Conditions::new(selector);
        self.candidates(selector).filter(move |workload| {
            Self::share_namespace(workload.resource(), from)
                && conditions.select(workload, Quantity::Some)
        })
    }

    /// The workloads that a selector selects pods of, in any namespace, in order.
    pub(crate) fn selected_anywhere<'s>(
        &'s self,
        selector: Selector<'s>,
    ) -> impl Iterator<Item = &'s Workload<'a>> {
        let conditions = Conditions::new(selector);
        self.candidates(selector)
            .filter(move |workload| conditions.select(workload, Quantity::Some))
    }

    fn candidates<'s>(&'s self, selector: Selector<'s>) -> impl Iterator<Item = &'s Workload<'a>> {
        let labels: &ByLabel<'_> = self.by_label();
        // The label that leads to the fewest pods.
        let fewest = pod_labels::lookups_of(selector)
            .map(|label| labels.get(&label).map(Vec::as_slice).unwrap_or_default())
            .min_by_key(|pods| pods.len());
        let (some, all) = match fewest {
            Some(pods) => (pods, None),
            None => (&[][..], Some(self.workloads.iter())),
        };
        some.iter()
            .filter_map(|&index| self.workloads.get(index))
            .chain(all.into_iter().flatten())
    }

    /// The services whose selector selects a pod.
    pub fn services_of<'s>(
        &'s self,
        workload: &'s Workload<'s>,
    ) -> impl Iterator<Item = &'s Resource<'a>> {
        let services = self.services().of(workload).into_iter();
        services
            .filter_map(|index| self.resources.get(index))
            .filter(|service| {
                Self::share_namespace(service, workload.resource())
                    && service_selector(service)
                        .is_some_and(|it| pod_labels::selects(it, workload, Quantity::Some))
            })
    }
}

fn service_selector<'a>(resource: &Resource<'a>) -> Option<Selector<'a>> {
    let selector = resource
        .is("", "Service")
        .then(|| resource.spec?.get("selector"))??;
    Some(Selector::Map(selector))
}
