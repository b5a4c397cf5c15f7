//! Expected values are what OPA prints for the same expressions.

use super::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn spelling_is_kept() {
    for text in [
        "1",
        "-1",
        "1.0",
        "1e3",
        "0.10",
        "100000000000000000000",
        "-0",
    ] {
        assert_eq!(number(text).to_string(), text);
    }
}

#[test]
fn spelling_does_not_matter_for_equality() {
    for (a, b) in [
        ("1", "1.0"),
        ("1000", "1e3"),
        ("0", "-0.0"),
        ("0.1", "1e-1"),
        ("1e20", "100000000000000000000"),
    ] {
        assert_eq!(number(a), number(b), "{a} {b}");
    }
    for (a, b) in [
        ("1", "2"),
        ("-2", "-1"),
        ("9007199254740992", "9007199254740993.0"),
        ("0.1", "0.11"),
        ("-1e3", "1e-3"),
        ("1e20", "1e21"),
    ] {
        assert!(number(a) < number(b), "{a} {b}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "", "-", ".", "1.2.3", "1e", "e1", "0x1", "1_0", "inf", "NaN", " 1",
    ] {
        assert_eq!(
            text.parse::<Number>(),
            Err(ParseNumberError::Syntax),
            "{text}"
        );
    }
    for text in ["1e100000", "1e-100000", "1e99999999999999999999"] {
        assert_eq!(
            text.parse::<Number>(),
            Err(ParseNumberError::TooBig),
            "{text}"
        );
    }
}

#[test]
fn sums_and_differences() {
    for (a, b, sum, difference) in [
        ("1", "2", "3", "-1"),
        ("0.1", "0.2", "0.3", "-0.1"),
        (
            "9223372036854775807",
            "1",
            "9223372036854775808",
            "9223372036854775806",
        ),
        ("1.5", "1.5", "3", "0"),
        ("1e3", "1", "1001", "999"),
        ("1234567.5", "0", "1.2345675e+06", "1.2345675e+06"),
        ("0.00001", "0", "1e-05", "1e-05"),
    ] {
        assert_eq!(number(a).plus(&number(b)).to_string(), sum, "{a} + {b}");
        assert_eq!(
            number(a).minus(&number(b)).to_string(),
            difference,
            "{a} - {b}"
        );
    }
}

#[test]
fn quotients_and_remainders() {
    for (a, b, quotient) in [
        ("1", "3", "0.33333333333333333334"),
        ("6", "3", "2"),
        ("0", "-5", "-0"),
        ("1", "8", "0.125"),
        ("10", "4", "2.5"),
        ("100000000000000000000", "3", "33333333333333333334"),
    ] {
        assert_eq!(
            number(a).divided_by(&number(b)).unwrap().to_string(),
            quotient,
            "{a} / {b}"
        );
    }
    assert_eq!(
        number("1").divided_by(&number("0.0")),
        Err(ArithmeticError::DivideByZero)
    );
    assert_eq!(
        number("-7").remainder(&number("3")).unwrap().to_string(),
        "-1"
    );
    assert_eq!(
        number("7").remainder(&number("0")),
        Err(ArithmeticError::ModuloByZero)
    );
    assert_eq!(
        number("7.5").remainder(&number("2")),
        Err(ArithmeticError::ModuloOfFraction)
    );
}

#[test]
fn rounding_is_that_of_opa() {
    for (value, round, ceiling, floor) in [
        ("1.5", "2", "2", "1"),
        ("-1.5", "-2", "-1", "-2"),
        ("-0.5", "-1", "1", "0"),
        ("0.4", "0", "1", "0"),
        ("3.0", "3", "3", "3"),
        ("1e3", "1000", "1000", "1000"),
    ] {
        assert_eq!(number(value).round().to_string(), round, "round {value}");
        assert_eq!(number(value).ceiling().to_string(), ceiling, "ceil {value}");
        assert_eq!(number(value).floor().to_string(), floor, "floor {value}");
    }
}

#[test]
fn a_number_is_small() {
    assert_eq!(size_of::<Number>(), 16);
    assert_eq!(size_of::<crate::Value>(), 24);
}
