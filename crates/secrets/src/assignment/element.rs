//! Names and values in XML: `<password>a</password>`, `<property name="password">a</property>`,
//! `<name>password</name> <value>a</value>`.

use super::{
    cursor::{Cursor, is_blank, is_closing},
    in_name,
    literal::{Literal, VALUE, Written},
};

/// Elements whose attribute names what their text is the value of. Others, such as `<string name="password">`, hold
/// words for people as well.
const SETTINGS: [&str; 7] = [
    "property",
    "prop",
    "entry",
    "param",
    "parameter",
    "setting",
    "env",
];
/// Elements that hold a name, the elements behind them that hold its value, and whether those are never words for
/// people.
const PAIRS: [(&str, &str, bool); 4] = [
    ("name", "value", true),
    ("param-name", "param-value", true),
    ("env-entry-name", "env-entry-value", true),
    ("key", "string", false),
];
/// How much may stand between two tags.
const BLANKS: usize = 200;

/// The value of a name in XML that ends where `cursor` stands; `before` is its line up to it. Moves the cursor only
/// where there is one.
pub(super) fn value(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<Literal> {
    let start = cursor.at;
    let value = if opens(before) {
        ends_tag(cursor).then(|| text(cursor)).flatten()
    } else {
        let certain = if let Some(element) = named_by_attribute(before) {
            let closed = cursor.skip(1, is_closing) == 1 && ends_tag(cursor);
            if closed && opens_next(cursor, "value") {
                cursor.skip(BLANKS, |byte| byte.is_ascii_whitespace());
            }
            closed.then(|| is_one_of(element, &SETTINGS))
        } else {
            pair(cursor, before)
        };
        certain.and_then(|certain| {
            let value = text(cursor)?;
            let written = if certain {
                Written::Quoted
            } else {
                Written::Loosely
            };
            Some(Literal { written, ..value })
        })
    };
    if value.is_none() {
        cursor.at = start;
    }
    value
}

/// Whether the beginning of a tag ends there: `<`, or with a prefix, `<wsse:`.
fn opens(before: &[u8]) -> bool {
    let tag = before.strip_suffix(b":").map_or(before, |prefix| {
        let letters = prefix.iter().rev().take_while(|byte| in_name(**byte));
        prefix
            .get(..prefix.len() - letters.count())
            .unwrap_or_default()
    });
    // Regular expressions name their groups so: `(?P<password>`.
    let is_group = [b"(?<".as_slice(), b"(?P<"]
        .iter()
        .any(|group| tag.ends_with(group));
    tag.ends_with(b"<") && !is_group
}

/// The element whose attribute `name` or `key` has its value there: `<property name="`.
fn named_by_attribute(before: &[u8]) -> Option<&[u8]> {
    let tag = before.get(memchr::memrchr(b'<', before)? + 1..)?;
    let head = tag
        .strip_suffix(b"\"")
        .or_else(|| tag.strip_suffix(b"'"))?
        .strip_suffix(b"=")?;
    let is_name = [b" name".as_slice(), b" key"]
        .iter()
        .any(|attribute| head.ends_with(attribute));
    let element = tag.iter().take_while(|byte| in_name(**byte)).count();
    is_name.then(|| tag.get(..element)).flatten()
}

/// Goes from a name that is the text of an element into the element of its value, and says whether that holds a
/// value for certain.
fn pair(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<bool> {
    let tag = before.trim_ascii_end().strip_suffix(b">")?;
    let tag = tag.get(memchr::memrchr(b'<', tag)? + 1..)?;
    let (name, value, certain) = PAIRS.iter().find(|(name, ..)| tag == name.as_bytes())?;
    cursor.skip(BLANKS, |byte| byte.is_ascii_whitespace());
    let ends = cursor.eat(b"</") && cursor.eat(name.as_bytes()) && cursor.eat(b">");
    (ends && opens_next(cursor, value)).then_some(*certain)
}

/// Goes behind the next tag, where it opens that element.
fn opens_next(cursor: &mut Cursor<'_>, element: &str) -> bool {
    let start = cursor.at;
    cursor.skip(BLANKS, |byte| byte.is_ascii_whitespace());
    let opens = cursor.eat(b"<") && cursor.eat(element.as_bytes()) && ends_tag(cursor);
    if !opens {
        cursor.at = start;
    }
    opens
}

fn is_one_of(name: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| name == word.as_bytes())
}

/// Goes behind the end of a tag, over its attributes; an element that is empty has no text.
fn ends_tag(cursor: &mut Cursor<'_>) -> bool {
    let start = cursor.at;
    if cursor.skip(1, is_blank) > 0 {
        cursor.skip(VALUE, |byte| !matches!(byte, b'<' | b'>' | b'\n'));
    }
    let is_empty = cursor
        .bytes
        .get(start..cursor.at)
        .unwrap_or_default()
        .ends_with(b"/");
    let ends = !is_empty && cursor.eat(b">");
    if !ends {
        cursor.at = start;
    }
    ends
}

/// The text of an XML element up to the next tag, on the line of the element or on one of its own.
fn text(cursor: &mut Cursor<'_>) -> Option<Literal> {
    cursor.skip(200, |byte| byte.is_ascii_whitespace());
    let start = cursor.at;
    let length = cursor.skip(VALUE, |byte| !matches!(byte, b'<' | b'\n'));
    let written = cursor.bytes.get(start..start + length)?.trim_ascii_end();
    cursor.skip(200, |byte| byte.is_ascii_whitespace());
    (!written.is_empty() && cursor.peek() == b'<').then_some(Literal {
        place: start..start + written.len(),
        written: Written::Quoted,
    })
}
