//! A handle to a node, and the questions one can ask it.

use std::fmt;

use ringwall_model::{Location, Span};

use super::{
    Document, Value, scalar,
    tree::{FLOW, Kind, MERGES, NONE, NodeData, REPEATS, fingerprint},
};

/// A node of a document; sixteen bytes, copied freely. Aliases are already followed.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    id: u32,
    /// The key under which it was found, or `NONE`.
    key: u32,
}

impl<'a> Node<'a> {
    pub(super) fn new(document: &'a Document, id: u32, key: u32) -> Self {
        let data = document.data(id);
        // The builder refuses aliases to aliases, so one step is enough.
        let id = if data.kind == Kind::Alias {
            data.aux
        } else {
            id
        };
        Self { document, id, key }
    }

    fn data(self) -> &'a NodeData {
        self.document.data(self.id)
    }

    /// The document it belongs to.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// A number that tells nodes of one document apart.
    pub fn id(self) -> u32 {
        self.id
    }

    /// Whether both are the same node of the same document.
    pub fn is_same(self, other: Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }

    /// Its value; for a list or an object only that it is one.
    pub fn value(self) -> Value<'a> {
        self.document.value(self.data())
    }

    /// Whether it is an object.
    pub fn is_mapping(self) -> bool {
        self.data().kind == Kind::Mapping
    }

    /// Whether it is a list.
    pub fn is_sequence(self) -> bool {
        self.data().kind == Kind::Sequence
    }

    /// Whether it is neither an object nor a list.
    pub fn is_scalar(self) -> bool {
        matches!(self.data().kind, Kind::Plain | Kind::Text)
    }

    /// Whether it is null, or nothing is written there.
    #[inline]
    pub fn is_null(self) -> bool {
        let data = self.data();
        // Asked of every field that is looked at, and told mostly without its text.
        data.kind == Kind::Plain
            && (data.aux != NONE || data.span.end - data.span.start <= scalar::LONGEST_NULL)
            && scalar::is_null(self.document.text(data))
    }

    /// Whether it is an object in which `<<` stands.
    pub(crate) fn is_merging(self) -> bool {
        self.data().flags & MERGES != 0
    }

    /// Whether it is written with brackets or braces.
    pub fn is_flow(self) -> bool {
        self.data().flags & FLOW != 0
    }

    /// Whether it is a quoted or block scalar.
    pub fn is_quoted(self) -> bool {
        self.data().kind == Kind::Text
    }

    /// The text of a scalar, whatever it means; empty for null, lists and objects.
    pub fn text(self) -> &'a str {
        if self.is_scalar() && !self.is_null() {
            self.document.text(self.data())
        } else {
            ""
        }
    }

    /// The text, if it is a string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.value() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if it is one; a whole float counts, as JSON has no other.
    pub fn as_i64(self) -> Option<i64> {
        match self.value() {
            Value::Int(value) => Some(value),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range is checked before"
            )]
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => None,
        }
    }

    /// Whether it is true, in any of the words of YAML 1.1.
    pub fn is_true(self) -> bool {
        self.as_bool() == Some(true)
    }

    /// Whether it is false, in any of the words of YAML 1.1.
    pub fn is_false(self) -> bool {
        self.as_bool() == Some(false)
    }

    /// The value of a key; the last one where the key is repeated, then what `<<` brings.
    ///
    /// Nothing where it is null, which the API server reads as if the key were not there.
    #[inline]
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.get_written(key).filter(|node| !node.is_null())
    }

    /// [`Self::get`], with what is null.
    #[inline]
    pub fn get_written(self, key: &str) -> Option<Node<'a>> {
        let print = fingerprint(key.as_bytes());
        let data = self.data();
        // Here, where the key is mostly known when this is compiled, the answer mostly is no.
        if data.kind != Kind::Mapping || data.lacks(print) {
            return None;
        }
        self.get_bounded(key, print, 8)
    }

    fn get_bounded(self, key: &str, print: u16, merges: u8) -> Option<Node<'a>> {
        let data = self.data();
        if data.kind != Kind::Mapping {
            return None;
        }
        if data.flags & MERGES != 0 {
            return self.get_merged(key, print, merges);
        }
        let nodes = self.document.nodes.get(..data.next as usize)?;
        let mut found = None;
        let mut at = self.id + 1;
        while let Some(entry) = nodes.get(at as usize) {
            let value = entry.next;
            if entry.print == print && Node::new(self.document, at, NONE).has_text(key) {
                found = Some(Node::new(self.document, value, at));
                if data.flags & REPEATS == 0 {
                    break;
                }
            }
            // A value ends where the next key begins.
            let Some(value) = nodes.get(value as usize) else {
                break;
            };
            at = value.next.max(at + 1);
        }
        found
    }

    /// [`Self::get_bounded`] where `<<` stands: what is written last wins, be it a key or what `<<` brings.
    ///
    /// So the library behind kubectl reads it (checked against `sigs.k8s.io/yaml` v1.6.0).
    fn get_merged(self, key: &str, print: u16, merges: u8) -> Option<Node<'a>> {
        self.written_entries().fold(None, |found, (name, value)| {
            if name.is_merge() {
                let brought = merges.checked_sub(1).and_then(|left| {
                    merged(value).find_map(|mapping| mapping.get_bounded(key, print, left))
                });
                brought.or(found)
            } else if name.has_text(key) {
                Some(value)
            } else {
                found
            }
        })
    }

    fn is_merge(self) -> bool {
        self.has_text("<<") && !self.is_quoted()
    }

    fn has_text(self, text: &str) -> bool {
        let data = self.data();
        if data.aux == NONE && data.kind == Kind::Plain {
            // Most keys: compare lengths before touching the text.
            return (data.span.end - data.span.start) as usize == text.len()
                && self.document.source.text.as_bytes().get(data.span.range())
                    == Some(text.as_bytes());
        }
        self.is_scalar() && self.document.text(data) == text
    }

    /// The node at the end of a path of keys.
    pub fn path(self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text at a key, if it is a string.
    pub fn str(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    /// The items of a list; nothing for anything else.
    pub fn items(self) -> Items<'a> {
        let data = self.data();
        let end = if data.kind == Kind::Sequence {
            data.next
        } else {
            self.id
        };
        Items {
            document: self.document,
            at: self.id + 1,
            end,
        }
    }

    /// The items of the list at a key; nothing where there is none.
    pub fn list(self, key: &str) -> Items<'a> {
        self.get(key).map_or(
            Items {
                document: self.document,
                at: 1,
                end: 0,
            },
            Node::items,
        )
    }

    /// The keys and values of an object as they are written, `<<` and repeated keys included.
    pub fn written_entries(self) -> Entries<'a> {
        let data = self.data();
        let end = if data.kind == Kind::Mapping {
            data.next
        } else {
            self.id
        };
        Entries {
            document: self.document,
            at: self.id + 1,
            end,
        }
    }

    /// Whether it is an object with a field that is not null.
    pub fn has_fields(self) -> bool {
        self.written_entries().any(|(_, value)| !value.is_null())
    }

    /// The keys and values that count: the last of repeated keys, and what `<<` brings.
    pub fn entries(self) -> Vec<(Node<'a>, Node<'a>)> {
        self.entries_bounded(8)
    }

    fn entries_bounded(self, merges: u8) -> Vec<(Node<'a>, Node<'a>)> {
        let flags = self.data().flags;
        if flags & (MERGES | REPEATS) == 0 {
            return self.written_entries().collect();
        }
        let mut entries: Vec<(Node<'a>, Node<'a>)> = Vec::new();
        for (key, value) in self.written_entries() {
            if !key.is_merge() {
                put(&mut entries, key, value);
            } else if let Some(left) = merges.checked_sub(1) {
                // The first of several mappings wins, so it is put last.
                let mappings: Vec<_> = merged(value).collect();
                for mapping in mappings.into_iter().rev() {
                    for (key, value) in mapping.entries_bounded(left) {
                        put(&mut entries, key, value);
                    }
                }
            }
        }
        entries
    }

    /// The key under which it was found.
    pub fn key(self) -> Option<Node<'a>> {
        (self.key != NONE).then(|| Node::new(self.document, self.key, NONE))
    }

    /// The bytes of the value alone.
    pub fn span(self) -> Span {
        self.data().span
    }

    /// The bytes of key and value.
    pub fn entry_span(self) -> Span {
        self.key().map_or(self.span(), |key| {
            if key.span().start <= self.span().start {
                key.span().to(self.span())
            } else {
                self.span() // The value is an alias to an earlier place.
            }
        })
    }

    /// What a finding points at: a field with its value, of a list or an object the key,
    /// of a list item without key its first line.
    pub fn place(self) -> Span {
        match (self.is_scalar(), self.key()) {
            (true, Some(_)) => self.entry_span(),
            (true, None) => self.span(),
            (false, Some(key)) => key.span(),
            (false, None) => {
                let span = self.span();
                let text = self.document.source.slice(span);
                let line = text.find(['\n', '\r']).unwrap_or(text.len());
                Span::new(span.start as usize, span.start as usize + line)
            }
        }
    }

    /// [`Self::place`] as reports print it.
    pub fn location(self) -> Location {
        self.document.source.location(self.place())
    }
}

/// The mappings that the value of `<<` names; the first one wins.
fn merged(value: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let one = value.is_mapping().then_some(value);
    one.into_iter().chain(value.items())
}

/// Adds an entry, or puts it in the place of an earlier one with the same key.
fn put<'a>(entries: &mut Vec<(Node<'a>, Node<'a>)>, key: Node<'a>, value: Node<'a>) {
    let same = |(seen, _): &&mut (Node<'a>, Node<'a>)| key.is_scalar() && seen.has_text(key.text());
    match entries.iter_mut().find(same) {
        Some(seen) => *seen = (key, value),
        None => entries.push((key, value)),
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.document.source.slice(self.span()))
    }
}

/// The items of a list.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        (self.at < self.end).then(|| {
            let node = Node::new(self.document, self.at, NONE);
            self.at = self.document.data(self.at).next.max(self.at + 1);
            node
        })
    }
}

/// The keys and values of an object, as written.
#[derive(Clone)]
pub struct Entries<'a> {
    document: &'a Document,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let key = self.at;
        let value = self.document.data(key).next.max(key + 1);
        if value >= self.end {
            return None;
        }
        self.at = self.document.data(value).next.max(value + 1);
        Some((
            Node::new(self.document, key, NONE),
            Node::new(self.document, value, key),
        ))
    }
}
