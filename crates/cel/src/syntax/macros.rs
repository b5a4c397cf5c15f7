//! Macros: calls that name a variable, and so are no calls.

use super::{
    ast::{Element, Expr, ExprKind, Fold, FoldKind, Literal},
    parser::{Parser, deepest},
};
use crate::error::{Error, Span};

/// Macros besides those of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacroGroup {
    /// `optMap`, `optFlatMap`.
    Optional,
    /// Comprehensions with two variables.
    TwoVariables,
    /// `cel.bind`.
    Bind,
    /// `math.greatest`, `math.least`.
    Math,
    /// `sortBy`.
    SortBy,
    /// `existsOne` with one variable, besides `exists_one`.
    CamelCase,
}

pub(super) enum Expansion {
    /// It was a macro.
    Done(Box<Expr>),
    /// It is a call after all.
    Call(Option<Expr>, Vec<Expr>),
}

/// Expands a call if it is one of a macro.
pub(super) fn expand(
    parser: &Parser<'_>,
    groups: &[MacroGroup],
    span: Span,
    function: &str,
    target: Option<Expr>,
    arguments: Vec<Expr>,
) -> Result<Expansion, Error> {
    let count = arguments.len();
    let Some(target) = target else {
        if function == "has" && count == 1 {
            return has(parser, span, arguments);
        }
        return Ok(Expansion::Call(None, arguments));
    };
    let has_group = |group| groups.contains(&group);
    let is_named = |name: &str| matches!(&target.kind, ExprKind::Ident(found) if found == name);
    if has_group(MacroGroup::Bind) && function == "bind" && count == 3 && is_named("cel") {
        return bind(parser, span, arguments);
    }
    if has_group(MacroGroup::Optional) && count == 2 && matches!(function, "optMap" | "optFlatMap")
    {
        return opt_map(parser, span, function == "optFlatMap", target, arguments);
    }
    if has_group(MacroGroup::Math) && matches!(function, "greatest" | "least") && is_named("math") {
        return extreme(parser, span, function, arguments);
    }
    if has_group(MacroGroup::SortBy) && function == "sortBy" && count == 2 {
        return sort_by(parser, span, target, arguments);
    }
    let two = has_group(MacroGroup::TwoVariables);
    let (kind, variables, filtered) = match (function, count) {
        ("all", 2) => (FoldKind::All, 1, false),
        ("exists", 2) => (FoldKind::Exists, 1, false),
        ("exists_one", 2) => (FoldKind::ExistsOne, 1, false),
        ("existsOne", 2) if has_group(MacroGroup::CamelCase) => (FoldKind::ExistsOne, 1, false),
        ("map", 2) => (FoldKind::Map, 1, false),
        ("map", 3) => (FoldKind::Map, 1, true),
        ("filter", 2) => (FoldKind::Filter, 1, false),
        ("all", 3) if two => (FoldKind::All, 2, false),
        ("exists", 3) if two => (FoldKind::Exists, 2, false),
        ("exists_one" | "existsOne", 3) if two => (FoldKind::ExistsOne, 2, false),
        ("transformList", 3) if two => (FoldKind::TransformList, 2, false),
        ("transformList", 4) if two => (FoldKind::TransformList, 2, true),
        ("transformMap", 3) if two => (FoldKind::TransformMap, 2, false),
        ("transformMap", 4) if two => (FoldKind::TransformMap, 2, true),
        ("transformMapEntry", 3) if two => (FoldKind::TransformMapEntry, 2, false),
        ("transformMapEntry", 4) if two => (FoldKind::TransformMapEntry, 2, true),
        _ => return Ok(Expansion::Call(Some(target), arguments)),
    };
    let below = deepest(arguments.iter().chain([&target]));
    let mut arguments = arguments.into_iter();
    let mut next = || {
        arguments
            .next()
            .ok_or_else(|| parser.error(span, "too few arguments of a macro"))
    };
    let variable = variable(parser, &next()?)?;
    let second = if variables == 2 {
        let argument = next()?;
        let second = self::variable(parser, &argument)?;
        if second == variable {
            return Err(parser.error(argument.span, format!("duplicate variable name: {second}")));
        }
        Some(second)
    } else {
        None
    };
    let filter = filtered.then(&mut next).transpose()?;
    let fold = Fold {
        kind,
        range: target,
        variable,
        second,
        filter,
        body: next()?,
    };
    let node = parser.node(span, below, ExprKind::Fold(Box::new(fold)))?;
    Ok(Expansion::Done(Box::new(node)))
}

fn has(parser: &Parser<'_>, span: Span, arguments: Vec<Expr>) -> Result<Expansion, Error> {
    let Some(Expr {
        depth,
        kind:
            ExprKind::Select {
                operand,
                field,
                optional: false,
            },
        ..
    }) = arguments.into_iter().next()
    else {
        return Err(parser.error(span, "invalid argument to has() macro"));
    };
    let node = parser.node(span, depth, ExprKind::Has { operand, field })?;
    Ok(Expansion::Done(Box::new(node)))
}

fn bind(parser: &Parser<'_>, span: Span, arguments: Vec<Expr>) -> Result<Expansion, Error> {
    let below = deepest(&arguments);
    let Ok([name, value, body]) = <[Expr; 3]>::try_from(arguments) else {
        return Err(parser.error(span, "cel.bind() takes three arguments"));
    };
    let ExprKind::Ident(variable) = name.kind else {
        return Err(parser.error(
            name.span,
            "cel.bind() variable names must be simple identifiers",
        ));
    };
    let kind = ExprKind::Bind {
        variable,
        value: Box::new(value),
        body: Box::new(body),
    };
    Ok(Expansion::Done(Box::new(parser.node(span, below, kind)?)))
}

/// `math.greatest(a, b, c)` is a function of one list, of one value or of two.
fn extreme(
    parser: &Parser<'_>,
    span: Span,
    function: &str,
    mut arguments: Vec<Expr>,
) -> Result<Expansion, Error> {
    let below = deepest(&arguments);
    if arguments.is_empty() {
        return Err(parser.error(
            span,
            format!("math.{function}() requires at least one argument"),
        ));
    }
    let is_wrong = |argument: &Expr| {
        matches!(
            argument.kind,
            ExprKind::Literal(
                Literal::Null | Literal::Bool(_) | Literal::String(_) | Literal::Bytes(_)
            ) | ExprKind::Map(_)
                | ExprKind::Message { .. }
        )
    };
    let is_list = |argument: &Expr| matches!(argument.kind, ExprKind::List(_));
    let alone = arguments.len() == 1;
    if let Some(wrong) = arguments
        .iter()
        .find(|argument| is_wrong(argument) || (!alone && is_list(argument)))
    {
        return Err(parser.error(
            wrong.span,
            format!("math.{function}() invalid single argument value"),
        ));
    }
    if arguments.len() > 2 {
        let elements = arguments
            .into_iter()
            .map(|value| Element {
                value,
                optional: false,
            })
            .collect();
        arguments = vec![parser.node(span, below, ExprKind::List(elements))?];
    }
    let kind = ExprKind::Call {
        function: if function == "greatest" {
            "math.@max".to_owned()
        } else {
            "math.@min".to_owned()
        },
        target: None,
        arguments,
    };
    Ok(Expansion::Done(Box::new(parser.node(
        span,
        below + 1,
        kind,
    )?)))
}

/// `list.sortBy(e, key)` sorts the list by a list of the keys of its elements.
fn sort_by(
    parser: &Parser<'_>,
    span: Span,
    target: Expr,
    arguments: Vec<Expr>,
) -> Result<Expansion, Error> {
    /// No expression can write this name.
    const INPUT: &str = "@sortBy";
    let below = deepest(arguments.iter().chain([&target]));
    let Ok([name, body]) = <[Expr; 2]>::try_from(arguments) else {
        return Err(parser.error(span, "sortBy() takes two arguments"));
    };
    if matches!(target.kind, ExprKind::Literal(_) | ExprKind::Map(_)) {
        return Err(parser.error(
            target.span,
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
        ));
    }
    let input = |span| parser.node(span, 0, ExprKind::Ident(INPUT.to_owned()));
    let keys = Fold {
        kind: FoldKind::Map,
        range: input(target.span)?,
        variable: variable(parser, &name)?,
        second: None,
        filter: None,
        body,
    };
    let keys = parser.node(span, below, ExprKind::Fold(Box::new(keys)))?;
    let call = ExprKind::Call {
        function: "@sortByAssociatedKeys".to_owned(),
        target: Some(Box::new(input(target.span)?)),
        arguments: vec![keys],
    };
    let kind = ExprKind::Bind {
        variable: INPUT.to_owned(),
        body: Box::new(parser.node(span, below + 1, call)?),
        value: Box::new(target),
    };
    Ok(Expansion::Done(Box::new(parser.node(
        span,
        below + 2,
        kind,
    )?)))
}

fn opt_map(
    parser: &Parser<'_>,
    span: Span,
    flat: bool,
    target: Expr,
    arguments: Vec<Expr>,
) -> Result<Expansion, Error> {
    let below = deepest(arguments.iter().chain([&target]));
    let Ok([name, body]) = <[Expr; 2]>::try_from(arguments) else {
        return Err(parser.error(span, "optMap() takes two arguments"));
    };
    let ExprKind::Ident(variable) = name.kind else {
        let function = if flat { "optFlatMap" } else { "optMap" };
        return Err(parser.error(
            name.span,
            format!("{function}() variable name must be a simple identifier"),
        ));
    };
    let kind = ExprKind::OptMap {
        target: Box::new(target),
        variable,
        body: Box::new(body),
        flat,
    };
    Ok(Expansion::Done(Box::new(parser.node(span, below, kind)?)))
}

fn variable(parser: &Parser<'_>, argument: &Expr) -> Result<String, Error> {
    match &argument.kind {
        ExprKind::Ident(name) if name == "__result__" => Err(parser.error(
            argument.span,
            "iteration variable overwrites accumulator variable",
        )),
        ExprKind::Ident(name) if !name.starts_with('.') => Ok(name.clone()),
        _ => Err(parser.error(argument.span, "argument must be a simple name")),
    }
}
