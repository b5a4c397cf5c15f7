use ringwall_input::dockerfile::Command;
use ringwall_model::Edit;

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
    /// A link in the place of `/bin/sh`.
    ///
    /// ## Why it matters
    /// Every program of the image that relies on `sh` gets another shell, and an update of the package puts the old one back.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm /bin/sh && ln -s /bin/bash /bin/sh # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// SHELL ["/bin/bash", "-c"]
    /// RUN ln -s /bin/sh /usr/local/bin/shell
    /// ```
    ///
    /// ## Fix
    /// Use `SHELL ["/bin/bash", "-c"]`.
    SymlinkedDefaultShell {
        id: "symlinked-default-shell",
        title: "/bin/sh replaced by a link",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SymlinkedDefaultShell {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            if let Some((link, target)) = step
                .commands()
                .iter()
                .find_map(|command| Some((command, shell_link(command)?)))
            {
                findings
                    .add(Self::META)
                    .span(step.source, link.span)
                    .note(format!("/bin/sh becomes a link to {target}"))
                    .fix(Safety::Unsafe, with_shell(&step, target));
            }
        }
    }
}

/// What `/bin/sh` is linked to.
fn shell_link(command: &Command) -> Option<&str> {
    if !command.is("ln") {
        return None;
    }
    let operands = command.operands(&["-t", "-S"]);
    let [target, link] = operands.as_slice() else {
        return None;
    };
    matches!(link.value(), "/bin/sh" | "/usr/bin/sh" | "sh").then_some(target.value())
}

/// SHELL instead of the whole RUN; only where it does nothing else.
fn with_shell(step: &Step<'_>, target: &str) -> Option<Vec<Edit>> {
    let does_nothing_else = step
        .commands()
        .iter()
        .all(|command| command.is_any(&["ln", "rm", "mv", "set"]));
    let path = match target {
        "bash" => "/bin/bash",
        path if path.starts_with('/') && !path.contains('"') => path,
        _ => return None,
    };
    let text = format!("SHELL [\"{path}\", \"-c\"]");
    does_nothing_else.then(|| vec![edit(step.source, step.instruction.span, text)])
}
