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

/// The objects that used volumes hold, plain or projected: where they are named, and their names.
/// A plain one is at the name of its volume.
///
/// A projected source calls its object `name`, whatever the plain source calls it.
pub(super) fn mounted<'a>(
    workload: &Workload<'a>,
    source: &'static str,
    key: &'static str,
) -> Vec<(Node<'a>, &'a str)> {
    let used = workload.pod.volumes().filter_map(|volume| {
        let place = volume.get("name").unwrap_or(volume);
        is_used(workload, place.text()).then_some((volume, place))
    });
    used.flat_map(|(volume, place)| {
        let plain = volume.get(source).and_then(|source| source.str(key));
        let projected = volume.get("projected").into_iter();
        let projected = projected
            .flat_map(|projected| projected.list("sources"))
            .filter_map(move |entry| {
                let name = entry.get(source)?.get("name")?;
                Some((name, name.as_str()?))
            });
        plain.map(|name| (place, name)).into_iter().chain(projected)
    })
    .collect()
}
