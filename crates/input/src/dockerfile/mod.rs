//! Dockerfiles as `BuildKit` reads them, with the byte place of everything.
//!
//! [`parse`] never fails. What does not parse is a [`Diagnostic`] with its reason and an
//! [`InstructionKind::Invalid`]; everything else is there.
//!
//! # Finding one's way
//!
//! - [`Dockerfile::stages`] holds a [`Stage`] per FROM; [`Stage::instructions`] holds its instructions, FROM first.
//!   [`Dockerfile::preamble`] holds what stands before the first FROM.
//!   [`Dockerfile::instructions`] walks over all of them in the order of the file.
//! - [`Dockerfile::final_stage`], [`Dockerfile::ancestors`], [`Dockerfile::effective_user`],
//!   [`Dockerfile::effective_shell`] and [`Dockerfile::variable`] answer what depends on several instructions.
//! - A [`Word`] has its place, its text as written and its value with quotes removed and variables replaced.
//!   RUN, CMD and ENTRYPOINT are left to the shell and so have [`ShellWord`]s instead.
//! - [`Instruction::script`] gives the [`Script`] of RUN, CMD, ENTRYPOINT and HEALTHCHECK.
//!   [`Script::commands`] lists every simple command in it, wherever it stands:
//!
//! ```
//! use ringwall_input::dockerfile;
//!
//! let (file, diagnostics) = dockerfile::parse(
//!     "FROM debian:12\nRUN set -e; if true; then sudo apt-get -qy install curl=8; fi\n",
//! );
//! assert!(diagnostics.is_empty());
//! for instruction in file.instructions() {
//!     for command in instruction.script().map_or(&[][..], |script| script.commands()) {
//!         if command.is("apt-get") && command.subcommand() == Some("install") {
//!             assert!(command.has_flag(&["-y", "--yes"]));
//!             let packages = command.operands(&["-t", "-o"]);
//!             assert_eq!(packages[1].value(), "curl=8");
//!             assert!(command.is_under("sudo"));
//!         }
//!     }
//! }
//! ```
//!
//! - [`Script::facts`] lists what shell lints look at, each a [`ShellFact`] with its place.

mod arguments;
mod command_arguments;
mod exec_form;
mod flags;
mod heredoc;
mod instruction;
mod joined;
mod lines;
mod mount;
mod pattern;
mod reader;
pub mod shell;
mod stage;
mod substitution;
mod variables;

#[cfg(test)]
mod tests;

pub use heredoc::Heredoc;
pub use instruction::{
    CommandLine, Copy, Flag, Form, FromClause, Healthcheck, Instruction, InstructionKind, Keyword,
    Mount, Pair, Port, Run, User, is_root_user,
};
pub use shell::{
    Assignment, Command, Connection, Dialect, FactKind, Loop, Part, PartKind, PipelinePlace,
    PipelinePosition, Redirect, RedirectedGroup, Script, Shell, ShellFact, ShellScript, ShellWord,
    VariableUse,
};
pub use stage::{Base, EffectiveUser, ImageRef, Stage};
pub use substitution::{Reference, Word};

use ringwall_model::Span;

use crate::Diagnostic;

/// A Dockerfile.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// `# syntax=`, `# escape=` and `# check=` at the top.
    pub directives: Vec<Directive>,
    /// The ARGs before the first FROM.
    pub global_args: Vec<Pair>,
    /// All instructions before the first FROM; `BuildKit` accepts only ARG there, the parser any.
    pub preamble: Vec<Instruction>,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// All comments that stand between and inside instructions; directives and comments in scripts are not among them.
    pub comments: Vec<Comment>,
    /// The escape character: a backslash, or a backtick when a directive says so.
    pub escape: char,
    variables: variables::Variables,
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// `syntax`, `escape` or `check`.
    pub name: String,
    /// What follows `=`.
    pub value: String,
    /// Where the value stands.
    pub value_span: Span,
    /// From `#` to the end of the line.
    pub span: Span,
}

/// A comment on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub span: Span,
    /// What follows `#`, without blanks around it.
    pub text: String,
}

/// Reads a Dockerfile.
pub fn parse(text: &str) -> (Dockerfile, Vec<Diagnostic>) {
    reader::read(text)
}

impl Dockerfile {
    /// All instructions in the order of the file.
    pub fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.preamble
            .iter()
            .chain(self.stages.iter().flat_map(|stage| &stage.instructions))
    }

    /// The directive of a name: `syntax`, `escape` or `check`.
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives
            .iter()
            .find(|directive| directive.name == name)
    }

    /// The stage that becomes the image when no target is given.
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// A stage by its name, in any case, or by its number: what `COPY --from` means.
    ///
    /// Of several stages with one name the last counts, as in `BuildKit`.
    pub fn stage_by_name(&self, name: &str) -> Option<&Stage> {
        let named = self.stages.iter().rev().find(|stage| {
            stage
                .name
                .as_ref()
                .is_some_and(|word| word.value.eq_ignore_ascii_case(name))
        });
        named.or_else(|| self.stages.get(name.parse::<usize>().ok()?))
    }

    /// The stage and the stages it is based on, nearest first, down to the one with an external image.
    pub fn ancestors<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = &'a Stage> {
        std::iter::successors(Some(stage), |stage| match stage.base {
            // Only an earlier stage can be a base, so this ends.
            Base::Stage(index) if index < stage.index => self.stages.get(index),
            _ => None,
        })
    }

    /// The external image at the bottom of a stage.
    pub fn root_base<'a>(&'a self, stage: &'a Stage) -> Option<&'a Base> {
        self.ancestors(stage).last().map(|stage| &stage.base)
    }

    /// The last USER of a stage or of the stages it is based on; `None` leaves it to the image.
    pub fn effective_user<'a>(&'a self, stage: &'a Stage) -> Option<EffectiveUser<'a>> {
        self.ancestors(stage).find_map(|stage| {
            stage
                .instructions
                .iter()
                .rev()
                .find_map(|instruction| match &instruction.kind {
                    InstructionKind::User(user) => Some(EffectiveUser {
                        stage,
                        instruction,
                        user,
                    }),
                    _ => None,
                })
        })
    }

    /// The shell that runs shell forms at an instruction of a stage.
    pub fn effective_shell<'a>(&self, stage: &'a Stage, at: &Instruction) -> &'a Shell {
        stage
            .instructions
            .iter()
            .rev()
            .filter(|instruction| instruction.span.start < at.span.start)
            .find_map(|instruction| match &instruction.kind {
                InstructionKind::Shell(shell) => Some(shell),
                _ => None,
            })
            .unwrap_or(&stage.shell)
    }
}
