//! Where in a file a rule's verdict stands.
//!
//! A rule may say a line itself. Else what it read of its input tells: exact in YAML and JSON, the command in a
//! Dockerfile, and the file as a whole in formats whose parsers keep no places.

use std::{cell::OnceCell, sync::Arc};

use ringwall_config::Format;
use ringwall_input::{
    kubernetes::{self, ObjectDocument, Resource},
    yaml::{self, Document, Node},
};
use ringwall_model::{Location, Source, Span, Subject};
use ringwall_policy::{admission::Violation, conftest::is_identity};
use serde_json::Value;

/// A place, and what stands there.
pub(super) struct Place {
    pub(super) location: Location,
    pub(super) subject: Subject,
    /// Whether it is what is at fault, and not only what holds it.
    pub(super) is_exact: bool,
}

/// The places of a file, looked for when they are first asked for: most files are in order.
pub(super) struct Places<'a> {
    source: &'a Arc<Source>,
    format: Format,
    parts: &'a [Value],
    documents: OnceCell<Vec<Document>>,
    lines: OnceCell<Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a Arc<Source>, format: Format, parts: &'a [Value]) -> Self {
        Self {
            source,
            format,
            parts,
            documents: OnceCell::new(),
            lines: OnceCell::new(),
        }
    }

    /// The place of what was said about an input: a part of the file, or what stands in it at a pointer.
    pub(super) fn find(&self, part: usize, pointer: &str, violation: &Violation) -> Place {
        let mut place = match self.format {
            Format::Yaml | Format::Json => self.in_document(part, pointer, violation),
            Format::Dockerfile => self.at_command(violation),
            _ => None,
        }
        .unwrap_or_else(|| self.whole());
        if let Some(location) = self.said(violation) {
            place.location = location;
            place.is_exact = true;
        }
        place
    }

    /// The file as a whole.
    fn whole(&self) -> Place {
        Place {
            location: self.source.location(Span::new(0, self.source.text.len())),
            subject: self.file(),
            is_exact: true,
        }
    }

    fn file(&self) -> Subject {
        Subject {
            file: Some((&*self.source.name).into()),
            kind: (self.format == Format::Dockerfile).then(|| "Dockerfile".into()),
            ..Subject::default()
        }
    }

    fn line(&self, line: u64) -> Option<Location> {
        let line = u32::try_from(line).ok()?;
        let span = self.source.lines().line(&self.source.text, line)?;
        Some(self.source.location(span))
    }

    /// The line that a rule names under `_loc`, if it is one of this file.
    fn said(&self, violation: &Violation) -> Option<Location> {
        let told = violation.details.get("_loc")?;
        let file = told.get("file").and_then(Value::as_str).unwrap_or("");
        let is_here = file.is_empty()
            || *self.source.name == *file
            || self
                .source
                .name
                .strip_suffix(file)
                .is_some_and(|folder| folder.ends_with('/'));
        self.line(told.get("line")?.as_u64().filter(|_| is_here)?)
    }

    /// The command that a rule read.
    fn at_command(&self, violation: &Violation) -> Option<Place> {
        let lines = self
            .lines
            .get_or_init(|| ringwall_config::dockerfile_lines(self.source.text.as_bytes()));
        let line = violation.paths.iter().find_map(|path| {
            let index: usize = path.split('/').nth(1)?.parse().ok()?;
            lines.get(index)
        })?;
        Some(Place {
            location: self.line(u64::try_from(*line).ok()?)?,
            subject: self.file(),
            is_exact: true,
        })
    }

    fn in_document(&self, part: usize, pointer: &str, violation: &Violation) -> Option<Place> {
        let documents = self.documents.get_or_init(|| yaml::parse(self.source).0);
        let (document, root) = self.root(documents, part)?;
        let input = root.nearest(pointer);
        let path = violation.paths.first();
        let path = path.filter(|path| !is_identity(path));
        let path = path.map_or("", String::as_str);
        let node = input.nearest(path);
        let is_exact = !node.is_same(input);
        let resources = match kubernetes::objects(document) {
            ObjectDocument::Objects(resources) => resources,
            _ => Vec::new(),
        };
        // A list has no entry of its own there, only its items.
        let mut holders = resources
            .into_iter()
            .filter(|one| one.node.span().contains(node.span()));
        let Some(resource) = holders.next().or_else(|| Resource::new(input)) else {
            return Some(Place {
                location: node.location(),
                subject: self.file(),
                is_exact: true,
            });
        };
        Some(Place {
            location: if is_exact { node } else { resource.place() }.location(),
            subject: resource.subject(),
            is_exact,
        })
    }

    /// The document of a part, and where the part stands in it. Empty documents may be parts or not.
    fn root<'d>(&self, documents: &'d [Document], part: usize) -> Option<(&'d Document, Node<'d>)> {
        if let [document] = documents
            && document.root().is_sequence()
            && document.root().items().count() == self.parts.len()
        {
            return Some((document, document.root().items().nth(part)?));
        }
        let found = if documents.len() == self.parts.len() {
            documents.get(part)?
        } else {
            let is_filled = |part: &&Value| !part.is_null();
            let mut filled = documents
                .iter()
                .filter(|document| !document.root().is_null());
            if filled.clone().count() != self.parts.iter().filter(is_filled).count() {
                return None;
            }
            filled.nth(self.parts.get(..part)?.iter().filter(is_filled).count())?
        };
        Some((found, found.root()))
    }
}
