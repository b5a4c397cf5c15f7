//! Where a build says something before a command: options that it writes into files and variables.

use ringwall_input::dockerfile::Command;

use super::run_step::Step;
use crate::judge::Build;

/// The first place of a text in each stage, looked for once.
#[derive(Debug)]
pub(super) struct Mentions {
    /// Where it ends, by the index of the stage.
    ends: Vec<Option<usize>>,
}

impl Mentions {
    /// Looks for a text in any case.
    pub(super) fn of(build: &Build<'_>, lower_case: &str) -> Self {
        let stages = build.dockerfile.stages.iter();
        let ends = stages
            .map(|stage| {
                stage.instructions.iter().find_map(|instruction| {
                    let text = build.source.slice(instruction.span).to_ascii_lowercase();
                    let at = text.find(lower_case)?;
                    Some(instruction.span.range().start + at + lower_case.len())
                })
            })
            .collect();
        Self { ends }
    }

    /// Whether the stage of a command, or one that it is based on, says it before the command.
    pub(super) fn are_before(&self, step: &Step<'_>, command: &Command) -> bool {
        step.file.ancestors(step.stage).any(|stage| {
            let end = self.ends.get(stage.index).copied().flatten();
            end.is_some_and(|end| end <= command.span.range().start)
        })
    }
}
