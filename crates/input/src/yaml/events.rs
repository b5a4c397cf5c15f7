//! All of YAML: events of the parser to nodes of the arena.

use std::{borrow::Cow, collections::HashMap, ops::Range, sync::Arc};

use base64::{
    DecodeError, Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, StructureStyle, Tag};
use ringwall_model::{Source, Span};

use super::{
    MAX_DEPTH, MAX_EXPANDED_NODES,
    old_breaks::OldBreaks,
    quoted_lines::QuotedLines,
    scalar::{Value, resolve},
    tree::{Comment, Document, FLOW, Kind, NONE, NodeData},
};
use crate::Diagnostic;

/// Reads the documents of one chunk (more than one only where `...` ends a document).
pub(super) fn read(
    source: &Arc<Source>,
    chunk: Range<usize>,
    comments: bool,
    documents: &mut Vec<Document>,
) -> Result<(), Diagnostic> {
    let text = source.text.get(chunk.clone()).unwrap_or("");
    if u32::try_from(source.text.len()).is_err() {
        return Err(Diagnostic::new(Span::at(0), "larger than 4 GiB"));
    }
    let mut lines = QuotedLines::default();
    let before = documents.len();
    let mut first = None;
    loop {
        let refused = match attempt(source, &chunk, comments, &lines, documents) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        let first = first.get_or_insert_with(|| refused.told.clone());
        let error = refused.error.as_ref();
        if !error.is_some_and(|(kind, at)| lines.note(text, kind, *at)) {
            // Where a line was taken for what it is not, only the first reading tells the truth.
            let told = if refused.is_sound {
                &refused.told
            } else {
                first
            };
            return Err(told.clone());
        }
        documents.truncate(before);
    }
}

/// Why a text was not read.
struct Refused {
    told: Diagnostic,
    /// What the parser calls it, and where in the text it is; nothing where it is not the parser's word.
    error: Option<(ErrorKind, usize)>,
    /// Whether every line that was given more indentation turned out to be one that may have it.
    is_sound: bool,
}

impl From<Diagnostic> for Refused {
    fn from(told: Diagnostic) -> Self {
        Self {
            told,
            error: None,
            is_sound: false,
        }
    }
}

/// Reads the documents of a chunk, with the indentation that some of its lines lack.
fn attempt(
    source: &Arc<Source>,
    chunk: &Range<usize>,
    comments: bool,
    lines: &QuotedLines,
    documents: &mut Vec<Document>,
) -> Result<(), Refused> {
    let text = source.text.get(chunk.clone()).unwrap_or("");
    let wide = lines.widen(text);
    let mut options = Options::default();
    options.set_emit_comments(comments);
    // A long run of comments is no reason to refuse a document; the text bounds what is kept.
    options.max_buffered_comment_events = wide.len();
    options.block_nesting_limit = MAX_DEPTH;
    options.flow_nesting_limit = MAX_DEPTH;
    let mut parser = Parser::new_from_str_with_options(&wide, options);
    let mut builder = Builder {
        document: Document::empty(source, chunk.start),
        is_json: text.trim_start().starts_with('{'),
        infinite: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        expanded: 0,
    };
    builder.document.reserve(text.as_bytes());
    let mut old_breaks = OldBreaks::new(text, chunk.start);
    let before = documents.len();
    let mut enclosing = Enclosing::new(lines, chunk.start);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                let place = |offset: Option<usize>| chunk.start + lines.place(offset.unwrap_or(0));
                let span = Span::new(
                    place(span.start.byte_offset()),
                    place(span.end.byte_offset()),
                );
                if let Event::Scalar(_, style, ..) = &event
                    && matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
                {
                    old_breaks.pass(span)?;
                }
                enclosing.event(&event, span);
                match event {
                    Event::DocumentEnd => {
                        builder.refuse_infinite();
                        let mut document = std::mem::replace(
                            &mut builder.document,
                            Document::empty(source, chunk.start),
                        );
                        builder.anchors.clear();
                        builder.expanded = 0;
                        if document.nodes.is_empty() {
                            continue;
                        }
                        document.span = Span::new(chunk.start, chunk.end);
                        document.release();
                        documents.push(document);
                    }
                    Event::StreamEnd => break,
                    event => builder.event(event, span)?,
                }
            }
            Err(error) => {
                let at = lines.place(error.marker().byte_offset().unwrap_or(0));
                old_breaks.pass(Span::at(chunk.start + at))?;
                let told = (chunk.start + at).min(chunk.end);
                return Err(Refused {
                    told: explain(&source.text, told, &error.info()),
                    error: Some((error.kind().clone(), at)),
                    is_sound: enclosing.holds_all(),
                });
            }
        }
    }
    let whole = old_breaks.end().map_err(Refused::from);
    let whole = whole.and_then(|()| enclosing.finish());
    whole.inspect_err(|_| documents.truncate(before))
}

/// What holds lines whose indentation means nothing: texts in quotes and collections in brackets.
struct Enclosing<'l> {
    lines: &'l QuotedLines,
    /// Where the text starts in its source.
    start: usize,
    /// Where each open collection starts, if it is in brackets.
    open: Vec<Option<usize>>,
    found: Vec<Range<usize>>,
}

impl<'l> Enclosing<'l> {
    const fn new(lines: &'l QuotedLines, start: usize) -> Self {
        Self {
            lines,
            start,
            open: Vec::new(),
            found: Vec::new(),
        }
    }

    fn event(&mut self, event: &Event<'_>, span: Span) {
        if self.lines.is_empty() {
            return;
        }
        let range = span.start as usize - self.start..span.end as usize - self.start;
        match event {
            Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, ..) => {
                self.hold(range);
            }
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let is_flow = *style == StructureStyle::Flow;
                self.open.push(is_flow.then_some(range.start));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Some(start)) = self.open.pop() {
                    self.hold(start..range.end);
                }
            }
            _ => {}
        }
    }

    fn hold(&mut self, range: Range<usize>) {
        if self.lines.concern(&range) {
            self.found.push(range);
        }
    }

    fn holds_all(&self) -> bool {
        self.lines.are_within(&self.found)
    }

    fn finish(&self) -> Result<(), Refused> {
        if self.holds_all() {
            return Ok(());
        }
        Err(Diagnostic::new(Span::at(self.start), "a line is indented too little").into())
    }
}

/// Says what is wrong in words that help more than the parser's.
fn explain(text: &str, at: usize, info: &str) -> Diagnostic {
    let mut boundary = at;
    while !text.is_char_boundary(boundary) {
        boundary -= 1;
    }
    let before = text.get(..boundary).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text
        .get(line_start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("");
    // A tab ends a block text above, and the parser stumbles only at the line after it.
    let above_start = before
        .get(..line_start.saturating_sub(1))
        .map_or(0, |above| {
            above.rfind('\n').map_or(0, |newline| newline + 1)
        });
    let above = text.get(above_start..line_start).unwrap_or("");
    for (start, line) in [(line_start, line), (above_start, above)] {
        if let Some(tab) = tab_in_indentation(line) {
            return Diagnostic::new(
                Span::at(start + tab),
                "tab in indentation; YAML allows only spaces there",
            );
        }
    }
    let span = Span::new(boundary, (line_start + line.len()).max(boundary));
    if line.contains("{{") {
        return Diagnostic::new(
            span,
            format!("{info}; the line looks like a template, which must be rendered first"),
        );
    }
    Diagnostic::new(span, info.to_owned())
}

/// Where a line is indented by a tab.
fn tab_in_indentation(line: &str) -> Option<usize> {
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..indentation)?.find('\t')
}

/// How the text of a scalar is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// As what is written without quotes.
    Plain,
    /// As a string.
    String,
    /// As if it stood there without its quotes, and as nothing but this.
    Resolved(Type),
    /// As a string of the bytes that it encodes in base64.
    Binary,
    /// As the key that merges, whatever its quotes.
    Merge,
    /// As a string, which kubectl refuses under such a tag.
    Mistaken,
}

/// A type that a tag names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Null,
    Bool,
    Int,
    Float,
}

impl Type {
    const fn is_of(self, value: &Value<'_>) -> bool {
        match self {
            Self::Null => matches!(value, Value::Null),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Int => matches!(value, Value::Int(_)),
            Self::Float => matches!(value, Value::Int(_) | Value::Float(_)),
        }
    }
}

impl Meaning {
    /// A tag that names a type counts for more than quotes, and whatever else a tag says makes a string of
    /// what stands behind it, as it does for kubectl.
    fn of(style: ScalarStyle, tag: Option<&Tag>, value: &str) -> Self {
        let Some(tag) = tag else {
            return match style {
                ScalarStyle::Plain => Self::Plain,
                _ => Self::String,
            };
        };
        let (handle, suffix) = tag.parts();
        let name = format!("{handle}{suffix}");
        match name.strip_prefix("tag:yaml.org,2002:") {
            Some("null") => Self::Resolved(Type::Null),
            Some("bool") => Self::Resolved(Type::Bool),
            Some("int") => Self::Resolved(Type::Int),
            Some("float") => Self::Resolved(Type::Float),
            Some("binary") => Self::Binary,
            Some("merge") if value == "<<" => Self::Merge,
            None | Some("str" | "timestamp") => Self::String,
            Some(_) => Self::Mistaken,
        }
    }
}

/// A collection that is not closed yet.
struct Open {
    id: u32,
    anchor: usize,
    /// Nodes before it, aliases expanded.
    expanded_before: u64,
}

fn is_infinite(value: Value<'_>) -> bool {
    matches!(value, Value::Float(number) if !number.is_finite())
}

/// The bytes of base64 as Go reads it, which asks for the padding and not for unused bits to be zero.
fn base64(text: &str) -> Result<Vec<u8>, DecodeError> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let text: String = text
        .chars()
        .filter(|it| !matches!(it, '\r' | '\n'))
        .collect();
    ENGINE.decode(text)
}

/// The text that base64 stands for; what is no UTF-8 is replaced, as it is in JSON.
fn of_base64(text: &str) -> String {
    base64(text).map_or_else(
        |_| text.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// Where a text in double quotes has the escape `\/`.
fn slash_escape(written: &str) -> Option<usize> {
    let mut escaped = false;
    written
        .bytes()
        .position(|byte| {
            let found = escaped && byte == b'/';
            escaped = !escaped && byte == b'\\';
            found
        })?
        .checked_sub(1)
}

struct Builder {
    document: Document,
    /// Whether kubectl reads it as JSON, which has another set of escapes.
    is_json: bool,
    /// Numbers that JSON does not have, unless they turn out to be keys.
    infinite: Vec<u32>,
    open: Vec<Open>,
    /// Anchor to node and its expanded size.
    anchors: HashMap<usize, (u32, u64)>,
    expanded: u64,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let means = Meaning::of(style, tag.as_deref(), &value);
                self.scalar(value, style, means, anchor, span)?;
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(Kind::Sequence, style, anchor, span)?;
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(Kind::Mapping, style, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let Some(&(target, size)) = self.anchors.get(&anchor) else {
                    return Err(Diagnostic::new(span, "alias of a node that contains it"));
                };
                self.count(size, span)?;
                self.document.push(NodeData {
                    span,
                    next: 0,
                    aux: target,
                    kind: Kind::Alias,
                    flags: 0,
                    print: 0,
                });
            }
            Event::Comment(..) => self.document.comments.push(Comment { span }),
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, nodes: u64, span: Span) -> Result<(), Diagnostic> {
        self.expanded = self.expanded.saturating_add(nodes);
        if self.expanded > MAX_EXPANDED_NODES {
            return Err(Diagnostic::new(
                span,
                format!("aliases expand to more than {MAX_EXPANDED_NODES} nodes"),
            ));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        value: Cow<'_, str>,
        style: ScalarStyle,
        means: Meaning,
        anchor: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.count(1, span)?;
        let is_nothing = style == ScalarStyle::Plain && span.start == span.end;
        let span = self.tighten(style, span);
        // The parser says `~` where nobody wrote anything.
        let value = if is_nothing { "".into() } else { value };
        let kind = match means {
            Meaning::String | Meaning::Binary | Meaning::Mistaken => Kind::Text,
            Meaning::Plain | Meaning::Resolved(_) | Meaning::Merge => Kind::Plain,
        };
        self.check_scalar(means, style, &value, span);
        let (aux, flags) = match means {
            Meaning::Plain if is_nothing => (NONE, 0),
            Meaning::Binary => (self.document.decode(of_base64(&value).into()), 0),
            Meaning::Resolved(_) | Meaning::Merge => (self.document.decode(value), 0),
            _ if is_nothing => (self.document.decode(value), 0),
            Meaning::Plain | Meaning::String | Meaning::Mistaken => {
                self.document.locate(value, span)
            }
        };
        let id = self.document.push(NodeData {
            span,
            next: 0,
            aux,
            kind,
            flags,
            print: 0,
        });
        let is_infinite = matches!(self.document.data(id), data if data.kind == Kind::Plain && is_infinite(self.document.value(data)));
        if is_infinite {
            self.infinite.push(id);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (id, 1));
        }
        Ok(())
    }

    fn refuse_infinite(&mut self) {
        for id in std::mem::take(&mut self.infinite) {
            let data = self.document.data(id);
            if data.kind == Kind::Plain {
                let span = data.span;
                let reason = "kubectl refuses a number that JSON does not have; put it in quotes";
                self.document.refuse(span, reason);
            }
        }
    }

    /// Notes what kubectl does not take, though it can be read.
    fn check_scalar(&mut self, means: Meaning, style: ScalarStyle, value: &str, span: Span) {
        let reason = match means {
            Meaning::Resolved(wanted) if !wanted.is_of(&resolve(value)) => {
                format!("it is no {wanted:?}, as its tag says").to_lowercase()
            }
            Meaning::Mistaken => "kubectl knows no text with such a tag".to_owned(),
            Meaning::Binary if base64(value).is_err() => {
                "it is not the base64 that its tag says".to_owned()
            }
            _ if style == ScalarStyle::DoubleQuoted && !self.is_json => {
                let written = self.document.source.slice(span);
                let Some(at) = slash_escape(written) else {
                    return;
                };
                let at = span.start as usize + at;
                self.document.refuse(
                    Span::new(at, at + 2),
                    "kubectl refuses the escape `\\/` outside of JSON",
                );
                return;
            }
            _ => return,
        };
        self.document.refuse(span, reason);
    }

    /// The span of what is written: nothing stands right behind its key, a block ends with its last line.
    fn tighten(&self, style: ScalarStyle, span: Span) -> Span {
        match style {
            ScalarStyle::Plain if span.start == span.end => {
                let key = self.document.nodes.last();
                key.map_or(span, |key| Span::at(key.span.end as usize))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => self.document.block_span(span),
            _ => span,
        }
    }

    fn open(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let expanded_before = self.expanded;
        self.count(1, span)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Diagnostic::new(
                span,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let flags = if style == StructureStyle::Flow {
            FLOW
        } else {
            0
        };
        let id = self.document.push(NodeData {
            span,
            next: 0,
            aux: NONE,
            kind,
            flags,
            print: 0,
        });
        self.open.push(Open {
            id,
            anchor,
            expanded_before,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let next = u32::try_from(self.document.nodes.len()).unwrap_or(NONE);
        let last_end = self.end_of_content(next, open.id);
        let keys = (self.document.data(open.id).kind == Kind::Mapping).then(|| {
            self.document.name_keys(open.id, next);
            self.document.inspect_keys(open.id, next)
        });
        if let Some(data) = self.document.nodes.get_mut(open.id as usize) {
            data.next = next;
            if let Some((flags, signs)) = keys {
                data.set_signs(signs);
                data.flags |= flags;
            }
            data.span.end = if data.flags & FLOW != 0 {
                end.end
            } else {
                last_end.max(data.span.start)
            };
        }
        if open.anchor != 0 {
            self.anchors
                .insert(open.anchor, (open.id, self.expanded - open.expanded_before));
        }
    }

    /// A block collection ends where its last node ends; the parser's end lies on the next line.
    fn end_of_content(&self, next: u32, id: u32) -> u32 {
        let children = self.document.nodes.get(id as usize + 1..next as usize);
        children
            .unwrap_or_default()
            .iter()
            .next_back()
            .map_or(0, |_| {
                // Spans of closed children are final; the furthest end among direct children counts.
                let mut at = id + 1;
                let mut end = 0;
                while at < next {
                    let data = self.document.data(at);
                    end = end.max(data.span.end);
                    at = data.next.max(at + 1);
                }
                end
            })
    }
}
