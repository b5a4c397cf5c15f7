//! An image that a pod uses: a container runs it, or it is mounted as a volume.

use super::{Container, Pod};
use crate::{image_reference::ImageReference, yaml::Node};

/// An image that a pod uses, and who uses it.
#[derive(Clone, Copy, Debug)]
pub struct UsedImage<'a> {
    /// The pod that uses it.
    pub pod: Pod<'a>,
    /// Where its name is written.
    pub node: Node<'a>,
    /// What its name says.
    pub reference: ImageReference<'a>,
    /// What holds its name and how it is pulled: the container, or the volume's `image`.
    pub holder: Node<'a>,
    /// The name of the volume that it is, empty where it has none; `None` where a container runs it.
    pub volume: Option<&'a str>,
}

impl<'a> UsedImage<'a> {
    /// The image of a container; `None` where there is none that parses.
    pub fn of(container: &Container<'a>) -> Option<Self> {
        Some(Self {
            pod: container.pod,
            node: container.image?,
            reference: container.reference?,
            holder: container.node,
            volume: None,
        })
    }

    /// The images that are mounted as volumes, those that parse.
    pub fn volumes(pod: Pod<'a>) -> impl Iterator<Item = Self> {
        pod.volumes().filter_map(move |volume| {
            let holder = volume.get("image")?;
            let node = holder.get("reference")?;
            Some(Self {
                pod,
                node,
                reference: ImageReference::parse(node.as_str()?).ok()?,
                holder,
                volume: Some(volume.str("name").unwrap_or("")),
            })
        })
    }

    /// Its name as it is written.
    pub fn text(&self) -> &'a str {
        self.node.text()
    }

    /// How it is pulled: the name of the field and what it says.
    pub fn pull_policy(&self) -> (&'static str, Option<Node<'a>>) {
        let field = match self.volume {
            Some(_) => "pullPolicy",
            None => "imagePullPolicy",
        };
        (field, self.holder.get(field))
    }

    /// What its user does with it: "runs" or "mounts".
    pub fn verb(&self) -> &'static str {
        match self.volume {
            Some(_) => "mounts",
            None => "runs",
        }
    }
}
