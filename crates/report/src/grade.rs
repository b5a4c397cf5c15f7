//! One letter for a whole report.
//!
//! | Letter | Rule, over the findings that count |
//! |---|---|
//! | A | nothing at medium or above |
//! | B | medium, nothing above |
//! | C | one to five high, no critical |
//! | D | more than five high, no critical |
//! | F | any critical |
//!
//! A finding that an exception accepts does not count.
//! What could not be assessed can hide anything, so it turns A into no letter
//! and every other letter but F into "or worse". The viewer computes the same rule in `grade.js`.

use std::fmt;

use ringwall_model::{Report, Severity};

/// More high findings than this make a D of a C.
const HIGH_FOR_C: u64 = 5;

/// A school mark; A is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Letter {
    /// Nothing at medium or above.
    A,
    /// Medium, nothing above.
    B,
    /// One to five high.
    C,
    /// More than five high.
    D,
    /// Any critical.
    F,
}

impl Letter {
    /// The letter itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::F => "F",
        }
    }
}

/// The mark of a report, and whether everything was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade {
    /// `None` where A would be claimed though not everything was looked at, or nothing was.
    pub letter: Option<Letter>,
    /// How many things could not be assessed and are not accepted.
    pub not_assessed: usize,
}

impl Grade {
    /// The mark by the rule of this module.
    pub fn of(report: &Report) -> Self {
        let count = |severity| report.summary.fail.get(&severity).copied().unwrap_or(0);
        let letter = if count(Severity::Critical) > 0 {
            Letter::F
        } else if count(Severity::High) > HIGH_FOR_C {
            Letter::D
        } else if count(Severity::High) > 0 {
            Letter::C
        } else if count(Severity::Medium) > 0 {
            Letter::B
        } else {
            Letter::A
        };
        let not_assessed = report
            .not_assessed
            .iter()
            .filter(|item| item.counts())
            .count();
        let looked = report.summary.assessed.values().any(|&count| count > 0);
        Self {
            letter: (letter > Letter::A || (looked && not_assessed == 0)).then_some(letter),
            not_assessed,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.letter, self.not_assessed) {
            (None, 0) => f.write_str("none (nothing was assessed)"),
            (None, _) => f.write_str("none (incomplete)"),
            (Some(Letter::F), 1..) => f.write_str("F (incomplete)"),
            (Some(letter), 1..) => write!(f, "{} or worse (incomplete)", letter.as_str()),
            (Some(letter), 0) => f.write_str(letter.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn grade(fail: &[(Severity, u64)], assessed: u64) -> String {
        let mut report = Report::new(
            Vec::<ringwall_model::Finding>::new(),
            Vec::new(),
            BTreeMap::from([("resources", assessed)]),
            BTreeMap::new(),
            ringwall_model::Date::from_unix_seconds(0),
        );
        report.summary.fail.extend(fail.iter().copied());
        Grade::of(&report).to_string()
    }

    #[test]
    fn the_letters_follow_the_rule() {
        assert_eq!(grade(&[], 1), "A");
        assert_eq!(grade(&[(Severity::Low, 9)], 1), "A");
        assert_eq!(grade(&[(Severity::Medium, 99)], 1), "B");
        assert_eq!(grade(&[(Severity::High, 5)], 1), "C");
        assert_eq!(grade(&[(Severity::High, 6)], 1), "D");
        assert_eq!(grade(&[(Severity::Critical, 1)], 1), "F");
        assert_eq!(grade(&[], 0), "none (nothing was assessed)");
    }
}
