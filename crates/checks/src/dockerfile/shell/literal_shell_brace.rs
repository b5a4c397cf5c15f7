use ringwall_input::dockerfile::FactKind;

use super::fact::{command_at, facts};
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// An unquoted `{` or `}` in a RUN that the shell takes as text.
    ///
    /// ## Why it matters
    /// Mostly a group was meant, where a `;` before `}` or a blank behind `{` is missing, or a variable, where the dollar sign is missing.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo {VERSION} > /version # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN { echo a; echo b; } > /c && find / -name x -exec rm {} + && echo "{VERSION}" && git checkout HEAD@{1}
    /// ```
    ///
    /// ## Fix
    /// Quote the brace if it is meant as text, else complete the group or the variable.
    LiteralShellBrace {
        id: "literal-shell-brace",
        title: "Brace that the shell takes as text",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LiteralShellBrace {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut last = None;
        for (step, fact) in facts(build) {
            if fact.kind != FactKind::LiteralBrace {
                continue;
            }
            // The two braces of one command are one mistake.
            let place = command_at(&step, fact.span).map_or(fact.span, |command| command.span);
            if last.replace(place) != Some(place) {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "the shell takes this {} as text",
                        step.source.slice(fact.span)
                    ));
            }
        }
    }
}
