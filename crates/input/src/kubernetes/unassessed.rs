//! What custom objects hold that runs, or is applied, and that nobody judges.

use super::{Resource, SAFE_SYSCTLS, Workload};
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
/// What a pod may be given of its node by a path, in the lists of its volumes; the second one of KubeVirt.
const PATHS: &[&str] = &["hostPath", "hostDisk"];
/// Settings of a security context by which a container has more rights than it needs.
const LOOSENED: &[&[&str]] = &[
    &["privileged"],
    &["allowPrivilegeEscalation"],
    &["windowsOptions", "hostProcess"],
];
/// Settings of a security context that take a protection away, and the values that do.
const TAKEN_AWAY: &[(&[&str], &str)] = &[
    (&["procMount"], "Unmasked"),
    (&["seccompProfile", "type"], "Unconfined"),
    (&["appArmorProfile", "type"], "Unconfined"),
];
/// Kinds whose operators make pods of what they are given, which names an image or code but nothing that only a
/// pod has.
const RUNNERS: &[(&str, &[&str])] = &[
    (
        "sparkoperator.k8s.io",
        &["SparkApplication", "ScheduledSparkApplication"],
    ),
    ("serving.kserve.io", &["InferenceService"]),
    (
        "actions.summerwind.dev",
        &[
            "Runner",
            "RunnerDeployment",
            "RunnerReplicaSet",
            "RunnerSet",
        ],
    ),
    ("flink.apache.org", &["FlinkDeployment"]),
];
/// Keys whose texts change a pod that is made elsewhere.
const POD_PATCHES: &[&str] = &["podSpecPatch"];
/// Groups of objects that compare pods with a pattern, or change them, and run none.
const POLICY_GROUPS: &[&str] = &["kyverno.io", "gatekeeper.sh"];
/// Groups of objects that tell of others and apply none, and overlays, which are told as such.
const RECORD_GROUPS: &[&str] = &[
    "admission.k8s.io",
    "audit.k8s.io",
    "console.openshift.io",
    "kustomize.config.k8s.io",
];
/// Fields of texts for people, and of what others noted.
const NOTES: &[&str] = &["annotations", "description", "status"];
/// Nodes within nodes that are looked at; aliases may nest deeper than what is written.
const MAX_DEPTH: u8 = 200;

/// The first part of a pod in a custom object outside of the pods that are known of it: whatever runs there is not
/// judged. It is a container, what a pod is given of its node, or a security context that loosens something; of a
/// kind that is known to run what it is given, its whole specification.
///
/// Kinds of Kubernetes itself are known in full.
pub fn unassessed_pod<'a>(resource: &Resource<'a>, known: &[Workload<'a>]) -> Option<Node<'a>> {
    if is_policy(resource) || is_builtin(resource) {
        return None;
    }
    let search = Search {
        known: known.iter().map(|workload| workload.pod.spec).collect(),
    };
    search.find(resource.node, MAX_DEPTH).or_else(|| {
        resource
            .spec
            .filter(|_| known.is_empty() && is_runner(resource))
    })
}

fn is_runner(resource: &Resource<'_>) -> bool {
    let mut runners = RUNNERS.iter();
    runners.any(|(group, kinds)| resource.group() == *group && kinds.contains(&resource.kind))
}

/// The first object of Kubernetes within a custom one, where it stands and its kind: something else applies it, and it
/// is not judged. It may stand in a text.
pub fn unassessed_object<'a>(resource: &Resource<'a>) -> Option<(Node<'a>, &'a str)> {
    if RECORD_GROUPS.contains(&resource.group()) || is_builtin(resource) {
        return None;
    }
    if is_policy(resource) {
        return generated(resource);
    }
    find_object(resource.node, MAX_DEPTH)
}

/// Whether an object is a policy about others.
fn is_policy(resource: &Resource<'_>) -> bool {
    POLICY_GROUPS.iter().any(|group| {
        let rest = resource.group().strip_suffix(*group);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn is_builtin(resource: &Resource<'_>) -> bool {
    builtin()
        .known(resource.api_version, resource.kind)
        .is_some()
}

/// The kind of the first object that a policy of Kyverno makes by itself.
fn generated<'a>(resource: &Resource<'a>) -> Option<(Node<'a>, &'a str)> {
    let rules = resource.spec?.list("rules");
    let mut made = rules.filter_map(|rule| rule.get("generate"));
    made.find_map(|made| {
        let (version, kind) = (made.str("apiVersion")?, made.get("kind")?);
        let is_given = made.get("data").is_some_and(Node::is_mapping);
        let is_stored = resource_name(version, kind.text()).is_some();
        (is_given && is_stored).then(|| (kind, kind.text()))
    })
}

fn find_object(node: Node<'_>, depth: u8) -> Option<(Node<'_>, &str)> {
    let depth = depth.checked_sub(1)?;
    let values = node
        .written_entries()
        .filter(|(key, _)| !NOTES.contains(&key.text()))
        .map(|(_, value)| value);
    let mut within = node.items().chain(values);
    within.find_map(|it| {
        kind_of_object(it)
            .map(|kind| (kind, kind.text()))
            .or_else(|| Some((it, kind_in_text(it)?)))
            .or_else(|| find_object(it, depth))
    })
}

/// The kind where a text is, or is a template of, an object that an API server would store: one that begins with a
/// key and has those of an object as far to the left, or is JSON. Prose may show an object further to the right.
fn kind_in_text(node: Node<'_>) -> Option<&str> {
    let text = node.as_str()?;
    if !text.contains("apiVersion") || !text.contains("kind") {
        return None;
    }
    let (version, kind) = in_yaml(text).or_else(|| in_json(text))?;
    resource_name(version, kind).is_some().then_some(kind)
}

/// What the keys of an object say in YAML.
fn in_yaml(text: &str) -> Option<(&str, &str)> {
    let first = text.lines().find(|line| {
        let is_mark = ["#", "---", "{{", "{%"]
            .iter()
            .any(|mark| line.trim_start().starts_with(mark));
        !line.trim().is_empty() && !is_mark
    })?;
    let depth = first.len() - first.trim_start().len();
    let keys = |line: &'_ str| -> Option<(usize, usize)> {
        let colon = line.find(':')?;
        let key = line.get(depth..colon)?;
        let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
        is_key.then_some((depth, colon))
    };
    keys(first)?;
    let value = |wanted: &str| {
        text.lines().find_map(|line| {
            let (from, colon) = keys(line)?;
            let quotes: &[char] = &['"', '\''];
            let key = line.get(from..colon)?.trim_matches(quotes);
            let value = line
                .get(colon + 1..)?
                .trim_start()
                .trim_start_matches(quotes);
            let end = value.find(|next: char| next.is_whitespace() || "\"'#".contains(next));
            (key == wanted).then(|| value.get(..end.unwrap_or(value.len())))?
        })
    };
    value("apiVersion").zip(value("kind"))
}

/// What they say in JSON, on one line or many.
fn in_json(text: &str) -> Option<(&str, &str)> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        rest.strip_prefix('"')?.split('"').next()
    };
    value("apiVersion").zip(value("kind"))
}

/// The kind of an object that an API server would store; a reference to one has no metadata.
fn kind_of_object(node: Node<'_>) -> Option<Node<'_>> {
    let (version, kind) = (node.str("apiVersion")?, node.get("kind")?);
    let is_stored = resource_name(version, kind.text()).is_some()
        // Operators are given claims whole, with nothing in them that is judged here.
        && kind.text() != "PersistentVolumeClaim";
    (is_stored && node.get("metadata")?.is_mapping()).then_some(kind)
}

/// The search for parts of a pod.
struct Search<'a> {
    /// Pods that are judged.
    known: Vec<Node<'a>>,
}

impl<'a> Search<'a> {
    fn find(&self, node: Node<'a>, depth: u8) -> Option<Node<'a>> {
        let depth = depth.checked_sub(1)?;
        if node.is_sequence() {
            return node.items().find_map(|item| self.find(item, depth));
        }
        if self.known.iter().any(|spec| spec.id() == node.id()) {
            return None;
        }
        let of_list = LISTS.iter().flat_map(|key| node.list(key));
        let single = SINGLE.iter().filter_map(|key| node.get(key));
        of_list
            .chain(single)
            .find(|it| is_container(*it))
            .or_else(|| of_node(node))
            .or_else(|| {
                let mut values = node.written_entries().map(|(_, value)| value);
                values.find_map(|value| self.find(value, depth))
            })
    }
}

fn is_container(node: Node<'_>) -> bool {
    let names_image = node.str("image").is_some_and(|image| !image.is_empty());
    names_image || FIELDS.iter().any(|field| node.get(field).is_some())
}

/// The namespace of its node that a pod would share, the path of it that it would mount, or more rights than it needs.
fn of_node(node: Node<'_>) -> Option<Node<'_>> {
    let shared = SHARED.iter().filter_map(|key| node.get(key));
    let patches = POD_PATCHES.iter().filter_map(|key| node.get(key));
    let mut contexts = node
        .written_entries()
        .filter(|(key, _)| is_context(key.text()))
        .map(|(_, value)| value);
    shared
        .clone()
        .find(|field| field.is_true())
        .or_else(|| contexts.find_map(loosened))
        .or_else(|| {
            let mut patches = patches.filter(|patch| !patch.is_null());
            patches.next()
        })
        .or_else(|| {
            let mut paths = node.list("volumes").flat_map(|volume| {
                let paths = PATHS.iter();
                paths.filter_map(move |kind| volume.path(&[kind, "path"]))
            });
            paths.next()
        })
}

/// Whether a key is one of a security context, as operators call it: `securityContext`, `podSecurityContext`.
fn is_context(key: &str) -> bool {
    key == "securityContext" || key.ends_with("SecurityContext")
}

/// What a security context loosens: more than a pod without one has.
fn loosened(context: Node<'_>) -> Option<Node<'_>> {
    let on = LOOSENED.iter().filter_map(|path| context.path(path));
    let off = TAKEN_AWAY.iter().filter_map(|(path, value)| {
        let field = context.path(path)?;
        (field.as_str() == Some(value)).then_some(field)
    });
    let root = context
        .get("runAsUser")
        .filter(|user| user.as_i64() == Some(0));
    let added = context.path(&["capabilities", "add"]);
    // The one that a restricted pod may have.
    let mut added = added
        .into_iter()
        .flat_map(Node::items)
        .filter(|added| added.text() != "NET_BIND_SERVICE");
    let mut sysctls = context.list("sysctls").filter(|sysctl| {
        let name = sysctl.str("name").unwrap_or_default();
        !SAFE_SYSCTLS.iter().any(|(safe, _)| *safe == name)
    });
    on.into_iter()
        .find(|field| field.is_true())
        .or_else(|| off.into_iter().next())
        .or(root)
        .or_else(|| added.next())
        .or_else(|| sysctls.next())
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use ringwall_model::Source;

    use super::{unassessed_object, unassessed_pod};
    use crate::{
        kubernetes::{ObjectDocument, Resource, objects, workloads},
        yaml::{self, Node},
    };

    /// The line of the part that is found.
    fn line(text: &str) -> Option<u32> {
        line_of(text, |resource| {
            unassessed_pod(resource, &workloads(resource, &[]))
        })
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
    fn kinds_that_run_what_they_are_given_are_found_without_a_part_of_a_pod() {
        let spark = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec:\n  image: a\n  driver: {cores: 1}\n";
        assert_eq!(line(spark), Some(3));
        let model = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec:\n  predictor:\n    model: {storageUri: a}\n";
        assert_eq!(line(model), Some(3));
        let runner = "apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nspec:\n  template:\n    spec: {dockerdWithinRunnerContainer: true}\n";
        assert_eq!(line(runner), Some(3));
        let other = "apiVersion: a.b/v1\nkind: InferenceService\nspec:\n  image: a\n";
        assert_eq!(line(other), None);
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
        let object = |text: &str| line_of(text, |it| Some(unassessed_object(it)?.0));
        let work = "apiVersion: a.b/v1\nkind: Work\nspec:\n  manifests:\n  - apiVersion: rbac.authorization.k8s.io/v1\n    kind: ClusterRoleBinding\n    metadata: {name: a}\n";
        assert_eq!(object(work), Some(6));
        let template = "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {apiVersion: a.b/v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n";
        assert_eq!(object(template), Some(5));
        let policy = "apiVersion: kyverno.io/v1\nkind: Policy\nspec:\n  rules:\n  - generate:\n      apiVersion: v1\n      kind: ConfigMap\n      data: {data: {a: b}}\n";
        assert_eq!(object(policy), Some(7));
        for text in [
            // References, kinds that are not known, claims, policies, records.
            "apiVersion: a.b/v1\nkind: A\nspec: {ref: {apiVersion: v1, kind: Service, name: a}}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {base: {apiVersion: c.d/v1, kind: Service, metadata: {name: a}}}\n",
            "apiVersion: a.b/v1\nkind: A\nspec: {claim: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}}\n",
            "apiVersion: kyverno.io/v1\nkind: Policy\nspec: {data: {apiVersion: v1, kind: Service, metadata: {name: a}}}\n",
            "apiVersion: kyverno.io/v1\nkind: Policy\nspec: {rules: [{match: {kind: Service}, generate: {apiVersion: v1, kind: Service, clone: {name: a}}}]}\n",
            "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {object: {apiVersion: v1, kind: Pod, metadata: {name: a}}}\n",
            "apiVersion: v1\nkind: ConfigMap\ndata: {a: {apiVersion: v1, kind: Service, metadata: {name: a}}}\n",
        ] {
            assert_eq!(object(text), None, "{text}");
        }
    }

    #[test]
    fn objects_in_texts_are_found() {
        let object = |text: &str| line_of(text, |it| Some(unassessed_object(it)?.0));
        let flow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - resource:\n      manifest: ";
        for manifest in [
            "|\n        apiVersion: v1\n        kind: Pod\n",
            "|\n        # {{a}}\n        kind: 'Pod'\n        apiVersion: \"v1\"\n        spec: {{b}}\n",
            "'{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}'\n",
            "|\n        {\n          \"apiVersion\": \"v1\",\n          \"kind\": \"Pod\"\n        }\n",
            "|\n        rules: []\n        kind: ClusterRole\n        apiVersion: rbac.authorization.k8s.io/v1\n",
        ] {
            let text = format!("{flow}{manifest}");
            assert!(object(&text).is_some(), "{text}");
        }
        for manifest in [
            "|\n        apiVersion: v1\n        kind: Config\n",
            "the apiVersion and the kind\n",
            "|\n        Make it like this:\n        apiVersion: v1\n        kind: Pod\n",
            "|\n        Example:\n          apiVersion: v1\n          kind: Pod\n",
            "'{\"apiVersion\":\"a.b/v1\",\"kind\":\"A\"}'\n",
        ] {
            assert_eq!(object(&format!("{flow}{manifest}")), None, "{manifest}");
        }
        let described = "apiVersion: a.b/v1\nkind: A\nmetadata: {annotations: {last: '{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}'}}\nspec:\n  description: |\n    apiVersion: v1\n    kind: Pod\n";
        assert_eq!(object(described), None);
        let patch =
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  podSpecPatch: '{}'\n";
        assert_eq!(line(patch), Some(4));
    }

    #[test]
    fn security_contexts_that_loosen_something_are_found() {
        let context = |context: &str| {
            line(&format!(
                "apiVersion: a.b/v1\nkind: A\nspec:\n  image: a\n  podSecurityContext:\n    {context}\n"
            ))
        };
        for loosened in [
            "runAsUser: 0",
            "allowPrivilegeEscalation: true",
            "procMount: Unmasked",
            "seccompProfile: {type: Unconfined}",
            "appArmorProfile: {type: Unconfined}",
            "capabilities: {add: [SYS_ADMIN], drop: [ALL]}",
            "windowsOptions: {hostProcess: true}",
            "sysctls: [{name: a, value: b}]",
        ] {
            assert_eq!(context(loosened), Some(6), "{loosened}");
        }
        for tight in [
            "runAsUser: 1000",
            "runAsNonRoot: true",
            "allowPrivilegeEscalation: false",
            "seccompProfile: {type: RuntimeDefault}",
            "capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}",
            "sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '0'}]",
            "privileged: false",
        ] {
            assert_eq!(context(tight), None, "{tight}");
        }
        let machine = "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec:\n  volumes:\n  - hostDisk: {path: /dev/sda}\n";
        assert_eq!(line(machine), Some(5));
    }

    #[test]
    fn what_stands_beside_known_pods_is_found() {
        let rollout = |rest: &str| {
            line(&format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n    spec: {{hostPID: true, containers: [{{image: a, securityContext: {{privileged: true}}}}]}}\n  {rest}\n"
            ))
        };
        assert_eq!(rollout("replicas: 1"), None);
        assert_eq!(
            rollout("agent: {securityContext: {privileged: true}}"),
            Some(6)
        );
        assert_eq!(rollout("patch: {spec: {hostPID: true}}"), Some(6));
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
