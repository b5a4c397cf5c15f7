use std::collections::BTreeSet;

use ringwall_input::dockerfile::VariableUse;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

use ringwall_model::{Edit, Span};

check! {
    /// ## What it finds
    /// Variables in a RUN that nothing sets: names with small letters that neither the script nor ENV or ARG assigns, build arguments from before the first FROM that the stage does not declare again, and platform arguments such as `TARGETARCH` without an ARG.
    ///
    /// Names in capitals may come from the base image and are otherwise left out, and so are scripts that read others with `source` or `eval`.
    ///
    /// ## Why it matters
    /// The variable is empty: a download gets another address, `rm -rf "$dir/"` another directory.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// ARG VERSION=1.2.3
    /// FROM debian:12
    /// RUN wget -q https://example.com/tool-$VERSION # <-
    /// RUN wget -q https://example.com/tool-$TARGETARCH # <-
    /// RUN name=tool
    /// RUN install "$name" /usr/bin # <-
    /// ```
    /// ```dockerfile pass
    /// ARG VERSION=1.2.3
    /// FROM debian:12
    /// ARG VERSION
    /// ARG TARGETARCH
    /// ENV name=tool
    /// RUN wget -q https://example.com/$name-$VERSION-$TARGETARCH && for file in a b; do echo "$file"; done \
    ///     && echo "${prefix:-/usr}" "$http_proxy" "$GOPATH"
    /// RUN --mount=type=secret,id=token,env=token test -n "$token"
    /// RUN . /etc/os-release && echo "$id"
    /// ```
    ///
    /// ## Fix
    /// Assign the variable in the same RUN, or declare it with ARG or ENV in this stage.
    UnassignedShellVariable {
        id: "unassigned-shell-variable",
        title: "Variable that nothing sets",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnassignedShellVariable {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let Some(script) = step.script() else {
                continue;
            };
            let reads_others = script
                .commands
                .iter()
                .any(|command| [".", "source", "eval"].contains(&command.name.as_str()));
            let mut seen = BTreeSet::new();
            for variable in &script.references {
                if is_set(&step, variable) || !seen.insert(variable.name.as_str()) {
                    continue;
                }
                let name = &variable.name;
                let is_argument = is_platform(name)
                    || build
                        .dockerfile
                        .global_args
                        .iter()
                        .any(|arg| arg.name.value == *name);
                let draft = findings.add(Self::META);
                if is_argument {
                    draft
                        .span(step.source, variable.span)
                        .note(format!(
                            "{name} is empty here, for this stage has no ARG {name}"
                        ))
                        .fix(Safety::Unsafe, declaration(&step, name));
                } else if name.contains(|letter: char| letter.is_ascii_lowercase()) && !reads_others
                {
                    draft
                        .span(step.source, variable.span)
                        .note(format!("nothing sets {name}"));
                }
            }
        }
    }
}

fn is_set(step: &Step<'_>, variable: &VariableUse) -> bool {
    let name = variable.name.as_str();
    let is_proxy = [
        "http_proxy",
        "https_proxy",
        "ftp_proxy",
        "no_proxy",
        "all_proxy",
    ]
    .iter()
    .any(|proxy| name.eq_ignore_ascii_case(proxy));
    variable.has_default
        || is_proxy
        || step.script().is_some_and(|script| script.assigns(name))
        || step
            .file
            .variable(step.stage, step.instruction, name)
            .is_some()
        || step
            .run
            .mounts
            .iter()
            .any(|mount| mount.option(&["env"]) == Some(name))
}

/// Set by the builder where an ARG asks for it. See: <https://docs.docker.com/build/building/variables/>
fn is_platform(name: &str) -> bool {
    let kind = name
        .strip_prefix("TARGET")
        .or_else(|| name.strip_prefix("BUILD"));
    kind.is_some_and(|kind| matches!(kind, "PLATFORM" | "OS" | "ARCH" | "VARIANT"))
}

fn declaration(step: &Step<'_>, name: &str) -> Option<Vec<Edit>> {
    let at = Span::at(step.instruction.span.range().start);
    (!step.instruction.innermost().on_build)
        .then(|| vec![edit(step.source, at, format!("ARG {name}\n"))])
}
