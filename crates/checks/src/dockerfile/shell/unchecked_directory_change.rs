use ringwall_input::dockerfile::FactKind;

use super::fact::{facts, insert_behind};
use crate::{Check, Findings, Safety, check, judge::Build};

check! {
    /// ## What it finds
    /// `cd`, `pushd` or `popd` in a RUN whose failure nothing notices: no `&&`, no `||`, no `set -e`, and commands follow.
    ///
    /// ## Why it matters
    /// Where the directory is not there, everything that follows happens in another one, be it `rm -rf *`.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN cd /usr/src/tool; make install # <-
    /// SHELL ["/bin/bash", "-c"]
    /// RUN pushd /usr/src/tool; make install # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN cd /usr/src/tool && make install
    /// RUN set -e; cd /usr/src/tool; make install
    /// RUN cd /usr/src/tool || exit 1; make install
    /// ```
    ///
    /// ## Fix
    /// Join with `&&`, or begin the script with `set -e`; better still, use WORKDIR.
    UncheckedDirectoryChange {
        id: "unchecked-directory-change",
        title: "cd whose failure is not noticed",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UncheckedDirectoryChange {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::UncheckedCd {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "the script goes on when {} fails",
                        step.source.slice(fact.span)
                    ))
                    .fix(Safety::Unsafe, insert_behind(&step, fact, " || exit 1"));
            }
        }
    }
}
