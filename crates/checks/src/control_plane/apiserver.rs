//! A kube-apiserver that a container starts, with its flags.

use ringwall_input::image_reference::ImageReference;

use crate::{Container, Node, Resource};

const PROGRAM: &str = "kube-apiserver";

/// Flags of a kube-apiserver and where they are written.
pub(super) struct ApiServer<'a> {
    pub(super) flags: Vec<Flag<'a>>,
    /// The minor release, if image or configuration tell.
    pub(super) minor: Option<u32>,
}

/// One flag.
pub(super) struct Flag<'a> {
    /// The name without dashes before it; hyphens for underscores, as the program reads it.
    pub(super) name: String,
    pub(super) value: Option<&'a str>,
    pub(super) node: Node<'a>,
}

impl<'a> ApiServer<'a> {
    /// What a container starts, if it is a kube-apiserver: named in its command, or the entry point of
    /// its image.
    pub(super) fn of(container: &Container<'a>) -> Option<Self> {
        if !container.is_long_running() || !names_program(container) {
            return None;
        }
        let mut words: Vec<(&str, Node<'a>)> = Vec::new();
        for node in container.command_line() {
            // `sh -c "exec kube-apiserver --flag"` holds the whole command in one word.
            words.extend(node.text().split_whitespace().map(|word| (word, node)));
        }
        let start = words.iter().position(|(word, _)| is_program(word));
        let start = match start {
            Some(at) => at + 1,
            None if container.node.get("command").is_none() && is_image(container) => 0,
            None => return None,
        };
        Some(Self {
            flags: flags(words.get(start..).unwrap_or_default()),
            minor: minor_of_image(container),
        })
    }

    /// The arguments that kubeadm hands to the API server.
    pub(super) fn of_kubeadm(resource: &Resource<'a>) -> Option<Self> {
        if !resource.is("kubeadm.k8s.io", "ClusterConfiguration") {
            return None;
        }
        let arguments = resource.node.path(&["apiServer", "extraArgs"])?;
        let mut flags: Vec<Flag<'a>> = arguments
            .entries()
            .into_iter()
            .map(|(name, value)| Flag::new(name.text(), Some(value.text()), value))
            .collect();
        flags.extend(arguments.items().filter_map(|item| {
            let name = item.get("name")?;
            Some(Flag::new(
                name.text(),
                item.get("value").map(Node::text),
                name,
            ))
        }));
        Some(Self {
            flags,
            minor: resource.node.str("kubernetesVersion").and_then(minor),
        })
    }

    /// The last flag of a name, which is the one that counts.
    pub(super) fn flag(&self, name: &str) -> Option<&Flag<'a>> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// The value of a flag, if it has one.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.flag(name)?.value.filter(|value| !value.is_empty())
    }
}

impl<'a> Flag<'a> {
    fn new(name: &str, value: Option<&'a str>, node: Node<'a>) -> Self {
        Self {
            name: name.replace('_', "-"),
            value,
            node,
        }
    }
}

fn flags<'a>(words: &[(&'a str, Node<'a>)]) -> Vec<Flag<'a>> {
    let mut flags = Vec::new();
    let mut words = words.iter().peekable();
    while let Some((word, node)) = words.next() {
        let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            continue;
        };
        if let Some((name, value)) = flag.split_once('=') {
            flags.push(Flag::new(name, Some(value), *node));
        } else {
            let value = words.next_if(|(next, _)| !next.starts_with('-'));
            flags.push(Flag::new(flag, value.map(|(value, _)| *value), *node));
        }
    }
    flags
}

/// Whether the program stands anywhere in what a container starts: nearly every container is another.
fn names_program(container: &Container<'_>) -> bool {
    let command = container.command_line().map(Node::text);
    let mut texts = command.chain(container.image.map(Node::text));
    texts.any(|text| text.contains(PROGRAM))
}

fn is_program(word: &str) -> bool {
    word.rsplit('/').next() == Some(PROGRAM)
}

fn is_image(container: &Container<'_>) -> bool {
    let image = container.image.map_or("", Node::text);
    ImageReference::parse(image).is_ok_and(|image| is_program(&image.path()))
}

fn minor_of_image(container: &Container<'_>) -> Option<u32> {
    let image = ImageReference::parse(container.image?.text()).ok()?;
    // Images of others number their releases as they like.
    if !is_program(&image.path()) {
        return None;
    }
    minor(image.effective_tag()?)
}

/// The minor release of `v1.34.1`, `1.34`, `v1.34.1-gke.5`.
fn minor(version: &str) -> Option<u32> {
    let rest = version
        .strip_prefix('v')
        .unwrap_or(version)
        .strip_prefix("1.")?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    rest.get(..digits)?.parse().ok()
}
