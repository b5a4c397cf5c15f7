//! A manifest as a tree that can be changed and written again, in more than one style.

use std::{fmt::Write as _, sync::Arc};

use ringwall_input::yaml::{self, Node, Value};
use ringwall_model::Source;

/// A value of YAML; aliases are followed, merge keys merged, of repeated keys the last is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    /// Text, as YAML and as JSON write it: a string, or a word with a meaning of its own.
    Scalar(Scalar),
    List(Vec<Tree>),
    /// Keys and values in the order of the text.
    Map(Vec<(String, Tree)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    String(String),
    /// A number, a boolean or null: as it was written, and as JSON writes it.
    Word {
        yaml: String,
        json: String,
    },
}

/// How a tree is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// Keys and strings in single or double quotes, also where none are needed.
    pub(crate) quoted: bool,
    /// A comment above and at the end of each line: `# above 3`, `# line 3`.
    pub(crate) comments: bool,
    /// A blank line before each line.
    pub(crate) blank_lines: bool,
}

/// The documents of a text; `None` where one does not parse.
pub(crate) fn read(text: &str) -> Option<Vec<Tree>> {
    let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("example.yaml", text)));
    let trees = documents
        .iter()
        .map(|document| Tree::new(document.root()))
        .collect();
    diagnostics.is_empty().then_some(trees)
}

/// The text of documents, in block style.
pub(crate) fn write(documents: &[Tree], style: Style) -> String {
    let mut writer = Writer {
        out: String::new(),
        style,
        lines: 0,
    };
    for document in documents {
        writer.out.push_str("---\n");
        writer.value(document, 0, "");
    }
    writer.out
}

/// The text of documents, each in JSON.
pub(crate) fn write_json(documents: &[Tree]) -> String {
    documents.iter().fold(String::new(), |mut out, document| {
        out.push_str("---\n");
        json(document, 0, &mut out);
        out.push('\n');
        out
    })
}

impl Tree {
    fn new(node: Node<'_>) -> Self {
        match node.value() {
            Value::Mapping => {
                let entries = node.entries().into_iter();
                Self::Map(
                    entries
                        .map(|(key, value)| (key.text().to_owned(), Self::new(value)))
                        .collect(),
                )
            }
            Value::Sequence => Self::List(node.items().map(Self::new).collect()),
            Value::String(text) => Self::string(text),
            Value::Null => Self::word("null", "null".to_owned()),
            Value::Bool(value) => Self::word(node.text(), value.to_string()),
            Value::Int(value) => Self::word(node.text(), value.to_string()),
            Value::Float(value) => Self::word(node.text(), format!("{value:?}")),
        }
    }

    pub(crate) fn string(text: &str) -> Self {
        Self::Scalar(Scalar::String(text.to_owned()))
    }

    fn word(yaml: &str, json: String) -> Self {
        let yaml = yaml.to_owned();
        Self::Scalar(Scalar::Word { yaml, json })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value at a key, which is added where it is missing; `None` for all but objects.
    pub(crate) fn get_or_add(&mut self, key: &str) -> Option<&mut Tree> {
        let Self::Map(entries) = self else {
            return None;
        };
        let at = entries
            .iter()
            .position(|(name, _)| name == key)
            .unwrap_or_else(|| {
                entries.push((key.to_owned(), Self::Map(Vec::new())));
                entries.len() - 1
            });
        Some(&mut entries[at].1)
    }

    pub(crate) fn str(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Scalar(Scalar::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Tree] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }
}

struct Writer {
    out: String,
    style: Style,
    lines: usize,
}

impl Writer {
    /// Writes what stands behind `before` (a key, dashes, or nothing), on its line or below it.
    fn value(&mut self, value: &Tree, indentation: usize, before: &str) {
        let nested = if before.is_empty() || before.ends_with("- ") {
            indentation
        } else {
            indentation + 2
        };
        match value {
            Tree::Map(entries) if !entries.is_empty() => {
                // The first key of a list's item stands behind the dash.
                let mut dash = before.ends_with("- ").then_some(before);
                if dash.is_none() && !before.is_empty() {
                    self.line(before);
                }
                for (key, value) in entries {
                    let key = format!(
                        "{}{}:",
                        dash.take()
                            .map_or_else(|| " ".repeat(nested), str::to_owned),
                        self.string(key)
                    );
                    self.value(value, nested, &key);
                }
            }
            Tree::List(items) if !items.is_empty() => {
                if !before.is_empty() {
                    self.line(before.trim_end());
                }
                for item in items {
                    let dash = format!("{}- ", " ".repeat(nested));
                    self.value(item, nested + 2, &dash);
                }
            }
            _ => {
                let text = match value {
                    Tree::Map(_) => "{}".to_owned(),
                    Tree::List(_) => "[]".to_owned(),
                    Tree::Scalar(Scalar::Word { yaml, .. }) => yaml.clone(),
                    Tree::Scalar(Scalar::String(text)) => self.string(text),
                };
                let blank = if before.is_empty() || before.ends_with(' ') {
                    ""
                } else {
                    " "
                };
                self.line(&format!("{before}{blank}{text}"));
            }
        }
    }

    fn string(&self, text: &str) -> String {
        let is_simple = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
            && text
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char));
        let has_meaning = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(text));
        if !self.style.quoted && is_simple && !has_meaning {
            return text.to_owned();
        }
        if text.contains(|char: char| char.is_control() || char == '\'')
            || text.len().is_multiple_of(2)
        {
            quoted(text)
        } else {
            format!("'{text}'")
        }
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        if self.style.blank_lines {
            self.out.push('\n');
        }
        let number = self.lines;
        if self.style.comments {
            let indentation = line.len() - line.trim_start().len();
            let _ = writeln!(self.out, "{}# above {number}", " ".repeat(indentation));
            let _ = writeln!(self.out, "{line} # line {number}");
        } else {
            self.out.push_str(line);
            self.out.push('\n');
        }
    }
}

/// In double quotes, as JSON and YAML escape.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            _ if char.is_control() => {
                let _ = write!(out, "\\u{:04x}", char as u32);
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

fn json(tree: &Tree, indentation: usize, out: &mut String) {
    let nested = " ".repeat(indentation + 2);
    let (open, close, count) = match tree {
        Tree::Scalar(Scalar::Word { json, .. }) => return out.push_str(json),
        Tree::Scalar(Scalar::String(text)) => return out.push_str(&quoted(text)),
        Tree::List(items) => ('[', ']', items.len()),
        Tree::Map(entries) => ('{', '}', entries.len()),
    };
    out.push(open);
    for at in 0..count {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&nested);
        match tree {
            Tree::Map(entries) => {
                let (key, value) = &entries[at];
                out.push_str(&quoted(key));
                out.push_str(": ");
                json(value, indentation + 2, out);
            }
            _ => json(&tree.items()[at], indentation + 2, out),
        }
    }
    if count > 0 {
        out.push('\n');
        out.push_str(&" ".repeat(indentation));
    }
    out.push(close);
}
