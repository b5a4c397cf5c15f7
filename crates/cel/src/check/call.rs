//! Which overloads of a function a call may mean.

use std::sync::Arc;

use super::{Checked, Checker};
use crate::{
    environment::{Extension, Overload},
    error::Span,
    library::{self, Candidate, Pattern, template},
    program::{Call, Match, MatchKind, Node},
    syntax::ast::{Element, Expr, ExprKind, Literal},
    ty::Type,
    value::{Value, equal},
};

/// What a call turned out to be.
pub(super) struct Resolved {
    pub(super) result: Type,
    candidates: Vec<Candidate>,
    is_unique: bool,
}

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        whole: &Expr,
        function: &str,
        target: Option<&Expr>,
        arguments: &[Expr],
    ) -> Checked {
        match function {
            "_[_]" => return self.index(whole, arguments, false),
            "_[?_]" => return self.index(whole, arguments, true),
            _ => {}
        }
        // `a.b(c)` may be the function `a.b`.
        if let Some(target) = target {
            if let Some(namespace) = self.global_name(target)
                && let Some(name) = self.function(&format!("{namespace}.{function}"))
            {
                let arguments: Vec<&Expr> = arguments.iter().collect();
                return self.invoke(whole, &name, false, &arguments);
            }
            if self.function(function).is_some() {
                let arguments: Vec<&Expr> = [target].into_iter().chain(arguments).collect();
                return self.invoke(whole, function, true, &arguments);
            }
        } else if let Some(name) = self.function(function) {
            let arguments: Vec<&Expr> = arguments.iter().collect();
            return self.invoke(whole, &name, false, &arguments);
        }
        if let Some(target) = target {
            self.expression(target);
        }
        for argument in arguments {
            self.expression(argument);
        }
        let container = &self.environment.container;
        let message = format!("undeclared reference to '{function}' (in container '{container}')");
        self.fail(whole.span, message)
    }

    /// The full name of a function that a name stands for.
    fn function(&self, name: &str) -> Option<String> {
        self.candidates(name)
            .into_iter()
            .find(|candidate| self.environment.functions.contains_key(candidate.as_str()))
    }

    fn invoke(
        &mut self,
        whole: &Expr,
        function: &str,
        is_member: bool,
        arguments: &[&Expr],
    ) -> Checked {
        let is_format = is_member && function == "format";
        self.mixing += u32::from(is_format);
        let (types, nodes): (Vec<_>, Vec<_>) = match arguments {
            [target, list] if is_format => {
                let (target_type, target_node) = self.expression(target);
                let (list_type, list_node) = self.format_arguments(target, list);
                (vec![target_type, list_type], vec![target_node, list_node])
            }
            arguments => arguments
                .iter()
                .map(|argument| self.expression(argument))
                .unzip(),
        };
        self.mixing -= u32::from(is_format);
        let Some(resolved) = self.resolve(whole.span, function, is_member, &types) else {
            return (Type::Error, Node::Constant(Value::Null));
        };
        self.node(whole.span, function, resolved, nodes)
    }

    /// The list of `format`, checked against the template if both are written out.
    fn format_arguments(&mut self, target: &Expr, list: &Expr) -> Checked {
        let (ExprKind::Literal(Literal::String(text)), ExprKind::List(elements), true) =
            (&target.kind, &list.kind, self.environment.is_kubernetes)
        else {
            return self.expression(list);
        };
        let (checked, types) = self.list_and_types(elements);
        let types: Vec<Type> = types
            .iter()
            .map(|ty| self.substitution.apply(ty, true))
            .collect();
        if let Some(span) = elements.iter().find_map(optional_part) {
            self.fail(
                span,
                "error during formatting: an optional element cannot be formatted",
            );
        } else if let Err((place, message)) = template::check(text, &types) {
            let span = place
                .and_then(|place| elements.get(place))
                .map_or(list.span, |element| element.value.span);
            self.fail(span, message);
        }
        checked
    }

    /// Finds the overloads that take arguments of these types, and tells if there are none.
    pub(super) fn resolve(
        &mut self,
        span: Span,
        function: &str,
        is_member: bool,
        types: &[Type],
    ) -> Option<Resolved> {
        let mut resolved = self.overloads(function, is_member, types);
        if resolved.is_none() && self.environment.is_descriptive {
            let plain: Vec<Type> = types.iter().map(|ty| self.plain(ty)).collect();
            resolved = self.overloads(function, is_member, &plain);
        }
        if types.contains(&Type::Error) {
            return resolved;
        }
        let mistake = resolved.is_none().then(|| {
            let shown: Vec<String> = types.iter().map(|ty| self.spoken(ty)).collect();
            let applied = match shown.split_first() {
                Some((target, rest)) if is_member => format!("{target}.({})", rest.join(", ")),
                _ => format!("({})", shown.join(", ")),
            };
            format!("found no matching overload for '{function}' applied to '{applied}'")
        });
        for schema in &self.environment.schemas {
            schema.called_at(span, mistake.as_deref());
        }
        if let Some(mistake) = mistake {
            self.fail(span, mistake);
        }
        resolved
    }

    /// What values of a type that only describes them can be taken for besides: objects are maps, null may stand for
    /// whatever is missing, and numbers of all types are compared.
    fn plain(&self, ty: &Type) -> Type {
        match self.substitution.apply(ty, false) {
            Type::Null => Type::Dyn,
            Type::Int | Type::Uint => Type::Double,
            Type::List(element) => Type::list(self.plain(&element)),
            Type::Optional(value) => Type::optional(self.plain(&value)),
            Type::Map(key, value) => Type::map(self.plain(&key), self.plain(&value)),
            Type::Object(name) if self.environment.schemas.iter().any(|it| it.is_map(&name)) => {
                Type::map(Type::String, Type::Dyn)
            }
            other => other,
        }
    }

    /// The overloads that take arguments of these types.
    fn overloads(&mut self, function: &str, is_member: bool, types: &[Type]) -> Option<Resolved> {
        let environment = self.environment;
        let overloads: &[Overload] = environment
            .functions
            .get(function)
            .map_or(&[], Vec::as_slice);
        let mixed = environment.extensions.contains(&Extension::MixedNumbers);
        let mut result: Option<Type> = None;
        let is_guarded = library::is_guarded(function);
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut count = 0;
        for overload in overloads {
            let signature = &overload.signature;
            if signature.member != is_member
                || signature.parameters.len() != types.len()
                || (overload.is_mixed && !mixed)
            {
                continue;
            }
            let offset = self.substitution.reserve(signature.parameter_count());
            let before = self.substitution.snapshot();
            let fits = types
                .iter()
                .zip(&signature.parameters)
                .all(|(given, wanted)| self.substitution.fits(given, &shifted(wanted, offset)));
            if !fits {
                self.substitution.forget(before);
                continue;
            }
            count += 1;
            let this = self
                .substitution
                .apply(&shifted(&signature.result, offset), false);
            result = Some(match result {
                None => this,
                Some(Type::Dyn) => Type::Dyn,
                Some(known) if known == this => known,
                Some(_) => Type::Dyn,
            });
            let is_known = |candidate: &Candidate| {
                candidate.guard.is_none() && std::ptr::eq(candidate.function, overload.function)
            };
            if !candidates.iter().any(is_known) {
                candidates.push(Candidate {
                    function: overload.function,
                    guard: is_guarded.then(|| Arc::clone(&overload.signature)),
                });
            }
        }
        Some(Resolved {
            result: result?,
            candidates,
            is_unique: count == 1,
        })
    }

    /// How to evaluate a call: folded if it can be, special where only some arguments are evaluated.
    fn node(
        &mut self,
        span: Span,
        function: &str,
        resolved: Resolved,
        mut arguments: Vec<Node>,
    ) -> Checked {
        let Resolved {
            result,
            candidates,
            is_unique,
        } = resolved;
        match (function, arguments.as_mut_slice()) {
            ("!_", [_]) => {
                let Some(operand) = arguments.pop() else {
                    return (result, Node::Constant(Value::Null));
                };
                return (result, Node::Not(Box::new(operand), span));
            }
            ("or" | "orValue", [_, _]) => {
                if let Ok(parts) = <[Node; 2]>::try_from(arguments) {
                    let node = Node::OrElse {
                        parts: Box::new(parts),
                        unwraps: function == "orValue",
                    };
                    return (result, node);
                }
                return (result, Node::Constant(Value::Null));
            }
            ("@in", [_, Node::Constant(Value::List(list))])
                if is_unique && list.iter().all(|element| is_scalar(&element)) =>
            {
                return (result, member(arguments));
            }
            ("matches" | "find" | "findAll", [_, Node::Constant(Value::String(text)), ..]) => {
                let pattern = match Pattern::compile(text) {
                    Ok(pattern) => pattern,
                    Err(message) => return self.fail(span, message),
                };
                let mut arguments = arguments.into_iter();
                let Some(text) = arguments.next() else {
                    return (result, Node::Constant(Value::Null));
                };
                let limit = arguments.nth(1);
                let kind = match function {
                    "matches" => MatchKind::Matches,
                    "find" => MatchKind::Find,
                    _ => MatchKind::FindAll,
                };
                let node = Node::Match(Box::new(Match {
                    kind,
                    text,
                    pattern,
                    limit,
                    span,
                }));
                return (result, node);
            }
            (name, [Node::Constant(value)]) if library::CONVERSIONS.contains(&name) => {
                // A conversion of a constant is done now, and fails now.
                let folded = library::dispatch(&candidates, std::slice::from_ref(value));
                return match folded {
                    Ok(value) => (result, Node::Constant(value)),
                    Err(fault) => self.fail(span, fault.into_error().message),
                };
            }
            _ => {}
        }
        let node = Node::Call(Box::new(Call {
            candidates,
            is_unique,
            arguments,
            span,
        }));
        (result, node)
    }
}

/// The first `?element` in what an element writes out.
fn optional_part(element: &Element) -> Option<Span> {
    if element.optional {
        return Some(element.value.span);
    }
    optional_within(&element.value)
}

fn optional_within(expression: &Expr) -> Option<Span> {
    match &expression.kind {
        ExprKind::List(elements) => elements.iter().find_map(optional_part),
        ExprKind::Map(entries) => entries.iter().find_map(|entry| {
            if entry.optional {
                return Some(entry.value.span);
            }
            optional_within(&entry.key).or_else(|| optional_within(&entry.value))
        }),
        _ => None,
    }
}

/// What the reference puts into a set when it looks for membership.
fn is_scalar(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
    )
}

/// `in` over a list of constants: of scalars only, its cost is that of its operand.
fn member(arguments: Vec<Node>) -> Node {
    let mut arguments = arguments.into_iter();
    let (Some(operand), Some(Node::Constant(Value::List(list)))) =
        (arguments.next(), arguments.next())
    else {
        return Node::Constant(Value::Null);
    };
    if list.len() == 0 {
        // Nothing is in it, whatever the operand comes to.
        return Node::Constant(Value::Bool(false));
    }
    let mut distinct: Vec<Value<'static>> = Vec::new();
    for element in list.iter() {
        let is_known = |known: &Value<'_>| matches!(equal(known, &element), Ok(true));
        if !distinct.iter().any(is_known) {
            distinct.push(element);
        }
    }
    Node::Member {
        operand: Box::new(operand),
        list: distinct,
    }
}

/// The parameters of a declaration, made those of one call.
fn shifted(ty: &Type, offset: u32) -> Type {
    match ty {
        Type::Param(number) => Type::Param(number + offset),
        Type::List(inner) => Type::list(shifted(inner, offset)),
        Type::Optional(inner) => Type::optional(shifted(inner, offset)),
        Type::Type(inner) => Type::Type(shifted(inner, offset).into()),
        Type::Map(key, value) => Type::map(shifted(key, offset), shifted(value, offset)),
        other => other.clone(),
    }
}
