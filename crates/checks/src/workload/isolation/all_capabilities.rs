use ringwall_model::Edit;

use super::capabilities;
use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers that add `ALL` capabilities.
    /// The checks of single capabilities stay quiet then.
    ///
    /// ## Why it matters
    /// With all capabilities a process can load kernel modules, mount the node's disks and read other processes' memory: the container is no boundary.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add: [ALL] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///   ephemeralContainers:
    ///     - name: debug
    ///       securityContext:
    ///         capabilities:
    ///           add:
    ///             - KILL
    ///             - all # <-
    /// ```
    ///
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add: [ALL, KILL, NET_ADMIN] # <-
    /// ```
    ///
    /// ## Fix
    /// Remove `ALL` from `securityContext.capabilities.add`, and add the single capabilities the program needs.
    AllCapabilities {
        id: "all-capabilities",
        title: "Adds ALL capabilities",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD", "mitre:T1611"],
    }
}

/// The edits that leave what the Baseline level allows: beside `ALL` the other names said nothing, and
/// those that are dangerous on their own are not to take its place.
fn baseline_alone(container: &Container<'_>, add: Node<'_>, all: Node<'_>) -> Option<Vec<Edit>> {
    let is_kept = |item: &Node<'_>| !capabilities::is_beyond_baseline(*item);
    if add.items().filter(|item| !is_kept(item)).count() == 1 {
        return edit::remove_item(add, all);
    }
    let kept: Vec<_> = add.items().filter(is_kept).map(Node::text).collect();
    let list = format!("[{}]", kept.join(", "));
    edit::set(container.node, PATH, &list)
}

const PATH: &[&str] = &["securityContext", "capabilities", "add"];

impl Check for AllCapabilities {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(add) = capabilities::list(container, "add") else {
            return;
        };
        if let Some(item) = add.items().find(|item| capabilities::is(*item, "ALL")) {
            findings
                .add(Self::META)
                .at(item)
                .note("adds all capabilities")
                .fix(Safety::Unsafe, baseline_alone(container, add, item));
        }
    }
}
