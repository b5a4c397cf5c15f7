//! Whether edits changed what they name and nothing else.

use ringwall_model::{Edit, Span};

use super::{
    Document,
    tree::{Kind, NodeData},
};

/// Whether all that edits do not name reads as it did: the documents of a text before the edits, and after them.
///
/// A line that is put behind a block scalar may take its last line breaks away, and one that is indented otherwise may
/// take what follows into another object: both parse.
pub fn is_untouched<'e>(
    before: &[Document],
    after: &[Document],
    edits: impl IntoIterator<Item = &'e Edit>,
) -> bool {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let old: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    let mut new = Vec::with_capacity(edits.len());
    let (mut removed, mut added) = (0_u64, 0_u64);
    for edit in &edits {
        let start = usize::try_from(u64::from(edit.span.start) + added - removed);
        let start = start.unwrap_or(usize::MAX >> 1);
        new.push(Span::new(start, start + edit.text.len()));
        removed += u64::from(edit.span.end - edit.span.start);
        added += edit.text.len() as u64;
    }
    let old = before.iter().flat_map(|document| words(document, &old));
    old.eq(after.iter().flat_map(|document| words(document, &new)))
}

/// A node that is in no edit, as it reads.
struct Word<'a> {
    depth: usize,
    kind: Kind,
    text: &'a str,
    /// Quotes that an edit puts around a scalar change what it is, not what it says.
    is_at_edit: bool,
}

impl PartialEq for Word<'_> {
    fn eq(&self, other: &Self) -> bool {
        let is_text = |kind| matches!(kind, Kind::Plain | Kind::Text);
        let may_differ = self.is_at_edit || other.is_at_edit;
        self.depth == other.depth
            && self.text == other.text
            && (self.kind == other.kind
                || (may_differ && is_text(self.kind) && is_text(other.kind)))
    }
}

/// The nodes of a document that stand in no edit, in the order of the text.
fn words<'a>(document: &'a Document, edits: &[Span]) -> Vec<Word<'a>> {
    let mut words = Vec::with_capacity(document.nodes.len());
    // Where the lists and objects around a node end, and which of them stand only if something in them does.
    let mut around: Vec<(u32, Option<usize>)> = Vec::new();
    let close = |around: &mut Vec<(u32, Option<usize>)>, words: &mut Vec<Word<'a>>, at: u32| {
        while let Some((_, word)) = around.pop_if(|(end, _)| *end <= at) {
            if word.is_some_and(|word| word + 1 == words.len()) {
                words.pop();
            }
        }
    };
    for (at, data) in (0..).zip(&document.nodes) {
        close(&mut around, &mut words, at);
        let depth = around.len();
        let is_at_edit = begins_in(data.span, edits);
        if matches!(data.kind, Kind::Sequence | Kind::Mapping) {
            // One that is emptied or brought has nothing left beside the edit; of one whose first key goes, the rest is.
            around.push((data.next, is_at_edit.then_some(words.len())));
        } else if is_inside(place(document, data), edits) {
            continue;
        }
        words.push(Word {
            depth,
            kind: data.kind,
            text: written(document, data),
            is_at_edit,
        });
    }
    close(&mut around, &mut words, u32::MAX);
    words
}

fn written<'a>(document: &'a Document, data: &NodeData) -> &'a str {
    match data.kind {
        Kind::Plain | Kind::Text => document.text(data),
        Kind::Alias => document.source.slice(data.span),
        Kind::Sequence | Kind::Mapping => "",
    }
}

/// Where a scalar stands: one that is not written stands behind its colon, where edits write it.
fn place(document: &Document, data: &NodeData) -> Span {
    if data.span.start != data.span.end {
        return data.span;
    }
    let start = data.span.start as usize;
    let rest = document.source.text.get(start..).unwrap_or("");
    let behind = rest.trim_start_matches([' ', '\t']).strip_prefix(':');
    behind.map_or(data.span, |behind| {
        Span::at(start + rest.len() - behind.len())
    })
}

/// Whether a span begins in an edit; edits are sorted and do not overlap.
fn begins_in(span: Span, edits: &[Span]) -> bool {
    let after = edits.partition_point(|edit| edit.start <= span.start);
    let edits = edits.get(..after).unwrap_or_default();
    edits.last().is_some_and(|edit| span.start < edit.end)
}

/// Whether a span is in an edit as a whole; one of nothing is in those that it touches.
fn is_inside(span: Span, edits: &[Span]) -> bool {
    let first = edits.partition_point(|edit| edit.end < span.end);
    let edits = edits.get(first..).unwrap_or_default();
    let mut edits = edits.iter().take_while(|edit| edit.start <= span.start);
    edits.any(|edit| edit.contains(span))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::*;
    use crate::yaml::{Node, edit, parse};

    fn check(text: &str, edits: &[(usize, usize, &str)], expected: bool) {
        let edits = edits.iter().map(|&(start, end, text)| Edit {
            file: "a.yaml".into(),
            span: Span::new(start, end),
            text: text.to_owned(),
        });
        assert_eq!(holds(text, &edits.collect::<Vec<_>>()), expected, "{text}");
    }

    fn holds(text: &str, edits: &[Edit]) -> bool {
        let mut changed = text.to_owned();
        let mut edits: Vec<&Edit> = edits.iter().collect();
        edits.sort_by_key(|edit| edit.span.start);
        for edit in edits.iter().rev() {
            changed.replace_range(edit.span.range(), &edit.text);
        }
        let parsed = |text: &str| parse(&Arc::new(Source::new("a.yaml", text))).0;
        is_untouched(&parsed(text), &parsed(&changed), edits)
    }

    #[test]
    fn what_an_edit_names_may_change() {
        check("a: 1\nb: 2\n", &[(3, 4, "5")], true);
        check("a: 1\nb: 2\n", &[(0, 5, "")], true);
        check("a:\nb: 2\n", &[(2, 2, "\n  c: 3")], true);
        check("a: 1\n", &[(5, 5, "---\nb: 2\n")], true);
        check("a: 1\nb: 2\n", &[(3, 4, "5"), (8, 9, "7")], true);
        check("a: {}\n", &[(4, 4, "b: 1")], true);
        check("a: {x: 1}\n", &[(4, 4, "b: {c: 1}, ")], true);
        // Quotes around a value.
        check("a: 1\n", &[(3, 3, "\""), (4, 4, "\"")], true);
        check("- a: 1\n  b: 2\n- c\n", &[(2, 9, "")], true);
    }

    #[test]
    fn what_no_edit_names_may_not() {
        // A line break of `a`.
        check("a: |+\n  x\n\n", &[(9, 9, "\nb: 1")], false);
        check("a: |+\n  x\n\n", &[(10, 10, "\nb: 1")], true);
        // What is below `a` goes into `b`.
        check("a:\n  x: 1\n", &[(2, 2, "\n  b:"), (3, 3, "  ")], false);
        check("a: x\nb: y\n", &[(4, 5, " ")], false);
        check("a: 1\n", &[(3, 3, "2")], false);
        check(
            "a: &x 1\nb: *x\nc: &y 1\n",
            &[(12, 13, "y"), (17, 17, " ")],
            false,
        );
    }

    /// Whatever an edit of ours is put into, it changes what it names alone.
    #[test]
    fn edits_of_fields_and_items_name_what_they_change() {
        let text = "a:\n  b: |+\n    x\n\n  # c\nl:\n- p: 1\n  q: >+\n    y\n\n\n- p: 2\n- {r: [1, 2]}\n\
                    k:\ns: ~\nm: {}\nz: |\n  v\n";
        let (documents, diagnostics) = parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let root = documents[0].root();
        let item = |at| root.list("l").nth(at).unwrap();
        let list = root.get("l").unwrap();
        let set = |node: Node<'_>, path: &[&str]| edit::set(node, path, "[7]").unwrap();
        let of_r = item(2).get("r").unwrap();
        for edits in [
            set(root, &["a", "n"]),
            set(root, &["a", "n", "o"]),
            set(root, &["a", "b"]),
            set(root, &["k", "o"]),
            set(root, &["k"]),
            set(root, &["s", "o"]),
            set(root, &["m", "o"]),
            set(root, &["z"]),
            set(root, &["y"]),
            set(item(0), &["n"]),
            set(item(0), &["p"]),
            set(item(1), &["n", "o"]),
            edit::remove(item(0), "p").unwrap(),
            edit::remove(item(1), "p").unwrap(),
            edit::remove(root, "k").unwrap(),
            edit::remove(root, "l").unwrap(),
            edit::remove_item(list, item(0)).unwrap(),
            edit::remove_item(list, item(2)).unwrap(),
            edit::remove_item(of_r, of_r.items().next().unwrap()).unwrap(),
            edit::remove_item(of_r, of_r.items().nth(1).unwrap()).unwrap(),
        ] {
            assert!(holds(text, &edits), "{edits:?}");
        }
    }
}
