//! Python's order: PEP 440, and below it what was published before there was one.
//!
//! See: <https://packaging.python.org/en/latest/specifications/version-specifiers/>; for legacy versions
//! <https://setuptools.pypa.io/en/latest/history.html> and the scheme that setuptools called `parse_version`.

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// A version that PEP 440 knows, or a legacy one; those are older than all others.
pub(super) enum Version<'a> {
    Legacy(&'a str),
    Public(Box<Public<'a>>),
}

/// The parts of PEP 440; a number that is left out is empty, which is as good as zero.
pub(super) struct Public<'a> {
    epoch: &'a str,
    release: &'a str,
    pre: Option<(Phase, &'a str)>,
    post: Option<&'a str>,
    dev: Option<&'a str>,
    local: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Alpha,
    Beta,
    Candidate,
}

const PHASES: [(&str, Phase); 8] = [
    ("alpha", Phase::Alpha),
    ("a", Phase::Alpha),
    ("beta", Phase::Beta),
    ("b", Phase::Beta),
    ("preview", Phase::Candidate),
    ("pre", Phase::Candidate),
    ("rc", Phase::Candidate),
    ("c", Phase::Candidate),
];

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EMPTY);
        }
        if text.contains(char::is_whitespace) {
            return Err("it has a blank inside");
        }
        Ok(match Public::parse(text) {
            Some(public) => Self::Public(Box::new(public)),
            None => Self::Legacy(text),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Public(one), Self::Public(other)) => one.compare(other),
            (Self::Public(_), Self::Legacy(_)) => Ordering::Greater,
            (Self::Legacy(_), Self::Public(_)) => Ordering::Less,
            (Self::Legacy(one), Self::Legacy(other)) => legacy(one).cmp(&legacy(other)),
        }
    }
}

impl<'a> Public<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mut rest, local) = match text.split_once('+') {
            Some((rest, local)) => (rest, Some(local)),
            None => (text, None),
        };
        if !local.is_none_or(|local| local.split(['.', '-', '_']).all(is_alphanumeric)) {
            return None;
        }
        skip_word(&mut rest, "v");
        let mut release = rest;
        let mut epoch = numerals::take_digits(&mut rest);
        if epoch.is_empty() {
            return None;
        }
        if numerals::skip(&mut rest, "!") {
            release = rest;
            if numerals::take_digits(&mut rest).is_empty() {
                return None;
            }
        } else {
            epoch = "";
        }
        let mut after = rest;
        while numerals::skip(&mut after, ".") && !numerals::take_digits(&mut after).is_empty() {
            rest = after;
        }
        let release = release.strip_suffix(rest)?;
        let pre = take_phase(&mut rest);
        let post = take_post(&mut rest);
        let dev = take_marked(&mut rest, &["dev"]);
        rest.is_empty().then_some(Self {
            epoch,
            release,
            pre,
            post,
            dev,
            local,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare(self.epoch, other.epoch)
            .then_with(|| {
                numerals::compare_padded(
                    self.release.split('.'),
                    other.release.split('.'),
                    "",
                    numerals::compare,
                )
            })
            .then_with(|| self.place().cmp(&other.place()))
            .then_with(|| match (self.pre, other.pre) {
                (Some((one, one_number)), Some((other, other_number))) => one
                    .cmp(&other)
                    .then_with(|| numerals::compare(one_number, other_number)),
                // Both are at the same place, where neither has one.
                _ => Ordering::Equal,
            })
            .then_with(|| compare_number(self.post, other.post))
            // Without `dev` is later than with any.
            .then_with(|| self.dev.is_none().cmp(&other.dev.is_none()))
            .then_with(|| compare_number(self.dev, other.dev))
            .then_with(|| compare_local(self.local, other.local))
    }

    /// `1.0.dev1` comes before `1.0a1`, and that before `1.0` and `1.0.post1`.
    fn place(&self) -> u8 {
        match (self.pre, self.post, self.dev) {
            (Some(_), ..) => 1,
            (None, None, Some(_)) => 0,
            _ => 2,
        }
    }
}

/// No number comes before any.
fn compare_number(one: Option<&str>, other: Option<&str>) -> Ordering {
    one.is_some()
        .cmp(&other.is_some())
        .then_with(|| numerals::compare(one.unwrap_or_default(), other.unwrap_or_default()))
}

/// Part by part: nothing, then names, then numbers.
fn compare_local(one: Option<&str>, other: Option<&str>) -> Ordering {
    fn parts(local: &str) -> impl Iterator<Item = Option<&str>> {
        local.split(['.', '-', '_']).map(Some)
    }
    let kind = |part: Option<&str>| part.map(numerals::is_number);
    let compare = |one: Option<&str>, other: Option<&str>| {
        kind(one)
            .cmp(&kind(other))
            .then_with(|| match (one, other) {
                (Some(one), Some(other)) if numerals::is_number(one) => {
                    numerals::compare(one, other)
                }
                (Some(one), Some(other)) => compare_ignoring_case(one, other),
                _ => Ordering::Equal,
            })
    };
    match (one, other) {
        (Some(one), Some(other)) => {
            numerals::compare_padded(parts(one), parts(other), None, compare)
        }
        _ => one.is_some().cmp(&other.is_some()),
    }
}

fn compare_ignoring_case(one: &str, other: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    one.bytes().map(lower).cmp(other.bytes().map(lower))
}

fn is_alphanumeric(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Cuts a word off, in whatever case.
fn skip_word(text: &mut &str, word: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(word.len()) else {
        return false;
    };
    let is_there = start.eq_ignore_ascii_case(word);
    if is_there {
        *text = rest;
    }
    is_there
}

/// A separator may stand before a word and before its number.
fn skip_separator(text: &mut &str) -> bool {
    ["-", "_", "."]
        .iter()
        .any(|separator| numerals::skip(text, separator))
}

/// The number behind a word; an implied one is empty.
fn take_number<'a>(text: &mut &'a str) -> &'a str {
    skip_separator(text);
    numerals::take_digits(text)
}

fn take_phase<'a>(text: &mut &'a str) -> Option<(Phase, &'a str)> {
    let mut after = *text;
    skip_separator(&mut after);
    let (_, phase) = *PHASES
        .iter()
        .find(|(word, _)| skip_word(&mut after, word))?;
    *text = after;
    Some((phase, take_number(text)))
}

fn take_post<'a>(text: &mut &'a str) -> Option<&'a str> {
    let mut after = *text;
    if numerals::skip(&mut after, "-") {
        let number = numerals::take_digits(&mut after);
        if !number.is_empty() {
            *text = after;
            return Some(number);
        }
    }
    take_marked(text, &["post", "rev", "r"])
}

fn take_marked<'a>(text: &mut &'a str, words: &[&str]) -> Option<&'a str> {
    let mut after = *text;
    skip_separator(&mut after);
    if !words.iter().any(|word| skip_word(&mut after, word)) {
        return None;
    }
    *text = after;
    Some(take_number(text))
}

/// How the parts of a legacy version are written: the end of the version, a dash, and zero.
const FINAL: &str = "*final";
const DASH: &str = "*final-";
const ZERO: &str = "00000000";

/// The key of a legacy version: its parts as texts, numbers padded to eight digits.
fn legacy(text: &str) -> Vec<String> {
    let text = text.to_ascii_lowercase();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let part = match take_legacy_part(&mut rest) {
            "." => continue,
            "-" => DASH.to_owned(),
            "pre" | "preview" | "rc" => "*c".to_owned(),
            "dev" => "*@".to_owned(),
            number if numerals::is_number(number) => format!("{number:0>8}"),
            word => format!("*{word}"),
        };
        push_legacy_part(&mut parts, part);
    }
    push_legacy_part(&mut parts, FINAL.to_owned());
    parts
}

fn push_legacy_part(parts: &mut Vec<String>, part: String) {
    if part.starts_with('*') {
        // What comes before a release takes the dash in front of it away.
        if part.as_str() < FINAL {
            while parts.last().is_some_and(|last| last == DASH) {
                parts.pop();
            }
        }
        while parts.last().is_some_and(|last| last == ZERO) {
            parts.pop();
        }
    }
    parts.push(part);
}

/// Cuts off digits, letters, a dot, a dash, or all up to the next of them.
fn take_legacy_part<'a>(rest: &mut &'a str) -> &'a str {
    let is_other = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'.' && byte != b'-';
    match rest.bytes().next() {
        Some(b'0'..=b'9') => numerals::take_digits(rest),
        Some(b'a'..=b'z') => numerals::take(rest, |byte| byte.is_ascii_lowercase()),
        Some(b'.' | b'-') => {
            let (part, after) = rest.split_at_checked(1).unwrap_or((rest, ""));
            *rest = after;
            part
        }
        _ => numerals::take(rest, is_other),
    }
}

#[cfg(test)]
mod tests {
    use crate::VersionOrder;

    #[test]
    fn versions_of_all_kinds_are_ordered() {
        let versions = [
            "final",
            "1.0-x",
            "1.0-z-rc2",
            "1.0.dev1",
            "1.0a0.dev0",
            "1.0a0",
            "1.0rc1",
            "1.0",
            "1.0+a",
            "1.0+1",
            "1.0.post1.dev1",
            "1.0.post1",
            "1!0.1",
        ];
        for pair in versions.windows(2) {
            assert!(
                VersionOrder::PyPi
                    .compare(pair[0], pair[1])
                    .unwrap()
                    .is_lt(),
                "{pair:?}"
            );
        }
    }

    #[test]
    fn words_and_numbers_of_legacy_versions_are_known() {
        let lines: [&[&str]; 3] = [
            &[
                "x-1.0.dev",
                "x-1.0.a",
                "x-1.0.b",
                "x-1.0.rc",
                "x-1.0.d",
                "x-1.0",
                "x-1.0.z",
            ],
            // Numbers are padded to eight digits and compared as text, as they always were.
            &["x9", "x10", "x123456789", "x99999999"],
            &["x.preview", "x.d"],
        ];
        for line in lines {
            for pair in line.windows(2) {
                let order = VersionOrder::PyPi.compare(pair[0], pair[1]).unwrap();
                assert!(order.is_lt(), "{pair:?}");
            }
        }
    }
}
