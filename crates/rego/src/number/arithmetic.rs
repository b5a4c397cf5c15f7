//! The operators `+ - * / %` and the functions of rounding.

use std::fmt;

use num_bigint::BigInt;

use super::{Binary, Number};

/// Why two numbers have no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticError {
    /// `x / 0`.
    DivideByZero,
    /// `x % 0`.
    ModuloByZero,
    /// `%` of a fraction.
    ModuloOfFraction,
}

impl fmt::Display for ArithmeticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DivideByZero => "divide by zero",
            Self::ModuloByZero => "modulo by zero",
            Self::ModuloOfFraction => "modulo on floating-point number",
        })
    }
}

impl std::error::Error for ArithmeticError {}

impl Number {
    /// `self + other`.
    #[must_use]
    #[inline]
    pub fn plus(&self, other: &Self) -> Self {
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64())
            && let Some(sum) = a.checked_add(b)
        {
            return Self::from(sum);
        }
        self.wide(other, |a, b| a + b, Binary::add)
    }

    /// `self - other`.
    #[must_use]
    #[inline]
    pub fn minus(&self, other: &Self) -> Self {
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64())
            && let Some(difference) = a.checked_sub(b)
        {
            return Self::from(difference);
        }
        self.wide(other, |a, b| a - b, Binary::subtract)
    }

    /// `self * other`.
    #[must_use]
    #[inline]
    pub fn times(&self, other: &Self) -> Self {
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64())
            && let Some(product) = a.checked_mul(b)
        {
            return Self::from(product);
        }
        self.wide(other, |a, b| a * b, Binary::multiply)
    }

    #[cold]
    fn wide(
        &self,
        other: &Self,
        exact: impl Fn(BigInt, BigInt) -> BigInt,
        rounded: impl Fn(&Binary, &Binary) -> Binary,
    ) -> Self {
        if let (Some(a), Some(b)) = (self.as_integer(), other.as_integer()) {
            return Self::from_integer(&exact(a, b));
        }
        Self::from_binary(&rounded(&self.as_binary(), &other.as_binary()))
    }

    /// `self / other`; exact if it divides evenly.
    pub fn divided_by(&self, divisor: &Self) -> Result<Self, ArithmeticError> {
        if let (Some(a), Some(b)) = (self.as_i64(), divisor.as_i64())
            && a != 0
            && a.checked_rem(b) == Some(0)
            && let Some(quotient) = a.checked_div(b)
        {
            return Ok(Self::from(quotient));
        }
        let binary = divisor.as_binary();
        if binary.is_zero() {
            return Err(ArithmeticError::DivideByZero);
        }
        Ok(Self::from_binary(&self.as_binary().divide(&binary)))
    }

    /// `self % other`, with the sign of `self`; for whole numbers only.
    pub fn remainder(&self, divisor: &Self) -> Result<Self, ArithmeticError> {
        if let (Some(a), Some(b)) = (self.as_i64(), divisor.as_i64()) {
            if b == 0 {
                return Err(ArithmeticError::ModuloByZero);
            }
            return Ok(Self::from(a.checked_rem(b).unwrap_or(0)));
        }
        let (Some(a), Some(b)) = (self.as_integer(), divisor.as_integer()) else {
            return Err(ArithmeticError::ModuloOfFraction);
        };
        if b == BigInt::ZERO {
            return Err(ArithmeticError::ModuloByZero);
        }
        Ok(Self::from_integer(&(a % b)))
    }

    /// The number without its sign.
    #[must_use]
    pub fn absolute(&self) -> Self {
        match self.as_i64().and_then(i64::checked_abs) {
            Some(value) => Self::from(value),
            None => Self::from_binary(&self.as_binary().magnitude()),
        }
    }

    /// The nearest whole number, halves away from zero.
    #[must_use]
    pub fn round(&self) -> Self {
        self.whole(|value| {
            let half = Self::half();
            if value.is_negative() {
                value.subtract(&half).truncated()
            } else {
                value.add(&half).truncated()
            }
        })
    }

    /// The next whole number upwards. Between -1 and 0 that is 1, as in OPA.
    #[must_use]
    pub fn ceiling(&self) -> Self {
        self.whole(|value| {
            let whole = value.truncated();
            if whole < BigInt::ZERO || value.is_integer() {
                whole
            } else {
                whole + 1
            }
        })
    }

    /// The next whole number downwards. Between -1 and 0 that is 0, as in OPA.
    #[must_use]
    pub fn floor(&self) -> Self {
        self.whole(|value| {
            let whole = value.truncated();
            if whole >= BigInt::ZERO || value.is_integer() {
                whole
            } else {
                whole - 1
            }
        })
    }

    fn whole(&self, otherwise: impl Fn(&Binary) -> BigInt) -> Self {
        match self.as_i64() {
            Some(value) => Self::from(value),
            None => Self::from_integer(&otherwise(&self.as_binary())),
        }
    }

    /// The product with a whole number, with a mantissa of 64 bits even where both are whole.
    pub(crate) fn binary_times(&self, factor: i64) -> Binary {
        self.as_binary().multiply(&Binary::from_i64(factor))
    }

    fn half() -> Binary {
        Binary::from_i64(1).divide(&Binary::from_i64(2))
    }

    pub(super) fn from_binary(value: &Binary) -> Self {
        Self::from_text(&value.to_text())
    }
}

/// The sum of numbers; exact if all are whole, else rounded after each addition.
pub(crate) fn sum<'a>(numbers: impl Iterator<Item = &'a Number> + Clone) -> Number {
    let quick = numbers
        .clone()
        .try_fold(0_i64, |sum, number| sum.checked_add(number.as_i64()?));
    if let Some(sum) = quick {
        return Number::from(sum);
    }
    let exact = numbers
        .clone()
        .try_fold(BigInt::ZERO, |sum, number| Some(sum + number.as_integer()?));
    match exact {
        Some(sum) => Number::from_integer(&sum),
        None => Number::from_binary(
            &numbers.fold(Binary::ZERO, |sum, number| sum.add(&number.as_binary())),
        ),
    }
}

/// The product of numbers; exact if all are whole, else rounded to 53 bits after each multiplication.
pub(crate) fn product<'a>(numbers: impl Iterator<Item = &'a Number> + Clone) -> Number {
    let quick = numbers.clone().try_fold(1_i64, |product, number| {
        product.checked_mul(number.as_i64()?)
    });
    if let Some(product) = quick {
        return Number::from(product);
    }
    let exact = numbers
        .clone()
        .try_fold(BigInt::from(1), |product, number| {
            Some(product * number.as_integer()?)
        });
    match exact {
        Some(product) => Number::from_integer(&product),
        None => Number::from_binary(&numbers.fold(Binary::short_one(), |product, number| {
            product.multiply(&number.as_binary())
        })),
    }
}
