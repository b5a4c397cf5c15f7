use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Fields of a container's `securityContext` that undo what the pod's states.
    ///
    /// - `runAsNonRoot: false` under `true`.
    /// - `runAsUser` or `runAsGroup` 0 under another.
    /// - A seccomp or AppArmor profile `Unconfined` under one that confines.
    /// - The SELinux type `spc_t` under another.
    /// - `hostProcess: true` under `false`.
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

const FIELDS: &[&str] = &[
    "runAsNonRoot",
    "runAsUser",
    "runAsGroup",
    "seccompProfile",
    "appArmorProfile",
    "seLinuxOptions",
    "windowsOptions",
];

impl Check for WeakenedSecurityContext {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let (Some(own), Some(_)) = (container.security_context, container.pod.security_context)
        else {
            return;
        };
        for &key in FIELDS {
            let (Some(field), Some(stricter)) =
                (container.own_security(key), container.pod.security(key))
            else {
                continue;
            };
            let Some((weak, strong)) = weaker(key, field, stricter) else {
                continue;
            };
            let fix = match key {
                // Its other options are not weaker.
                "windowsOptions" => edit::remove(field, "hostProcess"),
                _ => edit::remove(own, key),
            };
            findings
                .add(Self::META)
                .at(weak)
                .evidence("the pod's stricter setting", strong)
                .note(format!(
                    "undoes a setting of its pod: {key} is {} here and {} there",
                    weak.text(),
                    strong.text()
                ))
                .fix(Safety::Unsafe, fix);
        }
    }
}

/// The two values, if the container's is the weaker one.
fn weaker<'a>(key: &str, own: Node<'a>, pod: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    let inner = |name| Some((own.get(name)?, pod.get(name)?));
    let (own, pod, is_weaker) = match key {
        "runAsNonRoot" => (own, pod, pod.is_true() && own.is_false()),
        "runAsUser" | "runAsGroup" => {
            let is_weaker = own.as_i64() == Some(0) && pod.as_i64().is_some_and(|id| id != 0);
            (own, pod, is_weaker)
        }
        "windowsOptions" => {
            let (own, pod) = inner("hostProcess")?;
            (own, pod, own.is_true() && pod.is_false())
        }
        "seLinuxOptions" => {
            let (own, pod) = inner("type")?;
            (own, pod, own.text() == "spc_t" && pod.text() != "spc_t")
        }
        _ => {
            let (own, pod) = inner("type")?;
            let is_weaker = own.text() == "Unconfined" && pod.text() != "Unconfined";
            (own, pod, is_weaker)
        }
    };
    is_weaker.then_some((own, pod))
}
