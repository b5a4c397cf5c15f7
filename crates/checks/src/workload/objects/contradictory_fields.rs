use super::contradiction;
use crate::{Check, Findings, Resource, Workload, check};

check! {
    /// ## What it finds
    /// Objects of Kubernetes' own kinds whose fields contradict each other, or lack what another field asks for, so that
    /// the API server refuses them: a mount of a volume that the pod does not have, two containers with one name, a
    /// `hostPort` other than the `containerPort` on the node's network, a probe of an init container,
    /// a `nodePort` of a service that has none, `rollingUpdate` beside `Recreate`, a role's rule without `apiGroups`,
    /// a secret without the keys of its type, and their like.
    /// What only a whole object must have is not asked of patches.
    ///
    /// ## Why it matters
    /// The change never arrives, and what ran before runs on, often unnoticed in a pipeline that applies many files.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   strategy:
    ///     type: Recreate
    ///     rollingUpdate: # <-
    ///       maxSurge: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       hostNetwork: true
    ///       tolerations:
    ///         - key: dedicated
    ///           operator: Exists
    ///           value: web # <-
    ///       initContainers:
    ///         - name: setup
    ///           image: registry.example.com/setup:1.0
    ///           readinessProbe: # <-
    ///             exec:
    ///               command: ["true"]
    ///       containers:
    ///         - name: app
    ///           image: registry.example.com/web:1.0
    ///           ports:
    ///             - containerPort: 8080
    ///               hostPort: 80 # <-
    ///           livenessProbe:
    ///             successThreshold: 2 # <-
    ///             httpGet:
    ///               port: 8080
    ///           lifecycle:
    ///             preStop:
    ///               sleep:
    ///                 seconds: 60 # <-
    ///           resources:
    ///             limits:
    ///               gpu: 1 # <-
    ///           volumeMounts:
    ///             - name: data # <-
    ///               mountPath: /data
    ///         - name: setup # <-
    ///           image: registry.example.com/helper:1.0
    ///       volumes:
    ///         - name: cache
    ///           emptyDir: {}
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    /// rules:
    ///   - resources: ["pods"] # <-
    ///     verbs: ["get"]
    ///   - nonResourceURLs: ["/metrics"] # <-
    ///     verbs: ["get"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role # <-
    ///   name: app
    /// subjects:
    ///   - kind: ServiceAccount # <-
    ///     name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: ClusterIP
    ///   ports:
    ///     - port: 80
    ///       nodePort: 30080 # <-
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   minReplicas: 5
    ///   maxReplicas: 3 # <-
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: web
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: web
    /// type: kubernetes.io/tls # <-
    /// stringData:
    ///   cert.pem: ""
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata:
    ///   name: import
    /// spec:
    ///   selector: # <-
    ///     matchLabels:
    ///       app: import
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: import
    ///     spec:
    ///       restartPolicy: Never
    ///       containers:
    ///         - name: app
    ///           image: registry.example.com/import:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceName: web
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       hostNetwork: true
    ///       tolerations:
    ///         - key: dedicated
    ///           operator: Equal
    ///           value: web
    ///         - operator: Exists
    ///       initContainers:
    ///         - name: proxy
    ///           image: registry.example.com/proxy:1.0
    ///           restartPolicy: Always
    ///           readinessProbe:
    ///             exec:
    ///               command: ["true"]
    ///       containers:
    ///         - name: app
    ///           image: registry.example.com/web:1.0
    ///           ports:
    ///             - containerPort: 8080
    ///               hostPort: 8080
    ///           readinessProbe:
    ///             successThreshold: 2
    ///             httpGet:
    ///               port: 8080
    ///           resources:
    ///             limits:
    ///               example.com/gpu: 1
    ///           volumeMounts:
    ///             - name: data
    ///               mountPath: /data
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         name: data
    ///       spec:
    ///         accessModes: [ReadWriteOnce]
    ///         resources:
    ///           requests:
    ///             storage: 1Gi
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: patched-by-kustomize
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           livenessProbe:
    ///             periodSeconds: 20
    ///           volumeMounts:
    ///             - name: data
    ///               mountPath: /data
    /// ```
    ///
    /// ## Fix
    /// Keep the field that is meant, and change or remove the other.
    ContradictoryFields {
        id: "contradictory-fields",
        title: "Fields of the object contradict each other",
        ring: Code,
        target: Workload,
        hooks: [Resource, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ContradictoryFields {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        contradiction::judge_object(resource, findings);
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        contradiction::judge_pod(workload, findings);
    }
}
