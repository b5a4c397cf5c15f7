//! Variables that are declared and then not used.
//!
//! Occurrences are counted by name, so that a variable of an inner body counts for one of the same name outside.

use std::{collections::HashMap, sync::Arc};

use super::Checker;
use crate::{
    ErrorCode, Span,
    ast::{Body, ExprKind, Rule, Term, TermKind},
    walk::{self, Node},
};

/// How often each name occurs.
type Counts<'a> = HashMap<&'a Arc<str>, usize>;

fn count<'a>(counts: &mut Counts<'a>, node: Node<'a>) {
    if let Some(name) = node.variable() {
        *counts.entry(name).or_default() += 1;
    }
}

impl Checker<'_, '_> {
    pub(super) fn unused_variables(&mut self) {
        let module = self.module;
        for rule in &module.rules {
            self.unused_parameters(rule);
            let mut next = Some(rule);
            while let Some(rule) = next {
                let mut counts = Counts::new();
                walk::head(rule, &mut |node| count(&mut counts, node));
                self.unused_in(&rule.body, counts);
                self.unused_inside(rule);
                next = rule.otherwise.as_deref();
            }
        }
    }

    /// The bodies inside of a rule, each with its head.
    fn unused_inside(&mut self, rule: &Rule) {
        let mut bodies: Vec<(&Body, Vec<&Term>)> = Vec::new();
        let mut walked: Vec<(&Term, &Body)> = Vec::new();
        let mut collect = |node| match node {
            Node::Term(term) => match &term.kind {
                TermKind::ArrayComprehension(head, body)
                | TermKind::SetComprehension(head, body) => bodies.push((body, vec![head])),
                TermKind::ObjectComprehension(head, body) => {
                    bodies.push((body, vec![&head.0, &head.1]));
                }
                _ => {}
            },
            Node::Expr(expr) => {
                if let ExprKind::Every {
                    key, value, body, ..
                } = &expr.kind
                {
                    bodies.push((body, Vec::new()));
                    walked.extend(key.iter().chain([value]).map(|name| (name, body)));
                }
            }
            Node::Root(_) => {}
        };
        walk::head(rule, &mut collect);
        walk::body(&rule.body, &mut collect);
        for (name, body) in walked {
            let mut counts = Counts::new();
            walk::body(body, &mut |node| count(&mut counts, node));
            if let Some(word) = variable(name)
                && !counts.contains_key(word)
            {
                self.error(
                    ErrorCode::Compile,
                    name.span,
                    format!("declared var {word} unused"),
                );
            }
        }
        for (body, heads) in bodies {
            let mut counts = Counts::new();
            for head in heads {
                walk::term(head, &mut |node| count(&mut counts, node));
            }
            self.unused_in(body, counts);
        }
    }

    /// The variables that a body declares, given what its head uses.
    fn unused_in<'a>(&mut self, body: &'a Body, mut counts: Counts<'a>) {
        let mut declared: Vec<(Span, &Arc<str>, &str)> = Vec::new();
        for expr in body {
            match &expr.kind {
                ExprKind::SomeDeclaration(names) => declared.extend(
                    names
                        .iter()
                        .filter_map(|name| Some((name.span, variable(name)?, "declared"))),
                ),
                ExprKind::Term(term) if self.strict => {
                    if let TermKind::Call(function, operands) = &term.kind
                        && matches!(&function.kind, TermKind::Var(name) if &**name == "assign")
                        && let Some(target) = operands.first()
                    {
                        patterns(target, &mut |span, name| {
                            declared.push((span, name, "assigned"));
                        });
                    }
                }
                _ => {}
            }
        }
        if declared.is_empty() {
            return;
        }
        walk::body(body, &mut |node| count(&mut counts, node));
        for (span, name, how) in declared {
            if counts.get(name).is_none_or(|count| *count <= 1) {
                self.error(ErrorCode::Compile, span, format!("{how} var {name} unused"));
            }
        }
    }

    fn unused_parameters(&mut self, rule: &Rule) {
        if !self.strict || rule.is_default {
            return;
        }
        let mut counts = Counts::new();
        walk::rule(rule, &mut |node| count(&mut counts, node));
        // Each `else` repeats the parameters.
        let heads = std::iter::successors(Some(rule), |rule| rule.otherwise.as_deref()).count();
        for parameter in rule.head.parameters.iter().flatten() {
            patterns(parameter, &mut |span, name| {
                if counts.get(name).is_none_or(|count| *count <= heads) {
                    self.error(
                        ErrorCode::Compile,
                        span,
                        format!("unused argument {name}, write `_` in its place"),
                    );
                }
            });
        }
    }
}

fn variable(term: &Term) -> Option<&Arc<str>> {
    match &term.kind {
        TermKind::Var(name) if !name.starts_with('$') => Some(name),
        _ => None,
    }
}

/// The variables of a pattern.
fn patterns<'a>(term: &'a Term, found: &mut dyn FnMut(Span, &'a Arc<str>)) {
    match &term.kind {
        TermKind::Var(_) => {
            if let Some(name) = variable(term) {
                found(term.span, name);
            }
        }
        TermKind::Array(items) => {
            for item in items {
                patterns(item, found);
            }
        }
        TermKind::Object(pairs) => {
            for (_, value) in pairs {
                patterns(value, found);
            }
        }
        _ => {}
    }
}
