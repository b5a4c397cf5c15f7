use ringwall_input::image_reference::ImageReference;

use crate::{Check, Confidence, Container, Draft, Findings, Node, Severity, Workload, check};

check! {
    /// ## What it finds
    /// Images of containers and of volumes whose name no container runtime can read.
    /// A name that a tool is plainly meant to replace (`${IMAGE}`, `ko://...`) is a finding of low severity.
    ///
    /// ## Why it matters
    /// The pod stays in `InvalidImageName`, and every other check about the image is blind.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: "" # <-
    ///   containers:
    ///     - name: app
    ///       image: Registry/App:1.4.2 # <-
    ///     - name: helper
    ///       image: https://registry.example/helper # <-
    ///     - name: proxy
    ///       image: ${PROXY_IMAGE} # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: Registry/Tools:2.1 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///   containers:
    ///     - name: app
    ///       image: registry.example:5000/team/app:1.4.2
    /// ```
    ///
    /// ## Fix
    /// Write the image as `registry/repository:tag@digest`, in lower case and without `https://`.
    InvalidImageReference {
        id: "invalid-image-reference",
        title: "Image reference does not parse",
        ring: Code,
        target: Workload,
        hooks: [Workload, Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for InvalidImageReference {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        for volume in workload.pod.volumes() {
            if let Some(image) = volume.path(&["image", "reference"]) {
                let name = volume.str("name").unwrap_or("");
                judge(image, findings, |draft| draft.about_volume(name));
            }
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(image) = container.image {
            judge(image, findings, |draft| draft);
        }
    }
}

fn judge<'s>(
    image: Node<'_>,
    findings: &mut Findings<'s>,
    named: impl for<'f> FnOnce(Draft<'f, 's>) -> Draft<'f, 's>,
) {
    let Some(text) = image.as_str() else {
        return; // Not even a text: its schema says so.
    };
    let Err(error) = ImageReference::parse(text) else {
        return;
    };
    let draft = named(findings.add(InvalidImageReference::META).at(image));
    if text.trim().is_empty() {
        draft.note("names no image");
    } else if is_placeholder(text) {
        draft
            .severity(Severity::Low)
            .confidence(Confidence::Low)
            .note(format!(
                "names the image {text}, which something must replace first"
            ));
    } else {
        draft.note(format!("names the image {text}: {error}"));
    }
}

fn is_placeholder(text: &str) -> bool {
    text.contains(['$', '{', '<', '%']) || text.starts_with("ko://")
}
