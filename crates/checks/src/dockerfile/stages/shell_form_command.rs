use ringwall_input::dockerfile::{CommandLine, Form, InstructionKind};

use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// A `CMD` or `ENTRYPOINT` that is not a JSON array, also one that was meant to be and is not (`['app']`).
    /// A stage that chooses its shell with `SHELL` is left alone.
    ///
    /// ## Why it matters
    /// The program runs as a child of `/bin/sh`, which does not pass signals on: it is not told to end and is killed after the grace period, with its work half done.
    /// Images without a shell cannot start it at all, and an `ENTRYPOINT` in this form ignores the arguments of the pod.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ENTRYPOINT /usr/bin/app # <-
    /// CMD app --port 8080 # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// CMD ['app'] # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ENTRYPOINT ["/usr/bin/app"]
    /// CMD ["--port", "8080"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// SHELL ["/bin/bash", "-c"]
    /// CMD app
    /// ```
    ///
    /// ## Fix
    /// Write a JSON array with double quotes: `CMD ["app", "--port", "8080"]`.
    /// Where variables must be replaced, call a script that ends with `exec`.
    ShellFormCommand {
        id: "shell-form-command",
        title: "CMD or ENTRYPOINT in shell form",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ShellFormCommand {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            for outer in &stage.instructions {
                let instruction = outer.innermost();
                let (InstructionKind::Cmd(command) | InstructionKind::Entrypoint(command)) =
                    &instruction.kind
                else {
                    continue;
                };
                let Form::Shell { broken_json } = command.form else {
                    continue;
                };
                let shell = build.dockerfile.effective_shell(stage, outer);
                if shell.span.is_some() {
                    continue;
                }
                let name = instruction.name();
                let message = if broken_json {
                    format!("{name} is no JSON array and so is run by a shell")
                } else {
                    format!("{name} is run by a shell")
                };
                let fix = exec_form(build, command)
                    .filter(|_| !broken_json)
                    .and_then(|array| rewrite::replace(build, command.span, array));
                findings
                    .add(Self::META)
                    .span(build.source, command.span)
                    .message(message)
                    .fix(Safety::Unsafe, fix);
            }
        }
    }
}

/// The JSON array of a command that asks nothing of a shell.
fn exec_form(build: &Build<'_>, command: &CommandLine) -> Option<String> {
    let text = build.source.slice(command.span);
    let is_plain = text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || " -_./:=,+@%".contains(character));
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.first() == Some(&"exec") {
        words.remove(0);
    }
    let is_program = words.first().is_some_and(|program| !program.contains('='));
    if !is_plain || !is_program {
        return None;
    }
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Some(format!("[{}]", words.join(", ")))
}
