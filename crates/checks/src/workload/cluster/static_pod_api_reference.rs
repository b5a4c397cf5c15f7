use crate::{Check, Findings, Node, Workload, check};

check! {
    /// ## What it finds
    /// Static pods that refer to a ServiceAccount, Secret, ConfigMap, `PersistentVolumeClaim`, `ResourceClaim` or another object of the API, in any of the fields for which newer kubelets refuse them.
    /// A Pod counts as static when it lies in a folder `manifests` below `kubernetes`, the kubelet's usual place, or carries the annotation `kubernetes.io/config.source: file`.
    ///
    /// ## Why it matters
    /// The kubelet runs static pods without the API server, which alone could resolve such a reference: newer kubelets refuse the pod, older ones start it without what it asked for.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: proxy
    ///   annotations:
    ///     kubernetes.io/config.source: file
    /// spec:
    ///   serviceAccountName: proxy # <-
    ///   containers:
    ///     - name: proxy
    ///       env:
    ///         - name: TOKEN
    ///           valueFrom:
    ///             secretKeyRef: # <-
    ///               name: proxy
    ///               key: token
    ///   volumes:
    ///     - name: settings
    ///       configMap: # <-
    ///         name: proxy
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken: # <-
    ///               path: token
    ///           - downwardAPI:
    ///               items: []
    ///     - name: driver
    ///       csi: # <-
    ///         driver: secrets.example.com
    ///   imagePullSecrets: # <-
    ///     - name: registry
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: proxy
    /// spec:
    ///   serviceAccountName: proxy
    ///   containers:
    ///     - name: proxy
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: proxy
    ///   annotations:
    ///     kubernetes.io/config.source: file
    /// spec:
    ///   serviceAccountName: null
    ///   containers:
    ///     - name: proxy
    ///       env:
    ///         - name: TOKEN
    ///           valueFrom:
    ///             secretKeyRef: null
    ///   volumes:
    ///     - name: settings
    ///       hostPath:
    ///         path: /etc/proxy
    /// ```
    ///
    /// ## Fix
    /// Give the static pod files of the node with `hostPath`, or run it as a DaemonSet.
    StaticPodApiReference {
        id: "static-pod-api-reference",
        title: "Static pod manifest references Secret or ServiceAccount",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Volumes that are objects of the API, or need one.
const VOLUMES: &[&str] = &[
    "secret",
    "configMap",
    "persistentVolumeClaim",
    "ephemeral",
    "csi",
    "glusterfs",
    "azureFile",
];
/// Volumes that may name a Secret, in `secretRef`.
const VOLUMES_WITH_SECRET: &[&str] = &[
    "cephfs",
    "cinder",
    "flexVolume",
    "iscsi",
    "rbd",
    "scaleIO",
    "storageos",
];
/// Sources of a projected volume; of all there are, the downward API alone needs no object.
const SOURCES: &[&str] = &[
    "secret",
    "configMap",
    "serviceAccountToken",
    "clusterTrustBundle",
    "podCertificate",
];

// After `HasAPIObjectReference` in pkg/api/pod/util.go of Kubernetes, by which the kubelet refuses.
impl Check for StaticPodApiReference {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        if !pod.is_naked() || !is_static(workload) {
            return;
        }
        let account = pod
            .field(["serviceAccountName"])
            .or_else(|| pod.field(["serviceAccount"]))
            .filter(|account| !account.text().is_empty());
        let volumes = pod.volumes().flat_map(|volume| {
            let own = VOLUMES.iter().find_map(|kind| volume.get(kind));
            let secret = VOLUMES_WITH_SECRET
                .iter()
                .find_map(|kind| volume.path(&[kind, "secretRef"]));
            let sources = volume.get("projected").map(|it| it.list("sources"));
            let projected = sources
                .into_iter()
                .flatten()
                .filter_map(|source| SOURCES.iter().find_map(|kind| source.get(kind)));
            own.into_iter().chain(secret).chain(projected)
        });
        let lists = ["imagePullSecrets", "resourceClaims"]
            .iter()
            .filter_map(|key| pod.field([key]))
            .filter(|list| list.items().next().is_some());
        let environment = workload.containers.iter().flat_map(|container| {
            let single = container.node.list("env").filter_map(|entry| {
                let from = entry.get("valueFrom")?;
                from.get("secretKeyRef")
                    .or_else(|| from.get("configMapKeyRef"))
            });
            let whole = container
                .node
                .list("envFrom")
                .filter_map(|entry| entry.get("secretRef").or_else(|| entry.get("configMapRef")));
            single.chain(whole)
        });
        for place in account
            .into_iter()
            .chain(lists)
            .chain(volumes)
            .chain(environment)
        {
            let field = place.key().map_or("", Node::text);
            findings.add(Self::META).at(place).note(format!(
                "is a static pod and refers to the API with {field}"
            ));
        }
    }
}

fn is_static(workload: &Workload<'_>) -> bool {
    let by_annotation = workload
        .pod
        .annotation("kubernetes.io/config.source")
        .is_some_and(|source| matches!(source.text(), "file" | "http"));
    let folder = workload.resource().folder();
    by_annotation || folder == "kubernetes/manifests" || folder.ends_with("/kubernetes/manifests")
}
