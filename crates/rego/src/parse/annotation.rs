//! `# METADATA` comments and what they stand before.
//!
//! Fields are brought into the form in which OPA hands them to policies: the scope is always there, authors are
//! objects with name and email, related resources objects with a reference. Fields that OPA does not know are dropped.

use serde_json::{Map, Value, json};

use super::{Parsed, Parser, metadata_yaml};
use crate::{
    Span,
    ast::{Annotation, Module},
};

const SCOPES: [&str; 4] = ["rule", "document", "package", "subpackages"];

/// Comment lines that belong together; each is the text after `#`.
struct Block<'a> {
    span: Span,
    lines: Vec<(Span, &'a str)>,
}

impl<'a> Parser<'a> {
    /// Reads the metadata among the comments of a module whose statements were read.
    pub(super) fn annotations(&mut self, comments: &[Span], module: &mut Module) {
        let blocks = self.blocks(comments);
        let mut rule = 0;
        for block in blocks {
            while module
                .rules
                .get(rule)
                .is_some_and(|rule| rule.span.start < block.span.start)
            {
                rule += 1;
            }
            if let Ok(annotation) = self.annotation(&block, module, rule) {
                module.annotations.push(annotation);
            }
        }
    }

    fn blocks(&self, comments: &[Span]) -> Vec<Block<'a>> {
        let bytes = self.source.text.as_bytes();
        let mut blocks: Vec<Block<'a>> = Vec::new();
        // Where the comment before ended, if a block goes on there.
        let mut open_end = None;
        for span in comments {
            let line = self.text(*span).get(1..).unwrap_or("");
            let start = span.start as usize;
            let begins_line = start == 0
                || bytes.get(start - 1) == Some(&b'\n')
                || (start == '\u{feff}'.len_utf8() && self.source.text.starts_with('\u{feff}'));
            let is_mark = begins_line && line.trim().starts_with("METADATA");
            let follows = begins_line
                && open_end.is_some_and(|end: usize| {
                    bytes
                        .get(end..start)
                        .is_some_and(|between| between.split(|byte| *byte == b'\n').count() == 2)
                });
            if is_mark {
                blocks.push(Block {
                    span: *span,
                    lines: Vec::new(),
                });
                open_end = Some(span.end as usize);
            } else if follows && let Some(block) = blocks.last_mut() {
                block.span.end = span.end;
                block.lines.push((*span, line));
                open_end = Some(span.end as usize);
            } else {
                open_end = None;
            }
        }
        blocks
    }

    fn annotation(
        &mut self,
        block: &Block<'_>,
        module: &Module,
        next_rule: usize,
    ) -> Parsed<Annotation> {
        let mut text = String::new();
        for (_, line) in &block.lines {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        if text.trim().is_empty() {
            return Err(self.error(block.span, "METADATA without anything below it"));
        }
        let value = metadata_yaml::read(&text).map_err(|problem| {
            let (span, line) = block
                .lines
                .get(problem.line)
                .or(block.lines.last())
                .map_or((block.span, ""), |(span, line)| (*span, *line));
            let hint = if line
                .split(':')
                .nth(1)
                .is_some_and(|rest| !rest.is_empty() && !rest.starts_with([' ', '\t', '/']))
            {
                "; a colon needs a space after it"
            } else {
                ""
            };
            self.error(
                span,
                format!("METADATA is no YAML: {}{hint}", problem.message),
            )
        })?;
        let Value::Object(fields) = value else {
            return Err(self.error(block.span, "METADATA must be fields with values"));
        };
        let mut fields = known_fields(fields).map_err(|problem| self.error(block.span, problem))?;
        let start = block.span.start;
        let before_package = module.package_span.start > start;
        let import = module
            .imports
            .iter()
            .find(|import| import.span.start > start);
        let rule = module.rules.get(next_rule);
        let before_import = import
            .is_some_and(|import| rule.is_none_or(|rule| import.span.start < rule.span.start));
        let before_rule = !before_package && !before_import && rule.is_some();
        let is_entrypoint = fields.get("entrypoint") == Some(&Value::Bool(true));
        let scope = match fields.get("scope").and_then(Value::as_str) {
            Some(scope) if !scope.is_empty() => scope.to_owned(),
            _ if before_package => "package".to_owned(),
            _ if before_import => {
                return Err(self.error(
                    block.span,
                    "METADATA stands before an import, it belongs before the package or a rule",
                ));
            }
            _ if before_rule && is_entrypoint => "document".to_owned(),
            _ if before_rule => "rule".to_owned(),
            _ => return Err(self.error(block.span, "METADATA with nothing after it")),
        };
        if !SCOPES.contains(&&*scope) {
            return Err(self.error(
                block.span,
                format!("the scope of METADATA is `rule`, `document`, `package` or `subpackages`, not `{scope}`"),
            ));
        }
        let is_of_rule = matches!(&*scope, "rule" | "document");
        if is_of_rule != before_rule || (!is_of_rule && !before_package) {
            let what = if is_of_rule { "a rule" } else { "the package" };
            return Err(self.error(
                block.span,
                format!("METADATA of scope `{scope}` must stand before {what}"),
            ));
        }
        if is_entrypoint && !matches!(&*scope, "document" | "package") {
            return Err(self.error(
                block.span,
                format!("METADATA of scope `{scope}` cannot be an entrypoint, only `document` and `package` can"),
            ));
        }
        fields.insert("scope".to_owned(), Value::String(scope));
        Ok(Annotation {
            span: block.span,
            value: Value::Object(fields),
            rule: is_of_rule.then_some(next_rule),
        })
    }
}

/// The fields that OPA knows, in the form that policies see.
fn known_fields(fields: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut known = Map::new();
    for (name, value) in fields {
        let value = match (&*name, value) {
            (_, Value::Null) => continue,
            ("scope" | "title" | "description", value) => match value {
                Value::String(text) if text.is_empty() => continue,
                Value::String(_) => value,
                Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
                _ => return Err(format!("`{name}` of METADATA must be a string")),
            },
            ("entrypoint", value) => match value {
                Value::Bool(true) => value,
                Value::Bool(false) => continue,
                _ => return Err("`entrypoint` of METADATA must be true or false".to_owned()),
            },
            ("organizations", Value::Array(items)) => {
                if !items.iter().all(Value::is_string) {
                    return Err("`organizations` of METADATA must be strings".to_owned());
                }
                Value::Array(items)
            }
            ("authors", Value::Array(items)) => {
                Value::Array(items.iter().map(author).collect::<Result<_, _>>()?)
            }
            ("related_resources", Value::Array(items)) => {
                Value::Array(items.iter().map(resource).collect::<Result<_, _>>()?)
            }
            ("schemas", Value::Array(items)) => Value::Array(items),
            ("custom" | "labels" | "compile", value @ Value::Object(_)) => value,
            ("organizations" | "authors" | "related_resources" | "schemas", _) => {
                return Err(format!("`{name}` of METADATA must be a list"));
            }
            ("custom" | "labels" | "compile", _) => {
                return Err(format!("`{name}` of METADATA must have fields"));
            }
            _ => continue,
        };
        known.insert(name, value);
    }
    Ok(known)
}

fn trimmed<'a>(value: &'a Value, field: &str) -> &'a str {
    value
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or("")
        .trim()
}

/// `Jane Doe <jane@example.com>`, or an object with name and email.
fn author(value: &Value) -> Result<Value, String> {
    let (name, email) = match value {
        Value::String(text) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            let Some((last, before)) = words.split_last() else {
                return Err("an author in METADATA is an empty string".to_owned());
            };
            match last
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
            {
                Some(email) => (before.join(" "), email.to_owned()),
                None => (words.join(" "), String::new()),
            }
        }
        Value::Object(_) => (
            trimmed(value, "name").to_owned(),
            trimmed(value, "email").to_owned(),
        ),
        _ => {
            return Err("an author in METADATA must be a string or have name and email".to_owned());
        }
    };
    if value.is_object() && name.is_empty() && email.is_empty() {
        return Err("an author in METADATA needs a name or an email".to_owned());
    }
    Ok(if email.is_empty() {
        json!({ "name": name })
    } else {
        json!({ "name": name, "email": email })
    })
}

/// A link, or an object with `ref` and `description`.
fn resource(value: &Value) -> Result<Value, String> {
    let (reference, description) = match value {
        Value::String(text) => (text.as_str(), ""),
        Value::Object(_) => (trimmed(value, "ref"), trimmed(value, "description")),
        _ => {
            return Err("a related resource in METADATA must be a link or have `ref`".to_owned());
        }
    };
    if reference.is_empty() {
        return Err("a related resource in METADATA needs a link".to_owned());
    }
    Ok(if description.is_empty() {
        json!({ "ref": reference })
    } else {
        json!({ "ref": reference, "description": description })
    })
}
