//! Values that decide over security and that another tool puts in place before an object is applied.

use super::{Resource, Role, Workload};
use crate::{schema::is_placeholder, yaml::Node};

/// What of a pod's spec decides by itself.
const OF_POD: [&str; 6] = [
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostUsers",
    "automountServiceAccountToken",
    "shareProcessNamespace",
];
/// Nodes within nodes that are looked at in a security context.
const MAX_DEPTH: u8 = 8;
/// What labels of namespaces about Pod Security begin with.
const POD_SECURITY: &str = "pod-security.kubernetes.io/";

/// The first value in the pods of an object that decides over their security and is not what it will be:
/// `privileged: "${PRIVILEGED:-true}"`.
pub fn unrendered_of_pods<'a>(workloads: &[Workload<'a>]) -> Option<Node<'a>> {
    workloads.iter().find_map(|workload| {
        let spec = workload.pod.spec;
        let fields = OF_POD.iter().filter_map(|field| spec.get(field));
        let contexts = workload
            .containers
            .iter()
            .map(|container| container.node)
            .chain([spec])
            .filter_map(|node| node.get("securityContext"));
        let paths = spec
            .list("volumes")
            .filter_map(|volume| volume.path(&["hostPath", "path"]));
        fields
            .chain(contexts)
            .chain(paths)
            .find_map(|node| within(node, MAX_DEPTH))
    })
}

/// The same of what an object other than a pod decides: who gets which rights, and which level holds for pods.
pub fn unrendered<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    if resource.is("", "Namespace") {
        let labels = resource.metadata?.get("labels")?;
        let mut labels = labels.written_entries();
        let label = labels.find(|(key, value)| {
            key.text().starts_with(POD_SECURITY) && is_placeholder(value.text())
        });
        return label.map(|(_, value)| value);
    }
    if resource.group() != "rbac.authorization.k8s.io" {
        return None;
    }
    if let Some(role) = Role::new(resource) {
        // Which objects a rule is about, by their names, is another matter.
        let lists = ["verbs", "resources", "apiGroups"];
        return role.rules.iter().find_map(|rule| {
            let items = lists.iter().flat_map(|list| rule.node.list(list));
            items.into_iter().find(|item| is_placeholder(item.text()))
        });
    }
    let role = resource.node.path(&["roleRef", "name"]);
    let groups = resource
        .node
        .list("subjects")
        .filter(|subject| subject.str("kind") == Some("Group"))
        .filter_map(|subject| subject.get("name"));
    role.into_iter()
        .chain(groups)
        .find(|name| is_placeholder(name.text()))
}

fn within(node: Node<'_>, depth: u8) -> Option<Node<'_>> {
    let depth = depth.checked_sub(1)?;
    if node.is_scalar() {
        return is_placeholder(node.text()).then_some(node);
    }
    // `{{ privileged }}` without quotes is a mapping with a mapping for its key.
    let mut entries = node.written_entries();
    let as_key = entries.find(|(key, _)| key.is_mapping());
    if let Some((key, _)) = as_key {
        return Some(key);
    }
    let values = node.written_entries().map(|(_, value)| value);
    node.items()
        .chain(values)
        .find_map(|value| within(value, depth))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::{unrendered, unrendered_of_pods};
    use crate::{
        kubernetes::{ObjectDocument, objects, workloads},
        yaml,
    };

    /// What is found in an object, or its pods.
    fn found(text: &str) -> Option<String> {
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
            panic!("no object");
        };
        let node = unrendered_of_pods(&workloads(&objects[0], &[])).or(unrendered(&objects[0]));
        node.map(|node| node.text().to_owned())
    }

    #[test]
    fn what_decides_over_a_pod_is_found() {
        let pod = |spec: &str| found(&format!("apiVersion: v1\nkind: Pod\nspec:\n  {spec}\n"));
        for mark in ["${PRIV:-true}", "{{ .Values.priv }}", "$(PRIV)"] {
            for spec in [
                "hostPID: '@'",
                "securityContext: {seccompProfile: {type: '@'}}",
                "containers: [{name: a, securityContext: {privileged: '@'}}]",
                "initContainers: [{name: a, securityContext: {capabilities: {drop: ['@']}}}]",
                "volumes: [{name: a, hostPath: {path: '@'}}]",
            ] {
                assert_eq!(
                    pod(&spec.replace('@', mark)).as_deref(),
                    Some(mark),
                    "{spec}"
                );
            }
        }
        for spec in [
            "containers: [{name: '${A}', image: 'a:${TAG}', env: [{name: A, value: '${A}'}]}]",
            "securityContext: {runAsUser: 1000}",
            "replicas: '${N}'",
        ] {
            assert_eq!(pod(spec), None, "{spec}");
        }
    }

    #[test]
    fn what_decides_over_rights_is_found() {
        let rbac = |rest: &str| {
            found(&format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nmetadata: {{name: '${{NAME}}'}}\n{rest}\n"
            ))
        };
        let binding = "kind: ClusterRoleBinding\n";
        for rest in [
            "kind: ClusterRole\nrules: [{verbs: ['${A}'], resources: [pods]}]",
            &format!("{binding}roleRef: {{name: '${{A}}'}}"),
            &format!(
                "{binding}roleRef: {{name: view}}\nsubjects: [{{kind: Group, name: '${{A}}'}}]"
            ),
        ] {
            assert_eq!(rbac(rest).as_deref(), Some("${A}"), "{rest}");
        }
        for rest in [
            "kind: Role\nrules: [{verbs: [get], resources: [pods], resourceNames: ['${A}']}]",
            &format!(
                "{binding}roleRef: {{name: view}}\nsubjects: [{{kind: ServiceAccount, name: '${{A}}'}}]"
            ),
        ] {
            assert_eq!(rbac(rest), None, "{rest}");
        }
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {labels: {a: '${A}', pod-security.kubernetes.io/enforce: '${LEVEL}'}}\n";
        assert_eq!(found(namespace).as_deref(), Some("${LEVEL}"));
    }
}
