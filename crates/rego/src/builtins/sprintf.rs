//! `sprintf`, as Go's `fmt.Sprintf` does it.
//!
//! OPA hands over strings, whole numbers (`int64` or `*big.Int`), numbers spelt with a point or an exponent
//! (`float64`) and everything else as the text of its term. Verbs that do not fit say so in the text,
//! `%!d(string=x)`; there are no errors.
//! See: <https://pkg.go.dev/fmt>

mod floats;
mod verbs;

use std::{fmt::Write, sync::Arc};

use num_bigint::BigInt;

use super::{Answer, BuiltinError, Context, Made};
use crate::Value;
use verbs::Layout;

/// Go takes no width or precision above this.
const MAX_WIDTH: usize = 1_000_000;

/// An operand, as Go sees it.
#[derive(Debug)]
enum Argument {
    Text(Arc<str>),
    Integer(i64),
    Big(BigInt),
    Float(f64),
}

impl Argument {
    fn new(context: &mut Context<'_>, value: &Value) -> Result<Self, BuiltinError> {
        if let Value::Number(number) = value {
            context.spend_bits(number.bits())?;
        }
        Ok(match value {
            Value::String(text) => Self::Text(Arc::clone(text)),
            Value::Number(number) if number.is_spelt_as_float() => {
                let float = number.as_f64();
                if float.is_finite() {
                    Self::Float(float)
                } else {
                    Self::Text(number.to_string().into())
                }
            }
            Value::Number(number) => match (number.as_i64(), number.as_integer()) {
                (Some(value), _) => Self::Integer(value),
                (None, Some(value)) => Self::Big(value),
                (None, None) => Self::Text(number.to_string().into()),
            },
            other => {
                let mut made = Made::new(context);
                made.write(|out| write!(out, "{other}"))?;
                Self::Text(made.text()?.into())
            }
        })
    }

    const fn go_type(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Integer(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
        }
    }
}

pub(super) fn sprintf(context: &mut Context<'_>, format: &Arc<str>, values: &[Value]) -> Answer {
    context.spend_values(values.len())?;
    context.make_bytes(format.len())?;
    let mut arguments = Vec::with_capacity(values.len());
    for value in values {
        arguments.push(Argument::new(context, value)?);
    }
    let mut printer = Printer {
        context,
        format,
        at: 0,
        arguments,
        next: 0,
        is_reordered: false,
        out: String::with_capacity(format.len() + 32),
        layout: Layout::default(),
    };
    printer.run()?;
    Ok(Some(Value::String(printer.out.into())))
}

struct Printer<'p, 'c> {
    context: &'p mut Context<'c>,
    format: &'p str,
    /// The byte of the format that is next.
    at: usize,
    arguments: Vec<Argument>,
    /// The argument that is next.
    next: usize,
    /// Whether the format named an argument by its number.
    is_reordered: bool,
    out: String,
    layout: Layout,
}

impl Printer<'_, '_> {
    fn run(&mut self) -> Result<(), BuiltinError> {
        while let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) {
            let literal = rest.find('%').unwrap_or(rest.len());
            self.out.push_str(rest.get(..literal).unwrap_or_default());
            self.at += literal;
            if self.peek().is_none() {
                break;
            }
            self.at += 1;
            let before = self.out.len();
            self.directive()?;
            self.context.spend(1)?;
            self.context.make_bytes(self.out.len() - before)?;
        }
        self.extra()
    }

    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    /// What follows a `%`.
    fn directive(&mut self) -> Result<(), BuiltinError> {
        self.layout = Layout::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.layout.sharp = true,
                b'0' => self.layout.zero = true,
                b'+' => self.layout.plus = true,
                b'-' => self.layout.minus = true,
                b' ' => self.layout.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut is_good = true;
        let mut after_index = self.argument_number(&mut is_good);
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.width_argument() {
                Some(width) => {
                    self.layout.width = Some(width.unsigned_abs());
                    if width < 0 {
                        self.layout.minus = true;
                        self.layout.zero = false;
                    }
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            self.layout.width = self.width_digits();
            if after_index && self.layout.width.is_some() {
                is_good = false;
            }
        }
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            if after_index {
                is_good = false;
            }
            after_index = self.argument_number(&mut is_good);
            if self.peek() == Some(b'*') {
                self.at += 1;
                self.layout.precision = self
                    .width_argument()
                    .and_then(|precision| usize::try_from(precision).ok());
                if self.layout.precision.is_none() {
                    self.out.push_str("%!(BADPREC)");
                }
                after_index = false;
            } else {
                self.layout.precision = Some(self.width_digits().unwrap_or(0));
            }
        }
        if !after_index {
            self.argument_number(&mut is_good);
        }
        let Some(verb) = self
            .format
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        else {
            self.out.push_str("%!(NOVERB)");
            self.at = self.format.len();
            return Ok(());
        };
        self.at += verb.len_utf8();
        if verb == '%' {
            self.out.push('%');
            return Ok(());
        }
        if !is_good {
            self.out.push_str("%!");
            self.out.push(verb);
            self.out.push_str("(BADINDEX)");
            return Ok(());
        }
        let Some(argument) = self.arguments.get(self.next) else {
            self.out.push_str("%!");
            self.out.push(verb);
            self.out.push_str("(MISSING)");
            return Ok(());
        };
        if matches!(verb, 'v' | 'w') {
            self.layout.go_syntax = std::mem::take(&mut self.layout.sharp);
            self.layout.with_fields = std::mem::take(&mut self.layout.plus);
        }
        self.next += 1;
        self.layout.print(&mut self.out, argument, verb)
    }

    /// Reads `[n]`; returns whether it was there and closed.
    fn argument_number(&mut self, is_good: &mut bool) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.is_reordered = true;
        let rest = self.format.get(self.at + 1..).unwrap_or_default();
        let Some(length) = rest.find(']').filter(|_| rest.len() >= 2) else {
            self.at += 1;
            *is_good = false;
            return false;
        };
        self.at += length + 2;
        let number = rest
            .get(..length)
            .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|number| *number <= MAX_WIDTH);
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.arguments.len() => {
                self.next = index;
                true
            }
            _ => {
                *is_good = false;
                number.is_some()
            }
        }
    }

    /// Digits of a width; one that is too large swallows the rest of the format, as in Go.
    fn width_digits(&mut self) -> Option<usize> {
        let mut width = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = width.unwrap_or(0) * 10 + usize::from(digit - b'0');
            if width.unwrap_or(0) > MAX_WIDTH {
                self.at = self.format.len();
                return None;
            }
            width = Some(next);
            self.at += 1;
        }
        width
    }

    /// A width that is an argument, `*`.
    fn width_argument(&mut self) -> Option<isize> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        match argument {
            Argument::Integer(value) => isize::try_from(*value)
                .ok()
                .filter(|width| width.unsigned_abs() <= MAX_WIDTH),
            _ => None,
        }
    }

    /// Names the arguments that no verb took.
    fn extra(&mut self) -> Result<(), BuiltinError> {
        let rest = self.arguments.get(self.next..).unwrap_or_default();
        if self.is_reordered || rest.is_empty() {
            return Ok(());
        }
        let layout = Layout::default();
        self.out.push_str("%!(EXTRA ");
        for (index, argument) in rest.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.out.push_str(argument.go_type());
            self.out.push('=');
            layout.print(&mut self.out, argument, 'v')?;
        }
        self.out.push(')');
        self.context.make_bytes(self.out.len())
    }
}

#[cfg(test)]
mod tests;
