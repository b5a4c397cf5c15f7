//! What follows a backslash.

use super::{SyntaxError, error, written};

/// `\d`, `\pL`, `\p{Greek}` and the like, as an item of a class; `None` if it is a single character.
pub(super) fn class(text: &str) -> Result<Option<(String, &str)>, SyntaxError> {
    let Some(escaped) = text.strip_prefix('\\') else {
        return Ok(None);
    };
    let mut letters = escaped.chars();
    let class = match letters.next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => r"[\t\n\f\r\x20]",
        Some('S') => r"[^\t\n\f\r\x20]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some(letter @ ('p' | 'P')) => {
            return unicode(text, letters.as_str(), letter == 'P').map(Some);
        }
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), letters.as_str())))
}

/// A class of Unicode: a general category or a script.
fn unicode<'t>(
    text: &'t str,
    behind: &'t str,
    is_negated: bool,
) -> Result<(String, &'t str), SyntaxError> {
    let (name, rest) = if let Some(inner) = behind.strip_prefix('{') {
        inner
            .split_once('}')
            .ok_or_else(|| error("invalid character class range", text))?
    } else {
        let length = behind.chars().next().map_or(0, char::len_utf8);
        behind.split_at_checked(length).unwrap_or_default()
    };
    let unknown = || error("invalid character class range", written(text, rest));
    let (name, is_negated) = match name.strip_prefix('^') {
        Some(name) => (name, !is_negated),
        None => (name, is_negated),
    };
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' '));
    if !is_name {
        return Err(unknown());
    }
    // Go knows scripts by their full names only; the codes of scripts have four letters.
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let is_code = plain.len() == 4 && !SHORT_SCRIPTS.contains(&&*plain) || plain == "unknown";
    let class = ["gc", "sc"]
        .iter()
        .filter(|property| !(is_code && **property == "sc"))
        .map(|property| format!("\\p{{{property}={name}}}"))
        .find(|class| regex_syntax::parse(class).is_ok())
        .ok_or_else(unknown)?;
    // What was assigned after the version of Unicode that Go has is unassigned there.
    let class = if matches!(&*plain, "c" | "cn" | "other" | "unassigned") {
        format!(r"{class}\P{{age=15.0}}")
    } else {
        format!(r"{class}&&\p{{age=15.0}}")
    };
    let sign = if is_negated { "^" } else { "" };
    Ok((format!("[{sign}{class}]"), rest))
}

/// Scripts whose full names have four letters.
const SHORT_SCRIPTS: &[&str] = &[
    "ahom", "cham", "lisu", "miao", "modi", "newa", "thai", "toto",
];

/// The code of a single character that is written with a backslash.
pub(super) fn character(text: &str) -> Result<(u32, &str), SyntaxError> {
    let mut letters = text.chars();
    letters.next();
    let Some(letter) = letters.next() else {
        return Err(error("trailing backslash at end of expression", ""));
    };
    let rest = letters.as_str();
    let invalid = |rest: &str| error("invalid escape sequence", written(text, rest));
    let code = match letter {
        'a' => 7,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        'x' => return hexadecimal(rest).ok_or_else(|| invalid(rest)),
        '0' => return Ok(octal(0, rest)),
        '1'..='7' if rest.starts_with(|next: char| next.is_digit(8)) => {
            return Ok(octal(letter.to_digit(8).unwrap_or(0), rest));
        }
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => u32::from(other),
        _ => return Err(invalid(rest)),
    };
    Ok((code, rest))
}

/// Up to two more octal digits.
fn octal(first: u32, text: &str) -> (u32, &str) {
    let mut code = first;
    let mut rest = text;
    for _ in 0..2 {
        let mut letters = rest.chars();
        match letters.next().and_then(|letter| letter.to_digit(8)) {
            Some(digit) => {
                code = code * 8 + digit;
                rest = letters.as_str();
            }
            None => break,
        }
    }
    (code, rest)
}

/// `xHH` or `x{H..}`, without the `x`.
fn hexadecimal(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(inner) => inner.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let code = if digits.is_empty() {
        0
    } else {
        u32::from_str_radix(digits, 16).ok()?
    };
    (code <= u32::from(char::MAX)).then_some((code, rest))
}
