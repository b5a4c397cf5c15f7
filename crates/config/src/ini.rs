//! INI files as the Go library go-ini reads them with its default options.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    ParseError,
    number::{double, parse_float},
};

/// Keys before the first section belong here; conftest leaves the section out.
const DEFAULT_SECTION: &str = "DEFAULT";

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut reader = Reader {
        lines: text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .split_inclusive('\n'),
        line: 0,
    };
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = DEFAULT_SECTION.to_owned();
    let mut counted = 0;
    while let Some(line) = reader.next() {
        let number = reader.line;
        let error = |message: &str| ParseError::new(number, 1, message);
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let (name, _) = name
                .rsplit_once(']')
                .ok_or_else(|| error("section without ]"))?;
            if name.is_empty() {
                return Err(error("section without a name"));
            }
            name.clone_into(&mut section);
            counted = 0;
            sections.entry(section.clone()).or_default();
            continue;
        }
        let (key, value) = key(line).map_err(error)?;
        let key = if key == "-" {
            counted += 1;
            format!("#{counted}")
        } else {
            key.to_owned()
        };
        let value = reader.value(value).map_err(error)?;
        if key.is_empty() {
            return Err(error("a value without a key"));
        }
        sections
            .entry(section.clone())
            .or_default()
            .insert(key, value);
    }
    sections.remove(DEFAULT_SECTION);
    let object: Map<String, Value> = sections
        .into_iter()
        .map(|(name, keys)| {
            let keys: Map<String, Value> = keys
                .into_iter()
                .map(|(key, text)| (key, typed(text)))
                .collect();
            (name, Value::Object(keys))
        })
        .collect();
    Ok(Value::Object(object))
}

/// Numbers and booleans as Go's `strconv` reads them, everything else as text: `1` is a number, `t` is true.
fn typed(text: String) -> Value {
    if let Some(number) = parse_float(&text).and_then(double) {
        return number;
    }
    match text.as_str() {
        "t" | "T" | "TRUE" | "true" | "True" => Value::Bool(true),
        "f" | "F" | "FALSE" | "false" | "False" => Value::Bool(false),
        _ => Value::String(text),
    }
}

/// Splits a line behind the first `=` or `:` that is not in the quoted key.
fn key(line: &str) -> Result<(&str, &str), &'static str> {
    const NO_DELIMITER: &str = "neither a section nor a key with = or :";
    let quote = if line.starts_with("\"\"\"") && line.len() > 6 {
        "\"\"\""
    } else if line.starts_with('"') {
        "\""
    } else if line.starts_with('`') {
        "`"
    } else {
        let at = line.find(['=', ':']).ok_or(NO_DELIMITER)?;
        if at == 0 {
            return Err("a value without a key");
        }
        let (key, value) = line.split_at(at);
        return Ok((key.trim(), value.get(1..).unwrap_or("")));
    };
    let inside = line.get(quote.len()..).unwrap_or("");
    let (key, after) = inside
        .split_once(quote)
        .ok_or("key without its closing quote")?;
    let at = after.find(['=', ':']).ok_or(NO_DELIMITER)?;
    Ok((key.trim(), after.get(at + 1..).unwrap_or("")))
}

/// Lines with their ends, counted.
struct Reader<'a> {
    lines: std::str::SplitInclusive<'a, char>,
    line: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.line += 1;
        self.lines.next()
    }

    /// The value that starts on this line; it may go on below.
    fn value(&mut self, line: &str) -> Result<String, &'static str> {
        let line = line.trim_start();
        if line.is_empty() {
            return Ok(String::new());
        }
        let quote = if line.starts_with("\"\"\"") && line.len() > 3 {
            "\"\"\""
        } else if line.starts_with('`') {
            "`"
        } else {
            ""
        };
        if !quote.is_empty() {
            let inside = line.get(quote.len()..).unwrap_or("");
            return match inside.rfind(quote) {
                Some(end) => Ok(inside.get(..end).unwrap_or("").to_owned()),
                None => self.until(quote, inside),
            };
        }
        let line = line.trim();
        if let Some(start) = line.strip_suffix('\\') {
            return Ok(self.continued(start));
        }
        let line = line
            .find(['#', ';'])
            .map_or(line, |comment| line.get(..comment).unwrap_or("").trim());
        for quote in ['\'', '"'] {
            let inside = line
                .strip_prefix(quote)
                .and_then(|line| line.strip_suffix(quote));
            if let Some(inside) = inside.filter(|inside| !inside.contains(quote)) {
                return Ok(inside.to_owned());
            }
        }
        Ok(line.to_owned())
    }

    /// A quoted value of several lines.
    fn until(&mut self, quote: &str, start: &str) -> Result<String, &'static str> {
        let mut value = start.to_owned();
        loop {
            let line = self.next().ok_or("value without its closing quote")?;
            if let Some(end) = line.rfind(quote) {
                value.push_str(line.get(..end).unwrap_or(""));
                return Ok(value);
            }
            value.push_str(line);
        }
    }

    /// A value whose lines end in a backslash; comments count as text there.
    fn continued(&mut self, start: &str) -> String {
        let mut value = start.to_owned();
        while let Some(line) = self.next() {
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            value.push_str(line);
            if !value.ends_with('\\') {
                break;
            }
            value.pop();
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn values_are_typed_loosely() {
        assert_eq!(
            parse(
                "left = out\n; note\n[web]\nport = 8080\nratio=0.50\nhex = 0x10\non = t\noff: False\n\
                 name = 'a b' # note\nempty =\nlong = a \\\n  b\nnan = NaN\nquoted = \"\"\"x\ny\"\"\"\n\
                 - = one\n- = two\n[empty]\n"
            ),
            Ok(json!({
                "web": {
                    "port": 8080, "ratio": 0.5, "hex": "0x10", "on": true, "off": false,
                    "name": "a b", "empty": "", "long": "a b", "nan": "NaN", "quoted": "x\ny",
                    "#1": "one", "#2": "two",
                },
                "empty": {},
            }))
        );
    }

    #[test]
    fn lines_that_are_nothing_are_refused() {
        let error = parse("[a]\nb = 1\nword\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "3:1: neither a section nor a key with = or :"
        );
        assert!(parse("[a\nb = 1").is_err());
        assert!(parse("[]\n").is_err());
        assert!(parse("= 1\n").is_err());
        assert!(parse("[a]\nb = `x\n").is_err());
    }
}
