use ringwall_input::dockerfile::FactKind;

use super::fact::facts;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A plain word between two double-quoted ones in a RUN: `"a"b"c"`.
    ///
    /// ## Why it matters
    /// The quotes that were meant to be part of the text end it instead, and vanish.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "{"name": "tool"}" > /etc/tool.json # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "{\"name\": \"tool\"}" > /etc/tool.json && echo "a"="b" && cp "$HOME"/"a b" .
    /// ```
    ///
    /// ## Fix
    /// Escape the inner quotes as `\"`, or use single quotes outside.
    MixedQuoteConcatenation {
        id: "mixed-quote-concatenation",
        title: "Inner quotes end the text instead of being part of it",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MixedQuoteConcatenation {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::MixedQuotes {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "{} stands outside the double quotes around it",
                        step.source.slice(fact.span)
                    ));
            }
        }
    }
}
