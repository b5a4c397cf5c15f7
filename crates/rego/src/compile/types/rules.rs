//! What rules give: found out in the order in which they need each other.

use std::{collections::BTreeSet, sync::Arc};

use super::{Checker, Known, Shape};
use crate::{
    Error, Source,
    code::GroupId,
    compile::{
        core::{Expr, Term, Var},
        tree::{Sort, Tree},
    },
};

/// A rule, or one behind `else`, with its body in order.
pub(in crate::compile) struct Rule {
    pub(in crate::compile) source: Arc<Source>,
    pub(in crate::compile) body: Vec<Expr>,
    /// How many parameters there are; they are the first variables.
    pub(in crate::compile) parameters: Var,
    /// Keys behind the path of the group.
    pub(in crate::compile) suffix: Vec<Term>,
    pub(in crate::compile) value: Term,
    pub(in crate::compile) is_set: bool,
}

/// Checks all rules, given those of each group and which groups each one uses. Gives the shapes of the groups.
pub(in crate::compile) fn check_rules(
    tree: &Tree,
    rules: &[Vec<Rule>],
    uses: &[BTreeSet<GroupId>],
    errors: &mut Vec<Error>,
) -> Vec<Shape> {
    let mut shapes = vec![Shape::Any; rules.len()];
    for index in order(uses) {
        let before = errors.len();
        let known = Known {
            tree,
            shapes: &shapes,
        };
        let given: Vec<Shape> = rules
            .get(index)
            .into_iter()
            .flatten()
            .map(|rule| gives(rule, known, errors))
            .collect();
        let is_set = tree
            .groups
            .get(index)
            .is_some_and(|group| group.sort == Sort::Set);
        // A rule with an error can be anything, so that the error is told once.
        let shape = match Shape::either(given) {
            Some(shape) if errors.len() == before => shape.relaxed(),
            _ => Shape::Any,
        };
        let shape = if is_set {
            Shape::Set(Some(Box::new(shape)))
        } else {
            shape
        };
        if let Some(place) = shapes.get_mut(index) {
            *place = shape.bounded();
        }
    }
    shapes
}

/// What one rule gives: its value, its member if it makes a set, an object around it for each key.
fn gives(rule: &Rule, known: Known<'_>, errors: &mut Vec<Error>) -> Shape {
    let mut checker = Checker::new(&rule.source, known, errors);
    for parameter in 0..rule.parameters {
        checker.learn(parameter, Shape::Any);
    }
    checker.body(&rule.body);
    let mut shape = checker.shape(&rule.value);
    if rule.is_set && !rule.suffix.is_empty() {
        shape = Shape::Set(Some(Box::new(shape)));
    }
    for key in rule.suffix.iter().rev() {
        let key = checker.shape(key);
        shape = Shape::Object(Vec::new(), Some(Box::new((key, shape))));
    }
    shape
}

/// All groups, each after those it uses.
pub(in crate::compile) fn order(uses: &[BTreeSet<GroupId>]) -> Vec<usize> {
    let mut ordered = Vec::with_capacity(uses.len());
    let mut seen = vec![false; uses.len()];
    let mut open: Vec<(usize, bool)> = (0..uses.len()).rev().map(|index| (index, false)).collect();
    while let Some((index, is_done)) = open.pop() {
        if is_done {
            ordered.push(index);
            continue;
        }
        match seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        open.push((index, true));
        let used = uses.get(index).into_iter().flatten();
        open.extend(used.map(|group| (group.0 as usize, false)));
    }
    ordered
}
