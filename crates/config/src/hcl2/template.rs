//! Quoted texts and heredocs of HCL: text, `${...}` and `%{...}`.

use super::{
    parser::{Lines, Parser},
    syntax::{Expression, Kind, Part},
};
use crate::ParseError;

/// A piece of a template before its directives are brought in order.
enum Token {
    Text(String),
    Expression(Expression),
    If(Expression),
    Else,
    EndIf,
    For(Option<String>, String, Expression),
    EndFor,
}

/// What ends a template.
#[derive(Clone, Copy)]
enum End<'a> {
    Quote,
    /// A line with this word alone.
    Line(&'a str),
}

impl Parser<'_> {
    pub(super) fn quoted(&mut self) -> Result<Kind, ParseError> {
        self.at += 1;
        let tokens = self.nested(|parser| parser.tokens(End::Quote))?;
        self.template(tokens)
    }

    /// A label of a block: a quoted text without interpolations.
    pub(super) fn label(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let kind = self.quoted()?;
        match kind {
            Kind::Template(parts) => match parts.as_slice() {
                [] => Ok(String::new()),
                [Part::Text(text)] => Ok(text.clone()),
                _ => Err(ParseError::at(
                    self.text,
                    start,
                    "a label takes no interpolation",
                )),
            },
            _ => Err(ParseError::at(
                self.text,
                start,
                "a label takes no interpolation",
            )),
        }
    }

    pub(super) fn heredoc(&mut self) -> Result<Kind, ParseError> {
        self.at += "<<".len();
        let is_flush = self.eat("-");
        let word = self
            .name()
            .ok_or_else(|| self.error("expected the word that ends the heredoc"))?;
        self.eat("\r");
        self.expect("\n")?;
        let mut tokens = self.nested(|parser| parser.tokens(End::Line(word)))?;
        if is_flush {
            flush(&mut tokens);
        }
        self.template(tokens)
    }

    fn template(&self, tokens: Vec<Token>) -> Result<Kind, ParseError> {
        let mut tokens = meld(tokens).into_iter();
        let mut parts = Vec::new();
        while let Some(token) = tokens.next() {
            let part = self.part(token, &mut tokens, 0)?;
            parts.push(part.ok_or_else(|| self.error("directive without its beginning"))?);
        }
        if parts.len() == 1
            && let Some(Part::Expression(_)) = parts.first()
            && let Some(Part::Expression(inner)) = parts.pop()
        {
            return Ok(Kind::Wrapped(Box::new(inner)));
        }
        Ok(Kind::Template(parts))
    }

    /// The part that a token starts; `None` for `else`, `endif` and `endfor`.
    fn part(
        &self,
        token: Token,
        rest: &mut std::vec::IntoIter<Token>,
        depth: usize,
    ) -> Result<Option<Part>, ParseError> {
        if depth > crate::MAX_DEPTH {
            return Err(self.error("directives nested too deep"));
        }
        Ok(match token {
            Token::Text(text) => Some(Part::Text(text)),
            Token::Expression(expression) => Some(Part::Expression(expression)),
            Token::If(condition) => {
                let mut then = Vec::new();
                let mut otherwise = None;
                loop {
                    match rest.next() {
                        None => return Err(self.error("%{if} without %{endif}")),
                        Some(Token::EndIf) => break,
                        Some(Token::Else) if otherwise.is_none() => otherwise = Some(Vec::new()),
                        Some(token) => {
                            let part = self
                                .part(token, rest, depth + 1)?
                                .ok_or_else(|| self.error("unexpected directive in %{if}"))?;
                            otherwise.as_mut().unwrap_or(&mut then).push(part);
                        }
                    }
                }
                Some(Part::If {
                    condition,
                    then,
                    otherwise: otherwise.unwrap_or_default(),
                })
            }
            Token::For(key, value, collection) => {
                let mut body = Vec::new();
                loop {
                    match rest.next() {
                        None => return Err(self.error("%{for} without %{endfor}")),
                        Some(Token::EndFor) => break,
                        Some(token) => {
                            let part = self
                                .part(token, rest, depth + 1)?
                                .ok_or_else(|| self.error("unexpected directive in %{for}"))?;
                            body.push(part);
                        }
                    }
                }
                Some(Part::For {
                    key,
                    value,
                    collection,
                    body,
                })
            }
            Token::Else | Token::EndIf | Token::EndFor => None,
        })
    }

    /// Reads up to the end and moves behind it. In a heredoc each line is a token of its own.
    fn tokens(&mut self, end: End<'_>) -> Result<Vec<Token>, ParseError> {
        let mut tokens = Vec::new();
        let mut text = String::new();
        let mut trims_next = false;
        let mut at_line_start = true;
        loop {
            if let (End::Line(word), true) = (end, at_line_start)
                && self.is_last_line(word)
            {
                push_text(&mut tokens, &mut text, &mut trims_next);
                return Ok(tokens);
            }
            at_line_start = false;
            if self.eat("$${") {
                text.push_str("${");
                continue;
            }
            if self.eat("%%{") {
                text.push_str("%{");
                continue;
            }
            if self.starts_with("${") || self.starts_with("%{") {
                let had_text = !text.is_empty();
                push_text(&mut tokens, &mut text, &mut trims_next);
                let is_directive = self.next() == Some('%');
                self.at += 1;
                if self.eat("~")
                    && had_text
                    && let Some(Token::Text(before)) = tokens.last_mut()
                {
                    before.truncate(before.trim_end().len());
                }
                let token = if is_directive {
                    self.directive()?
                } else {
                    Token::Expression(self.expression(Lines::Skip)?)
                };
                tokens.push(token);
                self.blanks(Lines::Skip)?;
                trims_next = self.eat("~");
                self.expect("}")?;
                continue;
            }
            match (self.next(), end) {
                (None, _) => return Err(self.error("text without an end")),
                (Some('"'), End::Quote) => {
                    push_text(&mut tokens, &mut text, &mut trims_next);
                    return Ok(tokens);
                }
                (Some('\n'), End::Quote) => {
                    self.at -= 1;
                    return Err(self.error("line break in a quoted text"));
                }
                (Some('\\'), End::Quote) => text.push(self.escape()?),
                (Some('\n'), End::Line(_)) => {
                    text.push('\n');
                    push_text(&mut tokens, &mut text, &mut trims_next);
                    at_line_start = true;
                }
                (Some(c), _) => text.push(c),
            }
        }
    }

    /// Whether the line here is the word alone; moves before its end if so.
    fn is_last_line(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or(rest);
        let is_last = line.trim() == word;
        if is_last {
            self.at += line.trim_end().len();
        }
        is_last
    }

    fn directive(&mut self) -> Result<Token, ParseError> {
        self.blanks(Lines::Skip)?;
        match self.name() {
            Some("if") => Ok(Token::If(self.expression(Lines::Skip)?)),
            Some("else") => Ok(Token::Else),
            Some("endif") => Ok(Token::EndIf),
            Some("for") => {
                let (key, value) = self.loop_names()?;
                Ok(Token::For(key, value, self.expression(Lines::Skip)?))
            }
            Some("endfor") => Ok(Token::EndFor),
            _ => Err(self.error("unknown directive of a template")),
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, ParseError> {
        let length = match self.next() {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some(c @ ('"' | '\\')) => return Ok(c),
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(self.error("unknown escape")),
        };
        let digits = self.rest().get(..length);
        let character = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| self.error("expected the number of a character"))?;
        self.at += length;
        Ok(character)
    }
}

fn push_text(tokens: &mut Vec<Token>, text: &mut String, trims: &mut bool) {
    if text.is_empty() {
        return;
    }
    let text = std::mem::take(text);
    let text = if std::mem::take(trims) {
        text.trim_start().to_owned()
    } else {
        text
    };
    tokens.push(Token::Text(text));
}

/// Takes the indentation that all lines have off each of them; blank lines do not count.
fn flush(tokens: &mut [Token]) {
    let mut indentation = usize::MAX;
    let mut lines = Vec::new();
    let mut is_line_start = true;
    for (at, token) in tokens.iter().enumerate() {
        let text = match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        };
        if std::mem::take(&mut is_line_start) {
            match text {
                Some(text) if text.trim().is_empty() && text.ends_with('\n') => {}
                Some(text) => {
                    let blanks = text.chars().take_while(|c| c.is_whitespace()).count();
                    indentation = indentation.min(blanks);
                    lines.push(at);
                }
                None => indentation = 0,
            }
        }
        is_line_start = text.is_some_and(|text| text.ends_with('\n'));
    }
    for at in lines {
        if let Some(Token::Text(text)) = tokens.get_mut(at) {
            *text = text.chars().skip(indentation).collect();
        }
    }
}

/// Joins neighbouring texts.
fn meld(tokens: Vec<Token>) -> Vec<Token> {
    let mut melded: Vec<Token> = Vec::new();
    for token in tokens {
        match (melded.last_mut(), token) {
            (Some(Token::Text(before)), Token::Text(text)) => before.push_str(&text),
            (_, token) => melded.push(token),
        }
    }
    melded
}
