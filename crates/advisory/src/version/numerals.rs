//! Numbers of any length, compared as they are written.

use std::cmp::Ordering;

/// The order of two runs of digits as numbers; an empty run is zero.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (significant(one), significant(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The digits without zeros in front.
pub(super) fn significant(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Whether there is nothing but digits, and at least one.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts off the longest beginning whose bytes all are such.
///
/// `is` must tell ASCII apart from the rest, so that the cut never falls into a character.
pub(super) fn take<'a>(text: &mut &'a str, is: impl Fn(u8) -> bool) -> &'a str {
    let end = text
        .bytes()
        .position(|byte| !is(byte))
        .unwrap_or(text.len());
    let (run, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    *text = rest;
    run
}

/// Cuts off the digits in front.
pub(super) fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    take(text, |byte| byte.is_ascii_digit())
}

/// Cuts off the first character.
pub(super) fn take_one(text: &mut &str) {
    let mut characters = text.chars();
    characters.next();
    *text = characters.as_str();
}

/// Cuts `prefix` off, if it is there.
pub(super) fn skip(text: &mut &str, prefix: &str) -> bool {
    match text.strip_prefix(prefix) {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    }
}

/// The order of two lists, item by item; where one ends first, `missing` stands for its items.
pub(super) fn compare_padded<T: Copy>(
    one: impl Iterator<Item = T>,
    other: impl Iterator<Item = T>,
    missing: T,
    compare: impl Fn(T, T) -> Ordering,
) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (left, right) = (one.next(), other.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let order = compare(left.unwrap_or(missing), right.unwrap_or(missing));
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_are_compared() {
        let long = "9".repeat(100_000);
        assert_eq!(compare("10", "9"), Ordering::Greater);
        assert_eq!(compare("0010", "10"), Ordering::Equal);
        assert_eq!(compare("", "0"), Ordering::Equal);
        assert_eq!(compare(&long, &format!("{long}0")), Ordering::Less);
    }

    #[test]
    fn a_run_ends_before_the_first_other_character() {
        let mut text = "12é";
        assert_eq!(take_digits(&mut text), "12");
        assert_eq!(text, "é");
        assert_eq!(take_digits(&mut text), "");
    }
}
