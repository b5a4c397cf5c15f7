//! The text of a number, taken apart, and the order of two of them.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::Binary;

/// The digits after which OPA no longer compares two numbers as decimals.
const MAX_EXACT_DIGITS: usize = 15;
/// And the place of the first digit.
const MAX_EXACT_PLACE: i64 = 300;
/// The largest binary exponent of a number, either way.
const MAX_BINARY_EXPONENT: i64 = 100_000;

/// `0.d₁d₂d₃… × 10^place`, with neither leading nor trailing zeros; no digits at all is zero.
#[derive(Debug)]
pub(super) struct Decimal {
    pub(super) is_negative: bool,
    /// ASCII digits.
    pub(super) digits: Vec<u8>,
    pub(super) place: i64,
}

impl Decimal {
    /// Takes a number apart; `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        let mantissa_length = rest
            .iter()
            .position(|byte| matches!(byte, b'e' | b'E'))
            .unwrap_or(rest.len());
        let (mantissa, exponent) = rest.split_at_checked(mantissa_length)?;
        let exponent = match exponent {
            [] => 0,
            [_, exponent @ ..] => parse_exponent(exponent)?,
        };
        let mut parts = mantissa.splitn(2, |byte| *byte == b'.');
        let whole = parts.next()?;
        let fraction = parts.next().unwrap_or_default();
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits = Vec::with_capacity(mantissa.len());
        digits.extend_from_slice(whole);
        digits.extend_from_slice(fraction);
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let place = if digits.is_empty() {
            0
        } else {
            length(whole.len())
                .saturating_sub(length(leading))
                .saturating_add(exponent)
        };
        Some(Self {
            is_negative,
            digits,
            place,
        })
    }

    /// The power of ten that the digits, read as a whole number, are to be multiplied with.
    pub(super) fn exponent(&self) -> i64 {
        self.place
            .saturating_sub(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    /// The digits as a whole number.
    pub(super) fn mantissa(&self) -> BigUint {
        BigUint::parse_bytes(&self.digits, 10).unwrap_or_default()
    }

    /// The value, if it is whole and within the limits of a number.
    pub(super) fn as_integer(&self) -> Option<BigInt> {
        let exponent = u32::try_from(self.exponent()).ok();
        if self.digits.is_empty() {
            return Some(BigInt::ZERO);
        }
        let magnitude = self.mantissa() * BigUint::from(10u8).pow(exponent?);
        let sign = if self.is_negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Some(BigInt::from_biguint(sign, magnitude))
    }

    /// Whether the number is too large, or too close to zero, to be one that OPA works with.
    pub(super) fn is_out_of_range(&self) -> bool {
        // 2^100,000 has 30,103 digits; only near there is it worth computing.
        match self.place.abs() {
            ..=30_000 => false,
            31_000.. => true,
            _ => Binary::from_decimal(self).exponent().abs() > MAX_BINARY_EXPONENT,
        }
    }

    /// Whether OPA takes the number apart in digits when comparing.
    fn is_short(&self, text: &str) -> bool {
        // The zeros behind the first digit count as OPA reads from the left, though they mean nothing.
        let written = text
            .bytes()
            .take_while(|byte| !matches!(byte, b'e' | b'E'))
            .filter(u8::is_ascii_digit)
            .skip_while(|digit| *digit == b'0')
            .count();
        written <= MAX_EXACT_DIGITS && self.place.abs() <= MAX_EXACT_PLACE
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        self.place
            .cmp(&other.place)
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let side = |number: &Self| match (number.digits.is_empty(), number.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        side(self).cmp(&side(other)).then_with(|| match side(self) {
            0 => Ordering::Equal,
            1 => self.cmp_magnitude(other),
            _ => other.cmp_magnitude(self),
        })
    }
}

/// Orders two numbers by their texts.
///
/// The order is exact but for one case that OPA makes: two fractions of which one has more than
/// fifteen digits are equal if their nearest floating point numbers are.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (Some(left), Some(right)) = (Decimal::parse(a), Decimal::parse(b)) else {
        return a.cmp(b);
    };
    if !(left.is_short(a) && right.is_short(b)) && is_fraction(a) && is_fraction(b) {
        let (x, y): (Result<f64, _>, Result<f64, _>) = (a.parse(), b.parse());
        if let (Ok(x), Ok(y)) = (x, y)
            && x.is_finite()
            && x.to_bits() == y.to_bits()
        {
            return Ordering::Equal;
        }
    }
    left.cmp(&right)
}

/// Whether something other than zeros stands behind a point.
fn is_fraction(text: &str) -> bool {
    text.contains('.') && {
        let trimmed = text.trim_end_matches(['.', '0']);
        trimmed.len() < text.len() && trimmed.contains('.')
    }
}

/// A whole number in the one spelling that `i64` prints.
pub(super) fn plain_integer(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

/// The integer that OPA sees in a text without looking at fractions: at most 19 characters behind the sign,
/// digits, then nothing but zeros after a point.
pub(super) fn integer_of(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() || rest.len() > 19 {
        return None;
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) || fraction.bytes().any(|byte| byte != b'0')
    {
        return None;
    }
    let magnitude: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    i64::try_from(magnitude.checked_mul(sign)?).ok()
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0_i64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(*digit - b'0'))
    });
    // Far beyond any limit, and far from overflow when lengths are added.
    Some(sign * magnitude.min(1 << 40))
}

/// Turns `1.5e7` into Go's `1.5e+07`.
pub(super) fn with_exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text.to_owned(),
    }
}

/// Whether a number, which the text is known to be, is spelt as JSON has it.
pub(super) fn is_json(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let mantissa = rest.split(['e', 'E']).next().unwrap_or(rest);
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let has_whole = match whole.as_bytes() {
        [b'0'] => true,
        [first, ..] => (b'1'..=b'9').contains(first),
        [] => false,
    };
    has_whole && fraction.is_none_or(|fraction| !fraction.is_empty())
}
