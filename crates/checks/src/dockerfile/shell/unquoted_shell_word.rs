use ringwall_input::dockerfile::FactKind;

use super::fact::facts;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A plain word between two single-quoted ones in a RUN: `'a'b'c'`.
    ///
    /// ## Why it matters
    /// The quotes that were meant to be part of the text end it instead, and vanish.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo 'name = 'tool'' > /etc/tool.conf # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "name = 'tool'" > /etc/tool.conf && echo 'it'"'"'s'
    /// ```
    ///
    /// ## Fix
    /// Use double quotes outside, or write a quote inside single quotes as `'\''`.
    UnquotedShellWord {
        id: "unquoted-shell-word",
        title: "Word stands outside the quotes around it",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnquotedShellWord {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::UnquotedWord {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "{} stands outside the single quotes around it",
                        step.source.slice(fact.span)
                    ));
            }
        }
    }
}
