//! The user that a container names, whatever its image says.

use super::windows_user;
use crate::{Container, Node};

/// Whether it is root, or whom the kubelet takes for root on Windows: with `runAsNonRoot: true` the container would
/// never start.
pub(super) fn is_root(container: &Container<'_>) -> bool {
    let user = container.security("runAsUser").and_then(Node::as_i64);
    let name = windows_user::of(container);
    user == Some(0)
        || name.is_some_and(|name| windows_user::is_container_administrator(name.text()))
}
