//! What both readers share: adding nodes to the arena, placing the text of scalars, judging keys.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use memchr::{memchr, memmem::Finder};
use ringwall_model::{Source, Span};

use super::tree::{Document, Kind, MERGES, NONE, NodeData, QUOTED, REPEATS, Signs, fingerprint};

/// Mappings of up to this many keys, nearly all of them, are compared pairwise without hashing.
const PAIRWISE: usize = 24;

/// Whether the text holds a mark that may stand in a comment.
pub(super) fn wants_comments(text: &str) -> bool {
    static MARKS: LazyLock<[Finder<'static>; 4]> =
        LazyLock::new(|| ["ringwall:", "checkov:", "trivy:ignore", "kics-scan"].map(Finder::new));
    let Some(first) = memchr(b'#', text.as_bytes()) else {
        return false;
    };
    let rest = text.as_bytes().get(first..).unwrap_or_default();
    MARKS.iter().any(|mark| mark.find(rest).is_some())
}

impl Document {
    /// A document without nodes.
    pub(super) fn empty(source: &Arc<Source>, start: usize) -> Self {
        Self {
            source: Arc::clone(source),
            nodes: Vec::new(),
            decoded: Vec::new(),
            comments: Vec::new(),
            duplicates: Vec::new(),
            refused: Vec::new(),
            aliased: BTreeSet::new(),
            span: Span::at(start),
        }
    }

    /// Makes room for the nodes of a text: two on each line, as `key: value` has, and some for what opens mappings and lists.
    pub(super) fn reserve(&mut self, text: &[u8]) {
        let lines = memchr::memchr_iter(b'\n', text).count();
        self.nodes.reserve(lines * 5 / 2 + 8);
    }

    /// Gives back what was reserved for lines without nodes, where it is worth a copy.
    pub(super) fn release(&mut self) {
        if self.nodes.capacity() > self.nodes.len() + self.nodes.len() / 2 {
            self.nodes.shrink_to_fit();
        }
    }

    pub(super) fn push(&mut self, mut data: NodeData) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE - 1);
        data.next = id + 1;
        data.print = match data.kind {
            Kind::Plain | Kind::Text => fingerprint(self.text_bytes(&data)),
            Kind::Alias => self.data(data.aux).print,
            Kind::Sequence | Kind::Mapping => 0,
        };
        if data.kind == Kind::Alias {
            self.aliased.insert(data.aux);
        }
        self.nodes.push(data);
        id
    }

    /// The bytes of [`Document::text`], which a scan asks of each scalar.
    fn text_bytes(&self, data: &NodeData) -> &[u8] {
        if data.aux != NONE {
            return self.text(data).as_bytes();
        }
        let quote = usize::from(data.flags & QUOTED != 0);
        let span = data.span.range();
        let written = self.source.text.as_bytes();
        let inside = written.get(span.start + quote..span.end.saturating_sub(quote));
        inside.unwrap_or_default()
    }

    /// Where the value's text stands: in the source, or decoded because quoting changed it.
    pub(super) fn locate(&mut self, value: Cow<'_, str>, span: Span) -> (u32, u8) {
        let written = self.source.slice(span);
        if written == value {
            return (NONE, 0);
        }
        let inside = written
            .len()
            .checked_sub(1)
            .and_then(|end| written.get(1..end));
        if inside == Some(&*value) {
            return (NONE, QUOTED);
        }
        (self.decode(value), 0)
    }

    /// Keeps a text that is not written in the source as it is meant.
    pub(super) fn decode(&mut self, value: Cow<'_, str>) -> u32 {
        let index = u32::try_from(self.decoded.len()).unwrap_or(NONE);
        self.decoded.push(value.into());
        index
    }

    /// The span of a block scalar: it ends with its last line, not with the blank lines behind it.
    pub(super) fn block_span(&self, span: Span) -> Span {
        let written = self.source.slice(span).trim_end();
        Span::new(span.start as usize, span.start as usize + written.len())
    }

    /// Notes the keys that the mapping repeats, and gives the flags and the signs its keys make.
    pub(super) fn inspect_keys(&mut self, id: u32, next: u32) -> (u8, Signs) {
        let mut flags = 0;
        let mut signs = Signs::default();
        let mut duplicates = Vec::new();
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let mut keys = 0;
        let mut at = id + 1;
        while at < next {
            let data = self.data(at);
            signs.add(data.print);
            if matches!(data.kind, Kind::Plain | Kind::Text) {
                let text = self.text(data);
                let merges = text == "<<";
                if merges && data.kind == Kind::Plain {
                    flags |= MERGES;
                }
                let first = if keys < PAIRWISE {
                    self.key_before(id, at, data.print, text)
                } else {
                    if seen.is_empty() {
                        self.index_keys(id, at, &mut seen);
                    }
                    let first = *seen.entry(text).or_insert(at);
                    (first != at).then_some(first)
                };
                if let Some(first) = first
                    && !merges
                {
                    duplicates.push((first, at));
                }
                keys += 1;
            }
            at = self.entry_after(at);
        }
        if !duplicates.is_empty() {
            flags |= REPEATS;
            self.duplicates.append(&mut duplicates);
        }
        if flags & MERGES != 0 {
            signs = Signs::ALL; // What `<<` brings has other signs.
        }
        (flags, signs)
    }

    /// The first key of the mapping with this text, before the key `end`.
    fn key_before(&self, id: u32, end: u32, print: u16, text: &str) -> Option<u32> {
        let mut at = id + 1;
        while at < end {
            let data = self.data(at);
            if data.print == print
                && matches!(data.kind, Kind::Plain | Kind::Text)
                && self.text(data) == text
            {
                return Some(at);
            }
            at = self.entry_after(at);
        }
        None
    }

    fn index_keys<'d>(&'d self, id: u32, end: u32, seen: &mut HashMap<&'d str, u32>) {
        let mut at = id + 1;
        while at < end {
            let data = self.data(at);
            if matches!(data.kind, Kind::Plain | Kind::Text) {
                seen.entry(self.text(data)).or_insert(at);
            }
            at = self.entry_after(at);
        }
    }

    /// The key after the entry whose key is `at`.
    fn entry_after(&self, at: u32) -> u32 {
        let value = self.data(at).next.max(at + 1);
        self.data(value).next.max(value + 1)
    }
}
