//! Amounts as Kubernetes writes them: `250m`, `1.5Gi`, `1e3`; and integers that may be strings.
//!
//! Reads what the API server reads, and keeps it in billionths as it does.
//! See: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use std::{cmp::Ordering, fmt};

use crate::yaml::{Node, Value};

/// Billionths in a unit.
const NANO: u128 = 1_000_000_000;
const SIGNED_NANO: i128 = 1_000_000_000;
const NANO_DIGITS: i64 = 9;

/// An amount, exact to a billionth. What is too large to count in billionths is the largest that is not.
///
/// Amounts are equal if they are worth the same, however they are written.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nanos: i128,
    format: QuantityFormat,
}

/// The kind of suffix an amount was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityFormat {
    /// `n u m k M G T P E`, or none.
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
    /// `e3`, `E-3`.
    DecimalExponent,
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Nothing is there.
    Empty,
    /// It is not a number followed by letters.
    Format,
    /// What follows the number is none of the known suffixes.
    Suffix,
}

/// A field that takes an integer or a string, a port or a percentage for example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrString<'a> {
    /// A number.
    Int(i32),
    /// A string, even one of digits only.
    String(&'a str),
}

impl Quantity {
    /// Reads an amount as in a manifest, where blanks around it do not count.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        // Go trims it as it stands in JSON, where all other blanks are escapes.
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(QuantityError::Empty);
        }
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        let (whole, rest) = split_digits(unsigned);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
        let (base, exponent, format) = read_suffix(suffix)?;
        // Suffixes alone are nothing to the API server, but it finds no number before the two largest.
        if matches!(suffix, "Pi" | "Ei") && whole.is_empty() && fraction.is_empty() {
            return Err(QuantityError::Format);
        }

        let magnitude = match base {
            Base::Ten => decimal_nanos(whole, fraction, exponent),
            // Binary amounts end where an `int64` does.
            Base::Two => binary_nanos(whole, fraction, exponent).min(i64::MAX as u128 * NANO),
        };
        let magnitude = i128::try_from(magnitude).unwrap_or(i128::MAX);
        Ok(Self {
            nanos: if negative { -magnitude } else { magnitude },
            format,
        })
    }

    /// Reads an amount at a node: a number without quotes is what YAML makes of it, so that `010` is 8.
    pub fn of(node: Node<'_>) -> Result<Self, QuantityError> {
        match node.value() {
            Value::Int(units) => Ok(Self::from_units(units)),
            _ => Self::parse(node.text()),
        }
    }

    /// A whole number of units.
    pub fn from_units(units: i64) -> Self {
        Self {
            nanos: i128::from(units) * SIGNED_NANO,
            format: QuantityFormat::DecimalSi,
        }
    }

    /// The amount in billionths.
    pub fn nanos(&self) -> i128 {
        self.nanos
    }

    /// The amount in thousandths, rounded up: millicores.
    pub fn milli_value(&self) -> i128 {
        divide_up(self.nanos, SIGNED_NANO / 1_000)
    }

    /// The amount in units, rounded up: bytes, cores.
    pub fn value(&self) -> i128 {
        divide_up(self.nanos, SIGNED_NANO)
    }

    /// How it was written.
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Whether it is less than nothing.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an amount must not be empty",
            Self::Format => "not a number with an optional suffix, such as 250m, 1.5Gi or 1e3",
            Self::Suffix => "unknown suffix; known are n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei and exponents",
        })
    }
}

impl std::error::Error for QuantityError {}

impl<'a> IntOrString<'a> {
    /// Reads a scalar, of which the caller knows whether it is a string. Integers must fit 32 bits.
    pub fn parse(text: &'a str, is_string: bool) -> Option<Self> {
        if is_string {
            return Some(Self::String(text));
        }
        text.parse().ok().map(Self::Int)
    }

    /// The 30 of `"30%"`.
    pub fn percent(&self) -> Option<i32> {
        match self {
            Self::Int(_) => None,
            Self::String(text) => text.strip_suffix('%')?.parse().ok(),
        }
    }
}

enum Base {
    Two,
    Ten,
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn read_suffix(suffix: &str) -> Result<(Base, i64, QuantityFormat), QuantityError> {
    let (base, exponent) = match suffix {
        "n" => (Base::Ten, -9),
        "u" => (Base::Ten, -6),
        "m" => (Base::Ten, -3),
        "" => (Base::Ten, 0),
        "k" => (Base::Ten, 3),
        "M" => (Base::Ten, 6),
        "G" => (Base::Ten, 9),
        "T" => (Base::Ten, 12),
        "P" => (Base::Ten, 15),
        "E" => (Base::Ten, 18),
        "Ki" => (Base::Two, 10),
        "Mi" => (Base::Two, 20),
        "Gi" => (Base::Two, 30),
        "Ti" => (Base::Two, 40),
        "Pi" => (Base::Two, 50),
        "Ei" => (Base::Two, 60),
        _ => return read_exponent(suffix),
    };
    let format = match base {
        Base::Two => QuantityFormat::BinarySi,
        Base::Ten => QuantityFormat::DecimalSi,
    };
    Ok((base, exponent, format))
}

fn read_exponent(suffix: &str) -> Result<(Base, i64, QuantityFormat), QuantityError> {
    // Letters, a sign, digits: anything else does not even look like an amount.
    let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let digits = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuantityError::Format);
    }
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .ok_or(QuantityError::Suffix)?;
    let exponent: i32 = exponent.parse().map_err(|_| QuantityError::Suffix)?;
    Ok((
        Base::Ten,
        i64::from(exponent),
        QuantityFormat::DecimalExponent,
    ))
}

/// The number times ten to the exponent, in billionths, rounded away from zero.
fn decimal_nanos(whole: &str, fraction: &str, exponent: i64) -> u128 {
    let digits = whole.len() + fraction.len();
    let shift = exponent + NANO_DIGITS - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let dropped = usize::try_from(shift.saturating_neg())
        .unwrap_or(0)
        .min(digits);
    let mut nanos: u128 = 0;
    let mut is_inexact = false;
    if digits <= LONGEST_U64 && dropped == 0 {
        let number = |digits: &str, before: u64| {
            (digits.bytes()).fold(before, |number, digit| {
                number * 10 + u64::from(digit - b'0')
            })
        };
        return times_ten_to(u128::from(number(fraction, number(whole, 0))), shift);
    }
    for (index, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let digit = u128::from(digit - b'0');
        if index < digits - dropped {
            nanos = nanos.saturating_mul(10).saturating_add(digit);
        } else {
            is_inexact |= digit != 0;
        }
    }
    if is_inexact {
        nanos = nanos.saturating_add(1);
    }
    times_ten_to(nanos, shift)
}

/// As many digits fit into 64 bits, whichever they are.
const LONGEST_U64: usize = 19;

/// The number itself where the exponent is below zero.
fn times_ten_to(number: u128, exponent: i64) -> u128 {
    let exponent = u32::try_from(exponent.max(0)).unwrap_or(u32::MAX);
    number.saturating_mul(10_u128.saturating_pow(exponent))
}

/// The number times two to the exponent, in billionths, rounded away from zero.
fn binary_nanos(whole: &str, fraction: &str, exponent: i64) -> u128 {
    let unit = NANO << exponent;
    let units = whole.bytes().fold(0_u128, |units, digit| {
        units
            .saturating_mul(10)
            .saturating_add(u128::from(digit - b'0'))
    });
    // Multiplies as on paper, from the last digit: what carries over is whole, the digits written down are not.
    let mut carry = 0;
    let mut is_inexact = false;
    for digit in fraction.bytes().rev() {
        let product = u128::from(digit - b'0') * unit + carry;
        is_inexact |= !product.is_multiple_of(10);
        carry = product / 10;
    }
    units
        .saturating_mul(unit)
        .saturating_add(carry + u128::from(is_inexact))
}

fn divide_up(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    // Away from zero, as the API server rounds.
    quotient + (dividend % divisor).signum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::*;
    use crate::yaml;

    fn nanos(text: &str) -> i128 {
        Quantity::parse(text).unwrap().nanos()
    }

    fn check_equal(left: &str, right: &str) {
        assert_eq!(
            Quantity::parse(left).unwrap(),
            Quantity::parse(right).unwrap(),
            "{left} {right}"
        );
    }

    #[test]
    fn the_same_worth_is_equal() {
        // The documentation's examples of amounts of memory.
        check_equal("128974848", "123Mi");
        check_equal("128974848", "128974848000m");
        check_equal("129e6", "129M");
    }

    #[test]
    fn suffixes_multiply() {
        assert_eq!(nanos("1n"), 1);
        assert_eq!(nanos("1u"), 1_000);
        assert_eq!(nanos("100m"), 100_000_000);
        assert_eq!(nanos("1"), 1_000_000_000);
        assert_eq!(Quantity::parse("2k").unwrap().value(), 2_000);
        assert_eq!(Quantity::parse("1Ki").unwrap().value(), 1_024);
        assert_eq!(Quantity::parse("64Mi").unwrap().value(), 67_108_864);
        assert_eq!(Quantity::parse("1Gi").unwrap().value(), 1_073_741_824);
        assert_eq!(Quantity::parse("1Ti").unwrap().value(), 1_099_511_627_776);
        assert_eq!(
            Quantity::parse("1Pi").unwrap().value(),
            1_125_899_906_842_624
        );
        assert_eq!(
            Quantity::parse("1Ei").unwrap().value(),
            1_152_921_504_606_846_976
        );
        assert_eq!(
            Quantity::parse("3E").unwrap().value(),
            3_000_000_000_000_000_000
        );
    }

    #[test]
    fn a_capital_e_is_a_suffix_alone_and_an_exponent_with_digits() {
        check_equal("1E", "1e18");
        check_equal("1E3", "1k");
        check_equal("12e-3", "12m");
        check_equal("12e+2", "1200");
        assert_eq!(Quantity::parse("1e"), Err(QuantityError::Suffix));
    }

    #[test]
    fn signs_zeros_and_bare_points_are_read() {
        check_equal("+1", "1");
        check_equal("-0.5", "-500m");
        check_equal("007", "7");
        check_equal(".5", "500m");
        check_equal("1.", "1");
        check_equal("1.G", "1G");
        assert!(Quantity::parse("0").unwrap().is_zero());
        assert!(Quantity::parse("0.000Gi").unwrap().is_zero());
        assert!(Quantity::parse("-1m").unwrap().is_negative());
        // Odd, but so it is.
        assert!(Quantity::parse("-").unwrap().is_zero());
        assert!(Quantity::parse("Ti").unwrap().is_zero());
        assert_eq!(Quantity::parse("Pi"), Err(QuantityError::Format));
    }

    #[test]
    fn what_is_finer_than_a_billionth_is_rounded_away_from_zero() {
        assert_eq!(nanos("1.5n"), 2);
        assert_eq!(nanos("-1.5n"), -2);
        assert_eq!(nanos("0.0000000001"), 1);
        assert_eq!(nanos("1e-40"), 1);
        assert_eq!(nanos("0e-40"), 0);
    }

    #[test]
    fn binary_fractions_are_exact() {
        check_equal("1.5Gi", "1536Mi");
        check_equal("0.5Ki", "512");
        // 0.1 * 1024 = 102.4
        check_equal("0.1Ki", "102400m");
        // 2^60 / 10^12 = 1152921.504606846976, rounded up in billionths.
        assert_eq!(nanos("0.000000000001Ei"), 1_152_921_504_606_847);
    }

    #[test]
    fn the_largest_amounts_stay_in_bounds() {
        assert_eq!(
            Quantity::parse("9Ei").unwrap().value(),
            i128::from(i64::MAX)
        );
        assert_eq!(
            Quantity::parse("-9Ei").unwrap().value(),
            -i128::from(i64::MAX)
        );
        assert_eq!(nanos("1e2147483647"), i128::MAX);
        assert_eq!(nanos(&"9".repeat(1_000)), i128::MAX);
    }

    #[test]
    fn thousandths_and_units_are_rounded_away_from_zero() {
        let quantity = Quantity::parse("1500u").unwrap();
        assert_eq!(quantity.milli_value(), 2);
        assert_eq!(quantity.value(), 1);
        assert_eq!(Quantity::parse("2").unwrap().milli_value(), 2_000);
    }

    #[test]
    fn order_is_by_worth() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert!(parse("999Mi") < parse("1Gi"));
        assert!(parse("1G") < parse("1Gi"));
        assert!(parse("-1") < parse("0"));
        assert_eq!(parse("3"), Quantity::from_units(3));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        assert_eq!(Quantity::parse(""), Err(QuantityError::Empty));
        assert_eq!(Quantity::parse("  "), Err(QuantityError::Empty));
        assert_eq!(Quantity::parse("1K"), Err(QuantityError::Suffix));
        assert_eq!(Quantity::parse("1MiB"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1MB"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1 Gi"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1.2.3"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("--1"), Err(QuantityError::Suffix));
        assert_eq!(Quantity::parse("1e5m"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1gi"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1mi"), Err(QuantityError::Suffix));
        assert_eq!(Quantity::parse("abc"), Err(QuantityError::Format));
        assert_eq!(Quantity::parse("1é"), Err(QuantityError::Format));
    }

    #[test]
    fn numbers_without_quotes_are_those_of_yaml() {
        let text = "[010, '010', 1_000, 1e3, 250m, 0x10]";
        let (documents, _) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        let items = documents[0].root().items();
        let units: Vec<_> = items
            .map(|item| Quantity::of(item).unwrap().value())
            .collect();
        assert_eq!(units, [8, 10, 1000, 1000, 1, 16]);
    }

    #[test]
    fn strings_of_digits_stay_strings() {
        assert_eq!(IntOrString::parse("80", false), Some(IntOrString::Int(80)));
        assert_eq!(
            IntOrString::parse("80", true),
            Some(IntOrString::String("80"))
        );
        assert_eq!(IntOrString::parse("2147483648", false), None);
        assert_eq!(IntOrString::parse("30%", true).unwrap().percent(), Some(30));
        assert_eq!(IntOrString::parse("http", true).unwrap().percent(), None);
    }
}
