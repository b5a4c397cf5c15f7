//! Rules: heads, bodies, `else`, `default`.

use std::collections::HashSet;

use super::{Kind, Parsed, Parser};
use crate::{
    Error, ErrorCode, Span,
    ast::{Body, Expr, ExprKind, Head, Rule, Term, TermKind},
    builtins,
};

/// A head, and what decides about the rest of its rule.
struct Begun {
    head: Head,
    has_value: bool,
    has_contains: bool,
    /// Why it cannot be a whole rule, if it cannot.
    needs_body: Option<&'static str>,
}

impl Parser<'_> {
    /// One rule, which becomes several if bodies are chained.
    pub(super) fn rule(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let start = self.span();
        self.take_keyword_as_name();
        if self.kind() == Kind::Default {
            return self.default_rule(start, rules);
        }
        let Begun {
            mut head,
            has_value,
            has_contains,
            needs_body,
        } = self.head()?;
        let has_if = self.kind() == Kind::If;
        let has_body = has_if || self.kind() == Kind::LeftBrace;
        if !has_body && !has_contains {
            self.check_bodyless(&head, has_value, needs_body)?;
        }
        // `p[x] { .. }` makes the set `p`, `p[x] if ..` the object `p`; `p[k] = v` is an object in either case.
        let is_short = head.reference.len() == 2 && head.parameters.is_none() && !has_contains;
        let mut is_many = has_contains;
        if is_short {
            let ends_in_pattern = head
                .reference
                .last()
                .is_some_and(|last| matches!(last.kind, TermKind::Ref(_)) || !is_ground(last));
            is_many = !has_if || ends_in_pattern;
            if !has_if && !has_value {
                head.key = head.reference.pop();
                head.value = None;
                self.only_v1(
                    start,
                    "a rule that makes a set needs `contains` before the member",
                );
            }
        }
        if !has_body {
            let body = always(head.span);
            let span = self.since(start);
            rules.push(Rule {
                span,
                is_default: false,
                head,
                body,
                otherwise: None,
            });
            return Ok(());
        }
        if !has_if {
            self.only_v1(start, "`if` is needed before the body of a rule");
        }
        let body = self.rule_body(has_if)?;
        let otherwise = self.else_after(&head, is_many)?;
        let is_closed = otherwise.is_some();
        rules.push(Rule {
            span: self.since(start),
            is_default: false,
            head: head.clone(),
            body,
            otherwise,
        });
        while self.kind() == Kind::LeftBrace {
            let start = self.span();
            if is_closed {
                return Err(self.unexpected("`else`: after one, each further body needs it too"));
            }
            self.advance();
            let body = self.nested(|parser| parser.body(Kind::RightBrace))?;
            self.advance();
            rules.push(Rule {
                span: self.since(start),
                is_default: false,
                head: self.repeated(&head),
                body,
                otherwise: None,
            });
        }
        Ok(())
    }

    /// Notes what is wrong if the module turns out to be of version 1.
    fn only_v1(&mut self, span: Span, message: &str) {
        if self.only_in_v1.len() < super::MAX_ERRORS {
            self.only_in_v1
                .push(Error::new(ErrorCode::Parse, self.source, span, message));
        }
    }

    /// A rule that ends after its head must say something there.
    fn check_bodyless(
        &mut self,
        head: &Head,
        has_value: bool,
        needs_body: Option<&str>,
    ) -> Parsed<()> {
        let next = match (self.kind(), self.text(self.span())) {
            (Kind::Illegal(_), _) => return Err(self.unexpected("a rule")),
            (Kind::Ident, word @ ("if" | "contains")) => {
                format!(" (in this version `{word}` needs `import future.keywords.{word}`)")
            }
            _ => String::new(),
        };
        if self.kind() == Kind::Semicolon {
            return Err(self.unexpected("a newline: rules are not separated by `;`"));
        }
        if self.kind() == Kind::With {
            return Err(self.unexpected("a body: the value of a rule cannot have `with`"));
        }
        if let Some(reason) = needs_body {
            return Err(self.error(head.span, reason));
        }
        if has_value {
            return Ok(());
        }
        match (head.reference.len(), &head.parameters) {
            (_, Some(_)) if builtins::lookup(&dotted(&head.reference)).is_some() => Err(self
                .error(
                    head.span,
                    "a call of a builtin is no rule; it belongs into the body of one",
                )),
            (_, Some(_)) | (2, None) => Ok(()),
            (1, None) => Err(self.error(
                head.span,
                format!("a rule needs a value (`:= ..`) or a body{next}"),
            )),
            _ => {
                self.only_v1(head.span, "a rule needs a value (`:= ..`) or a body");
                Ok(())
            }
        }
    }

    fn head(&mut self) -> Parsed<Begun> {
        if self.kind() != Kind::Ident {
            return Err(self.not_a_name());
        }
        let start = self.span();
        let name = self.variable();
        let mut reference = vec![name];
        let mut parameters = None;
        // White space may stand between the name and what follows it, but nowhere later.
        let mut may_be_spaced = true;
        let mut lacks_parameter = false;
        let mut needs_body = (self.token().spaced
            && matches!(self.kind(), Kind::LeftBracket | Kind::LeftParen))
        .then_some("a rule without a body needs its name and what follows it in one piece");
        loop {
            if self.token().spaced && !may_be_spaced {
                break;
            }
            may_be_spaced = false;
            match self.kind() {
                Kind::Dot => reference.push(self.field()?),
                Kind::LeftBracket => {
                    self.advance();
                    reference.push(self.infix()?);
                    self.expect(Kind::RightBracket, "an operator or `]`")?;
                }
                Kind::LeftParen => {
                    self.advance();
                    let list =
                        self.nested(|parser| parser.list(Vec::new(), 0, Kind::RightParen))?;
                    if list.is_empty() {
                        if dotted(&reference) == "set" {
                            return Err(self.error(start, "`set()` is the empty set, no rule"));
                        }
                        lacks_parameter = true;
                    }
                    parameters = (!list.is_empty()).then_some(list);
                    break;
                }
                _ => break,
            }
        }
        let mut value = None;
        let mut key = None;
        let mut is_assigned = false;
        let has_contains = self.kind() == Kind::Contains;
        if has_contains {
            if parameters.is_some() {
                return Err(self.error(
                    self.span(),
                    "a function gives one value, it cannot use `contains`",
                ));
            }
            self.advance();
            key = Some(self.infix()?);
        } else if matches!(self.kind(), Kind::Unify | Kind::Assign) {
            is_assigned = self.kind() == Kind::Assign;
            self.advance();
            value = Some(self.infix()?);
        }
        let span = self.since(start);
        let has_value = value.is_some();
        if lacks_parameter && !has_value {
            needs_body = Some("a function without a body needs a parameter");
        }
        if !has_value && !has_contains {
            value = Some(Term {
                span,
                kind: TermKind::Bool(true),
            });
        }
        Ok(Begun {
            head: Head {
                span,
                reference,
                parameters,
                key,
                value,
                is_assigned,
            },
            has_value,
            has_contains,
            needs_body,
        })
    }

    fn not_a_name(&mut self) -> super::Failed {
        let next = self.token_at(self.at + 1).kind;
        if self.kind().is_keyword() && matches!(next, Kind::Assign | Kind::Unify | Kind::If) {
            let word = self.text(self.span());
            return self.error(
                self.span(),
                format!("`{word}` is a keyword and cannot name a rule"),
            );
        }
        self.unexpected("a rule, which begins with its name")
    }

    /// After the head: `if` and one expression, or a body in braces.
    fn rule_body(&mut self, has_if: bool) -> Parsed<Body> {
        if !has_if {
            return self.braced();
        }
        self.advance();
        if self.kind() != Kind::LeftBrace {
            return Ok(vec![self.nested(Self::literal)?]);
        }
        // Braces may hold a body, or be an object or comprehension that is an expression. Only a set cannot be one:
        // it is always true, so `{ x }` is a body.
        let (at, wildcards, errors) = (self.at, self.wildcards, self.errors.len());
        match self.nested(Self::literal) {
            Ok(Expr {
                kind:
                    ExprKind::Term(Term {
                        kind: TermKind::Set(_),
                        ..
                    }),
                ..
            })
            | Err(_) => {
                self.at = at;
                self.wildcards = wildcards;
                self.errors.truncate(errors);
                self.braced()
            }
            Ok(expr) => Ok(vec![expr]),
        }
    }

    fn braced(&mut self) -> Parsed<Body> {
        self.advance();
        let body = self.nested(|parser| parser.body(Kind::RightBrace))?;
        self.advance();
        Ok(body)
    }

    /// `else` and all that follow it.
    fn else_after(&mut self, head: &Head, is_many: bool) -> Parsed<Option<Box<Rule>>> {
        if self.kind() != Kind::Else || self.take_keyword_as_name() {
            return Ok(None);
        }
        if is_many {
            return Err(self.error(
                self.span(),
                "`else` needs a rule with one value; this one makes a set or an object",
            ));
        }
        let has_pattern = head.reference.iter().skip(1).any(|part| !is_ground(part));
        if has_pattern {
            return Err(self.error(
                self.span(),
                "`else` cannot follow a rule with variables in its name",
            ));
        }
        self.nested(|parser| parser.otherwise(head)).map(Some)
    }

    fn otherwise(&mut self, head: &Head) -> Parsed<Box<Rule>> {
        let start = self.span();
        self.advance();
        let mut head = self.repeated(head);
        head.is_assigned = false;
        match self.kind() {
            Kind::LeftBrace | Kind::If => {
                head.value = Some(Term {
                    span: start,
                    kind: TermKind::Bool(true),
                });
            }
            Kind::Assign | Kind::Unify => {
                head.is_assigned = self.kind() == Kind::Assign;
                self.advance();
                head.value = Some(self.infix()?);
            }
            _ => return Err(self.unexpected("a value (`:= ..`) or a body after `else`")),
        }
        head.span = self.since(start);
        let has_if = self.eat(Kind::If);
        let body = if self.kind() == Kind::LeftBrace {
            if !has_if {
                self.only_v1(start, "`if` is needed before the body of `else`");
            }
            self.braced()?
        } else if has_if {
            vec![self.nested(Self::literal)?]
        } else {
            let span = self.since(start);
            return Ok(Box::new(Rule {
                span,
                is_default: false,
                head,
                body: always(span),
                otherwise: None,
            }));
        };
        let otherwise = self.else_after(&head, false)?;
        Ok(Box::new(Rule {
            span: self.since(start),
            is_default: false,
            head,
            body,
            otherwise,
        }))
    }

    /// The head again for another body; each `_` among the parameters is a variable of its own.
    fn repeated(&mut self, head: &Head) -> Head {
        let mut head = head.clone();
        for parameter in head.parameters.iter_mut().flatten() {
            if let TermKind::Var(name) = &mut parameter.kind
                && name.starts_with('$')
            {
                *name = self.wildcard();
            }
        }
        head
    }

    fn default_rule(&mut self, start: Span, rules: &mut Vec<Rule>) -> Parsed<()> {
        self.advance();
        self.take_keyword_as_name();
        let Begun {
            head,
            has_value,
            has_contains,
            ..
        } = self.head()?;
        let is_bare = head.parameters.is_none() && head.reference.len() == 2;
        if has_contains || (!has_value && is_bare) {
            return Err(self.error(start, "a default rule needs a value"));
        }
        let span = self.since(start);
        if let Some(value) = &head.value
            && let Some(part) = not_constant(value)
        {
            return Err(self.error(
                part,
                "the value of a default rule must be a constant: no variable, reference or call outside of a comprehension",
            ));
        }
        self.check_default_parameters(&head)?;
        let body = always(span);
        rules.push(Rule {
            span,
            is_default: true,
            head,
            body,
            otherwise: None,
        });
        Ok(())
    }

    fn check_default_parameters(&mut self, head: &Head) -> Parsed<()> {
        let mut names = HashSet::new();
        for parameter in head.parameters.iter().flatten() {
            let TermKind::Var(name) = &parameter.kind else {
                return Err(self.error(
                    parameter.span,
                    "the parameters of a default function must be variables",
                ));
            };
            if !names.insert(&**name) {
                return Err(self.error(
                    parameter.span,
                    format!("the parameter `{name}` of a default function stands twice"),
                ));
            }
        }
        Ok(())
    }
}

/// A name of words with dots between.
fn dotted(reference: &[Term]) -> String {
    let words: Vec<&str> = reference
        .iter()
        .filter_map(|part| match &part.kind {
            TermKind::Var(word) | TermKind::String(word) => Some(&**word),
            _ => None,
        })
        .collect();
    words.join(".")
}

/// The body of a rule that has none.
fn always(span: Span) -> Body {
    vec![Expr {
        span,
        is_negated: false,
        kind: ExprKind::Term(Term {
            span,
            kind: TermKind::Bool(true),
        }),
        with: Vec::new(),
    }]
}

/// Whether a term holds no variable (heads of references aside).
fn is_ground(term: &Term) -> bool {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
        TermKind::Var(name) => matches!(&**name, "input" | "data"),
        TermKind::Ref(parts) => parts.iter().skip(1).all(is_ground),
        TermKind::Call(_, items) | TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().all(is_ground)
        }
        TermKind::Object(pairs) => pairs
            .iter()
            .all(|(key, value)| is_ground(key) && is_ground(value)),
        TermKind::ArrayComprehension(..)
        | TermKind::SetComprehension(..)
        | TermKind::ObjectComprehension(..)
        | TermKind::Template(_) => false,
    }
}

/// The first part of a term that is no constant.
fn not_constant(term: &Term) -> Option<Span> {
    match &term.kind {
        TermKind::Var(_) | TermKind::Ref(_) | TermKind::Call(..) | TermKind::Template(_) => {
            Some(term.span)
        }
        TermKind::Array(items) | TermKind::Set(items) => items.iter().find_map(not_constant),
        TermKind::Object(pairs) => pairs
            .iter()
            .find_map(|(key, value)| not_constant(key).or_else(|| not_constant(value))),
        _ => None,
    }
}
