use crate::{
    Check, Container, Findings, Resource, Workload, check,
    network::{image_repository::repository, service::Service},
};

check! {
    /// ## What it finds
    /// Containers with an image of Tiller, the server of Helm 2, pods that `helm init` made (the Deployment `tiller-deploy`, or the label `name: tiller`), and Services that lead to it (`tiller-deploy`, or the selector `name: tiller`).
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
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: helm-server
    /// spec:
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: helm
    ///         name: tiller # <-
    ///     spec:
    ///       containers:
    ///         - name: server
    ///           image: mirror.example/helm-server:2.16
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: helm
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: server
    ///           image: mirror.example/helm-tiller-amd64:2.16 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: whisky
    /// spec:
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: helm
    ///     spec:
    ///       containers:
    ///         - name: app
    ///           image: shop/distiller:1.0
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
        hooks: [Resource, Workload, Container],
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

    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if workload.containers.iter().any(is_tiller) {
            return; // Each of its containers is told.
        }
        let resource = workload.resource();
        let label = workload.pod.labels().and_then(|labels| labels.get("name"));
        let place = label
            .filter(|label| label.text() == "tiller")
            .or_else(|| (resource.name == "tiller-deploy").then(|| resource.place()));
        if let Some(place) = place {
            findings
                .add(Self::META)
                .at(place)
                .note("is Tiller by its name, which takes orders from everyone");
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(image) = container.image
            && is_tiller(container)
        {
            findings
                .add(Self::META)
                .at(image)
                .note("runs Tiller, which takes orders from everyone")
                .image(image.text());
        }
    }
}

/// Whether the image's name ends with the word `tiller`, or with it and an architecture.
fn is_tiller(container: &Container<'_>) -> bool {
    let name = repository(container).and_then(|repository| repository.rsplit('/').next());
    let mut words = name.unwrap_or("").rsplit(['-', '_', '.']);
    let is_architecture =
        |word: &&str| matches!(*word, "amd64" | "arm64" | "arm" | "ppc64le" | "s390x");
    words.find(|word| !is_architecture(word)) == Some("tiller")
}
