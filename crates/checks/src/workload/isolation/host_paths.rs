//! Volumes that are directories of the node.

use super::{container_runtime_socket, sensitive_host_path};
use crate::{Container, Node, Pod, Severity, Workload};

/// A volume of type `hostPath`.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostPath<'a> {
    /// The name of the volume.
    pub(super) name: &'a str,
    /// `path`, or `hostPath` where there is none: what findings point at.
    pub(super) place: Node<'a>,
    /// The path as written.
    pub(super) path: &'a str,
}

impl<'a> HostPath<'a> {
    /// The host path of a volume, if it is one.
    pub(super) fn new(volume: Node<'a>) -> Option<Self> {
        let source = volume.get("hostPath").filter(|source| !source.is_null())?;
        let path = source.get("path").filter(|path| path.is_scalar());
        Some(Self {
            name: volume.get("name").map_or("", Node::text),
            place: path.unwrap_or(source),
            path: path.map_or("", Node::text),
        })
    }

    /// The host paths of a pod.
    pub(super) fn of(pod: &Pod<'a>) -> impl Iterator<Item = Self> {
        pod.volumes().filter_map(Self::new)
    }

    /// The path without detours: no `.`, `..`, doubled or closing slashes, no way through the root of a
    /// process. Windows paths lose their drive and case and get slashes. `None` where there is no path.
    pub(super) fn normal(&self) -> Option<String> {
        normal(self.path)
    }

    /// Whether a container of the pod can write to it.
    pub(super) fn is_writable(&self, workload: &Workload<'_>) -> bool {
        workload.containers.iter().any(|container| {
            container.node.list("volumeMounts").any(|mount| {
                mount.str("name") == Some(self.name)
                    && !mount.get("readOnly").is_some_and(Node::is_true)
            })
        })
    }
}

/// The mounts of a container that are host paths.
pub(super) fn mounts<'a>(
    container: &Container<'a>,
) -> impl Iterator<Item = (Node<'a>, HostPath<'a>)> {
    let pod = container.pod;
    container
        .node
        .list("volumeMounts")
        .filter_map(move |mount| Some((mount, HostPath::new(pod.volume(mount.str("name")?)?)?)))
}

/// Whether a path of the node is enough to control it, whoever mounts it and however.
pub(crate) fn controls_node(path: &str) -> bool {
    normal(path).is_some_and(|path| {
        let severity = sensitive_host_path::severity(&path, || true);
        severity == Some(Severity::Critical) || container_runtime_socket::socket(&path).is_some()
    })
}

fn normal(path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let has_drive = path
        .strip_prefix(|first: char| first.is_ascii_alphabetic())
        .is_some_and(|rest| rest.starts_with(':'));
    let windows = has_drive || path.starts_with('\\');
    let text = if windows {
        let path = if has_drive {
            path.get(2..).unwrap_or("")
        } else {
            path
        };
        path.replace('\\', "/").to_ascii_lowercase()
    } else {
        path.to_owned()
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
        if is_root_of_process(&parts) {
            parts.clear();
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// Whether a path leads back to the root of the node: `/proc/1/root`, and the folder of a process of the node.
fn is_root_of_process(parts: &[&str]) -> bool {
    let ["proc", process, "root" | "cwd"] = parts else {
        return false;
    };
    matches!(*process, "self" | "thread-self") || process.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a path is a folder or lies below it; both without detours.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    folder == "/"
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{controls_node, is_within, normal};

    fn check(path: &str, expected: &str) {
        assert_eq!(normal(path).as_deref(), Some(expected), "{path}");
    }

    #[test]
    fn some_paths_are_enough_to_control_a_node() {
        for path in [
            "/",
            "/etc/../etc/",
            "/var/lib/kubelet",
            "/var/run/docker.sock",
            "/run/containerd/containerd.sock",
            "/var/run",
            "/proc/1/root",
        ] {
            assert!(controls_node(path), "{path}");
        }
        // Where provisioners keep the volumes of a node, and a device.
        for path in [
            "",
            "/data",
            "/mnt/disks/ssd1",
            "/opt/local-path-provisioner/pvc-1",
            "/var/lib/rancher/k3s/storage/pvc-1",
            "/dev/disk/by-id/ssd1",
        ] {
            assert!(!controls_node(path), "{path}");
        }
    }

    #[test]
    fn detours_are_taken_out() {
        check("/", "/");
        check("//", "/");
        check("/etc/", "/etc");
        check("//etc", "/etc");
        check("/etc/../etc/./ssl//", "/etc/ssl");
        check("/../..", "/");
        check("etc", "/etc");
        check("/proc/1/root", "/");
        check("/proc/self/root/etc/", "/etc");
        check("/proc/1/cwd/proc/1/root/../etc", "/etc");
        check("/proc/1/rootfs", "/proc/1/rootfs");
        check("/proc/sys/root", "/proc/sys/root");
        assert_eq!(normal(""), None);
    }

    #[test]
    fn windows_paths_lose_drive_and_case() {
        check("C:\\", "/");
        check("c:\\Windows\\System32", "/windows/system32");
        check("C:/etc/kubernetes", "/etc/kubernetes");
        check(r"\\.\pipe\docker_engine", "/pipe/docker_engine");
    }

    #[test]
    fn folders_are_compared_by_component() {
        assert!(is_within("/etc/ssl", "/etc"));
        assert!(is_within("/etc", "/etc"));
        assert!(is_within("/etc", "/"));
        assert!(!is_within("/etcd", "/etc"));
        assert!(!is_within("/", "/etc"));
    }
}
