//! Ranges that name their order: `vers:npm/>=1.0.0|<2.0.0`.
//!
//! See: <https://github.com/package-url/vers-spec/blob/main/docs/specification/standard/Clause-5-VERS-Specification.md>

use std::{cmp::Ordering, fmt};

use super::{VersionError, VersionOrder, sorted};

/// A range of versions, by the rules of an ecosystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    scheme: String,
    /// Empty: every version.
    constraints: Vec<Constraint>,
}

/// One segment of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// How a version stands to the one that is named.
    pub comparator: Comparator,
    /// The version that is named.
    pub version: String,
}

/// How a version stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `1.0`
    Equal,
    /// `!=1.0`
    NotEqual,
    /// `<1.0`
    Less,
    /// `<=1.0`
    LessOrEqual,
    /// `>1.0`
    Greater,
    /// `>=1.0`
    GreaterOrEqual,
}

/// Why a range is none, or cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersError {
    /// The notation is broken.
    #[error("{range:?} is no vers range: {reason}")]
    Syntax {
        /// The range, as it was given.
        range: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nobody here knows the order of these versions.
    #[error("the order of vers:{scheme} is not known")]
    Scheme {
        /// The scheme of the range.
        scheme: String,
    },
    /// A version of the range, or the one that is asked for, is none.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl Vers {
    /// Reads a range. Constraints may stand in any order.
    pub fn parse(range: &str) -> Result<Self, VersError> {
        parse(range).map_err(|reason| VersError::Syntax {
            range: range.to_owned(),
            reason,
        })
    }

    /// Whose versions these are: `npm`, `deb`, `pypi`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The segments as they are written; none: every version.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The order of the scheme; `None`: not known here.
    pub fn order(&self) -> Option<VersionOrder> {
        Some(match self.scheme.as_str() {
            "apk" | "alpine" => VersionOrder::Alpine,
            "cargo" => VersionOrder::Cargo,
            "composer" => VersionOrder::Packagist,
            "cran" => VersionOrder::Cran,
            "deb" => VersionOrder::Debian,
            "gem" => VersionOrder::RubyGems,
            "golang" => VersionOrder::Go,
            "hackage" => VersionOrder::Hackage,
            "maven" => VersionOrder::Maven,
            "npm" => VersionOrder::Npm,
            "nuget" => VersionOrder::NuGet,
            "pub" => VersionOrder::Pub,
            "pypi" => VersionOrder::PyPi,
            "rpm" => VersionOrder::Rpm,
            "hex" | "semver" | "swift" => VersionOrder::SemVer,
            _ => return None,
        })
    }

    /// The same range with its constraints from the oldest version to the newest.
    pub fn sorted(&self) -> Result<Self, VersError> {
        let order = self.known_order()?;
        for constraint in &self.constraints {
            order.check(&constraint.version)?;
        }
        let constraints = sorted(self.constraints.iter().cloned(), |one, other| {
            // All have been checked, so that none fails here.
            order
                .compare(&one.version, &other.version)
                .unwrap_or(Ordering::Equal)
        });
        Ok(Self {
            scheme: self.scheme.clone(),
            constraints,
        })
    }

    /// Whether the range holds this version.
    pub fn holds(&self, version: &str) -> Result<bool, VersError> {
        let order = self.known_order()?;
        order.check(version)?;
        let mut is_named = None;
        // Whether a segment ends or begins right before or behind this version.
        let (mut ends_here, mut begins_here) = (false, false);
        // What the nearest bounds below and above say of the versions between them.
        let mut below: Option<&Constraint> = None;
        let mut above: Option<&Constraint> = None;
        for constraint in &self.constraints {
            let place = order.compare(&constraint.version, version)?;
            if place.is_eq() {
                match constraint.comparator {
                    Comparator::NotEqual => is_named = Some(false),
                    Comparator::Equal | Comparator::LessOrEqual | Comparator::GreaterOrEqual => {
                        is_named = is_named.or(Some(true));
                    }
                    Comparator::Less => ends_here = true,
                    Comparator::Greater => begins_here = true,
                }
                continue;
            }
            if !constraint.comparator.is_bound() {
                continue;
            }
            let nearest = if place.is_lt() {
                &mut below
            } else {
                &mut above
            };
            let is_nearer = match nearest {
                None => true,
                Some(nearest) => {
                    order.compare(&constraint.version, &nearest.version)? == place.reverse()
                }
            };
            if is_nearer {
                *nearest = Some(constraint);
            }
        }
        let goes_up = |bound: &Constraint| {
            matches!(
                bound.comparator,
                Comparator::Greater | Comparator::GreaterOrEqual
            )
        };
        Ok(is_named.unwrap_or_else(|| {
            self.constraints.is_empty()
                || (!ends_here && below.is_some_and(goes_up))
                || (!begins_here && above.is_some_and(|bound| !goes_up(bound)))
        }))
    }

    fn known_order(&self) -> Result<VersionOrder, VersError> {
        self.order().ok_or_else(|| VersError::Scheme {
            scheme: self.scheme.clone(),
        })
    }
}

impl fmt::Display for Vers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "vers:{}/", self.scheme)?;
        if self.constraints.is_empty() {
            formatter.write_str("*")?;
        }
        for (index, constraint) in self.constraints.iter().enumerate() {
            let separator = if index > 0 { "|" } else { "" };
            write!(formatter, "{separator}{}", constraint.comparator.sign())?;
            for byte in constraint.version.bytes() {
                if must_be_encoded(byte) {
                    write!(formatter, "%{byte:02X}")?;
                } else {
                    write!(formatter, "{}", char::from(byte))?;
                }
            }
        }
        Ok(())
    }
}

impl Comparator {
    const ALL: [Self; 6] = [
        Self::NotEqual,
        Self::LessOrEqual,
        Self::GreaterOrEqual,
        Self::Less,
        Self::Greater,
        Self::Equal,
    ];

    /// The sign in front of a version; empty where it is equal.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn is_bound(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

fn parse(range: &str) -> Result<Vers, &'static str> {
    if range.contains(|character: char| !character.is_ascii_graphic()) {
        return Err("it has a character that must be encoded");
    }
    let rest = range
        .strip_prefix("vers:")
        .ok_or("it does not begin with vers:")?;
    let (scheme, constraints) = rest.split_once('/').ok_or("it has no constraints")?;
    let is_named = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
        });
    if !is_named {
        return Err("its scheme is no name in lower case");
    }
    if scheme == "invalid" {
        return Err("its scheme is the one that is never valid");
    }
    let constraints = match constraints {
        "*" => Vec::new(),
        constraints => constraints
            .split('|')
            .map(parse_constraint)
            .collect::<Result<_, _>>()?,
    };
    Ok(Vers {
        scheme: scheme.to_owned(),
        constraints,
    })
}

fn parse_constraint(text: &str) -> Result<Constraint, &'static str> {
    let (comparator, version) = Comparator::ALL
        .into_iter()
        .find_map(|comparator| Some((comparator, text.strip_prefix(comparator.sign())?)))
        .unwrap_or((Comparator::Equal, text));
    if version.is_empty() {
        return Err("a constraint names no version");
    }
    Ok(Constraint {
        comparator,
        version: decode(version)?,
    })
}

/// What must be encoded is, and nothing else is: one version has one notation.
fn decode(version: &str) -> Result<String, &'static str> {
    const BROKEN: &str = "a version has a percent sign without two digits in upper case behind it";
    let mut pieces = version.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).ok_or(BROKEN)?;
        if !code
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        {
            return Err(BROKEN);
        }
        let byte = u8::from_str_radix(code, 16).map_err(|_| BROKEN)?;
        if !must_be_encoded(byte) {
            return Err("a version has a character encoded that must not be");
        }
        if !byte.is_ascii() || byte.is_ascii_control() {
            return Err("a version has a character that none may have");
        }
        decoded.push(char::from(byte));
        decoded.push_str(rest);
    }
    if version
        .bytes()
        .any(|byte| byte != b'%' && must_be_encoded(byte))
    {
        return Err("a version has a sign that must be encoded");
    }
    Ok(decoded)
}

fn must_be_encoded(byte: u8) -> bool {
    !byte.is_ascii_graphic() || b"><=!*|%".contains(&byte)
}
