//! Semantic versions.
//!
//! See: <https://semver.org>

use std::{cmp::Ordering, fmt, sync::Arc};

use super::{Cost, Function, Implementation};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "semver",
        overloads: &["(string) -> Semver", "(string, bool) -> Semver"],
        call: semver,
        cost: Cost::Scan,
    },
    Function {
        name: "isSemver",
        overloads: &["(string) -> bool", "(string, bool) -> bool"],
        call: is_semver,
        cost: Cost::Scan,
    },
    function("major", &["Semver.() -> int"], major),
    function("minor", &["Semver.() -> int"], minor),
    function("patch", &["Semver.() -> int"], patch),
    function("isGreaterThan", &["Semver.(Semver) -> bool"], is_greater),
    function("isLessThan", &["Semver.(Semver) -> bool"], is_less),
    function("compareTo", &["Semver.(Semver) -> int"], compare_to),
];

const fn function(
    name: &'static str,
    overloads: &'static [&'static str],
    call: Implementation,
) -> Function {
    Function {
        name,
        overloads,
        call,
        cost: Cost::Fixed(1),
    }
}

/// A semantic version. Build metadata is kept and does not count.
#[derive(Clone, Debug)]
pub struct Semver {
    numbers: [u64; 3],
    pre: Vec<Identifier>,
    build: String,
}

/// A part of what stands after the hyphen; numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Semver {
    /// Reads a version that is written in full.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre)),
            None => (text, None),
        };
        let mut parts = numbers.split('.');
        let mut read = || number(parts.next()?);
        let numbers = [read()?, read()?, read()?];
        if parts.next().is_some() {
            return None;
        }
        let pre = match pre {
            None => Vec::new(),
            Some(pre) => pre
                .split('.')
                .map(|part| {
                    if !is_identifier(part) {
                        return None;
                    }
                    if part.bytes().all(|byte| byte.is_ascii_digit()) {
                        return number(part).map(Identifier::Number);
                    }
                    Some(Identifier::Word(part.to_owned()))
                })
                .collect::<Option<_>>()?,
        };
        if let Some(build) = build
            && !build.split('.').all(is_identifier)
        {
            return None;
        }
        Some(Self {
            numbers,
            pre,
            build: build.unwrap_or_default().to_owned(),
        })
    }

    /// Reads a version that may begin with `v`, lack numbers at the end, and have zeros before its numbers.
    pub fn parse_loosely(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
        for part in &mut parts {
            if part.len() > 1 {
                let trimmed = part.trim_start_matches('0');
                *part = if trimmed.starts_with(|first: char| first.is_ascii_digit()) {
                    trimmed.to_owned()
                } else {
                    format!("0{trimmed}")
                };
            }
        }
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                return None;
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.pre.cmp(&other.pre),
            }
        })
    }
}

/// Digits without a zero before them.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && !(text.len() > 1 && text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl PartialEq for Semver {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (index, part) in self.pre.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Identifier::Number(number) => write!(f, "{number}")?,
                Identifier::Word(word) => f.write_str(word)?,
            }
        }
        if !self.build.is_empty() {
            write!(f, "+{}", self.build)?;
        }
        Ok(())
    }
}

fn parsed(arguments: &[Value<'_>]) -> Result<Option<Semver>, Fault> {
    match arguments {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => {
            Ok(Semver::parse(text))
        }
        [Value::String(text), Value::Bool(true)] => Ok(Semver::parse_loosely(text)),
        _ => Err(EvalError::overload()),
    }
}

fn semver<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    parsed(arguments)?
        .map(|version| Value::Opaque(Opaque::Semver(Arc::new(version))))
        .ok_or_else(|| EvalError::argument("not a semantic version"))
}

fn is_semver<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parsed(arguments)?.is_some()))
}

fn one(arguments: &[Value<'_>], place: usize) -> Result<i64, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Semver(version))] => {
            let number = version.numbers.get(place).copied().unwrap_or(0);
            // Go converts without a check, and so wraps around.
            Ok(number.cast_signed())
        }
        _ => Err(EvalError::overload()),
    }
}

fn order(arguments: &[Value<'_>]) -> Result<Ordering, Fault> {
    match arguments {
        [
            Value::Opaque(Opaque::Semver(left)),
            Value::Opaque(Opaque::Semver(right)),
        ] => Ok(left.compare(right)),
        _ => Err(EvalError::overload()),
    }
}

fn major<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    one(arguments, 0).map(Value::Int)
}

fn minor<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    one(arguments, 1).map(Value::Int)
}

fn patch<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    one(arguments, 2).map(Value::Int)
}

fn is_greater<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(arguments)?.is_gt()))
}

fn is_less<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(arguments)?.is_lt()))
}

fn compare_to<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(order(arguments)? as i64))
}
