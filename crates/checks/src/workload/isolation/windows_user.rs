//! Users of Windows containers that may do everything there.

use crate::{Container, Node};

/// `runAsUserName` of a container, its own or its pod's: these options are inherited one by one.
pub(super) fn of<'a>(container: &Container<'a>) -> Option<Node<'a>> {
    let levels = [
        container.own_security("windowsOptions"),
        container.pod.security("windowsOptions"),
    ];
    levels
        .into_iter()
        .flatten()
        .filter_map(|options| options.get("runAsUserName"))
        .find(|name| !name.is_null())
}

/// Whether a user may do everything in a container of Windows, or on its node; names ignore case.
pub(super) fn is_administrator(name: &str) -> bool {
    is_container_administrator(name)
        || [r"NT AUTHORITY\SYSTEM", "SYSTEM", "Administrator"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether it is the one that the kubelet takes for root.
pub(super) fn is_container_administrator(name: &str) -> bool {
    name.eq_ignore_ascii_case("ContainerAdministrator")
}
