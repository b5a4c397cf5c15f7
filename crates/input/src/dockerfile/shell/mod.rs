//! Commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK, read as a POSIX shell or bash reads them.
//!
//! The grammar is read in one pass with byte places of the file throughout, also inside
//! command substitutions and `sh -c` strings. Nothing is run or expanded.

mod arithmetic;
mod bashism;
mod brace;
mod command;
mod command_facts;
mod compound;
mod cursor;
mod expansion;
mod fact;
mod grammar;
mod heredoc;
mod index;
mod inner;
mod simple;
mod stdin;
mod unwrap;
mod word;
mod word_parser;
mod wrapper;

#[cfg(test)]
mod tests;

pub use command::{
    Assignment, Command, Connection, Loop, PipelinePlace, PipelinePosition, Redirect,
    RedirectedGroup,
};
pub use fact::{FactKind, ShellFact};
pub use word::{Part, PartKind, ShellWord};

pub(super) use grammar::{parse_exec, parse_script};

use ringwall_model::Span;

use super::Word;

/// The commands that a list of words runs, each with the number of the word that it begins in.
///
/// The words are those of a process, as a container of Kubernetes states them: no shell reads them, but
/// what they hand to one (`sh`, `-c`, `sudo ls`) is read as a script. Places count within the words.
pub fn commands_of_words(words: &[&str]) -> Vec<(usize, Command)> {
    let mut end = 0;
    let placed: Vec<Word> = words
        .iter()
        .map(|word| {
            let start = end;
            end += word.len() + 2;
            Word {
                span: Span::new(start, end),
                value: (*word).to_owned(),
                ..Word::default()
            }
        })
        .collect();
    let script = parse_exec(&placed, Span::new(0, end));
    let index = |command: &Command| {
        placed.partition_point(|word| word.span.start <= command.span.start) - 1
    };
    let commands = script.commands().iter();
    commands
        .map(|command| (index(command), command.clone()))
        .collect()
}

/// A command of an instruction.
#[derive(Clone, Debug)]
pub enum Script {
    /// Read as shell, or an exec form.
    Posix(Box<ShellScript>),
    /// Not for a POSIX shell: PowerShell, cmd, a heredoc with the shebang of another language.
    NotPosix {
        /// The program that reads it, as written: `powershell`, `/usr/bin/env python3`.
        interpreter: String,
        /// The text.
        span: Span,
    },
}

impl Script {
    /// All simple commands in the order they are written; none if this is not POSIX shell.
    pub fn commands(&self) -> &[Command] {
        self.posix().map_or(&[], |script| &script.commands)
    }

    /// What shell lints look at; none if this is not POSIX shell.
    pub fn facts(&self) -> &[ShellFact] {
        self.posix().map_or(&[], |script| &script.facts)
    }

    /// The script if it is POSIX shell or an exec form.
    pub fn posix(&self) -> Option<&ShellScript> {
        match self {
            Self::Posix(script) => Some(script),
            Self::NotPosix { .. } => None,
        }
    }
}

/// A script with all that checks ask about it.
#[derive(Clone, Debug, Default)]
pub struct ShellScript {
    /// The shell that reads it; `None` for an exec form.
    pub dialect: Option<Dialect>,
    /// The text without heredoc bodies that the builder reads itself.
    pub span: Span,
    /// Every simple command, in the order they are written.
    ///
    /// That is all of `&&`, pipes, subshells, loops, functions, substitutions and `sh -c` strings.
    /// A wrapper and what it runs are two entries, the wrapper first: `sudo apt-get update` gives `sudo` and `apt-get`.
    pub commands: Vec<Command>,
    /// Groups, loops and conditions with redirects behind them.
    pub groups: Vec<RedirectedGroup>,
    /// Loops over words: `for x in a b`.
    pub loops: Vec<Loop>,
    /// What shell lints look at, in the order of the text.
    pub facts: Vec<ShellFact>,
    /// Variables read, special parameters aside.
    pub references: Vec<VariableUse>,
    /// Variables written by assignments, `for`, `read`, `export`, `local` and the like.
    pub assigned: Vec<VariableUse>,
    /// Whether a pipeline anywhere fails when any of its commands does (`set -o pipefail`, or the shell's own flags).
    pub pipefail: bool,
    index: index::Index,
}

impl ShellScript {
    /// The commands of one pipeline, wrappers and what they run included.
    pub fn pipeline(&self, id: usize) -> impl Iterator<Item = &Command> {
        self.commands
            .iter()
            .filter(move |command| command.pipeline.id == id)
    }
}

/// A place where a variable is read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The name.
    pub name: String,
    /// `$name`, `${name...}`, or the name where it is written.
    pub span: Span,
    /// Whether the expansion handles the variable being unset (`${x:-}`, `${x:?}`, `${x+y}`).
    pub has_default: bool,
}

/// Which shell reads a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `sh`, `dash`, `ash`: only POSIX may be relied on.
    Sh,
    /// `bash`.
    Bash,
    /// `ksh`, `mksh` or `zsh`, which know most of bash.
    Ksh,
}

impl Dialect {
    /// The dialect of a program, by the last component of its path; `None` if it is no POSIX shell.
    pub fn of_program(program: &str) -> Option<Self> {
        match program.rsplit(['/', '\\']).next().unwrap_or("") {
            "sh" | "dash" | "ash" | "posh" | "yash" => Some(Self::Sh),
            "bash" | "rbash" => Some(Self::Bash),
            "ksh" | "mksh" | "ksh93" | "zsh" => Some(Self::Ksh),
            _ => None,
        }
    }
}

/// The shell that runs shell forms, as SHELL sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// Program and arguments: `/bin/sh`, `-c`.
    pub words: Vec<String>,
    /// The SHELL array; `None` for the default shell.
    pub span: Option<Span>,
    /// What it reads; `None` if it is no POSIX shell.
    pub dialect: Option<Dialect>,
}

impl Shell {
    /// A shell from its program and arguments.
    pub(super) fn new(words: Vec<String>, span: Option<Span>) -> Self {
        let dialect = Dialect::of_program(Self::program(&words));
        Self {
            words,
            span,
            dialect,
        }
    }

    /// The shell itself, behind programs that run it: `bash` of `conda run -n x bash -c`.
    fn program(words: &[String]) -> &str {
        const MAX_WRAPPERS: usize = 8;
        let values: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut rest = values.as_slice();
        for _ in 0..MAX_WRAPPERS {
            let Some((program, args)) = rest.split_first() else {
                break;
            };
            let name = program.rsplit('/').next().unwrap_or("");
            let behind = if name == "env" {
                let mut args = args.iter();
                args.position(|arg| !arg.starts_with('-') && !arg.contains('='))
            } else {
                wrapper::command_behind(name, args)
            };
            let Some(found) = behind.and_then(|at| args.get(at..)) else {
                break;
            };
            rest = found;
        }
        rest.first().copied().unwrap_or("")
    }

    /// `/bin/sh -c`, or `cmd /S /C` on Windows.
    pub(super) fn default_for(windows: bool) -> Self {
        let words: &[&str] = if windows {
            &["cmd", "/S", "/C"]
        } else {
            &["/bin/sh", "-c"]
        };
        Self::new(words.iter().map(|&word| word.to_owned()).collect(), None)
    }

    /// Whether it runs with `-o pipefail`.
    pub fn has_pipefail(&self) -> bool {
        self.words.windows(2).any(|pair| {
            matches!(pair, [flag, option] if flag.starts_with('-') && flag.ends_with('o') && option == "pipefail")
        })
    }

    /// Whether it runs with `-e`, so that a failing command ends the script.
    pub fn has_errexit(&self) -> bool {
        self.words.iter().skip(1).any(|word| {
            word.strip_prefix('-').is_some_and(|flags| {
                !flags.starts_with('-') && flags.contains('e') && flags.len() <= 6
            })
        }) || self.words.iter().any(|word| word == "errexit")
    }
}
