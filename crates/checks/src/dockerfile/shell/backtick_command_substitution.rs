use ringwall_input::dockerfile::FactKind;
use ringwall_model::Edit;

use super::fact::facts;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{run_step::Step, word_edit::edit},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Command substitutions with backticks in a RUN.
    ///
    /// ## Why it matters
    /// Backslashes inside mean something else, and one within the other needs escapes, so both are easily wrong.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "built on `date`" > /build # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "built on $(date)" > /build && echo '`date`'
    /// ```
    ///
    /// ## Fix
    /// Write `$(command)`.
    BacktickCommandSubstitution {
        id: "backtick-command-substitution",
        title: "Backticks instead of $(...)",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for BacktickCommandSubstitution {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (step, fact) in facts(build) {
            if fact.kind == FactKind::Backticks {
                findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note("a command stands in backticks")
                    .fix(Safety::Safe, modern(&step, fact.span));
            }
        }
    }
}

/// The same in `$(...)`; none where quotes or backslashes inside would change their meaning.
fn modern(step: &Step<'_>, place: ringwall_model::Span) -> Option<Vec<Edit>> {
    let text = step.source.slice(place);
    let inner = text.strip_prefix('`')?.strip_suffix('`')?;
    let is_same = !inner.contains(['\\', '`', '"', '#', '\n']) && !inner.starts_with('(');
    is_same.then(|| vec![edit(step.source, place, format!("$({inner})"))])
}
