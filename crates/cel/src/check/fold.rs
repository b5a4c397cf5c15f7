//! Comprehensions, bindings and what else names a variable.

use super::{Checked, Checker};
use crate::{
    error::Span,
    program::{Fold, Node, OptMap},
    syntax::ast::{self, Expr, FoldKind},
    ty::Type,
};

impl Checker<'_> {
    pub(super) fn fold(&mut self, span: Span, fold: &ast::Fold) -> Checked {
        let (range_type, range) = self.expression(&fold.range);
        let range_type = self.substitution.apply(&range_type, false);
        let has_second = fold.second.is_some();
        let (first, second) = match &range_type {
            Type::List(element) if has_second => (Type::Int, (**element).clone()),
            Type::List(element) => ((**element).clone(), Type::Dyn),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            Type::Error => (Type::Error, Type::Error),
            Type::Param(_) => {
                self.substitution.assign(&Type::Dyn, &range_type);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!(
                    "expression of type '{}' cannot be range of a comprehension (must be list, map, or dynamic)",
                    other.spoken()
                );
                self.fail(fold.range.span, message);
                (Type::Error, Type::Error)
            }
        };
        // See `ident`: the API server does not know a variable whose value is a type, and `filter` uses its own.
        if self.environment.is_kubernetes
            && fold.kind == FoldKind::Filter
            && matches!(first, Type::Type(_))
        {
            let message = format!("reference to undefined type: {}", fold.variable);
            self.fail(fold.range.span, message);
        }
        let place = self.locals.len();
        self.locals.push((fold.variable.clone(), first.clone()));
        if let Some(name) = &fold.second {
            self.locals.push((name.clone(), second));
        }
        let filter = fold.filter.as_ref().map(|filter| self.condition(filter));
        let is_condition = matches!(
            fold.kind,
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne | FoldKind::Filter
        );
        let (body_type, body) = if is_condition {
            (Type::Bool, self.condition(&fold.body))
        } else {
            self.expression(&fold.body)
        };
        self.locals.truncate(place);
        let key_type = match &range_type {
            Type::List(_) => Type::Int,
            _ => first.clone(),
        };
        let result = match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => Type::Bool,
            FoldKind::Filter => Type::list(first),
            FoldKind::Map | FoldKind::TransformList => Type::list(body_type),
            FoldKind::TransformMap => Type::map(key_type, body_type),
            FoldKind::TransformMapEntry => {
                let entry = self.substitution.apply(&body_type, false);
                match entry {
                    Type::Map(..) | Type::Error => entry,
                    Type::Dyn => Type::map(Type::Dyn, Type::Dyn),
                    other => {
                        let message = format!(
                            "found no matching overload for 'cel.@mapInsert' applied to '(map(dyn, dyn), {})'",
                            other.spoken()
                        );
                        return self.fail(fold.body.span, message);
                    }
                }
            }
        };
        let node = Node::Fold(Box::new(Fold {
            kind: fold.kind,
            range,
            has_second,
            place,
            filter,
            body,
            span,
        }));
        (result, node)
    }

    /// An expression that must be true or false.
    pub(super) fn condition(&mut self, expression: &Expr) -> Node {
        let (ty, node) = self.expression(expression);
        if !self.substitution.assign(&ty, &Type::Bool) {
            let message = format!("expected type 'bool' but found '{}'", self.spoken(&ty));
            self.fail(expression.span, message);
        }
        node
    }

    pub(super) fn bind(&mut self, variable: &str, value: &Expr, body: &Expr) -> Checked {
        let (ty, value) = self.expression(value);
        let place = self.locals.len();
        self.locals.push((variable.to_owned(), ty));
        let (result, body) = self.expression(body);
        self.locals.truncate(place);
        (result, Node::Bind(Box::new([value, body])))
    }

    pub(super) fn opt_map(
        &mut self,
        span: Span,
        target: &Expr,
        variable: &str,
        body: &Expr,
        flat: bool,
    ) -> Checked {
        let (target_type, target) = self.expression(target);
        let inner = match self.substitution.apply(&target_type, false) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn => Type::Dyn,
            Type::Error => Type::Error,
            other => {
                let message = format!(
                    "found no matching overload for 'hasValue' applied to '{}.()'",
                    other.spoken()
                );
                return self.fail(span, message);
            }
        };
        let place = self.locals.len();
        self.locals.push((variable.to_owned(), inner));
        let (ty, node) = self.expression(body);
        self.locals.truncate(place);
        let result = if flat {
            match self.substitution.apply(&ty, false) {
                ty @ (Type::Optional(_) | Type::Dyn | Type::Error) => ty,
                other => {
                    let message = format!(
                        "found no matching overload for '_?_:_' applied to '(bool, {}, optional_type(dyn))'",
                        other.spoken()
                    );
                    return self.fail(body.span, message);
                }
            }
        } else {
            Type::optional(ty)
        };
        let node = Node::OptMap(Box::new(OptMap {
            target,
            body: node,
            flat,
            span,
        }));
        (result, node)
    }
}
