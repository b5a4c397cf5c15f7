//! An image that a pod uses: a container runs it, or it is mounted as a volume.

use ringwall_input::image_reference::ImageReference;

use super::reference;
use crate::{Container, Draft, Findings, Meta, Node, Pod};

/// An image that a pod uses, and who uses it.
pub(super) struct UsedImage<'a> {
    /// Where its name is written.
    pub(super) node: Node<'a>,
    /// What its name says.
    pub(super) reference: ImageReference<'a>,
    /// What holds its name and how it is pulled: the container, or the volume's `image`.
    pub(super) holder: Node<'a>,
    /// The name of the volume that it is; `None` where a container runs it.
    volume: Option<&'a str>,
}

impl<'a> UsedImage<'a> {
    /// The image of a container; `None` where there is none that parses.
    pub(super) fn of(container: &Container<'a>) -> Option<Self> {
        let (node, reference) = reference::of(container)?;
        Some(Self {
            node,
            reference,
            holder: container.node,
            volume: None,
        })
    }

    /// The images that are mounted as volumes, those that parse.
    pub(super) fn volumes(pod: &Pod<'a>) -> impl Iterator<Item = Self> {
        pod.volumes().filter_map(|volume| {
            let holder = volume.get("image")?;
            let node = holder.get("reference")?;
            Some(Self {
                node,
                reference: ImageReference::parse(node.as_str()?).ok()?,
                holder,
                volume: Some(volume.str("name").unwrap_or("")),
            })
        })
    }

    /// Its name as it is written.
    pub(super) fn text(&self) -> &'a str {
        self.node.text()
    }

    /// How it is pulled: the name of the field and what it says.
    pub(super) fn pull_policy(&self) -> (&'static str, Option<Node<'a>>) {
        let field = match self.volume {
            Some(_) => "pullPolicy",
            None => "imagePullPolicy",
        };
        (field, self.holder.get(field))
    }

    /// What the user does with it.
    pub(super) fn verb(&self) -> &'static str {
        match self.volume {
            Some(_) => "mounts",
            None => "runs",
        }
    }

    /// Begins a finding at its name.
    pub(super) fn add<'f, 's>(
        &self,
        meta: &'static Meta,
        findings: &'f mut Findings<'s>,
    ) -> Draft<'f, 's> {
        let draft = findings.add(meta).at(self.node).image(self.text());
        match self.volume {
            Some(name) => draft.about_volume(name),
            None => draft,
        }
    }
}
