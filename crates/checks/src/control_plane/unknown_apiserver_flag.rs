use super::{
    apiserver::{ApiServer, Flag},
    flags::{NEWEST, OLDEST, meant, releases},
};
use crate::{Check, Confidence, Container, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Flags that kube-apiserver does not have, in pods that start it and in the `extraArgs` of kubeadm: misspelt, cut short, or removed with an earlier release.
    /// The release is read from the tag of the image or from `kubernetesVersion`; without one, a flag is judged by the newest release, with less confidence where an older one had it.
    /// The flags of Kubernetes 1.19 to 1.37 are known.
    ///
    /// ## Why it matters
    /// An API server with an unknown flag does not start.
    /// Until someone finds out, what the flag should have switched on is off: with `--audit-log` in place of `--audit-log-path`, nothing is logged.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: kube-apiserver
    ///   namespace: kube-system
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       image: registry.k8s.io/kube-apiserver:v1.34.1
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log=/var/log/kubernetes/audit.log # <-
    ///         - --insecure-port=0 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: kubeadm.k8s.io/v1beta4
    /// kind: ClusterConfiguration
    /// kubernetesVersion: v1.34.1
    /// apiServer:
    ///   extraArgs:
    ///     - name: audit-log # <-
    ///       value: /var/log/kubernetes/audit.log
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: kube-apiserver
    ///   namespace: kube-system
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       image: registry.k8s.io/kube-apiserver:v1.34.1
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log-path=/var/log/kubernetes/audit.log
    ///         - --anonymous-auth=false
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: kube-apiserver
    ///   namespace: kube-system
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       image: registry.k8s.io/kube-apiserver:v1.23.5
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log-path=/var/log/kubernetes/audit.log
    ///         - --insecure-port=0
    /// ```
    ///
    /// ## Fix
    /// Write the flag that was meant, or remove it; `kube-apiserver --help` lists those of a release.
    UnknownApiserverFlag {
        id: "unknown-apiserver-flag",
        title: "Flag that the API server does not have",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource, Container],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnknownApiserverFlag {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(server) = ApiServer::of_kubeadm(resource) {
            judge(&server, findings);
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(server) = ApiServer::of(container) {
            judge(&server, findings);
        }
    }
}

fn judge(server: &ApiServer<'_>, findings: &mut Findings<'_>) {
    for flag in &server.flags {
        // What a template or the environment fills in is no flag yet.
        if flag.name.contains(['{', '$', '<']) {
            continue;
        }
        if let Some((message, confidence)) = problem(flag, server.minor) {
            let mut draft = findings
                .add(UnknownApiserverFlag::META)
                .at(flag.node)
                .note(message);
            if let Some(confidence) = confidence {
                draft = draft.confidence(confidence);
            }
            if let Some(meant) = meant(&flag.name, flag.value, server.minor) {
                let _added = draft.remediation(format!(
                    "Write --{meant} in place of --{}, and look whether its value is what that flag takes.",
                    flag.name
                ));
            }
        }
    }
}

/// What is wrong with a flag, and how sure that is if not certain.
fn problem(flag: &Flag<'_>, minor: Option<u32>) -> Option<(String, Option<Confidence>)> {
    let name = &flag.name;
    // A release that came later may have new flags.
    let is_newer = minor.is_some_and(|minor| minor > NEWEST);
    let Some(releases) = releases(name) else {
        let advice = meant(name, flag.value, minor)
            .map(|meant| format!("; did you mean --{meant}"))
            .unwrap_or_default();
        let confidence = is_newer.then_some(Confidence::Low);
        return Some((format!("has an unknown flag --{name}{advice}"), confidence));
    };
    let is_old = minor.is_some_and(|minor| minor < OLDEST);
    if is_old {
        return None;
    }
    let of = minor.unwrap_or(NEWEST).min(NEWEST);
    if of > releases.last {
        let confidence = minor.is_none().then_some(Confidence::Medium);
        let message = format!(
            "has a flag --{name}, which Kubernetes 1.{} removed",
            releases.last + 1
        );
        return Some((message, confidence));
    }
    if of < releases.first {
        return Some((
            format!(
                "has a flag --{name}, which is new in Kubernetes 1.{} and unknown to 1.{of}",
                releases.first
            ),
            None,
        ));
    }
    None
}
