//! A pod, wherever it is written.

use std::collections::BTreeSet;

use super::{Container, Resource};
use crate::yaml::Node;

/// Where a kind carries its pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodPath {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Keys from the object to the node that holds the pod's `metadata` and `spec`, joined by dots;
    /// `*` stands for every item or value. Empty: the object itself.
    pub path: String,
}

impl PodPath {
    /// Whether an object is of the kind.
    pub fn is_of(&self, resource: &Resource<'_>) -> bool {
        self.kind == resource.kind && self.group == resource.group()
    }
}

/// Groups and kinds of custom resources that are known to carry pods, each once.
pub fn custom_pod_kinds() -> BTreeSet<(&'static str, &'static str)> {
    let own = ["", "apps", "extensions", "batch"];
    let kinds = WELL_KNOWN.iter().map(|(group, kind, _)| (*group, *kind));
    kinds.filter(|(group, _)| !own.contains(group)).collect()
}

/// Well-known kinds that carry a pod.
const WELL_KNOWN: &[(&str, &str, &str)] = &[
    ("", "Pod", ""),
    ("", "PodTemplate", "template"),
    ("", "ReplicationController", "spec.template"),
    ("apps", "Deployment", "spec.template"),
    ("apps", "StatefulSet", "spec.template"),
    ("apps", "DaemonSet", "spec.template"),
    ("apps", "ReplicaSet", "spec.template"),
    // Removed in 1.16, still found in repositories.
    ("extensions", "Deployment", "spec.template"),
    ("extensions", "DaemonSet", "spec.template"),
    ("extensions", "ReplicaSet", "spec.template"),
    ("batch", "Job", "spec.template"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template"),
    ("argoproj.io", "Rollout", "spec.template"),
    ("serving.knative.dev", "Service", "spec.template"),
    ("serving.knative.dev", "Configuration", "spec.template"),
    ("serving.knative.dev", "Revision", ""),
    ("apps.openshift.io", "DeploymentConfig", "spec.template"),
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
        "spec.install.spec.deployments.*.spec.template",
    ),
    ("apps.kruise.io", "CloneSet", "spec.template"),
    ("apps.kruise.io", "StatefulSet", "spec.template"),
    ("apps.kruise.io", "DaemonSet", "spec.template"),
    ("apps.kruise.io", "BroadcastJob", "spec.template"),
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        "spec.template.jobTemplate.spec.template",
    ),
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        "spec.template.broadcastJobTemplate.spec.template",
    ),
    (
        "apps.kruise.io",
        "UnitedDeployment",
        "spec.template.statefulSetTemplate.spec.template",
    ),
    (
        "apps.kruise.io",
        "UnitedDeployment",
        "spec.template.advancedStatefulSetTemplate.spec.template",
    ),
    (
        "apps.kruise.io",
        "UnitedDeployment",
        "spec.template.cloneSetTemplate.spec.template",
    ),
    (
        "apps.kruise.io",
        "UnitedDeployment",
        "spec.template.deploymentTemplate.spec.template",
    ),
    (
        "jobset.x-k8s.io",
        "JobSet",
        "spec.replicatedJobs.*.template.spec.template",
    ),
    ("kubeflow.org", "TFJob", "spec.tfReplicaSpecs.*.template"),
    (
        "kubeflow.org",
        "PyTorchJob",
        "spec.pytorchReplicaSpecs.*.template",
    ),
    ("kubeflow.org", "MPIJob", "spec.mpiReplicaSpecs.*.template"),
    (
        "kubeflow.org",
        "XGBoostJob",
        "spec.xgbReplicaSpecs.*.template",
    ),
    (
        "kubeflow.org",
        "PaddleJob",
        "spec.paddleReplicaSpecs.*.template",
    ),
    ("kubeflow.org", "MXJob", "spec.mxReplicaSpecs.*.template"),
    ("kubeflow.org", "JAXJob", "spec.jaxReplicaSpecs.*.template"),
    ("kubeflow.org", "Notebook", "spec.template"),
    (
        "trainer.kubeflow.org",
        "TrainingRuntime",
        "spec.template.spec.replicatedJobs.*.template.spec.template",
    ),
    (
        "trainer.kubeflow.org",
        "ClusterTrainingRuntime",
        "spec.template.spec.replicatedJobs.*.template.spec.template",
    ),
    ("ray.io", "RayCluster", "spec.headGroupSpec.template"),
    ("ray.io", "RayCluster", "spec.workerGroupSpecs.*.template"),
    (
        "ray.io",
        "RayJob",
        "spec.rayClusterSpec.headGroupSpec.template",
    ),
    (
        "ray.io",
        "RayJob",
        "spec.rayClusterSpec.workerGroupSpecs.*.template",
    ),
    ("ray.io", "RayJob", "spec.submitterPodTemplate"),
    (
        "ray.io",
        "RayService",
        "spec.rayClusterConfig.headGroupSpec.template",
    ),
    (
        "ray.io",
        "RayService",
        "spec.rayClusterConfig.workerGroupSpecs.*.template",
    ),
    ("agents.x-k8s.io", "Sandbox", "spec.podTemplate"),
    (
        "extensions.agents.x-k8s.io",
        "SandboxTemplate",
        "spec.podTemplate",
    ),
    ("keda.sh", "ScaledJob", "spec.jobTargetRef.template"),
    ("batch.volcano.sh", "Job", "spec.tasks.*.template"),
    (
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        "spec.leaderWorkerTemplate.leaderTemplate",
    ),
    (
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        "spec.leaderWorkerTemplate.workerTemplate",
    ),
];

/// The system that a pod states to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// `spec.os.name: linux`.
    Linux,
    /// `spec.os.name: windows`.
    Windows,
    /// Nothing stated.
    Unset,
}

/// What all containers of a pod share.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The object that carries it.
    pub resource: Resource<'a>,
    /// The pod's own metadata, that of the template.
    pub metadata: Option<Node<'a>>,
    /// The pod's `spec`.
    pub spec: Node<'a>,
    /// The pod-level `securityContext`, if it is an object.
    pub security_context: Option<Node<'a>>,
    /// `resources` of the pod as a whole, if written.
    pub resources: Option<Node<'a>>,
    /// The system it states.
    pub os: Os,
}

/// A pod with its containers.
#[derive(Clone, Debug)]
pub struct Workload<'a> {
    /// What all containers share.
    pub pod: Pod<'a>,
    /// Init containers and sidecars, regular, ephemeral ones, in this order.
    pub containers: Vec<Container<'a>>,
}

/// The pods that an object carries: none for most kinds, several for some custom ones.
pub fn workloads<'a>(resource: &Resource<'a>, configured: &[PodPath]) -> Vec<Workload<'a>> {
    let mut found = Vec::new();
    let group = resource.group();
    for &(known_group, kind, path) in WELL_KNOWN {
        if kind == resource.kind && known_group == group {
            follow(resource, resource.node, path, &mut found);
        }
    }
    for known in configured {
        if known.is_of(resource) {
            follow(resource, resource.node, &known.path, &mut found);
        }
    }
    found
}

fn follow<'a>(resource: &Resource<'a>, node: Node<'a>, path: &str, found: &mut Vec<Workload<'a>>) {
    if path.is_empty() {
        found.extend(Workload::new(*resource, node));
        return;
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    if key == "*" {
        let values = node.written_entries().map(|(_, value)| value);
        for item in node.items().chain(values) {
            follow(resource, item, rest, found);
        }
    } else if let Some(next) = node.get(key) {
        follow(resource, next, rest, found);
    }
}

impl<'a> Workload<'a> {
    fn new(resource: Resource<'a>, template: Node<'a>) -> Option<Self> {
        let spec = template.get("spec").filter(|spec| spec.is_mapping())?;
        let pod = Pod {
            resource,
            metadata: template
                .get("metadata")
                .filter(|metadata| metadata.is_mapping()),
            spec,
            security_context: spec
                .get("securityContext")
                .filter(|context| context.is_mapping()),
            resources: spec.get("resources"),
            os: match spec.path(&["os", "name"]).and_then(Node::as_str) {
                Some("linux") => Os::Linux,
                Some("windows") => Os::Windows,
                _ => Os::Unset,
            },
        };
        let containers = ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(|list| {
                spec.list(list)
                    .filter(|node| node.is_mapping())
                    .enumerate()
                    .map(move |(index, node)| Container::new(pod, list, index, node))
            })
            .collect();
        Some(Self { pod, containers })
    }

    /// The object that carries it.
    pub fn resource(&self) -> &Resource<'a> {
        &self.pod.resource
    }

    /// The containers that run as long as the pod.
    pub fn long_running(&self) -> impl Iterator<Item = &Container<'a>> {
        self.containers
            .iter()
            .filter(|container| container.is_long_running())
    }
}

impl<'a> Pod<'a> {
    /// The field of the pod's `spec` at the end of a path of keys.
    pub fn field<const N: usize>(&self, keys: [&str; N]) -> Option<Node<'a>> {
        self.spec.path(&keys)
    }

    /// A field of the pod-level security context.
    pub fn security(&self, key: &str) -> Option<Node<'a>> {
        self.security_context?
            .get(key)
            .filter(|field| !field.is_null())
    }

    /// Whether it states to run on Windows, where Linux settings mean nothing.
    pub fn is_windows(&self) -> bool {
        self.os == Os::Windows
    }

    /// The pod's volumes.
    pub fn volumes(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.spec
            .list("volumes")
            .filter(|volume| volume.is_mapping())
    }

    /// The images that are mounted as volumes, each with the volume's name.
    pub fn image_volumes(&self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.volumes().filter_map(|volume| {
            let reference = volume.path(&["image", "reference"])?;
            let image = (!reference.text().is_empty()).then_some(reference)?;
            Some((volume.str("name").unwrap_or(""), image))
        })
    }

    /// The volume of a name.
    pub fn volume(&self, name: &str) -> Option<Node<'a>> {
        self.volumes()
            .find(|volume| volume.str("name") == Some(name))
    }

    /// The value of an annotation of the pod (not of the object around it).
    pub fn annotation(&self, key: &str) -> Option<Node<'a>> {
        self.metadata?.get("annotations")?.get(key)
    }

    /// The pod's labels.
    pub fn labels(&self) -> Option<Node<'a>> {
        self.metadata?.get("labels")
    }

    /// What a finding about the whole pod points at: its `spec`, or the name of a bare `Pod`.
    pub fn place(&self) -> Node<'a> {
        if self.resource.kind == "Pod" {
            self.resource.place()
        } else {
            self.spec
        }
    }

    /// Whether it runs on its own, without a controller that would make a new one.
    pub fn is_naked(&self) -> bool {
        self.resource.is("", "Pod")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::{WELL_KNOWN, workloads};
    use crate::{
        kubernetes::{ObjectDocument, objects},
        yaml,
    };

    #[test]
    fn openshift_takes_v1_for_its_deployments() {
        let text = "apiVersion: v1\nkind: DeploymentConfig\nspec: {template: {spec: {containers: [{name: a}]}}}\n";
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
            panic!("no object");
        };
        assert_eq!(workloads(&objects[0], &[]).len(), 1);
    }

    #[test]
    fn every_known_path_leads_to_its_pod() {
        for &(group, kind, path) in WELL_KNOWN {
            let mut body = "{spec: {containers: [{name: a}]}}".to_owned();
            for key in path.split('.').rev().filter(|key| !key.is_empty()) {
                body = match key {
                    "*" => format!("[{body}]"),
                    key => format!("{{{key}: {body}}}"),
                };
            }
            let version = if group.is_empty() { "v1" } else { "/v1" };
            let head = format!("apiVersion: {group}{version}, kind: {kind}, ");
            let text = body.replacen('{', &format!("{{{head}"), 1);
            let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
            assert_eq!(diagnostics, []);
            let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
                panic!("{group} {kind} is no object");
            };
            let found = workloads(&objects[0], &[]);
            assert_eq!(found.len(), 1, "{group} {kind} {path}");
            assert_eq!(found[0].containers.len(), 1, "{group} {kind} {path}");
        }
    }
}
