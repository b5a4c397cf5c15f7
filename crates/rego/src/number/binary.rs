//! Binary floating point with 64 bits of mantissa: what OPA computes fractions with.
//!
//! The rules are those of Go's `math/big.Float`: operands are read with 64 bits, every result is rounded to the
//! nearest, ties to even, and printed with the fewest digits that tell it from its neighbours.

use num_bigint::{BigInt, BigUint, Sign};

use super::decimal::Decimal;

/// Bits of the mantissa of an operand.
const PRECISION: u32 = 64;

/// `mantissa × 2^exponent`, rounded to `precision` bits.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    is_negative: bool,
    /// Zero, or a number whose highest bit is set.
    mantissa: u64,
    exponent: i64,
    precision: u32,
}

impl Binary {
    pub(crate) const ZERO: Self = Self {
        is_negative: false,
        mantissa: 0,
        exponent: 0,
        precision: PRECISION,
    };

    pub(super) fn from_i64(value: i64) -> Self {
        Self::rounded(
            value < 0,
            BigUint::from(value.unsigned_abs()),
            0,
            false,
            PRECISION,
        )
    }

    /// One, with the 53 bits that a product is rounded to.
    pub(super) fn short_one() -> Self {
        Self::rounded(false, BigUint::from(1u8), 0, false, 53)
    }

    /// Reads digits as Go does: the power of five that goes into the exponent has 128 bits itself.
    pub(super) fn from_decimal(decimal: &Decimal) -> Self {
        if decimal.digits.is_empty() {
            return Self {
                is_negative: decimal.is_negative,
                ..Self::ZERO
            };
        }
        let exponent = decimal.exponent();
        // Numbers are far smaller than that; this only keeps the loop below short.
        let exponent = exponent.clamp(-40_000, 40_000);
        let mantissa = decimal.mantissa();
        let (five, five_exponent) = power_of_five(exponent.unsigned_abs());
        if exponent < 0 {
            Self::quotient(
                decimal.is_negative,
                &mantissa,
                exponent,
                &five,
                five_exponent,
                PRECISION,
            )
        } else {
            Self::rounded(
                decimal.is_negative,
                mantissa * five,
                exponent + five_exponent,
                false,
                PRECISION,
            )
        }
    }

    /// The exponent if the mantissa is read as a fraction of at least one half.
    pub(super) fn exponent(&self) -> i64 {
        if self.mantissa == 0 {
            0
        } else {
            self.exponent + 64
        }
    }

    /// Rounds `mantissa × 2^exponent`; `has_more` says that some fraction follows below.
    fn rounded(
        is_negative: bool,
        mantissa: BigUint,
        exponent: i64,
        has_more: bool,
        precision: u32,
    ) -> Self {
        let (mantissa, exponent) = round_bits(mantissa, exponent, has_more, u64::from(precision));
        let bits = mantissa.bits();
        if bits == 0 {
            return Self {
                is_negative,
                mantissa: 0,
                exponent: 0,
                precision,
            };
        }
        let up = 64 - i64::try_from(bits).unwrap_or(64);
        let low = mantissa.iter_u64_digits().next().unwrap_or(0);
        Self {
            is_negative,
            mantissa: low << up,
            exponent: exponent - up,
            precision,
        }
    }

    fn quotient(
        is_negative: bool,
        dividend: &BigUint,
        dividend_exponent: i64,
        divisor: &BigUint,
        divisor_exponent: i64,
        precision: u32,
    ) -> Self {
        let wanted = u64::from(precision) + 2 + divisor.bits();
        let up = wanted.saturating_sub(dividend.bits());
        let scaled = dividend << up;
        let quotient = &scaled / divisor;
        let has_more = &quotient * divisor != scaled;
        let up = i64::try_from(up).unwrap_or(i64::MAX);
        Self::rounded(
            is_negative,
            quotient,
            dividend_exponent - up - divisor_exponent,
            has_more,
            precision,
        )
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let precision = self.precision.max(other.precision);
        if self.mantissa == 0 && other.mantissa == 0 {
            return Self {
                is_negative: self.is_negative && other.is_negative,
                precision,
                ..Self::ZERO
            };
        }
        // Beyond that distance the smaller one only says on which side of a tie the sum lies.
        let (low, high) = if self.mantissa == 0 {
            return other.with_precision(precision);
        } else if other.mantissa == 0 {
            return self.with_precision(precision);
        } else if self.exponent < other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let distance = u64::try_from(high.exponent - low.exponent).unwrap_or(0);
        let (low_value, base, has_more) = if distance > 200 {
            (BigInt::from(low.sign()), high.exponent - 130, false)
        } else {
            (low.signed(), low.exponent, false)
        };
        let up = u64::try_from(high.exponent - base).unwrap_or(0);
        let total = (high.signed() << up) + low_value;
        let (sign, magnitude) = total.into_parts();
        Self::rounded(sign == Sign::Minus, magnitude, base, has_more, precision)
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        let result = self.add(&other.negated());
        if result.mantissa == 0 && !(self.mantissa == 0 && other.mantissa == 0) {
            return Self {
                is_negative: false,
                ..result
            };
        }
        result
    }

    /// The product, rounded to the precision of the first.
    pub(super) fn multiply(&self, other: &Self) -> Self {
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        Self::rounded(
            self.is_negative != other.is_negative,
            BigUint::from(product),
            self.exponent + other.exponent,
            false,
            self.precision,
        )
    }

    /// The quotient; the divisor is not zero.
    pub(super) fn divide(&self, divisor: &Self) -> Self {
        let is_negative = self.is_negative != divisor.is_negative;
        if self.mantissa == 0 || divisor.mantissa == 0 {
            return Self {
                is_negative,
                ..Self::ZERO
            };
        }
        Self::quotient(
            is_negative,
            &BigUint::from(self.mantissa),
            self.exponent,
            &BigUint::from(divisor.mantissa),
            divisor.exponent,
            self.precision.max(divisor.precision),
        )
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    pub(super) fn is_negative(&self) -> bool {
        self.is_negative
    }

    pub(super) fn magnitude(&self) -> Self {
        Self {
            is_negative: false,
            ..self.clone()
        }
    }

    fn negated(&self) -> Self {
        Self {
            is_negative: !self.is_negative,
            ..self.clone()
        }
    }

    fn with_precision(&self, precision: u32) -> Self {
        Self::rounded(
            self.is_negative,
            BigUint::from(self.mantissa),
            self.exponent,
            false,
            precision,
        )
    }

    fn sign(&self) -> i8 {
        if self.is_negative { -1 } else { 1 }
    }

    fn signed(&self) -> BigInt {
        BigInt::from(self.mantissa) * BigInt::from(self.sign())
    }

    /// Whether nothing stands behind the point.
    pub(crate) fn is_integer(&self) -> bool {
        self.mantissa == 0 || self.exponent + i64::from(self.mantissa.trailing_zeros()) >= 0
    }

    /// The part before the point.
    pub(crate) fn truncated(&self) -> BigInt {
        if let Ok(up) = u64::try_from(self.exponent) {
            return self.signed() << up;
        }
        let down = self.exponent.unsigned_abs();
        if down >= 64 {
            return BigInt::ZERO;
        }
        BigInt::from(self.mantissa >> down) * BigInt::from(self.sign())
    }

    /// The text OPA gives to a result: whole numbers in full, others in the shortest form with an exponent
    /// below -4 and from 6 digits on.
    pub(super) fn to_text(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        if self.mantissa == 0 {
            return format!("{sign}0");
        }
        let digits = self.shortest();
        let place = digits.place;
        let text: String = digits
            .digits
            .iter()
            .map(|digit| char::from(*digit))
            .collect();
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        if self.is_integer() {
            let (before, _) = text
                .split_at_checked(usize::try_from(place).unwrap_or(0).min(text.len()))
                .unwrap_or((&text, ""));
            return format!("{sign}{before}{}", zeros(place - length));
        }
        let exponent = place - 1;
        if (-4..6).contains(&exponent) {
            if place <= 0 {
                return format!("{sign}0.{}{text}", zeros(-place));
            }
            let point = usize::try_from(place).unwrap_or(0);
            return match text.split_at_checked(point) {
                Some((whole, "")) => format!("{sign}{whole}"),
                Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
                None => format!("{sign}{text}{}", zeros(place - length)),
            };
        }
        let (first, rest) = text.split_at_checked(1).unwrap_or((&text, ""));
        let point = if rest.is_empty() { "" } else { "." };
        let direction = if exponent < 0 { '-' } else { '+' };
        format!(
            "{sign}{first}{point}{rest}e{direction}{:02}",
            exponent.abs()
        )
    }

    /// The fewest digits between the halfway points to both neighbours.
    fn shortest(&self) -> Digits {
        let exact = Digits::of(&BigUint::from(self.mantissa), self.exponent);
        // One bit more than the precision: the unit of `wide` is half the distance to a neighbour.
        let spare = 64 - self.precision;
        let wide = u128::from(self.mantissa >> spare) << 1;
        let exponent = self.exponent + i64::from(spare) - 1;
        let lower = Digits::of(&BigUint::from(wide - 1), exponent);
        let upper = Digits::of(&BigUint::from(wide + 1), exponent);
        // A halfway point itself is read as this number only if it is the even one of the two.
        let is_inclusive = wide & 2 == 0;
        for (index, digit) in exact.digits.iter().copied().enumerate() {
            let (low, high) = (lower.at(index), upper.at(index));
            let may_cut = low != digit || is_inclusive && index + 1 == lower.digits.len();
            let may_raise = digit != high
                && (is_inclusive || digit + 1 < high || index + 1 < upper.digits.len());
            match (may_cut, may_raise) {
                (true, true) => return exact.rounded(index + 1),
                (true, false) => return exact.cut(index + 1),
                (false, true) => return exact.raised(index + 1),
                (false, false) => {}
            }
        }
        exact
    }
}

/// `0.d₁d₂… × 10^place` without zeros at the end.
#[derive(Debug)]
struct Digits {
    digits: Vec<u8>,
    place: i64,
}

impl Digits {
    /// The exact decimal form of `mantissa × 2^exponent`.
    fn of(mantissa: &BigUint, exponent: i64) -> Self {
        let (whole, point) = if let Ok(up) = u32::try_from(exponent) {
            (mantissa << up, 0)
        } else {
            let down = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
            (mantissa * BigUint::from(5u8).pow(down), i64::from(down))
        };
        let digits = whole.to_string().into_bytes();
        let place = i64::try_from(digits.len()).unwrap_or(i64::MAX) - point;
        Self { digits, place }.trimmed()
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    fn trimmed(mut self) -> Self {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        self
    }

    fn cut(mut self, count: usize) -> Self {
        self.digits.truncate(count);
        self.trimmed()
    }

    fn raised(mut self, count: usize) -> Self {
        self.digits.truncate(count);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        if let Some(digit) = self.digits.last_mut() {
            *digit += 1;
        } else {
            self.digits.push(b'1');
            self.place += 1;
        }
        self
    }

    fn rounded(self, count: usize) -> Self {
        let next = self.at(count);
        let is_tie = next == b'5' && count + 1 == self.digits.len();
        let is_up = if is_tie {
            count > 0 && self.at(count - 1) % 2 == 1
        } else {
            count < self.digits.len() && next >= b'5'
        };
        if is_up {
            self.raised(count)
        } else {
            self.cut(count)
        }
    }
}

/// 5^n with 128 bits, in the order of multiplications that Go takes, as each of them rounds.
fn power_of_five(n: u64) -> (BigUint, i64) {
    const TABLE: u64 = 27;
    if n <= TABLE {
        return (BigUint::from(5u8).pow(u32::try_from(n).unwrap_or(0)), 0);
    }
    let mut power = (BigUint::from(5u8).pow(27), 0);
    let mut square = (BigUint::from(5u8), 0);
    let mut rest = n - TABLE;
    while rest > 0 {
        if rest & 1 == 1 {
            power = round_bits(&power.0 * &square.0, power.1 + square.1, false, 128);
        }
        square = round_bits(&square.0 * &square.0, square.1 * 2, false, 192);
        rest >>= 1;
    }
    power
}

/// Rounds to the nearest number of so many bits, ties to even.
fn round_bits(mantissa: BigUint, exponent: i64, has_more: bool, precision: u64) -> (BigUint, i64) {
    let bits = mantissa.bits();
    if bits <= precision {
        return (mantissa, exponent);
    }
    let down = bits - precision;
    let half = mantissa.bit(down - 1);
    let is_above_half = has_more
        || mantissa
            .trailing_zeros()
            .is_some_and(|zeros| zeros < down - 1);
    let mut kept = &mantissa >> down;
    if half && (is_above_half || kept.bit(0)) {
        kept += 1u8;
    }
    let exponent = exponent + i64::try_from(down).unwrap_or(i64::MAX);
    // All ones have become a one and zeros, one bit more.
    if kept.bits() > precision {
        return (kept >> 1, exponent + 1);
    }
    (kept, exponent)
}
