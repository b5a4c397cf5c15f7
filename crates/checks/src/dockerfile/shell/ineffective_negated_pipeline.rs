use ringwall_input::dockerfile::FactKind;

use super::fact::facts;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A command behind `!` in a RUN with `set -e`, where something follows it.
    ///
    /// ## Why it matters
    /// `set -e` never stops at a negated command, so the test that was meant tests nothing.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN set -e; ! grep -q debug /etc/tool.conf; make install # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN set -e; if grep -q debug /etc/tool.conf; then exit 1; fi; make install
    /// RUN ! grep -q debug /etc/tool.conf && make install
    /// ```
    ///
    /// ## Fix
    /// Write `if command; then exit 1; fi`, or add `|| exit 1`.
    IneffectiveNegatedPipeline {
        id: "ineffective-negated-pipeline",
        title: "Negated command does not stop the script",
        ring: Code,
        target: Dockerfile,
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for IneffectiveNegatedPipeline {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::NegatedPipeline {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note("set -e does not stop at a command behind !");
            }
        }
    }
}
