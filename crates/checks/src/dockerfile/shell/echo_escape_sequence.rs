use ringwall_input::dockerfile::{Command, PartKind, ShellWord};

use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `echo` in a RUN with an escape sequence such as `\n` or `\t` in quotes and without `-e`.
    ///
    /// ## Why it matters
    /// dash writes a line break, bash and busybox write a backslash and a letter, so the file differs with the shell.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "a=1\nb=2" > /etc/tool.conf # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN printf 'a=1\nb=2\n' > /etc/tool.conf && echo -e 'a\nb' && echo 'C:\dir' && echo a\n
    /// ```
    ///
    /// ## Fix
    /// Use `printf`.
    EchoEscapeSequence {
        id: "echo-escape-sequence",
        title: "echo with an escape sequence",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for EchoEscapeSequence {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands().iter().filter(|command| command.is("echo")) {
                if let Some(word) = escaped(command).filter(|_| step.run.form.is_shell()) {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note("whether echo replaces the escape sequence depends on the shell");
                }
            }
        }
    }
}

fn escaped(command: &Command) -> Option<&ShellWord> {
    let first = command.args.first()?;
    let is_told = first
        .value()
        .strip_prefix('-')
        .is_some_and(|flags| flags.contains(['e', 'E']) && flags.len() < 4);
    command.args.iter().filter(|_| !is_told).find(|word| {
        word.parts.iter().any(
            |part| matches!(&part.kind, PartKind::Literal(text) if part.quoted && has_escape(text)),
        )
    })
}

fn has_escape(text: &str) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\'
            && letters
                .next()
                .is_some_and(|next| "abefnrtv0x".contains(next))
        {
            return true;
        }
    }
    false
}
