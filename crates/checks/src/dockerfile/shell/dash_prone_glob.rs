use ringwall_input::dockerfile::FactKind;

use super::fact::{command_at, facts, insert_before};
use crate::{Check, Findings, Safety, check, judge::Build};

check! {
    /// ## What it finds
    /// Arguments in a RUN that begin with an unquoted `*` or `?`.
    ///
    /// Patterns for `find`, `case` and package managers are left out, for these read them themselves.
    ///
    /// ## Why it matters
    /// A file whose name begins with a dash becomes a flag of the command.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm -rf * # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN rm -rf ./* && rm -- *.log && rm /tmp/* && find . -name *.tmp && echo *
    /// ```
    ///
    /// ## Fix
    /// Write `./*`, or `--` before the pattern.
    DashProneGlob {
        id: "dash-prone-glob",
        title: "Pattern may become a flag",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Programs that read patterns themselves.
const OWN_PATTERNS: &[&str] = &[
    "find", "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "rpm", "dpkg", "unzip",
    "for", "expr", "let", "bc", "git",
];

impl Check for DashProneGlob {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            let reads_itself =
                || command_at(&step, fact.span).is_some_and(|command| command.is_any(OWN_PATTERNS));
            if fact.kind == FactKind::DashProneGlob && !reads_itself() {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "{} may expand to a name that begins with a dash",
                        step.source.slice(fact.span)
                    ))
                    .fix(Safety::Unsafe, insert_before(&step, fact, "./"));
            }
        }
    }
}
