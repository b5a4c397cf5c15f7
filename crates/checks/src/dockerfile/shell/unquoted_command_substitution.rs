use ringwall_input::dockerfile::{Command, FactKind};
use ringwall_model::Span;

use super::fact::{facts, quote};
use crate::{Check, Findings, Safety, check, dockerfile::run_step::Step, judge::Build};

check! {
    /// ## What it finds
    /// Command substitutions outside quotes in a RUN, where the shell splits the output at blanks and takes `*` and `?` in it for file names.
    ///
    /// Commands that only ever write one plain word, such as `nproc`, `uname -m` and `dpkg --print-architecture`, are left out.
    ///
    /// ## Why it matters
    /// A file name with a blank becomes two arguments, and an output that is empty none at all.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm $(find /tmp -name "*.log") # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN rm "$(which tool)" && make -j$(nproc) && path=$(pwd) && echo "$(cat a b)" && wget -q https://example.com/$(uname -m)
    /// ```
    ///
    /// ## Fix
    /// Put the substitution into double quotes, or loop over its lines where several arguments are meant.
    UnquotedCommandSubstitution {
        id: "unquoted-command-substitution",
        title: "Output of a command outside quotes is split and globbed",
        ring: Code,
        target: Dockerfile,
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnquotedCommandSubstitution {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if let FactKind::UnquotedSubstitution { command } = &fact.kind
                && !writes_one_word(&step, fact.span)
            {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "the output of {} stands outside quotes",
                        describe(command)
                    ))
                    .fix(Safety::Unsafe, quote(&step, &[fact.span]));
            }
        }
    }
}

fn describe(command: &str) -> &str {
    if command.is_empty() {
        "a command"
    } else {
        command
    }
}

/// Whether the one command in a substitution writes one word without blanks.
fn writes_one_word(step: &Step<'_>, place: Span) -> bool {
    let inside = step.commands().iter();
    let mut inside = inside.filter(|command| place.contains(command.span));
    match (inside.next(), inside.next()) {
        (Some(only), None) => is_one_word(only),
        _ => false,
    }
}

fn is_one_word(command: &Command) -> bool {
    let arg = |expected: &[&str]| {
        let mut args = command.args.iter().map(|arg| arg.value());
        args.next().is_some_and(|arg| expected.contains(&arg)) && args.next().is_none()
    };
    match command.program() {
        "nproc" | "arch" | "whoami" | "dpkg-architecture" => true,
        "uname" => arg(&["-m", "-s", "-r", "-p", "-i"]) || command.args.is_empty(),
        "id" => command.has_flag(&["-u", "-g"]),
        "dpkg" => arg(&["--print-architecture"]),
        "apk" => arg(&["--print-arch"]),
        "getconf" => true,
        "lsb_release" => command.has_flag(&["-s"]) && command.has_flag(&["-c", "-r", "-i"]),
        "rpm" => command.has_flag(&["-E", "--eval"]),
        "date" => {
            command.args.iter().all(|arg| {
                let value = arg.value();
                !value.starts_with('+') || !value.contains([' ', '*', '?']) && !value.contains("%c")
            }) && command.args.iter().any(|arg| arg.value().starts_with('+'))
        }
        _ => false,
    }
}
