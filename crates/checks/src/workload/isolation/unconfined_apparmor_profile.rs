use ringwall_model::Edit;

use super::{
    annotated_profile::{with_apparmor, with_pod_apparmor},
    apparmor::{self, Profile},
};
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose AppArmor profile is `Unconfined`: in their own `appArmorProfile`, their annotation, or their pod's `appArmorProfile`.
    ///
    /// ## Why it matters
    /// The runtime's profile keeps a container from mounting file systems and from writing to the kernel's settings below `/proc` and `/sys`.
    /// An unconfined container loses that.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/proxy: unconfined # <-
    /// spec:
    ///   securityContext:
    ///     appArmorProfile:
    ///       type: Unconfined # <-
    ///   initContainers:
    ///     - name: setup
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         appArmorProfile:
    ///           type: Unconfined # <-
    ///     - name: proxy
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/proxy: localhost/proxy
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         appArmorProfile:
    ///           type: RuntimeDefault
    ///     - name: proxy
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.appArmorProfile.type: RuntimeDefault`, or `Localhost` with a profile that allows what the program needs.
    UnconfinedApparmorProfile {
        id: "unconfined-apparmor-profile",
        title: "AppArmor profile is Unconfined (field or annotation)",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for UnconfinedApparmorProfile {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(profile) = apparmor::profile(container) else {
            return;
        };
        if !profile.is_unconfined() {
            return;
        }
        let place = match profile {
            Profile::Field(field) => field.get("type").unwrap_or(field),
            Profile::Annotation(value) => value,
        };
        findings
            .add(Self::META)
            .at(place)
            .note("runs without an AppArmor profile (unconfined)")
            .fix(Safety::Unsafe, confined(container, profile));
    }
}

/// The edits that give the container the runtime's profile.
fn confined(container: &Container<'_>, profile: Profile<'_>) -> Option<Vec<Edit>> {
    let pod = &container.pod;
    let of_pod = pod.security("appArmorProfile");
    match profile {
        Profile::Field(own) if container.own_security("appArmorProfile").is_some() => {
            with_apparmor(container, edit::set(own, &["type"], "RuntimeDefault"))
        }
        Profile::Annotation(value) if of_pod.is_none() => edit::replace(value, "runtime/default"),
        // The API server compares the pod's field with the annotation of each container.
        _ => with_pod_apparmor(pod, edit::set(of_pod?, &["type"], "RuntimeDefault")),
    }
}
