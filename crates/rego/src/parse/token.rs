//! Tokens of Rego: what the lexer gives the parser.

use crate::Span;

/// One token, and what stood before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// White space or a comment stands between the token before and this one.
    pub(super) spaced: bool,
    /// A newline stands between the token before and this one.
    pub(super) on_new_line: bool,
}

/// The kinds of tokens. `in`, `every`, `contains`, `if`, `and` and `or` are names until they are imported (the parser's business).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    Illegal(&'static str),
    Ident,
    Package,
    Import,
    As,
    Default,
    Else,
    Not,
    Some,
    With,
    Null,
    True,
    False,
    In,
    Every,
    Contains,
    If,
    AndWord,
    OrWord,
    Number,
    String,
    RawString,
    /// Text of a template string up to the brace of an expression, or (`last`) to the closing quote.
    Template {
        raw: bool,
        first: bool,
        last: bool,
    },
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    Comma,
    Colon,
    Semicolon,
    Dot,
    Assign,
    Unify,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
    And,
    Or,
}

impl Kind {
    /// The kind of a word.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "package" => Self::Package,
            "import" => Self::Import,
            "as" => Self::As,
            "default" => Self::Default,
            "else" => Self::Else,
            "not" => Self::Not,
            "some" => Self::Some,
            "with" => Self::With,
            "null" => Self::Null,
            "true" => Self::True,
            "false" => Self::False,
            "in" => Self::In,
            "every" => Self::Every,
            "contains" => Self::Contains,
            "if" => Self::If,
            "and" => Self::AndWord,
            "or" => Self::OrWord,
            _ => Self::Ident,
        }
    }

    /// Whether it is a word with a meaning of its own.
    pub(super) const fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Package
                | Self::Import
                | Self::As
                | Self::Default
                | Self::Else
                | Self::Not
                | Self::Some
                | Self::With
                | Self::Null
                | Self::True
                | Self::False
                | Self::In
                | Self::Every
                | Self::Contains
                | Self::If
                | Self::AndWord
                | Self::OrWord
        )
    }

    /// The binary operator that the token is, if it is one that stands between terms.
    pub(super) const fn operator(self) -> Option<Operator> {
        let (name, binds) = match self {
            Self::Equal => ("equal", 1),
            Self::NotEqual => ("neq", 1),
            Self::Less => ("lt", 1),
            Self::LessEqual => ("lte", 1),
            Self::Greater => ("gt", 1),
            Self::GreaterEqual => ("gte", 1),
            Self::Or => ("or", 2),
            Self::And => ("and", 3),
            Self::Plus => ("plus", 4),
            Self::Minus => ("minus", 4),
            Self::Times => ("mul", 5),
            Self::Divide => ("div", 5),
            Self::Remainder => ("rem", 5),
            _ => return None,
        };
        Some(Operator { name, binds })
    }

    /// How the token is named in a message; words and literals are shown as written instead.
    pub(super) const fn describe(self) -> Option<&'static str> {
        Some(match self {
            Self::End => "the end of the text",
            Self::LeftBracket => "`[`",
            Self::RightBracket => "`]`",
            Self::LeftBrace => "`{`",
            Self::RightBrace => "`}`",
            Self::LeftParen => "`(`",
            Self::RightParen => "`)`",
            Self::Comma => "`,`",
            Self::Template { .. } => "a template string",
            _ => return None,
        })
    }
}

/// A binary operator: the builtin it calls and how strongly it binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) binds: u8,
}
