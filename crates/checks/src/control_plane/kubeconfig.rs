//! kubeconfig files: the cluster and the user that count, and which files are for webhooks.

use super::{apiserver::ApiServer, image_policy};
use crate::{Inventory, Node, Resource};

/// What a kubeconfig is used with: its current context, or everything where it has none.
pub(super) struct Kubeconfig<'a> {
    pub(super) clusters: Vec<Node<'a>>,
    pub(super) users: Vec<Node<'a>>,
}

impl<'a> Kubeconfig<'a> {
    /// The clusters and users of a kubeconfig.
    pub(super) fn of(resource: &Resource<'a>) -> Option<Self> {
        if !resource.is("", "Config") {
            return None;
        }
        let named = |list: &str, name: Option<&str>, inside: &str| -> Vec<Node<'a>> {
            resource
                .node
                .list(list)
                .filter(|entry| name.is_none_or(|name| entry.str("name") == Some(name)))
                .filter_map(|entry| entry.get(inside))
                .collect()
        };
        let current = resource
            .node
            .str("current-context")
            .filter(|name| !name.is_empty());
        let context = current.and_then(|name| named("contexts", Some(name), "context").pop());
        let of = |key: &str| context.and_then(|context| context.str(key));
        Some(Self {
            clusters: named("clusters", of("cluster"), "cluster"),
            users: named("users", of("user"), "user"),
        })
    }
}

/// Flags of the API server that name the kubeconfig of a webhook.
const FLAGS: [&str; 3] = [
    "audit-webhook-config-file",
    "authentication-token-webhook-config-file",
    "authorization-webhook-config-file",
];

/// The kubeconfigs of the scan that the API server calls a webhook with, each with the place that says so.
///
/// A path on the API server's host is no path in the scan: files are matched by their last part, with or
/// without an ending.
pub(super) fn of_webhooks<'a, 'i>(
    inventory: &'i Inventory<'a>,
) -> Vec<(&'i Resource<'a>, Kubeconfig<'a>, Node<'a>)> {
    if !inventory.has_kind("", "Config") {
        return Vec::new();
    }
    let mut paths: Vec<Node<'a>> = Vec::new();
    for resource in &inventory.resources {
        let named = image_policy::of(resource).into_iter();
        paths.extend(named.filter_map(|policy| policy.get("kubeConfigFile")));
    }
    let mut flags: Vec<(&str, Node<'a>)> = paths.iter().map(|node| (node.text(), *node)).collect();
    for container in inventory
        .workloads
        .iter()
        .flat_map(|workload| &workload.containers)
    {
        let Some(server) = ApiServer::of(container) else {
            continue;
        };
        for name in FLAGS {
            if let Some(flag) = server.flag(name)
                && let Some(path) = flag.value
            {
                flags.push((path, flag.node));
            }
        }
    }
    inventory
        .of_kind("", "Config")
        .filter_map(|resource| {
            let (_, by) = flags
                .iter()
                .find(|(path, _)| is_file(path, resource.file()))?;
            Some((resource, Kubeconfig::of(resource)?, *by))
        })
        .collect()
}

/// Whether two paths end in the same name, endings aside.
fn is_file(path: &str, file: &str) -> bool {
    let name = |path: &str| {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
        match name.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
            _ => name,
        }
    };
    !path.is_empty() && name(path) == name(file)
}

#[cfg(test)]
mod tests {
    use super::is_file;

    #[test]
    fn files_are_matched_by_their_names() {
        assert!(is_file(
            "/etc/kubernetes/admission/kubeconf",
            "a/kubeconf.yaml"
        ));
        assert!(is_file("/etc/kubernetes/webhook.yaml", "webhook.conf"));
        assert!(!is_file("/etc/kubernetes/kubeconf", "config.yaml"));
        assert!(!is_file("", ""));
    }
}
