use crate::{
    Check, Confidence, Container, Findings, Workload, check, network::image_repository::is_image_of,
};

check! {
    /// ## What it finds
    /// Containers with the images of the Kubernetes dashboard, of version 2 and older as well as of version 7, pods labelled as it, and other pods that run under its service account `kubernetes-dashboard`.
    ///
    /// ## Why it matters
    /// The dashboard is a way into the cluster through a browser; open dashboards with wide rights have been the start of well-known break-ins.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: kubernetes-dashboard
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       k8s-app: kubernetes-dashboard
    ///   template:
    ///     metadata:
    ///       labels:
    ///         k8s-app: kubernetes-dashboard
    ///     spec:
    ///       containers:
    ///         - name: dashboard
    ///           image: kubernetesui/dashboard:v2.7.0 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   serviceAccountName: kubernetes-dashboard # <-
    ///   containers:
    ///     - name: app
    ///       image: shop/web:1.0
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: older
    /// spec:
    ///   serviceAccount: kubernetes-dashboard # <-
    ///   containers:
    ///     - name: app
    ///       image: shop/web:1.0
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: mirrored
    ///   labels:
    ///     app: kubernetes-dashboard # <-
    /// spec:
    ///   containers:
    ///     - name: app
    ///       image: mirror.example/board:2.7
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: grafana
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: grafana
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: grafana
    ///     spec:
    ///       containers:
    ///         - name: dashboard
    ///           image: grafana/grafana:11.3.0
    /// ```
    ///
    /// ## Fix
    /// Remove the dashboard; if it is needed, keep it inside the cluster, give it the rights of the user who logs in, and reach it with `kubectl port-forward`.
    KubernetesDashboard {
        id: "kubernetes-dashboard",
        title: "Kubernetes dashboard deployed",
        ring: Cluster,
        target: Workload,
        hooks: [Container, Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

const NAME: &str = "kubernetes-dashboard";
const IMAGES: &[&str] = &[
    "kubernetesui/dashboard",
    "kubernetesui/dashboard-web",
    "kubernetesui/dashboard-api",
    "kubernetesui/dashboard-auth",
    "kubernetes-dashboard-amd64",
    "kubernetes-dashboard-arm64",
    "kubernetes-dashboard",
];

impl Check for KubernetesDashboard {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(image) = container.image
            && is_image_of(container, IMAGES)
        {
            findings
                .add(Self::META)
                .at(image)
                .note("runs the Kubernetes dashboard")
                .image(image.text());
        }
    }

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if workload
            .containers
            .iter()
            .any(|container| is_image_of(container, IMAGES))
        {
            return;
        }
        let labels = workload.pod.labels();
        let label = ["k8s-app", "app.kubernetes.io/name", "app"]
            .iter()
            .filter_map(|key| labels?.get(key))
            .find(|value| value.text() == NAME);
        let account = ["serviceAccountName", "serviceAccount"]
            .iter()
            .filter_map(|key| workload.pod.field([key]))
            .find(|account| account.text() == NAME);
        if let Some(label) = label {
            findings
                .add(Self::META)
                .at(label)
                .note("is labelled as the Kubernetes dashboard")
                .confidence(Confidence::Medium);
        } else if let Some(account) = account {
            findings
                .add(Self::META)
                .at(account)
                .note("runs under the service account of the Kubernetes dashboard");
        }
    }
}
