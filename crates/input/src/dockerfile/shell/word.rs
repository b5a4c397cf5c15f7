//! Words of a shell script.

use ringwall_model::Span;

/// One word, before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellWord {
    /// Where it stands.
    pub span: Span,
    /// As written, without line continuations.
    pub text: String,
    /// The value with quotes removed, when it has no expansion; globs, braces and `~` count as constant.
    pub literal: Option<String>,
    /// Its parts in order.
    pub parts: Vec<Part>,
}

impl ShellWord {
    /// The value if constant, otherwise the text as written.
    pub fn value(&self) -> &str {
        self.literal.as_deref().unwrap_or(&self.text)
    }

    /// The constant text before the first expansion, with quotes removed.
    pub fn constant_prefix(&self) -> String {
        self.parts
            .iter()
            .map_while(|part| match &part.kind {
                PartKind::Literal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether it is a flag: starts with `-` and is more than that.
    pub fn is_flag(&self) -> bool {
        self.value().len() > 1 && self.value().starts_with('-')
    }

    /// Whether any of it is quoted or escaped.
    pub fn is_quoted(&self) -> bool {
        self.parts.iter().any(|part| part.quoted)
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it stands; quotes around it are not part of it.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
    /// Whether quotes or a backslash protect it from splitting and globbing.
    pub quoted: bool,
}

/// What a part of a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Text, with quotes and escapes removed.
    Literal(String),
    /// `$name`, `${name}`, `${name:-word}`.
    Variable {
        /// The variable or special parameter.
        name: String,
        /// What follows the name within braces: `:-word`; empty if nothing.
        modifier: String,
    },
    /// `$(...)` or backticks; the commands in it are among the script's commands.
    Substitution,
    /// `$((...))`.
    Arithmetic,
    /// `<(...)` or `>(...)`.
    ProcessSubstitution,
}
