//! Arguments that are commands: RUN, CMD, ENTRYPOINT, HEALTHCHECK, SHELL.

use std::ops::Range;

use ringwall_model::Span;

use super::arguments::{Arguments, Result, flag_value};
use super::exec_form::{self, ExecForm};
use super::joined::Joined;
use super::mount::mount;
use super::reader::is_blank;
use super::shell::{parse_exec, parse_script};
use super::substitution::Word;
use super::{CommandLine, Flag, Form, Healthcheck, Heredoc, Run, Script, Shell};
use crate::Diagnostic;

impl Arguments<'_> {
    pub(super) fn run(&self, flags: &[Flag], rest: Range<usize>) -> Result<Run> {
        if rest.is_empty() {
            return Err(self.missing("a command"));
        }
        let span = self.joined.span(rest.clone());
        let (form, script) = self.command(rest)?;
        Ok(Run {
            form,
            script,
            mounts: flags
                .iter()
                .filter(|flag| flag.name == "mount")
                .map(mount)
                .collect(),
            network: flag_value(flags, "network"),
            security: flag_value(flags, "security"),
            heredocs: self.heredocs.to_vec(),
            span,
        })
    }

    pub(super) fn command_line(&self, rest: Range<usize>) -> Result<CommandLine> {
        let span = self.joined.span(rest.clone());
        let (form, script) = self.command(rest)?;
        Ok(CommandLine { form, script, span })
    }

    /// A command in exec or shell form.
    fn command(&self, rest: Range<usize>) -> Result<(Form, Script)> {
        let broken_json = match exec_form::read(self.joined, rest.clone()) {
            ExecForm::Words(words) => {
                let script = parse_exec(&words, self.joined.span(rest));
                return Ok((Form::Exec(words), script));
            }
            ExecForm::NotStrings => return Err(self.not_strings(rest)),
            ExecForm::Broken => true,
            ExecForm::Absent => false,
        };
        let script = self.shell_script(rest)?;
        Ok((Form::Shell { broken_json }, script))
    }

    fn shell_script(&self, rest: Range<usize>) -> Result<Script> {
        let mut script = self.joined.slice(rest.clone());
        let alone = match self.heredocs {
            [heredoc] if heredoc.span == self.joined.span(rest.clone()) => Some(heredoc),
            _ => None,
        };
        if let Some(heredoc) = alone {
            script = self.body(heredoc);
            let first = script.text().lines().next().unwrap_or("");
            if let Some(interpreter) = first.strip_prefix("#!") {
                let words = interpreter.split_whitespace().map(str::to_owned).collect();
                let shell = Shell::new(words, Some(heredoc.span));
                return script_of(&script, &shell, heredoc.body, interpreter.trim());
            }
        } else {
            for heredoc in self.heredocs {
                // The shell reads these itself, as it would in a script file.
                script.push(heredoc.body.range().start.saturating_sub(1), "\n");
                let lines = heredoc.body.range();
                script.push(lines.start, self.text.get(lines.clone()).unwrap_or(""));
                script.push(lines.end, &heredoc.name);
            }
        }
        let span = alone.map_or_else(|| self.joined.span(rest), |heredoc| heredoc.body);
        let interpreter = self.shell.words.first().map_or("", String::as_str);
        script_of(&script, self.shell, span, interpreter)
    }

    fn body(&self, heredoc: &Heredoc) -> Joined {
        let mut body = Joined::default();
        let mut at = heredoc.body.range().start;
        let text = self.text.get(heredoc.body.range()).unwrap_or("");
        for line in text.split_inclusive('\n') {
            let kept = if heredoc.chomp {
                line.trim_start_matches('\t')
            } else {
                line
            };
            body.push(at + line.len() - kept.len(), kept);
            at += line.len();
        }
        body
    }

    pub(super) fn shell_array(&self, rest: Range<usize>) -> Result<Shell> {
        let span = self.joined.span(rest.clone());
        match exec_form::read(self.joined, rest) {
            ExecForm::Words(words) if !words.is_empty() => Ok(Shell::new(
                words.into_iter().map(|word| word.value).collect(),
                Some(span),
            )),
            ExecForm::Words(_) => Err(self.missing("at least one word")),
            _ if span.start == span.end => Err(self.missing("a JSON array of strings")),
            _ => Err(Diagnostic::new(span, "SHELL needs a JSON array of strings")),
        }
    }

    pub(super) fn healthcheck(&self, flags: &[Flag], rest: Range<usize>) -> Result<Healthcheck> {
        let text = self.joined.get(rest.clone());
        let length = text.find(is_blank).unwrap_or(text.len());
        let kind = text.get(..length).unwrap_or("");
        let command = self.skip_blanks(rest.start + length, rest.end)..rest.end;
        if kind.is_empty() {
            return Err(self.missing("NONE or CMD with a command"));
        }
        if kind.eq_ignore_ascii_case("NONE") {
            if command.is_empty() {
                return Ok(Healthcheck::None);
            }
            return Err(Diagnostic::new(
                self.joined.span(command),
                "HEALTHCHECK NONE takes no arguments",
            ));
        }
        if !kind.eq_ignore_ascii_case("CMD") {
            return Err(Diagnostic::new(
                self.joined.span(rest.start..rest.start + length),
                format!("HEALTHCHECK takes NONE or CMD, not {kind}"),
            ));
        }
        let command_line = self.command_line(command.clone())?;
        let has_no_words = matches!(&command_line.form, Form::Exec(words) if words.is_empty());
        if command.is_empty() || has_no_words {
            return Err(self.missing("a command behind CMD"));
        }
        for flag in flags {
            if let Some(word) = &flag.value
                && !is_health_setting(&flag.name, word)
            {
                let wanted = if flag.name == "retries" {
                    "a number"
                } else {
                    "a duration such as 30s, 1 ms or more"
                };
                let message = format!("--{} takes {wanted}", flag.name);
                return Err(Diagnostic::new(flag.span, message));
            }
        }
        Ok(Healthcheck::Command(command_line))
    }
}

/// Whether a flag of HEALTHCHECK has a value that `BuildKit` takes; it replaces no variables there.
fn is_health_setting(name: &str, word: &Word) -> bool {
    let text = word.value.as_str();
    if !word.references.is_empty() {
        return false;
    }
    if name == "retries" {
        return text.is_empty() || text.parse::<i32>().is_ok_and(|number| number >= 0);
    }
    text.is_empty() || milliseconds(text).is_some_and(|length| length == 0.0 || length >= 1.0)
}

/// A duration as Go writes it: `1h30m`, `1.5s`.
///
/// See: <https://pkg.go.dev/time#ParseDuration>
fn milliseconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let is_number = |next: char| next.is_ascii_digit() || next == '.';
        let (number, behind) = rest.split_at(rest.find(|next| !is_number(next))?);
        let (unit, behind) = behind.split_at(behind.find(is_number).unwrap_or(behind.len()));
        let length = match unit {
            "ns" => 1e-6,
            "us" | "µs" | "μs" => 1e-3,
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 60e3,
            "h" => 3600e3,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * length;
        rest = behind;
    }
    Some(sign * sum)
}

fn script_of(script: &Joined, shell: &Shell, span: Span, interpreter: &str) -> Result<Script> {
    if shell.dialect.is_some() {
        return parse_script(script, shell, span).map(|script| Script::Posix(Box::new(script)));
    }
    Ok(Script::NotPosix {
        interpreter: interpreter.to_owned(),
        span,
    })
}
