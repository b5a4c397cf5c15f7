//! All objects of a scan, for checks across objects.

use std::collections::{HashMap, HashSet};

use ringwall_input::{
    kubernetes::{Binding, Resource, Role, Selector, Workload},
    yaml::Node,
};

use crate::{findings::Subjects, judge::has_windows_line_ends};

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
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Pods by each of their labels, so that a selector does not look at every pod.
    by_label: HashMap<(&'a str, &'a str), Vec<usize>>,
    pub(crate) subjects: Subjects,
    /// Files whose lines end with `\r\n`.
    windows_files: HashSet<&'a str>,
    /// Services by the first label of their selector.
    services: HashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Inventory<'a> {
    /// Indexes the objects and pods of a scan.
    pub fn new(resources: Vec<Resource<'a>>, workloads: Vec<Workload<'a>>) -> Self {
        let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, resource) in resources.iter().enumerate() {
            by_kind.entry(resource.kind).or_default().push(index);
            by_name.entry(resource.name).or_default().push(index);
        }
        let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (index, workload) in workloads.iter().enumerate() {
            let labels = workload.pod.labels().map(Node::entries).unwrap_or_default();
            for (key, value) in labels {
                by_label
                    .entry((key.text(), value.text()))
                    .or_default()
                    .push(index);
            }
        }
        let mut services: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (index, resource) in resources.iter().enumerate() {
            if let Some((key, value)) = service_selector(resource).and_then(first_label) {
                services.entry((key, value)).or_default().push(index);
            }
        }
        let windows_files = resources
            .iter()
            .filter(|resource| has_windows_line_ends(&resource.node.document().source))
            .map(Resource::file);
        Self {
            subjects: Subjects::default(),
            windows_files: windows_files.collect(),
            roles: resources.iter().filter_map(Role::new).collect(),
            bindings: resources.iter().filter_map(Binding::new).collect(),
            resources,
            workloads,
            by_kind,
            by_name,
            by_label,
            services,
        }
    }

    /// Whether the lines of a file end with `\r\n`.
    pub(crate) fn has_windows_line_ends(&self, file: &str) -> bool {
        self.windows_files.contains(file)
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
        self.at(self.by_name.get(name)).filter(move |resource| {
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
        self.at(self.by_name.get(name))
            .filter(move |resource| resource.is(group, kind))
    }

    fn at(&self, indexes: Option<&Vec<usize>>) -> impl Iterator<Item = &Resource<'a>> {
        indexes
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|&index| self.resources.get(index))
    }

    /// Whether two objects stand in one namespace.
    ///
    /// An object without a namespace gets it from kubectl or from an overlay: it meets others without
    /// one, those of `default`, and those in its own folder, which are applied together.
    pub fn share_namespace(one: &Resource<'_>, other: &Resource<'_>) -> bool {
        match (one.namespace, other.namespace) {
            (Some(one), Some(other)) => one == other,
            (None, None) => true,
            (None, Some(namespace)) | (Some(namespace), None) => {
                namespace == "default" || one.folder() == other.folder()
            }
        }
    }

    /// The pods that a selector of `from` selects, in its namespace, in order.
    pub fn selected<'s>(
        &'s self,
        selector: Selector<'s>,
        from: &'s Resource<'s>,
    ) -> impl Iterator<Item = &'s Workload<'a>> {
        let labels: &HashMap<(&str, &str), Vec<usize>> = &self.by_label;
        let wanted = match selector {
            Selector::Map(map) => first_label(map),
            Selector::Full(full) => full.get("matchLabels").and_then(first_label),
        };
        let (some, all) = match wanted {
            Some(label) => (
                labels.get(&label).map(Vec::as_slice).unwrap_or_default(),
                None,
            ),
            None => (&[][..], Some(self.workloads.iter())),
        };
        some.iter()
            .filter_map(|&index| self.workloads.get(index))
            .chain(all.into_iter().flatten())
            .filter(move |workload| {
                Self::share_namespace(workload.resource(), from)
                    && selector.matches(workload.pod.labels())
            })
    }

    /// The services whose selector selects a pod.
    pub fn services_of<'s>(
        &'s self,
        workload: &'s Workload<'s>,
    ) -> impl Iterator<Item = &'s Resource<'a>> {
        let services: &HashMap<(&str, &str), Vec<usize>> = &self.services;
        let labels = workload.pod.labels().map(Node::entries).unwrap_or_default();
        labels
            .into_iter()
            .filter_map(|(key, value)| services.get(&(key.text(), value.text())))
            .flatten()
            .filter_map(|&index| self.resources.get(index))
            .filter(|service| {
                Self::share_namespace(service, workload.resource())
                    && service_selector(service).is_some_and(|selector| {
                        Selector::Map(selector).matches(workload.pod.labels())
                    })
            })
    }
}

fn service_selector<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    resource
        .is("", "Service")
        .then(|| resource.spec?.get("selector"))?
}

fn first_label(map: Node<'_>) -> Option<(&str, &str)> {
    let (key, value) = map.entries().into_iter().next()?;
    Some((key.text(), value.text()))
}
