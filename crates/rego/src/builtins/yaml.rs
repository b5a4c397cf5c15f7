//! `yaml.unmarshal` and `yaml.is_valid`: YAML as OPA reads it.
//!
//! Only `true` and `false` are booleans, timestamps stay text, the last of equal keys counts, merges (`<<`) are
//! resolved, and of several documents the first is taken. What is read becomes JSON at once, so keys are text
//! and there are no infinities.

mod scalar;

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::{
    Answer, Availability, Builtin, BuiltinError, Context, Operands, boolean,
    signature::{ANY, BOOLEAN, STRING},
};
use crate::{MAX_JSON_DEPTH, Object, Value};
use scalar::Scalar;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("yaml.unmarshal", &[STRING], ANY, |c, x| {
        let text = x.string(0)?;
        read(c, text).map(Some)
    }),
    Builtin::new("yaml.is_valid", &[STRING], BOOLEAN, is_valid),
    Builtin::declared(
        "yaml.marshal",
        &[ANY],
        STRING,
        Availability::Refused("ringwall writes no YAML"),
    ),
];

fn is_valid(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let Value::String(text) = operands.value(0) else {
        return boolean(false);
    };
    match read(context, text) {
        Ok(_) => boolean(true),
        Err(error) if error.kind == super::BuiltinErrorKind::Halt => Err(error),
        Err(_) => boolean(false),
    }
}

/// Nodes of one document, aliases expanded, at most.
const MAX_NODES: usize = 1_000_000;

/// A node before merges are resolved.
#[derive(Debug)]
enum Node {
    Scalar(Scalar),
    /// `<<` as a key.
    Merge,
    Sequence(Vec<Arc<Node>>),
    Mapping(Vec<(Arc<Node>, Arc<Node>)>),
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> BuiltinError {
    BuiltinError::failed(message)
}

/// The first document; later ones only have to be YAML.
fn read(context: &mut Context<'_>, text: &str) -> Result<Value, BuiltinError> {
    context.spend_bytes(text.len())?;
    let mut options = Options::default();
    options.block_nesting_limit = MAX_JSON_DEPTH;
    options.flow_nesting_limit = MAX_JSON_DEPTH;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut first = None;
    let mut builder = Builder::default();
    let mut tabs = Tabs::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let what = error.info();
            if what.contains("nesting") || what.contains("limit") {
                BuiltinError::halt(format!("yaml: {what}"))
            } else {
                failed(format!("yaml: {what}"))
            }
        })?;
        context.spend(1)?;
        let (start, end) = (
            span.start.byte_offset().unwrap_or(0),
            span.end.byte_offset().unwrap_or(text.len()),
        );
        tabs.event(&event, start, end);
        match event {
            // A block that the text ends within has no last line break.
            Event::Scalar(
                block,
                style @ (ScalarStyle::Literal | ScalarStyle::Folded),
                anchor,
                tag,
            ) if end >= text.len() && !text.ends_with('\n') => {
                let block = block.strip_suffix('\n').unwrap_or(&block).to_owned();
                builder.event(Event::Scalar(block.into(), style, anchor, tag))?;
            }
            Event::DocumentEnd => {
                let document = std::mem::take(&mut builder).root;
                first.get_or_insert(document);
            }
            Event::StreamEnd => break,
            event => builder.event(event)?,
        }
    }
    tabs.check(text)?;
    match first.flatten() {
        None => Ok(Value::Null),
        Some(node) => value(context, &node, &mut 0),
    }
}

/// Where tabs may start a line: within scalars and within brackets. Anywhere else Go's reader takes them for no
/// white space.
#[derive(Default)]
struct Tabs {
    allowed: Vec<(usize, usize)>,
    /// Where brackets that are open started; nothing for collections without brackets.
    open: Vec<Option<usize>>,
}

impl Tabs {
    fn event(&mut self, event: &Event<'_>, start: usize, end: usize) {
        match event {
            Event::Scalar(..) => self.allowed.push((start, end)),
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                self.open
                    .push(matches!(style, StructureStyle::Flow).then_some(start));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Some(start)) = self.open.pop() {
                    self.allowed.push((start, end));
                }
            }
            _ => {}
        }
    }

    fn check(mut self, text: &str) -> Result<(), BuiltinError> {
        if !text.contains('\t') {
            return Ok(());
        }
        self.allowed.sort_unstable();
        let mut line_start = 0;
        let mut allowed = self.allowed.iter().peekable();
        let mut allowed_until = 0;
        for line in text.split_inclusive('\n') {
            let starts_with_tab = line.trim_start_matches([' ', '-', '?']).starts_with('\t');
            while let Some((_, end)) = allowed.next_if(|(start, _)| *start < line_start) {
                allowed_until = allowed_until.max(*end);
            }
            if starts_with_tab && line_start >= allowed_until {
                return Err(failed("yaml: found character that cannot start any token"));
            }
            line_start += line.len();
        }
        Ok(())
    }
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    is_mapping: bool,
    nodes: Vec<Arc<Node>>,
}

#[derive(Default)]
struct Builder {
    root: Option<Arc<Node>>,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), BuiltinError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = matches!(style, ScalarStyle::Plain);
                let node = match tag {
                    None if is_plain && text == "<<" => Node::Merge,
                    None if is_plain => Node::Scalar(Scalar::plain(&text)),
                    None => Node::Scalar(Scalar::Text(Arc::from(&*text))),
                    Some(tag) => match tag.core_suffix() {
                        // A tag of one's own means nothing here.
                        None | Some("str") => Node::Scalar(Scalar::Text(Arc::from(&*text))),
                        Some(other) => {
                            return Err(BuiltinError::halt(format!(
                                "yaml: ringwall does not read the tag !!{other}"
                            )));
                        }
                    },
                };
                self.push(anchor, Arc::new(node));
            }
            Event::SequenceStart(_, anchor, _) => self.open.push(Open {
                anchor,
                is_mapping: false,
                nodes: Vec::new(),
            }),
            Event::MappingStart(_, anchor, _) => self.open.push(Open {
                anchor,
                is_mapping: true,
                nodes: Vec::new(),
            }),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let node = if open.is_mapping {
                        Node::Mapping(pairs(open.nodes))
                    } else {
                        Node::Sequence(open.nodes)
                    };
                    self.push(open.anchor, Arc::new(node));
                }
            }
            Event::Alias(anchor) => {
                let node = self
                    .anchors
                    .get(&anchor)
                    .map(Arc::clone)
                    .ok_or_else(|| failed("yaml: an anchor contains itself"))?;
                self.push(0, node);
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, anchor: usize, node: Arc<Node>) {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.root = Some(node),
        }
    }
}

fn pairs(nodes: Vec<Arc<Node>>) -> Vec<(Arc<Node>, Arc<Node>)> {
    let mut pairs = Vec::with_capacity(nodes.len() / 2);
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        pairs.push((key, value));
    }
    pairs
}

fn value(context: &mut Context<'_>, node: &Node, count: &mut usize) -> Result<Value, BuiltinError> {
    context.spend(1)?;
    *count += 1;
    if *count > MAX_NODES {
        return Err(BuiltinError::halt(
            "yaml: aliases make the document too large",
        ));
    }
    match node {
        Node::Scalar(scalar) => scalar.value(),
        Node::Merge => Ok(Value::from("<<")),
        Node::Sequence(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(value(context, item, count)?);
            }
            Ok(Value::Array(values.into()))
        }
        Node::Mapping(pairs) => mapping(context, pairs, count),
    }
}

/// Members of the mapping itself win over merged ones, of those the first.
fn mapping(
    context: &mut Context<'_>,
    pairs: &[(Arc<Node>, Arc<Node>)],
    count: &mut usize,
) -> Result<Value, BuiltinError> {
    let mut entries = Vec::with_capacity(pairs.len());
    let mut merged: Vec<&Node> = Vec::new();
    for (key, node) in pairs {
        match &**key {
            Node::Scalar(scalar) => {
                let key = scalar
                    .key()
                    .ok_or_else(|| failed("unsupported map key of type: <nil>"))?;
                entries.push((key, value(context, node, count)?));
            }
            Node::Merge => match &**node {
                Node::Sequence(items) => merged.extend(items.iter().map(|item| &**item)),
                other => merged.push(other),
            },
            Node::Sequence(_) | Node::Mapping(_) => {
                return Err(failed("yaml: invalid map key"));
            }
        }
    }
    let mut below = Vec::new();
    for node in merged {
        let Node::Mapping(_) = node else {
            return Err(failed(
                "yaml: map merge requires map or sequence of maps as the value",
            ));
        };
        if let Value::Object(object) = value(context, node, count)? {
            below.push(object);
        }
    }
    // The later of two entries of one key stays.
    let all: Vec<(Value, Value)> = below
        .iter()
        .rev()
        .flat_map(|object| object.entries().iter().cloned())
        .chain(entries)
        .collect();
    context.spend_values(all.len())?;
    Ok(Value::Object(Arc::new(Object::from_entries(all))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtins::{Caches, NoHost};

    fn json(text: &str) -> Option<String> {
        let caches = Caches::default();
        let mut context = Context::new(&caches, &NoHost, 0, 0, 100_000);
        read(&mut context, text)
            .ok()
            .map(|value| value.to_json_text())
    }

    #[test]
    fn yaml_is_read_as_opa_reads_it() {
        for (text, expected) in [
            ("", Some("null")),
            (
                "a: yes\nb: true\nc: ~\nd: 0x10\ne: 0777\nf: 1.50\ng: 2023-01-01",
                Some(r#"{"a":"yes","b":true,"c":null,"d":16,"e":511,"f":1.5,"g":"2023-01-01"}"#),
            ),
            (
                "1: a\ntrue: b\n1.5: c",
                Some(r#"{"1":"a","1.5":"c","true":"b"}"#),
            ),
            ("null: a", None),
            ("? [1]\n: v", None),
            ("a: 1\na: 2", Some(r#"{"a":2}"#)),
            (
                "p: &p {x: 1, y: 1}\nq:\n  <<: *p\n  x: 2",
                Some(r#"{"p":{"x":1,"y":1},"q":{"x":2,"y":1}}"#),
            ),
            ("a: 1\n---\nb: 2", Some(r#"{"a":1}"#)),
            ("a: .inf", None),
            ("a: [1", None),
        ] {
            assert_eq!(json(text).as_deref(), expected, "{text}");
        }
    }
}
