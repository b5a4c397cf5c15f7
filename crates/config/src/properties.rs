//! Java properties as the Go library magiconair/properties reads them.
//!
//! Values are shown as written: references (`${key}`) are only checked, which is what conftest does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ParseError;

/// References that may follow each other.
const MAX_REFERENCES: usize = 64;

/// Bytes that one value may expand to while its references are checked.
const MAX_EXPANSION: usize = 1 << 20;

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut reader = Reader { text, at: 0 };
    let mut values = BTreeMap::new();
    while let Some((at, key)) = reader.key()? {
        let value = reader.value()?;
        // A line that starts with a delimiter has no key; the library refuses it.
        if key.is_empty() {
            return Err(ParseError::at(text, at, "a value without a key"));
        }
        values.insert(key, (at, value));
    }
    for (key, (at, value)) in &values {
        let mut keys = vec![key.as_str()];
        expand(value, &mut keys, &values).map_err(|message| ParseError::at(text, *at, message))?;
    }
    let values: BTreeMap<_, _> = values
        .into_iter()
        .map(|(key, (_, value))| (key, value))
        .collect();
    Ok(json!(values))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
    }

    /// The next key and where it starts, or `None` at the end.
    fn key(&mut self) -> Result<Option<(usize, String)>, ParseError> {
        loop {
            self.skip(|c| is_blank(c) || is_end_of_line(c));
            match self.peek() {
                None => return Ok(None),
                Some('#' | '!') => self.skip(|c| !is_end_of_line(c)),
                Some(_) => break,
            }
        }
        let start = self.at;
        let mut key = String::new();
        while let Some(c) = self.peek() {
            if is_blank(c) || is_end_of_line(c) || matches!(c, ':' | '=') {
                break;
            }
            self.next();
            if c == '\\' {
                self.escape(&mut key)?;
            } else {
                key.push(c);
            }
        }
        Ok(Some((start, key)))
    }

    fn value(&mut self) -> Result<String, ParseError> {
        self.skip(is_blank);
        if matches!(self.peek(), Some(':' | '=')) {
            self.next();
        }
        self.skip(is_blank);
        let mut value = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' if self.peek().is_some_and(is_end_of_line) => {
                    self.next();
                    self.skip(is_blank);
                }
                '\\' => self.escape(&mut value)?,
                c if is_end_of_line(c) => break,
                c => value.push(c),
            }
        }
        Ok(value)
    }

    fn escape(&mut self, into: &mut String) -> Result<(), ParseError> {
        let at = self.at;
        let Some(c) = self.next() else {
            return Err(ParseError::at(
                self.text,
                at,
                "backslash at the end of the file",
            ));
        };
        into.push(match c {
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits = self
                    .text
                    .get(self.at..self.at + 4)
                    .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let Some(code) = code else {
                    return Err(ParseError::at(
                        self.text,
                        at,
                        "\\u needs four hexadecimal digits",
                    ));
                };
                self.at += 4;
                // Half of a surrogate pair is no character; Go writes U+FFFD for it.
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            c => c,
        });
        Ok(())
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{c}' | '\t')
}

fn is_end_of_line(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// The value with references replaced, or what is wrong with them. Only the errors are of use.
fn expand<'a>(
    value: &str,
    keys: &mut Vec<&'a str>,
    values: &'a BTreeMap<String, (usize, String)>,
) -> Result<String, String> {
    if keys.len() > MAX_REFERENCES {
        return Err("references follow each other without end".to_owned());
    }
    let mut text = value.to_owned();
    while let Some(start) = text.find("${") {
        let inside = text.get(start + 2..).unwrap_or("");
        let Some(length) = inside.find('}') else {
            return Err("${ without }".to_owned());
        };
        let name = inside.get(..length).unwrap_or("");
        if keys.contains(&name) {
            return Err(format!("{name} refers to itself"));
        }
        // What is no key is taken from the environment, which is empty here.
        let replacement = match values.get_key_value(name) {
            Some((name, (_, value))) => {
                keys.push(name);
                let replacement = expand(value, keys, values)?;
                keys.pop();
                replacement
            }
            None => String::new(),
        };
        text.replace_range(start..=start + 2 + length, &replacement);
        if text.len() > MAX_EXPANSION {
            return Err(format!("expands to more than {MAX_EXPANSION} bytes"));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::parse;

    #[test]
    fn keys_and_values_are_unescaped() {
        assert_eq!(
            parse(
                "# note\n! note\na=1\nb : two  \nc three\nd\\ e=x\\u00e9\\ty\nf = one \\\n    two\ng\n\
                 h=${a}\n  i=\\q\n"
            ),
            Ok(json!({
                "a": "1", "b": "two  ", "c": "three", "d e": "xé\ty", "f": "one two", "g": "",
                "h": "${a}", "i": "q",
            }))
        );
    }

    #[test]
    fn references_are_checked() {
        assert_eq!(parse("a=${b").unwrap_err().message, "${ without }");
        assert!(parse("a=${b}\nb=${a}").is_err());
        assert!(parse("a=${HOME}").is_ok());
        let mut bomb = "a0=xxxxxxxxxxxxxxxx\n".to_owned();
        for at in 0..40 {
            writeln!(bomb, "a{}=${{a{at}}}${{a{at}}}", at + 1).unwrap();
        }
        assert!(parse(&bomb).unwrap_err().message.contains("expands to"));
    }

    #[test]
    fn bad_escapes_are_refused() {
        assert!(parse("a=\\u12").is_err());
        assert!(parse("a=\\").is_err());
    }
}
