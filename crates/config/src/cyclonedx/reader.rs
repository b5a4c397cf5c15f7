//! Elements of XML to objects of JSON, by the tables.

use std::iter::Peekable;

use serde_json::{Map, Value, json};

use super::fields::{BOM, COMPONENT, EXPRESSION, Field, Kind, LICENSE, SERVICE, TOOL};
use crate::{
    ParseError,
    number::{double, parse_float},
    xml::{Token, tokens},
};

/// An element with all that is in it.
struct Element {
    /// Where it starts, in bytes.
    at: usize,
    name: String,
    attributes: Vec<(String, String)>,
    /// All its text, comments left out.
    text: String,
    children: Vec<Element>,
}

pub(super) fn read(text: &str) -> Result<Map<String, Value>, ParseError> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let root = loop {
        match tokens.next() {
            Some((at, Token::Start { name, attributes })) => {
                break element(at, name, attributes, &mut tokens);
            }
            Some(_) => {}
            None => return Err(ParseError::new(1, 1, "neither JSON nor XML")),
        }
    };
    if root.name != "bom" {
        return Err(ParseError::at(
            text,
            root.at,
            format!("<{}> is no <bom>", root.name),
        ));
    }
    Reader { text }.object(&root, &BOM)
}

/// The rest of an element whose start was read. Tokens are in pairs, and their nesting is bounded.
fn element(
    at: usize,
    name: String,
    attributes: Vec<(String, String)>,
    tokens: &mut Peekable<std::vec::IntoIter<(usize, Token)>>,
) -> Element {
    let mut element = Element {
        at,
        name,
        attributes,
        text: String::new(),
        children: Vec::new(),
    };
    while let Some((at, token)) = tokens.next() {
        match token {
            Token::Start { name, attributes } => {
                element
                    .children
                    .push(self::element(at, name, attributes, tokens));
            }
            Token::Text(text) => element.text.push_str(&text),
            Token::End => break,
        }
    }
    element
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn error(&self, element: &Element, message: impl Into<String>) -> ParseError {
        ParseError::at(self.text, element.at, message)
    }

    fn object(
        &self,
        element: &Element,
        fields: &[Field],
    ) -> Result<Map<String, Value>, ParseError> {
        let mut object = Map::new();
        for (xml, name, kind) in fields {
            let attribute = element
                .attributes
                .iter()
                .find(|(known, _)| known == xml)
                .map(|(_, value)| value.as_str());
            let value = match kind {
                Kind::Attribute => attribute.filter(|value| !value.is_empty()).map(Value::from),
                Kind::AttributeAlways => Some(Value::from(attribute.unwrap_or(""))),
                Kind::AttributeNumber => Some(self.number(element, attribute.unwrap_or(""))?),
                Kind::AttributeNumberOrNone => attribute
                    .map(|value| self.number(element, value))
                    .transpose()?,
                Kind::AttributeBool => attribute
                    .map(|value| self.bool(element, value))
                    .transpose()?,
                Kind::Content => Some(Value::from(element.text.as_str())),
                Kind::TextAlways => Some(Value::from("")),
                Kind::OneAlways(fields) => {
                    let empty = Element {
                        at: element.at,
                        name: String::new(),
                        attributes: Vec::new(),
                        text: String::new(),
                        children: Vec::new(),
                    };
                    Some(Value::Object(self.object(&empty, fields)?))
                }
                _ => None,
            };
            if let Some(value) = value {
                object.insert((*name).to_owned(), value);
            }
        }
        for child in &element.children {
            let field = fields
                .iter()
                .find(|(xml, _, kind)| *xml == child.name && is_child(*kind));
            let Some((_, name, kind)) = field else {
                return Err(self.error(child, format!("<{}> is not supported here", child.name)));
            };
            self.child(&mut object, name, *kind, child)?;
        }
        Ok(object)
    }

    /// Puts a child where its field says.
    fn child(
        &self,
        object: &mut Map<String, Value>,
        name: &str,
        kind: Kind,
        child: &Element,
    ) -> Result<(), ParseError> {
        if let Some(values) = self.list(kind, child)? {
            extend(object, name, values);
            return Ok(());
        }
        let value = match kind {
            Kind::Text if child.text.is_empty() => {
                object.remove(name);
                return Ok(());
            }
            Kind::Text | Kind::TextAlways => Value::from(child.text.as_str()),
            Kind::Bool => self.bool(child, &child.text)?,
            Kind::Float => parse_float(child.text.trim())
                .and_then(double)
                .ok_or_else(|| self.error(child, "expected a number"))?,
            Kind::One(fields) | Kind::OneAlways(fields) => {
                Value::Object(self.object(child, fields)?)
            }
            Kind::Tools => self.tools(child)?,
            Kind::Licenses => Value::Array(self.licenses(child)?),
            _ => return Ok(()),
        };
        object.insert(name.to_owned(), value);
        Ok(())
    }

    /// What a child adds to an array, if its field is one.
    fn list(&self, kind: Kind, child: &Element) -> Result<Option<Vec<Value>>, ParseError> {
        let text = |one: &Element| Value::from(one.text.as_str());
        Ok(Some(match kind {
            Kind::Many(item, fields) => self.items(child, item, |one| {
                self.object(one, fields).map(Value::Object)
            })?,
            Kind::Each(fields) => vec![Value::Object(self.object(child, fields)?)],
            Kind::EachText => vec![text(child)],
            Kind::Texts(item) => self.items(child, item, |one| Ok(text(one)))?,
            Kind::Numbers(item) => self.items(child, item, |one| self.number(one, &one.text))?,
            Kind::References(item) => {
                self.items(child, item, |one| Ok(Value::from(reference(one))))?
            }
            Kind::Dependencies => self.items(child, "dependency", |one| Ok(dependency(one)))?,
            _ => return Ok(None),
        }))
    }

    fn items(
        &self,
        wrapper: &Element,
        item: &str,
        read: impl Fn(&Element) -> Result<Value, ParseError>,
    ) -> Result<Vec<Value>, ParseError> {
        wrapper
            .children
            .iter()
            .map(|child| {
                if child.name == item {
                    read(child)
                } else {
                    Err(self.error(child, format!("<{}> is not supported here", child.name)))
                }
            })
            .collect()
    }

    fn number(&self, element: &Element, text: &str) -> Result<Value, ParseError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(json!(0));
        }
        let number = text.parse::<i64>().ok();
        number
            .map(Value::from)
            .ok_or_else(|| self.error(element, format!("{text:?} is no whole number")))
    }

    fn bool(&self, element: &Element, text: &str) -> Result<Value, ParseError> {
        match text.trim() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(json!(true)),
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(json!(false)),
            text => Err(self.error(element, format!("{text:?} is neither true nor false"))),
        }
    }

    fn licenses(&self, element: &Element) -> Result<Vec<Value>, ParseError> {
        element
            .children
            .iter()
            .map(|child| match child.name.as_str() {
                "license" => Ok(json!({"license": self.object(child, &LICENSE)?})),
                "expression" => self.object(child, &EXPRESSION).map(Value::Object),
                name => Err(self.error(child, format!("<{name}> is not supported here"))),
            })
            .collect()
    }

    /// A list of tools, or an object with components and services.
    fn tools(&self, element: &Element) -> Result<Value, ParseError> {
        let mut tools = Vec::new();
        let mut others = Map::new();
        for child in &element.children {
            match child.name.as_str() {
                "tool" => tools.push(Value::Object(self.object(child, &TOOL)?)),
                "components" => {
                    self.child(
                        &mut others,
                        "components",
                        Kind::Many("component", &COMPONENT),
                        child,
                    )?;
                }
                "services" => {
                    self.child(
                        &mut others,
                        "services",
                        Kind::Many("service", &SERVICE),
                        child,
                    )?;
                }
                name => return Err(self.error(child, format!("<{name}> is not supported here"))),
            }
        }
        match (tools.is_empty(), others.is_empty()) {
            (false, true) => Ok(Value::Array(tools)),
            (true, false) => Ok(Value::Object(others)),
            (true, true) => Err(self.error(element, "<tools> without a tool")),
            (false, false) => Err(self.error(element, "tools both as a list and as components")),
        }
    }
}

/// Whether a field is a child element.
fn is_child(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Attribute
            | Kind::AttributeAlways
            | Kind::AttributeNumber
            | Kind::AttributeNumberOrNone
            | Kind::AttributeBool
            | Kind::Content
    )
}

/// Adds to an array; an empty one is left out.
fn extend(object: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if values.is_empty() {
        return;
    }
    match object.get_mut(name) {
        Some(Value::Array(known)) => known.extend(values),
        _ => {
            object.insert(name.to_owned(), Value::Array(values));
        }
    }
}

fn reference(element: &Element) -> &str {
    element
        .attributes
        .iter()
        .find_map(|(name, value)| (name == "ref").then_some(value.as_str()))
        .unwrap_or("")
}

fn dependency(element: &Element) -> Value {
    let named = |name: &str| -> Vec<&str> {
        let children = element.children.iter();
        children
            .filter(|child| child.name == name)
            .map(reference)
            .collect()
    };
    let mut object = Map::new();
    object.insert("ref".to_owned(), json!(reference(element)));
    for (name, refs) in [
        ("dependsOn", named("dependency")),
        ("provides", named("provides")),
    ] {
        if !refs.is_empty() {
            object.insert(name.to_owned(), json!(refs));
        }
    }
    Value::Object(object)
}
