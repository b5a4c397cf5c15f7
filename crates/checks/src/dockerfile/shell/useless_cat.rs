use ringwall_input::dockerfile::{Command, PartKind, ShellScript};
use ringwall_model::{Edit, Span};

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
    /// `cat file | command` with a single file, in a RUN.
    ///
    /// ## Why it matters
    /// The command can read the file itself, and then the build notices when the file is not there.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN cat /etc/os-release | grep VERSION # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN grep VERSION < /etc/os-release && cat a b | sort && cat *.txt | sort && cat -n a | sort
    /// ```
    ///
    /// ## Fix
    /// Write `command < file`, or name the file as an argument.
    UselessCat {
        id: "useless-cat",
        title: "cat of one file into a pipe",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UselessCat {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let Some(script) = step.script() else {
                continue;
            };
            for cat in script.commands.iter().filter(|command| is_useless(command)) {
                findings
                    .add(Self::META)
                    .span(step.source, cat.span)
                    .note("cat only passes a file on")
                    .fix(Safety::Unsafe, redirect(&step, script, cat));
            }
        }
    }
}

fn is_useless(command: &Command) -> bool {
    let [file] = command.args.as_slice() else {
        return false;
    };
    // A pattern or an unquoted expansion may become several files.
    let is_one = file.parts.iter().all(|part| match &part.kind {
        PartKind::Literal(text) => part.quoted || !text.contains(['*', '?', '[', '{']),
        _ => part.quoted,
    });
    command.is("cat")
        && command.pipeline.len > 1
        && command.pipeline.index == 0
        && command.redirects.is_empty()
        && is_one
        && !file.value().starts_with('-')
        && file.value() != "/dev/stdin"
}

/// `command < file`; only where the next command is a simple one.
fn redirect(step: &Step<'_>, script: &ShellScript, cat: &Command) -> Option<Vec<Edit>> {
    let file = cat.args.first()?;
    let mut next = script
        .pipeline(cat.pipeline.id)
        .filter(|command| command.pipeline.index == 1);
    let reader = next.next()?;
    let reads = reader
        .redirects
        .iter()
        .any(|redirect| redirect.operator.starts_with('<'));
    if next.next().is_some() || reads || !cat.wrappers.is_empty() {
        return None;
    }
    let before = Span::new(cat.span.range().start, reader.span.range().start);
    let is_plain = step.source.slice(before).ends_with(['|', ' ']);
    is_plain.then(|| {
        vec![
            edit(step.source, before, ""),
            edit(
                step.source,
                Span::at(reader.span.range().end),
                format!(" < {}", step.source.slice(file.span)),
            ),
        ]
    })
}
