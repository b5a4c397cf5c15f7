use crate::{Check, Container, Findings, Safety, check, edit};

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
        // Unlike other options of both levels, these are inherited one by one.
        let levels = [
            container.own_security("windowsOptions"),
            container.pod.security("windowsOptions"),
        ];
        let stated = levels.into_iter().flatten().find_map(|options| {
            let field = options.get("hostProcess")?;
            (!field.is_null()).then_some((options, field))
        });
        if let Some((options, field)) = stated
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("runs on the Windows node itself (hostProcess: true)")
                .fix(
                    Safety::Unsafe,
                    edit::set(options, &["hostProcess"], "false"),
                );
        }
    }
}
