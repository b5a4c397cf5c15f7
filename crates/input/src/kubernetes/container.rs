//! One container of a pod, of whatever sort, with what it inherits.

use super::Pod;
use crate::{image_reference::ImageReference, yaml::Node};

/// The sort of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// In `containers`.
    Regular,
    /// In `initContainers`: runs once, before the regular ones.
    Init,
    /// In `initContainers` with `restartPolicy: Always`: runs beside the regular ones.
    Sidecar,
    /// In `ephemeralContainers`: added for debugging.
    Ephemeral,
}

/// One container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// The pod it belongs to.
    pub pod: Pod<'a>,
    /// Its sort.
    pub kind: ContainerKind,
    /// Its position in its list, from 0.
    pub index: usize,
    /// The whole container.
    pub node: Node<'a>,
    /// Its name; empty when there is none.
    pub name: &'a str,
    /// `image`, if written.
    pub image: Option<Node<'a>>,
    /// What `image` names, if it can be read; read once, as many checks ask.
    pub reference: Option<ImageReference<'a>>,
    /// Its own `securityContext`, if it is an object.
    pub security_context: Option<Node<'a>>,
}

impl<'a> Container<'a> {
    pub(super) fn new(pod: Pod<'a>, list: &str, index: usize, node: Node<'a>) -> Self {
        let kind = match list {
            "containers" => ContainerKind::Regular,
            "ephemeralContainers" => ContainerKind::Ephemeral,
            _ if node.str("restartPolicy") == Some("Always") => ContainerKind::Sidecar,
            _ => ContainerKind::Init,
        };
        let image = node.get("image");
        Self {
            pod,
            kind,
            index,
            node,
            name: node.get("name").map_or("", Node::text),
            image,
            reference: image
                .and_then(Node::as_str)
                .and_then(|image| ImageReference::parse(image).ok()),
            security_context: node
                .get("securityContext")
                .filter(|context| context.is_mapping()),
        }
    }

    /// The field at the end of a path of keys.
    pub fn field<const N: usize>(&self, keys: [&str; N]) -> Option<Node<'a>> {
        self.node.path(&keys)
    }

    /// A field of its own security context; nothing is inherited.
    pub fn own_security(&self, key: &str) -> Option<Node<'a>> {
        self.security_context?
            .get(key)
            .filter(|field| !field.is_null())
    }

    /// A field of the security context as the kubelet reads it: the container's own, else the pod's.
    ///
    /// Only for fields that a pod has too: `runAsUser`, `runAsGroup`, `runAsNonRoot`, `seLinuxOptions`,
    /// `seccompProfile`, `appArmorProfile`, `windowsOptions`.
    pub fn security(&self, key: &str) -> Option<Node<'a>> {
        self.own_security(key).or_else(|| self.pod.security(key))
    }

    /// The place for a finding about a field of the security context that is nowhere written:
    /// the container's security context, else the container.
    pub fn security_place(&self) -> Node<'a> {
        self.security_context.unwrap_or_else(|| self.place())
    }

    /// What a finding about the whole container points at: its name.
    pub fn place(&self) -> Node<'a> {
        self.node.get("name").unwrap_or(self.node)
    }

    /// What a message calls it: `container app`, `init container setup`.
    pub fn title(&self) -> String {
        let kind = match self.kind {
            ContainerKind::Regular => "container",
            ContainerKind::Init => "init container",
            ContainerKind::Sidecar => "sidecar container",
            ContainerKind::Ephemeral => "ephemeral container",
        };
        if self.name.is_empty() {
            format!("{kind} number {}", self.index + 1)
        } else {
            format!("{kind} {}", self.name)
        }
    }

    /// The texts of `command` and `args`, in order.
    pub fn command_line(&self) -> impl Iterator<Item = Node<'a>> {
        self.node.list("command").chain(self.node.list("args"))
    }

    /// Whether it runs as long as the pod: regular containers and sidecars.
    pub fn is_long_running(&self) -> bool {
        matches!(self.kind, ContainerKind::Regular | ContainerKind::Sidecar)
    }
}
