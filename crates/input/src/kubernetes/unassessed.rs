//! What custom objects hold that runs, or is applied, and that nobody judges.

use super::Resource;
use crate::{
    schema::{builtin, resource_name},
    yaml::Node,
};

/// Keys whose lists hold containers: of a pod, and of a Tekton task.
const LISTS: &[&str] = &[
    "containers",
    "initContainers",
    "ephemeralContainers",
    "steps",
    "sidecars",
];
/// Keys that hold one container, as in the templates of Argo Workflows.
const SINGLE: &[&str] = &["container", "script"];
/// What only a container has: an operator that knows the image itself is given the rest.
const FIELDS: &[&str] = &["securityContext", "volumeMounts", "volumeDevices"];
/// What a pod shares with its node.
const SHARED: &[&str] = &["hostNetwork", "hostPID", "hostIPC"];
/// Groups of objects that compare pods with a pattern, or change them, and run none.
const POLICY_GROUPS: &[&str] = &["kyverno.io", "gatekeeper.sh"];
/// Groups of objects that tell of others and apply none.
const RECORD_GROUPS: &[&str] = &["admission.k8s.io", "audit.k8s.io"];
/// Nodes within nodes that are looked at; aliases may nest deeper than what is written.
const MAX_DEPTH: u8 = 200;

/// The first part of a pod in a custom object that carries no known pod: whatever runs there is not judged.
/// It is a container, or what a pod is given of its node.
///
/// For objects without [`super::workloads`] only. Kinds of Kubernetes itself are known in full.
pub fn unassessed_pod<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    runs_something(resource).then(|| find(resource.node, MAX_DEPTH))?
}

/// The first object of Kubernetes within a custom one, by its kind: something else applies it, and it is not judged.
pub fn unassessed_object<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    let is_record = RECORD_GROUPS.contains(&resource.group());
    (runs_something(resource) && !is_record).then(|| find_object(resource.node, MAX_DEPTH))?
}

/// Whether an object is custom and no policy.
fn runs_something(resource: &Resource<'_>) -> bool {
    let is_policy = POLICY_GROUPS.iter().any(|group| {
        let rest = resource.group().strip_suffix(*group);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let known = || builtin().known(resource.api_version, resource.kind);
    !is_policy && known().is_none()
}

fn find_object(node: Node<'_>, depth: u8) -> Option<Node<'_>> {
    let depth = depth.checked_sub(1)?;
    let values = node.written_entries().map(|(_, value)| value);
    let mut within = node.items().chain(values);
    within.find_map(|it| kind_of_object(it).or_else(|| find_object(it, depth)))
}

/// The kind of an object that an API server would store; a reference to one has no metadata.
fn kind_of_object(node: Node<'_>) -> Option<Node<'_>> {
    let (version, kind) = (node.str("apiVersion")?, node.get("kind")?);
    let is_stored = resource_name(version, kind.text()).is_some()
        // Operators are given claims whole, with nothing in them that is judged here.
        && kind.text() != "PersistentVolumeClaim";
    (is_stored && node.get("metadata")?.is_mapping()).then_some(kind)
}

fn find(node: Node<'_>, depth: u8) -> Option<Node<'_>> {
    let depth = depth.checked_sub(1)?;
    if node.is_sequence() {
        return node.items().find_map(|item| find(item, depth));
    }
    let of_list = LISTS.iter().flat_map(|key| node.list(key));
    let single = SINGLE.iter().filter_map(|key| node.get(key));
    of_list
        .chain(single)
        .find(|it| is_container(*it))
        .or_else(|| of_node(node))
        .or_else(|| {
            let mut values = node.written_entries().map(|(_, value)| value);
            values.find_map(|value| find(value, depth))
        })
}

fn is_container(node: Node<'_>) -> bool {
    let names_image = node.str("image").is_some_and(|image| !image.is_empty());
    names_image || FIELDS.iter().any(|field| node.get(field).is_some())
}

/// The namespace of its node that a pod would share, the path of it that it would mount, or all of it.
fn of_node(node: Node<'_>) -> Option<Node<'_>> {
    let shared = SHARED.iter().filter_map(|key| node.get(key));
    let privileged = node.path(&["securityContext", "privileged"]);
    let mut rights = shared.chain(privileged);
    rights.find(|field| field.is_true()).or_else(|| {
        let mut paths = node
            .list("volumes")
            .filter_map(|volume| volume.path(&["hostPath", "path"]));
        paths.next()
    })
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use ringwall_model::Source;

    use super::{unassessed_object, unassessed_pod};
    use crate::{
        kubernetes::{ObjectDocument, Resource, objects},
        yaml::{self, Node},
    };

    /// The line of the part that is found.
    fn line(text: &str) -> Option<u32> {
        line_of(text, unassessed_pod)
    }

    fn line_of(text: &str, part: for<'a> fn(&Resource<'a>) -> Option<Node<'a>>) -> Option<u32> {
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
            panic!("no object");
        };
        let part = part(&objects[0])?;
        Some(part.location().start.line)
    }

    #[test]
    fn containers_are_found_wherever_they_are() {
        let task =
            "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - name: a\n  - image: a\n";
        assert_eq!(line(task), Some(6));
        let flow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - container: {image: a}\n";
        assert_eq!(line(flow), Some(5));
        let template =
            "apiVersion: v1\nkind: Template\nobjects:\n- spec: {containers: [{image: a}]}\n";
        assert_eq!(line(template), Some(4));
    }

    #[test]
    fn a_container_may_leave_its_image_to_an_operator() {
        let search = "apiVersion: search.example.com/v1\nkind: Cluster\nspec:\n  nodes:\n  - podTemplate:\n      spec:\n        initContainers:\n        - name: kernel\n          securityContext: {privileged: true}\n";
        assert_eq!(line(search), Some(8));
        let debugger = "apiVersion: a.b/v1\nkind: A\nspec:\n  ephemeralContainers:\n  - volumeMounts: [{name: a}]\n";
        assert_eq!(line(debugger), Some(5));
    }

    #[test]
    fn what_a_pod_is_given_of_its_node_is_found() {
        let agent =
            "apiVersion: a.b/v1\nkind: Agent\nspec:\n  image: a\n  pod:\n    hostPID: true\n";
        assert_eq!(line(agent), Some(6));
        let collector = "apiVersion: a.b/v1\nkind: Collector\nspec:\n  image: a\n  securityContext:\n    privileged: true\n";
        assert_eq!(line(collector), Some(6));
        let monitor = "apiVersion: a.b/v1\nkind: Monitor\nspec:\n  volumes:\n  - emptyDir: {}\n  - hostPath: {path: /}\n";
        assert_eq!(line(monitor), Some(6));
    }

    #[test]
    fn objects_within_custom_ones_are_found() {
        let object = |text: &str| line_of(text, unassessed_object);
        let work = "apiVersion: a.b/v1\nkind: Work\nspec:\n  manifests:\n  - apiVersion: rbac.authorization.k8s.io/v1\n    kind: ClusterRoleBinding\n    metadata: {name: a}\n";
        assert_eq!(object(work), Some(6));
        let template = "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {apiVersion: a.b/v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n";
        assert_eq!(object(template), Some(5));
        for text in [
            // References, kinds that are not known, claims, policies, records.
            "apiVersion: a.b/v1\nkind: A\nspec: {ref: {apiVersion: v1, kind: Service, name: a}}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {base: {apiVersion: c.d/v1, kind: Service, metadata: {name: a}}}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {claim: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}}\n",
            "apiVersion: kyverno.io/v1\nkind: Policy\nspec: {data: {apiVersion: v1, kind: Service, metadata: {name: a}}}\n",
            "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {object: {apiVersion: v1, kind: Pod, metadata: {name: a}}}\n",
            "apiVersion: v1\nkind: ConfigMap\ndata: {a: {apiVersion: v1, kind: Service, metadata: {name: a}}}\n",
        ] {
            assert_eq!(object(text), None, "{text}");
        }
    }

    #[test]
    fn what_runs_nothing_is_left_alone() {
        for text in [
            "apiVersion: a.b/v1\nkind: A\nspec: {securityContext: {privileged: false}, privileged: true}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {hostNetwork: false, hostPID: {enabled: true}, hostPath: {path: /}}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {extraVolumes: [{hostPath: /etc}], volumes: [{hostPath: /etc}]}\n",
            "apiVersion: example.com/v1\nkind: A\nspec: {containers: [{name: a}], image: a, container: a}\n",
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {containers: [{image: '!*:latest'}]}\n",
            "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nspec: {containers: [{image: a}]}\n",
            "apiVersion: v1\nkind: ConfigMap\ndata: {containers: [{image: a}]}\n",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn deep_aliases_end() {
        let mut text = "apiVersion: a.b/v1\nkind: A\na0: &a0 [x]\n".to_owned();
        for at in 1..1000 {
            writeln!(text, "a{at}: &a{at} [*a{}]", at - 1).unwrap();
        }
        assert_eq!(line(&text), None);
    }
}
