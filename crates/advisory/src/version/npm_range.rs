//! Ranges of npm: `^1.2.3 || ~2.0 || 3.x || >=4 <5`.
//!
//! A range is a choice of sets, and a set is a list of comparators that all must hold.
//!
//! See: <https://github.com/npm/node-semver#ranges>

use std::{cmp::Ordering, fmt};

use super::{Version as _, VersionError, VersionOrder, npm, numerals, semver};

mod read;

/// A range of npm versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NpmRange {
    /// Never empty; a set without bounds holds everything.
    sets: Vec<Vec<Bound>>,
    options: NpmOptions,
}

/// How a range is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NpmOptions {
    /// Takes zeros in front of numbers and pre-releases without a dash, and drops what it does not understand.
    pub loose: bool,
    /// Takes pre-releases for versions like any other; else they match only where a bound names one of the same release.
    pub include_prerelease: bool,
}

/// A range that npm would not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{range:?} is no npm range: {reason}")]
pub struct NpmRangeError {
    /// The range, as it was given.
    pub range: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl NpmRange {
    /// Reads a range as npm does in `package.json`.
    pub fn parse(range: &str) -> Result<Self, NpmRangeError> {
        Self::parse_with(range, NpmOptions::default())
    }

    /// Reads a range in the way that is asked for.
    pub fn parse_with(range: &str, options: NpmOptions) -> Result<Self, NpmRangeError> {
        match read::sets(range, options) {
            Ok(sets) => Ok(Self { sets, options }),
            Err(reason) => Err(NpmRangeError {
                range: range.to_owned(),
                reason,
            }),
        }
    }

    /// Whether the range holds this version.
    pub fn holds(&self, version: &str) -> Result<bool, VersionError> {
        let parsed =
            npm::Version::read(version, self.options.loose).map_err(|reason| VersionError {
                version: version.to_owned(),
                order: VersionOrder::Npm,
                reason,
            })?;
        Ok(self.sets.iter().any(|set| self.set_holds(set, &parsed)))
    }

    fn set_holds(&self, set: &[Bound], version: &npm::Version<'_>) -> bool {
        set.iter().all(|bound| bound.holds(version))
            && (version.pre.is_empty()
                || self.options.include_prerelease
                || set
                    .iter()
                    .any(|bound| !bound.pre.is_empty() && bound.numbers == version.numbers))
    }
}

impl fmt::Display for NpmRange {
    /// In its bare form: comparators alone, `*` for everything.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, set) in self.sets.iter().enumerate() {
            if index > 0 {
                formatter.write_str("||")?;
            }
            if set.is_empty() {
                formatter.write_str("*")?;
            }
            for (index, bound) in set.iter().enumerate() {
                let blank = if index > 0 { " " } else { "" };
                write!(formatter, "{blank}{bound}")?;
            }
        }
        Ok(())
    }
}

/// What one comparator asks of a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bound {
    operator: Operator,
    numbers: [u64; 3],
    /// Empty: a release.
    pre: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Bound {
    fn holds(&self, version: &npm::Version<'_>) -> bool {
        let bound = npm::Version {
            numbers: self.numbers,
            pre: &self.pre,
        };
        self.operator.holds(version.compare(&bound))
    }

    /// No version is smaller than this.
    fn holds_nothing(&self) -> bool {
        self.operator == Operator::Less && self.numbers == [0; 3] && self.pre == "0"
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{}{major}.{minor}.{patch}", self.operator.sign())?;
        for (index, part) in semver::identifiers(&self.pre).enumerate() {
            let separator = if index == 0 { '-' } else { '.' };
            let part = match numerals::significant(part) {
                "" => "0",
                digits if numerals::is_number(part) => digits,
                _ => part,
            };
            write!(formatter, "{separator}{part}")?;
        }
        Ok(())
    }
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
