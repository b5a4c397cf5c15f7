//! `graph.*`: what can be reached in an object of edges.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use super::{
    Answer, Builtin, BuiltinError, Context, Operands,
    operands::wrong_type,
    signature::{ANY, ARRAY, LIST, SET, Type, object},
};
use crate::{Object, Set, Value};

const GRAPH: Type = object(&ANY, &LIST);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("graph.reachable", &[GRAPH, LIST], SET, reachable),
    Builtin::new(
        "graph.reachable_paths",
        &[GRAPH, LIST],
        Type::Set(&ARRAY),
        paths,
    ),
];

/// The neighbours of a node; none if its edges are neither array nor set.
fn neighbours(edges: &Value) -> &[Value] {
    match edges {
        Value::Array(items) => items,
        Value::Set(set) => set.members(),
        _ => &[],
    }
}

fn start(operands: Operands<'_>) -> Result<(&Object, &[Value]), BuiltinError> {
    let graph = operands.object(0)?;
    match operands.value(1) {
        Value::Array(_) | Value::Set(_) => Ok((graph, neighbours(operands.value(1)))),
        other => Err(wrong_type(1, other, &["{array, set}"])),
    }
}

fn reachable(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (graph, initial) = start(operands)?;
    let mut queue: VecDeque<&Value> = initial.iter().collect();
    let mut reached: BTreeSet<&Value> = BTreeSet::new();
    while let Some(node) = queue.pop_front() {
        context.spend(1)?;
        if let Some(edges) = graph.get(node)
            && reached.insert(node)
        {
            let neighbours = neighbours(edges);
            context.make_values(neighbours.len())?;
            queue.extend(neighbours.iter().filter(|next| !reached.contains(next)));
        }
    }
    let members = reached.into_iter().cloned().collect();
    Ok(Some(Value::Set(Arc::new(Set::from_members(members)))))
}

/// All paths that go no further: to a node without edges, to one outside the graph, or into a circle.
fn paths(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (graph, initial) = start(operands)?;
    let mut found = Vec::new();
    for node in initial {
        let Some(edges) = graph.get(node) else {
            continue;
        };
        let neighbours = neighbours(edges);
        if neighbours.is_empty() {
            found.push(Value::Array([node.clone()].into()));
        }
        let mut path = vec![node];
        for neighbour in neighbours {
            walk(context, graph, neighbour, &mut path, &mut found)?;
        }
    }
    Ok(Some(Value::Set(Arc::new(Set::from_members(found)))))
}

/// Nodes on a path at most; a path this long would not be looked at by anybody.
const MAX_PATH: usize = 1_000;

fn walk<'v>(
    context: &mut Context<'_>,
    graph: &'v Object,
    node: &'v Value,
    path: &mut Vec<&'v Value>,
    found: &mut Vec<Value>,
) -> Result<(), BuiltinError> {
    context.spend_values(path.len())?;
    if path.len() > MAX_PATH {
        return Err(BuiltinError::halt(
            "graph.reachable_paths: a path has more than a thousand nodes",
        ));
    }
    let Some(edges) = graph.get(node) else {
        return end(context, path, found);
    };
    path.push(node);
    let neighbours = neighbours(edges);
    if neighbours.is_empty() {
        end(context, path, found)?;
    }
    for neighbour in neighbours {
        if path.contains(&neighbour) {
            end(context, path, found)?;
        } else {
            walk(context, graph, neighbour, path, found)?;
        }
    }
    path.pop();
    Ok(())
}

/// Keeps a path that goes no further.
fn end(
    context: &mut Context<'_>,
    path: &[&Value],
    found: &mut Vec<Value>,
) -> Result<(), BuiltinError> {
    context.make_values(path.len() + 1)?;
    let path = path.iter().map(|node| (*node).clone());
    found.push(Value::Array(path.collect()));
    Ok(())
}
