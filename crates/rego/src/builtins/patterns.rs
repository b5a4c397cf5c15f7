//! Regular expressions with the syntax and the meaning that Go gives them.
//!
//! The regex crate matches as Go does: the leftmost match, of those the one that the pattern prefers, in linear
//! time. What a pattern means differs in places (`\d`, `\b` and `\w` are ASCII in Go, `[a&&b]` is no
//! intersection there, `(?x)` does not exist), so each one is parsed by Go's rules and written anew.

mod expansion;
mod go_syntax;
mod intersection;

use std::sync::Arc;

use regex::Regex;

use super::{
    Answer, Builtin, BuiltinError, Context, Made, Operands, boolean, list,
    signature::{BOOLEAN, NUMBER, STRING, STRING_ARRAY, array},
};
use crate::Value;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("regex.is_valid", &[STRING], BOOLEAN, |_, x| {
        boolean(
            x.value(0)
                .as_str()
                .is_some_and(|pattern| go_syntax::translate(pattern).is_ok()),
        )
    }),
    Builtin::new("regex.match", &[STRING, STRING], BOOLEAN, is_match),
    Builtin::new("re_match", &[STRING, STRING], BOOLEAN, is_match).deprecated(),
    Builtin::new("regex.split", &[STRING, STRING], STRING_ARRAY, split),
    Builtin::new(
        "regex.find_n",
        &[STRING, STRING, NUMBER],
        STRING_ARRAY,
        find,
    ),
    Builtin::new(
        "regex.find_all_string_submatch_n",
        &[STRING, STRING, NUMBER],
        array(&STRING_ARRAY),
        find_groups,
    ),
    Builtin::new("regex.replace", &[STRING, STRING, STRING], STRING, replace),
    Builtin::new(
        "regex.template_match",
        &[STRING, STRING, STRING, STRING],
        BOOLEAN,
        template_match,
    ),
    Builtin::new("regex.globs_match", &[STRING, STRING], BOOLEAN, |c, x| {
        boolean(intersection::is_possible(c, x.string(0)?, x.string(1)?)?)
    }),
];

/// A compiled pattern and the names of its groups.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    /// Names and numbers of groups.
    names: Vec<(String, usize)>,
}

impl Pattern {
    /// Compiles a pattern written for Go.
    fn new(pattern: &str) -> Result<Self, BuiltinError> {
        let translated = go_syntax::translate(pattern)
            .map_err(|error| BuiltinError::failed(format!("error parsing regexp: {error}")))?;
        let regex = regex::RegexBuilder::new(&translated.text)
            .nest_limit(4_000)
            .build()
            .map_err(|error| BuiltinError::halt(format!("regular expression: {error}")))?;
        Ok(Self {
            regex,
            names: translated.names,
        })
    }
}

fn compiled(context: &Context<'_>, pattern: &Arc<str>) -> Result<Arc<Pattern>, BuiltinError> {
    context
        .caches
        .patterns
        .get(pattern, || Pattern::new(pattern))
}

/// The pattern in the first operand and the text in the second.
fn pattern_and_text<'a>(
    context: &mut Context<'_>,
    operands: Operands<'a>,
) -> Result<(Arc<Pattern>, &'a Arc<str>), BuiltinError> {
    let (pattern, text) = (operands.string(0)?, operands.string(1)?);
    context.spend_bytes(text.len())?;
    Ok((compiled(context, pattern)?, text))
}

fn is_match(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (pattern, text) = pattern_and_text(context, operands)?;
    boolean(pattern.regex.is_match(text))
}

/// The parts between matches. A match of nothing at the start is no separator, one at the end leaves no part.
fn split(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (pattern, text) = pattern_and_text(context, operands)?;
    if text.is_empty() && !operands.string(0)?.is_empty() {
        return list(vec![Value::String(Arc::clone(text))]);
    }
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in pattern.regex.find_iter(text) {
        context.make_values(1)?;
        end = found.start();
        if found.end() != 0 {
            parts.push(Value::from(text.get(start..end).unwrap_or_default()));
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(Value::from(text.get(start..).unwrap_or_default()));
    }
    list(parts)
}

/// How many matches are wanted; a negative number means all.
fn wanted(operands: Operands<'_>) -> Result<usize, BuiltinError> {
    operands.string(0)?;
    operands.string(1)?;
    Ok(usize::try_from(operands.integer(2)?).unwrap_or(usize::MAX))
}

fn find(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let wanted = wanted(operands)?;
    let (pattern, text) = pattern_and_text(context, operands)?;
    let mut matches = Vec::new();
    for found in pattern.regex.find_iter(text).take(wanted) {
        context.make_values(1)?;
        matches.push(Value::from(found.as_str()));
    }
    list(matches)
}

/// All matches, each with its groups; a group that took no part is empty.
fn find_groups(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let wanted = wanted(operands)?;
    let (pattern, text) = pattern_and_text(context, operands)?;
    let mut matches = Vec::new();
    for captures in pattern.regex.captures_iter(text).take(wanted) {
        context.make_values(captures.len())?;
        let groups: Vec<Value> = captures
            .iter()
            .map(|group| Value::from(group.map_or("", |group| group.as_str())))
            .collect();
        matches.push(Value::Array(groups.into()));
    }
    list(matches)
}

fn replace(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, pattern, template) = (
        operands.string(0)?,
        operands.string(1)?,
        operands.string(2)?,
    );
    let pattern = compiled(context, pattern)?;
    context.spend_bytes(text.len())?;
    let mut replaced = Made::new(context);
    let mut last = 0;
    for captures in pattern.regex.captures_iter(text) {
        let Some(found) = captures.get(0) else {
            continue;
        };
        replaced.push(text.get(last..found.start()).unwrap_or_default())?;
        expansion::expand(&mut replaced, template, &captures, &pattern.names)?;
        last = found.end();
        replaced.spend(1)?;
    }
    replaced.push(text.get(last..).unwrap_or_default())?;
    let replaced = replaced.text()?;
    if replaced == **text {
        return Ok(Some(Value::String(Arc::clone(text))));
    }
    Ok(Some(Value::String(replaced.into())))
}

/// Matches a text as a whole with a template: literal text with regular expressions between delimiters.
fn template_match(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (template, text) = (operands.string(0)?, operands.string(1)?);
    let (start, end) = (operands.string(2)?, operands.string(3)?);
    let delimiter = |delimiter: &str, name: &str| match delimiter.as_bytes() {
        [one] => Ok(char::from(*one)),
        _ => Err(BuiltinError::failed(format!(
            "{name} delimiter has to be exactly one character long but is {} long",
            start.len()
        ))),
    };
    let (start, end) = (delimiter(start, "start")?, delimiter(end, "end")?);
    context.spend_bytes(template.len() + text.len())?;
    let pattern = template_pattern(template, start, end)?;
    boolean(compiled(context, &pattern.into())?.regex.is_match(text))
}

fn template_pattern(template: &str, start: char, end: char) -> Result<String, BuiltinError> {
    let unbalanced = || BuiltinError::failed(format!("unbalanced braces in {template:?}"));
    let mut pattern = String::from("^");
    let mut depth = 0_usize;
    let mut from = 0;
    for (at, letter) in template.char_indices() {
        if letter == start {
            depth += 1;
            if depth == 1 {
                quote(&mut pattern, template.get(from..at).unwrap_or_default());
                from = at + 1;
            }
        } else if letter == end {
            depth = depth.checked_sub(1).ok_or_else(unbalanced)?;
            if depth == 0 {
                let part = template.get(from..at).unwrap_or_default();
                // Each part is to be a pattern on its own.
                Pattern::new(&format!("^{part}$"))?;
                pattern.push('(');
                pattern.push_str(part);
                pattern.push(')');
                from = at + 1;
            }
        }
    }
    if depth > 0 {
        return Err(unbalanced());
    }
    quote(&mut pattern, template.get(from..).unwrap_or_default());
    pattern.push('$');
    Ok(pattern)
}

/// Writes text so that it stands for itself.
fn quote(pattern: &mut String, text: &str) {
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
}
