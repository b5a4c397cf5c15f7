//! Floating point numbers as Go's `strconv.FormatFloat` writes them; always without a sign.

/// The most digits an `f64` has behind its point.
const MAX_FRACTION: usize = 1_074;

/// Formats with a verb of `b e E f g G x X`; without a precision as short as possible.
pub(super) fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    match verb {
        'b' => binary(value),
        'x' | 'X' => hexadecimal(value, precision, verb == 'X'),
        'e' | 'E' => exponent(value, precision, verb),
        'f' => match precision {
            Some(precision) => fixed(value, precision),
            None => format!("{value}"),
        },
        _ => general(value, precision, verb),
    }
}

/// Puts back the point and the zeros that `#` asks for.
pub(super) fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let mut missing = match verb {
        'g' | 'G' | 'x' => precision.map_or(6, |precision| precision),
        _ => 0,
    };
    let tail_start = number
        .find(|letter: char| {
            matches!(letter, 'p' | 'P')
                || (!matches!(verb, 'x' | 'X') && matches!(letter, 'e' | 'E'))
        })
        .unwrap_or(number.len());
    let (mantissa, tail) = number.split_at_checked(tail_start).unwrap_or((number, ""));
    let mut is_significant = false;
    for digit in mantissa.chars() {
        if digit == '.' {
            continue;
        }
        is_significant |= digit != '0';
        if is_significant {
            missing = missing.saturating_sub(1);
        }
    }
    let mut text = mantissa.to_owned();
    if !mantissa.contains('.') {
        if mantissa == "0" {
            missing = missing.saturating_sub(1);
        }
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', missing));
    text.push_str(tail);
    text
}

fn fixed(value: f64, precision: usize) -> String {
    let exact = precision.min(MAX_FRACTION);
    let mut text = format!("{value:.exact$}");
    text.extend(std::iter::repeat_n('0', precision - exact));
    text
}

/// The digits, as `d.ddd`, and the exponent of ten.
fn digits(value: f64, precision: Option<usize>) -> (String, i32) {
    let text = match precision {
        Some(precision) => {
            let exact = precision.min(MAX_FRACTION);
            let mut text = format!("{value:.exact$e}");
            if precision > exact {
                let zeros = "0".repeat(precision - exact);
                text = text.replacen('e', &format!("{zeros}e"), 1);
            }
            text
        }
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

fn exponent(value: f64, precision: Option<usize>, letter: char) -> String {
    let (mantissa, exponent) = digits(value, precision);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{letter}{sign}{:02}", exponent.abs())
}

fn general(value: f64, precision: Option<usize>, verb: char) -> String {
    let letter = if verb == 'G' { 'E' } else { 'e' };
    let (mantissa, exponent) = match precision {
        Some(precision) => digits(value, Some(precision.max(1) - 1)),
        None => digits(value, None),
    };
    let mut all: String = mantissa.chars().filter(|digit| *digit != '.').collect();
    let kept = all.trim_end_matches('0').len();
    all.truncate(kept);
    let mut limit = precision.map_or(6, |precision| precision.max(1));
    let count = i32::try_from(all.len()).unwrap_or(i32::MAX);
    if precision.is_some() {
        // A number with fewer digits than asked for takes its exponent by those it has.
        if limit > all.len() && count > exponent {
            limit = all.len();
        }
    }
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= limit {
        let (first, rest) = all.split_at_checked(1).unwrap_or(("0", ""));
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}{letter}{sign}{:02}", exponent.abs());
    }
    if all.is_empty() {
        return "0".to_owned();
    }
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("0.{}{all}", "0".repeat(zeros));
    }
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    match all.split_at_checked(whole) {
        Some((before, "")) => before.to_owned(),
        Some((before, after)) => format!("{before}.{after}"),
        None => format!("{all}{}", "0".repeat(whole - all.len())),
    }
}

/// Mantissa and exponent of a normal or subnormal number.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | (1 << 52), exponent - 1075)
    }
}

/// `mantissa p exponent`, both decimal.
fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{exponent:+}")
}

fn hexadecimal(value: f64, precision: Option<usize>, is_upper: bool) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let up = mantissa.leading_zeros();
        // The leading one stands at bit 60, fifteen digits below it.
        mantissa = if up >= 3 {
            mantissa << (up - 3)
        } else {
            mantissa >> (3 - up)
        };
        exponent += 60 - (i32::try_from(up).unwrap_or(0) - 3);
    }
    if let Some(precision) = precision
        && precision < 15
    {
        let spare = u32::try_from(60 - 4 * precision).unwrap_or(0);
        let extra = mantissa & ((1 << spare) - 1);
        mantissa >>= spare;
        let half = 1_u64 << (spare - 1);
        if extra > half || (extra == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= spare;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => {
            let kept = fraction.trim_end_matches('0').len();
            fraction.truncate(kept);
        }
        Some(precision) => {
            fraction.truncate(precision);
            let missing = precision.saturating_sub(fraction.len());
            fraction.extend(std::iter::repeat_n('0', missing));
        }
    }
    let first = (mantissa >> 60) & 1;
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{first}{point}{fraction}p{sign}{:02}", exponent.abs());
    if is_upper {
        text.to_ascii_uppercase()
    } else {
        text
    }
}
