//! Marks in manifests: comments and annotations.

use std::collections::HashSet;

use ringwall_input::{
    kubernetes::{Resource, Workload},
    yaml::{Document, Node},
};
use ringwall_model::{Acceptance, AcceptanceSource, Source, Span};

use super::{Broken, ContainerImage, Cover, Ids, Marks, grammar, peers};

const ANNOTATION: &str = "ringwall.dev/ignore.";

/// The marks of one document and its objects.
pub(crate) fn covers(
    document: &Document,
    resources: &[(Resource<'_>, Vec<Workload<'_>>)],
    marks: &mut Marks,
) {
    if !document.comments().is_empty() {
        comments(document, marks);
    }
    for (resource, workloads) in resources {
        annotations(resource.metadata, resource.node.span(), marks);
        for workload in workloads {
            let template = workload.pod.metadata;
            let is_own = template
                .zip(resource.metadata)
                .is_some_and(|(one, other)| one.is_same(other));
            if !is_own {
                let covered = template.map_or(workload.pod.spec.span(), |metadata| {
                    metadata.entry_span().to(workload.pod.spec.entry_span())
                });
                annotations(template, covered, marks);
            }
        }
    }
}

/// Notes the marks of a text that stand in no document, as above the first `---`: they cover nothing.
pub(crate) fn stray(source: &Source, documents: &[Document], marks: &mut Marks) {
    if !source.text.contains("ringwall:") {
        return;
    }
    let comments = documents.iter().flat_map(Document::comments);
    let read: HashSet<u32> = comments.map(|comment| comment.span.start).collect();
    // In the order of the text, as the lines are.
    let mut roots = documents.iter().map(|document| document.root().span());
    let mut root = roots.next();
    let mut offset = 0;
    for line in source.text.split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len());
        let span = Span::new(start, offset + line.trim_end().len());
        offset += line.len();
        if !line.trim_start().starts_with('#') || read.contains(&span.start) {
            continue;
        }
        while root.is_some_and(|root| root.end <= span.start) {
            root = roots.next();
        }
        let is_inside = root.is_some_and(|root| root.contains(span));
        let comment = source.slice(span).trim_start_matches('#');
        if !is_inside && grammar::comment(comment).is_some() {
            marks.broken.push(Broken {
                location: source.location(span),
                message: "no object of its document follows it, so that it covers nothing; put it below the `---`"
                    .to_owned(),
            });
        }
    }
}

/// Keeps which containers run which images, for exceptions that name some.
pub(crate) fn keep_images(resources: &[(Resource<'_>, Vec<Workload<'_>>)], marks: &mut Marks) {
    for (resource, workloads) in resources {
        let containers = workloads.iter().flat_map(|workload| &workload.containers);
        let images = containers.filter_map(|container| {
            Some(ContainerImage {
                object: resource.node.span(),
                container: container.name.into(),
                image: container.image?.text().into(),
            })
        });
        marks.images.extend(images);
    }
}

fn comments(document: &Document, marks: &mut Marks) {
    let source = &*document.source;
    let mut places = None;
    for comment in document.comments() {
        let text = source.slice(comment.span).trim_start_matches('#');
        let location = || source.location(comment.span);
        let ours = grammar::comment(text);
        let theirs = if ours.is_none() {
            peers::comment(text)
        } else {
            Vec::new()
        };
        if ours.is_none() && theirs.is_empty() {
            continue;
        }
        let places = places.get_or_insert_with(|| places_of(document));
        let Some(span) = covered(source, comment.span, places) else {
            marks.broken.push(Broken {
                location: location(),
                message: "nothing follows it that it could cover".to_owned(),
            });
            continue;
        };
        match ours.map(|mark| (mark.ids, mark.terms)) {
            Some((ids, Ok(terms))) => {
                let acceptance = Acceptance {
                    source: AcceptanceSource::Comment,
                    reason: terms.reason,
                    owner: terms.owner,
                    until: terms.until,
                    location: Some(location()),
                };
                let cover = Cover::new(Ids::Some(ids), span, acceptance, location());
                marks.covers.push(cover);
            }
            Some((_, Err(message))) => marks.broken.push(Broken {
                location: location(),
                message,
            }),
            None => {
                for mark in theirs {
                    let acceptance = mark.acceptance(location());
                    marks
                        .covers
                        .push(Cover::new(mark.ids, span, acceptance, location()));
                }
            }
        }
    }
}

/// Nodes that a comment can stand before, outermost first: the object, list items, fields.
fn places_of(document: &Document) -> Vec<Span> {
    let mut places = vec![document.root().span()];
    collect(document.root(), &mut places, 0);
    places
}

fn collect(node: Node<'_>, places: &mut Vec<Span>, depth: usize) {
    // Aliases lead back to earlier places; what is written is bounded by the parser's depth.
    if depth > ringwall_input::yaml::MAX_DEPTH {
        return;
    }
    for (_, value) in node.written_entries() {
        let entry = value.entry_span();
        if node.span().contains(entry) {
            places.push(entry);
            if entry.contains(value.span()) {
                collect(value, places, depth + 1);
            }
        }
    }
    for item in node.items() {
        if node.span().contains(item.span()) {
            places.push(item.span());
            collect(item, places, depth + 1);
        }
    }
}

/// What a comment covers: the node that begins on its line, else the next one.
fn covered(source: &Source, comment: Span, places: &[Span]) -> Option<Span> {
    let before = source.text.get(..comment.start as usize).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let stands_alone = before
        .get(line_start..)
        .is_some_and(|rest| rest.trim_start_matches('\u{feff}').trim().is_empty());
    let from = if stands_alone {
        comment.end
    } else {
        u32::try_from(line_start).unwrap_or(u32::MAX)
    };
    let first = places
        .iter()
        .map(|place| place.start)
        .filter(|&start| start >= from && (stands_alone || start < comment.start))
        .min()?;
    // The first of those that begin there is the outermost.
    places.iter().find(|place| place.start == first).copied()
}

fn annotations(metadata: Option<Node<'_>>, covered: Span, marks: &mut Marks) {
    let Some(metadata) = metadata else {
        return;
    };
    let annotations = metadata.get("annotations");
    for (key, value) in annotations.into_iter().flat_map(Node::entries) {
        let location = || value.location();
        if let Some(id) = key.text().strip_prefix(ANNOTATION) {
            match grammar::terms(value.text()) {
                Ok(terms) => {
                    let acceptance = Acceptance {
                        source: AcceptanceSource::Annotation,
                        reason: terms.reason,
                        owner: terms.owner,
                        until: terms.until,
                        location: Some(location()),
                    };
                    // A slash cannot stand in the name of an annotation: `plaintext-secret.aws`.
                    let ids = Ids::Some(vec![id.replace('.', "/")]);
                    marks
                        .covers
                        .push(Cover::new(ids, covered, acceptance, location()));
                }
                Err(message) => marks.broken.push(Broken {
                    location: location(),
                    message,
                }),
            }
        } else if let Some(mark) = peers::annotation(key.text(), value.text()) {
            let acceptance = mark.acceptance(location());
            marks
                .covers
                .push(Cover::new(mark.ids, covered, acceptance, location()));
        }
    }
    // kubescape reads a label as well as an annotation.
    if let Some(label) = metadata.path(&["labels", "kubescape.io/ignore"])
        && let Some(mark) = peers::annotation("kubescape.io/ignore", label.text())
    {
        let acceptance = mark.acceptance(label.location());
        marks
            .covers
            .push(Cover::new(mark.ids, covered, acceptance, label.location()));
    }
}
