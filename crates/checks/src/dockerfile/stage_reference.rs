//! What `COPY --from` and `RUN --mount=from` take files from, and the images a build pulls.

use std::{borrow::Cow, collections::HashMap};

use ringwall_input::dockerfile::{Base, Dockerfile, ImageRef, InstructionKind, Stage};
use ringwall_model::Span;

/// Where files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An earlier stage, by its index.
    Earlier(usize),
    /// The stage itself.
    Own,
    /// A later stage, by its index.
    Later(usize),
    /// A number that no stage has.
    NoStage,
    /// An image.
    Image(ImageRef),
    /// A name that no stage has: a misspelt stage, a named build context, or an image.
    Name,
    /// A variable, which the builder does not replace here.
    Variable,
}

/// A place that takes files from a stage or an image.
#[derive(Clone, Debug)]
pub(super) struct StageReference<'a> {
    /// The stage it stands in.
    pub(super) stage: &'a Stage,
    /// `COPY --from` or `RUN --mount from`.
    pub(super) place: &'static str,
    /// What is written.
    pub(super) name: &'a str,
    /// Where.
    pub(super) span: Span,
    /// What it means.
    pub(super) origin: Origin,
}

/// Every `COPY --from` and `RUN --mount=from`, but those behind ONBUILD, which mean stages of another file.
pub(super) fn stage_references(file: &Dockerfile) -> Vec<StageReference<'_>> {
    let mut references = Vec::new();
    // Of several stages with one name the last counts.
    let names: HashMap<String, usize> = file
        .stages
        .iter()
        .filter_map(|stage| Some((stage.name.as_ref()?.value.to_lowercase(), stage.index)))
        .collect();
    for stage in &file.stages {
        let mut add = |place, name, span| {
            references.push(StageReference {
                stage,
                place,
                name,
                span,
                origin: origin(&names, file.stages.len(), stage.index, name),
            });
        };
        for instruction in &stage.instructions {
            match &instruction.kind {
                InstructionKind::Copy(copy) => {
                    if let Some(from) = &copy.from {
                        add("COPY --from", from.value.as_str(), from.span);
                    }
                }
                InstructionKind::Run(run) => {
                    for mount in &run.mounts {
                        if let Some(from) = mount.option(&["from"]) {
                            add("RUN --mount from", from, mount.span);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    references
}

fn origin(names: &HashMap<String, usize>, stages: usize, own: usize, name: &str) -> Origin {
    if name.contains('$') {
        return Origin::Variable;
    }
    let by_name = names.get(&name.to_lowercase()).copied();
    let by_number = || name.parse().ok().filter(|&number| number < stages);
    if let Some(found) = by_name.or_else(by_number) {
        return match found.cmp(&own) {
            std::cmp::Ordering::Less => Origin::Earlier(found),
            std::cmp::Ordering::Equal => Origin::Own,
            std::cmp::Ordering::Greater => Origin::Later(found),
        };
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Origin::NoStage;
    }
    if name.contains(['/', ':', '@', '.']) || WELL_KNOWN.contains(&name) {
        return Origin::Image(ImageRef::parse(name));
    }
    Origin::Name
}

/// Images of Docker Hub that people copy files from by their bare name.
/// See: <https://hub.docker.com/search?badges=official>
const WELL_KNOWN: [&str; 26] = [
    "alpine",
    "busybox",
    "caddy",
    "composer",
    "consul",
    "debian",
    "docker",
    "fedora",
    "golang",
    "gradle",
    "haproxy",
    "httpd",
    "mariadb",
    "maven",
    "memcached",
    "mysql",
    "nginx",
    "node",
    "php",
    "postgres",
    "python",
    "redis",
    "ruby",
    "rust",
    "traefik",
    "ubuntu",
];

/// For each stage whether its layers are in the image: the final stage, and those it is based on.
pub(super) fn shipped_stages(file: &Dockerfile) -> Vec<bool> {
    let mut shipped = vec![false; file.stages.len()];
    let last = file.final_stage();
    for stage in last.into_iter().flat_map(|last| file.ancestors(last)) {
        if let Some(shipped) = shipped.get_mut(stage.index) {
            *shipped = true;
        }
    }
    shipped
}

/// An image that a build pulls.
#[derive(Clone, Debug)]
pub(super) struct PulledImage<'a> {
    /// Its parts.
    pub(super) image: Cow<'a, ImageRef>,
    /// As the builder sees it, variables replaced.
    pub(super) name: &'a str,
    /// Where it is named.
    pub(super) span: Span,
    /// `base image`, or `image of COPY --from`.
    pub(super) role: &'static str,
}

/// Every image that a build pulls: in FROM, in `COPY --from`, in `RUN --mount=from`.
pub(super) fn pulled_images(file: &Dockerfile) -> Vec<PulledImage<'_>> {
    let mut images: Vec<PulledImage<'_>> = Vec::new();
    for stage in &file.stages {
        if let Base::Image(image) = &stage.base {
            images.push(PulledImage {
                image: Cow::Borrowed(image),
                name: &stage.from.image.value,
                span: stage.from.image.span,
                role: "base image",
            });
        }
    }
    for reference in stage_references(file) {
        if let Origin::Image(image) = reference.origin {
            images.push(PulledImage {
                image: Cow::Owned(image),
                name: reference.name,
                span: reference.span,
                role: match reference.place {
                    "COPY --from" => "image of COPY --from",
                    _ => "image of RUN --mount",
                },
            });
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(text: &str) -> Vec<Origin> {
        let (file, _) = ringwall_input::dockerfile::parse(text);
        stage_references(&file)
            .into_iter()
            .map(|reference| reference.origin)
            .collect()
    }

    #[test]
    fn a_name_is_a_stage_before_it_is_an_image() {
        let text = "FROM a AS nginx\nFROM b AS two\nCOPY --from=NGINX / /\nCOPY --from=0 / /\n\
                    COPY --from=two / /\nCOPY --from=1 / /\nCOPY --from=three / /\nCOPY --from=7 / /\n\
                    COPY --from=ghcr.io/a/b / /\nCOPY --from=alpine / /\nCOPY --from=$x / /\n\
                    COPY --from=four / /\nFROM c AS three\n";
        let found = origins(text);
        assert_eq!(found[0], Origin::Earlier(0));
        assert_eq!(found[1], Origin::Earlier(0));
        assert_eq!(found[2], Origin::Own);
        assert_eq!(found[3], Origin::Own);
        assert_eq!(found[4], Origin::Later(2));
        assert_eq!(found[5], Origin::NoStage);
        assert_eq!(found[6], Origin::Image(ImageRef::parse("ghcr.io/a/b")));
        assert_eq!(found[7], Origin::Image(ImageRef::parse("alpine")));
        assert_eq!(found[8], Origin::Variable);
        assert_eq!(found[9], Origin::Name);
    }

    #[test]
    fn images_of_mounts_are_pulled() {
        let text = "FROM scratch\nRUN --mount=from=ghcr.io/a/b:1,target=/b b\n";
        let (file, _) = ringwall_input::dockerfile::parse(text);
        let images = pulled_images(&file);
        assert_eq!(images.len(), 1);
        assert_eq!(images[0].name, "ghcr.io/a/b:1");
    }
}
