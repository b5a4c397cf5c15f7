//! The parts of HCL that the conversion tells apart; the rest is known by its place alone.

/// Attributes and blocks, each in the order of the file.
#[derive(Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: Expression,
}

pub(super) struct Block {
    /// Byte of the type.
    pub(super) at: usize,
    /// Type and labels.
    pub(super) path: Vec<String>,
    pub(super) body: Body,
}

/// An expression and the bytes it is written with.
pub(super) struct Expression {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    /// `-` or `!` before a term.
    Unary(char, Box<Expression>),
    /// A quoted text or a heredoc.
    Template(Vec<Part>),
    /// A template that is one interpolation and nothing else.
    Wrapped(Box<Expression>),
    Tuple(Vec<Expression>),
    Object(Vec<(Expression, Expression)>),
    /// Condition, result if true, result if false.
    Conditional(Box<[Expression; 3]>),
    /// A variable, perhaps with attributes and literal indices.
    Traversal,
    Other,
}

pub(super) enum Part {
    Text(String),
    Expression(Expression),
    If {
        condition: Expression,
        then: Vec<Part>,
        otherwise: Vec<Part>,
    },
    For {
        key: Option<String>,
        value: String,
        collection: Expression,
        body: Vec<Part>,
    },
}

/// A decimal number: its digits with the point at `digits.len() + exponent`.
#[derive(Clone)]
pub(super) struct Number {
    is_negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    exponent: i32,
}

/// Digits that a number may have when written out.
const LONGEST_NUMBER: i32 = 1_000;

impl Number {
    /// Reads `12`, `1.5`, `1e-3`. `None` if it is no number, or one of more than 1,000 digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let trimmed = all.trim_end_matches('0');
        let zeros = i32::try_from(all.len() - trimmed.len()).ok()?;
        let digits = trimmed.trim_start_matches('0').to_owned();
        let exponent = exponent
            .checked_sub(i32::try_from(fraction.len()).ok()?)?
            .checked_add(zeros)?;
        let length = i32::try_from(digits.len()).ok()?;
        if exponent.checked_abs()? > LONGEST_NUMBER || length > LONGEST_NUMBER {
            return None;
        }
        Some(Self {
            is_negative: false,
            digits,
            exponent,
        })
    }

    pub(super) fn negated(&self) -> Self {
        Self {
            is_negative: !self.is_negative,
            ..self.clone()
        }
    }

    /// The number without an exponent, as HCL writes it into a text.
    pub(super) fn text(&self) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let sign = if self.is_negative { "-" } else { "" };
        let point = i32::try_from(self.digits.len()).unwrap_or(0) + self.exponent;
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
        if self.exponent >= 0 {
            format!("{sign}{}{}", self.digits, zeros(self.exponent))
        } else if point <= 0 {
            format!("{sign}0.{}{}", zeros(-point), self.digits)
        } else {
            let (whole, fraction) = self.digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{sign}{whole}.{fraction}")
        }
    }
}
