//! One simple command and questions to it.

use std::sync::Arc;

use ringwall_model::Span;

use super::ShellWord;

/// A simple command, wherever in the script it stands.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about where the command stands, in any combination"
)]
pub struct Command {
    /// The name with quotes removed, as written otherwise: `/usr/bin/apt-get`; empty for a bare assignment or redirect.
    ///
    /// A name with an expansion in it stands as written: `$CC`.
    pub name: String,
    /// The word that is the name; `None` for a bare assignment or redirect.
    pub word: Option<ShellWord>,
    /// Everything behind the name, redirects left out.
    pub args: Vec<ShellWord>,
    /// Assignments before the name.
    pub assignments: Vec<Assignment>,
    /// Redirects anywhere in the command; those of an enclosing group are not among them.
    pub redirects: Vec<Redirect>,
    /// From its first to its last word.
    pub span: Span,
    /// Its place in the pipeline.
    pub pipeline: PipelinePosition,
    /// The places of the groups, loops and scripts that it stands in, in the pipelines around; outermost first.
    pub around: Arc<[PipelinePlace]>,
    /// The function whose body it stands in.
    pub function: Option<String>,
    /// Whether its pipeline stands behind `!`.
    pub negated: bool,
    /// How its pipeline is connected to the one before it in the same list.
    pub connection: Connection,
    /// How its pipeline is connected to the one after it in the same list; `Sequence` at the end.
    pub next: Connection,
    /// The programs that run it, outermost first: `sudo`, `env`, `sh`.
    pub wrappers: Vec<String>,
    /// Whether it stands in `$(...)`, backticks or `<(...)`.
    pub in_substitution: bool,
    /// Whether it stands in a subshell or a substitution, so that a `cd` or an assignment ends with it.
    pub in_subshell: bool,
    /// Whether it stands in the condition of `if`, `while` or `until`.
    pub in_condition: bool,
    /// Whether a failing command ends the script here (`set -e` before it, or the shell's own flags).
    pub errexit: bool,
}

impl Command {
    /// The last path component of the name: `apt-get` of `/usr/bin/apt-get`.
    pub fn program(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or("")
    }

    /// Whether the program is `program`, with any path.
    pub fn is(&self, program: &str) -> bool {
        self.program() == program
    }

    /// Whether the program is one of `programs`, with any path.
    pub fn is_any(&self, programs: &[&str]) -> bool {
        programs.contains(&self.program())
    }

    /// The first argument that is no flag: `install` of `apt-get -y install curl`.
    ///
    /// Needs no list of flags with values as long as those are written after it or with `=`.
    pub fn subcommand(&self) -> Option<&str> {
        self.args
            .iter()
            .find(|word| !word.is_flag())
            .map(ShellWord::value)
    }

    /// Whether an argument stands there as such, flag or not.
    pub fn has_arg(&self, arg: &str) -> bool {
        self.args.iter().any(|word| word.value() == arg)
    }

    /// Whether one of `flags` is given: `-y` also within `-qqy`, `--yes` also as `--yes=true`.
    ///
    /// Nothing after `--` counts.
    pub fn has_flag(&self, flags: &[&str]) -> bool {
        self.flag(flags).is_some()
    }

    /// The first word that gives one of `flags`, as [`Command::has_flag`] understands them.
    pub fn flag(&self, flags: &[&str]) -> Option<&ShellWord> {
        self.args
            .iter()
            .take_while(|word| word.value() != "--")
            .find(|word| {
                let text = word.value();
                flags.iter().any(|flag| gives_flag(text, flag))
            })
    }

    /// How often a short flag is given: 2 for `-q` in `-qq` or `-q -q`.
    pub fn count_flag(&self, letter: char) -> usize {
        self.args
            .iter()
            .take_while(|word| word.value() != "--")
            .filter_map(|word| short_flags(word.value()))
            .map(|letters| letters.chars().filter(|&other| other == letter).count())
            .sum()
    }

    /// The value of a flag: of `--x=v`, `--x v`, `-o v` and `-ov`.
    pub fn flag_value(&self, flag: &str) -> Option<&str> {
        let mut words = self.args.iter().map(ShellWord::value);
        while let Some(text) = words.next() {
            if text == "--" {
                return None;
            }
            if text == flag {
                return words.next();
            }
            if let Some(rest) = text.strip_prefix(flag) {
                if let Some(value) = rest.strip_prefix('=') {
                    return Some(value);
                }
                if flag.len() == 2 && !flag.starts_with("--") {
                    return Some(rest);
                }
            }
        }
        None
    }

    /// The arguments that are neither flags nor values of `flags_with_value`; all after `--`.
    pub fn operands(&self, flags_with_value: &[&str]) -> Vec<&ShellWord> {
        let mut operands = Vec::new();
        let mut words = self.args.iter();
        while let Some(word) = words.next() {
            let text = word.value();
            if text == "--" {
                operands.extend(words);
                break;
            }
            if !word.is_flag() {
                operands.push(word);
            } else if flags_with_value.contains(&text) {
                words.next();
            }
        }
        operands
    }

    /// The value of an assignment before the name: of `X` in `X=1 make`.
    pub fn assignment(&self, name: &str) -> Option<&Assignment> {
        self.assignments
            .iter()
            .find(|assignment| assignment.name == name)
    }

    /// Whether it runs under `wrapper`: `sudo`, `xargs`.
    pub fn is_under(&self, wrapper: &str) -> bool {
        self.wrappers.iter().any(|name| name == wrapper)
    }
}

fn gives_flag(text: &str, flag: &str) -> bool {
    if text == flag {
        return true;
    }
    if let Some(long) = flag.strip_prefix("--") {
        return !long.is_empty()
            && text
                .strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='));
    }
    let mut letters = flag.strip_prefix('-').unwrap_or("").chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => short_flags(text).is_some_and(|given| given.contains(letter)),
        _ => false,
    }
}

/// The letters of `-qqy`; `None` for long flags and for flags with something else in them.
fn short_flags(text: &str) -> Option<&str> {
    let letters = text.strip_prefix('-')?;
    let plain = letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && !letters.is_empty()).then_some(letters)
}

/// `X=1` before a command's name or alone.
#[derive(Clone, Debug, Default)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The value; empty word for `X=`, `None` for an array.
    pub value: Option<ShellWord>,
    /// Whether it is `+=`.
    pub append: bool,
    /// The whole.
    pub span: Span,
}

/// `> file`, `2>&1`, `<<EOF`.
#[derive(Clone, Debug, Default)]
pub struct Redirect {
    /// `<`, `>`, `>>`, `>|`, `<>`, `<&`, `>&`, `<<`, `<<-`, `<<<`, `&>` or `&>>`.
    pub operator: String,
    /// The number before it.
    pub descriptor: Option<u32>,
    /// The word behind it.
    pub target: ShellWord,
    /// The lines of a heredoc.
    pub body: Option<Span>,
    /// Descriptor, operator and target.
    pub span: Span,
}

/// A group, loop or condition whose commands share redirects.
#[derive(Clone, Debug)]
pub struct RedirectedGroup {
    /// Without the redirects.
    pub span: Span,
    /// The redirects behind it.
    pub redirects: Vec<Redirect>,
}

/// A loop that gives a variable one word after the other.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The variable.
    pub name: String,
    /// The words behind `in`.
    pub words: Vec<ShellWord>,
}

/// A command's place in its pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelinePosition {
    /// The same for all commands of one pipeline, different otherwise within a script.
    pub id: usize,
    /// From 0; a group or loop counts as one.
    pub index: usize,
    /// How many commands are piped; 1 for a command alone.
    pub len: usize,
}

/// A place in a pipeline around the one of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipelinePlace {
    /// The pipeline, as in [`PipelinePosition::id`].
    pub id: usize,
    /// As in [`PipelinePosition::index`].
    pub index: usize,
}

/// How two pipelines of a list are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// `;`, a line break, or nothing: first or last of its list.
    #[default]
    Sequence,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `&`.
    Background,
}
