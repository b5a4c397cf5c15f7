//! Where a Dockerfile gives its variables values, by their names.

use std::collections::HashMap;

use super::{Dockerfile, Instruction, InstructionKind, Pair, Stage};

/// What is found by name, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    names: HashMap<String, Vec<Place>>,
}

/// A pair of an ENV or ARG.
#[derive(Clone, Copy, Debug)]
struct Place {
    stage: usize,
    /// Where the instruction starts.
    start: usize,
    instruction: usize,
    pair: usize,
    is_env: bool,
}

impl Variables {
    pub(super) fn of(stages: &[Stage]) -> Self {
        let mut names: HashMap<String, Vec<Place>> = HashMap::new();
        for stage in stages {
            for (instruction, found) in stage.instructions.iter().enumerate() {
                let (pairs, is_env) = match &found.kind {
                    InstructionKind::Env(pairs) => (pairs, true),
                    InstructionKind::Arg(pairs) => (pairs, false),
                    _ => continue,
                };
                for (pair, given) in pairs.iter().enumerate() {
                    names
                        .entry(given.name.value.clone())
                        .or_default()
                        .push(Place {
                            stage: stage.index,
                            start: found.span.range().start,
                            instruction,
                            pair,
                            is_env,
                        });
                }
            }
        }
        Self { names }
    }
}

impl Dockerfile {
    /// The ENV or ARG that gives a variable its meaning before an instruction of a stage.
    ///
    /// Looks through base stages. ENV goes before ARG. Global ARGs count only where redeclared.
    pub fn variable<'a>(
        &'a self,
        stage: &'a Stage,
        at: &Instruction,
        name: &str,
    ) -> Option<&'a Pair> {
        let places = self.variables.names.get(name)?;
        let start = at.span.range().start;
        let find = |wants_env: bool| {
            self.ancestors(stage).find_map(|stage| {
                let end = places
                    .partition_point(|place| (place.stage, place.start) < (stage.index, start));
                let before = places.get(..end)?.iter().rev();
                before
                    .take_while(|place| place.stage == stage.index)
                    .find(|place| place.is_env == wants_env)
                    .and_then(
                        |place| match &stage.instructions.get(place.instruction)?.kind {
                            InstructionKind::Env(pairs) | InstructionKind::Arg(pairs) => {
                                pairs.get(place.pair)
                            }
                            _ => None,
                        },
                    )
            })
        };
        find(true).or_else(|| find(false))
    }
}
