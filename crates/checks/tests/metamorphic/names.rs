//! Names that a user chose, and others in their place.

use std::collections::BTreeMap;

use crate::tree::{Scalar, Tree};

/// Names with a meaning of their own, to Kubernetes or to a check.
const WITH_MEANING: &[&str] = &[
    "admin",
    "aws-auth",
    "cluster-admin",
    "default",
    "edit",
    "kube-dns",
    "kubernetes",
    "kubernetes-dashboard",
    "tiller",
    "tiller-deploy",
    "view",
];

/// Kinds whose names say what they are: `gvisor`, `nginx`, `v1beta1.metrics.k8s.io`.
const KINDS_WITH_MEANING: &[&str] = &[
    "APIService",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "Node",
    "PodSecurityPolicy",
    "PriorityClass",
    "RuntimeClass",
    "SecurityContextConstraints",
    "StorageClass",
];

/// Labels whose values only tell objects apart.
const LABELS: &[&str] = &[
    "app",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/name",
    "component",
    "run",
    "tier",
];

/// Fields that hold no name of an object, container or volume, even where they read like one.
const NO_REFERENCES: &[&str] = &[
    "apiGroups",
    "apiVersion",
    "args",
    "command",
    "data",
    "image",
    "key",
    "kind",
    "mountPath",
    "os",
    "path",
    "protocol",
    "resources",
    "stringData",
    "type",
    "value",
    "verbs",
];

/// Annotations that name a container behind their last slash.
const OF_CONTAINERS: &[&str] = &[
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
];

/// Old names and the new ones.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: BTreeMap<String, String>,
}

impl Names {
    /// Every name that the documents declare and that has no meaning of its own.
    pub(crate) fn declared(documents: &[Tree]) -> Self {
        let mut names = Self::default();
        for document in documents {
            names.declare_object(document);
        }
        for document in documents {
            names.declare_pods(document);
        }
        names
    }

    /// The new name, or the same.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }

    fn add(&mut self, name: Option<&str>) {
        let Some(name) = name else {
            return;
        };
        let has_meaning = WITH_MEANING.contains(&name)
            || name.starts_with("istio-")
            || name.starts_with("kube-")
            || name.starts_with("system")
            || name.contains([':', '.', '*', '$', '{']);
        if !has_meaning && !name.is_empty() {
            let new = format!("juniper-{}", self.names.len());
            self.names.entry(name.to_owned()).or_insert(new);
        }
    }

    fn declare_object(&mut self, object: &Tree) {
        for item in object.get("items").map(Tree::items).unwrap_or_default() {
            self.declare_object(item);
        }
        let kind = object.str("kind").unwrap_or("");
        if let Some(metadata) = object.get("metadata") {
            if !KINDS_WITH_MEANING.contains(&kind) {
                self.add(metadata.str("name"));
            }
            self.add(metadata.str("namespace"));
        }
        self.declare_below(object);
    }

    /// The pods of a StatefulSet are called like it, with a number.
    fn declare_pods(&mut self, object: &Tree) {
        let name = object.get("metadata").and_then(|it| it.str("name"));
        if let Some(name) = name.filter(|_| object.str("kind") == Some("StatefulSet")) {
            let new = self.of(name).to_owned();
            for number in 0..3 {
                let pod = format!("{name}-{number}");
                self.names.insert(pod, format!("{new}-{number}"));
            }
        }
    }

    /// Containers, volumes and labels, wherever they are.
    fn declare_below(&mut self, tree: &Tree) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries {
                    match key.as_str() {
                        "containers" | "initContainers" | "ephemeralContainers" | "volumes" => {
                            for item in value.items() {
                                self.add(item.str("name"));
                            }
                        }
                        "volumeClaimTemplates" => {
                            for claim in value.items() {
                                self.add(claim.get("metadata").and_then(|it| it.str("name")));
                            }
                        }
                        "labels" => {
                            for label in LABELS {
                                self.add(value.str(label));
                            }
                        }
                        _ => {}
                    }
                    self.declare_below(value);
                }
            }
            Tree::List(items) => {
                for item in items {
                    self.declare_below(item);
                }
            }
            Tree::Scalar(_) => {}
        }
    }

    /// Gives every declared name its new name, wherever it is referred to.
    pub(crate) fn rename(&self, tree: &mut Tree) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries {
                    if NO_REFERENCES.contains(&key.as_str()) && key != "resources" {
                        continue;
                    }
                    if key == "resources" && matches!(value, Tree::List(_)) {
                        continue; // Of a rule in a role; elsewhere it may hold claims of a pod.
                    }
                    for prefix in OF_CONTAINERS {
                        if let Some(container) = key.strip_prefix(prefix) {
                            *key = format!("{prefix}{}", self.of(container));
                        }
                    }
                    self.rename(value);
                }
            }
            Tree::List(items) => {
                for item in items {
                    self.rename(item);
                }
            }
            Tree::Scalar(Scalar::String(text)) => *text = self.in_text(text),
            Tree::Scalar(Scalar::Word { .. }) => {}
        }
    }

    /// A whole name, a service account as a user or group, a host name in the cluster, or `namespace/name`.
    fn in_text(&self, text: &str) -> String {
        let parts = |separator: char| {
            let parts: Vec<&str> = text.split(separator).map(|part| self.of(part)).collect();
            parts.join(&separator.to_string())
        };
        if text.starts_with("system:serviceaccount") {
            parts(':')
        } else if text.contains(".svc") && !text.contains('/') {
            parts('.')
        } else if text.matches('/').count() == 1 && !text.contains([' ', '.', ':']) {
            parts('/')
        } else {
            self.of(text).to_owned()
        }
    }
}
