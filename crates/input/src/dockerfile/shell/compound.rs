//! Compound commands: groups, conditions, loops, functions.

use super::cursor::{Parser, Result};
use super::word_parser::PlacedWord;
use super::{Command, Dialect, Loop, ShellWord};

impl Parser<'_> {
    /// Reads one command of a pipeline, of any kind.
    pub(super) fn command(&mut self) -> Result<()> {
        let start = self.at;
        match self.reserved() {
            "{" => {
                self.at += 1;
                self.block(&["}"], (start, "{"))?;
                self.expect_reserved("}", (start, "{"))?;
            }
            "if" => self.if_clause()?,
            "while" => self.loop_clause("while")?,
            "until" => self.loop_clause("until")?,
            "for" => self.for_clause("for")?,
            "select" => self.for_clause("select")?,
            "case" => self.case_clause()?,
            "function" => return self.function_keyword(),
            "coproc" if self.dialect != Dialect::Sh => return self.coprocess(),
            "[[" => self.double_bracket()?,
            _ if self.peek() == Some(b'(') => self.parentheses()?,
            _ => return self.simple(),
        }
        self.redirects_behind(start)
    }

    /// A list that must not be empty.
    fn block(&mut self, ends: &[&str], opened: (usize, &str)) -> Result<()> {
        self.enter()?;
        let count = self.list(ends)?;
        self.leave();
        if count > 0 {
            return Ok(());
        }
        if self.peek().is_none() {
            let (start, keyword) = opened;
            return Err(self.error(
                start..start + keyword.len(),
                format!("'{keyword}' is not closed"),
            ));
        }
        Err(self.unexpected())
    }

    fn condition(&mut self, ends: &[&str], opened: (usize, &str)) -> Result<()> {
        let outer = std::mem::replace(&mut self.frame.in_condition, true);
        self.block(ends, opened)?;
        self.frame.in_condition = outer;
        Ok(())
    }

    fn parentheses(&mut self) -> Result<()> {
        let start = self.at;
        if self.peek_at(1) == Some(b'(')
            && let Some(end) = self.arithmetic_end(start + 2)
        {
            self.at = start + 2;
            self.arithmetic(end)?;
            self.at = end + 2;
            self.bashism(start..self.at, "((...))");
            return Ok(());
        }
        self.at += 1;
        let errexit = self.errexit;
        let outer = std::mem::replace(&mut self.frame.in_subshell, true);
        self.block(&[], (start, "("))?;
        self.frame.in_subshell = outer;
        self.errexit = errexit;
        if self.eat(")") {
            return Ok(());
        }
        if self.peek().is_none() {
            return Err(self.error(start..start + 1, "a parenthesis is not closed"));
        }
        Err(self.unexpected())
    }

    fn if_clause(&mut self) -> Result<()> {
        let start = self.at;
        let opened = (start, "if");
        self.at += 2;
        self.condition(&["then"], opened)?;
        self.expect_reserved("then", opened)?;
        loop {
            self.block(&["elif", "else", "fi"], opened)?;
            if self.eat_reserved("elif") {
                self.condition(&["then"], opened)?;
                self.expect_reserved("then", opened)?;
            } else if self.eat_reserved("else") {
                self.block(&["fi"], opened)?;
                return self.expect_reserved("fi", opened);
            } else {
                return self.expect_reserved("fi", opened);
            }
        }
    }

    fn loop_clause(&mut self, keyword: &str) -> Result<()> {
        let opened = (self.at, keyword);
        self.at += keyword.len();
        self.condition(&["do"], opened)?;
        self.do_group(opened)
    }

    fn do_group(&mut self, opened: (usize, &str)) -> Result<()> {
        self.expect_reserved("do", opened)?;
        self.block(&["done"], opened)?;
        self.expect_reserved("done", opened)
    }

    fn for_clause(&mut self, keyword: &str) -> Result<()> {
        let opened = (self.at, keyword);
        self.at += keyword.len();
        if keyword == "select" {
            self.bashism(opened.0..self.at, "select");
        }
        self.skip_blanks();
        if keyword == "for"
            && self.starts_with("((")
            && let Some(end) = self.arithmetic_end(self.at + 2)
        {
            self.at += 2;
            self.arithmetic(end)?;
            self.at = end + 2;
            self.bashism(opened.0..self.at, "for ((...))");
            self.skip_lines();
            self.eat(";");
        } else {
            let start = self.at;
            let name = self.name();
            if name.is_empty() {
                return Err(self.unexpected());
            }
            let span = self.span(start..self.at);
            self.assigned(name, span);
            self.skip_lines();
            if self.eat_reserved("in") {
                let words = self.for_words()?;
                let name = name.to_owned();
                self.output.script.loops.push(Loop { name, words });
            }
            self.skip_blanks();
            self.eat(";");
        }
        self.skip_lines();
        if self.reserved() == "{" {
            self.at += 1;
            self.block(&["}"], opened)?;
            return self.expect_reserved("}", opened);
        }
        self.do_group(opened)
    }

    fn for_words(&mut self) -> Result<Vec<ShellWord>> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some(b';' | b'\n' | b'#') => return Ok(words),
                _ => {
                    // What stands here is a list, which quotes would make one word of.
                    let word = self.word(false)?;
                    self.note_braces(&word);
                    words.push(word.word);
                }
            }
        }
    }

    fn case_clause(&mut self) -> Result<()> {
        let opened = (self.at, "case");
        self.at += 4;
        self.skip_lines();
        self.word(false)?;
        self.skip_lines();
        self.expect_reserved("in", opened)?;
        loop {
            self.skip_lines();
            if self.eat_reserved("esac") {
                return Ok(());
            }
            if self.peek().is_none() {
                return Err(self.error(opened.0..opened.0 + 4, "'case' has no 'esac'"));
            }
            self.eat("(");
            loop {
                self.skip_blanks();
                self.word(false)?;
                self.skip_blanks();
                if self.eat(")") {
                    break;
                }
                if !self.eat("|") {
                    return Err(self.unexpected());
                }
            }
            self.enter()?;
            self.list(&["esac"])?;
            self.leave();
            self.skip_lines();
            if self.starts_with(";;&") || self.starts_with(";&") {
                let length = if self.starts_with(";;&") { 3 } else { 2 };
                self.bashism(self.at..self.at + length, ";& in case");
                self.at += length;
            } else if !self.eat(";;") {
                return self.expect_reserved("esac", opened);
            }
        }
    }

    fn function_keyword(&mut self) -> Result<()> {
        let start = self.at;
        self.at += "function".len();
        self.bashism(start..self.at, "function");
        self.skip_blanks();
        let name = self.word(false)?.word.value().to_owned();
        self.skip_blanks();
        if self.eat("(") {
            self.skip_blanks();
            if !self.eat(")") {
                return Err(self.unexpected());
            }
        }
        self.function_body(name)
    }

    /// Reads the body of a function; a `cd` or `set -e` in it happens when it is called, if ever.
    pub(super) fn function_body(&mut self, name: String) -> Result<()> {
        self.skip_lines();
        self.enter()?;
        if self.peek().is_none() {
            return Err(self.error_at("a function has no body"));
        }
        let outer = std::mem::take(&mut self.direct);
        let pipeline = self.frame.pipeline.take();
        let around = std::mem::take(&mut self.frame.around);
        let function = self.frame.function.replace(name);
        self.command()?;
        self.frame.function = function;
        self.frame.around = around;
        self.frame.pipeline = pipeline;
        self.direct = outer;
        self.leave();
        Ok(())
    }

    /// `coproc command`, and `coproc NAME { ...; }`.
    fn coprocess(&mut self) -> Result<()> {
        self.at += "coproc".len();
        self.skip_blanks();
        let start = self.at;
        let is_named = !self.name().is_empty();
        self.skip_blanks();
        if !is_named || !self.starts_compound() {
            self.at = start;
        }
        self.enter()?;
        self.frame.wrappers.push("coproc".to_owned());
        let outer = std::mem::replace(&mut self.frame.in_subshell, true);
        self.command()?;
        self.frame.in_subshell = outer;
        self.frame.wrappers.pop();
        self.leave();
        Ok(())
    }

    fn starts_compound(&self) -> bool {
        const KEYWORDS: &[&str] = &["{", "if", "while", "until", "for", "select", "case", "[["];
        self.peek() == Some(b'(') || KEYWORDS.contains(&self.reserved())
    }

    /// `[[ ... ]]`.
    fn double_bracket(&mut self) -> Result<()> {
        let start = self.at;
        self.at += 2;
        let mut args = Vec::new();
        let mut is_regex = false;
        loop {
            self.skip_lines();
            let at = self.at;
            if self.eat_reserved("]]") {
                break;
            }
            match self.peek() {
                None => return Err(self.error(start..start + 2, "'[[' has no ']]'")),
                Some(_) if is_regex => args.push(self.regex()?.word),
                Some(b'(' | b')' | b'<' | b'>') => self.at += 1,
                Some(b'&' | b'|') if self.starts_with("&&") || self.starts_with("||") => {
                    self.at += 2;
                }
                Some(_) => args.push(self.word(false)?.word),
            }
            is_regex = self.slice(at..self.at) == "=~";
        }
        self.bashism(start..self.at, "[[ ]]");
        let command = Command {
            name: "[[".to_owned(),
            word: Some(ShellWord {
                span: self.span(start..start + 2),
                text: "[[".to_owned(),
                literal: Some("[[".to_owned()),
                parts: Vec::new(),
            }),
            args,
            span: self.span(start..self.at),
            ..Command::default()
        };
        self.push(command);
        Ok(())
    }

    /// A regular expression behind `=~`: to the next blank outside parentheses.
    fn regex(&mut self) -> Result<PlacedWord> {
        let start = self.at;
        let mut open = 0_usize;
        let mut last = PlacedWord::default();
        loop {
            match self.peek() {
                None | Some(b'\n') => break,
                Some(b' ' | b'\t') if open == 0 => break,
                Some(b'(') => {
                    open += 1;
                    self.at += 1;
                }
                Some(b')') => {
                    open = open.saturating_sub(1);
                    self.at += 1;
                }
                Some(b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'\r') => self.at += 1,
                Some(_) => last = self.word(false)?,
            }
        }
        last.range = start..self.at;
        last.word.span = self.span(start..self.at);
        self.slice(start..self.at).clone_into(&mut last.word.text);
        last.word.literal = None;
        Ok(last)
    }
}
