//! Trees as short texts, for tests to compare.
#![expect(clippy::format_push_string, reason = "the texts are short")]

use crate::ast::{Body, Expr, ExprKind, Module, Rule, TemplatePart, Term, TermKind};

pub(super) fn module(module: &Module) -> String {
    let rules: Vec<_> = module.rules.iter().map(rule).collect();
    rules.join("\n")
}

fn rule(rule: &Rule) -> String {
    let mut text = if rule.is_default { "default " } else { "" }.to_owned();
    text += &reference(&rule.head.reference);
    if let Some(parameters) = &rule.head.parameters {
        text += &format!("({})", list(parameters));
    }
    if let Some(key) = &rule.head.key {
        text += &format!(" contains {}", term(key));
    }
    if let Some(value) = &rule.head.value {
        let sign = if rule.head.is_assigned { ":=" } else { "=" };
        text += &format!(" {sign} {}", term(value));
    }
    text += &format!(" {{ {} }}", body(&rule.body));
    if let Some(otherwise) = &rule.otherwise {
        text += &format!(" else {}", self::rule(otherwise));
    }
    text
}

pub(super) fn body(body: &Body) -> String {
    let expressions: Vec<_> = body.iter().map(expression).collect();
    expressions.join("; ")
}

fn keyed(key: Option<&Term>, value: &Term) -> String {
    match key {
        Some(key) => format!("{}, {}", term(key), term(value)),
        None => term(value),
    }
}

fn expression(expr: &Expr) -> String {
    let mut text = if expr.is_negated { "not " } else { "" }.to_owned();
    text += &match &expr.kind {
        ExprKind::Term(said) => term(said),
        ExprKind::SomeDeclaration(names) => format!("some {}", list(names)),
        ExprKind::SomeIn {
            key,
            value,
            collection,
        } => format!(
            "some {} in {}",
            keyed(key.as_ref(), value),
            term(collection)
        ),
        ExprKind::Every {
            key,
            value,
            domain,
            body,
        } => format!(
            "every {} in {} {{{}}}",
            keyed(key.as_ref(), value),
            term(domain),
            self::body(body)
        ),
    };
    for with in &expr.with {
        text += &format!(" with {} as {}", term(&with.target), term(&with.value));
    }
    text
}

fn list(terms: &[Term]) -> String {
    let terms: Vec<_> = terms.iter().map(term).collect();
    terms.join(", ")
}

fn reference(parts: &[Term]) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        text += &match &part.kind {
            _ if index == 0 => term(part),
            TermKind::String(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!(".{name}")
            }
            _ => format!("[{}]", term(part)),
        };
    }
    text
}

fn term(term: &Term) -> String {
    match &term.kind {
        TermKind::Null => "null".to_owned(),
        TermKind::Bool(value) => value.to_string(),
        TermKind::Number(number) => number.to_string(),
        TermKind::String(text) => serde_json::Value::from(&**text).to_string(),
        TermKind::Var(name) => name.to_string(),
        TermKind::Ref(parts) => reference(parts),
        TermKind::Call(function, operands) => {
            let name = match &function.kind {
                // `internal.member_2` is what `in` calls.
                TermKind::Ref(parts) => match &parts[1].kind {
                    TermKind::String(name) if name.starts_with("member_") => name.to_string(),
                    _ => reference(parts),
                },
                _ => self::term(function),
            };
            format!("{name}({})", list(operands))
        }
        TermKind::Array(items) => format!("[{}]", list(items)),
        TermKind::Set(items) if items.is_empty() => "set()".to_owned(),
        TermKind::Set(items) => format!("{{{}}}", list(items)),
        TermKind::Object(pairs) => {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", self::term(key), self::term(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        TermKind::ArrayComprehension(head, body) => {
            format!("[{} | {}]", self::term(head), self::body(body))
        }
        TermKind::SetComprehension(head, body) => {
            format!("{{{} | {}}}", self::term(head), self::body(body))
        }
        TermKind::ObjectComprehension(head, body) => format!(
            "{{{}: {} | {}}}",
            self::term(&head.0),
            self::term(&head.1),
            self::body(body)
        ),
        TermKind::Template(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text) => serde_json::Value::from(&**text).to_string(),
                    TemplatePart::Term(value) => self::term(value),
                })
                .collect();
            format!("${}", parts.join("+"))
        }
    }
}
