//! Text: parts of it, places in it, other spellings of it.

use std::{fmt::Write, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{
    Answer, Builtin, BuiltinError, Context, Made, Operands, boolean, list,
    operands::{refused, wrong_choice, wrong_member, wrong_type},
    signature::{
        ARRAY, BOOLEAN, NUMBER, STRING, STRING_ARRAY, STRING_LIST, STRING_SET, Type, array, object,
    },
    sprintf, text, text_of_bytes,
};
use crate::{Number, Value, display::is_printable};

const STRINGS: Type = Type::AnyOf(&[STRING, STRING_ARRAY, STRING_SET]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        "strings.any_prefix_match",
        &[STRINGS, STRINGS],
        BOOLEAN,
        |c, x| any_match(c, x, |text, prefix| text.starts_with(prefix)),
    ),
    Builtin::new(
        "strings.any_suffix_match",
        &[STRINGS, STRINGS],
        BOOLEAN,
        |c, x| any_match(c, x, |text, suffix| text.ends_with(suffix)),
    ),
    Builtin::new("concat", &[STRING, STRING_LIST], STRING, concat),
    Builtin::new("format_int", &[NUMBER, NUMBER], STRING, format_int),
    Builtin::new("indexof", &[STRING, STRING], NUMBER, index_of),
    Builtin::new("indexof_n", &[STRING, STRING], array(&NUMBER), index_of_n),
    Builtin::new("substring", &[STRING, NUMBER, NUMBER], STRING, substring),
    Builtin::new("lower", &[STRING], STRING, |c, x| map(c, x, lower)),
    Builtin::new("upper", &[STRING], STRING, |c, x| map(c, x, upper)),
    Builtin::new("contains", &[STRING, STRING], BOOLEAN, |c, x| {
        let (text, part) = two(c, x)?;
        boolean(memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
    }),
    Builtin::new("strings.count", &[STRING, STRING], NUMBER, count),
    Builtin::new("startswith", &[STRING, STRING], BOOLEAN, |_, x| {
        boolean(x.string(0)?.starts_with(&**x.string(1)?))
    }),
    Builtin::new("endswith", &[STRING, STRING], BOOLEAN, |_, x| {
        boolean(x.string(0)?.ends_with(&**x.string(1)?))
    }),
    Builtin::new("split", &[STRING, STRING], STRING_ARRAY, split),
    Builtin::new(
        "strings.split_n",
        &[STRING, STRING, NUMBER],
        STRING_ARRAY,
        split_n,
    ),
    Builtin::new("replace", &[STRING, STRING, STRING], STRING, |c, x| {
        replace(c, x.string(0)?, &[(x.string(1)?, x.string(2)?)])
    }),
    Builtin::new(
        "strings.replace_n",
        &[object(&STRING, &STRING), STRING],
        STRING,
        replace_n,
    ),
    Builtin::new("trim", &[STRING, STRING], STRING, |c, x| {
        cut(c, x, |text, set| {
            text.trim_matches(|next| set.contains(next))
        })
    }),
    Builtin::new("trim_left", &[STRING, STRING], STRING, |c, x| {
        cut(c, x, |text, set| {
            text.trim_start_matches(|next| set.contains(next))
        })
    }),
    Builtin::new("trim_right", &[STRING, STRING], STRING, |c, x| {
        cut(c, x, |text, set| {
            text.trim_end_matches(|next| set.contains(next))
        })
    }),
    Builtin::new("trim_prefix", &[STRING, STRING], STRING, |c, x| {
        cut(c, x, |text, prefix| {
            text.strip_prefix(prefix).unwrap_or(text)
        })
    }),
    Builtin::new("trim_suffix", &[STRING, STRING], STRING, |c, x| {
        cut(c, x, |text, suffix| {
            text.strip_suffix(suffix).unwrap_or(text)
        })
    }),
    Builtin::new("trim_space", &[STRING], STRING, |_, x| {
        part(x.string(0)?, x.string(0)?.trim())
    }),
    Builtin::new("strings.reverse", &[STRING], STRING, |c, x| {
        map(c, x, |text| text.chars().rev().collect())
    }),
    Builtin::new("sprintf", &[STRING, ARRAY], STRING, |c, x| {
        sprintf::sprintf(c, x.string(0)?, x.array(1)?)
    }),
    Builtin::new("internal.template_string", &[ARRAY], STRING, template),
];

/// The operands, both texts.
fn two<'a>(
    context: &mut Context<'_>,
    operands: Operands<'a>,
) -> Result<(&'a Arc<str>, &'a Arc<str>), BuiltinError> {
    let (first, second) = (operands.string(0)?, operands.string(1)?);
    context.spend_bytes(first.len() + second.len())?;
    Ok((first, second))
}

/// A part of a text, or the text itself if that is the whole.
fn part(whole: &Arc<str>, part: &str) -> Answer {
    Ok(Some(if part.len() == whole.len() {
        Value::String(Arc::clone(whole))
    } else {
        Value::from(part)
    }))
}

fn cut(
    context: &mut Context<'_>,
    operands: Operands<'_>,
    trim: for<'t> fn(&'t str, &str) -> &'t str,
) -> Answer {
    let (text, cutset) = two(context, operands)?;
    part(text, trim(text, cutset))
}

fn map(context: &mut Context<'_>, operands: Operands<'_>, new: fn(&str) -> String) -> Answer {
    let text = operands.string(0)?;
    context.spend_bytes(text.len())?;
    Ok(Some(Value::String(new(text).into())))
}

/// Lower case, letter by letter: no letter becomes two, and a sigma at the end of a word is none of its own.
fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(lower_letter).collect()
}

fn lower_letter(letter: char) -> char {
    // I with a dot becomes two characters when its context counts.
    if letter == '\u{130}' {
        return 'i';
    }
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if are_known(letter, one) => one,
        _ => letter,
    }
}

/// Whether letters are in the version of Unicode that Go has.
fn are_known(letter: char, other: char) -> bool {
    is_printable(letter) && is_printable(other)
}

/// Upper case, letter by letter.
fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(upper_letter).collect()
}

fn upper_letter(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if are_known(letter, one) => one,
        // Greek letters with iota below have a capital of their own besides the one of two letters.
        _ => match letter {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(letter) + 8).unwrap_or(letter)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => {
                char::from_u32(u32::from(letter) + 9).unwrap_or(letter)
            }
            _ => letter,
        },
    }
}

/// Whether one of the texts starts (or ends) with one of the others.
fn any_match(
    context: &mut Context<'_>,
    operands: Operands<'_>,
    matches: fn(&str, &str) -> bool,
) -> Answer {
    let texts = one_or_more(operands, 0)?;
    let parts = one_or_more(operands, 1)?;
    context.spend_values(texts.len().saturating_mul(parts.len()))?;
    boolean(
        texts
            .iter()
            .any(|text| parts.iter().any(|part| matches(text, part))),
    )
}

fn one_or_more(operands: Operands<'_>, index: usize) -> Result<Vec<&str>, BuiltinError> {
    match operands.value(index) {
        Value::String(text) => Ok(vec![text]),
        Value::Array(_) | Value::Set(_) => operands.strings(index),
        other => Err(wrong_type(index, other, &["string", "set", "array"])),
    }
}

fn concat(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let separator = operands.string(0)?;
    let collection = operands.value(1);
    let members = operands.members(1, &["set", "array"])?;
    if let [one @ Value::String(_)] = members {
        return Ok(Some(one.clone()));
    }
    let mut joined = Made::new(context);
    for (index, member) in members.iter().enumerate() {
        let Value::String(text) = member else {
            return Err(wrong_member(1, collection, member, &["string"]));
        };
        if index > 0 {
            joined.push(separator)?;
        }
        joined.push(text)?;
        joined.spend(1)?;
    }
    joined.answer()
}

/// A number in another base; what stands behind its point is left out.
fn format_int(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let number = operands.number(0)?;
    let base = match operands.number(1)?.to_string().as_str() {
        "2" => 2,
        "8" => 8,
        "10" => 10,
        "16" => 16,
        _ => return Err(wrong_choice(1, &["2", "8", "10", "16"])),
    };
    let whole = match number.as_integer() {
        Some(whole) if !number.is_spelt_as_float() => whole,
        _ => number.as_binary().truncated(),
    };
    text(&whole.to_str_radix(base))
}

/// Where a text starts in another, in characters; all places, also those that overlap.
fn places<'a>(text: &'a str, part: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    let mut counted = (0, 0);
    std::iter::from_fn(move || {
        let found = memchr::memmem::find(text.as_bytes().get(from..)?, part.as_bytes())? + from;
        let step = text.get(found..)?.chars().next().map_or(1, char::len_utf8);
        from = found + step;
        let (byte, characters) = counted;
        let characters = characters + text.get(byte..found)?.chars().count();
        counted = (found, characters);
        Some(characters)
    })
}

fn searched<'a>(
    context: &mut Context<'_>,
    operands: Operands<'a>,
) -> Result<(&'a str, &'a str), BuiltinError> {
    let (text, part) = two(context, operands)?;
    if part.is_empty() {
        return Err(BuiltinError::failed("empty search character"));
    }
    Ok((text, part))
}

fn index_of(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, part) = searched(context, operands)?;
    let place = places(text, part).next();
    Ok(Some(Value::Number(
        place.map_or(Number::from(-1), Number::from_count),
    )))
}

fn index_of_n(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, part) = searched(context, operands)?;
    let places: Vec<Value> = places(text, part)
        .map(|place| Value::Number(Number::from_count(place)))
        .collect();
    context.make_values(places.len())?;
    list(places)
}

fn substring(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let text = operands.string(0)?;
    let (start, length) = (operands.integer(1)?, operands.integer(2)?);
    let Ok(start) = usize::try_from(start) else {
        return Err(BuiltinError::failed("negative offset"));
    };
    context.spend_bytes(text.len())?;
    let byte_of = |text: &str, count: usize| {
        if text.is_ascii() {
            count.min(text.len())
        } else {
            text.char_indices()
                .nth(count)
                .map_or(text.len(), |(byte, _)| byte)
        }
    };
    let rest = text.get(byte_of(text, start)..).unwrap_or_default();
    let kept = match usize::try_from(length) {
        Ok(length) => rest.get(..byte_of(rest, length)).unwrap_or_default(),
        Err(_) => rest,
    };
    part(text, kept)
}

fn count(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, part) = two(context, operands)?;
    let count = if part.is_empty() {
        text.chars().count() + 1
    } else {
        memchr::memmem::find_iter(text.as_bytes(), part.as_bytes()).count()
    };
    Ok(Some(Value::Number(Number::from_count(count))))
}

/// The parts between separators; an empty separator stands between all characters.
fn parts<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    if separator.is_empty() {
        text.split_inclusive(|_: char| true).collect()
    } else {
        text.split(separator).collect()
    }
}

fn split(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, separator) = two(context, operands)?;
    let parts = parts(text, separator);
    context.make_values(parts.len())?;
    if parts.len() == 1 {
        return list(vec![Value::String(Arc::clone(text))]);
    }
    list(parts.into_iter().map(Value::from).collect())
}

/// The first so many parts, or the last if the number is negative.
fn split_n(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (text, separator) = two(context, operands)?;
    let wanted = operands.integer(2)?;
    let mut parts = parts(text, separator);
    context.make_values(parts.len())?;
    let count = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted >= 0 {
        parts.truncate(count);
    } else {
        parts.drain(..parts.len().saturating_sub(count));
    }
    list(parts.into_iter().map(Value::from).collect())
}

fn replace_n(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let patterns = operands.object(0)?;
    let text = operands.string(1)?;
    let mut pairs = Vec::with_capacity(patterns.entries().len());
    for (old, new) in patterns.entries() {
        let Value::String(old) = old else {
            return Err(refused(0, "non-string key found in pattern object"));
        };
        let Value::String(new) = new else {
            return Err(refused(0, "non-string value found in pattern object"));
        };
        pairs.push((old, new));
    }
    replace(context, text, &pairs)
}

/// Replaces from left to right; where several fit the first in the list does.
fn replace(context: &mut Context<'_>, text: &Arc<str>, pairs: &[(&Arc<str>, &Arc<str>)]) -> Answer {
    if pairs.iter().any(|(old, _)| old.is_empty()) {
        return replace_empty(context, text, pairs);
    }
    context.spend_bytes(text.len())?;
    let mut replaced = Made::new(context);
    let mut last = 0;
    let mut push = |start: usize, end: usize, new: &str| {
        replaced.push(text.get(last..start).unwrap_or_default())?;
        replaced.push(new)?;
        last = end;
        replaced.spend(1)
    };
    match pairs {
        [] => {}
        [(old, new)] => {
            for start in memchr::memmem::find_iter(text.as_bytes(), old.as_bytes()) {
                push(start, start + old.len(), new)?;
            }
        }
        _ => {
            let patterns = pairs.iter().map(|(old, _)| old.as_bytes());
            let finder = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(patterns)
                .map_err(|error| BuiltinError::failed(error.to_string()))?;
            for found in finder.find_iter(text.as_bytes()) {
                if let Some((_, new)) = pairs.get(found.pattern().as_usize()) {
                    push(found.start(), found.end(), new)?;
                }
            }
        }
    }
    if last == 0 {
        return Ok(Some(Value::String(Arc::clone(text))));
    }
    replaced.push(text.get(last..).unwrap_or_default())?;
    replaced.answer()
}

/// As [`replace`] where one of the old texts is empty: it is found between all bytes, also those of one
/// character, but not again where it was found just before.
fn replace_empty(
    context: &mut Context<'_>,
    text: &str,
    pairs: &[(&Arc<str>, &Arc<str>)],
) -> Answer {
    context.make_bytes(text.len())?;
    let mut replaced = Vec::new();
    let mut at = 0;
    let mut was_empty = false;
    while let Some(rest) = text.as_bytes().get(at..) {
        let found = pairs
            .iter()
            .find(|(old, _)| rest.starts_with(old.as_bytes()) && !(was_empty && old.is_empty()));
        was_empty = found.is_some_and(|(old, _)| old.is_empty());
        context.spend_values(pairs.len())?;
        if let Some((old, new)) = found {
            context.make_bytes(new.len())?;
            replaced.extend_from_slice(new.as_bytes());
            at += old.len();
        } else {
            replaced.extend(rest.first());
            at += 1;
        }
    }
    text_of_bytes(replaced)
}

/// `$"..{x}.."`: the texts and the values of a template, each value in a set of at most one.
fn template(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut joined = Made::new(context);
    for part in operands.array(0)? {
        let value = match part {
            Value::Set(set) => match set.members() {
                [] => None,
                [one] => Some(one),
                _ => {
                    return Err(BuiltinError::halt(
                        "template-strings must not produce multiple outputs",
                    ));
                }
            },
            Value::Array(_) | Value::Object(_) => {
                return Err(BuiltinError::halt(format!(
                    "illegal argument type: {}",
                    part.type_name()
                )));
            }
            scalar => Some(scalar),
        };
        match value {
            None => joined.push("<undefined>")?,
            Some(Value::String(text)) => joined.push(text)?,
            Some(other) => joined.write(|out| write!(out, "{other}"))?,
        }
        joined.spend(1)?;
    }
    joined.answer()
}
