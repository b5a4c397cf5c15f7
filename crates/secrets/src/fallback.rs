//! References that bring a value of their own: `${NAME:-value}`.

use std::ops::Range;

/// The longest name of a variable before a token that is looked back over.
const NAME: usize = 80;
/// The longest value that is looked through for letters and digits.
const VALUE: usize = 1024;
/// What variables are called by which a shell cuts out a part: `${PASSWORD:start}`.
const PLACES: [&[u8]; 8] = [
    b"begin",
    b"count",
    b"from",
    b"index",
    b"length",
    b"offset",
    b"position",
    b"start",
];

/// The literal of a value: itself, or what a reference that is all of it falls back on, without quotes.
///
/// `${NAME:-value}`, `${NAME-value}`, `${NAME:=value}`, `${NAME=value}`, one inside another; and `${NAME:value}` as
/// Spring writes it, where the value has letters and digits: in a shell numbers and names cut a piece out.
pub(crate) fn literal_part(value: &str) -> &str {
    value.get(literal_range(value)).unwrap_or(value)
}

/// Where the literal of a value stands in it.
pub(crate) fn literal_range(value: &str) -> Range<usize> {
    let mut range = 0..value.len();
    while let Some(inner) = value.get(range.clone()).and_then(fallback) {
        range = range.start + inner.start..range.start + inner.end;
    }
    range
}

fn fallback(value: &str) -> Option<Range<usize>> {
    let inner = value.strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.bytes().take_while(|byte| in_name(*byte)).count();
    let (name, rest) = inner.as_bytes().split_at_checked(name)?;
    let start = name.len() + operator(name, rest).filter(|_| !name.is_empty())?;
    let text = inner.get(start..)?;
    let quoted = ['"', '\'']
        .iter()
        .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote));
    let quote = usize::from(quoted);
    Some("${".len() + start + quote.."${".len() + inner.len() - quote)
}

/// How long the operator is that stands between the name of a reference and what it falls back on.
pub(crate) fn operator(name: &[u8], behind_name: &[u8]) -> Option<usize> {
    match behind_name {
        // A comparison in a template of another language.
        [b'=', b'=', ..] => None,
        [b':', b'-' | b'=', ..] => Some(2),
        [b'-' | b'=', ..] => Some(1),
        [b':', value @ ..] => {
            let value = || value.iter().take(VALUE).take_while(|byte| **byte != b'}');
            let begins = value().next().is_some_and(u8::is_ascii_alphanumeric);
            let plain = value().all(|byte| *byte != b':')
                && value().any(u8::is_ascii_digit)
                && value().any(u8::is_ascii_alphabetic);
            // A shell knows no dots in a name, and hardly anything of a password is cut out by a variable.
            let of_spring = name.contains(&b'.')
                || (is_password(name)
                    && value().count() >= 4
                    && value().all(u8::is_ascii_lowercase)
                    && !PLACES.contains(&&*value().copied().collect::<Vec<u8>>()));
            (begins && (plain || of_spring)).then_some(1)
        }
        _ => None,
    }
}

/// Whether what stands before a text is the beginning of a reference with a fallback, `${NAME:-`.
pub(crate) fn ends_in_operator(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b"-") else {
        return false;
    };
    let before = before.strip_suffix(b":").unwrap_or(before);
    let bytes = before.iter().rev().take(NAME);
    let name = bytes.take_while(|byte| in_name(**byte)).count();
    name > 0
        && before
            .get(..before.len() - name)
            .is_some_and(|before| before.ends_with(b"${"))
}

/// Whether a name of the environment ends in what a password is called: `DB_PASSWORD`.
fn is_password(name: &[u8]) -> bool {
    let is_of_environment = name
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    is_of_environment && (name.ends_with(b"PASSWORD") || name.ends_with(b"PASS"))
}

/// Whether a byte may stand in the name of a variable or, as Spring has it, of a property.
pub(crate) fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_fall_back_on_a_literal() {
        for (value, literal) in [
            ("${A:-hunter2}", "hunter2"),
            ("${A-hunter2}", "hunter2"),
            ("${A:=hunter2}", "hunter2"),
            ("${A=hunter2}", "hunter2"),
            ("${a:hunter2}", "hunter2"),
            ("${A:-\"hunter2\"}", "hunter2"),
            ("${A:-${B:-hunter2}}", "hunter2"),
            ("${A:-${B}}", "${B}"),
            ("${A:-}", ""),
            ("${A:-\"}", "\""),
            ("${DB_PASSWORD:postgres}", "postgres"),
            ("${jwt.secret:hunter}", "hunter"),
        ] {
            assert_eq!(literal_part(value), literal, "{value}");
        }
    }

    #[test]
    fn other_values_are_their_own_literal() {
        for value in [
            "hunter2",
            "${A}",
            "${A:?unset}",
            "${A:+set}",
            "${A%-x}",
            "${A:0:8}",
            "${A:from}",
            "${PASSWORD:at}",
            "${PASSWORD:start}",
            "${PASSWORD:0:length}",
            "${A:-x}@${B}-",
            "${:-x}",
            "${a==x}",
            "${{ a }}",
            "${",
            "${}",
            "",
        ] {
            assert_eq!(literal_part(value), value, "{value}");
        }
    }

    #[test]
    fn a_token_may_follow_the_operator() {
        assert!(ends_in_operator(b"A=${A:-"));
        assert!(ends_in_operator(b"${A-"));
        for other in [&b"a-"[..], b"${-", b"${A:", b"${A:-x-", b"-", b""] {
            assert!(!ends_in_operator(other));
        }
    }
}
