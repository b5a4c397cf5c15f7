use crate::{
    Check, Container, Findings, Resource, check,
    network::{image_repository::is_image_of, service::Service},
};

check! {
    /// ## What it finds
    /// Containers with the image of Tiller, the server of Helm 2, and Services that lead to it (`tiller-deploy`, or the selector `name: tiller`).
    ///
    /// ## Why it matters
    /// Tiller usually holds cluster-admin and takes orders from every pod without asking who it is.
    /// Helm 2 has had no fixes since November 2020; see <https://helm.sh/blog/helm-v2-deprecation-timeline/>.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: tiller-deploy
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: helm
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: helm
    ///     spec:
    ///       containers:
    ///         - name: tiller
    ///           image: gcr.io/kubernetes-helm/tiller:v2.17.0 # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: tiller-deploy # <-
    /// spec:
    ///   selector:
    ///     app: helm
    ///     name: tiller
    ///   ports:
    ///     - port: 44134
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: helm-exporter
    /// spec:
    ///   selector:
    ///     app: helm
    ///     name: exporter
    ///   ports:
    ///     - port: 44134
    /// ```
    ///
    /// ## Fix
    /// Remove Tiller and its Service, and use Helm 3 or newer, which has no server.
    HelmTiller {
        id: "helm-tiller",
        title: "Helm v2 Tiller deployed or exposed",
        ring: Cluster,
        target: Workload,
        hooks: [Resource, Container],
        severity: Critical,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

impl Check for HelmTiller {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(service) = Service::new(resource) else {
            return;
        };
        let selects_tiller = service
            .selector()
            .and_then(|selector| selector.get("name"))
            .is_some_and(|name| name.text() == "tiller");
        if resource.name == "tiller-deploy" || selects_tiller {
            findings
                .add(Self::META)
                .at(resource.place())
                .note("leads to Tiller, which takes orders from everyone");
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(image) = container.image
            && is_image_of(container, &["tiller"])
        {
            findings
                .add(Self::META)
                .at(image)
                .note("runs Tiller, which takes orders from everyone")
                .image(image.text());
        }
    }
}
