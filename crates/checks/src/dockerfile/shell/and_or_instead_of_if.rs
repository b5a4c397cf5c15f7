use ringwall_input::dockerfile::FactKind;

use super::fact::facts;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// `a && b || c` in a RUN, where `b` may fail.
    ///
    /// ## Why it matters
    /// `c` runs not only when `a` fails but also when `b` does, and then hides that failure from the build.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN test -f /a && make a || make b # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN if test -f /a; then make a; else make b; fi && make c || exit 1
    /// ```
    ///
    /// ## Fix
    /// Write `if a; then b; else c; fi`.
    AndOrInsteadOfIf {
        id: "and-or-instead-of-if",
        title: "a && b || c is not if-then-else",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for AndOrInsteadOfIf {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::AndOr {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note("what follows || also runs when what follows && fails");
            }
        }
    }
}
