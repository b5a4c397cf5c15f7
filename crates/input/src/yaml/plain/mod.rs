//! The plain style, which nearly all manifests are written in, read in one pass over its bytes.
//!
//! The parser of all of YAML reads about 40 MB of manifests in a second on one core, which is most of
//! what a scan costs; this reader reads about 390 MB. It knows less than YAML on purpose. It takes:
//!
//! ```text
//! document  = ["---" [comment]] (mapping | sequence | flow)
//! mapping   = key ":" value ...        every key in one column
//! sequence  = "-" item ...             every dash in one column; below a key also in the key's column
//! value     = nothing | scalar | flow | block | deeper lines with a mapping, sequence, flow or scalar
//! item      = as value, and a mapping or sequence on the line of the dash
//! key       = scalar of one line and at most 1000 bytes
//! scalar    = plain, 'single' or "double" quoted, folded where deeper lines go on; \n, \" and the
//!             like, but neither \x nor \u
//! block     = ("|" | ">") ["-" | "+"], then lines that are not all blank
//! flow      = "[" [node {"," node}] "]" | "{" [scalar ":" node {"," scalar ":" node}] "}", on one line
//! comment   = "#" after a blank or at the start of a line
//! ```
//!
//! Lines end with LF or CRLF; tabs stand in comments, quotes and block scalars only.
//! At anything else, broken or only unusual (anchors, tags, `? `, brackets over several lines), it
//! gives up without a trace and the document is read by [`super::events`]. It must never accept what
//! that reader refuses or understand it differently: the tests in `readers` compare both.

mod block;
mod flow;
mod scalar;

use std::{ops::Range, sync::Arc};

use memchr::memchr;
use ringwall_model::{Source, Span};

use super::{
    MAX_EXPANDED_NODES,
    scalar::is_string,
    tree::{Comment, Document, FLOW, Kind, NONE, NodeData, Signs},
};
use scalar::Scalar;

/// Deeper nesting is left to the reader of all of YAML, which knows the exact limits.
const MAX_PLAIN_DEPTH: usize = 100;

/// Reads a document in plain style; nothing if it is not in that style.
pub(super) fn read(source: &Arc<Source>, chunk: Range<usize>, comments: bool) -> Option<Document> {
    u32::try_from(source.text.len()).ok()?;
    let text = source.text.get(chunk.clone())?;
    if !is_ordinary(text) {
        return None;
    }
    let mut document = Document::empty(source, chunk.start);
    document.reserve(text.as_bytes());
    let mut reader = PlainReader {
        bytes: source.text.as_bytes().get(..chunk.end)?,
        at: chunk.start,
        line: chunk.start,
        document,
        open: Vec::with_capacity(16),
        waiting: Waiting::Root,
        end: 0,
        comments,
    };
    reader.document()?;
    let mut document = reader.document;
    if document.nodes.len() as u64 > MAX_EXPANDED_NODES {
        return None;
    }
    document.span = Span::new(chunk.start, chunk.end);
    document.release();
    Some(document)
}

/// Whether the text has only characters that YAML prints and that do not end lines, LF and CRLF aside.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches the check runs over many bytes at once"
)]
fn is_ordinary(text: &str) -> bool {
    let bytes = text.as_bytes();
    let control = bytes.iter().fold(false, |found, &byte| {
        found
            | ((byte < b' ') & (byte != b'\n') & (byte != b'\r') & (byte != b'\t'))
            | (byte == 0x7f)
    });
    !control
        && memchr::memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&b'\n'))
        && (text.is_ascii()
            || !text.chars().any(|character| {
                matches!(
                    character,
                    '\u{80}'
                        ..='\u{9f}'
                            | '\u{2028}'
                            | '\u{2029}'
                            | '\u{feff}'
                            | '\u{fffe}'
                            | '\u{ffff}'
                )
            }))
}

/// What the next line may bring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// The top node.
    Root,
    /// The value of the last key, or another key.
    Value,
    /// The item of the last dash, or another dash.
    Item,
    /// Another key or dash.
    Entry,
}

/// A collection that is not closed yet.
struct Open {
    id: u32,
    kind: Kind,
    /// Spaces before its keys or dashes.
    column: usize,
    keys: Keys,
}

/// Enough of the keys of a mapping to know that they are all different.
#[derive(Clone, Copy, Default)]
struct Keys {
    /// One bit for each key, by its length, first and last byte.
    seen: u128,
    /// Two keys have the same bit, or a key is special: the keys have to be compared.
    doubtful: bool,
    /// What is kept of them with the mapping.
    signs: Signs,
}

impl Keys {
    fn add(&mut self, written: &[u8]) {
        let first = written.first().copied().unwrap_or(0);
        let last = written.last().copied().unwrap_or(0);
        let mix = (written.len() * 37) ^ (usize::from(first) * 5) ^ (usize::from(last) * 11);
        let bit = 1 << (mix & 127);
        self.doubtful |= self.seen & bit != 0;
        self.seen |= bit;
    }
}

/// Whether kubectl knows a plain key by what is written.
fn is_its_own_name(written: &[u8]) -> bool {
    written != b"<<" && is_string(written)
}

struct PlainReader<'s> {
    /// The source up to the end of the document.
    bytes: &'s [u8],
    at: usize,
    /// Where the current line starts.
    line: usize,
    document: Document,
    open: Vec<Open>,
    waiting: Waiting,
    /// Where the nodes so far end.
    end: u32,
    comments: bool,
}

impl PlainReader<'_> {
    fn document(&mut self) -> Option<()> {
        if self.is_marker(b"---") {
            self.at += 3;
            self.end_of_line()?;
        }
        loop {
            self.line = self.at;
            self.skip_spaces();
            match self.peek() {
                None => break,
                Some(b'\n' | b'\r') => self.end_of_line()?,
                Some(b'#') => self.comment(),
                Some(_) => self.line()?,
            }
        }
        if self.waiting == Waiting::Root {
            return None;
        }
        self.settle();
        while !self.open.is_empty() {
            self.close();
        }
        Some(())
    }

    /// A line with content.
    fn line(&mut self) -> Option<()> {
        let column = self.at - self.line;
        if column == 0 && (self.is_marker(b"---") || self.is_marker(b"...")) {
            return None;
        }
        let dash = self.is_dash();
        let parent = self.open.last().map(|open| open.column);
        match self.waiting {
            Waiting::Root => return self.node(column, false),
            Waiting::Value | Waiting::Item if parent.is_some_and(|parent| column > parent) => {
                return self.node(column, false);
            }
            Waiting::Value if dash && parent == Some(column) => {
                let start = self.behind_dash();
                self.open(Kind::Sequence, column, start, 0)?;
                return self.item();
            }
            Waiting::Value | Waiting::Item => self.settle(),
            Waiting::Entry => {}
        }
        self.close_to(column, dash);
        let open = self.open.last()?;
        if open.column != column {
            return None;
        }
        match (open.kind, dash) {
            (Kind::Sequence, true) => self.item(),
            (Kind::Mapping, false) => {
                let key = self.scalar(None)?;
                self.entry(key)
            }
            _ => None,
        }
    }

    /// A key or dash that still waits gets no value.
    fn settle(&mut self) {
        if matches!(self.waiting, Waiting::Value | Waiting::Item) {
            let before = self.document.nodes.last();
            let at = before.map_or(0, |before| before.span.end as usize);
            self.add(Scalar::plain(Span::at(at)));
        }
    }

    /// Closes what does not go on in a line with this column.
    fn close_to(&mut self, column: usize, dash: bool) {
        while let Some(open) = self.open.last() {
            let goes_on = open.column < column
                || open.column == column && (open.kind == Kind::Mapping || dash);
            if goes_on {
                break;
            }
            self.close();
        }
    }

    /// A node that begins in this column, behind a dash on the same line or on a line of its own.
    fn node(&mut self, column: usize, same_line: bool) -> Option<()> {
        if self.is_dash() {
            self.open(Kind::Sequence, column, self.at, 0)?;
            return self.item();
        }
        match self.peek()? {
            b'[' | b'{' => {
                self.flow()?;
                self.end_of_line()
            }
            b'|' | b'>' if same_line => self.block_scalar(),
            _ => {
                let parent = self.open.last().map(|open| open.column);
                let scalar = self.scalar(parent)?;
                self.skip_spaces();
                if self.peek() == Some(b':') {
                    if scalar.is_folded {
                        return None;
                    }
                    let start = scalar.span.start as usize;
                    self.open(Kind::Mapping, column, start, 0)?;
                    return self.entry(scalar);
                }
                // Documents that are a single scalar are no manifests.
                parent?;
                self.add(scalar);
                self.end_of_line()
            }
        }
    }

    /// A dash and what follows it.
    fn item(&mut self) -> Option<()> {
        self.at += 1;
        self.skip_spaces();
        if matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#')) {
            self.waiting = Waiting::Item;
            return self.end_of_line();
        }
        self.node(self.at - self.line, true)
    }

    /// Where a sequence in the column of its key starts: behind its first dash and what separates it.
    fn behind_dash(&self) -> usize {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        if rest.get(blanks) == Some(&b'#') {
            return self.line_end();
        }
        self.at + 1 + blanks
    }

    /// A key, of which the scalar is read, and its value.
    fn entry(&mut self, key: Scalar) -> Option<()> {
        self.skip_spaces();
        if self.peek() != Some(b':') || self.at - key.span.start as usize > scalar::MAX_KEY {
            return None;
        }
        self.at += 1;
        if !matches!(self.peek(), None | Some(b' ' | b'\n' | b'\r')) {
            return None;
        }
        self.add_key(key)?;
        self.skip_spaces();
        match self.peek() {
            None | Some(b'\n' | b'\r' | b'#') => self.waiting = Waiting::Value,
            Some(b'[' | b'{') => self.flow()?,
            Some(b'|' | b'>') => return self.block_scalar(),
            Some(_) if self.is_dash() => return None,
            Some(_) => {
                let parent = self.open.last().map(|open| open.column);
                let value = self.scalar(parent)?;
                self.add(value);
            }
        }
        self.end_of_line()
    }

    /// Nothing but blanks and a comment.
    fn end_of_line(&mut self) -> Option<()> {
        self.skip_spaces();
        match self.peek() {
            None => Some(()),
            Some(b'\n') => {
                self.at += 1;
                Some(())
            }
            Some(b'\r') => {
                self.at += 2;
                Some(())
            }
            Some(b'#') if self.bytes.get(self.at.wrapping_sub(1)) == Some(&b' ') => {
                self.comment();
                Some(())
            }
            Some(_) => None,
        }
    }

    /// A comment up to and with its line break.
    fn comment(&mut self) {
        let end = self.line_end();
        if self.comments {
            let span = Span::new(self.at, end);
            self.document.comments.push(Comment { span });
        }
        self.at = end;
        self.skip_break();
    }

    /// Where the line break of the current line is.
    fn line_end(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(newline) = memchr(b'\n', rest) else {
            return self.bytes.len();
        };
        let carriage_return = newline > 0 && rest.get(newline - 1) == Some(&b'\r');
        self.at + newline - usize::from(carriage_return)
    }

    fn open(&mut self, kind: Kind, column: usize, start: usize, flags: u8) -> Option<()> {
        if self.open.len() >= MAX_PLAIN_DEPTH {
            return None;
        }
        // The opening bracket counts as written.
        let end = start + usize::from(flags == FLOW);
        let id = self.document.push(NodeData {
            span: Span::new(start, end),
            next: 0,
            aux: NONE,
            kind,
            flags,
            print: 0,
        });
        self.open.push(Open {
            id,
            kind,
            column,
            keys: Keys::default(),
        });
        Some(())
    }

    /// Ends the innermost collection behind its last node, or behind its bracket.
    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let next = u32::try_from(self.document.nodes.len()).unwrap_or(NONE);
        let (flags, signs) = match open.kind {
            Kind::Mapping if open.keys.doubtful => self.document.inspect_keys(open.id, next),
            _ => (0, open.keys.signs),
        };
        if let Some(data) = self.document.nodes.get_mut(open.id as usize) {
            data.next = next;
            if open.kind == Kind::Mapping {
                data.set_signs(signs);
            }
            data.flags |= flags;
            data.span.end = self.end.max(data.span.start);
        }
    }

    /// Adds a node without children.
    fn add(&mut self, scalar: Scalar) {
        let aux = scalar
            .decoded
            .map_or(NONE, |text| self.document.decode(text.into()));
        // Where an item is empty, the node before it may lie inside brackets that end later.
        self.end = self.end.max(scalar.span.end);
        self.document.push(NodeData {
            span: scalar.span,
            next: 0,
            aux,
            kind: scalar.kind,
            flags: scalar.flags,
            print: 0,
        });
        self.waiting = Waiting::Entry;
    }

    /// Adds a key; gives up at one that has another name than what is written, or that merges.
    fn add_key(&mut self, key: Scalar) -> Option<()> {
        let written = key.written(self.bytes);
        if key.kind == Kind::Plain && !written.is_some_and(is_its_own_name) {
            return None;
        }
        if let Some(open) = self.open.last_mut() {
            match written {
                Some(written) => open.keys.add(written),
                None => open.keys.doubtful = true,
            }
        }
        self.add(key);
        let print = self.document.nodes.last().map_or(0, |key| key.print);
        if let Some(open) = self.open.last_mut() {
            open.keys.signs.add(print);
        }
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn skip_break(&mut self) {
        match self.peek() {
            Some(b'\n') => self.at += 1,
            Some(b'\r') => self.at += 2,
            _ => {}
        }
    }

    /// Whether a `-` stands here that begins an item.
    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && ends_word(self.bytes.get(self.at + 1))
    }

    /// Whether a line of `---` or `...` begins here.
    fn is_marker(&self, marker: &[u8]) -> bool {
        self.bytes.get(self.at..self.at + 3) == Some(marker)
            && ends_word(self.bytes.get(self.at + 3))
    }
}

/// Whether an indicator with this byte behind it is one.
fn ends_word(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// A place of a source whose length was checked.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
