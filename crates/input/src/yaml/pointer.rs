//! From a place in a text to the JSON pointer of what stands there.

use std::{borrow::Cow, collections::HashMap};

use ringwall_model::Span;

use super::{Document, Node};

/// The JSON pointer (RFC 6901) of the smallest node that a range of bytes lies in, its key included.
///
/// Empty for the document itself, and for a range outside of it. For many ranges of one document see [`Pointers`].
pub fn pointer(document: &Document, span: Span) -> String {
    Pointers::new(document).of(span)
}

/// The pointers of many places of one document, each in logarithmic time: what a list or an object holds is gone
/// through once.
pub struct Pointers<'d> {
    document: &'d Document,
    children: HashMap<u32, Children<'d>>,
}

impl<'d> Pointers<'d> {
    /// Pointers of a document.
    pub fn new(document: &'d Document) -> Self {
        Self {
            document,
            children: HashMap::new(),
        }
    }

    /// The pointer of the smallest node that a range of bytes lies in, as [`pointer()`] tells it.
    pub fn of(&mut self, span: Span) -> String {
        let mut pointer = String::new();
        let mut node = self.document.root();
        loop {
            let children = self.children.entry(node.id());
            let children = children.or_insert_with(|| Children::of(node));
            let Some(child) = children.holding(span) else {
                break;
            };
            push_key(&mut pointer, &child.step());
            if !child.value.span().contains(span) {
                break;
            }
            node = child.value;
        }
        pointer
    }

    /// What an edit of a range changes: the list or object that the range lies inside of, its brackets apart, and
    /// which members of that object it touches.
    pub fn around(&mut self, span: Span) -> Around {
        let mut pointer = String::new();
        let mut node = self.document.root();
        loop {
            let children = self.children.entry(node.id());
            let children = children.or_insert_with(|| Children::of(node));
            let inner = children.holding(span).filter(|child| {
                let value = child.value.span();
                let has_children = child.value.is_mapping() || child.value.is_sequence();
                has_children && value.start < span.start && span.end < value.end
            });
            if let Some(child) = inner {
                push_key(&mut pointer, &child.step());
                node = child.value;
                continue;
            }
            let touched = children.all.iter().filter(|child| {
                child.key.is_some() && child.span.start < span.end && span.start < child.span.end
            });
            return Around {
                members: touched.map(|child| child.step().into_owned()).collect(),
                pointer,
                span: node.span(),
            };
        }
    }
}

/// Where an edit is made, as [`Pointers::around`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The pointer of the list or object.
    pub pointer: String,
    /// The keys of the members that the edit touches, as they are written; none in a list and for an insertion.
    pub members: Vec<String>,
    /// Where the list or object is written, its brackets included.
    pub span: Span,
}

/// Appends a key or an index to a JSON pointer, escaped as RFC 6901 asks.
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    for char in key.chars() {
        match char {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(char),
        }
    }
}

/// The members of an object, or the items of a list.
struct Children<'d> {
    all: Vec<Child<'d>>,
    /// Whether each ends before the next begins. Values of aliases stand elsewhere.
    is_in_order: bool,
}

struct Child<'d> {
    key: Option<Node<'d>>,
    at: usize,
    value: Node<'d>,
    span: Span,
}

impl Child<'_> {
    fn step(&self) -> Cow<'_, str> {
        self.key
            .map_or_else(|| self.at.to_string().into(), |key| key.text().into())
    }
}

impl<'d> Children<'d> {
    fn of(node: Node<'d>) -> Self {
        let mut all = Vec::new();
        if node.is_mapping() {
            all.extend(node.written_entries().map(|(key, value)| Child {
                key: Some(key),
                at: 0,
                value,
                span: key.span().to(value.span()),
            }));
        } else {
            all.extend(node.items().enumerate().map(|(at, value)| Child {
                key: None,
                at,
                value,
                span: value.span(),
            }));
        }
        let mut pairs = all.iter().zip(all.iter().skip(1));
        Self {
            is_in_order: pairs.all(|(one, next)| one.span.end <= next.span.start),
            all,
        }
    }

    /// The first one that holds a range.
    fn holding(&self, span: Span) -> Option<&Child<'d>> {
        let from = if self.is_in_order {
            self.all
                .partition_point(|child| child.span.end < span.end.max(span.start))
        } else {
            0
        };
        let mut rest = self.all.get(from..)?.iter();
        if self.is_in_order {
            // Those that begin behind the range cannot hold it.
            return rest
                .take_while(|child| child.span.start <= span.start)
                .find(|child| child.span.contains(span));
        }
        rest.find(|child| child.span.contains(span))
    }
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
                node.get_written(&key)
            };
            match next {
                Some(found) => node = found,
                None => break,
            }
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::{Source, Span};

    use super::{Around, Pointers, pointer};
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
    #[test]
    fn what_an_edit_changes_is_around_it() {
        let json = r#"{"spec":{"a/b":[{"name":"a","tty":true}],"empty":{}}}"#;
        let (documents, _) = yaml::parse(&Arc::new(Source::new("a", json)));
        let mut pointers = Pointers::new(&documents[0]);
        let mut check = |part: &str, length: usize, pointer: &str, members: &[&str]| {
            let at = json.find(part).unwrap();
            let written = documents[0].root().nearest(pointer);
            let expected = Around {
                pointer: pointer.to_owned(),
                members: members.iter().map(|&key| key.to_owned()).collect(),
                span: written.span(),
            };
            let around = pointers.around(Span::new(at, at + length));
            assert_eq!(around, expected, "{part}");
        };
        check("true", 4, "/spec/a~1b/0", &["tty"]);
        check(r#""tty":true"#, 10, "/spec/a~1b/0", &["tty"]);
        check(r#""a","tty":true"#, 14, "/spec/a~1b/0", &["name", "tty"]);
        // The whole item: what changes is the list.
        check(r#"{"name""#, 23, "/spec/a~1b", &[]);
        check(r#"[{"name""#, 25, "/spec", &["a/b"]);
        // Insertions behind a bracket.
        check(r#""name""#, 0, "/spec/a~1b/0", &[]);
        check("}}}", 0, "/spec/empty", &[]);
        check(r#""spec""#, 0, "", &[]);
    }

    #[test]
    fn members_with_aliases_for_values_have_pointers_too() {
        let yaml = "a: &x\n- 1\n- {b: 2}\nc: *x\nd: [3]\n";
        check(yaml, "b: 2", "/a/1/b");
        check(yaml, "[3]", "/d");
        check(yaml, "3", "/d/0");
    }
}
