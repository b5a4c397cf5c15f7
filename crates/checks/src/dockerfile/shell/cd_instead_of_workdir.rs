use ringwall_input::dockerfile::{Command, Connection};
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
    /// `cd` in a RUN, unless it stands in a subshell; the first one of each RUN.
    ///
    /// ## Why it matters
    /// The change ends with the RUN, so the next one is back where it was, which readers and copied lines miss.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN cd /usr/src/tool && make install # <-
    /// RUN cd /usr/src/other # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// WORKDIR /usr/src/tool
    /// RUN make install && (cd doc && make) && echo cd && make -C /usr/src/other
    /// ```
    ///
    /// ## Fix
    /// Use WORKDIR, a subshell, or a flag such as `make -C`.
    CdInsteadOfWorkdir {
        id: "cd-instead-of-workdir",
        title: "cd in a RUN instead of WORKDIR",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for CdInsteadOfWorkdir {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let changes: Vec<&Command> = step
                .commands()
                .iter()
                .filter(|command| is_change(command))
                .collect();
            if let Some(first) = changes.first() {
                findings
                    .add(Self::META)
                    .span(step.source, first.span)
                    .note("cd changes the directory for this RUN only")
                    .fix(Safety::Unsafe, workdir(&step, &changes));
            }
        }
    }
}

fn is_change(command: &Command) -> bool {
    command.is("cd") && !command.in_subshell && !command.args.is_empty()
}

/// A WORKDIR before the RUN; only where the script begins with its one `cd`, to a constant path.
fn workdir(step: &Step<'_>, changes: &[&Command]) -> Option<Vec<Edit>> {
    let [change] = changes else { return None };
    let mut commands = step.commands().iter();
    let first = commands.next()?;
    let next = commands.next()?;
    let [path] = change.args.as_slice() else {
        return None;
    };
    let path = path.literal.as_deref()?;
    let is_plain = step.run.form.is_shell()
        && first.span == change.span
        && change.next == Connection::And
        && change.wrappers.is_empty()
        && path.starts_with('/')
        && !path.contains([' ', '*', '?', '$', '"', '\''])
        && !step.instruction.innermost().on_build;
    let between = Span::new(change.span.range().start, next.span.range().start);
    // A group or condition may open between the two.
    let is_next = step
        .source
        .slice(Span::new(change.span.range().end, next.span.range().start));
    let is_next = is_next
        .chars()
        .all(|letter| letter.is_whitespace() || letter == '&' || letter == step.file.escape);
    (is_plain && is_next).then(|| {
        let before = Span::at(step.instruction.span.range().start);
        vec![
            edit(step.source, before, format!("WORKDIR {path}\n")),
            edit(step.source, between, ""),
        ]
    })
}
