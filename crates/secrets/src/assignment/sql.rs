//! Passwords in the statements of SQL that make an account.

use super::{
    cursor::{Cursor, is_blank},
    literal::{Literal, Style, Written, scalar},
};

/// How much is read of a statement before the word for the password.
const STATEMENT: usize = 256;

/// The password behind `PASSWORD`, `IDENTIFIED BY` or `IDENTIFIED WITH mysql_native_password BY`; the word stands
/// between `start` and `end`, and `cursor` behind the blanks that follow it.
pub(super) fn password(cursor: &mut Cursor<'_>, start: usize, end: usize) -> Option<Literal> {
    let word = cursor.bytes.get(start..end)?.to_ascii_lowercase();
    let by = (cursor.eat(b"BY") || cursor.eat(b"by")) && cursor.skip(20, is_blank) > 0;
    let named = if by {
        word == b"identified" || word.ends_with(b"password")
    } else {
        word == b"password"
    };
    if !named || !makes_account(cursor.bytes, start) {
        return None;
    }
    let is_quoted = match cursor.peek() {
        b'\'' => true,
        // Oracle's are written as names are.
        b'"' => by,
        _ if by => false,
        _ => return None,
    };
    let value = scalar(cursor, Style::Spaced)?;
    let text = cursor.bytes.get(value.place.clone())?;
    // A word without quotes is one that a page has in place of a password.
    let is_key = text.len() >= 8
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().all(|byte| super::in_name(*byte));
    if !is_quoted && !is_key {
        return None;
    }
    // A program puts the statement together: `'" + password + "'`, `'%s'`, `'{}'`, `':password'`.
    let is_hole = text
        .iter()
        .any(|byte| byte.is_ascii_whitespace() || br#"${}<>\"`"#.contains(byte))
        || text.first().is_some_and(|first| b"%:@&?#~".contains(first));
    // What `MySQL` and `PostgreSQL` keep of a password.
    let is_hash = text.starts_with(b"*") || (text.starts_with(b"md5") && text.len() == 35);
    (!is_hole && !is_hash).then_some(Literal {
        written: Written::Password,
        ..value
    })
}

/// Whether a statement creates or changes an account: `CREATE USER`, `ALTER ROLE`, `GRANT`.
pub(super) fn makes_account(bytes: &[u8], at: usize) -> bool {
    let before = bytes
        .get(at.saturating_sub(STATEMENT)..at)
        .unwrap_or_default();
    let statement = before.rsplit(|byte| *byte == b';').next().unwrap_or(before);
    let statement = statement.to_ascii_lowercase();
    let words: Vec<&[u8]> = statement
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.contains(&&b"grant"[..])
        || words.windows(2).any(|pair| {
            matches!(
                pair,
                [
                    b"create" | b"alter" | b"replace",
                    b"user" | b"role" | b"login" | b"group"
                ]
            )
        })
}
