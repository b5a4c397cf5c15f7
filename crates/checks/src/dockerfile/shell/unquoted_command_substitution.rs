use ringwall_input::dockerfile::FactKind;

use super::{
    fact::{facts, quote},
    one_word::writes_one_word,
};
use crate::{Check, Findings, Safety, check, judge::Build};

check! {
    /// ## What it finds
    /// Command substitutions outside quotes in a RUN, where the shell splits the output at blanks and takes `*` and `?` in it for file names.
    ///
    /// Commands that only ever write one plain word, such as `nproc`, `uname -m` and `dpkg --print-architecture`, are left out.
    ///
    /// ## Why it matters
    /// A file name with a blank becomes two arguments, and an output that is empty none at all.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm $(find /tmp -name "*.log") # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN rm "$(which tool)" && make -j$(nproc) && path=$(pwd) && echo "$(cat a b)" \
    ///     && ./configure $(test -f /a && echo --with-a) && wget -q https://example.com/$(uname -m)
    /// ```
    ///
    /// ## Fix
    /// Put the substitution into double quotes, or loop over its lines where several arguments are meant.
    UnquotedCommandSubstitution {
        id: "unquoted-command-substitution",
        title: "Output of a command outside quotes is split and globbed",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnquotedCommandSubstitution {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if let FactKind::UnquotedSubstitution { command } = &fact.kind
                && !writes_one_word(&step, fact.span)
            {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!(
                        "the output of {} stands outside quotes",
                        describe(command)
                    ))
                    .fix(Safety::Unsafe, quote(&step, &[fact]));
            }
        }
    }
}

fn describe(command: &str) -> &str {
    if command.is_empty() {
        "a command"
    } else {
        command
    }
}
