//! Namespaces of a scan, and what stands in them.

use crate::{Confidence, Findings, Inventory, Meta, Resource};

/// Reports the namespaces in which no object of a kind stands.
///
/// Where the scan saw none of the kind at all, they are perhaps kept elsewhere, and the finding is less sure.
pub(super) fn report_without(
    meta: &'static Meta,
    kind: &'static str,
    inventory: &Inventory<'_>,
    findings: &mut Findings<'_>,
) {
    let confidence = if inventory.has_kind("", kind) {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    for namespace in inventory.of_kind("", "Namespace") {
        let is_system = namespace.name.starts_with("kube-");
        let has_one = || {
            inventory
                .of_kind("", kind)
                .any(|object| stands_in(object, namespace))
        };
        if !is_system && !has_one() {
            findings
                .add(meta)
                .about(namespace)
                .missing(namespace.place(), kind)
                .note(format!("has no {kind}"))
                .confidence(confidence);
        }
    }
}

fn stands_in(object: &Resource<'_>, namespace: &Resource<'_>) -> bool {
    match object.namespace {
        Some(name) => name == namespace.name,
        None => object.folder() == namespace.folder(),
    }
}
