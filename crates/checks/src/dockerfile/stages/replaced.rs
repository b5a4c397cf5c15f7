//! Instructions of which only the last one in a stage counts.

use ringwall_input::dockerfile::{Instruction, InstructionKind};

use crate::judge::Build;

/// The instructions of a kind that a later one of the same stage replaces, and the line of the last one.
pub(super) fn replaced<'a>(
    build: &Build<'a>,
    is_kind: impl Fn(&InstructionKind) -> bool,
) -> Vec<(&'a Instruction, u32)> {
    let mut replaced = Vec::new();
    for stage in &build.dockerfile.stages {
        let mut all = stage
            .instructions
            .iter()
            .rev()
            .filter(|instruction| is_kind(&instruction.kind));
        if let Some(last) = all.next() {
            let line = build.source.location(last.span).start.line;
            replaced.extend(all.map(|instruction| (instruction, line)));
        }
    }
    replaced
}
