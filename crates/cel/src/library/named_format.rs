//! Formats of text by name, with the API server's words for what is wrong.

use super::{Cost, Function, url::Url};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Opaque, Timestamp, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "format.named",
        overloads: &["(string) -> optional<Format>"],
        call: named,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "validate",
        overloads: &["Format.(string) -> optional<list<string>>"],
        call: validate,
        cost: Cost::Validate,
    },
    constant("format.dns1123Label", |_| format(0)),
    constant("format.dns1123Subdomain", |_| format(1)),
    constant("format.dns1035Label", |_| format(2)),
    constant("format.qualifiedName", |_| format(3)),
    constant("format.dns1123LabelPrefix", |_| format(4)),
    constant("format.dns1123SubdomainPrefix", |_| format(5)),
    constant("format.dns1035LabelPrefix", |_| format(6)),
    constant("format.labelValue", |_| format(7)),
    constant("format.uri", |_| format(8)),
    constant("format.uuid", |_| format(9)),
    constant("format.byte", |_| format(10)),
    constant("format.date", |_| format(11)),
    constant("format.datetime", |_| format(12)),
];

const fn constant(name: &'static str, call: super::Implementation) -> Function {
    Function {
        name,
        overloads: &["() -> Format"],
        call,
        cost: Cost::Fixed(1),
    }
}

/// A format of text.
#[derive(Debug)]
pub struct NamedFormat {
    /// What expressions call it.
    pub name: &'static str,
    /// The length of the pattern that stands for it when its cost is told.
    pub(crate) pattern_size: usize,
    /// What is wrong with a text; nothing if it has the format.
    check: fn(&str) -> Vec<String>,
}

static FORMATS: [NamedFormat; 13] = [
    named_format("dns1123Label", 30, dns1123_label),
    named_format("dns1123Subdomain", 60, dns1123_subdomain),
    named_format("dns1035Label", 30, dns1035_label),
    named_format("qualifiedName", 60, qualified_name),
    named_format("dns1123LabelPrefix", 30, |text| {
        dns1123_label(&without_last_hyphen(text))
    }),
    named_format("dns1123SubdomainPrefix", 60, |text| {
        dns1123_subdomain(&without_last_hyphen(text))
    }),
    named_format("dns1035LabelPrefix", 30, |text| {
        dns1035_label(&without_last_hyphen(text))
    }),
    named_format("labelValue", 40, label_value),
    named_format("uri", 1103, uri),
    named_format("uuid", 70, uuid),
    named_format("byte", 84, base64),
    named_format("date", 70, date),
    named_format("datetime", 70, date_time),
];

const fn named_format(
    name: &'static str,
    pattern_size: usize,
    check: fn(&str) -> Vec<String>,
) -> NamedFormat {
    NamedFormat {
        name,
        pattern_size,
        check,
    }
}

fn format<'a>(index: usize) -> Outcome<'a> {
    FORMATS
        .get(index)
        .map(|format| Value::Opaque(Opaque::Format(format)))
        .ok_or_else(EvalError::overload)
}

fn named<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(name)] = arguments else {
        return Err(EvalError::overload());
    };
    Ok(FORMATS
        .iter()
        .find(|format| *format.name == **name)
        .map_or(Value::Optional(None), |format| {
            Value::some(Value::Opaque(Opaque::Format(format)))
        }))
}

fn validate<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Opaque(Opaque::Format(format)), Value::String(text)] = arguments else {
        return Err(EvalError::overload());
    };
    let wrong = (format.check)(text);
    if wrong.is_empty() {
        return Ok(Value::Optional(None));
    }
    Ok(Value::some(Value::list(
        wrong.into_iter().map(Value::string).collect(),
    )))
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// The API server calls bytes characters in the formats that are older.
fn too_long(text: &str, most: usize, unit: &str) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} {unit}"))
}

fn mismatch(what: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples
        .iter()
        .map(|example| format!("'{example}', "))
        .collect();
    format!(
        "{what} (e.g. {}regex used for validation is '{pattern}')",
        examples.join(" or ")
    )
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Lower-case letters, digits, and hyphens that are not at the ends.
fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .all(|byte| is_label_byte(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| is_label_byte(*byte))
        && bytes.last().is_some_and(|byte| is_label_byte(*byte))
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

pub(super) fn dns1123_label(text: &str) -> Vec<String> {
    let mut wrong = Vec::from_iter(too_long(text, 63, "characters"));
    if !is_label(text) {
        wrong.push(if is_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            mismatch(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    wrong
}

pub(super) fn dns1123_subdomain(text: &str) -> Vec<String> {
    subdomain(text, "characters")
}

fn subdomain(text: &str, unit: &str) -> Vec<String> {
    let mut wrong = Vec::from_iter(too_long(text, 253, unit));
    if !is_subdomain(text) {
        wrong.push(mismatch(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            SUBDOMAIN,
            &["example.com"],
        ));
    }
    wrong
}

fn dns1035_label(text: &str) -> Vec<String> {
    let mut wrong = Vec::from_iter(too_long(text, 63, "characters"));
    if !is_label(text) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        wrong.push(mismatch(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            LABEL_1035,
            &["my-name", "abc-123"],
        ));
    }
    wrong
}

/// A name that more will be appended to: the API server puts a letter in place of its last two characters.
fn without_last_hyphen(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut rest = rest.to_owned();
            rest.pop();
            rest.push('a');
            rest
        }
        _ => text.to_owned(),
    }
}

/// Letters, digits, and `-_.` that are not at the ends.
fn is_key_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

const KEY_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY_EXAMPLES: &[&str] = &["MyName", "my.name", "123-abc"];

fn qualified_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(
                    subdomain(prefix, "bytes")
                        .into_iter()
                        .map(|message| format!("prefix part {message}")),
                );
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                mismatch(KEY_RULE, KEY, KEY_EXAMPLES)
            )];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else {
        wrong.extend(too_long(name, 63, "bytes").map(|message| format!("name part {message}")));
    }
    if !is_key_name(name) {
        wrong.push(format!(
            "name part {}",
            mismatch(KEY_RULE, KEY, KEY_EXAMPLES)
        ));
    }
    wrong
}

fn label_value(text: &str) -> Vec<String> {
    let mut wrong = Vec::from_iter(too_long(text, 63, "bytes"));
    if !text.is_empty() && !is_key_name(text) {
        wrong.push(mismatch(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

fn uri(text: &str) -> Vec<String> {
    match Url::check(text) {
        Ok(()) => Vec::new(),
        Err(reason) => vec![format!("parse {text:?}: {reason}")],
    }
}

fn unless(holds: bool, message: &str) -> Vec<String> {
    if holds {
        Vec::new()
    } else {
        vec![message.to_owned()]
    }
}

/// Groups of 8, 4, 4, 4 and 12 digits, with or without hyphens between them.
fn uuid(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut holds = true;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        match rest.split_at_checked(length) {
            Some((group, after)) if group.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                rest = after;
            }
            _ => {
                holds = false;
                break;
            }
        }
    }
    unless(holds && rest.is_empty(), "does not match the UUID format")
}

/// Base64 of at least one byte, padded.
fn base64(text: &str) -> Vec<String> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let holds = !text.is_empty()
        && text.len().is_multiple_of(4)
        && padding <= 2
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    unless(holds, "invalid base64")
}

fn is_date(text: &str) -> bool {
    // The year 0 is none to a moment, and one to a date; it is a leap year.
    let text = match text.strip_prefix("0000") {
        Some(rest) => format!("2000{rest}"),
        None => text.to_owned(),
    };
    text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_some()
}

fn date(text: &str) -> Vec<String> {
    unless(is_date(text), "invalid date")
}

fn date_time(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let holds = match (parts.next(), parts.next()) {
        (Some(day), Some(time)) => is_date(day) && is_time(time),
        _ => false,
    };
    unless(holds, "invalid datetime")
}

/// `23:59:59`, a fraction after any character, and `z` or an offset.
fn is_time(text: &str) -> bool {
    let Some((clock, mut rest)) = text.split_at_checked(8) else {
        return false;
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let is_clock = matches!(parts.as_slice(), [hour, minute, second]
        if [hour, minute, second]
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            && **hour <= *"23" && **minute <= *"59" && **second <= *"59");
    let mut characters = rest.chars();
    if characters.next().is_some() {
        let after = characters.as_str();
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let is_fraction =
            digits > 0 && after.get(digits..).is_some_and(is_zone) && !rest.starts_with('\n');
        if is_fraction {
            rest = after.get(digits..).unwrap_or_default();
        }
    }
    is_clock && is_zone(rest)
}

fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else {
        return text == "z";
    };
    let digit = |index: usize| offset.as_bytes().get(index).is_some_and(u8::is_ascii_digit);
    offset.len() == 5
        && [0, 1, 3, 4].into_iter().all(digit)
        && offset.as_bytes().get(2) == Some(&b':')
}
