//! Names and values beside each other: fields of an object, arguments of a call, words of a command, and what
//! Terraform's variables have by default.

use super::{
    cursor::{Cursor, is_blank, is_closing},
    in_name,
    literal::{Literal, Style, VALUE, Written, quoted, scalar},
};

/// Functions that keep a value under a name, in lower case.
const SETTERS: [&str; 6] = [
    "define",
    "setenv",
    "set_env",
    "set_var",
    "setproperty",
    "setenvironmentvariable",
];
/// Functions that read a variable of the environment, or give what stands behind its name where it is not set.
const GETTERS: [&str; 12] = [
    "os.environ.get",
    "environ.get",
    "os.getenv",
    "getenv",
    "env",
    "ENV.fetch",
    "env.Get",
    "getEnv",
    "get_env",
    "getEnvOrDefault",
    "getenvOr",
    "envOrDefault",
];
/// What the field of a value is called.
const VALUES: [&str; 3] = ["value", "Value", "ParameterValue"];
/// The field of a map below a name that holds its value: parameters of templates, inputs of actions, variables of
/// pipelines.
const INNER_VALUES: [&str; 5] = ["value", "defaultValue", "default", "Default", "Value"];
/// How many lines are read of such a map.
const INNER_LINES: usize = 8;
/// Arguments that a function is given for what is not set.
const DEFAULTS: [&str; 3] = ["default", "fallback", "default_value"];
/// How much is read of what stands before a name.
const BEFORE: usize = 256;
/// How many fields may stand between those of a name and its value.
const FIELDS: usize = 2;
/// How much of a variable is read.
const VARIABLE: usize = 2048;

/// The value beside the name that begins at `start`; `cursor` stands behind its closing quotes.
pub(super) fn value(cursor: &mut Cursor<'_>, start: usize) -> Option<Literal> {
    let before = cursor.bytes.get(start.saturating_sub(BEFORE)..start)?;
    if let Some(length) = name_field(before) {
        let field = field(cursor, &VALUES);
        return field.or_else(|| earlier_field(cursor.bytes, start - length));
    }
    if before.ends_with(b"variable \"") {
        return default(cursor);
    }
    if let Some(value) = or_else(cursor, before) {
        return Some(value);
    }
    if !cursor.eat(b",") {
        return None;
    }
    let is_option = cursor.bytes.get(start..)?.starts_with(b"--");
    let is_argument = is_argument_of_accessor(before) || (is_option && is_in_list(before));
    cursor.skip(80, |byte| byte.is_ascii_whitespace());
    let is_call = without_quote(before).is_some_and(|before| before.ends_with(b"("));
    let is_default = is_call && {
        let named = DEFAULTS.iter().any(|word| cursor.eat(word.as_bytes()));
        named && separator(cursor)
    };
    if !is_argument && !is_default {
        return None;
    }
    let value = quoted(cursor)?;
    let is_option = cursor.bytes.get(value.place.start) == Some(&b'-');
    (!is_option).then_some(value)
}

/// What stands in for a variable that is not set: `os.getenv("A") or "b"`.
fn or_else(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<Literal> {
    let start = cursor.at;
    let ends = cursor.eat(b")") && is_argument_of_accessor(before);
    cursor.skip(20, is_blank);
    let joined = ends
        && [b"or ".as_slice(), b"|| ", b"?? ", b"?: "]
            .iter()
            .any(|word| cursor.eat(word));
    let value = joined.then(|| quoted(cursor)).flatten();
    if value.is_none() {
        cursor.at = start;
    }
    value
}

/// The value in the map below a name: `"adminPassword": {"value": "a"}`. Texts for people and schemas are written so
/// as well.
pub(super) fn in_object(cursor: &mut Cursor<'_>) -> Option<Literal> {
    if !cursor.eat(b"{") {
        return None;
    }
    let value = field(cursor, &INNER_VALUES)?;
    Some(Literal {
        written: Written::Loosely,
        ..value
    })
}

/// The same on the lines below, as YAML has it; `cursor` stands where the first of them begins.
pub(super) fn on_lines_below(cursor: &mut Cursor<'_>, outer: usize) -> Option<Literal> {
    let mut indentation = None;
    for _ in 0..INNER_LINES {
        let blanks = cursor.skip(200, |byte| byte == b' ');
        if blanks <= outer {
            return None;
        }
        if blanks == *indentation.get_or_insert(blanks) {
            let start = cursor.at;
            if INNER_VALUES.iter().any(|word| cursor.eat(word.as_bytes())) && cursor.eat(b": ") {
                cursor.skip(20, is_blank);
                let value = scalar(cursor, Style::Colon)?;
                return Some(Literal {
                    written: Written::Loosely,
                    ..value
                });
            }
            cursor.at = start;
        }
        cursor.skip(VALUE, |byte| byte != b'\n');
        if !cursor.eat(b"\n") {
            return None;
        }
    }
    None
}

/// The next item of a YAML list whose item before it is an option: `- --password`, `- hunter2`.
pub(super) fn next_item(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<Literal> {
    let mark = without_quote(before).unwrap_or(before).trim_ascii_end();
    let indentation = mark.strip_suffix(b"-")?;
    if !indentation.iter().all(|byte| is_blank(*byte)) {
        return None;
    }
    let start = cursor.at;
    cursor.eat(b"\r");
    let is_next = cursor.eat(b"\n") && cursor.eat(indentation) && cursor.eat(b"- ");
    cursor.skip(20, is_blank);
    let first = cursor.bytes.get(cursor.at..).unwrap_or_default();
    let first = first
        .strip_prefix(b"\"")
        .or(first.strip_prefix(b"'"))
        .unwrap_or(first);
    if is_next && !first.starts_with(b"-") {
        return scalar(cursor, Style::Colon);
    }
    cursor.at = start;
    None
}

/// How long the beginning of a field of a name is: `name: "`, `"Key": "`, `name = "`.
fn name_field(before: &[u8]) -> Option<usize> {
    let head = before.trim_ascii_end();
    let head = without_quote(head).unwrap_or(head).trim_ascii_end();
    let head = head
        .strip_suffix(b":")
        .or(head.strip_suffix(b"="))?
        .trim_ascii_end();
    let head = head.strip_suffix(b"\"").unwrap_or(head);
    let is_name = ["name", "Name", "key", "Key"]
        .iter()
        .any(|word| head.ends_with(word.as_bytes()));
    let word = head.iter().rev().take_while(|byte| in_name(**byte));
    is_name.then(|| before.len() - head.len() + word.count())
}

/// The field of the value behind that of the name.
fn field(cursor: &mut Cursor<'_>, values: &[&str]) -> Option<Literal> {
    cursor.eat(b",");
    cursor.skip(80, |byte| byte.is_ascii_whitespace() || is_closing(byte));
    for _ in 0..=FIELDS {
        let start = cursor.at;
        let is_value = values.iter().any(|word| cursor.eat(word.as_bytes()));
        if is_value && separator(cursor) {
            return scalar(cursor, Style::Colon);
        }
        cursor.at = start;
        other_field(cursor)?;
    }
    None
}

/// Goes over a field with a scalar to the next one, behind a comma or on a line of its own.
fn other_field(cursor: &mut Cursor<'_>) -> Option<()> {
    let name = cursor.skip(80, in_name);
    if name == 0 || !separator(cursor) {
        return None;
    }
    if scalar(cursor, Style::Colon)?.written == Written::Quoted {
        cursor.at += 1;
    }
    cursor.skip(20, is_blank);
    let parted = matches!(cursor.peek(), b',' | b'\n' | b'\r');
    cursor.eat(b",");
    cursor.skip(80, |byte| byte.is_ascii_whitespace());
    cursor.eat(b"\"");
    parted.then_some(())
}

/// The field of the value before that of the name, as JSON has it, and YAML on the line above.
fn earlier_field(bytes: &[u8], name_field: usize) -> Option<Literal> {
    let from = name_field.saturating_sub(2 * VALUE);
    let before = bytes.get(from..name_field)?;
    let Some(before) = before.strip_suffix(b"\"") else {
        return line_above(bytes, from, before);
    };
    let before = before.trim_ascii_end().strip_suffix(b",")?;
    let before = before.trim_ascii_end().strip_suffix(b"\"")?;
    let quote = memchr::memrchr(b'"', before)?;
    let field = before.get(..quote)?.trim_ascii_end().strip_suffix(b":")?;
    let field = field.trim_ascii_end().strip_suffix(b"\"")?;
    let is_value = VALUES.iter().any(|word| {
        let head = field.strip_suffix(word.as_bytes());
        head.is_some_and(|head| head.ends_with(b"\""))
    });
    is_value.then_some(Literal {
        place: from + quote + 1..from + before.len(),
        // Lists of what a user may choose are written so: `{"value": "password", "name": "Password"}`.
        written: Written::Loosely,
    })
}

/// The value on the line above a name in YAML: `- value: a`, and below it `name: DB_PASSWORD`.
fn line_above(bytes: &[u8], from: usize, before: &[u8]) -> Option<Literal> {
    let indentation = before.iter().rev().take_while(|byte| is_blank(**byte));
    let above = before.get(..before.len() - indentation.count())?;
    let above = above.strip_suffix(b"\n")?;
    let start = memchr::memrchr(b'\n', above).map_or(0, |line_break| line_break + 1);
    let mut cursor = Cursor {
        bytes,
        at: from + start,
    };
    cursor.skip(80, is_blank);
    cursor.eat(b"- ");
    cursor.skip(80, is_blank);
    let is_value = VALUES.iter().any(|word| cursor.eat(word.as_bytes())) && cursor.eat(b":");
    cursor.skip(20, is_blank);
    let value = is_value.then(|| scalar(&mut cursor, Style::Colon))??;
    Some(Literal {
        written: Written::Loosely,
        ..value
    })
}

/// What a variable of Terraform is where nobody sets it.
fn default(cursor: &mut Cursor<'_>) -> Option<Literal> {
    if !cursor.eat(b"{") {
        return None;
    }
    let end = cursor.at + VARIABLE;
    while cursor.at < end {
        cursor.skip(80, |byte| byte.is_ascii_whitespace());
        if cursor.eat(b"default") {
            return separator(cursor).then(|| quoted(cursor)).flatten();
        }
        let is_over = cursor.peek() == b'}';
        cursor.skip(end.saturating_sub(cursor.at), |byte| byte != b'\n');
        if is_over || cursor.peek() != b'\n' {
            return None;
        }
    }
    None
}

/// Whether what stands before a quoted name is `define(`, `getenv(` or the like.
fn is_argument_of_accessor(before: &[u8]) -> bool {
    let call = without_quote(before).and_then(|before| before.trim_ascii_end().strip_suffix(b"("));
    call.is_some_and(|call| {
        let word = call.iter().rev().take_while(|byte| in_name(**byte));
        let name = call.get(call.len() - word.count()..).unwrap_or_default();
        if GETTERS.iter().any(|getter| name == getter.as_bytes()) {
            return true;
        }
        let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
        if GETTERS
            .iter()
            .any(|getter| !getter.contains('.') && name.eq_ignore_ascii_case(getter.as_bytes()))
        {
            return true;
        }
        SETTERS
            .iter()
            .any(|setter| name.eq_ignore_ascii_case(setter.as_bytes()))
    })
}

/// Whether what stands before a quoted word leaves a list open, and nothing in it.
fn is_in_list(before: &[u8]) -> bool {
    let mut depth = 0;
    let open = without_quote(before)
        .unwrap_or_default()
        .iter()
        .rev()
        .find(|byte| match byte {
            b']' | b')' | b'}' => {
                depth += 1;
                false
            }
            b'[' | b'(' | b'{' => {
                depth -= 1;
                depth < 0
            }
            _ => false,
        });
    open == Some(&b'[')
}

fn without_quote(before: &[u8]) -> Option<&[u8]> {
    before
        .strip_suffix(b"\"")
        .or_else(|| before.strip_suffix(b"'"))
}

fn separator(cursor: &mut Cursor<'_>) -> bool {
    cursor.skip(2, is_closing);
    cursor.skip(20, is_blank);
    let found = cursor.eat(b":") || cursor.eat(b"=");
    cursor.skip(20, is_blank);
    found
}
