//! XML as the Go library goxml2json shows it: elements by their local names, attributes with `-` before
//! the name, text beside them as `#content`, and repeated elements as an array.

mod tokens;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::ParseError;

pub(crate) use tokens::{Token, tokens};

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
    let text = normalized(text);
    let mut root = Element::default();
    let mut open: Vec<Element> = Vec::new();
    for (_, token) in tokens(&text)? {
        match token {
            Token::Start { name, attributes } => {
                let mut element = Element {
                    name,
                    ..Element::default()
                };
                for (name, value) in attributes {
                    element.add(format!("-{name}"), Value::String(value));
                }
                open.push(element);
            }
            // The last text counts, as in the library.
            Token::Text(text) => {
                trim(&text).clone_into(&mut open.last_mut().unwrap_or(&mut root).text);
            }
            Token::End => {
                if let Some(mut element) = open.pop() {
                    let name = std::mem::take(&mut element.name);
                    let parent = open.last_mut().unwrap_or(&mut root);
                    parent.add(name, element.into_value());
                }
            }
        }
    }
    Ok(root.into_value())
}

/// The text with the line ends that XML knows.
pub(crate) fn normalized(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
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
        assert!(
            parse(&"<a>".repeat(1000))
                .unwrap_err()
                .message
                .contains("nested deeper")
        );
    }
}
