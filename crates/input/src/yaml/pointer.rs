//! From a place in a text to the JSON pointer of what stands there.

use ringwall_model::Span;

use super::{Document, Node};

/// The JSON pointer (RFC 6901) of the smallest node that a range of bytes lies in, its key included.
///
/// Empty for the document itself, and for a range outside of it.
pub fn pointer(document: &Document, span: Span) -> String {
    let mut pointer = String::new();
    let mut node = document.root();
    while let Some((key, value)) = step(node, span) {
        pointer.push('/');
        for char in key.chars() {
            match char {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                _ => pointer.push(char),
            }
        }
        if !value.span().contains(span) {
            break;
        }
        node = value;
    }
    pointer
}

impl Node<'_> {
    /// What a JSON pointer from this node leads to, or the deepest that exists on the way.
    #[must_use]
    pub fn nearest(self, pointer: &str) -> Self {
        let mut node = self;
        for step in pointer.split('/').filter(|step| !step.is_empty()) {
            let key = step.replace("~1", "/").replace("~0", "~");
            let next = if node.is_sequence() {
                key.parse().ok().and_then(|at| node.items().nth(at))
            } else {
                node.get(&key)
            };
            match next {
                Some(found) => node = found,
                None => break,
            }
        }
        node
    }
}

/// The member or item that holds the range. Values of aliases stand elsewhere and hold nothing here.
fn step(node: Node<'_>, span: Span) -> Option<(String, Node<'_>)> {
    if node.is_mapping() {
        let mut entries = node.written_entries();
        return entries
            .find(|(key, value)| {
                key.span().contains(span) || key.span().to(value.span()).contains(span)
            })
            .map(|(key, value)| (key.text().to_owned(), value));
    }
    let mut items = node.items().enumerate();
    items
        .find(|(_, item)| item.span().contains(span))
        .map(|(at, item)| (at.to_string(), item))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::{Source, Span};

    use super::pointer;
    use crate::yaml;

    fn check(text: &str, part: &str, expected: &str) {
        let (documents, _) = yaml::parse(&Arc::new(Source::new("a", text)));
        let at = text.find(part).unwrap();
        let span = Span::new(at, at + part.len());
        assert_eq!(pointer(&documents[0], span), expected, "{part}");
    }

    #[test]
    fn keys_values_and_items_have_pointers() {
        let json = r#"{"spec":{"containers":[{"name":"a"},{"name":"b","a/b~":true}]}}"#;
        check(json, r#""b""#, "/spec/containers/1/name");
        check(json, r#""containers""#, "/spec/containers");
        check(json, r#""a/b~":true"#, "/spec/containers/1/a~1b~0");
        check(json, r#"{"name":"a"}"#, "/spec/containers/0");
        check(json, json, "");
        check(
            "spec:\n  containers:\n  - name: b\n",
            "name: b",
            "/spec/containers/0/name",
        );
    }
}
