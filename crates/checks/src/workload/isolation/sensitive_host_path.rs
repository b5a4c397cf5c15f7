use super::host_paths::{HostPath, is_within};
use crate::{Check, Findings, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Volumes of type `hostPath` at places of the node that hold its programs, its kernel or its credentials.
    ///
    /// - Critical: `/`, `/bin`, `/boot`, `/dev`, `/etc`, `/lib`, `/proc`, `/root`, `/sbin`, `/sys`, `/usr`, `/var`, `/var/lib` and the folders of the kubelet and the runtimes themselves, and all that lies in or above `/etc/kubernetes`, `/etc/ssh`, `/root`, `/boot`, `/var/lib/etcd`, the keys of a cluster that minikube, k0s, k3s or RKE2 made, the kubelet's pods and keys, folders such as `.ssh` and `.kube`, and the homes of users above them.
    /// - High: what else lies below those folders; medium for programs that no container can write to.
    /// - Quiet as long as no container can write there: time zones, public certificates, kernel modules, what names the node, its release, its users and its hosts.
    ///
    /// Paths are compared after taking out detours such as `//` and `..`; Windows paths likewise.
    ///
    /// ## Why it matters
    /// Whoever reads the kubelet's keys or the tokens of other pods speaks in their name, and whoever writes to `/etc` or to a static pod folder runs programs on the node.
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
    ///   volumes:
    ///     - name: node
    ///       hostPath:
    ///         path: / # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: node
    ///       hostPath:
    ///         path: /srv/data
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: zone
    ///           mountPath: /etc/localtime
    ///   volumes:
    ///     - name: tricky
    ///       hostPath:
    ///         path: /srv/..//etc/ # <-
    ///     - name: manifests
    ///       hostPath:
    ///         path: /etc/kubernetes/manifests # <-
    ///     - name: zone
    ///       hostPath:
    ///         path: /etc/localtime # <-
    ///     - name: windows
    ///       hostPath:
    ///         path: C:\Windows\System32 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       volumeMounts:
    ///         - name: zone
    ///           mountPath: /etc/localtime
    ///           readOnly: true
    ///   volumes:
    ///     - name: zone
    ///       hostPath:
    ///         path: /etc/localtime
    ///     - name: other
    ///       hostPath:
    ///         path: /etcd-backup
    /// ```
    ///
    /// ## Fix
    /// Remove the volume, or narrow it to the one harmless file that the program reads, mounted read-only.
    SensitiveHostPath {
        id: "sensitive-host-path",
        title: "hostPath of a sensitive directory (root, etc, proc, sys, dev, boot, lib, usr, kubelet, pki)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.11", "nsa:POD", "mitre:T1611", "mitre:T1552"],
    }
}

/// Folders that are critical as a whole, and sensitive in their parts.
const FOLDERS: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    // Windows, without drive and in lower case.
    "/programdata",
    "/windows",
];

/// Places where one file is enough to take the node or to speak for others.
const CREDENTIALS: &[&str] = &[
    "/boot",
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/shadow",
    "/etc/ssh",
    "/root",
    "/var/lib/etcd",
    "/var/lib/k0s/kubelet.conf",
    "/var/lib/k0s/pki",
    "/var/lib/kubelet/bootstrap-kubeconfig",
    "/var/lib/kubelet/config.json",
    "/var/lib/kubelet/kubeconfig",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/pods",
    "/var/lib/minikube/certs",
    "/var/lib/rancher/k3s/agent/client-kubelet.key",
    "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
    "/var/lib/rancher/k3s/server",
    "/var/lib/rancher/rke2/agent/client-kubelet.key",
    "/var/lib/rancher/rke2/agent/kubelet.kubeconfig",
    "/var/lib/rancher/rke2/server",
];

/// Folders below somebody's home that hold keys and tokens.
const KEYRINGS: &[&str] = &[".aws", ".azure", ".docker", ".gnupg", ".kube", ".ssh"];

/// Places below the folders that anyone may read.
const READABLE: &[&str] = &[
    "/dev/null",
    "/etc/ca-certificates",
    "/etc/debian_version",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/lsb-release",
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/redhat-release",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/system-release",
    "/etc/timezone",
    "/lib/modules",
    "/usr/lib/modules",
    "/usr/lib/os-release",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/usr/src",
];

/// Folders of programs: what lies below them is no secret.
const PROGRAMS: &[&str] = &["/bin", "/lib", "/lib32", "/lib64", "/sbin", "/usr"];

impl Check for SensitiveHostPath {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in HostPath::of(&workload.pod) {
            let Some(path) = volume.normal() else {
                continue;
            };
            let Some(severity) = severity(&path, || volume.is_writable(workload)) else {
                continue;
            };
            findings
                .add(Self::META)
                .severity(severity)
                .at(volume.place)
                .note(format!(
                    "mounts the node's sensitive path {} as volume {}",
                    volume.path, volume.name
                ));
        }
    }
}

/// How bad it is that a pod sees a path without detours; nothing where it is harmless.
pub(super) fn severity(path: &str, is_writable: impl FnOnce() -> bool) -> Option<Severity> {
    let is_critical = FOLDERS.contains(&path)
        || CREDENTIALS
            .iter()
            .any(|place| is_within(path, place) || is_within(place, path))
        || holds_keyring(path);
    if is_critical {
        return Some(Severity::Critical);
    }
    let is_in = |places: &[&str]| places.iter().any(|place| is_within(path, place));
    if !is_in(FOLDERS) {
        None
    } else if is_writable() {
        Some(Severity::High)
    } else if is_in(READABLE) {
        None
    } else if is_in(PROGRAMS) {
        Some(Severity::Medium)
    } else {
        Some(Severity::High)
    }
}

/// Whether a path lies in a folder of somebody's keys, or is a home above one.
fn holds_keyring(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let is_home = parts.next() == Some("home") && parts.nth(1).is_none();
    is_home || path.split('/').any(|part| KEYRINGS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::severity;
    use crate::Severity::{Critical, High, Medium};

    #[test]
    fn severity_follows_what_lies_there() {
        for (path, is_writable, expected) in [
            ("/", false, Some(Critical)),
            ("/var", false, Some(Critical)),
            ("/etc/kubernetes/pki/ca.key", false, Some(Critical)),
            ("/var/lib/minikube/certs/ca.key", false, Some(Critical)),
            ("/home/me/.ssh", false, Some(Critical)),
            ("/home/me/.kube/config", false, Some(Critical)),
            ("/home/me/.kubectl", false, None),
            ("/home", false, Some(Critical)),
            ("/home/me", false, Some(Critical)),
            ("/home/me/data", true, None),
            ("/var/lib/kubelet/kubeconfig", false, Some(Critical)),
            ("/var/lib/kubelet/config.json", false, Some(Critical)),
            (
                "/var/lib/rancher/k3s/server/node-token",
                false,
                Some(Critical),
            ),
            ("/var/lib/rancher/k3s/agent", false, Some(Critical)),
            ("/var/lib/rancher/k3s/agent/images", false, Some(High)),
            ("/var/lib/kubelet/pods/1/volumes", false, Some(Critical)),
            ("/var/lib/kubelet/plugins/csi.example.com", true, Some(High)),
            ("/etc/cron.d", false, Some(High)),
            ("/usr/bin", false, Some(Medium)),
            ("/usr/bin", true, Some(High)),
            ("/etc/ssl/certs", false, None),
            ("/etc/ssl/certs", true, Some(High)),
            ("/etc/hosts", false, None),
            ("/etc/hosts", true, Some(High)),
            ("/etc/nsswitch.conf", false, None),
            ("/var/log", true, None),
            ("/bootstrap", true, None),
        ] {
            assert_eq!(severity(path, || is_writable), expected, "{path}");
        }
    }
}
