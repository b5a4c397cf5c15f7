//! The labels of a file.

use ringwall_input::dockerfile::{Dockerfile, Instruction, InstructionKind, Pair, Word};

/// Every label, in the order of the file.
pub(super) fn labels(file: &Dockerfile) -> impl Iterator<Item = &Pair> {
    file.instructions()
        .map(Instruction::innermost)
        .flat_map(|instruction| match &instruction.kind {
            InstructionKind::Label(pairs) => pairs.as_slice(),
            _ => &[],
        })
}

/// Key and value of every label where both are known and the value is not empty.
pub(super) fn label_values(file: &Dockerfile) -> impl Iterator<Item = (&str, &Word)> {
    labels(file).filter_map(|label| {
        let value = label.value.as_ref()?;
        let is_known = label.name.resolved && value.resolved && !value.value.trim().is_empty();
        is_known.then_some((label.name.value.as_str(), value))
    })
}
