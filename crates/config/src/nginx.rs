//! nginx configuration: directives with parameters and blocks.
//!
//! The shape is conftest's own over the Go library gonginx, which drops comments and keeps quotes and
//! escapes as written. gonginx refuses directives it does not know; this reads them all.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{MAX_DEPTH, ParseError};

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut reader = Reader { text, at: 0 };
    let mut open = vec![Block::default()];
    while let Some((at, token)) = reader.token()? {
        let error = |message: &str| ParseError::at(text, at, message);
        let depth = open.len();
        let Some(block) = open.last_mut() else {
            return Err(error("unexpected }"));
        };
        match token {
            Token::Word(word) => block.words.push(word.to_owned()),
            Token::Semicolon => {
                if block.words.is_empty() {
                    return Err(error("unexpected ;"));
                }
                let directive = block.directive(None);
                block.directives.push(directive);
            }
            Token::Open => {
                if block.words.is_empty() {
                    return Err(error("block without a name"));
                }
                if depth > MAX_DEPTH {
                    return Err(error("nested too deep"));
                }
                let is_lua = block
                    .words
                    .first()
                    .is_some_and(|name| name.ends_with("_by_lua_block"));
                if is_lua {
                    reader.skip_lua(at)?;
                    let directive = block.directive(Some(Vec::new()));
                    block.directives.push(directive);
                } else {
                    open.push(Block::default());
                }
            }
            Token::Close => {
                if !block.words.is_empty() {
                    return Err(error("directive without ;"));
                }
                let inside = open.pop().unwrap_or_default().directives;
                let Some(outer) = open.last_mut() else {
                    return Err(error("unexpected }"));
                };
                let directive = outer.directive(Some(inside));
                outer.directives.push(directive);
            }
        }
    }
    let end = |message: &str| ParseError::at(text, text.len(), message);
    match (open.pop(), open.is_empty()) {
        (Some(block), true) if block.words.is_empty() => {
            Ok(json!({"directives": block.directives}))
        }
        (Some(_), true) => Err(end("directive without ;")),
        _ => Err(end("block without }")),
    }
}

/// A block that is not closed yet, and the words of the directive that is being read in it.
#[derive(Default)]
struct Block {
    words: Vec<String>,
    directives: Vec<Value>,
}

impl Block {
    /// The directive whose words were read, in the order gonginx gives its parts back: some of its
    /// directives have a type of their own, which keeps less than what is written.
    fn directive(&mut self, block: Option<Vec<Value>>) -> Value {
        let mut words = std::mem::take(&mut self.words).into_iter();
        let name = words.next().unwrap_or_default();
        let mut parameters: Vec<String> = words.collect();
        let mut block = block;
        match (name.as_str(), &mut block) {
            ("http", Some(directives)) => {
                parameters.clear();
                // `server` here is one with a block.
                directives.sort_by_key(|directive| {
                    is_server(directive) && directive.get("block").is_some()
                });
            }
            ("server", Some(_)) => parameters.clear(),
            ("server", None) => parameters = server_of_upstream(parameters),
            ("upstream", Some(directives)) => {
                parameters.truncate(1);
                directives.sort_by_key(is_server);
            }
            _ => {}
        }
        let mut directive = Map::new();
        directive.insert("name".to_owned(), Value::String(name));
        if !parameters.is_empty() {
            directive.insert("parameters".to_owned(), json!(parameters));
        }
        if let Some(directives) = block {
            directive.insert("block".to_owned(), json!({"directives": directives}));
        }
        Value::Object(directive)
    }
}

fn is_server(directive: &Value) -> bool {
    directive.get("name").and_then(Value::as_str) == Some("server")
}

/// The address, then `key=value` by key, then the rest.
fn server_of_upstream(parameters: Vec<String>) -> Vec<String> {
    let mut parameters = parameters.into_iter();
    let address = parameters.next().unwrap_or_default();
    let mut named = BTreeMap::new();
    let mut flags = Vec::new();
    for parameter in parameters {
        match parameter.split_once('=') {
            Some((key, value)) => {
                named.insert(key.to_owned(), value.to_owned());
            }
            None => flags.push(parameter),
        }
    }
    let named = named
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"));
    std::iter::once(address).chain(named).chain(flags).collect()
}

enum Token<'a> {
    Word(&'a str),
    Semicolon,
    Open,
    Close,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The next token and where it starts.
    fn token(&mut self) -> Result<Option<(usize, Token<'a>)>, ParseError> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let rest = self.rest();
            if !rest.starts_with('#') {
                break;
            }
            self.at += rest.find(['\r', '\n']).unwrap_or(rest.len());
        }
        let at = self.at;
        let rest = self.rest();
        let (length, token) = match rest.chars().next() {
            None => return Ok(None),
            Some(';') => (1, Token::Semicolon),
            Some('{') => (1, Token::Open),
            Some('}') => (1, Token::Close),
            Some(quote @ ('"' | '\'' | '`')) => {
                let length = quoted(rest, quote)
                    .ok_or_else(|| ParseError::at(self.text, at, "quote without an end"))?;
                (length, Token::Word(rest.get(..length).unwrap_or("")))
            }
            Some(_) => {
                let length = word(rest);
                (length, Token::Word(rest.get(..length).unwrap_or("")))
            }
        };
        self.at += length;
        Ok(Some((at, token)))
    }

    /// Moves behind the Lua code of a block whose `{` was read; its braces are balanced.
    fn skip_lua(&mut self, start: usize) -> Result<(), ParseError> {
        let mut depth = 1_usize;
        let mut comment = false;
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'\n' | b'\r' => comment = false,
                _ if comment => {}
                b'#' => comment = true,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += at + 1;
                return Ok(());
            }
        }
        Err(ParseError::at(self.text, start, "Lua block without }"))
    }
}

/// Bytes up to the closing quote; a backslash takes only a quote after it out of its meaning.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && characters.peek().is_some_and(|(_, next)| *next == quote) {
            characters.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

/// Bytes up to a blank, `;`, or a brace that is not part of `${name}`.
fn word(text: &str) -> usize {
    let mut previous = '\0';
    let mut in_variable = false;
    for (at, c) in text.char_indices() {
        let ends = match c {
            _ if at == 0 => false,
            ' ' | '\t' | '\r' | '\n' | ';' => true,
            '{' => previous != '$' && !in_variable,
            '}' => !in_variable,
            _ => false,
        };
        if ends {
            return at;
        }
        match c {
            '{' if at > 0 => in_variable |= previous == '$',
            '}' if at > 0 => in_variable = false,
            c => previous = c,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn directives_hold_parameters_and_blocks() {
        assert_eq!(
            parse(
                "user www; # note\nhttp {\n  server {\n    listen 80;\n    location ~ \\.php$ { return 301 \
                 \"https://$host${uri}/a;b\"; }\n  }\n}\n"
            ),
            Ok(json!({"directives": [
                {"name": "user", "parameters": ["www"]},
                {"name": "http", "block": {"directives": [
                    {"name": "server", "block": {"directives": [
                        {"name": "listen", "parameters": ["80"]},
                        {"name": "location", "parameters": ["~", "\\.php$"], "block": {"directives": [
                            {"name": "return", "parameters": ["301", "\"https://$host${uri}/a;b\""]},
                        ]}},
                    ]}},
                ]}},
            ]}))
        );
    }

    #[test]
    fn broken_files_are_refused() {
        for (text, message) in [
            ("a {", "1:4: block without }"),
            ("a", "1:2: directive without ;"),
            ("a;\n}", "2:1: unexpected }"),
            ("a { b }", "1:7: directive without ;"),
            ("a \"b;", "1:3: quote without an end"),
            (";", "1:1: unexpected ;"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
        assert!(parse(&"a {".repeat(10_000)).is_err());
    }
}
