use ringwall_input::dockerfile::{Form, Instruction, InstructionKind, Run};
use ringwall_model::{Edit, Span};

use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// A `RUN` of one command directly behind another `RUN` of one command with the same flags, in the final stage or one it is based on.
    /// Stages that only pass files on leave no layers in the image and are left alone, as are longer scripts, which are mostly kept apart on purpose.
    ///
    /// ## Why it matters
    /// Each `RUN` is a layer.
    /// What a later one removes is still in the earlier, and still pulled by every node.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN apk add --no-cache curl
    /// RUN adduser -S app # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go mod download
    /// RUN go build -o /app .
    /// FROM alpine:3.24
    /// RUN apk add --no-cache curl && \
    ///     adduser -S app
    /// RUN --mount=type=cache,target=/var/cache/apk apk add tzdata
    /// RUN apk add --no-cache tini && \
    ///     mkdir /data
    /// USER app
    /// RUN exit 0
    /// RUN true
    /// ```
    ///
    /// ## Fix
    /// Join the commands with `&&` in one `RUN`.
    /// Where a slow step should stay cached on its own, accept the finding.
    ConsecutiveRunInstructions {
        id: "consecutive-run-instructions",
        title: "Consecutive RUN instructions",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ConsecutiveRunInstructions {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(last) = file.final_stage() else {
            return;
        };
        for stage in file.ancestors(last) {
            for pair in stage.instructions.windows(2) {
                let [first, second] = pair else {
                    continue;
                };
                let (InstructionKind::Run(one), InstructionKind::Run(two)) =
                    (&first.kind, &second.kind)
                else {
                    continue;
                };
                if !is_one_command(one)
                    || ends_script(one)
                    || !is_one_command(two)
                    || !have_same_flags(build, first, second)
                {
                    continue;
                }
                findings
                    .add(Self::META)
                    .span(build.source, second.span)
                    .message("RUN stands directly behind another RUN and makes one more layer")
                    .fix(Safety::Unsafe, join(build, first, one, two));
            }
        }
    }
}

/// Whether a RUN does one thing; wrappers such as `sudo` and commands in `$(...)` do not count.
fn is_one_command(run: &Run) -> bool {
    let commands = run.script.commands().iter();
    let own = commands.filter(|command| command.wrappers.is_empty() && !command.in_substitution);
    run.heredocs.is_empty() && own.count() == 1
}

/// Whether nothing that is put behind the command would run.
fn ends_script(run: &Run) -> bool {
    let mut commands = run.script.commands().iter();
    commands.any(|command| command.is_any(&["exit", "exec", "return"]))
}

fn have_same_flags(build: &Build<'_>, one: &Instruction, other: &Instruction) -> bool {
    let flags = |instruction: &Instruction| -> Vec<String> {
        let texts = instruction.flags.iter();
        texts
            .map(|flag| build.source.slice(flag.span).to_owned())
            .collect()
    };
    flags(one) == flags(other)
}

fn join(build: &Build<'_>, first: &Instruction, one: &Run, two: &Run) -> Option<Vec<Edit>> {
    let is_shell =
        |run: &Run| matches!(run.form, Form::Shell { .. }) && run.script.posix().is_some();
    let gap = Span {
        start: first.span.end,
        end: two.span.start,
    };
    // A comment between would end up within the command.
    let has_comment = build.source.slice(gap).contains('#');
    if !is_shell(one) || !is_shell(two) || has_comment {
        return None;
    }
    let escape = build.dockerfile.escape;
    rewrite::replace(build, gap, format!(" && {escape}\n    "))
}
