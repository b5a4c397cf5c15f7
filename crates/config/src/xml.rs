//! XML as the Go library goxml2json shows it: elements by their local names, attributes with `-` before
//! the name, text beside them as `#content`, and repeated elements as an array.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::{Map, Value};

use crate::{MAX_DEPTH, ParseError};

/// An element that is not closed yet.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: BTreeMap<String, Vec<Value>>,
}

impl Element {
    fn add(&mut self, name: String, value: Value) {
        self.children.entry(name).or_default().push(value);
    }

    fn into_value(self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text);
        }
        let mut object = Map::new();
        for (name, mut values) in self.children {
            let value = if values.len() > 1 {
                Value::Array(values)
            } else {
                values.pop().unwrap_or_default()
            };
            object.insert(name, value);
        }
        if !self.text.is_empty() {
            object.entry("#content").or_insert(Value::String(self.text));
        }
        Value::Object(object)
    }
}

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut open = vec![Element::default()];
    // Text that references interrupt is one text.
    let mut run = String::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let error = |message: String| ParseError::at(text, at, message);
        let event = reader
            .read_event()
            .map_err(|cause| error(cause.to_string()))?;
        match event {
            Event::Text(piece) => {
                if piece.contains("]]>") {
                    return Err(error("]]> outside of a CDATA section".to_owned()));
                }
                run.push_str(&piece);
                continue;
            }
            Event::GeneralRef(name) => {
                let escaped = format!("&{};", &*name);
                let character =
                    quick_xml::escape::unescape(&escaped).map_err(|cause| error(cause.to_string()))?;
                run.push_str(&character);
                continue;
            }
            _ => {}
        }
        // A CDATA section is a text of its own.
        let pieces = [std::mem::take(&mut run), match &event {
            Event::CData(piece) => (**piece).to_owned(),
            _ => String::new(),
        }];
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            if let Some(element) = open.last_mut() {
                // The last run of text counts, as in the library.
                element.text = trim(piece).to_owned();
            }
        }
        match event {
            Event::PI(instruction) => {
                local_name(instruction.target()).map_err(error)?;
            }
            Event::Decl(declaration) => {
                if declaration.version().ok().as_deref() != Some("1.0") {
                    return Err(error("only version 1.0 is supported".to_owned()));
                }
                if let Some(Ok(encoding)) = declaration.encoding()
                    && !encoding.eq_ignore_ascii_case("utf-8")
                    && !encoding.eq_ignore_ascii_case("us-ascii")
                {
                    return Err(error(format!("encoding {encoding} is not supported")));
                }
            }
            Event::Start(start) => {
                if open.len() > MAX_DEPTH {
                    return Err(error(format!("nested deeper than {MAX_DEPTH} levels")));
                }
                open.push(element(&start).map_err(error)?);
            }
            Event::Empty(start) => {
                let element = element(&start).map_err(error)?;
                close(&mut open, element);
            }
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(&mut open, element);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if open.len() > 1 {
        let name = open.pop().unwrap_or_default().name;
        return Err(ParseError::at(text, text.len(), format!("<{name}> is not closed")));
    }
    Ok(open.pop().unwrap_or_default().into_value())
}

fn close(open: &mut [Element], mut element: Element) {
    if let Some(parent) = open.last_mut() {
        let name = std::mem::take(&mut element.name);
        parent.add(name, element.into_value());
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element {
        name: local_name(start.name().as_ref())?.to_owned(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|cause| cause.to_string())?;
        let name = format!("-{}", local_name(attribute.key.as_ref())?);
        if attribute.value.contains('<') {
            return Err("< in the value of an attribute".to_owned());
        }
        let value =
            quick_xml::escape::unescape(&attribute.value).map_err(|cause| cause.to_string())?;
        element.add(name, Value::String(value.into_owned()));
    }
    Ok(element)
}

/// A name without its prefix, as Go splits it: a colon at either end is part of the name.
fn local_name(text: &str) -> Result<&str, String> {
    let is_start = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let is_inside = |c: char| is_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}');
    if !text.starts_with(is_start) || !text.chars().all(is_inside) || text.matches(':').count() > 1 {
        return Err(format!("{text:?} is no name"));
    }
    Ok(match text.split_once(':') {
        Some((prefix, local)) if !prefix.is_empty() && !local.is_empty() => local,
        _ => text,
    })
}

/// Without blanks and control characters at both ends.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn elements_attributes_and_text() {
        assert_eq!(
            parse(
                "<?xml version=\"1.0\"?>\n<!-- note -->\n<a x=\"1\" n:y=\"&lt;&#65;\">\n  <b>one</b><b>t&amp;wo</b>\n  \
                 <c/><d>text<e/>tail</d><f><![CDATA[<raw>]]></f>\n</a>\n"
            ),
            Ok(json!({"a": {
                "-x": "1", "-y": "<A", "b": ["one", "t&wo"], "c": "",
                "d": {"#content": "tail", "e": ""}, "f": "<raw>",
            }}))
        );
    }

    #[test]
    fn broken_files_are_refused() {
        assert_eq!(parse("<a>\n<b>\n</a>").unwrap_err().line, 3);
        assert!(parse("<a>").is_err());
        assert!(parse("<a>&unknown;</a>").is_err());
        assert!(parse(&"<a>".repeat(1000)).unwrap_err().message.contains("nested deeper"));
    }
}
