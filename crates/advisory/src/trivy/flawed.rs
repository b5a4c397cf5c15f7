//! Which versions have a flaw, by the versions that have it, that mend it and that never had it.

use std::cmp::Ordering;

use super::ranges::intervals;
use crate::{Interval, Since, Until, VersionError, VersionOrder};

/// Most ranges of an entry; the longest that are published have some hundred.
const MOST_RANGES: usize = 1_000;

/// What an entry says of the versions of a package.
pub(super) struct Said<'a> {
    /// Those that have the flaw; all, where none is named.
    pub(super) vulnerable: &'a [String],
    /// Those that mend it.
    pub(super) patched: &'a [String],
    /// Those that never had it.
    pub(super) unaffected: &'a [String],
}

/// A place between versions.
#[derive(Clone, Debug)]
enum Cut {
    Start,
    Before(String),
    Behind(String),
    End,
}

/// Versions between two places.
#[derive(Clone, Debug)]
struct Piece {
    from: Cut,
    until: Cut,
    /// Whether it ends because the flaw is mended.
    is_mended: bool,
}

/// The versions that are vulnerable, less those that are patched or unaffected.
pub(super) fn flawed(order: VersionOrder, said: &Said<'_>) -> Result<Vec<Interval>, String> {
    let all = [said.vulnerable, said.patched, said.unaffected];
    if all.iter().map(|it| it.len()).sum::<usize>() > MOST_RANGES {
        return Err(format!("has more than {MOST_RANGES} ranges of versions"));
    }
    // An empty range is every version, wherever it stands.
    let is_any = said.patched.iter().any(|it| it.trim().is_empty());
    let read = |ranges: &[String], is_mended| {
        let ranges = ranges.iter().filter(|it| !it.trim().is_empty() || !is_any);
        let read: Result<Vec<_>, _> = ranges.map(|it| intervals(order, it)).collect();
        read.map(|read| {
            let read = read.into_iter().flatten();
            read.map(|it| Piece::of(it, is_mended)).collect::<Vec<_>>()
        })
    };
    let mut vulnerable = read(said.vulnerable, !said.patched.is_empty())?;
    let patched = read(said.patched, true)?;
    let unaffected = read(said.unaffected, false)?;
    if is_any || (said.vulnerable.is_empty() && !(patched.is_empty() && unaffected.is_empty())) {
        vulnerable = vec![Piece::of(Interval::EVERYTHING, false)];
    }
    let intervals = less(
        order,
        vulnerable.clone(),
        &[&*patched, &*unaffected].concat(),
    )
    .and_then(|pieces| with_fixes(order, &pieces, &patched));
    match intervals {
        Ok(intervals) => Ok(intervals),
        // Without an order, what is said to be vulnerable is: whether a version is among it, matching decides.
        Err(_) if !said.vulnerable.is_empty() => {
            Ok(vulnerable.into_iter().map(Piece::interval).collect())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Pieces less others.
fn less(
    order: VersionOrder,
    mut pieces: Vec<Piece>,
    safe: &[Piece],
) -> Result<Vec<Piece>, VersionError> {
    for safe in safe {
        let mut left = Vec::new();
        for piece in pieces {
            let overlaps = safe.from.compare(order, &piece.until)?.is_lt()
                && piece.from.compare(order, &safe.until)?.is_lt();
            if !overlaps {
                left.push(piece);
                continue;
            }
            if piece.from.compare(order, &safe.from)?.is_lt() {
                left.push(Piece {
                    from: piece.from,
                    until: safe.from.clone(),
                    is_mended: safe.is_mended,
                });
            }
            if safe.until.compare(order, &piece.until)?.is_lt() {
                left.push(Piece {
                    from: safe.until.clone(),
                    ..piece
                });
            }
        }
        pieces = left;
    }
    Ok(pieces)
}

/// The pieces as intervals. One that ends with a version ends before the next that mends the flaw, where one is known
/// and nothing vulnerable stands between: so do the records that OSV has of the same advisories.
fn with_fixes(
    order: VersionOrder,
    pieces: &[Piece],
    patched: &[Piece],
) -> Result<Vec<Interval>, VersionError> {
    let mut intervals = Vec::new();
    for piece in pieces {
        let mut fix: Option<&Cut> = None;
        for Piece { from: start, .. } in patched {
            let is_later = piece.until.compare(order, start)?.is_lt();
            let is_sooner = match fix {
                Some(known) => start.compare(order, known)?.is_lt(),
                None => true,
            };
            if is_later && is_sooner {
                fix = Some(start);
            }
        }
        let mut interval = piece.clone().interval();
        if let (Until::Last(_), Some(Cut::Before(version))) = (&interval.until, fix) {
            let end = Cut::Before(version.clone());
            let mut is_next = true;
            for other in pieces {
                let follows = piece.until.compare(order, &other.from)?.is_le();
                is_next &= !follows || other.from.compare(order, &end)?.is_gt();
            }
            if is_next {
                interval.until = Until::Fixed(version.clone());
            }
        }
        intervals.push(interval);
    }
    Ok(intervals)
}

impl Piece {
    fn of(interval: Interval, is_mended: bool) -> Self {
        Self {
            from: match interval.from {
                Since::Beginning => Cut::Start,
                Since::Version(version) => Cut::Before(version),
                Since::After(version) => Cut::Behind(version),
            },
            until: match interval.until {
                Until::Open => Cut::End,
                Until::Fixed(version) | Until::Limit(version) => Cut::Before(version),
                Until::Last(version) => Cut::Behind(version),
            },
            is_mended,
        }
    }

    fn interval(self) -> Interval {
        Interval {
            from: match self.from {
                Cut::Start | Cut::End => Since::Beginning,
                Cut::Before(version) => Since::Version(version),
                Cut::Behind(version) => Since::After(version),
            },
            until: match self.until {
                Cut::Start | Cut::End => Until::Open,
                Cut::Before(version) if self.is_mended => Until::Fixed(version),
                Cut::Before(version) => Until::Limit(version),
                Cut::Behind(version) => Until::Last(version),
            },
        }
    }
}

impl Cut {
    fn compare(&self, order: VersionOrder, other: &Self) -> Result<Ordering, VersionError> {
        let place = |cut: &Self| match cut {
            Self::Start => 0,
            Self::Before(_) | Self::Behind(_) => 1,
            Self::End => 2,
        };
        let side = |cut: &Self| matches!(cut, Self::Behind(_));
        match (self, other) {
            (Self::Before(one) | Self::Behind(one), Self::Before(two) | Self::Behind(two)) => {
                let versions = order.compare(one, two)?;
                Ok(versions.then(side(self).cmp(&side(other))))
            }
            _ => Ok(place(self).cmp(&place(other))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Intervals as text: `[` and `]` with a version, `(` and `)` without it, `>` before one that mends the flaw.
    fn check(
        order: VersionOrder,
        [vulnerable, patched, unaffected]: [&[&str]; 3],
        expected: &[&str],
    ) {
        let owned =
            |ranges: &[&str]| -> Vec<String> { ranges.iter().map(|it| (*it).to_owned()).collect() };
        let said = [owned(vulnerable), owned(patched), owned(unaffected)];
        let said = Said {
            vulnerable: &said[0],
            patched: &said[1],
            unaffected: &said[2],
        };
        let found = flawed(order, &said).unwrap();
        let text = |it: &Interval| {
            let from = match &it.from {
                Since::Beginning => "(".to_owned(),
                Since::Version(version) => format!("[{version}"),
                Since::After(version) => format!("({version}"),
            };
            match &it.until {
                Until::Open => format!("{from},)"),
                Until::Fixed(version) => format!("{from},{version}>"),
                Until::Limit(version) => format!("{from},{version})"),
                Until::Last(version) => format!("{from},{version}]"),
            }
        };
        let found: Vec<_> = found.iter().map(text).collect();
        assert_eq!(found, expected, "{vulnerable:?} {patched:?} {unaffected:?}");
    }

    #[test]
    fn ranges_of_github_have_the_fixes_beside_them() {
        use VersionOrder::{Maven, Npm, RubyGems};
        check(Npm, [&["< 3.0.0"], &["3.0.0"], &[]], &["(,3.0.0>"]);
        check(Npm, [&["< 3"], &[], &[]], &["(,3.0.0)"]);
        check(
            Npm,
            [&["> 1.2.3, < 2.0.0", "= 3.0.0"], &["2.0.0"], &[]],
            &["(1.2.3,2.0.0>", "[3.0.0,3.0.0]"],
        );
        check(
            Maven,
            [&[">= 2.0.0, <= 2.9.10.3"], &["2.9.10.4"], &[]],
            &["[2.0.0,2.9.10.4>"],
        );
        check(
            RubyGems,
            [
                &[">= 6.0.0, <= 6.0.3", ">= 5.0.0, <= 5.2.4.2"],
                &["6.0.3.1", "5.2.4.3"],
                &[],
            ],
            &["[6.0.0,6.0.3.1>", "[5.0.0,5.2.4.3>"],
        );
        // The next that mends it is behind others that have it.
        check(
            RubyGems,
            [&["<= 1.0", ">= 2.0, <= 2.5"], &["2.6"], &[]],
            &["(,1.0]", "[2.0,2.6>"],
        );
        check(Npm, [&[">= 0"], &[], &[]], &["(,)"]);
        check(Npm, [&[""], &[""], &[]], &["(,)"]);
        check(Npm, [&["<= 1.6.14"], &["1.6.14"], &[]], &["(,1.6.14>"]);
        check(Npm, [&[], &[], &[]], &[]);
    }

    #[test]
    fn what_is_mended_or_never_had_it_leaves_the_rest() {
        use VersionOrder::{Cargo, RubyGems};
        check(Cargo, [&[], &[">= 2.1.0"], &[]], &["(,2.1.0>"]);
        check(
            Cargo,
            [&[], &[">= 3.1.0", ">= 2.1.3, < 3.0.0"], &[]],
            &["(,2.1.3>", "[3.0.0,3.1.0>"],
        );
        check(
            Cargo,
            [&[], &["^1.2.3", ">= 2.0.0"], &["< 1.0.0"]],
            &["[1.0.0,1.2.3>", "[2.0.0-0,2.0.0>"],
        );
        check(
            RubyGems,
            [&[], &["~> 4.1.11", ">= 4.2.2"], &["< 3"]],
            &["[3,4.1.11>", "[4.2.a,4.2.2>"],
        );
        check(
            RubyGems,
            [&[], &["~> 4.2.5, >= 4.2.5.1"], &[]],
            &["(,4.2.5.1>", "[4.3.a,)"],
        );
        check(RubyGems, [&[], &["> 1.0"], &[]], &["(,1.0]"]);
    }

    #[test]
    fn notations_of_other_databases_are_read() {
        use VersionOrder::{Go, Maven, NuGet, Packagist, PyPi};
        check(
            Maven,
            [&["[2.9.0,2.9.10.7)"], &["2.9.10.7"], &[]],
            &["[2.9.0,2.9.10.7>"],
        );
        check(
            Maven,
            [&["(,1.2],(2.0,2.4),[3]"], &[], &[]],
            &["(,1.2]", "(2.0,2.4)", "[3,3]"],
        );
        check(NuGet, [&["[1.0,)"], &[], &[]], &["[1.0,)"]);
        check(PyPi, [&[">=1,<2||==3.*"], &["4"], &[]], &["[1,2>", "[3,4>"]);
        check(PyPi, [&["~=1.4.2"], &[], &[]], &["[1.4.2,1.5)"]);
        check(
            Packagist,
            [&["~1.2 || >=3.0 <3.1"], &[], &[]],
            &["[1.2,2)", "[3.0,3.1)"],
        );
        check(Go, [&["< v2.8.0"], &["v2.8.0"], &[]], &["(,v2.8.0>"]);
    }

    #[test]
    fn what_is_no_range_is_said() {
        for range in ["> ", "1 ||", "[1,2", "!= 2", "<< 1", ">= 1.x"] {
            let said = Said {
                vulnerable: &[range.to_owned()],
                patched: &[],
                unaffected: &[],
            };
            assert!(flawed(VersionOrder::Npm, &said).is_err(), "{range}");
        }
    }
}
