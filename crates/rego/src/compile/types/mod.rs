//! Types: what can never be defined because a value is of the wrong kind.
//!
//! Constants are looked at, what builtins and rules give, and what is read from those.
//! Input, base documents and parameters can be anything, and so can rules in an expression with `with`. So each error
//! is one that OPA's type checker has too, but not the other way round.

mod rules;
mod shape;

use std::collections::HashMap;

pub(super) use self::rules::{Rule, check_rules, order};
pub(crate) use self::shape::Shape;
use super::{
    core::{Callee, Closure, Equality, Expr, Gives, Head, Kind, Path, Term, Var},
    tree::{Sort, Tree},
};
use crate::{Error, ErrorCode, Source, Span, Value, builtins::Builtin};

/// What the groups of rules give, by their numbers; those that are not known yet can be anything.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) tree: &'a Tree,
    pub(super) shapes: &'a [Shape],
}

impl Known<'_> {
    /// What is at the group that the keys lead to, and how many of them lead there.
    fn at(&self, keys: &[Term]) -> Option<(Shape, usize)> {
        let mut node = &self.tree.root;
        for (index, key) in keys.iter().enumerate() {
            let Term::Const(key) = key else {
                return None;
            };
            node = node.children.get(key)?;
            if let Some(group) = node.group {
                let sort = self.tree.group(group)?.sort;
                let is_document = !matches!(sort, Sort::Function(_)) && node.children.is_empty();
                let shape = self.shapes.get(group.0 as usize)?;
                return is_document.then(|| (shape.clone(), index + 1));
            }
        }
        None
    }

    fn result_of(&self, function: &Path) -> Option<&Shape> {
        let (group, _) = self.tree.function(function)?;
        self.shapes.get(group.0 as usize)
    }
}

/// Checks the body of a query whose expressions are in their order.
pub(super) fn check_query(
    source: &Source,
    body: &[Expr],
    known: Known<'_>,
    errors: &mut Vec<Error>,
) {
    Checker::new(source, known, errors).body(body);
}

struct Checker<'a> {
    source: &'a Source,
    rules: Known<'a>,
    errors: &'a mut Vec<Error>,
    known: HashMap<Var, Shape>,
    /// Variables in the order in which they became known.
    trail: Vec<Var>,
    /// The expression at hand.
    span: Span,
    /// Whether it has `with`, or is inside of one that has.
    has_with: bool,
}

impl<'a> Checker<'a> {
    fn new(source: &'a Source, rules: Known<'a>, errors: &'a mut Vec<Error>) -> Self {
        Self {
            source,
            rules,
            errors,
            known: HashMap::new(),
            trail: Vec::new(),
            span: Span::default(),
            has_with: false,
        }
    }
}

impl Checker<'_> {
    fn error(&mut self, message: impl Into<String>) {
        self.errors
            .push(Error::new(ErrorCode::Type, self.source, self.span, message));
    }

    fn body(&mut self, body: &[Expr]) {
        for expr in body {
            self.span = expr.span;
            let outer = self.has_with;
            self.has_with |= !expr.with.is_empty();
            match &expr.kind {
                Kind::Term(term) => {
                    self.shape(term);
                }
                Kind::Unify { left, right, sort } => self.unify(left, right, *sort),
                // What stands in for a function may take other operands.
                Kind::Call {
                    callee: Callee::Builtin(builtin),
                    operands,
                } if !self.has_with => self.call(builtin, operands),
                Kind::Call { callee, operands } => self.call_rule(callee, operands),
                // OPA looks at nothing inside of `every`, nor does this.
                Kind::Every(every) => {
                    self.shape(&every.domain);
                }
            }
            self.has_with = outer;
        }
    }

    /// Forgets afterwards what became known.
    fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (start, span) = (self.trail.len(), self.span);
        let result = work(self);
        for var in self.trail.drain(start..) {
            self.known.remove(&var);
        }
        self.span = span;
        result
    }

    fn learn(&mut self, var: Var, shape: Shape) {
        let shape = shape.bounded();
        if let std::collections::hash_map::Entry::Vacant(place) = self.known.entry(var) {
            place.insert(shape);
            self.trail.push(var);
        }
    }

    fn unify(&mut self, left: &Term, right: &Term, sort: Equality) {
        let (left_shape, right_shape) = (self.shape(left), self.shape(right));
        if !left_shape.overlaps(&right_shape) {
            let sign = match sort {
                Equality::Unify => "=",
                Equality::Assign => ":=",
                Equality::Compare => "==",
            };
            self.error(format!(
                "match error: {} {sign} {} never holds",
                left_shape.name(),
                right_shape.name()
            ));
            return;
        }
        self.take(left, &right_shape);
        self.take(right, &left_shape);
    }

    /// The variables of a pattern get the shape of what it matches.
    fn take(&mut self, pattern: &Term, shape: &Shape) {
        match pattern {
            Term::Var(var) => self.learn(*var, shape.clone()),
            Term::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    let member = shape.member(&Value::from(index));
                    self.take(item, &member.unwrap_or(Shape::Any));
                }
            }
            Term::Object(members) => {
                for (key, value) in members {
                    let member = match key {
                        Term::Const(key) => shape.member(key),
                        _ => None,
                    };
                    self.take(value, &member.unwrap_or(Shape::Any));
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, builtin: &Builtin, operands: &[Term]) {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.shape(operand)).collect();
        // Calls that the compiler makes are as it makes them.
        if builtin.name.starts_with("internal.") {
            return;
        }
        let result = builtin.result.as_ref();
        let declared = builtin.parameters.iter().chain(result);
        for (index, ((wanted, shape), operand)) in declared.zip(&shapes).zip(operands).enumerate() {
            let can = Shape::of_type(wanted);
            if !shape.overlaps(&can) {
                let what = if index < builtin.parameters.len() {
                    format!("operand {}", index + 1)
                } else {
                    "the result".to_owned()
                };
                self.error(format!(
                    "{}: invalid argument(s): {what} is {} but must be {wanted}",
                    builtin.name,
                    shape.name()
                ));
                return;
            }
            self.take(operand, &can);
        }
    }

    fn call_rule(&mut self, callee: &Callee, operands: &[Term]) {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.shape(operand)).collect();
        let Callee::Function(path) = callee else {
            return;
        };
        let arity = self.rules.tree.arity(path);
        let (Some(last), Some(shape), true) = (
            operands.last(),
            shapes.last(),
            arity.is_some_and(|arity| arity + 1 == operands.len()) && !self.has_with,
        ) else {
            return;
        };
        let Some(result) = self.rules.result_of(path).cloned() else {
            return;
        };
        if shape.overlaps(&result) {
            self.take(last, &result);
        } else {
            self.error(format!(
                "match error: the function gives {}, which is never {}",
                result.name(),
                shape.name()
            ));
        }
    }

    /// What is known of a term; complains of references in it that nothing is at.
    fn shape(&mut self, term: &Term) -> Shape {
        match term {
            Term::Const(value) => Shape::of_value(value),
            Term::Var(var) => self.known.get(var).cloned().unwrap_or(Shape::Any),
            Term::Ref(head, keys) => self.reference(*head, keys),
            Term::Array(items) => {
                Shape::Array(items.iter().map(|item| self.shape(item)).collect(), None)
            }
            Term::Set(items) => {
                let members: Vec<Shape> = items.iter().map(|item| self.shape(item)).collect();
                Shape::Set(Shape::either(members).map(Box::new))
            }
            Term::Object(pairs) => self.object(pairs),
            Term::Closure(closure) => self.closure(closure),
        }
    }

    fn object(&mut self, pairs: &[(Term, Term)]) -> Shape {
        let mut members = Vec::new();
        let mut rest: Option<(Shape, Shape)> = None;
        for (key, value) in pairs {
            let (key_shape, value_shape) = (self.shape(key), self.shape(value));
            if let Term::Const(key) = key {
                members.push((key.clone(), value_shape));
                continue;
            }
            let (keys, values) = rest.unwrap_or((key_shape.clone(), value_shape.clone()));
            rest = Some((
                Shape::either([keys, key_shape]).unwrap_or(Shape::Any),
                Shape::either([values, value_shape]).unwrap_or(Shape::Any),
            ));
        }
        Shape::Object(members, rest.map(Box::new))
    }

    fn closure(&mut self, closure: &Closure) -> Shape {
        self.scoped(|checker| {
            checker.body(&closure.body);
            match &closure.gives {
                Gives::Array(term) => Shape::Array(Vec::new(), Some(Box::new(checker.shape(term)))),
                Gives::Set(term) => Shape::Set(Some(Box::new(checker.shape(term)))),
                Gives::Object(key, value) => {
                    let rest = (checker.shape(key), checker.shape(value));
                    Shape::Object(Vec::new(), Some(Box::new(rest)))
                }
            }
        })
    }

    fn reference(&mut self, head: Head, keys: &[Term]) -> Shape {
        let (mut at, skipped) = match head {
            Head::Data if !self.has_with => self.rules.at(keys).unwrap_or((Shape::Any, 0)),
            Head::Input | Head::Data => (Shape::Any, 0),
            Head::Var(var) => (self.known.get(&var).cloned().unwrap_or(Shape::Any), 0),
        };
        for key in keys.iter().skip(skipped) {
            let key_shape = self.shape(key);
            if at == Shape::Any {
                continue;
            }
            let below = match key {
                Term::Const(key) if is_scalar(key) => at.member(key),
                // Walking something empty is fine, and gives nothing.
                _ if at.is_empty() => Some(Shape::Any),
                _ => at
                    .keys()
                    .filter(|keys| keys.overlaps(&key_shape))
                    .and_then(|keys| {
                        self.take(key, &keys);
                        at.values()
                    }),
            };
            let Some(below) = below else {
                let what = match key {
                    Term::Const(key) => format!("{key}"),
                    _ => format!("a key that is {}", key_shape.name()),
                };
                self.error(format!("undefined ref: {} never has {what}", at.name()));
                return Shape::Any;
            };
            at = below;
        }
        at
    }
}

/// OPA looks up scalars in types; of collections it asks only whether they can be keys.
fn is_scalar(key: &Value) -> bool {
    !matches!(key, Value::Array(_) | Value::Object(_) | Value::Set(_))
}

#[cfg(test)]
mod tests;
