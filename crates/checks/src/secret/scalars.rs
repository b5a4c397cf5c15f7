//! Every text of an object.

use crate::Node;

/// Calls `see` with each scalar below a node, in the order of the text.
///
/// What an alias stands for is seen once, where it is written, so that the work is bounded by the text.
pub(super) fn each<'a>(node: Node<'a>, see: &mut dyn FnMut(Node<'a>)) {
    let mut seen = None;
    walk(node, &mut seen, see);
}

fn walk<'a>(node: Node<'a>, seen: &mut Option<u32>, see: &mut dyn FnMut(Node<'a>)) {
    // Nodes are numbered in the order of the text: an earlier one was reached through an alias.
    if seen.is_some_and(|seen| node.id() <= seen) {
        return;
    }
    *seen = Some(node.id());
    if node.is_scalar() {
        see(node);
        return;
    }
    for item in node.items() {
        walk(item, seen, see);
    }
    for (_, value) in node.written_entries() {
        walk(value, seen, see);
    }
}
