//! Fields of one object that contradict each other.
//!
//! After the validation code of Kubernetes 1.37, and held against its API server.

mod access;
mod container;
mod data;
mod object;
mod pod;

use super::contradictory_fields::ContradictoryFields;
use crate::{Findings, Node};

pub(super) use object::judge as judge_object;
pub(super) use pod::judge as judge_pod;

/// Tells of a field that contradicts another.
fn tell(at: Node<'_>, note: impl AsRef<str>, other: Option<Node<'_>>, findings: &mut Findings<'_>) {
    let mut draft = findings.add(ContradictoryFields::META).at(at).note(note);
    if let Some(other) = other {
        draft = draft.evidence("the other", other);
    }
    drop(draft);
}

/// A field that is written and not null.
fn written<'a>(node: Node<'a>, field: &str) -> Option<Node<'a>> {
    node.get(field).filter(|value| !value.is_null())
}

/// A field that is written and neither null nor empty.
fn filled<'a>(node: Node<'a>, field: &str) -> Option<Node<'a>> {
    written(node, field).filter(|value| {
        if value.is_sequence() {
            value.items().next().is_some()
        } else {
            value.as_str() != Some("")
        }
    })
}
