//! The rules: ids, selectors, kinds and points are kubesec's, the reasons are ours.
//!
//! Facts from controlplaneio/kubesec, `pkg/ruler/ruleset.go`: tag v2.14.2 and commit a59caad (2026-06-09).

use ringwall_report::KubesecRule;

use super::{
    KubesecEdition,
    predicate::{self, Object},
};

/// One rule.
pub(super) struct Rule {
    /// What a report shows of it.
    pub(super) shown: KubesecRule,
    kinds: &'static [&'static str],
    holds: fn(&Object<'_>) -> bool,
}

impl Rule {
    /// Whether it matches; nothing where it does not judge the kind.
    pub(super) fn judge(&self, object: &Object<'_>) -> Option<bool> {
        match object.root.get(&["kind"]) {
            // Without the key kubesec cannot tell, and counts every rule as one that does not match.
            None => Some(false),
            Some(kind) => {
                let kind = kind.as_str()?;
                self.kinds.contains(&kind).then(|| (self.holds)(object))
            }
        }
    }
}

/// The rules of an edition.
pub(super) fn rules(edition: KubesecEdition) -> impl Iterator<Item = &'static Rule> {
    let own: &[Rule] = match edition {
        KubesecEdition::V2_14 => V2_14,
        KubesecEdition::Current => CURRENT,
    };
    COMMON.iter().chain(own)
}

/// The kinds that most rules judge.
pub(super) const WORKLOADS: &[&str] = &["Pod", "Deployment", "StatefulSet", "DaemonSet"];
const STATEFUL_SET: &[&str] = &["StatefulSet"];

const fn rule(
    id: &'static str,
    points: i32,
    kinds: &'static [&'static str],
    holds: fn(&Object<'_>) -> bool,
    selector: &'static str,
    reason: &'static str,
) -> Rule {
    Rule {
        shown: KubesecRule {
            id,
            selector,
            reason,
            points,
        },
        kinds,
        holds,
    }
}

/// The same in every edition.
const COMMON: &[Rule] = &[
    rule(
        "HostNetwork",
        -9,
        WORKLOADS,
        predicate::host_network,
        ".spec .hostNetwork == true",
        "In the node's network the pod reaches services that listen on the node's loopback, and no NetworkPolicy holds it",
    ),
    rule(
        "HostPID",
        -9,
        WORKLOADS,
        predicate::host_pid,
        ".spec .hostPID == true",
        "The pod sees every process of the node, with its arguments and, given the rights, its environment",
    ),
    rule(
        "HostIPC",
        -9,
        WORKLOADS,
        predicate::host_ipc,
        ".spec .hostIPC == true",
        "The pod can read and write shared memory and message queues of processes on the node",
    ),
    rule(
        "ReadOnlyRootFilesystem",
        1,
        WORKLOADS,
        predicate::read_only_root_filesystem,
        "containers[] .securityContext .readOnlyRootFilesystem == true",
        "Whoever breaks into a container with a read-only root cannot leave tools in it or change its programs",
    ),
    rule(
        "RunAsNonRoot",
        1,
        WORKLOADS,
        predicate::run_as_non_root,
        ".spec, .spec.containers[] | .securityContext .runAsNonRoot == true",
        "The kubelet refuses to start an image that would run as root",
    ),
    rule(
        "RunAsUser",
        1,
        WORKLOADS,
        predicate::run_as_user,
        ".spec, .spec.containers[] | .securityContext .runAsUser -gt 10000",
        "A user id above 10000 is unlikely to be that of a user of the node",
    ),
    rule(
        "RunAsGroup",
        1,
        WORKLOADS,
        predicate::run_as_group,
        ".spec, .spec.containers[] | .securityContext .runAsGroup -gt 10000",
        "A group id above 10000 is unlikely to be that of a group of the node",
    ),
    rule(
        "Privileged",
        -30,
        WORKLOADS,
        predicate::privileged,
        "containers[] .securityContext .privileged == true",
        "A privileged container has every capability and every device, and so the node",
    ),
    rule(
        "CapSysAdmin",
        -30,
        WORKLOADS,
        predicate::cap_sys_admin,
        "containers[] .securityContext .capabilities .add == SYS_ADMIN",
        "SYS_ADMIN covers mounting and much else that leads out of a container",
    ),
    rule(
        "CapDropAny",
        1,
        WORKLOADS,
        predicate::cap_drop_any,
        "containers[] .securityContext .capabilities .drop",
        "Each capability that is dropped is one less to misuse",
    ),
    rule(
        "CapDropAll",
        1,
        WORKLOADS,
        predicate::cap_drop_all,
        "containers[] .securityContext .capabilities .drop | index(\"ALL\")",
        "With all capabilities dropped, a program has only those that are added by name",
    ),
    rule(
        "DockerSock",
        -9,
        WORKLOADS,
        predicate::docker_sock,
        "volumes[] .hostPath .path == /var/run/docker.sock",
        "Who can write to the Docker socket can start a privileged container, and so owns the node",
    ),
    rule(
        "ProcMount",
        -9,
        WORKLOADS,
        predicate::proc_mount,
        "volumes[] .hostPath .path == /proc",
        "The node's /proc shows all its processes and holds switches that lead out of a container",
    ),
    rule(
        "RequestsCPU",
        1,
        WORKLOADS,
        predicate::requests_cpu,
        "containers[] .resources .requests .cpu",
        "The scheduler can only share CPU fairly among those who say what they need",
    ),
    rule(
        "LimitsCPU",
        1,
        WORKLOADS,
        predicate::limits_cpu,
        "containers[] .resources .limits .cpu",
        "A limit keeps one container from taking the CPU of its neighbours",
    ),
    rule(
        "RequestsMemory",
        1,
        WORKLOADS,
        predicate::requests_memory,
        "containers[] .resources .requests .memory",
        "The scheduler can only place pods where their memory fits if they say what they need",
    ),
    rule(
        "LimitsMemory",
        1,
        WORKLOADS,
        predicate::limits_memory,
        "containers[] .resources .limits .memory",
        "A limit keeps one container from taking the memory of the node",
    ),
    rule(
        "ServiceAccountName",
        3,
        WORKLOADS,
        predicate::service_account_name,
        ".spec .serviceAccountName",
        "A service account of its own can be given just the rights that the workload needs",
    ),
    rule(
        "HostAliases",
        -3,
        WORKLOADS,
        predicate::host_aliases,
        ".spec .hostAliases",
        "Names written into /etc/hosts bypass the cluster's DNS and go stale unseen",
    ),
    rule(
        "VolumeClaimAccessModeReadWriteOnce",
        1,
        STATEFUL_SET,
        predicate::volume_claim_access_mode,
        ".spec .volumeClaimTemplates[] .spec .accessModes | index(\"ReadWriteOnce\")",
        "A volume that one node mounts cannot be changed from another node",
    ),
    rule(
        "VolumeClaimRequestsStorage",
        1,
        STATEFUL_SET,
        predicate::volume_claim_storage,
        ".spec .volumeClaimTemplates[] .spec .resources .requests .storage",
        "A claim that says how much storage it needs gets a volume that is large enough",
    ),
    rule(
        "AllowPrivilegeEscalation",
        -7,
        WORKLOADS,
        predicate::allow_privilege_escalation,
        "containers[] .securityContext .allowPrivilegeEscalation == true",
        "A process can gain rights that its parent lacks, through setuid programs for one",
    ),
    rule(
        "AutomountServiceAccountToken",
        1,
        WORKLOADS,
        predicate::automount_service_account_token,
        ".spec .automountServiceAccountToken == false",
        "Without a mounted token, who breaks in has no credentials for the API server",
    ),
];

/// Profiles by annotation, as kubesec 2.14 looks for them.
const V2_14: &[Rule] = &[
    rule(
        "SeccompAny",
        1,
        WORKLOADS,
        predicate::seccomp_annotation_any,
        ".metadata .annotations .\"container.seccomp.security.alpha.kubernetes.io/pod\"",
        SECCOMP_ANY,
    ),
    rule(
        "SeccompUnconfined",
        -1,
        WORKLOADS,
        predicate::seccomp_annotation_unconfined,
        ".metadata .annotations .\"container.seccomp.security.alpha.kubernetes.io/pod\"",
        SECCOMP_UNCONFINED,
    ),
    rule(
        "ApparmorAny",
        3,
        WORKLOADS,
        predicate::apparmor_annotation_any,
        ".metadata .annotations .\"container.apparmor.security.beta.kubernetes.io/nginx\"",
        APPARMOR_ANY,
    ),
];

/// Profiles by field, and what came after 2.14.
const CURRENT: &[Rule] = &[
    rule(
        "SeccompAny",
        1,
        WORKLOADS,
        predicate::seccomp_any,
        SECCOMP_TYPES,
        SECCOMP_ANY,
    ),
    rule(
        "SeccompUnconfined",
        -1,
        WORKLOADS,
        predicate::seccomp_unconfined,
        SECCOMP_TYPES,
        SECCOMP_UNCONFINED,
    ),
    rule(
        "ApparmorAny",
        3,
        WORKLOADS,
        predicate::apparmor_any,
        APPARMOR_TYPES,
        APPARMOR_ANY,
    ),
    rule(
        "ApparmorUnconfined",
        -1,
        WORKLOADS,
        predicate::apparmor_unconfined,
        APPARMOR_TYPES,
        "Without an AppArmor profile nothing confines which files and capabilities the programs use",
    ),
    rule(
        "HostUsers",
        1,
        WORKLOADS,
        predicate::host_users,
        ".spec .hostUsers == false",
        "In a user namespace of its own, root in the pod is nobody on the node",
    ),
    rule(
        "SecretsAsEnvironmentVariables",
        -5,
        &[
            "Pod",
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "Job",
            "CronJob",
        ],
        predicate::secrets_as_environment_variables,
        ".spec .containers[] .env[] .valueFrom .secretKeyRef | .spec .initContainers[] .env[] .valueFrom .secretKeyRef | .spec .ephemeralContainers[] .env[] .valueFrom .secretKeyRef | .spec .containers[] .envFrom[] .secretRef | .spec .initContainers[] .envFrom[] .secretRef | .spec .ephemeralContainers[] .envFrom[] .secretRef",
        "The environment is inherited by every child process and ends up in logs and crash reports",
    ),
    rule(
        "BindingsToSystemAnonymous",
        -30,
        &["RoleBinding", "ClusterRoleBinding"],
        predicate::bindings_to_system_anonymous,
        ".subjects[] .name == \"system:anonymous\"",
        "Everybody who reaches the API server has these rights, without any credentials",
    ),
];

const SECCOMP_TYPES: &str = ".spec .securityContext .seccompProfile .type | .spec .containers[] .securityContext .seccompProfile .type | .spec .initContainers[] .securityContext .seccompProfile .type | .spec .ephemeralContainers[] .securityContext .seccompProfile .type";
const APPARMOR_TYPES: &str = ".spec .securityContext .appArmorProfile .type | .spec .containers[] .securityContext .appArmorProfile .type | .spec .initContainers[] .securityContext .appArmorProfile .type | .spec .ephemeralContainers[] .securityContext .appArmorProfile .type";

const SECCOMP_ANY: &str =
    "A seccomp profile keeps system calls that the program does not need away from the kernel";
const SECCOMP_UNCONFINED: &str =
    "Without a seccomp profile the program can use every system call of the kernel";
const APPARMOR_ANY: &str =
    "An AppArmor profile confines which files and capabilities the programs use";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ids(edition: KubesecEdition) -> BTreeSet<&'static str> {
        rules(edition).map(|rule| rule.shown.id).collect()
    }

    #[test]
    fn editions_have_as_many_rules_as_kubesec() {
        assert_eq!(ids(KubesecEdition::V2_14).len(), 26);
        assert_eq!(ids(KubesecEdition::Current).len(), 30);
        assert!(ids(KubesecEdition::V2_14).is_subset(&ids(KubesecEdition::Current)));
        for edition in [KubesecEdition::V2_14, KubesecEdition::Current] {
            assert_eq!(rules(edition).count(), ids(edition).len());
        }
    }
}
