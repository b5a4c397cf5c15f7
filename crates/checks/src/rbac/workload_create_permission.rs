use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to create, update or patch pods or the objects that make pods: Deployments, `DaemonSets`, `StatefulSets`, `ReplicaSets`, `ReplicationControllers`, Jobs and `CronJobs`; also those of Argo, Tekton, Knative, `OpenShift`, Kruise, KEDA, Volcano, `JobSet`, `LeaderWorkerSet`, Kubeflow, `KServe`, Spark, Ray, actions-runner-controller and agent sandboxes, and what Argo CD and Flux apply (`applications`, `kustomizations`, `helmreleases`).
    /// Subresources such as `deployments/scale` do not count.
    ///
    /// ## Why it matters
    /// A pod runs as any service account of its namespace and mounts any Secret of it, so its creator holds the rights of all of them.
    /// Where no admission control stops it, a pod may also be privileged and take its node.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["deployments", "replicasets"] # <-
    ///     verbs: ["get", "patch"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["argoproj.io"]
    ///     resources: ["workflows"] # <-
    ///     verbs: ["create"]
    ///   - apiGroups: ["kustomize.toolkit.fluxcd.io", "sparkoperator.k8s.io"]
    ///     resources: ["kustomizations", "sparkapplications"] # <-
    ///     verbs: ["create"]
    ///   - apiGroups: ["tekton.dev", "apps"]
    ///     resources: ["taskruns", "deployments"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["deployments", "replicasets"]
    ///     verbs: ["get", "list"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["deployments/scale"]
    ///     verbs: ["update"]
    /// ```
    ///
    /// ## Fix
    /// Leave the creation of pods to a deployment pipeline, and enforce the Pod Security level `restricted` where others need it.
    WorkloadCreatePermission {
        id: "workload-create-permission",
        title: "Can create or change pods or their controllers",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.4", "cis-aks:4.1.4", "cis-eks:4.1.4", "nsa:AUTH", "mitre:T1610"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[
    changed("", &["pods", "replicationcontrollers"]),
    changed(
        "apps",
        &["deployments", "daemonsets", "statefulsets", "replicasets"],
    ),
    changed("batch", &["jobs", "cronjobs"]),
]);

/// Creating and changing resources of a group.
const fn changed(group: &'static str, resources: &'static [&'static str]) -> Access {
    Access {
        group,
        resources,
        verbs: &["create", "update", "patch"],
    }
}

/// Custom objects that their controllers make pods of, as they are told to.
const CUSTOM: Permission = Permission(&[
    changed("argoproj.io", &["rollouts", "workflows", "cronworkflows"]),
    // What these name is applied whole, by controllers that hold every right as they are installed.
    changed("argoproj.io", &["applications", "applicationsets"]),
    changed("kustomize.toolkit.fluxcd.io", &["kustomizations"]),
    changed("helm.toolkit.fluxcd.io", &["helmreleases"]),
    changed(
        "sparkoperator.k8s.io",
        &["sparkapplications", "scheduledsparkapplications"],
    ),
    changed("serving.kserve.io", &["inferenceservices"]),
    changed(
        "actions.summerwind.dev",
        &["runners", "runnerdeployments", "runnersets"],
    ),
    changed("tekton.dev", &["taskruns", "pipelineruns", "tasks"]),
    changed("serving.knative.dev", &["services", "configurations"]),
    changed("apps.openshift.io", &["deploymentconfigs"]),
    changed(
        "apps.kruise.io",
        &[
            "clonesets",
            "statefulsets",
            "daemonsets",
            "broadcastjobs",
            "advancedcronjobs",
            "uniteddeployments",
        ],
    ),
    changed("keda.sh", &["scaledjobs"]),
    changed("batch.volcano.sh", &["jobs"]),
    changed("jobset.x-k8s.io", &["jobsets"]),
    changed(
        "kubeflow.org",
        &[
            "notebooks",
            "pytorchjobs",
            "tfjobs",
            "mpijobs",
            "jaxjobs",
            "mxjobs",
            "paddlejobs",
            "xgboostjobs",
        ],
    ),
    changed(
        "trainer.kubeflow.org",
        &["trainingruntimes", "clustertrainingruntimes"],
    ),
    changed("leaderworkerset.x-k8s.io", &["leaderworkersets"]),
    changed("agents.x-k8s.io", &["sandboxes"]),
    changed("extensions.agents.x-k8s.io", &["sandboxtemplates"]),
    changed("ray.io", &["rayclusters", "rayjobs", "rayservices"]),
]);

impl Check for WorkloadCreatePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
        let is_cluster_role = role.is_cluster_role();
        for grant in CUSTOM.grants(role) {
            if PERMISSION.granted_by(grant.rule, is_cluster_role).is_none() {
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .severity(grant.severity(Self::META.severity))
                    .note(grant.words());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ringwall_input::kubernetes::custom_pod_kinds;

    use super::CUSTOM;

    #[test]
    fn every_custom_kind_that_is_known_to_carry_pods_counts() {
        // Made by what counts, or installed by administrators alone.
        let others = [
            ("serving.knative.dev", "Revision"),
            ("operators.coreos.com", "ClusterServiceVersion"),
        ];
        let missing: Vec<_> = custom_pod_kinds()
            .into_iter()
            .filter(|kind| !others.contains(kind))
            .filter(|(group, kind)| {
                let ending = if kind.ends_with('x') { "es" } else { "s" };
                let plural = format!("{}{ending}", kind.to_lowercase());
                let mut accesses = CUSTOM.0.iter();
                !accesses.any(|it| it.group == *group && it.resources.contains(&&*plural))
            })
            .collect();
        assert_eq!(missing, []);
    }
}
