//! The arena: nodes in the order of the text.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_model::{Source, Span};

use super::{Node, Value, scalar};
use crate::Diagnostic;

/// No node, no decoded text.
pub(super) const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text without quotes: may be a boolean, a number or null.
    Plain,
    /// Quoted, block or tagged as string: always a string.
    Text,
    /// Children are the items.
    Sequence,
    /// Children are key, value, key, value; `aux` and `print` have the [`Signs`] of the keys.
    Mapping,
    /// `aux` is the node it stands for.
    Alias,
}

/// The mapping has a `<<` key.
pub(super) const MERGES: u8 = 1;
/// The mapping repeats a key.
pub(super) const REPEATS: u8 = 2;
/// Written with brackets or braces.
pub(super) const FLOW: u8 = 4;
/// The scalar's value is the span without its first and last byte.
pub(super) const QUOTED: u8 = 8;

/// A node of 20 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodeData {
    pub(super) span: Span,
    /// The node after this one and all below it.
    pub(super) next: u32,
    /// Decoded text, alias target, [`Signs`] of keys, or [`NONE`].
    pub(super) aux: u32,
    pub(super) kind: Kind,
    pub(super) flags: u8,
    /// [`fingerprint`] of a scalar's text, or [`Signs`] of keys; fits where the struct would be padded.
    pub(super) print: u16,
}

/// Length, first and last byte of a text: tells nearly all keys of an object apart without reading them.
#[inline]
pub(crate) fn fingerprint(text: &[u8]) -> u16 {
    let byte = |byte: Option<&u8>| u16::from(byte.copied().unwrap_or(0));
    let length = u16::try_from(text.len() & 0xff).unwrap_or(0);
    length ^ (byte(text.first()) << 8) ^ (byte(text.last()) << 4)
}

/// Bits for the [`fingerprint`] of each key of a mapping: one of 32, and one of 16. A mapping that lacks one of the two
/// lacks the key, and most of what checks ask for is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    wide: u32,
    narrow: u16,
}

impl Signs {
    /// Those of a mapping that may have any key.
    pub(super) const ALL: Self = Self {
        wide: u32::MAX,
        narrow: u16::MAX,
    };

    #[inline]
    pub(super) fn of(print: u16) -> Self {
        // Fibonacci hashing: the highest bits of a product are the best mixed.
        Self {
            wide: 1 << (print.wrapping_mul(0x9E37) >> 11),
            narrow: 1 << (print.wrapping_mul(0x6A55) >> 12),
        }
    }

    pub(super) fn add(&mut self, print: u16) {
        let sign = Self::of(print);
        self.wide |= sign.wide;
        self.narrow |= sign.narrow;
    }
}

impl NodeData {
    /// Keeps the signs of the keys of a mapping.
    pub(super) fn set_signs(&mut self, signs: Signs) {
        self.aux = signs.wide;
        self.print = signs.narrow;
    }

    /// Whether a mapping lacks a key with this fingerprint, as far as its signs tell.
    #[inline]
    pub(super) fn lacks(&self, print: u16) -> bool {
        let sign = Signs::of(print);
        self.aux & sign.wide == 0 || self.print & sign.narrow == 0
    }
}

/// A comment of the file, from `#` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
}

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// The file it stands in.
    pub source: Arc<Source>,
    pub(super) nodes: Vec<NodeData>,
    pub(super) decoded: Vec<Box<str>>,
    pub(super) comments: Vec<Comment>,
    pub(super) duplicates: Vec<(u32, u32)>,
    pub(super) refused: Vec<Diagnostic>,
    /// The nodes that aliases stand for, each once.
    pub(super) aliased: BTreeSet<u32>,
    pub(super) span: Span,
}

impl Document {
    /// The top node.
    pub fn root(&self) -> Node<'_> {
        Node::new(self, 0, NONE)
    }

    /// All bytes of the document.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Comments, in order; only read when the file holds a mark that someone could mean.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Keys that a mapping repeats: the first one and the one that repeats it.
    pub fn duplicate_keys(&self) -> impl Iterator<Item = (Node<'_>, Node<'_>)> {
        self.duplicates
            .iter()
            .map(|&(first, again)| (Node::new(self, first, NONE), Node::new(self, again, NONE)))
    }

    /// Why kubectl refuses the document, though what it says can be read; empty for nearly all.
    pub fn refused(&self) -> &[Diagnostic] {
        &self.refused
    }

    /// Whether an alias stands for a node or for one around it, so that it is at other places too.
    pub(super) fn is_shared(&self, id: u32) -> bool {
        let mut around = self.aliased.range(..=id);
        around.any(|&target| id < self.data(target).next)
    }

    /// Whether an alias stands for a node or for one below it, so that it cannot go.
    pub(super) fn is_needed(&self, id: u32) -> bool {
        let below = id..self.data(id).next.max(id + 1);
        self.aliased.range(below).next().is_some()
    }

    /// How many nodes there are, aliases not expanded.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn data(&self, id: u32) -> &NodeData {
        static MISSING: NodeData = NodeData {
            span: Span { start: 0, end: 0 },
            next: NONE,
            aux: NONE,
            kind: Kind::Plain,
            flags: 0,
            print: 0,
        };
        self.nodes.get(id as usize).unwrap_or(&MISSING)
    }

    /// The text of a scalar after unquoting and folding.
    pub(super) fn text(&self, data: &NodeData) -> &str {
        if data.aux != NONE {
            return self
                .decoded
                .get(data.aux as usize)
                .map_or("", |text| &**text);
        }
        let mut span = data.span;
        if data.flags & QUOTED != 0 {
            span = Span {
                start: span.start + 1,
                end: span.end.saturating_sub(1),
            };
        }
        self.source.slice(span)
    }

    pub(super) fn value(&self, data: &NodeData) -> Value<'_> {
        match data.kind {
            Kind::Plain => scalar::resolve(self.text(data)),
            Kind::Text => Value::String(self.text(data)),
            Kind::Sequence => Value::Sequence,
            Kind::Mapping => Value::Mapping,
            Kind::Alias => Value::Null,
        }
    }
}
