use super::host_paths::HostPath;
use crate::{Check, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Volumes of type `hostPath` at the socket of a container runtime (Docker, containerd, CRI-O, cri-dockerd, Podman), or at a folder of the node in which such a socket stands: `/`, `/run`, `/var/run`, `/run/containerd` and the like.
    ///
    /// ## Why it matters
    /// Whoever speaks to the runtime starts any container, a privileged one included, and so holds the node.
    /// A read-only mount does not change that: a socket is spoken to, not written.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: builder
    /// spec:
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: runtime
    ///       hostPath:
    ///         path: /var/run/docker.sock # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: builder
    /// spec:
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: runtime
    ///       hostPath:
    ///         path: /var/run/builder.sock
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: builder
    /// spec:
    ///   containers:
    ///     - name: app
    ///   volumes:
    ///     - name: k3s
    ///       hostPath:
    ///         path: /run/k3s/containerd/containerd.sock # <-
    ///     - name: folder
    ///       hostPath:
    ///         path: /var/run/ # <-
    ///     - name: windows
    ///       hostPath:
    ///         path: \\.\pipe\docker_engine # <-
    ///     - name: log
    ///       hostPath:
    ///         path: /var/log
    /// ```
    ///
    /// ## Fix
    /// Remove the volume; build images with a tool that needs no runtime, such as rootless `buildkitd`, and read container states from the API server.
    ContainerRuntimeSocket {
        id: "container-runtime-socket",
        title: "Container runtime socket mounted (docker, containerd, cri-o)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.11", "nsa:POD", "mitre:T1611", "mitre:T1610"],
    }
}

/// Sockets and, for Windows, pipes by their file names, wherever a distribution puts them.
const SOCKETS: &[&str] = &[
    "containerd-containerd",
    "containerd.sock",
    "containerd.sock.ttrpc",
    "cri-dockerd",
    "cri-dockerd.sock",
    "crio.sock",
    "docker.sock",
    "docker_engine",
    "dockershim.sock",
    "podman.sock",
];

/// Folders in which the sockets stand; `/var/run` leads to `/run`.
const FOLDERS: &[&str] = &[
    "/",
    "/run",
    "/run/containerd",
    "/run/crio",
    "/run/docker",
    "/run/docker/containerd",
    "/run/k0s",
    "/run/k3s",
    "/run/k3s/containerd",
    "/run/podman",
    "/var/snap/microk8s/common/run",
];

impl Check for ContainerRuntimeSocket {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in HostPath::of(&workload.pod) {
            let Some(path) = volume.normal() else {
                continue;
            };
            let Some(what) = socket(&path) else {
                continue;
            };
            findings
                .add(Self::META)
                .at(volume.place)
                .note(format!("mounts {what} ({})", volume.path));
        }
    }
}

/// What a path without detours shows of a runtime's sockets.
pub(super) fn socket(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or("");
    if SOCKETS.contains(&name) {
        return Some("the socket of the container runtime");
    }
    let without_var = path.strip_prefix("/var").unwrap_or(path);
    let is_folder = FOLDERS.contains(&path) || FOLDERS.contains(&without_var);
    is_folder.then_some("a folder in which container runtimes keep their socket")
}
