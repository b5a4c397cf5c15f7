use super::{annotated_profile::with_apparmor, named_user, selinux, windows_user};
use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Fields of a container's `securityContext` that undo what the pod's states.
    ///
    /// - `runAsNonRoot: false` under `true`.
    /// - `runAsUser` or `runAsGroup` 0 under another.
    /// - A seccomp or AppArmor profile `Unconfined` under one that confines.
    /// - The SELinux type `spc_t` or `unconfined_t` under another.
    /// - `hostProcess: true` under `false`.
    /// - On Windows, an administrator as `runAsUserName` under another user.
    ///
    /// ## Why it matters
    /// The pod looks hardened to whoever reads its head, and one container is not.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///     runAsUser: 10001
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    ///     - name: proxy
    ///       securityContext:
    ///         runAsNonRoot: false # <-
    ///         runAsUser: 0 # <-
    ///         seccompProfile:
    ///           type: Unconfined # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsUser: 0
    ///     runAsNonRoot: false
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsUser: 10001
    ///         runAsNonRoot: true
    ///         seccompProfile:
    ///           type: Localhost
    ///           localhostProfile: web.json
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   os:
    ///     name: windows
    ///   securityContext:
    ///     windowsOptions:
    ///       runAsUserName: ContainerUser
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         windowsOptions:
    ///           runAsUserName: ContainerAdministrator # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seLinuxOptions:
    ///       type: container_t
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seLinuxOptions:
    ///           type: unconfined_t # <-
    /// ```
    ///
    /// ## Fix
    /// Remove the field from the container, so that the pod's counts.
    WeakenedSecurityContext {
        id: "weakened-security-context",
        title: "Container overrides a stricter pod-level setting with a weaker one",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

/// The fields, and of those that are objects what is compared in them.
const FIELDS: &[(&str, &str)] = &[
    ("runAsNonRoot", ""),
    ("runAsUser", ""),
    ("runAsGroup", ""),
    ("seccompProfile", "type"),
    ("appArmorProfile", "type"),
    ("seLinuxOptions", "type"),
    ("windowsOptions", "hostProcess"),
    ("windowsOptions", "runAsUserName"),
];

impl Check for WeakenedSecurityContext {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let (Some(own), Some(_)) = (container.security_context, container.pod.security_context)
        else {
            return;
        };
        for &(key, inner) in FIELDS {
            let (Some(field), Some(stricter)) =
                (container.own_security(key), container.pod.security(key))
            else {
                continue;
            };
            let (weak, strong) = match inner {
                "" => (Some(field), Some(stricter)),
                inner => (field.get(inner), stricter.get(inner)),
            };
            let (Some(weak), Some(strong)) = (weak, strong) else {
                continue;
            };
            if !is_weaker(key, inner, weak, strong) {
                continue;
            }
            let fix = match key {
                // Its other options are not weaker.
                "windowsOptions" => edit::remove(field, inner),
                // The pod's would keep the container from starting.
                "runAsNonRoot" if named_user::is_root(container) => None,
                "appArmorProfile" => with_apparmor(container, edit::remove(own, key)),
                _ => edit::remove(own, key),
            };
            let name = match key {
                "windowsOptions" => inner,
                key => key,
            };
            findings
                .add(Self::META)
                .at(weak)
                .evidence("the pod's stricter setting", strong)
                .note(format!(
                    "undoes a setting of its pod: {name} is {} here and {} there",
                    weak.text(),
                    strong.text()
                ))
                .fix(Safety::Unsafe, fix);
        }
    }
}

/// Whether the container's value is the weaker one.
fn is_weaker(key: &str, inner: &str, own: Node<'_>, pod: Node<'_>) -> bool {
    match (key, inner) {
        ("runAsNonRoot", _) => pod.is_true() && own.is_false(),
        ("runAsUser" | "runAsGroup", _) => {
            own.as_i64() == Some(0) && pod.as_i64().is_some_and(|id| id != 0)
        }
        (_, "hostProcess") => own.is_true() && pod.is_false(),
        (_, "runAsUserName") => {
            windows_user::is_administrator(own.text())
                && !pod.text().is_empty()
                && !windows_user::is_administrator(pod.text())
        }
        ("seLinuxOptions", _) => {
            selinux::is_unconfined(own.text()) && !selinux::is_unconfined(pod.text())
        }
        _ => own.text() == "Unconfined" && pod.text() != "Unconfined",
    }
}
