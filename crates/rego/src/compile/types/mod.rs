//! Types: what can never be defined because a value is of the wrong kind.
//!
//! Only what stands in one body is looked at: constants, what builtins give, and what is read from those.
//! Input, data, parameters and what rules give can be anything. So each error is one that OPA's type checker has too,
//! but not the other way round.

mod shape;

use std::collections::HashMap;

use self::shape::Shape;
use super::core::{Callee, Closure, Equality, Expr, Gives, Head, Kind, Term, Var};
use crate::{Error, ErrorCode, Source, Span, Value, builtins::Builtin};

/// Checks a body whose expressions are in their order.
pub(super) fn check(source: &Source, body: &[Expr], parameters: Var, errors: &mut Vec<Error>) {
    let mut checker = Checker {
        source,
        errors,
        known: (0..parameters).map(|var| (var, Shape::Any)).collect(),
        trail: Vec::new(),
        span: Span::default(),
    };
    checker.body(body);
}

struct Checker<'a> {
    source: &'a Source,
    errors: &'a mut Vec<Error>,
    known: HashMap<Var, Shape>,
    /// Variables in the order in which they became known.
    trail: Vec<Var>,
    /// The expression at hand.
    span: Span,
}

impl Checker<'_> {
    fn error(&mut self, message: impl Into<String>) {
        self.errors
            .push(Error::new(ErrorCode::Type, self.source, self.span, message));
    }

    fn body(&mut self, body: &[Expr]) {
        for expr in body {
            self.span = expr.span;
            match &expr.kind {
                Kind::Term(term) => {
                    self.shape(term);
                }
                Kind::Unify { left, right, sort } => self.unify(left, right, *sort),
                // What stands in for a function may take other operands.
                Kind::Call {
                    callee: Callee::Builtin(builtin),
                    operands,
                } if expr.with.is_empty() => self.call(builtin, operands),
                Kind::Call { operands, .. } => {
                    for operand in operands {
                        self.shape(operand);
                    }
                }
                Kind::Every(every) => {
                    let domain = self.shape(&every.domain);
                    self.scoped(|checker| {
                        if let Some(key) = every.key {
                            checker.learn(key, domain.keys().unwrap_or(Shape::Any));
                        }
                        checker.learn(every.value, domain.values().unwrap_or(Shape::Any));
                        checker.body(&every.body);
                    });
                }
            }
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
            match key {
                Term::Const(key) => members.push((key.clone(), value_shape)),
                _ => {
                    let (keys, values) = rest.unwrap_or((key_shape.clone(), value_shape.clone()));
                    rest = Some((
                        Shape::either([keys, key_shape]).unwrap_or(Shape::Any),
                        Shape::either([values, value_shape]).unwrap_or(Shape::Any),
                    ));
                }
            }
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
        let mut at = match head {
            Head::Input | Head::Data => Shape::Any,
            Head::Var(var) => self.known.get(&var).cloned().unwrap_or(Shape::Any),
        };
        for key in keys {
            let key_shape = self.shape(key);
            if at == Shape::Any {
                continue;
            }
            let below = match key {
                Term::Const(key) => at.member(key),
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
