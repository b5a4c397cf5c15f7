//! One object: kind, names, metadata.

use ringwall_model::Subject;

use crate::yaml::{self, Node};

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

/// The objects of a document.
pub fn objects(document: &yaml::Document) -> Document<'_> {
    let root = document.root();
    if !root.is_mapping() {
        return Document::Foreign;
    }
    match (root.str("apiVersion"), root.str("kind")) {
        (Some(_), Some(_)) => {
            let mut found = Vec::with_capacity(1);
            collect(root, &mut found, 4);
            Document::Objects(found)
        }
        (None, None) if is_image_policy(root) => {
            Document::Objects(vec![Resource::of_type(root, "", IMAGE_POLICY)])
        }
        (version, kind) => foreign_or_incomplete(root, version, kind),
    }
}

/// What a configuration of the admission plugin ImagePolicyWebhook is called here, if it is a file of its
/// own: such a file states neither `apiVersion` nor `kind`.
pub const IMAGE_POLICY: &str = "ImagePolicyWebhook";

fn is_image_policy(root: Node<'_>) -> bool {
    ["kubeConfigFile", "defaultAllow"]
        .iter()
        .any(|field| root.path(&["imagePolicy", field]).is_some())
}

fn collect<'a>(node: Node<'a>, found: &mut Vec<Resource<'a>>, depth: u8) {
    let Some(resource) = Resource::new(node) else {
        return;
    };
    let items = node.get("items");
    let is_list = resource.kind.ends_with("List") && items.is_some_and(Node::is_sequence);
    if !is_list || depth == 0 {
        found.push(resource);
        return;
    }
    // The items of a typed list (`PodList`) need not say what they are.
    let of_items = resource.kind.strip_suffix("List").unwrap_or("");
    for item in items.into_iter().flat_map(Node::items) {
        if found.len() >= MAX_LIST {
            break;
        }
        if item.get("kind").is_none() && !of_items.is_empty() && item.is_mapping() {
            let api_version = item.str("apiVersion").unwrap_or(resource.api_version);
            found.push(Resource::of_type(item, api_version, of_items));
        } else {
            collect(item, found, depth - 1);
        }
    }
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
                    && (has("spec") || has("rules") || has("data"))) =>
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

/// Whether a text has the form of an API version: `v1`, `apps/v1beta2`.
fn is_api_version(text: &str) -> bool {
    let version = text.rsplit('/').next().unwrap_or(text);
    version
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

impl<'a> Resource<'a> {
    /// The object at a node, if it states `apiVersion` and `kind`.
    pub fn new(node: Node<'a>) -> Option<Self> {
        Some(Self::of_type(
            node,
            node.str("apiVersion")?,
            node.str("kind")?,
        ))
    }

    /// The object at a node whose type is known from where it stands.
    fn of_type(node: Node<'a>, api_version: &'a str, kind: &'a str) -> Self {
        let metadata = node.get("metadata").filter(|node| node.is_mapping());
        Self {
            node,
            api_version,
            group: api_version.split_once('/').map_or("", |(group, _)| group),
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
        assert!(!incomplete("kind: pipeline\nsteps: []\n"));
        assert!(!incomplete("services: {web: {image: a}}\n"));
    }
}
