//! One object: kind, names, metadata.

use ringwall_model::Subject;

use crate::{
    schema,
    yaml::{self, Node},
};

/// What a document is to Kubernetes.
#[derive(Debug)]
pub enum Document<'a> {
    /// One object, or the objects of a list.
    Objects(Vec<Resource<'a>>),
    /// Plainly something else: skipped and counted.
    Foreign,
    /// Looks like an object but is none; says what is missing and where.
    Incomplete(Node<'a>, String),
}

/// A Kubernetes object: a mapping with `apiVersion` and `kind`.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The whole object.
    pub node: Node<'a>,
    /// `apiVersion`, such as `apps/v1`.
    pub api_version: &'a str,
    /// The API group of it, known once: every check asks.
    group: &'a str,
    /// `kind`, such as `Deployment`.
    pub kind: &'a str,
    /// `metadata`, if written.
    pub metadata: Option<Node<'a>>,
    /// `spec`, if written.
    pub spec: Option<Node<'a>>,
    /// `metadata.name`; empty when there is none.
    pub name: &'a str,
    /// `metadata.namespace`, if written.
    pub namespace: Option<&'a str>,
}

/// Most objects that one list may hold.
const MAX_LIST: usize = 1_000_000;
/// How deep lists may stand in lists.
const MAX_LIST_DEPTH: u8 = 4;

/// The objects of a document.
pub fn objects(document: &yaml::Document) -> Document<'_> {
    let root = document.root();
    if let Some(item) = root.items().find(|item| Resource::new(*item).is_some()) {
        let reason = "is an item of a list that is no object, which kubectl refuses; make it an item of a `kind: List`, or a document of its own";
        return Document::Incomplete(item, reason.to_owned());
    }
    if !root.is_mapping() {
        return no_object(root);
    }
    match (stated(root, "apiVersion"), stated(root, "kind")) {
        (Some(_), Some(_)) => Document::Objects(Collected::of(root).objects),
        (None, None) if is_image_policy(root) => {
            Document::Objects(vec![Resource::of_type(root, "", IMAGE_POLICY)])
        }
        (version, kind) => foreign_or_incomplete(root, version, kind),
    }
}

/// The items of a list that are no objects, and what each lacks.
///
/// They have no place among [`objects`], and kubectl refuses the whole list for each.
pub fn incomplete_items(document: &yaml::Document) -> Vec<(Node<'_>, String)> {
    let root = document.root();
    match root.get("items") {
        Some(_) => Collected::of(root).incomplete,
        None => Vec::new(),
    }
}

/// A field of an object's type; the API server takes an empty one for none.
fn stated<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.str(key).filter(|text| !text.is_empty())
}

/// What holds objects in a form that nobody applies is ours all the same.
fn no_object(root: Node<'_>) -> Document<'_> {
    // For YAML, a comment of JavaScript is the beginning of a text.
    let behind_comment = root.as_str().is_some_and(|text| {
        (text.starts_with("//") || text.starts_with("/*"))
            && ["\"apiVersion\"", "\"kind\""]
                .iter()
                .all(|key| text.contains(key))
    });
    if behind_comment {
        let reason = "is JSON with comments, which neither JSON nor YAML has";
        return Document::Incomplete(root, reason.to_owned());
    }
    Document::Foreign
}

/// What a configuration of the admission plugin ImagePolicyWebhook is called here, if it is a file of its
/// own: such a file states neither `apiVersion` nor `kind`.
pub const IMAGE_POLICY: &str = "ImagePolicyWebhook";

fn is_image_policy(root: Node<'_>) -> bool {
    ["kubeConfigFile", "defaultAllow"]
        .iter()
        .any(|field| root.path(&["imagePolicy", field]).is_some())
}

/// The objects of a list, of lists in it, or the one object that is no list.
#[derive(Default)]
struct Collected<'a> {
    objects: Vec<Resource<'a>>,
    incomplete: Vec<(Node<'a>, String)>,
}

impl<'a> Collected<'a> {
    fn of(root: Node<'a>) -> Self {
        let mut collected = Self::default();
        if let Some(resource) = Resource::new(root) {
            collected.add(resource, MAX_LIST_DEPTH);
        }
        collected
    }

    fn add(&mut self, resource: Resource<'a>, depth: u8) {
        let Some(items) = list_items(&resource) else {
            self.objects.push(resource);
            return;
        };
        // The items of a typed list (`PodList`) need not say what they are.
        let of_items = resource.kind.strip_suffix("List").unwrap_or("");
        for item in items.items() {
            if self.objects.len() + self.incomplete.len() >= MAX_LIST {
                self.miss(item, format!("the list holds more than {MAX_LIST} objects"));
                break;
            }
            let kind = stated(item, "kind").or((!of_items.is_empty()).then_some(of_items));
            let of_list = (kind == Some(of_items)).then_some(resource.api_version);
            match (stated(item, "apiVersion").or(of_list), kind) {
                _ if !item.is_mapping() => self.miss(item, "item of a list that is no object"),
                (None, None) => self.miss(item, "item of a list without apiVersion and kind"),
                (None, Some(_)) => self.miss(item, "item of a list without apiVersion"),
                (Some(_), None) => self.miss(item, "item of a list without kind"),
                (Some(version), Some(kind)) => {
                    let item = Resource::of_type(item, version, kind);
                    match depth.checked_sub(1) {
                        Some(depth) => self.add(item, depth),
                        None => self.miss(item.node, "item of lists in lists in lists"),
                    }
                }
            }
        }
    }

    fn miss(&mut self, item: Node<'a>, reason: impl Into<String>) {
        self.incomplete.push((item, reason.into()));
    }
}

/// The items, if kubectl takes the object for a list: not only what is called one.
fn list_items<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    let items = resource
        .node
        .get("items")
        .filter(|node| node.is_sequence())?;
    let is_list =
        resource.kind.ends_with("List") || items.items().any(|item| Resource::new(item).is_some());
    is_list.then_some(items)
}

fn foreign_or_incomplete<'a>(
    root: Node<'a>,
    version: Option<&str>,
    kind: Option<&str>,
) -> Document<'a> {
    let incomplete = |what: &str| Document::Incomplete(root, what.to_owned());
    let has = |key| root.get(key).is_some();
    let pod_like = root.path(&["spec", "containers"]).is_some()
        || root.path(&["spec", "template", "spec"]).is_some();
    match (version, kind) {
        (None, Some(kind))
            if pod_like
                || (kind.starts_with(|first: char| first.is_ascii_uppercase())
                    && has("metadata")
                    && (has("spec") || has("rules") || has("data") || is_builtin(kind))) =>
        {
            incomplete("looks like a Kubernetes object without apiVersion")
        }
        (Some(version), None) if is_api_version(version) && (has("metadata") || has("spec")) => {
            incomplete("looks like a Kubernetes object without kind")
        }
        (None, None) if pod_like => {
            incomplete("looks like a Kubernetes object without apiVersion and kind")
        }
        _ => Document::Foreign,
    }
}

/// Whether a server of Kubernetes keeps objects of a kind, in any of its groups.
fn is_builtin(kind: &str) -> bool {
    let mut kinds = schema::builtin().kinds();
    kinds.any(|known| known.kind == kind && known.resource_name().is_some())
}

/// Whether a text has the form of an API version: `v1`, `apps/v1beta2`.
fn is_api_version(text: &str) -> bool {
    let version = text.rsplit('/').next().unwrap_or(text);
    version
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// The API group that an API version and a kind name.
///
/// OpenShift still takes `v1` for kinds that it has moved into groups since, in objects and in references to them.
pub fn group_of<'a>(api_version: &'a str, kind: &str) -> &'a str {
    match (api_version.split_once('/'), kind) {
        (Some((group, _)), _) => group,
        (None, "DeploymentConfig") => "apps.openshift.io",
        (None, "Route") => "route.openshift.io",
        (None, _) => "",
    }
}

impl<'a> Resource<'a> {
    /// The object at a node, if it states `apiVersion` and `kind`.
    pub fn new(node: Node<'a>) -> Option<Self> {
        Some(Self::of_type(
            node,
            stated(node, "apiVersion")?,
            stated(node, "kind")?,
        ))
    }

    /// The object at a node whose type is known from where it stands.
    pub(super) fn of_type(node: Node<'a>, api_version: &'a str, kind: &'a str) -> Self {
        let metadata = node.get("metadata").filter(|node| node.is_mapping());
        Self {
            node,
            api_version,
            group: group_of(api_version, kind),
            kind,
            metadata,
            spec: node.get("spec"),
            // A name such as `1234` is a number for YAML and an error for the API server; it still names.
            name: metadata
                .and_then(|metadata| metadata.get("name"))
                .map_or("", Node::text),
            namespace: metadata
                .and_then(|metadata| metadata.str("namespace"))
                .filter(|namespace| !namespace.is_empty()),
        }
    }

    /// The API group: empty for the core group.
    pub fn group(&self) -> &'a str {
        self.group
    }

    /// Whether it is of a kind in a group, whatever the version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// The name of the source it stands in.
    pub fn file(&self) -> &'a str {
        &self.node.document().source.name
    }

    /// The folder of the source it stands in.
    pub fn folder(&self) -> &'a str {
        self.file()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<Node<'a>> {
        self.metadata?.get("annotations")?.get(key)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<Node<'a>> {
        self.metadata?.get("labels")?.get(key)
    }

    /// What a finding about the whole object points at: its name, or its kind where it has none.
    pub fn place(&self) -> Node<'a> {
        self.metadata
            .and_then(|metadata| metadata.get("name"))
            .or_else(|| self.node.get("kind"))
            .unwrap_or(self.node)
    }

    /// The subject of findings about it.
    pub fn subject(&self) -> Subject {
        let generated = || {
            let prefix = self.metadata?.str("generateName")?;
            Some(format!("{prefix}*").into_boxed_str())
        };
        Subject {
            api_version: Some(self.api_version.into()),
            kind: Some(self.kind.into()),
            namespace: self.namespace.map(Into::into),
            name: match self.name {
                "" => generated(),
                name => Some(name.into()),
            },
            ..Subject::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::{Document, objects};
    use crate::yaml;

    fn kinds(text: &str) -> Vec<(String, String)> {
        let (documents, _) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        match objects(&documents[0]) {
            Document::Objects(objects) => objects
                .iter()
                .map(|object| (object.api_version.to_owned(), object.kind.to_owned()))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn items_of_lists_are_objects() {
        let pod = ("v1".to_owned(), "Pod".to_owned());
        let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n";
        assert_eq!(kinds(list), std::slice::from_ref(&pod));
        let typed = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- apiVersion: v1\n  kind: Pod\n";
        assert_eq!(kinds(typed), [pod.clone(), pod]);
    }

    #[test]
    fn whatever_holds_objects_as_items_is_a_list() {
        let bundle =
            "apiVersion: example.com/v1\nkind: Bundle\nitems:\n- apiVersion: v1\n  kind: Pod\n";
        assert_eq!(kinds(bundle), [("v1".to_owned(), "Pod".to_owned())]);
        let menu = "apiVersion: example.com/v1\nkind: Menu\nitems:\n- name: soup\n";
        let menu_kind = ("example.com/v1".to_owned(), "Menu".to_owned());
        assert_eq!(kinds(menu), [menu_kind]);
    }

    #[test]
    fn an_empty_type_of_an_item_is_that_of_the_list() {
        let typed =
            "apiVersion: v1\nkind: PodList\nitems:\n- {apiVersion: '', kind: ''}\n- kind: Pod\n";
        let pod = ("v1".to_owned(), "Pod".to_owned());
        assert_eq!(kinds(typed), [pod.clone(), pod]);
    }

    #[test]
    fn items_that_are_no_objects_are_said() {
        let missing = |text: &str| -> Vec<String> {
            let (documents, _) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
            let items = super::incomplete_items(&documents[0]).into_iter();
            items.map(|(_, reason)| reason).collect()
        };
        let list = "apiVersion: v1\nkind: List\nitems:\n- apiversion: v1\n  kind: Pod\n- metadata: {}\n- null\n- [{apiVersion: v1, kind: Pod}]\n- apiVersion: v1\n- {apiVersion: v1, kind: Pod}\n";
        assert_eq!(
            missing(list),
            [
                "item of a list without apiVersion",
                "item of a list without apiVersion and kind",
                "item of a list that is no object",
                "item of a list that is no object",
                "item of a list without kind",
            ]
        );
        assert_eq!(kinds(list).len(), 1);
        let other = "apiVersion: v1\nkind: PodList\nitems: [{kind: Service}]\n";
        assert_eq!(missing(other), ["item of a list without apiVersion"]);
        assert_eq!(missing("apiVersion: v1\nkind: Pod\n"), [""; 0]);
        let mut deep = "{apiVersion: v1, kind: Pod}".to_owned();
        for _ in 0..6 {
            deep = format!("{{apiVersion: v1, kind: List, items: [{deep}]}}");
        }
        assert_eq!(missing(&deep), ["item of lists in lists in lists"]);
    }

    #[test]
    fn the_configuration_of_image_policy_webhook_is_one() {
        let expected = [(String::new(), super::IMAGE_POLICY.to_owned())];
        assert_eq!(
            kinds("{\"imagePolicy\": {\"defaultAllow\": true}}"),
            expected
        );
        let (documents, _) = yaml::parse(&Arc::new(Source::new(
            "a.yaml",
            "imagePolicy: IfNotPresent\n",
        )));
        assert!(matches!(objects(&documents[0]), Document::Foreign));
    }

    #[test]
    fn what_only_looks_like_an_object_is_said() {
        let incomplete = |text: &str| {
            let (documents, _) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
            matches!(objects(&documents[0]), Document::Incomplete(..))
        };
        assert!(incomplete("kind: Pod\nspec: {containers: []}\n"));
        assert!(incomplete("apiVersion: apps/v1\nmetadata: {name: a}\n"));
        assert!(incomplete("spec: {containers: []}\n"));
        assert!(incomplete(
            "kind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {name: cluster-admin}\n"
        ));
        assert!(incomplete(
            "kind: Pod\napiVersion: ''\nspec: {containers: []}\n"
        ));
        assert!(incomplete("- {apiVersion: v1, kind: Pod}\n"));
        assert!(!incomplete("- {op: add, path: /kind}\n"));
        assert!(incomplete("// c\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}"));
        assert!(incomplete(
            "/* c */\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}"
        ));
        assert!(incomplete("kind: ServiceAccount\nmetadata: {name: a}\n"));
        assert!(!incomplete("kind: Animal\nmetadata: {name: a}\n"));
        assert!(!incomplete("- kind: play\n  hosts: all\n"));
        assert!(!incomplete("// no object\n"));
        assert!(!incomplete("kind: pipeline\nsteps: []\n"));
        assert!(!incomplete("services: {web: {image: a}}\n"));
    }
}
