//! Numbers of any size, compared, computed and printed as OPA does.
//!
//! OPA keeps a number as the text it was written as. Whole numbers of 64 bits in their plain spelling
//! are an `i64` here; every other spelling (`1.0`, `1e3`, `0.1`, thirty digits) keeps its text.
//! Whole numbers are computed exactly, all others as binary floating point with 64 bits of mantissa.

mod arithmetic;
mod binary;
mod decimal;

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::Arc,
};

pub use arithmetic::ArithmeticError;
pub(crate) use arithmetic::{product, sum};
pub(crate) use binary::Binary;
use decimal::Decimal;
use num_bigint::BigInt;

/// A number. Whole numbers of 64 bits are exact and cheap.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// A whole number whose text is the one that `i64` prints.
    Int(i64),
    /// Anything else; one allocation more, so that a number stays at 16 bytes.
    Text(Arc<Box<str>>),
}

/// The text is no number, or one beyond the limits that OPA sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseNumberError {
    /// Not in the form of a number.
    Syntax,
    /// The binary exponent is beyond ±100,000.
    TooBig,
}

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "invalid float",
            Self::TooBig => "number too big",
        })
    }
}

impl std::error::Error for ParseNumberError {}

impl Number {
    /// A finite floating point number, in the shortest spelling that gives it back, with an exponent from a million on;
    /// `None` for NaN and the infinities.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = if value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
            format!("{value}")
        } else {
            decimal::with_exponent(&format!("{value:e}"))
        };
        Some(Self::from_text(&text))
    }

    /// A whole number of any size.
    pub fn from_integer(value: &BigInt) -> Self {
        i64::try_from(value).map_or_else(|_| Self::from_text(&value.to_string()), Self::from)
    }

    /// How many of something there are.
    pub fn from_count(count: usize) -> Self {
        Self::from_unsigned(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// A whole number that is not negative.
    pub fn from_unsigned(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::from_text(&value.to_string()), Self::from)
    }

    /// A number from text that is known to be one.
    fn from_text(text: &str) -> Self {
        decimal::plain_integer(text).map_or_else(
            || Self(Repr::Text(Arc::new(Box::from(text)))),
            |value| Self(Repr::Int(value)),
        )
    }

    /// The number as an integer, if it is one that fits and is spelt with digits only
    /// (zeros after a point are let through, an exponent is not).
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(value) => Some(*value),
            Repr::Text(text) => decimal::integer_of(text),
        }
    }

    /// The number as an integer of any size, if it is whole, however spelt.
    pub fn as_integer(&self) -> Option<BigInt> {
        match &self.0 {
            Repr::Int(value) => Some(BigInt::from(*value)),
            Repr::Text(text) => Decimal::parse(text)?.as_integer(),
        }
    }

    /// About how many bits the digits take, if they are read as one whole number with the zeros of its exponent.
    pub(crate) fn bits(&self) -> u64 {
        match &self.0 {
            Repr::Int(value) => u64::from(value.unsigned_abs().checked_ilog2().unwrap_or(0)),
            Repr::Text(text) => {
                let exponent = text.rsplit_once(['e', 'E']);
                let exponent = exponent.and_then(|(_, exponent)| exponent.parse::<u32>().ok());
                let digits = text.len() as u64 + u64::from(exponent.unwrap_or(0));
                digits.saturating_mul(10) / 3
            }
        }
    }

    /// The bytes of the text, where there is one.
    pub(crate) fn text_bytes(&self) -> usize {
        match &self.0 {
            Repr::Int(_) => 0,
            Repr::Text(text) => text.len(),
        }
    }

    /// The nearest floating point number; infinite where it lies beyond their range.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest is what is asked for"
    )]
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(value) => *value as f64,
            Repr::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether a point or an exponent stands in the text, as `1.0` and `1e3` have.
    pub(crate) fn is_spelt_as_float(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => false,
            Repr::Text(text) => text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')),
        }
    }

    /// Whether the text is one that JSON allows; `+1`, `.5` and `007` are not.
    pub(crate) fn is_json(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Text(text) => decimal::is_json(text),
        }
    }

    /// The number with a mantissa of 64 bits.
    pub(crate) fn as_binary(&self) -> Binary {
        match &self.0 {
            Repr::Int(value) => Binary::from_i64(*value),
            Repr::Text(text) => {
                Decimal::parse(text).map_or(Binary::ZERO, |decimal| Binary::from_decimal(&decimal))
            }
        }
    }

    /// The order of two numbers of which at least one has a text.
    #[cold]
    fn cmp_texts(&self, other: &Self) -> Ordering {
        let (mine, other) = (self.to_string(), other.to_string());
        decimal::compare(&mine, &other)
    }
}

impl From<i64> for Number {
    #[inline]
    fn from(value: i64) -> Self {
        Self(Repr::Int(value))
    }
}

impl FromStr for Number {
    type Err = ParseNumberError;

    /// Reads digits with an optional sign, point and exponent; more than JSON allows (`+1`, `.5`, `5.`, `007`),
    /// as `to_number` reads them too.
    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        if let Some(value) = decimal::plain_integer(text) {
            return Ok(Self(Repr::Int(value)));
        }
        let decimal = Decimal::parse(text).ok_or(ParseNumberError::Syntax)?;
        if decimal.is_out_of_range() {
            return Err(ParseNumberError::TooBig);
        }
        Ok(Self(Repr::Text(Arc::new(Box::from(text)))))
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            _ => self.cmp_texts(other),
        }
    }
}

impl Hash for Number {
    /// Equal numbers have equal floating point numbers next to them, however they are spelt.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let value = self.as_f64();
        let value = if value == 0.0 { 0.0 } else { value };
        value.to_bits().hash(state);
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(value) => value.fmt(f),
            Repr::Text(text) => text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
