use ringwall_model::Edit;

use crate::{Check, Container, Findings, Node, Pod, Safety, check, edit};

check! {
    /// ## What it finds
    /// Windows containers with `windowsOptions.hostProcess: true`, their own or their pod's.
    ///
    /// ## Why it matters
    /// A HostProcess container is no container: it runs on the Windows node itself, with the rights of a node account, often `NT AUTHORITY\SYSTEM`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: agent
    /// spec:
    ///   os:
    ///     name: windows
    ///   hostNetwork: true
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         windowsOptions:
    ///           hostProcess: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: agent
    /// spec:
    ///   os:
    ///     name: windows
    ///   hostNetwork: true
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         windowsOptions:
    ///           hostProcess: false
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: agent
    /// spec:
    ///   hostNetwork: true
    ///   securityContext:
    ///     windowsOptions:
    ///       hostProcess: true # <-
    ///       runAsUserName: "NT AUTHORITY\\SYSTEM"
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         windowsOptions:
    ///           gmsaCredentialSpecName: web
    /// ```
    ///
    /// ## Fix
    /// Remove `hostProcess`, and run the program as an ordinary container; node software belongs into the node's image.
    WindowsHostProcess {
        id: "windows-host-process",
        title: "Windows HostProcess container",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.10", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for WindowsHostProcess {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = stated(container)
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("runs on the Windows node itself (hostProcess: true)")
                .fix(Safety::Unsafe, none_of(&container.pod));
        }
    }
}

/// Whether a container runs on the Windows node itself.
pub(super) fn is_one(container: &Container<'_>) -> bool {
    stated(container).is_some_and(Node::is_true)
}

/// The field that counts: the container's, else the pod's.
/// Unlike other options of both levels, these are inherited one by one.
fn stated<'a>(container: &Container<'a>) -> Option<Node<'a>> {
    let levels = [
        container.own_security("windowsOptions"),
        container.pod.security("windowsOptions"),
    ];
    levels.into_iter().flatten().find_map(|options| {
        let field = options.get("hostProcess")?;
        (!field.is_null()).then_some(field)
    })
}

/// The edits that make none of a pod's containers one. The API server wants all of them to be, or none,
/// and what the pod states to be the same.
fn none_of(pod: &Pod<'_>) -> Option<Vec<Edit>> {
    let containers = ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|list| pod.spec.list(list));
    let edits = std::iter::once(pod.spec)
        .chain(containers)
        .filter_map(|owner| owner.path(&["securityContext", "windowsOptions"]))
        .filter(|options| options.get("hostProcess").is_some_and(Node::is_true))
        .map(|options| edit::set(options, &["hostProcess"], "false"));
    let edits: Option<Vec<_>> = edits.collect();
    Some(edits?.concat())
}
