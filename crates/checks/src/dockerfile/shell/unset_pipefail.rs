use ringwall_input::dockerfile::{Command, Dialect, ShellScript};
use ringwall_model::{Edit, Span};

use super::bin_sh::{BinSh, bin_sh};
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// A pipe in a RUN whose shell runs without `pipefail`; the first one of each RUN.
    ///
    /// Pipes that begin with `echo`, `printf` or `yes` are left out, for these do not fail.
    ///
    /// ## Why it matters
    /// Only the last command of a pipe counts: where `wget` fails in `wget ... | tar`, the build goes on with half a file.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN wget -qO- https://example.com/a.tar | tar -x # <-
    /// RUN { echo start; wget -qO- https://example.com/a; } | tee a # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN { echo a; echo b; } | debconf-set-selections && echo "0123  file" | sha256sum -c -
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// RUN wget -qO- https://example.com/a.tar | tar -x
    /// FROM debian:12
    /// RUN bash -o pipefail -c 'wget -qO- https://example.com/a.tar | tar -x'
    /// FROM alpine:3.20
    /// RUN set -o pipefail && wget -qO- https://example.com/a.tar | tar -x
    /// ```
    ///
    /// ## Fix
    /// Set `SHELL ["/bin/bash", "-o", "pipefail", "-c"]` before it, on Alpine `SHELL ["/bin/ash", "-eo", "pipefail", "-c"]`.
    UnsetPipefail {
        id: "unset-pipefail",
        title: "Pipe without pipefail",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetPipefail {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut fixed_stage = None;
        for step in steps(build) {
            let Some(script) = step.script() else {
                continue;
            };
            if script.pipefail || script.commands.iter().any(sets_pipefail) {
                continue;
            }
            let Some(first) = hidden(script) else {
                continue;
            };
            // One SHELL helps all that follow in the stage, but not what another shell runs.
            let is_inner = first
                .wrappers
                .iter()
                .any(|wrapper| Dialect::of_program(wrapper).is_some());
            let fix = (!is_inner && fixed_stage != Some(step.stage.index)).then(|| shell(&step));
            if fix.is_some() {
                fixed_stage = Some(step.stage.index);
            }
            findings
                .add(Self::META)
                .span(step.source, first.span)
                .note(format!(
                    "the build goes on when {} fails in a pipe",
                    first.program()
                ))
                .fix(Safety::Unsafe, fix);
        }
    }
}

/// `bash -o pipefail -c ...` within the script.
fn sets_pipefail(command: &Command) -> bool {
    Dialect::of_program(&command.name).is_some() && command.has_arg("pipefail")
}

/// The first command whose failure the rest of its pipe hides.
fn hidden(script: &ShellScript) -> Option<&Command> {
    let mut before: Option<&Command> = None;
    for command in &script.commands {
        let position = command.pipeline;
        if may_fail(command) && position.index + 1 < position.len {
            return Some(command);
        }
        // A group or loop before a pipe ends with the status of its last command.
        let follows_group = position.index > 0
            && !script
                .pipeline(position.id)
                .any(|other| other.pipeline.index + 1 == position.index);
        if follows_group && let Some(last) = before.filter(|last| may_fail(last)) {
            return Some(last);
        }
        before = Some(command);
    }
    None
}

fn may_fail(command: &Command) -> bool {
    let is_assignment = command.word.is_none();
    !is_assignment && !command.is_any(&["echo", "printf", "yes", "true", ":"])
}

/// A SHELL with pipefail before the RUN.
fn shell(step: &Step<'_>) -> Vec<Edit> {
    let current = step.file.effective_shell(step.stage, step.instruction);
    let program = current.words.first().map_or("", String::as_str);
    let line = match program.rsplit('/').next().unwrap_or("") {
        "bash" | "zsh" | "ksh" => format!("SHELL [\"{program}\", \"-o\", \"pipefail\", \"-c\"]\n"),
        _ if bin_sh(step) == BinSh::Ash => {
            "SHELL [\"/bin/ash\", \"-eo\", \"pipefail\", \"-c\"]\n".to_owned()
        }
        _ => "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n".to_owned(),
    };
    let at = Span::at(step.instruction.span.range().start);
    vec![edit(step.source, at, line)]
}
