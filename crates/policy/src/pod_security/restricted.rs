//! What Restricted forbids beyond Baseline.

use ringwall_input::yaml::Node;

use super::{
    Judge,
    baseline::{forbid_proc_mounts, profile_type},
    shown,
};

/// Volume sources that are not allowed; a volume without any source becomes an `emptyDir`.
const VOLUMES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "azureDisk",
    "vsphereVolume",
    "quobyte",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

pub(super) fn judge(pod: &mut Judge<'_, '_>) {
    volumes(pod);
    if pod.from(8) && !pod.skips_windows(25) {
        privilege_escalation(pod);
    }
    if pod.from(22) && !pod.skips_windows(25) {
        capabilities(pod);
    }
    if pod.from(35) {
        pod.rule = "procMount_restricted";
        forbid_proc_mounts(pod);
    }
    if !pod.has_own_users() {
        run_as_non_root(pod);
        if pod.from(23) {
            run_as_user(pod);
        }
    }
    if pod.from(19) && !pod.skips_windows(25) {
        seccomp_profile(pod);
    }
}

fn volumes(pod: &mut Judge<'_, '_>) {
    pod.rule = "restrictedVolumes";
    for volume in pod.workload.pod.volumes() {
        for &source in VOLUMES {
            if let Some(field) = volume.get(source).filter(|field| !field.is_null()) {
                let name = volume.str("name").unwrap_or("");
                pod.forbid_pod(field, format!("volume \"{name}\" of type {source}"));
            }
        }
    }
}

fn privilege_escalation(pod: &mut Judge<'_, '_>) {
    pod.rule = "allowPrivilegeEscalation";
    for (index, container) in pod.containers() {
        match container.own_security("allowPrivilegeEscalation") {
            Some(field) if field.is_false() => {}
            Some(field) => {
                pod.forbid_container(index, field, "allowPrivilegeEscalation is not false");
            }
            None => pod.forbid_container(
                index,
                container.security_place(),
                "allowPrivilegeEscalation is not set to false",
            ),
        }
    }
}

fn capabilities(pod: &mut Judge<'_, '_>) {
    pod.rule = "capabilities_restricted";
    for (index, container) in pod.containers() {
        let capabilities = container.own_security("capabilities");
        let drops_all = capabilities
            .is_some_and(|node| node.list("drop").any(|dropped| dropped.text() == "ALL"));
        if !drops_all {
            let place = capabilities.unwrap_or_else(|| container.security_place());
            pod.forbid_container(index, place, "capabilities.drop does not hold ALL");
        }
        for added in capabilities.into_iter().flat_map(|node| node.list("add")) {
            if added.text() != "NET_BIND_SERVICE" {
                pod.forbid_container(index, added, format!("capability {} added", shown(added)));
            }
        }
    }
}

fn run_as_non_root(pod: &mut Judge<'_, '_>) {
    pod.rule = "runAsNonRoot";
    let of_pod = pod.workload.pod.security("runAsNonRoot");
    if let Some(field) = of_pod.filter(|field| !field.is_true()) {
        pod.forbid_pod(field, "runAsNonRoot=false");
    }
    let pod_requires = of_pod.is_some_and(Node::is_true);
    for (index, container) in pod.containers() {
        match container.own_security("runAsNonRoot") {
            Some(field) if field.is_true() => {}
            Some(field) => pod.forbid_container(index, field, "runAsNonRoot=false"),
            None if pod_requires => {}
            None => pod.forbid_container(
                index,
                container.security_place(),
                "runAsNonRoot is not set to true",
            ),
        }
    }
}

fn run_as_user(pod: &mut Judge<'_, '_>) {
    pod.rule = "runAsUser";
    if let Some(field) = pod.workload.pod.security("runAsUser")
        && field.as_i64() == Some(0)
    {
        pod.forbid_pod(field, "runAsUser=0");
    }
    for (index, container) in pod.containers() {
        if let Some(field) = container.own_security("runAsUser")
            && field.as_i64() == Some(0)
        {
            pod.forbid_container(index, field, "runAsUser=0");
        }
    }
}

fn seccomp_profile(pod: &mut Judge<'_, '_>) {
    pod.rule = "seccompProfile_restricted";
    let is_allowed = |field: Node<'_>| matches!(field.text(), "RuntimeDefault" | "Localhost");
    let of_pod = profile_type(pod.workload.pod.security("seccompProfile"));
    if let Some(field) = of_pod.filter(|&field| !is_allowed(field)) {
        pod.forbid_pod(field, format!("seccompProfile.type={}", shown(field)));
    }
    let pod_sets = of_pod.is_some_and(is_allowed);
    for (index, container) in pod.containers() {
        match profile_type(container.own_security("seccompProfile")) {
            Some(field) if is_allowed(field) => {}
            Some(field) => {
                pod.forbid_container(
                    index,
                    field,
                    format!("seccompProfile.type={}", shown(field)),
                );
            }
            None if pod_sets => {}
            None => pod.forbid_container(
                index,
                container.security_place(),
                "seccompProfile.type is not set to RuntimeDefault or Localhost",
            ),
        }
    }
}
