//! Ranges as databases of advisories write them, as intervals: `>= 1.0, < 1.2 || = 2.0`, `[1.0,1.2)`, `~> 4.2.5`.

use std::cmp::Ordering;

use crate::{Interval, Since, Until, VersionOrder};

/// Comparators, the longer before those that they begin with.
const OPERATORS: &[&str] = &[
    ">=", "<=", "==", "!=", "~>", "~=", "=>", "=<", ">", "<", "=", "^", "~",
];

/// The intervals of a range. What ends before a version ends with [`Until::Fixed`].
pub(super) fn intervals(order: VersionOrder, range: &str) -> Result<Vec<Interval>, String> {
    let read = match range.trim() {
        "" | "*" => Ok(vec![Interval::EVERYTHING]),
        range if range.starts_with(['[', '(']) => brackets(order, range),
        range => range
            .split("||")
            .map(|set| comparators(order, set))
            .collect(),
    };
    read.map_err(|reason| format!("'{range}' is no range of versions: {reason}"))
}

/// Maven's notation, which NuGet shares.
/// See: <https://maven.apache.org/enforcer/enforcer-rules/versionRanges.html>.
fn brackets(order: VersionOrder, range: &str) -> Result<Vec<Interval>, &'static str> {
    let mut intervals = Vec::new();
    let mut rest = range;
    loop {
        rest = rest.trim_start_matches([',', '|', ' ']);
        let Some(opening) = rest.chars().next() else {
            return Ok(intervals);
        };
        let inside = rest
            .strip_prefix(['[', '('])
            .ok_or("a bracket is missing")?;
        let end = inside.find([']', ')']).ok_or("a bracket is not closed")?;
        let (inside, closing) = inside.split_at(end);
        let is_closed = closing.starts_with(']');
        rest = closing.get(1..).unwrap_or_default();
        let (from, until) = match inside.split_once(',') {
            Some((from, until)) => (from.trim(), until.trim()),
            None => (inside.trim(), inside.trim()),
        };
        let (from, until) = (normal(order, from), normal(order, until));
        intervals.push(Interval {
            from: match opening {
                _ if from.is_empty() => Since::Beginning,
                '[' => Since::Version(from),
                _ => Since::After(from),
            },
            until: match is_closed {
                _ if until.is_empty() => Until::Open,
                true => Until::Last(until),
                false => Until::Fixed(until),
            },
        });
    }
}

/// One set of comparators, all of which must hold.
fn comparators(order: VersionOrder, set: &str) -> Result<Interval, &'static str> {
    let mut interval = Interval::EVERYTHING;
    let is_space = |it: char| it.is_whitespace() || it == ',';
    let mut rest = set.trim_matches(is_space);
    if rest.is_empty() {
        return Err("a side of '||' is empty");
    }
    while !rest.is_empty() {
        let operator = OPERATORS.iter().find(|it| rest.starts_with(**it));
        let operator = operator.map_or("", |it| *it);
        rest = rest.strip_prefix(operator).unwrap_or(rest).trim_start();
        let (version, more) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        rest = more.trim_start_matches(is_space);
        if !version.contains(|it: char| it.is_ascii_alphanumeric()) {
            return Err("a comparator has no version");
        }
        let (from, until) = bounds(order, operator, version)?;
        narrow(order, &mut interval, from, until);
    }
    Ok(interval)
}

/// The bounds that a comparator sets.
fn bounds(
    order: VersionOrder,
    operator: &str,
    version: &str,
) -> Result<(Since, Until), &'static str> {
    let wild = [".*", ".x", ".X"]
        .iter()
        .find_map(|it| version.strip_suffix(it));
    let exact = || normal(order, version);
    // Nothing is older, pre-releases of zero least of all.
    let first = || match version {
        "0" => Since::Beginning,
        _ => Since::Version(exact()),
    };
    Ok(match (operator, wild) {
        ("" | "=" | "==", Some(wild)) => {
            let last = numbers(wild).len().saturating_sub(1);
            (
                Since::Version(normal(order, wild)),
                above(order, wild, last)?,
            )
        }
        (_, Some(_)) => return Err("a comparator has a placeholder"),
        ("" | "=" | "==", None) => (Since::Version(exact()), Until::Last(exact())),
        (">=" | "=>", None) => (first(), Until::Open),
        (">", None) => (Since::After(exact()), Until::Open),
        ("<", None) => (Since::Beginning, Until::Fixed(exact())),
        ("<=" | "=<", None) => (Since::Beginning, Until::Last(exact())),
        ("^", None) => {
            let numbers = numbers(version);
            let last = numbers.len().saturating_sub(1);
            let place = numbers.iter().position(|it| *it != 0);
            (first(), above(order, version, place.unwrap_or(last))?)
        }
        ("~", None) if order != VersionOrder::Packagist => {
            let place = usize::from(numbers(version).len() > 1);
            (first(), above(order, version, place)?)
        }
        // All but the last number stay.
        ("~" | "~>" | "~=", None) => {
            let place = numbers(version).len().saturating_sub(2);
            (first(), above(order, version, place)?)
        }
        _ => return Err("a comparator is not known"),
    })
}

/// The numbers with which a version starts.
fn numbers(version: &str) -> Vec<u64> {
    let version = version.trim_start_matches('v');
    let end = version.find(['-', '+']).unwrap_or(version.len());
    let parts = version.get(..end).unwrap_or_default().split('.');
    parts.map_while(|part| part.parse().ok()).collect()
}

/// Before the versions, and their pre-releases, in which the number at a place is larger by one.
fn above(order: VersionOrder, version: &str, place: usize) -> Result<Until, &'static str> {
    let mut numbers = numbers(version);
    numbers.truncate(place + 1);
    let last = numbers
        .last_mut()
        .ok_or("a version begins with no number")?;
    *last = last
        .checked_add(1)
        .ok_or("a version has a number without end")?;
    let text: Vec<String> = numbers.iter().map(u64::to_string).collect();
    let text = normal(order, &text.join("."));
    // The least of each pre-release.
    Ok(Until::Fixed(match order {
        VersionOrder::RubyGems => format!("{text}.a"),
        VersionOrder::Cargo | VersionOrder::Npm | VersionOrder::SemVer | VersionOrder::Pub => {
            format!("{text}-0")
        }
        _ => text,
    }))
}

/// A version with the zeros that its ecosystem wants and ranges may leave out.
fn normal(order: VersionOrder, version: &str) -> String {
    let is_short = version.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if !is_short || version.is_empty() || order.check(version).is_ok() {
        return version.to_owned();
    }
    let padded = [format!("{version}.0"), format!("{version}.0.0")];
    padded
        .into_iter()
        .find(|it| order.check(it).is_ok())
        .unwrap_or_else(|| version.to_owned())
}

/// Takes the narrower of two bounds; versions that have no order leave the later one.
fn narrow(order: VersionOrder, interval: &mut Interval, from: Since, until: Until) {
    let is_narrower = match (&interval.from, &from) {
        (_, Since::Beginning) => false,
        (Since::Beginning, _) => true,
        (Since::Version(one) | Since::After(one), Since::Version(other)) => {
            order.compare(other, one) != Ok(Ordering::Less)
                && !matches!(
                    (&interval.from, order.compare(other, one)),
                    (Since::After(_), Ok(Ordering::Equal))
                )
        }
        (Since::Version(one) | Since::After(one), Since::After(other)) => {
            order.compare(other, one) != Ok(Ordering::Less)
        }
    };
    if is_narrower {
        interval.from = from;
    }
    let end = |until: &Until| match until {
        Until::Open => None,
        Until::Last(end) => Some((end.clone(), true)),
        Until::Fixed(end) | Until::Limit(end) => Some((end.clone(), false)),
    };
    let is_narrower = match (end(&interval.until), end(&until)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some((one, _)), Some((other, is_last))) => match order.compare(&other, &one) {
            Ok(Ordering::Greater) => false,
            Ok(Ordering::Equal) => !is_last,
            _ => true,
        },
    };
    if is_narrower {
        interval.until = until;
    }
}
