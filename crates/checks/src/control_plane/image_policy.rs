//! The configuration of the admission plugin ImagePolicyWebhook.

use crate::{Node, Resource};

/// The `imagePolicy` objects that an AdmissionConfiguration holds.
pub(super) fn of<'a>(resource: &Resource<'a>) -> Vec<Node<'a>> {
    if !resource.is("apiserver.config.k8s.io", "AdmissionConfiguration")
        && !resource.is("apiserver.k8s.io", "AdmissionConfiguration")
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
