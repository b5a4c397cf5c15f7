use std::collections::HashMap;

use ringwall_input::dockerfile::{InstructionKind, Pair};
use ringwall_model::{Edit, Span};

use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// An `ENV` with several variables where one uses another of the same instruction that has no value before it, or adds to one that the same instruction sets too.
    ///
    /// ## Why it matters
    /// All values of one instruction are read before any is set: the variable is empty.
    /// A path such as `$HOME_DIR/bin` becomes `/bin`.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ENV ROOT=/opt/app \
    ///     BIN=$ROOT/bin # <-
    /// ENV PATH=/opt/a:$PATH \
    ///     PATH=/opt/b:$PATH # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ENV ROOT=/opt/app
    /// ENV BIN=$ROOT/bin PATH=/opt/app/bin:$PATH
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG VERSION=1
    /// ENV VERSION=$VERSION NAME=app-$VERSION
    /// ```
    ///
    /// ## Fix
    /// Set the variable in an `ENV` of its own before the one that uses it.
    SelfReferencingEnv {
        id: "self-referencing-env",
        title: "ENV refers to a variable defined in the same instruction",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SelfReferencingEnv {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        for stage in &file.stages {
            for instruction in &stage.instructions {
                let InstructionKind::Env(pairs) = &instruction.kind else {
                    continue;
                };
                let names: HashMap<&str, usize> = pairs
                    .iter()
                    .enumerate()
                    .rev()
                    .map(|(index, pair)| (pair.name.value.as_str(), index))
                    .collect();
                for (index, pair) in pairs.iter().enumerate() {
                    let references = pair.value.iter().flat_map(|value| &value.references);
                    let names_used = references
                        .filter(|reference| !reference.has_default)
                        .map(|reference| reference.name.as_str());
                    let empty = names_used
                        .filter_map(|name| Some((name, *names.get(name)?)))
                        .find(|&(name, set_at)| {
                            if name == pair.name.value {
                                // What the same instruction gave it before is lost.
                                return set_at < index;
                            }
                            !is_inherited(name) && file.variable(stage, instruction, name).is_none()
                        });
                    let Some((name, set_at)) = empty else {
                        continue;
                    };
                    let fix = if set_at < index {
                        split(build, pairs, index)
                    } else {
                        None
                    };
                    findings
                        .add(Self::META)
                        .span(build.source, pair.span)
                        .message(format!(
                            "{} uses {name}, which this ENV only sets",
                            pair.name.value
                        ))
                        .fix(Safety::Unsafe, fix);
                }
            }
        }
    }
}

/// Variables that every image has a value for.
fn is_inherited(name: &str) -> bool {
    matches!(name, "PATH" | "HOME")
}

/// Begins a new ENV before the pair.
fn split(build: &Build<'_>, pairs: &[Pair], index: usize) -> Option<Vec<Edit>> {
    let before = pairs.get(..index)?;
    let gap = Span {
        start: before.last()?.span.end,
        end: pairs.get(index)?.span.start,
    };
    let is_blank = |character: char| character.is_whitespace() || matches!(character, '\\' | '`');
    if !build.source.slice(gap).chars().all(is_blank) {
        return None; // A comment stands between.
    }
    rewrite::replace(build, gap, "\nENV ")
}
