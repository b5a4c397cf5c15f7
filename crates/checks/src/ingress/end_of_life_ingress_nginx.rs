use crate::{Check, Container, Findings, Resource, check, network::image_repository::is_image_of};

check! {
    /// ## What it finds
    /// Containers that run the controller of the Kubernetes project ingress-nginx, and `IngressClasses` with `controller: k8s.io/ingress-nginx`.
    /// The controller of NGINX Inc. (`nginx/nginx-ingress`) is another program and is not meant.
    ///
    /// ## Why it matters
    /// The project ended its maintenance in March 2026, as announced in <https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/>.
    /// Vulnerabilities found since, in a program that faces the internet and reads every TLS key, are not fixed.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: ingress-nginx-controller
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: ingress
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: ingress
    ///     spec:
    ///       containers:
    ///         - name: controller
    ///           image: registry.k8s.io/ingress-nginx/controller:v1.14.0 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: IngressClass
    /// metadata:
    ///   name: nginx
    /// spec:
    ///   controller: k8s.io/ingress-nginx # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: ingress-nginx-controller
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: ingress
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: ingress
    ///     spec:
    ///       containers:
    ///         - name: controller
    ///           image: nginx/nginx-ingress:5.3.0
    /// ```
    ///
    /// ## Fix
    /// Move to a maintained controller, preferably one of the Gateway API.
    EndOfLifeIngressNginx {
        id: "end-of-life-ingress-nginx",
        title: "Ingress-nginx controller is end of life",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource, Container],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:UPG"],
    }
}

/// The ends of the names of its images, the project's own and those of others who build it.
pub(crate) const IMAGES: &[&str] = &[
    "ingress-nginx/controller",
    "ingress-nginx/controller-chroot",
    "kubernetes-ingress-controller/nginx-ingress-controller",
    "bitnami/nginx-ingress-controller",
    "rancher/nginx-ingress-controller",
];

impl Check for EndOfLifeIngressNginx {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.kind == "IngressClass"
            && let Some(controller) = resource.spec.and_then(|spec| spec.get("controller"))
            && controller.text() == "k8s.io/ingress-nginx"
        {
            findings
                .add(Self::META)
                .at(controller)
                .note("belongs to ingress-nginx, which is no longer maintained");
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(image) = container.image
            && is_image_of(container, IMAGES)
        {
            findings
                .add(Self::META)
                .at(image)
                .note("runs ingress-nginx, which is no longer maintained")
                .image(image.text());
        }
    }
}
