//! From the text of a range to comparators.

use std::collections::HashSet;

use super::{
    super::{npm, numerals},
    Bound, NpmOptions, Operator,
};

type Reason = &'static str;

/// The sets of a range, at least one.
pub(super) fn sets(range: &str, options: NpmOptions) -> Result<Vec<Vec<Bound>>, Reason> {
    let mut sets = Vec::new();
    for text in range.split("||") {
        sets.extend(set(text, options)?);
    }
    if sets.is_empty() {
        return Err("nothing of it is understood");
    }
    if sets.iter().any(Vec::is_empty) {
        return Ok(vec![Vec::new()]);
    }
    let holds_nothing = |set: &Vec<Bound>| set.iter().any(Bound::holds_nothing);
    if sets.iter().all(holds_nothing) {
        sets.truncate(1);
    } else {
        sets.retain(|set| !holds_nothing(set));
    }
    Ok(sets)
}

/// One set; `None` where reading loosely left nothing of it.
fn set(text: &str, options: NpmOptions) -> Result<Option<Vec<Bound>>, Reason> {
    let words: Vec<&str> = text.split_whitespace().map(without_build).collect();
    let mut bounds = Vec::new();
    if let [from, "-", to] = *words.as_slice() {
        let from = Partial::read(from, options.loose)?;
        let to = Partial::read(to, options.loose)?;
        bounds.extend(from.beginning_of_hyphen(options));
        bounds.extend(to.end_of_hyphen(options));
        return Ok(Some(tidy(fitting(bounds)?, options)));
    }
    let mut understood = words.is_empty();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (sign, mut version) = split_sign(word);
        // `>= 1.2`: the sign stands alone.
        while version.is_empty() {
            version = words.next().ok_or("a sign is not followed by a version")?;
        }
        match comparator(sign, version, options) {
            Ok(found) => {
                understood = true;
                bounds.extend(found);
            }
            // npm drops such a word.
            Err(reason) if options.loose && reason != npm::TOO_LARGE => {}
            Err(reason) => return Err(reason),
        }
    }
    Ok(understood.then(|| tidy(bounds, options)))
}

/// Builds have no place in a range.
fn without_build(word: &str) -> &str {
    word.split('+').next().unwrap_or(word)
}

/// The sign in front of a version, and the version.
fn split_sign(word: &str) -> (&str, &str) {
    for sign in ["~>", "~", "^", ">=", "<=", ">", "<", "="] {
        if let Some(version) = word.strip_prefix(sign) {
            return (sign, version);
        }
    }
    ("", word)
}

/// Each bound once, without those that every version keeps to.
fn tidy(bounds: Vec<Bound>, options: NpmOptions) -> Vec<Bound> {
    let first = if options.include_prerelease { "0" } else { "" };
    let mut kept = Vec::new();
    let mut seen = HashSet::new();
    for bound in bounds {
        if bound.holds_nothing() {
            return vec![bound];
        }
        let holds_all = bound.operator == Operator::GreaterOrEqual
            && bound.numbers == [0; 3]
            && bound.pre == first;
        if !holds_all && seen.insert(bound.clone()) {
            kept.push(bound);
        }
    }
    kept
}

fn comparator(sign: &str, version: &str, options: NpmOptions) -> Result<Vec<Bound>, Reason> {
    let version = Partial::read(version, options.loose)?;
    match sign {
        "^" => version.caret(options),
        "~" | "~>" => version.tilde(options),
        sign => version.compared(sign, options),
    }
}

/// A version of which numbers may be missing, or be `x` or `*`.
struct Partial<'a> {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: &'a str,
    /// Whether a number follows one that may be any, as in `1.x.3`; it counts for nothing.
    goes_on: bool,
}

impl<'a> Partial<'a> {
    fn read(text: &'a str, loose: bool) -> Result<Self, Reason> {
        let mut rest = text.trim_start_matches(['v', '=']);
        let mut numbers = [None; 3];
        let mut written = 0;
        for number in &mut numbers {
            if written > 0 && !numerals::skip(&mut rest, ".") {
                break;
            }
            *number = if ["x", "X", "*"]
                .iter()
                .any(|any| numerals::skip(&mut rest, any))
            {
                None
            } else {
                Some(npm::take_number(&mut rest, loose)?)
            };
            written += 1;
        }
        let pre = if written == 3 {
            npm::take_pre(&mut rest, loose)?
        } else {
            ""
        };
        if !rest.is_empty() {
            return Err("a version goes on after its numbers");
        }
        let [major, minor, patch] = numbers;
        let goes_on = (major.is_none() && minor.is_some()) || (minor.is_none() && patch.is_some());
        let minor = major.and(minor);
        let patch = minor.and(patch);
        Ok(Self {
            major,
            minor,
            patch,
            pre: if patch.is_some() { pre } else { "" },
            goes_on,
        })
    }

    /// Where this begins; `None`: at no place.
    fn beginning(&self, options: NpmOptions) -> Option<Bound> {
        let numbers = [
            self.major?,
            self.minor.unwrap_or_default(),
            self.patch.unwrap_or_default(),
        ];
        // A version that is written in full begins with itself, a part of one with its first pre-release.
        let pre = if self.patch.is_none() && options.include_prerelease {
            "0"
        } else {
            self.pre
        };
        Some(bound(Operator::GreaterOrEqual, numbers, pre))
    }

    /// The beginning of `this - 1.2`.
    fn beginning_of_hyphen(&self, options: NpmOptions) -> Option<Bound> {
        let mut bound = self.beginning(options)?;
        if options.include_prerelease && bound.pre.is_empty() {
            "0".clone_into(&mut bound.pre);
        }
        Some(bound)
    }

    /// The end of `1.2 - this`.
    fn end_of_hyphen(&self, options: NpmOptions) -> Option<Bound> {
        let major = self.major?;
        Some(match (self.minor, self.patch) {
            (None, _) => below([next(major), 0, 0]),
            (Some(minor), None) => below([major, next(minor), 0]),
            (Some(minor), Some(patch)) if options.include_prerelease && self.pre.is_empty() => {
                below([major, minor, next(patch)])
            }
            (Some(minor), Some(patch)) => {
                bound(Operator::LessOrEqual, [major, minor, patch], self.pre)
            }
        })
    }

    /// `^`: nothing changes up to the first number that is not zero.
    fn caret(&self, options: NpmOptions) -> Result<Vec<Bound>, Reason> {
        let end = match (self.major, self.minor, self.patch) {
            (None, ..) => return Ok(Vec::new()),
            (Some(0), Some(0), Some(patch)) => [0, 0, next(patch)],
            (Some(0), Some(minor), _) => [0, next(minor), 0],
            (Some(major), ..) => [next(major), 0, 0],
        };
        self.up_to(end, options)
    }

    /// `~`: minor stays, if it is there.
    fn tilde(&self, options: NpmOptions) -> Result<Vec<Bound>, Reason> {
        let end = match (self.major, self.minor) {
            (None, _) => return Ok(Vec::new()),
            (Some(major), None) => [next(major), 0, 0],
            (Some(major), Some(minor)) => [major, next(minor), 0],
        };
        self.up_to(end, options)
    }

    /// `<`, `<=`, `>`, `>=`, `=`, or no sign.
    fn compared(&self, sign: &str, options: NpmOptions) -> Result<Vec<Bound>, Reason> {
        if self.goes_on {
            return Err("a number follows one that may be any");
        }
        let Some(major) = self.major else {
            let nothing = matches!(sign, "<" | ">");
            return Ok(Vec::from_iter(nothing.then(|| below([0; 3]))));
        };
        let Some((minor, patch)) = self.minor.zip(self.patch) else {
            // The first version behind this part, and the first of it.
            let behind = match self.minor {
                None => [next(major), 0, 0],
                Some(minor) => [major, next(minor), 0],
            };
            let first = [major, self.minor.unwrap_or_default(), 0];
            let pre = if options.include_prerelease { "0" } else { "" };
            return match sign {
                ">" => fitting(vec![bound(Operator::GreaterOrEqual, behind, pre)]),
                ">=" => fitting(vec![bound(Operator::GreaterOrEqual, first, pre)]),
                "<" => fitting(vec![below(first)]),
                "<=" => fitting(vec![below(behind)]),
                _ => self.up_to(behind, options),
            };
        };
        let operator = match sign {
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            _ => Operator::Equal,
        };
        Ok(vec![bound(operator, [major, minor, patch], self.pre)])
    }

    fn up_to(&self, end: [u64; 3], options: NpmOptions) -> Result<Vec<Bound>, Reason> {
        fitting(
            self.beginning(options)
                .into_iter()
                .chain([below(end)])
                .collect(),
        )
    }
}

/// The number behind this one; what is too large is found by [`fitting`].
fn next(number: u64) -> u64 {
    number.saturating_add(1)
}

fn fitting(bounds: Vec<Bound>) -> Result<Vec<Bound>, Reason> {
    let is_large = |number: &u64| *number > npm::LARGEST;
    if bounds
        .iter()
        .any(|bound| bound.numbers.iter().any(is_large))
    {
        return Err(npm::TOO_LARGE);
    }
    Ok(bounds)
}

fn bound(operator: Operator, numbers: [u64; 3], pre: &str) -> Bound {
    Bound {
        operator,
        numbers,
        pre: pre.to_owned(),
    }
}

/// Below all pre-releases of a version.
fn below(numbers: [u64; 3]) -> Bound {
    bound(Operator::Less, numbers, "0")
}
