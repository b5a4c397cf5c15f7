//! `regex.globs_match`: whether two simple patterns can match the same text.
//!
//! The patterns know characters, `.`, `[a-c]` and behind each `*` or `+`. The answer is the one that
//! github.com/yashtewari/glob-intersection gives, which looks ahead by one item only.

use super::super::{BuiltinError, Context};

/// Items of a pattern; the search may go as deep.
const MAX_ITEMS: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Once,
    Plus,
    Star,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Character(char),
    Dot,
    /// Ranges of codes, sorted, none touching the next.
    Set(Vec<(u32, u32)>),
}

#[derive(Clone, Debug)]
struct Item {
    kind: Kind,
    repeat: Repeat,
}

impl Item {
    fn matches(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Dot, _) | (_, Kind::Dot) => true,
            (Kind::Character(a), Kind::Character(b)) => a == b,
            (Kind::Character(letter), Kind::Set(ranges))
            | (Kind::Set(ranges), Kind::Character(letter)) => {
                let code = u32::from(*letter);
                ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&code))
            }
            (Kind::Set(a), Kind::Set(b)) => {
                a.iter().any(|x| b.iter().any(|y| x.0 <= y.1 && y.0 <= x.1))
            }
        }
    }

    fn is_once(&self) -> bool {
        self.repeat == Repeat::Once
    }
}

/// Whether some text matches both patterns.
pub(super) fn is_possible(
    context: &mut Context<'_>,
    first: &str,
    second: &str,
) -> Result<bool, BuiltinError> {
    context.spend_values(first.len() + second.len())?;
    let (first, second) = (parse(first)?, parse(second)?);
    if first.len() > MAX_ITEMS || second.len() > MAX_ITEMS {
        return Err(BuiltinError::halt(
            "regex.globs_match: a pattern has more than 500 items",
        ));
    }
    match trimmed(&first, &second) {
        Some((first, second)) => plain(context, first, second),
        None => Ok(false),
    }
}

fn refused(what: &'static str) -> BuiltinError {
    BuiltinError::failed(what)
}

/// The characters of a pattern, each with whether a backslash stood before it.
fn letters(pattern: &str) -> Result<Vec<(char, bool)>, BuiltinError> {
    let mut letters = Vec::new();
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        if letter == '\\' {
            let escaped = rest
                .next()
                .ok_or_else(|| refused("input ends with a \\ (escape) character"))?;
            letters.push((escaped, true));
        } else {
            letters.push((letter, false));
        }
    }
    Ok(letters)
}

fn parse(pattern: &str) -> Result<Vec<Item>, BuiltinError> {
    let letters = letters(pattern)?;
    let mut rest = letters.as_slice();
    let mut items: Vec<Item> = Vec::new();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let kind = match first {
            ('.', false) => Kind::Dot,
            ('[', false) => {
                let (set, behind) = set(rest)?;
                rest = behind;
                set
            }
            (']', false) => return Err(refused("set-close ']' with no preceding '['")),
            ('+' | '*', false) => return Err(refused("flag must be preceded by a non-flag")),
            (letter, _) => Kind::Character(*letter),
        };
        let repeat = match rest.first() {
            Some(('+', false)) => Repeat::Plus,
            Some(('*', false)) => Repeat::Star,
            _ => Repeat::Once,
        };
        if repeat != Repeat::Once {
            rest = rest.get(1..).unwrap_or_default();
        }
        match items.last_mut() {
            // Equal items that are both repeated are one.
            Some(last) if repeat != Repeat::Once && !last.is_once() && last.kind == kind => {
                if repeat == Repeat::Plus {
                    last.repeat = Repeat::Plus;
                }
            }
            _ => items.push(Item { kind, repeat }),
        }
    }
    Ok(items)
}

type Letters<'l> = &'l [(char, bool)];

/// The inside of a set, and what follows its end.
fn set(letters: Letters<'_>) -> Result<(Kind, Letters<'_>), BuiltinError> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut previous = None;
    let mut rest = letters;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            (']', false) => return Ok((Kind::Set(normal(ranges)), rest)),
            ('-', false) => {
                let low: char = previous.take().ok_or_else(|| {
                    refused("range character '-' must be preceded by a Unicode character")
                })?;
                let high = match rest.split_first() {
                    // One more character must follow for the end of the set.
                    Some((high, behind)) if !behind.is_empty() || high.1 => {
                        rest = behind;
                        high
                    }
                    _ => {
                        return Err(refused(
                            "range character '-' must be followed by a Unicode character",
                        ));
                    }
                };
                if matches!(high, (']' | '-', false)) {
                    return Err(refused(
                        "range character '-' cannot be followed by a special symbol",
                    ));
                }
                if high.0 < low {
                    return Err(refused("range is out of order"));
                }
                ranges.push((u32::from(low), u32::from(high.0)));
            }
            (letter, _) => {
                ranges.push((u32::from(*letter), u32::from(*letter)));
                previous = Some(*letter);
            }
        }
    }
    Err(refused("found [ without matching ]"))
}

fn normal(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// Cuts what is not repeated off both ends, but for the innermost of it; `None` if it does not match.
fn trimmed<'i>(first: &'i [Item], second: &'i [Item]) -> Option<(&'i [Item], &'i [Item])> {
    let once = |pair: &(&Item, &Item)| pair.0.is_once() && pair.1.is_once();
    let heads: Vec<_> = first.iter().zip(second).take_while(once).collect();
    if !heads.iter().all(|(a, b)| a.matches(b)) {
        return None;
    }
    let left = heads.len().saturating_sub(1);
    let (first, second) = (first.get(left..)?, second.get(left..)?);
    let tails: Vec<_> = first
        .iter()
        .rev()
        .zip(second.iter().rev())
        .take_while(once)
        .collect();
    if !tails.iter().all(|(a, b)| a.matches(b)) {
        return None;
    }
    let right = tails.len().saturating_sub(1);
    Some((
        first.get(..first.len() - right)?,
        second.get(..second.len() - right)?,
    ))
}

fn plain(context: &mut Context<'_>, first: &[Item], second: &[Item]) -> Result<bool, BuiltinError> {
    for (index, (a, b)) in first.iter().zip(second).enumerate() {
        context.spend(1)?;
        if !(a.is_once() && b.is_once()) {
            let (first, second) = (
                first.get(index..).unwrap_or_default(),
                second.get(index..).unwrap_or_default(),
            );
            return match (a.repeat, b.repeat) {
                (Repeat::Plus, _) => plus(context, first, second),
                (Repeat::Star, _) => star(context, first, second),
                (Repeat::Once, Repeat::Plus) => plus(context, second, first),
                (Repeat::Once, _) => star(context, second, first),
            };
        }
        if !a.matches(b) {
            return Ok(false);
        }
    }
    Ok(first.len() == second.len())
}

/// `first` starts with a repeated item.
fn plus(context: &mut Context<'_>, first: &[Item], other: &[Item]) -> Result<bool, BuiltinError> {
    let (Some((repeated, behind)), Some((next, rest))) = (first.split_first(), other.split_first())
    else {
        return Ok(false);
    };
    if !repeated.matches(next) {
        return Ok(false);
    }
    if star(context, first, rest)? {
        return Ok(true);
    }
    Ok(!next.is_once() && plain(context, behind, other)?)
}

fn star(context: &mut Context<'_>, first: &[Item], other: &[Item]) -> Result<bool, BuiltinError> {
    let Some((repeated, behind)) = first.split_first() else {
        return Ok(false);
    };
    for (index, item) in other.iter().enumerate() {
        context.spend(1)?;
        let is_next = behind.first().is_some_and(|next| item.matches(next));
        if is_next && plain(context, behind, other.get(index..).unwrap_or_default())? {
            return Ok(true);
        }
        if !item.matches(repeated) {
            return Ok(false);
        }
    }
    Ok(behind.is_empty())
}
