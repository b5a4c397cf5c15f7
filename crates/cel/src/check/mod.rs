//! Types of expressions, and the steps that evaluate them.
//!
//! One walk infers the type of each part, reports what cannot be, and gives the node that evaluates it.
//! The rules are those of the reference checker; its words are used where it has some.

mod call;
mod fold;
mod literal;
mod unify;

use std::sync::Arc;

use self::unify::Substitution;
use crate::{
    environment::{Declaration, Environment},
    error::{Error, Span},
    escape,
    program::{Index, Node, Select},
    syntax::ast::{Expr, ExprKind, Literal},
    ty::Type,
    value::Value,
};

/// Checks an expression; gives the type of its result and how to evaluate it.
pub(crate) fn check(
    environment: &Environment,
    text: &str,
    expression: &Expr,
) -> Result<(Type, Node), Vec<Error>> {
    let mut checker = Checker {
        environment,
        text,
        errors: Vec::new(),
        substitution: Substitution::new(),
        locals: Vec::new(),
        mixing: u32::from(environment.is_descriptive),
    };
    let (ty, node) = checker.expression(expression);
    if checker.errors.is_empty() {
        Ok((checker.substitution.apply(&ty, true), node))
    } else {
        Err(checker.errors)
    }
}

/// Mistakes told of one expression; the rest are likely to follow from them.
const MAX_ERRORS: usize = 100;

/// Parts of one type: `list(int)` has two.
const MAX_TYPE_PARTS: u32 = 1_000;

struct Checker<'e> {
    environment: &'e Environment,
    text: &'e str,
    errors: Vec<Error>,
    substitution: Substitution,
    /// Variables of comprehensions around here; a place in the list is a place in the frame.
    locals: Vec<(String, Type)>,
    /// Calls around here whose arguments may mix types: `format`. All may where types only describe.
    mixing: u32,
}

type Checked = (Type, Node);

impl Checker<'_> {
    fn fail(&mut self, span: Span, message: impl Into<String>) -> Checked {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Error::new(self.text, span, message));
        }
        (Type::Error, Node::Constant(Value::Null))
    }

    /// What is known of a type, in the words of a message.
    fn spoken(&self, ty: &Type) -> String {
        self.substitution.apply(ty, false).spoken()
    }

    fn expression(&mut self, expression: &Expr) -> Checked {
        let (ty, node) = self.kind(expression);
        // A map from maps to maps doubles with each step, and would not end.
        if self.substitution.is_larger_than(&ty, MAX_TYPE_PARTS) {
            return self.fail(expression.span, "the type is too large");
        }
        (ty, node)
    }

    fn kind(&mut self, expression: &Expr) -> Checked {
        match &expression.kind {
            ExprKind::Literal(literal) => literal_value(literal),
            ExprKind::Ident(name) => self.ident(expression.span, name),
            ExprKind::Select {
                operand,
                field,
                optional,
            } => self.select(expression, operand, field, *optional),
            ExprKind::Has { operand, field } => self.has(expression, operand, field),
            ExprKind::Call {
                function,
                target,
                arguments,
            } => self.call(expression, function, target.as_deref(), arguments),
            ExprKind::And(terms) => self.logic(terms, Node::And),
            ExprKind::Or(terms) => self.logic(terms, Node::Or),
            ExprKind::Ternary(parts) => self.ternary(expression, parts),
            ExprKind::List(elements) => self.list(elements),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Message { name, fields } => self.message(expression.span, name, fields),
            ExprKind::Fold(fold) => self.fold(expression.span, fold),
            ExprKind::Bind {
                variable,
                value,
                body,
            } => self.bind(variable, value, body),
            ExprKind::OptMap {
                target,
                variable,
                body,
                flat,
            } => self.opt_map(expression.span, target, variable, body, *flat),
        }
    }

    /// The names that a name may stand for, the most likely first.
    fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(absolute) = name.strip_prefix('.') {
            return vec![absolute.to_owned()];
        }
        let mut candidates = Vec::new();
        let mut container = self.environment.container.as_str();
        while !container.is_empty() {
            candidates.push(format!("{container}.{name}"));
            container = container.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        candidates.push(name.to_owned());
        candidates
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.locals.iter().rposition(|(local, _)| local == name)
    }

    fn ident(&mut self, span: Span, name: &str) -> Checked {
        if let Some((ty, node)) = self.name(span, name) {
            // The API server takes a variable whose value is a type for the name of a type, and does not know it.
            if self.environment.is_kubernetes
                && !matches!(node, Node::Constant(_))
                && matches!(self.substitution.apply(&ty, false), Type::Type(_))
            {
                return self.fail(span, format!("reference to undefined type: {name}"));
            }
            return (ty, node);
        }
        let container = &self.environment.container;
        let message = format!(
            "undeclared reference to '{}' (in container '{container}')",
            name.trim_start_matches('.')
        );
        self.fail(span, message)
    }

    /// A name, dotted or not, if it stands for something.
    fn name(&self, span: Span, name: &str) -> Option<Checked> {
        if let Some(place) = self.local(name) {
            let ty = self.locals.get(place)?.1.clone();
            return Some((ty, Node::Local { place, cost: 1 }));
        }
        self.candidates(name)
            .iter()
            .find_map(|candidate| self.global(span, candidate))
    }

    fn global(&self, span: Span, name: &str) -> Option<Checked> {
        match self.environment.names.get(name) {
            Some(Declaration::Variable(ty)) => {
                let node = Node::Variable {
                    name: name.into(),
                    cost: 1,
                    span,
                };
                return Some((ty.clone(), node));
            }
            Some(Declaration::Lazy(program)) => {
                let steps = 1 + name.matches('.').count();
                let node = Node::Lazy {
                    program: Arc::clone(program),
                    cost: u8::try_from(steps).unwrap_or(u8::MAX),
                };
                return Some((program.output.clone(), node));
            }
            None => {}
        }
        let ty = match name {
            "bool" => Type::Bool,
            "bytes" => Type::Bytes,
            "double" => Type::Double,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "string" => Type::String,
            "list" => Type::list(Type::Dyn),
            "map" => Type::map(Type::Dyn, Type::Dyn),
            "null_type" => Type::Null,
            "type" => Type::Type(Type::Dyn.into()),
            "google.protobuf.Timestamp" => Type::Timestamp,
            "google.protobuf.Duration" => Type::Duration,
            "optional_type" if self.environment.types.contains(name) => Type::optional(Type::Dyn),
            _ if self.environment.types.contains(name) || self.has_type(name) => Type::object(name),
            _ => return None,
        };
        let value = Value::Type(ty.runtime_name());
        Some((Type::Type(ty.into()), Node::Constant(value)))
    }

    fn has_type(&self, name: &str) -> bool {
        self.environment
            .schemas
            .iter()
            .any(|schema| schema.has_type(name))
    }

    /// The dotted name that an expression is, unless its first part is a variable of a comprehension.
    fn global_name(&self, expression: &Expr) -> Option<String> {
        let name = expression.qualified_name()?;
        let root = name.split('.').next().unwrap_or_default();
        self.local(root).is_none().then_some(name)
    }

    fn select(&mut self, whole: &Expr, operand: &Expr, field: &str, optional: bool) -> Checked {
        if !optional
            && let Some(name) = self.global_name(whole)
            && let Some(checked) = self.name(whole.span, &name)
        {
            return checked;
        }
        let (ty, node) = self.expression(operand);
        let (result, field) = self.field(whole.span, &ty, field, optional);
        let select = selection(node, field, optional, whole.span);
        (result, Node::Select(Box::new(select)))
    }

    fn has(&mut self, whole: &Expr, operand: &Expr, field: &str) -> Checked {
        // A lazy variable is there as soon as it is declared.
        if let Some(name) = self.global_name(operand)
            && matches!(
                self.environment.names.get(&format!("{name}.{field}")),
                Some(Declaration::Lazy(_))
            )
            && self.name(operand.span, &name).is_none()
        {
            return (Type::Bool, Node::Constant(Value::Bool(true)));
        }
        let (ty, mut node) = self.expression(operand);
        let (_, field) = self.field(whole.span, &ty, field, false);
        node.pay_for_path();
        let select = Select {
            cost: 1,
            ..selection(node, field, false, whole.span)
        };
        (Type::Bool, Node::Has(Box::new(select)))
    }

    /// The type of a field, and its name in the object.
    fn field(&mut self, span: Span, operand: &Type, field: &str, optional: bool) -> (Type, String) {
        let operand = self.substitution.apply(operand, false);
        let (inner, was_optional) = match &operand {
            Type::Optional(inner) => ((**inner).clone(), true),
            other => (other.clone(), false),
        };
        let mut name = field.to_owned();
        let ty = match &inner {
            Type::Dyn => Type::Dyn,
            Type::Error => Type::Error,
            // Whatever the type of its keys; a map without such a key lacks this one.
            Type::Map(_, value) => (**value).clone(),
            Type::Param(_) => {
                self.substitution.assign(&Type::Dyn, &inner);
                Type::Dyn
            }
            Type::Object(object) => {
                let found = self.environment.schemas.iter().find_map(|schema| {
                    let plain = if schema.is_escaped() {
                        let plain = escape::unescape(field)?;
                        (escape::escape(&plain).as_deref() == Some(field)).then_some(plain)?
                    } else {
                        field.to_owned()
                    };
                    let ty = schema.field_at(object, &plain, span)?;
                    Some((ty, plain))
                });
                let Some((ty, plain)) = found else {
                    let message = if self.has_type(object) {
                        format!("undefined field '{field}'")
                    } else {
                        format!("unexpected failed resolution of '{object}'")
                    };
                    return (self.fail(span, message).0, name);
                };
                name = plain;
                ty
            }
            other => {
                let message = format!("type '{}' does not support field selection", other.spoken());
                return (self.fail(span, message).0, name);
            }
        };
        let ty = if optional || was_optional {
            Type::optional(ty)
        } else {
            ty
        };
        (ty, name)
    }

    fn index(&mut self, whole: &Expr, arguments: &[Expr], optional: bool) -> Checked {
        let [operand, index] = arguments else {
            return self.fail(whole.span, "an index has an operand and an index");
        };
        let (operand_type, operand) = self.expression(operand);
        let (index_type, mut index) = self.expression(index);
        let function = if optional { "_[?_]" } else { "_[_]" };
        let Some(resolved) = self.resolve(whole.span, function, false, &[operand_type, index_type])
        else {
            return (Type::Error, Node::Constant(Value::Null));
        };
        index.pay_for_path();
        let cost = if operand.is_path() { 1 } else { 2 };
        let node = Node::Index(Box::new(Index {
            operand,
            key: index,
            optional,
            cost,
            span: whole.span,
        }));
        (resolved.result, node)
    }

    fn logic(&mut self, terms: &[Expr], kind: fn(Vec<Node>) -> Node) -> Checked {
        let nodes = terms.iter().map(|term| self.condition(term)).collect();
        (Type::Bool, kind(nodes))
    }

    fn ternary(&mut self, whole: &Expr, parts: &[Expr; 3]) -> Checked {
        let [condition, then, otherwise] = parts;
        let (condition_type, condition) = self.expression(condition);
        let (then_type, mut then) = self.expression(then);
        let (otherwise_type, mut otherwise) = self.expression(otherwise);
        let mut types = [condition_type, then_type, otherwise_type];
        if self.environment.is_descriptive {
            let [_, then_type, otherwise_type] = &mut types;
            let is_either = !self.substitution.assign(then_type, otherwise_type)
                && !self.substitution.assign(otherwise_type, then_type);
            if is_either {
                (*then_type, *otherwise_type) = (Type::Dyn, Type::Dyn);
            }
        }
        let Some(resolved) = self.resolve(whole.span, "_?_:_", false, &types) else {
            return (Type::Error, Node::Constant(Value::Null));
        };
        then.pay_for_path();
        otherwise.pay_for_path();
        let node = Node::Ternary(Box::new([condition, then, otherwise]));
        (resolved.result, node)
    }
}

fn literal_value(literal: &Literal) -> Checked {
    use crate::value::{Blob, Text};
    let (ty, value) = match literal {
        Literal::Null => (Type::Null, Value::Null),
        Literal::Bool(value) => (Type::Bool, Value::Bool(*value)),
        Literal::Int(value) => (Type::Int, Value::Int(*value)),
        Literal::Uint(value) => (Type::Uint, Value::Uint(*value)),
        Literal::Double(value) => (Type::Double, Value::Double(*value)),
        Literal::String(text) => (Type::String, Value::String(Text::Shared(Arc::clone(text)))),
        Literal::Bytes(bytes) => (Type::Bytes, Value::Bytes(Blob::Shared(Arc::clone(bytes)))),
    };
    (ty, Node::Constant(value))
}

fn selection(operand: Node, field: String, optional: bool, span: Span) -> Select {
    let cost = if operand.is_path() { 1 } else { 2 };
    Select {
        operand,
        field: field.into(),
        optional,
        cost,
        span,
    }
}
