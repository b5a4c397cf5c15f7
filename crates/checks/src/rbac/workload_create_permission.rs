use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to create, update or patch pods or the objects that make pods: Deployments, `DaemonSets`, `StatefulSets`, `ReplicaSets`, `ReplicationControllers`, Jobs and `CronJobs`; also those of Argo, Tekton, Knative, `OpenShift`, Kruise, KEDA, Volcano, `JobSet`, Kubeflow and Ray.
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
    Access {
        group: "",
        resources: &["pods", "replicationcontrollers"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "apps",
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "batch",
        resources: &["jobs", "cronjobs"],
        verbs: &["create", "update", "patch"],
    },
]);

/// Custom objects that their controllers make pods of, as they are told to.
const CUSTOM: Permission = Permission(&[
    Access {
        group: "argoproj.io",
        resources: &["rollouts", "workflows", "cronworkflows"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "tekton.dev",
        resources: &["taskruns", "pipelineruns", "tasks"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "serving.knative.dev",
        resources: &["services", "configurations"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "apps.openshift.io",
        resources: &["deploymentconfigs"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "apps.kruise.io",
        resources: &["clonesets", "statefulsets", "daemonsets", "broadcastjobs"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "keda.sh",
        resources: &["scaledjobs"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "batch.volcano.sh",
        resources: &["jobs"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "jobset.x-k8s.io",
        resources: &["jobsets"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "kubeflow.org",
        resources: &["notebooks", "pytorchjobs", "tfjobs", "mpijobs"],
        verbs: &["create", "update", "patch"],
    },
    Access {
        group: "ray.io",
        resources: &["rayclusters", "rayjobs", "rayservices"],
        verbs: &["create", "update", "patch"],
    },
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
