use ringwall_input::schema::{builtin, validate_as};

use super::{complete, complete::pod_template_shape, refusal, unknown_kind};
use crate::{Check, Findings, Resource, Workload, check};

check! {
    /// ## What it finds
    /// Objects of Kubernetes' own kinds that the API server refuses: a value of the wrong type, a value that is not
    /// accepted, a demanded field that is missing, or a kind or version that does not exist; a number out of bounds, a
    /// name, path, address or schedule without the right form, two fields of which one may be there, or an item that a
    /// list has twice.
    /// Values are read as kubectl reads YAML: `yes`, `on` and `n` without quotes are booleans, `8080` is a number.
    /// Files for Kubernetes' components, such as audit policies, are judged alike.
    /// Patches, which leave out most fields, and marks such as `${NAME}` are left alone.
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
    ///   annotations:
    ///     example.com/revision: 12 # <-
    /// spec:
    ///   replicas: "2" # <-
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           image: registry.example.com/web:1.0
    ///           imagePullPolicy: always # <-
    ///           command: sleep # <-
    ///           args: [60, "s"] # <-
    ///           env:
    ///             - name: DEBUG
    ///               value: yes # <-
    ///           resources:
    ///             limits:
    ///               memory: 1 GB # <-
    ///           volumeMounts:
    ///             - name: data # <-
    ///         - image: registry.example.com/helper:1.0 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata:
    ///   name: clean-up
    /// spec:
    ///   schedule: 0 3 * * 7 # <-
    ///   failedJobsHistoryLimit: -1 # <-
    ///   jobTemplate:
    ///     spec:
    ///       template:
    ///         spec:
    ///           restartPolicy: Never
    ///           hostname: clean_up # <-
    ///           topologySpreadConstraints:
    ///             - maxSkew: 0 # <-
    ///               topologyKey: kubernetes.io/hostname
    ///               whenUnsatisfiable: DoNotSchedule
    ///           containers:
    ///             - name: app
    ///               image: registry.example.com/clean:1.0
    ///               ports:
    ///                 - containerPort: 99999 # <-
    ///               env:
    ///                 - name: POD
    ///                   value: web
    ///                   valueFrom: # <-
    ///                     fieldRef:
    ///                       fieldPath: metadata.podName # <-
    ///               volumeMounts:
    ///                 - name: config
    ///                   mountPath: /config
    ///           volumes:
    ///             - name: config
    ///               configMap:
    ///                 name: web
    ///                 defaultMode: 644 # <-
    ///             - name: config # <-
    ///               emptyDir: {}
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deploymnt # <-
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: apps/v3 # <-
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: v1 # <-
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: rbac.authorisation.k8s.io/v1 # <-
    /// kind: Role
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: core/v1 # <-
    /// kind: ConfigMap
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: batch.k8s.io/v1 # <-
    /// kind: Job
    /// metadata:
    ///   name: web
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: # <-
    ///   labels:
    ///     app: web
    /// ```
    /// ```yaml fail
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata:
    ///   name: pods
    /// webhooks:
    ///   - name: pods.shop.org # <-
    ///     clientConfig:
    ///       service:
    ///         name: pods
    ///         namespace: shop
    ///     rules: []
    ///     admissionReviewVersions: [v1]
    ///   - name: others.shop.org
    ///     admissionReviewVersions: [v1]
    ///     sideEffects: Unknown # <-
    /// ---
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata:
    ///   name: shops.example.com
    /// spec:
    ///   versions:
    ///     - name: v1 # <-
    ///       served: true
    ///       storage: true
    /// ---
    /// apiVersion: certificates.k8s.io/v1
    /// kind: CertificateSigningRequest
    /// metadata:
    ///   name: shop
    /// spec: # <-
    ///   request: c2hvcA==
    ///   usages: [client auth]
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: data
    /// spec: # <-
    ///   capacity:
    ///     storage: 10Gi
    ///   hostPath:
    ///     path: /data
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: data
    /// spec:
    ///   capacity:
    ///     storage: 10Gi
    ///   accessModes: [ReadWriteOnce]
    ///   hostPath:
    ///     path: /data
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata:
    ///   name: data
    /// spec:
    ///   capacity:
    ///     storage: 20Gi
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     example.com/revision: "12"
    /// spec:
    ///   replicas: 2
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           image: registry.example.com/web:1.0
    ///           imagePullPolicy: Always
    ///           command: [sleep]
    ///           args: ["60", "s"]
    ///           env:
    ///             - name: DEBUG
    ///               value: "yes"
    ///           resources:
    ///             limits:
    ///               memory: 1G
    ///           volumeMounts:
    ///             - name: data
    ///               mountPath: /data
    ///         - name: helper
    ///           image: registry.example.com/helper:1.0
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: patched-by-kustomize
    /// spec:
    ///   replicas: ${REPLICAS}
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           env:
    ///             - name: LEVEL
    ///               value: info
    /// ```
    ///
    /// ## Fix
    /// Write a value of the type and form that the message names; a string that looks like a number or a boolean needs quotes.
    SchemaViolation {
        id: "schema-violation",
        title: "Object fails its schema",
        ring: Code,
        target: Workload,
        hooks: [Resource, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SchemaViolation {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(kind) = builtin().known(resource.api_version, resource.kind) else {
            unknown_kind::tell(resource, findings);
            return;
        };
        for violation in findings.violations().iter() {
            refusal::tell(violation, "", findings);
        }
        complete::judge(resource, &kind, findings);
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(shape) = pod_template_shape(workload.resource()) {
            for violation in validate_as(workload.pod.spec, shape) {
                refusal::tell(&violation, "template.spec.", findings);
            }
        } else {
            complete::judge_pod(workload, findings);
        }
    }
}
