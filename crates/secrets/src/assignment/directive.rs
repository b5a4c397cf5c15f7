//! Settings of programs that join name and value by a blank: `http_passwd a`, `SetEnv DB_PASSWORD a`.

use super::{
    cursor::{Cursor, is_blank},
    literal::{Literal, Style, Written, scalar},
};

/// Directives of servers and commands that take a name and, behind a blank, a value.
const DIRECTIVES: [&str; 7] = [
    "fastcgi_param",
    "passenger_env_var",
    "proxy_set_header",
    "scgi_param",
    "setenv",
    "setx",
    "uwsgi_param",
];

/// Whether one of [`DIRECTIVES`] stands before a name.
pub(super) fn takes_name(before: &[u8]) -> bool {
    let words = before.trim_ascii_end();
    let word = words.rsplit(u8::is_ascii_whitespace).next();
    words.len() < before.len()
        && word.is_some_and(|word| {
            DIRECTIVES
                .iter()
                .any(|directive| word.eq_ignore_ascii_case(directive.as_bytes()))
        })
}

/// How far from the line of a password that of its account may be.
const NEIGHBOURS: usize = 3;
/// What a line is read of in the search for an account.
const LINE: usize = 256;
/// Types, which programs and tables write behind a name.
const TYPES: [&str; 17] = [
    "binary",
    "bpchar",
    "bytea",
    "bytes",
    "char",
    "citext",
    "longtext",
    "mediumtext",
    "nvarchar",
    "password",
    "secretstr",
    "secretstring",
    "securestring",
    "text",
    "tinytext",
    "varbinary",
    "varchar",
];

/// The value on the line of a name that begins it, where nothing else is on it.
///
/// Sentences and programs have such lines as well, so that only a random value counts, unless the line of an account
/// is beside that of its password: `user shop`, `password hunter2`.
pub(super) fn value(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<Literal> {
    if !before.iter().all(|byte| is_blank(*byte)) {
        return None;
    }
    let value = scalar(cursor, Style::Tight)?;
    let mut end = value.place.end;
    if value.written == Written::Quoted {
        end += 1;
    }
    let rest = cursor.bytes.get(end..)?;
    let line = rest.split(|byte| *byte == b'\n').next()?;
    if !matches!(line.trim_ascii(), b"" | b";") {
        return None;
    }
    let word = cursor.bytes.get(value.place.clone())?;
    let is_type = TYPES
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    if is_type {
        return None;
    }
    let from = value.place.start;
    let above = cursor.bytes.get(..from).unwrap_or_default();
    // The first line behind each place is that of the password.
    let above = above.rsplit(|byte| *byte == b'\n').skip(1);
    let below = rest.split(|byte| *byte == b'\n').skip(1);
    let has_account = above
        .take(NEIGHBOURS)
        .chain(below.take(NEIGHBOURS))
        .any(|line| is_account(line, word));
    if !has_account && is_path(word) {
        return None;
    }
    let written = match value.written {
        Written::Quoted if has_account => Written::Quoted,
        Written::Plain | Written::Code if has_account && !is_name(word) => Written::Plain,
        _ => Written::Loosely,
    };
    Some(Literal { written, ..value })
}

/// Whether a line is the name of an account: `user shop`, with another value than the password has.
fn is_account(line: &[u8], password: &[u8]) -> bool {
    let line = line.get(..LINE).unwrap_or(line).trim_ascii();
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let (Some(name), Some(value), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let is_name = [
        b"user".as_slice(),
        b"username",
        b"user_name",
        b"login",
        b"userid",
    ]
    .iter()
    .any(|word| name.ends_with(word));
    let value = value.iter().filter(|byte| !b"\"';,".contains(byte));
    is_name && !value.eq(password)
}

/// Whether a word without quotes is the name of something, as programs have it there: `nexusPassword`, `REPO_PW`.
fn is_name(word: &[u8]) -> bool {
    let lower = word.to_ascii_lowercase();
    let has = |part: &&[u8]| memchr::memmem::find(&lower, part).is_some();
    let is_joined = word.contains(&b'_') || word.iter().any(u8::is_ascii_uppercase);
    is_joined
        && !word.iter().any(u8::is_ascii_digit)
        && [b"pass".as_slice(), b"pw", b"secret"].iter().any(has)
}

/// Whether a value is what programs import under a name: `"k8s.io/api/core/v1"`, `"encoding/base64"`.
fn is_path(value: &[u8]) -> bool {
    let Some(host) = memchr::memchr(b'/', value) else {
        return false;
    };
    let of_host = memchr::memchr(b'.', value.get(..host).unwrap_or_default());
    of_host.is_some() || !value.iter().any(u8::is_ascii_uppercase)
}
