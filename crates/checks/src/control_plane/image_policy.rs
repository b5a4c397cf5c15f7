//! The configuration of the admission plugin ImagePolicyWebhook.

use ringwall_input::kubernetes::IMAGE_POLICY;

use crate::{Node, Resource};

/// The `imagePolicy` objects that an AdmissionConfiguration holds, or that of a file of its own.
pub(super) fn of<'a>(resource: &Resource<'a>) -> Vec<Node<'a>> {
    if resource.is("", IMAGE_POLICY) {
        return resource.node.get("imagePolicy").into_iter().collect();
    }
    if resource.kind != "AdmissionConfiguration"
        || !matches!(
            resource.group(),
            "apiserver.config.k8s.io" | "apiserver.k8s.io"
        )
    {
        return Vec::new();
    }
    resource
        .node
        .list("plugins")
        .filter(|plugin| plugin.str("name") == Some("ImagePolicyWebhook"))
        .filter_map(|plugin| plugin.path(&["configuration", "imagePolicy"]))
        .collect()
}
