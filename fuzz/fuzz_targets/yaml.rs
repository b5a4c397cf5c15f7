//! Manifests are any text: parsing them neither panics nor hangs, and every node lies in the text.

#![no_main]

use std::{collections::HashSet, sync::Arc};

use libfuzzer_sys::fuzz_target;
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml::{self, Document, Node},
};
use ringwall_model::{Source, Span};

fuzz_target!(|text: &str| {
    let source = Arc::new(Source::new("fuzz.yaml", text));
    let (documents, diagnostics) = yaml::parse(&source);
    for diagnostic in &diagnostics {
        lies_in(text, diagnostic.span);
    }
    for document in &documents {
        walk(text, document);
        if let ObjectDocument::Objects(objects) = kubernetes::objects(document) {
            for object in &objects {
                lies_in(text, object.node.span());
                for workload in kubernetes::workloads(object, &[]) {
                    for container in &workload.containers {
                        lies_in(text, container.node.span());
                    }
                }
            }
        }
    }
});

/// Sees each node once; an alias stands for a node that was seen.
fn walk(text: &str, document: &Document) {
    lies_in(text, document.span());
    for comment in document.comments() {
        lies_in(text, comment.span);
        assert!(text[comment.span.range()].starts_with('#'));
    }
    let mut seen = HashSet::new();
    let mut open = vec![document.root()];
    let mut steps = 0;
    while let Some(node) = open.pop() {
        if !seen.insert(node.id()) {
            continue;
        }
        for span in [node.span(), node.place(), node.entry_span()] {
            lies_in(text, span);
        }
        let before = open.len();
        open.extend(node.items());
        open.extend(node.written_entries().flat_map(|(key, value)| [key, value]));
        steps += open.len() - before;
        // What counts of an object is among what is written, or comes through `<<`.
        // A field that is null is none, and a key that is null makes kubectl refuse the document.
        for (key, value) in node.entries() {
            let is_field = key.is_scalar() && !key.is_null() && !value.is_null();
            assert!(!is_field || node.get(key.text()).is_some());
        }
    }
    assert!(
        steps <= document.node_count(),
        "a walk sees each place once"
    );
    assert!(seen.len() <= document.node_count().max(1));
    for (first, again) in document.duplicate_keys() {
        assert_eq!(Node::text(first), Node::text(again));
    }
}

fn lies_in(text: &str, span: Span) {
    assert!(
        text.get(span.range()).is_some(),
        "{span:?} is not in the text"
    );
}
