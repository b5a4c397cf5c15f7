//! Which volumes the containers of a pod use.

use crate::{Node, Workload};

/// Whether a container mounts a volume or uses it as a device.
pub(super) fn is_used(workload: &Workload<'_>, volume: &str) -> bool {
    workload.containers.iter().any(|container| {
        ["volumeMounts", "volumeDevices"]
            .iter()
            .flat_map(|key| container.node.list(key))
            .any(|mount| mount.str("name") == Some(volume))
    })
}

/// The used volumes with a source, plain or projected: where their name stands, and the object they hold.
///
/// A projected source calls its object `name`, whatever the plain source calls it.
pub(super) fn mounted<'a>(
    workload: &Workload<'a>,
    source: &'static str,
    key: &'static str,
) -> Vec<(Node<'a>, &'a str)> {
    workload
        .pod
        .volumes()
        .filter_map(|volume| {
            let plain = volume.get(source).and_then(|source| source.str(key));
            let projected = || {
                let projected = volume.get("projected")?;
                let mut sources = projected.list("sources");
                sources.find_map(|entry| entry.get(source)?.str("name"))
            };
            let name = plain.or_else(projected)?;
            let place = volume.get("name").unwrap_or(volume);
            is_used(workload, place.text()).then_some((place, name))
        })
        .collect()
}
