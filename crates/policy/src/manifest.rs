//! A policy as somebody wrote it: the object, and where each of its fields stands.
//!
//! Policies come from files, with places, and from the API server, without. Both are a [`Manifest`].

use std::{fmt, sync::Arc};

use ringwall_input::{
    Diagnostic,
    yaml::{self, Document, Node},
};
use ringwall_model::{Location, Source, Span};
use serde_json::{Map, Number, Value};

/// Lists in lists that are opened.
const MAX_LIST_DEPTH: u8 = 4;

/// An object, and where it was read from.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object as the API server would see it.
    pub object: Value,
    origin: Option<Origin>,
}

/// A document, and the way from its root to the object.
#[derive(Clone, Debug)]
struct Origin {
    document: Arc<Document>,
    /// A JSON pointer; not empty for the item of a list.
    pointer: String,
}

impl Manifest {
    /// An object that stands in no file.
    pub fn new(object: Value) -> Self {
        Self {
            object,
            origin: None,
        }
    }

    /// Every object of a source, items of lists each for themselves; empty documents are left out.
    pub fn read(source: &Arc<Source>) -> (Vec<Self>, Vec<Diagnostic>) {
        let (documents, mut diagnostics) = yaml::parse(source);
        let mut manifests = Vec::with_capacity(documents.len());
        for document in documents {
            diagnostics.extend_from_slice(document.refused());
            let document = Arc::new(document);
            for opened in opened(document.root()) {
                manifests.push(Self {
                    object: opened.object(),
                    origin: Some(Origin {
                        document: Arc::clone(&document),
                        pointer: opened.pointer,
                    }),
                });
            }
        }
        (manifests, diagnostics)
    }

    /// `apiVersion`, or nothing.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    /// The group of `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version()
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The version of `apiVersion`.
    pub fn version(&self) -> &str {
        let api_version = self.api_version();
        api_version
            .split_once('/')
            .map_or(api_version, |(_, version)| version)
    }

    /// `kind`, or nothing.
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// `metadata.name`, or nothing.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// `metadata.namespace`, or nothing.
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// The text at a JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// Where the field at a JSON pointer stands; of one that is missing, what should hold it.
    pub fn location(&self, pointer: &str) -> Option<Location> {
        let origin = self.origin.as_ref()?;
        Some(origin.nearest(pointer).location())
    }

    /// Where a line (from 1) of the text at a JSON pointer stands.
    ///
    /// Only the lines of a literal block (`|`) are lines of the file; for other texts it is the place of the field.
    pub fn line_in_text(&self, pointer: &str, line: usize) -> Option<Location> {
        let origin = self.origin.as_ref()?;
        let node = origin.nearest(pointer);
        let source = &origin.document.source;
        let Some(header) = block_header(&source.text, node.span()) else {
            return Some(node.location());
        };
        let line_of = |at: usize| source.location(Span::at(at)).start.line as usize;
        // What is missing at the end of a text is missed on a line that the block no longer has.
        let last = node.span().start as usize + source.slice(node.span()).trim_end().len();
        let at = (line_of(header) + line.max(1)).min(line_of(last));
        let at = u32::try_from(at).ok()?;
        let span = source.lines().line(&source.text, at)?;
        let text = source.slice(span);
        let indent = text.len() - text.trim_start().len();
        Some(source.location(Span::new(span.start as usize + indent, span.end as usize)))
    }

    /// The keys that a mapping of the object repeats, as kubectl refuses it: whoever forgot the line between two
    /// objects made one of them, which lacks most of the first.
    pub fn repeated_keys(&self) -> Vec<(String, Location)> {
        let Some(origin) = &self.origin else {
            return Vec::new();
        };
        let own = origin.nearest("").span();
        let repeated = origin.document.duplicate_keys();
        let repeated = repeated.filter(|(_, again)| own.contains(again.span()));
        repeated
            .map(|(_, again)| (again.text().to_owned(), again.location()))
            .collect()
    }

    /// The file it stands in.
    pub fn file(&self) -> Option<&str> {
        Some(&self.origin.as_ref()?.document.source.name)
    }
}

impl Origin {
    /// The node at a pointer, or the deepest that exists on the way.
    fn nearest(&self, pointer: &str) -> Node<'_> {
        let object = self.document.root().nearest(&self.pointer);
        object.nearest(pointer)
    }
}

/// The objects of a document as they are written, items of lists each for themselves; of an empty one none.
pub fn objects(document: &Document) -> impl Iterator<Item = Node<'_>> {
    opened(document.root())
        .into_iter()
        .map(|opened| opened.node)
}

/// An object at or below the root of a document.
struct Opened<'d> {
    node: Node<'d>,
    /// A JSON pointer to it.
    pointer: String,
    /// The list that it is an item of.
    list: Option<Node<'d>>,
}

impl Opened<'_> {
    /// As kubectl sends it. The items of a typed list, such as a `PodList`, need not say what they are.
    fn object(&self) -> Value {
        let mut object = to_json(self.node);
        let of_list = |field| self.list.and_then(|list| list.str(field));
        if let Some(api_version) = of_list("apiVersion")
            && let Some(kind) = of_list("kind").and_then(|kind| kind.strip_suffix("List"))
            && !kind.is_empty()
            && let Some(members) = object.as_object_mut()
            && members.get("kind").is_none_or(|own| own == kind)
        {
            for (field, text) in [("apiVersion", api_version), ("kind", kind)] {
                members.entry(field).or_insert_with(|| text.into());
            }
        }
        object
    }
}

/// The objects at and below a node.
fn opened(root: Node<'_>) -> Vec<Opened<'_>> {
    let mut found = Vec::new();
    if !root.is_null() {
        let root = Opened {
            node: root,
            pointer: String::new(),
            list: None,
        };
        open(root, 0, &mut found);
    }
    found
}

fn open<'d>(object: Opened<'d>, depth: u8, found: &mut Vec<Opened<'d>>) {
    let node = object.node;
    let is_list = node.str("kind").is_some_and(|kind| kind.ends_with("List"));
    match node.get("items").filter(|items| items.is_sequence()) {
        Some(items) if is_list && depth < MAX_LIST_DEPTH => {
            for (at, item) in items.items().enumerate() {
                let item = Opened {
                    node: item,
                    pointer: format!("{}/items/{at}", object.pointer),
                    list: Some(node),
                };
                open(item, depth + 1, found);
            }
        }
        _ => found.push(object),
    }
}

/// Where the `|` of a literal block stands; `None` for every other text.
///
/// The span of a block begins with its mark or with its first line, as the reader has it.
fn block_header(text: &str, span: Span) -> Option<usize> {
    let range = span.range();
    if text.get(range.clone())?.starts_with('|') {
        return Some(range.start);
    }
    let before = text.get(..range.start)?.trim_end();
    let mark = before.trim_end_matches(|digit: char| "+-123456789".contains(digit));
    mark.strip_suffix('|').map(str::len)
}

/// A node as kubectl sends it: keys are texts, whole numbers are integers, what JSON cannot say is null.
pub fn to_json(node: Node<'_>) -> Value {
    match node.value() {
        yaml::Value::Null => Value::Null,
        yaml::Value::Bool(value) => Value::Bool(value),
        yaml::Value::Int(value) => Value::Number(value.into()),
        yaml::Value::Float(value) => float(value),
        yaml::Value::String(text) => Value::String(text.to_owned()),
        yaml::Value::Sequence => Value::Array(node.items().map(to_json).collect()),
        yaml::Value::Mapping => Value::Object(
            node.entries()
                .into_iter()
                .map(|(key, value)| (key.text().to_owned(), to_json(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}

/// Go writes a whole float without a point, so the API server reads it as an integer.
fn float(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked before"
    )]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::Number((value as i64).into());
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The policy, such as `ConstraintTemplate k8srequiredlabels`.
    pub subject: String,
    /// Where it stands; `None` if it came from no file.
    pub location: Option<Location>,
    /// One sentence without a dot at its end.
    pub message: String,
    /// Whether the policy is in force nevertheless.
    pub is_warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{}:{}: ", location.file, location.start.line)?;
        }
        write!(f, "{}: {}", self.subject, self.message)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A reason to refuse a policy, at a JSON pointer into it.
    pub fn new(manifest: &Manifest, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            subject: format!("{} {}", manifest.kind(), manifest.name())
                .trim()
                .to_owned(),
            location: manifest.location(pointer),
            message: message.into(),
            is_warning: false,
        }
    }

    /// The same as a warning: the policy is in force.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.is_warning = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<Manifest> {
        let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new("policy.yaml", text)));
        assert_eq!(diagnostics, []);
        manifests
    }

    #[test]
    fn objects_are_read_as_kubectl_sends_them() {
        let manifests =
            read("kind: A\na: 1.0\nb: yes\nc: 0.5\n1: {x: ~}\n---\n# nothing\n---\nkind: B\n");
        assert_eq!(manifests.len(), 2);
        assert_eq!(
            manifests[0].object,
            json!({"kind": "A", "a": 1, "b": true, "c": 0.5, "1": {"x": null}})
        );
    }

    #[test]
    fn items_of_a_list_have_their_own_places() {
        let manifests =
            read("kind: List\nitems:\n- kind: A\n  metadata:\n    name: a\n- kind: B\n");
        assert_eq!(manifests[0].name(), "a");
        assert_eq!(manifests[1].kind(), "B");
        let line = |at: usize, pointer| manifests[at].location(pointer).map(|at| at.start.line);
        assert_eq!(line(0, "/metadata/name"), Some(5));
        assert_eq!(line(0, "/metadata/labels/x"), Some(4));
        assert_eq!(line(1, "/kind"), Some(6));
    }

    #[test]
    fn items_of_a_typed_list_are_of_its_kind() {
        let manifests = read(
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- {apiVersion: apps/v1, kind: Deployment}\n",
        );
        let kinds = manifests.iter().map(|it| (it.api_version(), it.kind()));
        let kinds: Vec<_> = kinds.collect();
        assert_eq!(kinds, [("v1", "Pod"), ("apps/v1", "Deployment")]);
    }

    #[test]
    fn lines_of_a_literal_block_are_lines_of_the_file() {
        let manifests =
            read("spec:\n  rego: |\n    package a\n\n    b {\n    }\n  other: 'x\n    y'\n");
        let place = |pointer, line| {
            manifests[0]
                .line_in_text(pointer, line)
                .map(|at| (at.start.line, at.start.column))
        };
        assert_eq!(place("/spec/rego", 1), Some((3, 5)));
        assert_eq!(place("/spec/rego", 3), Some((5, 5)));
        assert_eq!(place("/spec/other", 2), Some((7, 3)));
    }

    #[test]
    fn a_line_behind_a_literal_block_is_its_last_one() {
        let place = |text: &str, line| {
            let manifests = read(text);
            let at = manifests[0].line_in_text("/rego", line);
            at.map(|at| (at.start.line, at.start.column))
        };
        assert_eq!(place("rego: |\n  a\n  b(\nkind: A\n", 3), Some((3, 3)));
        assert_eq!(place("rego: |\n  a\n  b(", 3), Some((3, 3)));
        assert_eq!(place("rego: |\n\nkind: A\n", 1), Some((2, 1)));
    }
}
