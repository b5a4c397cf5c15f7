//! Orders that mean nothing.

use crate::tree::Tree;

/// Lists that are sets to Kubernetes, or whose order no check may mind.
///
/// The order of `env` counts: later variables may use earlier ones.
const SETS: &[&str] = &[
    "add",
    "apiGroups",
    "containers",
    "drop",
    "egress",
    "ephemeralContainers",
    "hosts",
    "imagePullSecrets",
    "ingress",
    "initContainers",
    "nonResourceURLs",
    "policyTypes",
    "ports",
    "resourceNames",
    "resources",
    "rules",
    "secrets",
    "subjects",
    "tls",
    "tolerations",
    "verbs",
    "volumeMounts",
    "volumes",
    "webhooks",
];

type Change = fn(&mut Vec<Tree>);

pub(crate) const CHANGES: [(&str, Change); 3] = [
    ("reversed documents", |documents| documents.reverse()),
    ("reversed keys", |documents| {
        documents.iter_mut().for_each(reverse_keys);
    }),
    ("reversed lists", |documents| {
        documents.iter_mut().for_each(reverse_lists);
    }),
];

fn reverse_keys(tree: &mut Tree) {
    match tree {
        Tree::Map(entries) => {
            entries.reverse();
            for (_, value) in entries {
                reverse_keys(value);
            }
        }
        Tree::List(items) => items.iter_mut().for_each(reverse_keys),
        Tree::Scalar(_) => {}
    }
}

fn reverse_lists(tree: &mut Tree) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries {
                if let Tree::List(items) = value
                    && SETS.contains(&key.as_str())
                {
                    items.reverse();
                }
                reverse_lists(value);
            }
        }
        Tree::List(items) => items.iter_mut().for_each(reverse_lists),
        Tree::Scalar(_) => {}
    }
}
