//! Programs whose web interface administers something.

use super::{
    image_repository::{is_named, repository},
    service::Service,
};
use crate::{Inventory, Selector};

struct AdminInterface {
    title: &'static str,
    /// Names that their own manifests and charts give to the Service.
    services: &'static [&'static str],
    /// Images that hold nothing but the interface.
    images: &'static [&'static str],
}

const INTERFACES: &[AdminInterface] = &[
    AdminInterface {
        title: "the Kubernetes dashboard",
        services: &[
            "kubernetes-dashboard",
            "kubernetes-dashboard-kong-proxy",
            "kubernetes-dashboard-web",
        ],
        images: &[
            "kubernetesui/dashboard",
            "kubernetesui/dashboard-web",
            "kubernetesui/dashboard-api",
            "kubernetes-dashboard-amd64",
        ],
    },
    AdminInterface {
        title: "Argo CD",
        services: &["argocd-server"],
        images: &[],
    },
    AdminInterface {
        title: "Argo Workflows",
        services: &["argo-server", "argo-workflows-server"],
        images: &["argoproj/argocli"],
    },
    AdminInterface {
        title: "Weave Scope",
        services: &["weave-scope-app"],
        images: &["weaveworks/scope"],
    },
    AdminInterface {
        title: "Kubeflow",
        services: &[
            "centraldashboard",
            "ml-pipeline-ui",
            "jupyter-web-app-service",
        ],
        images: &[],
    },
    AdminInterface {
        title: "Tiller",
        services: &["tiller-deploy"],
        images: &["kubernetes-helm/tiller"],
    },
    AdminInterface {
        title: "Headlamp",
        services: &["headlamp"],
        images: &["headlamp-k8s/headlamp", "kinvolk/headlamp"],
    },
    AdminInterface {
        title: "Portainer",
        services: &["portainer"],
        images: &[
            "portainer/portainer",
            "portainer/portainer-ce",
            "portainer/portainer-ee",
        ],
    },
    AdminInterface {
        title: "Rancher",
        services: &["rancher"],
        images: &["rancher/rancher"],
    },
    AdminInterface {
        title: "Longhorn",
        services: &["longhorn-frontend"],
        images: &["longhornio/longhorn-ui"],
    },
    AdminInterface {
        title: "Chaos Mesh",
        services: &["chaos-dashboard"],
        images: &["chaos-mesh/chaos-dashboard"],
    },
    AdminInterface {
        title: "the Ceph dashboard",
        services: &["rook-ceph-mgr-dashboard"],
        images: &[],
    },
    AdminInterface {
        title: "Jenkins",
        services: &["jenkins"],
        images: &["jenkins/jenkins"],
    },
    AdminInterface {
        title: "phpMyAdmin",
        services: &["phpmyadmin"],
        images: &["phpmyadmin", "phpmyadmin/phpmyadmin"],
    },
    AdminInterface {
        title: "pgAdmin",
        services: &["pgadmin", "pgadmin4"],
        images: &["dpage/pgadmin4"],
    },
    AdminInterface {
        title: "Adminer",
        services: &["adminer"],
        images: &["adminer"],
    },
    AdminInterface {
        title: "mongo-express",
        services: &["mongo-express"],
        images: &["mongo-express"],
    },
    AdminInterface {
        title: "Redis Commander",
        services: &["redis-commander"],
        images: &["rediscommander/redis-commander"],
    },
    AdminInterface {
        title: "Kafka UI",
        services: &["kafka-ui"],
        images: &["provectuslabs/kafka-ui", "kafbat/kafka-ui"],
    },
    AdminInterface {
        title: "Jupyter",
        services: &["jupyter", "jupyterhub", "proxy-public"],
        images: &[
            "jupyter/base-notebook",
            "jupyter/minimal-notebook",
            "jupyter/scipy-notebook",
            "jupyter/datascience-notebook",
            "jupyter/tensorflow-notebook",
            "jupyterhub/jupyterhub",
        ],
    },
    AdminInterface {
        title: "MLflow",
        services: &["mlflow"],
        images: &["mlflow/mlflow"],
    },
    AdminInterface {
        title: "Ray",
        services: &[],
        images: &["rayproject/ray", "rayproject/ray-ml"],
    },
    AdminInterface {
        title: "vLLM",
        services: &[],
        images: &["vllm/vllm-openai"],
    },
    AdminInterface {
        title: "Ollama",
        services: &["ollama"],
        images: &["ollama/ollama"],
    },
];

/// What a Service of this name leads to.
pub(super) fn by_service_name(name: &str) -> Option<&'static str> {
    let mut interfaces = INTERFACES.iter();
    interfaces
        .find(|interface| interface.services.contains(&name))
        .map(|interface| interface.title)
}

/// What a Service leads to, by its name or by the images of its pods.
pub(super) fn behind(service: &Service<'_>, inventory: &Inventory<'_>) -> Option<&'static str> {
    by_service_name(service.resource.name).or_else(|| {
        inventory
            .selected(Selector::Map(service.selector()?), &service.resource)
            .flat_map(ringwall_input::kubernetes::Workload::long_running)
            .filter_map(repository)
            .find_map(|repository| {
                let mut interfaces = INTERFACES.iter();
                interfaces
                    .find(|interface| is_named(repository, interface.images))
                    .map(|interface| interface.title)
            })
    })
}
