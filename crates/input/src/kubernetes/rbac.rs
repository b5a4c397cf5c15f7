//! Roles and bindings, those of OpenShift's own group included, which its API server keeps as Kubernetes' own.

use std::collections::HashSet;

use super::Resource;
use crate::yaml::Node;

/// A `Role` or `ClusterRole`.
#[derive(Clone, Debug)]
pub struct Role<'a> {
    /// The object.
    pub resource: Resource<'a>,
    /// Its rules, in order.
    pub rules: Vec<Rule<'a>>,
}

/// One rule of a role.
#[derive(Clone, Debug)]
pub struct Rule<'a> {
    /// The whole rule.
    pub node: Node<'a>,
    /// `verbs`.
    pub verbs: Vec<&'a str>,
    /// `apiGroups`; the empty text is the core group.
    pub api_groups: Vec<&'a str>,
    /// `resources`, subresources as `pods/exec`.
    pub resources: Vec<&'a str>,
    /// `resourceNames`; empty means every name, the empty text a request that names no object.
    pub resource_names: Vec<&'a str>,
    /// `nonResourceURLs`.
    pub non_resource_urls: Vec<&'a str>,
}

impl<'a> Role<'a> {
    /// The role, if the object is one.
    pub fn new(resource: &Resource<'a>) -> Option<Self> {
        let is_role = is_rbac_group(resource) && matches!(resource.kind, "Role" | "ClusterRole");
        is_role.then(|| Self {
            resource: *resource,
            rules: resource
                .node
                .list("rules")
                .map(|node| Rule::new(node, is_of_openshift(resource)))
                .collect(),
        })
    }

    /// Whether it is a `ClusterRole`.
    pub fn is_cluster_role(&self) -> bool {
        self.resource.kind == "ClusterRole"
    }

    /// Whether it is one that Kubernetes itself ships and keeps (`system:` names, the default user roles).
    pub fn is_built_in(&self) -> bool {
        self.is_cluster_role()
            && (self.resource.name.starts_with("system:")
                || matches!(
                    self.resource.name,
                    "cluster-admin" | "admin" | "edit" | "view"
                ))
    }

    /// The first rule that grants a request, as the API server decides; names are ignored:
    /// a rule limited to `resourceNames` counts only where the caller looks at them.
    pub fn grants(&self, group: &str, resource: &str, verb: &str) -> Option<&Rule<'a>> {
        self.rules
            .iter()
            .find(|rule| rule.grants(group, resource, verb))
    }
}

impl<'a> Rule<'a> {
    fn new(node: Node<'a>, is_of_openshift: bool) -> Self {
        let texts = |key| node.list(key).map(Node::text).collect();
        let mut api_groups: Vec<&str> = texts("apiGroups");
        if is_of_openshift && api_groups.is_empty() {
            api_groups.push(""); // None stands for the core group and OpenShift's own ones.
        }
        Self {
            node,
            verbs: texts("verbs"),
            api_groups,
            resources: texts("resources"),
            resource_names: texts("resourceNames"),
            non_resource_urls: texts("nonResourceURLs"),
        }
    }

    /// Whether it covers a verb.
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.iter().any(|&has| has == "*" || has == verb)
    }

    /// Whether it covers an API group.
    pub fn has_group(&self, group: &str) -> bool {
        self.api_groups
            .iter()
            .any(|&has| has == "*" || has == group)
    }

    /// Whether it covers a resource, or a subresource such as `pods/exec`.
    ///
    /// As the API server compares: `*`, the same text, or `*/exec`; `pods/*` is no wildcard.
    pub fn has_resource(&self, resource: &str) -> bool {
        let subresource = resource.split_once('/').map(|(_, sub)| sub);
        self.resources.iter().any(|&has| {
            has == "*"
                || has == resource
                || subresource.is_some_and(|sub| has.strip_prefix("*/") == Some(sub))
        })
    }

    /// Whether it covers a request for any name.
    pub fn grants(&self, group: &str, resource: &str, verb: &str) -> bool {
        self.has_verb(verb) && self.has_group(group) && self.has_resource(resource)
    }

    /// Whether it is limited to some names.
    pub fn is_limited_to_names(&self) -> bool {
        !self.resource_names.is_empty()
    }

    /// Whether it covers requests that name no object: those that create one, or are about a collection.
    ///
    /// The API server compares names as texts, so that an empty one is the name of such a request.
    pub fn covers_unnamed(&self) -> bool {
        self.resource_names.is_empty() || self.resource_names.contains(&"")
    }

    /// Whether it covers requests that name an object.
    pub fn covers_named(&self) -> bool {
        self.resource_names.is_empty() || self.resource_names.iter().any(|name| !name.is_empty())
    }

    /// The node of an item of one of its lists, else the list, else the rule: what a finding points at.
    pub fn place(&self, key: &str, text: &str) -> Node<'a> {
        self.node
            .list(key)
            .find(|item| item.text() == text)
            .or_else(|| self.node.get(key))
            .unwrap_or(self.node)
    }
}

/// A `RoleBinding` or `ClusterRoleBinding`.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    /// The object.
    pub resource: Resource<'a>,
    /// `roleRef`.
    pub role_ref: Option<Node<'a>>,
    /// Kind of the role that is bound: `Role` or `ClusterRole`.
    pub role_kind: &'a str,
    /// Name of the role that is bound.
    pub role_name: &'a str,
    /// To whom it is given.
    pub subjects: Vec<BindingSubject<'a>>,
}

/// One subject of a binding.
#[derive(Clone, Copy, Debug)]
pub struct BindingSubject<'a> {
    /// The whole subject.
    pub node: Node<'a>,
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Namespace of a service account.
    pub namespace: Option<&'a str>,
}

impl<'a> Binding<'a> {
    /// The binding, if the object is one.
    pub fn new(resource: &Resource<'a>) -> Option<Self> {
        let is_binding = is_rbac_group(resource)
            && matches!(resource.kind, "RoleBinding" | "ClusterRoleBinding");
        is_binding.then(|| {
            let role_ref = resource.node.get("roleRef");
            let stated = |key| role_ref.and_then(|node| node.str(key)).unwrap_or("");
            let kind = match stated("kind") {
                "" if !is_of_openshift(resource) => "",
                // OpenShift tells a role of a namespace by its namespace.
                "" if stated("namespace").is_empty() => "ClusterRole",
                "" => "Role",
                kind => kind,
            };
            Self {
                resource: *resource,
                role_ref,
                role_kind: kind,
                role_name: role_ref
                    .and_then(|node| node.get("name"))
                    .map_or("", Node::text),
                subjects: subjects(resource),
            }
        })
    }

    /// Whether it is a `ClusterRoleBinding`.
    pub fn is_cluster_wide(&self) -> bool {
        self.resource.kind == "ClusterRoleBinding"
    }

    /// Whether it is one that Kubernetes itself ships (`system:` names and `cluster-admin`).
    pub fn is_built_in(&self) -> bool {
        self.resource.name.starts_with("system:") || self.resource.name == "cluster-admin"
    }
}

impl<'a> BindingSubject<'a> {
    fn new(node: Node<'a>) -> Self {
        let kind = match node.str("kind").unwrap_or("") {
            "SystemUser" => "User",
            "SystemGroup" => "Group",
            kind => kind,
        };
        Self {
            node,
            kind,
            name: node.get("name").map_or("", Node::text),
            namespace: node.str("namespace"),
        }
    }
}

/// The subjects of a binding; OpenShift's may stand a second time in lists of names.
fn subjects<'a>(resource: &Resource<'a>) -> Vec<BindingSubject<'a>> {
    let mut subjects: Vec<_> = resource
        .node
        .list("subjects")
        .map(BindingSubject::new)
        .collect();
    if !is_of_openshift(resource) {
        return subjects;
    }
    let stated: HashSet<(&str, &str)> = subjects.iter().map(|it| (it.kind, it.name)).collect();
    let names = |key, kind| {
        resource.node.list(key).map(move |node| BindingSubject {
            node,
            kind,
            name: node.text(),
            namespace: None,
        })
    };
    let named = names("userNames", "User").chain(names("groupNames", "Group"));
    let is_stated = |it: &BindingSubject<'_>| {
        let account = it.name.strip_prefix("system:serviceaccount:");
        let account = account.and_then(|account| account.split_once(':'));
        stated.contains(&(it.kind, it.name))
            || account.is_some_and(|(_, name)| stated.contains(&("ServiceAccount", name)))
    };
    subjects.extend(named.filter(|it| !is_stated(it)));
    subjects
}

/// Whether the objects of a group are those of RBAC.
fn is_rbac_group(resource: &Resource<'_>) -> bool {
    resource.group() == "rbac.authorization.k8s.io" || is_of_openshift(resource)
}

/// See: <https://docs.openshift.com/container-platform/latest/rest_api/role_apis/>; OpenShift 3 had them in `v1`.
fn is_of_openshift(resource: &Resource<'_>) -> bool {
    matches!(resource.group(), "authorization.openshift.io" | "")
}
