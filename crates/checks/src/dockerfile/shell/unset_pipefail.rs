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
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "0123  file" | sha256sum -c -
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
            let Some(first) = script
                .commands
                .iter()
                .find(|command| can_hide(script, command))
            else {
                continue;
            };
            // One SHELL helps all that follow in the stage.
            let fix = match fixed_stage.replace(step.stage.index) {
                Some(index) if index == step.stage.index => None,
                _ => shell(&step),
            };
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

/// Whether a command that may fail is not the last one of its pipe.
fn can_hide(script: &ShellScript, command: &Command) -> bool {
    let position = command.pipeline;
    let can_fail = !command.is_any(&["echo", "printf", "yes", "true", ":"]);
    can_fail
        && position.index + 1 < position.len
        // What runs under sudo stands in the same place as sudo; one of the two is enough.
        && script.commands.iter().any(|other| other.span == command.span)
}

/// A SHELL with pipefail before the RUN.
fn shell(step: &Step<'_>) -> Option<Vec<Edit>> {
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
    Some(vec![edit(step.source, at, line)])
}
