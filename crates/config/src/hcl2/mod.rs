//! HCL 2 (Terraform) in the shape of tmccombs/hcl2json: blocks as nested objects by type and labels,
//! their bodies in arrays, and every expression that is no literal as its own source in `${...}`.

mod expression;
mod parser;
mod syntax;
mod template;

use serde_json::{Map, Value};

use crate::{ParseError, number::double};
use syntax::{Body, Expression, Kind, Number, Part};

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let body = parser::parse(text)?;
    Converter { text }.body(&body).map(Value::Object)
}

struct Converter<'a> {
    text: &'a str,
}

impl Converter<'_> {
    fn body(&self, body: &Body) -> Result<Map<String, Value>, ParseError> {
        let mut object = Map::new();
        for block in &body.blocks {
            let value = Value::Object(self.body(&block.body)?);
            add_block(&mut object, &block.path, value)
                .map_err(|message| ParseError::at(self.text, block.at, message))?;
        }
        for attribute in &body.attributes {
            object.insert(attribute.name.clone(), self.expression(&attribute.value)?);
        }
        Ok(object)
    }

    fn expression(&self, expression: &Expression) -> Result<Value, ParseError> {
        Ok(match &expression.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => self.number(expression, number)?,
            Kind::Unary(operator, operand) => match (operator, &operand.kind) {
                ('-', Kind::Number(number)) => self.number(expression, &number.negated())?,
                ('!', Kind::Bool(value)) => Value::Bool(!value),
                (_, Kind::Number(_) | Kind::Bool(_) | Kind::Null) => {
                    let message = format!("{operator} cannot be applied to this");
                    return Err(ParseError::at(self.text, expression.start, message));
                }
                _ => Value::String(self.wrapped(expression)),
            },
            Kind::Template(parts) => Value::String(self.template(parts)),
            Kind::Wrapped(inner) => self.expression(inner)?,
            Kind::Tuple(values) => Value::Array(
                values
                    .iter()
                    .map(|value| self.expression(value))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Object(items) => {
                let mut object = Map::new();
                for (key, value) in items {
                    let key = match key.kind {
                        Kind::Traversal => self.source(key).to_owned(),
                        _ => self.in_text(key),
                    };
                    object.insert(key, self.expression(value)?);
                }
                Value::Object(object)
            }
            Kind::Conditional(_) | Kind::Traversal | Kind::Other => {
                Value::String(self.wrapped(expression))
            }
        })
    }

    fn number(&self, expression: &Expression, number: &Number) -> Result<Value, ParseError> {
        number
            .text()
            .parse()
            .ok()
            .and_then(double)
            .ok_or_else(|| ParseError::at(self.text, expression.start, "number out of range"))
    }

    /// The text of a template, its interpolations as their own source.
    fn template(&self, parts: &[Part]) -> String {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &Part) -> String {
        match part {
            Part::Text(text) => escaped(text),
            Part::Expression(expression) => self.in_text(expression),
            Part::If {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, &self.template(then), &self.template(otherwise)),
            Part::For {
                key,
                value,
                collection,
                body,
            } => {
                let key = key
                    .as_ref()
                    .map(|key| format!("{key}, "))
                    .unwrap_or_default();
                format!(
                    "%{{for {key}{value} in {}}}{}%{{endfor}}",
                    self.source(collection),
                    self.template(body)
                )
            }
        }
    }

    /// An expression as part of a text.
    fn in_text(&self, expression: &Expression) -> String {
        match &expression.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(value) => value.to_string(),
            Kind::Number(number) => number.text(),
            Kind::Template(parts) => self.template(parts),
            Kind::Wrapped(inner) => self.in_text(inner),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                self.conditional(condition, &self.in_text(then), &self.in_text(otherwise))
            }
            _ => self.wrapped(expression),
        }
    }

    fn conditional(&self, condition: &Expression, then: &str, otherwise: &str) -> String {
        let condition = self.source(condition);
        if otherwise.is_empty() {
            format!("%{{if {condition}}}{then}%{{endif}}")
        } else {
            format!("%{{if {condition}}}{then}%{{else}}{otherwise}%{{endif}}")
        }
    }

    fn wrapped(&self, expression: &Expression) -> String {
        format!("${{{}}}", self.source(expression))
    }

    /// What is written. hcl2json adds a parenthesis that stands right behind.
    fn source(&self, expression: &Expression) -> &str {
        let behind = self.text.get(expression.end..).unwrap_or("");
        let end = expression.end + usize::from(behind.starts_with(')'));
        self.text.get(expression.start..end).unwrap_or("")
    }
}

/// Text that would open an interpolation gets its escape back.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// Puts a body below its type and labels, into the array there.
fn add_block(object: &mut Map<String, Value>, path: &[String], body: Value) -> Result<(), String> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(());
    };
    let mixed = || format!("block {} both with and without labels", path.join("."));
    let mut at = object;
    for name in parents {
        let below = at
            .entry(name.as_str())
            .or_insert_with(|| Value::Object(Map::new()));
        at = below.as_object_mut().ok_or_else(mixed)?;
    }
    match at
        .entry(last.as_str())
        .or_insert_with(|| Value::Array(Vec::new()))
    {
        Value::Array(bodies) => bodies.push(body),
        _ => return Err(mixed()),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
