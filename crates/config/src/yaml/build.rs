//! Events of the YAML parser to JSON values.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::scalar::{self, Scalar};
use crate::{MAX_DEPTH, ParseError};

/// Nodes that a file may have after its aliases are expanded.
const MAX_EXPANDED_NODES: usize = 2_000_000;

/// A value with what it costs to repeat it.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Nodes in it, aliases expanded.
    size: usize,
    /// Levels below it.
    depth: usize,
    /// Whether every member is a mapping, so that `<<` may merge it.
    merges: bool,
}

/// What a mapping waits for.
enum Pending {
    Key,
    Value(String),
    Merge,
}

enum Collection {
    Sequence {
        values: Vec<Value>,
        are_maps: bool,
    },
    Mapping {
        values: Map<String, Value>,
        pending: Pending,
    },
}

/// A collection that is not closed yet.
struct Open {
    collection: Collection,
    anchor: usize,
    size: usize,
    depth: usize,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Value>,
    expanded: usize,
}

/// Every document of a text. An empty text has none.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, ParseError> {
    let mut options = Options::default();
    options.block_nesting_limit = MAX_DEPTH;
    options.flow_nesting_limit = MAX_DEPTH;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::default();
    let mut documents = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0);
            ParseError::at(text, at, error.info().clone())
        })?;
        if matches!(event, Event::DocumentEnd) {
            documents.push(builder.root.take().unwrap_or_default());
            builder.anchors.clear();
            continue;
        }
        let event = without_missing_line_end(event, text, span.end.byte_offset());
        builder.event(event).map_err(|message| {
            ParseError::at(text, span.start.byte_offset().unwrap_or(0), message)
        })?;
    }
    Ok(documents)
}

/// A block whose last line the text ends with has no line break there.
///
/// Separators of documents take the line break before them, so this is what ends most of them.
fn without_missing_line_end<'a>(event: Event<'a>, text: &str, end: Option<usize>) -> Event<'a> {
    let last_line = text.rsplit('\n').next().unwrap_or(text);
    match event {
        Event::Scalar(value, style @ (ScalarStyle::Literal | ScalarStyle::Folded), anchor, tag)
            if !last_line.trim().is_empty() && end >= Some(text.len()) && value.ends_with('\n') =>
        {
            let mut value = value.into_owned();
            value.pop();
            Event::Scalar(value.into(), style, anchor, tag)
        }
        event => event,
    }
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let tag = tag.map(|tag| tag.to_string());
                // An anchor has its value before it is a key, and a merge key is one as written.
                let scalar = scalar::resolve(&text, is_plain, tag.as_deref())?;
                if is_plain && text == "<<" && self.expects_key() {
                    return self.merge_key();
                }
                self.add(anchor, scalar)
            }
            Event::SequenceStart(_, anchor, _) => self.open(
                anchor,
                Collection::Sequence {
                    values: Vec::new(),
                    are_maps: true,
                },
            ),
            Event::MappingStart(_, anchor, _) => self.open(
                anchor,
                Collection::Mapping {
                    values: Map::new(),
                    pending: Pending::Key,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err("alias of a node that contains it".to_owned());
                };
                if self.expects_key() {
                    let key = scalar_of(&node.value).ok_or("a collection cannot be a key")?;
                    return self.add(0, key);
                }
                self.count(node.size)?;
                if self.open.len() + node.depth > MAX_DEPTH {
                    return Err(format!("nested deeper than {MAX_DEPTH} levels"));
                }
                self.place(node)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.expanded = self.expanded.saturating_add(nodes);
        if self.expanded > MAX_EXPANDED_NODES {
            return Err(format!("expands to more than {MAX_EXPANDED_NODES} nodes"));
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                collection: Collection::Mapping {
                    pending: Pending::Key,
                    ..
                },
                ..
            })
        )
    }

    fn merge_key(&mut self) -> Result<(), String> {
        if let Some(Collection::Mapping { pending, .. }) =
            self.open.last_mut().map(|open| &mut open.collection)
        {
            *pending = Pending::Merge;
        }
        self.count(1)
    }

    /// Adds a scalar, as a key where one is due.
    fn add(&mut self, anchor: usize, scalar: Scalar) -> Result<(), String> {
        self.count(1)?;
        let is_key = self.expects_key();
        let key = if is_key { Some(scalar.key()?) } else { None };
        let node = Node {
            value: scalar.value()?,
            size: 1,
            depth: 0,
            merges: false,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(key) = key else {
            return self.place(node);
        };
        if let Some(Collection::Mapping { pending, .. }) =
            self.open.last_mut().map(|open| &mut open.collection)
        {
            *pending = Pending::Value(key);
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, collection: Collection) -> Result<(), String> {
        if self.expects_key() {
            return Err("a collection cannot be a key".to_owned());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.count(1)?;
        self.open.push(Open {
            collection,
            anchor,
            size: 1,
            depth: 1,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, merges) = match open.collection {
            Collection::Sequence { values, are_maps } => (Value::Array(values), are_maps),
            Collection::Mapping { values, .. } => (Value::Object(values), true),
        };
        let node = Node {
            value,
            size: open.size,
            depth: open.depth,
            merges,
        };
        if open.anchor != 0 {
            self.anchors.insert(open.anchor, node.clone());
        }
        self.place(node)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node.value);
            return Ok(());
        };
        open.size = open.size.saturating_add(node.size);
        open.depth = open.depth.max(node.depth + 1);
        match &mut open.collection {
            Collection::Sequence { values, are_maps } => {
                *are_maps &= node.value.is_object();
                values.push(node.value);
            }
            Collection::Mapping { values, pending } => {
                match std::mem::replace(pending, Pending::Key) {
                    Pending::Value(key) => {
                        values.insert(key, node.value);
                    }
                    Pending::Merge if node.merges => merge(values, node.value),
                    Pending::Merge => return Err("<< needs a mapping or a list of them".to_owned()),
                    Pending::Key => return Err("a collection cannot be a key".to_owned()),
                }
            }
        }
        Ok(())
    }
}

/// Of several mappings the first counts. Keys that stand before `<<` are replaced, those after it are not.
fn merge(values: &mut Map<String, Value>, merged: Value) {
    match merged {
        Value::Object(merged) => values.extend(merged),
        Value::Array(all) => {
            for one in all.into_iter().rev() {
                if let Value::Object(merged) = one {
                    values.extend(merged);
                }
            }
        }
        _ => {}
    }
}

/// A value as a scalar, for an alias that is a key.
fn scalar_of(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Null => Scalar::Null,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Scalar::Integer(number),
            None => Scalar::Float(number.as_f64()?),
        },
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => return None,
    })
}
