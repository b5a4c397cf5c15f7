use std::collections::BTreeMap;

use ringwall_input::dockerfile::{FactKind, ShellFact};

use super::{fact::quote, one_word::is_one_word};
use crate::{
    Check, Confidence, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Variables outside quotes in a RUN, where the shell splits their value at blanks and takes `*` and `?` in it for file names.
    ///
    /// Variables whose value the Dockerfile or the script gives, and which hold neither blanks nor patterns, are left out, and so are numbers and the platform arguments of the builder.
    ///
    /// ## Why it matters
    /// A value with a blank becomes two arguments: `rm -rf $dir` then removes something else.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm -rf $CACHE_DIR/tmp && mkdir $CACHE_DIR # <-
    /// RUN for file in "a b" c; do touch $file; done # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// ARG TARGETARCH
    /// ENV VERSION=1.2.3
    /// RUN rm -rf "$CACHE_DIR/tmp" && name=tool && touch $name-$VERSION-$TARGETARCH && copy=$CACHE_DIR \
    ///     && if test -f /a; then arch=arm; else arch=$(uname -m); fi && touch tool-$arch && exit $?
    /// ```
    ///
    /// ## Fix
    /// Put the variable into double quotes: `"$name"`.
    UnquotedShellVariable {
        id: "unquoted-shell-variable",
        title: "Variable outside quotes is split and globbed",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnquotedShellVariable {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let mut places: BTreeMap<&str, Vec<&ShellFact>> = BTreeMap::new();
            for fact in step.run.script.facts() {
                if let FactKind::UnquotedVariable { name } = &fact.kind {
                    places.entry(name).or_default().push(fact);
                }
            }
            for (name, places) in places {
                report(&step, name, &places, findings);
            }
        }
    }
}

fn report(step: &Step<'_>, name: &str, places: &[&ShellFact], findings: &mut Findings<'_>) {
    let Some(&first) = places.first() else { return };
    let value = step.value_of(name);
    if is_one_word(step, name) || is_platform(name) {
        return;
    }
    let message = match places.len() {
        1 => format!("{name} stands outside quotes"),
        count => format!("{name} stands outside quotes in {count} places"),
    };
    // A list that the file gives is meant as one.
    let is_list = value.is_some_and(|value| value.contains(char::is_whitespace));
    let fix = if is_list { None } else { quote(step, places) };
    let draft = findings
        .add(UnquotedShellVariable::META)
        .span(step.source, first.span)
        .note(message)
        .fix(Safety::Unsafe, fix);
    // A list of words that is split on purpose looks the same.
    if value.is_some() || !is_set_by_script(step, name) {
        draft.confidence(Confidence::Low);
    }
}

/// What the builder sets where an ARG asks for it; words without blanks.
fn is_platform(name: &str) -> bool {
    let kind = name
        .strip_prefix("TARGET")
        .or_else(|| name.strip_prefix("BUILD"));
    kind.is_some_and(|kind| matches!(kind, "PLATFORM" | "OS" | "ARCH" | "VARIANT"))
}

fn is_set_by_script(step: &Step<'_>, name: &str) -> bool {
    step.script().is_some_and(|script| script.assigns(name))
}
