//! What a rule refers to, as far as its text tells: for whoever wants to know what depends on what.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Span,
    ast::{Body, Expr, ExprKind, Module, Rule, TemplatePart, Term, TermKind},
};

/// A document that a rule reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `data` or `input`, and the keys below it up to the first that is only known when the rule is evaluated.
    pub path: Vec<Arc<str>>,
    /// The key that stands behind the first unknown one, if that is known again: `contents` of `input[_].contents`.
    pub beyond: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

impl Module {
    /// Every reference of a rule to `data` and `input`; a name that was imported stands for what it was imported from.
    pub fn references(&self, rule: &Rule) -> Vec<Reference> {
        let imports = self.imports.iter().filter_map(|import| {
            let name = import.alias.as_ref().or(import.path.last())?;
            Some((&**name, import.path.as_slice()))
        });
        let mut walk = Walk {
            imports: imports.collect(),
            found: Vec::new(),
        };
        walk.rule(rule);
        walk.found
    }
}

struct Walk<'a> {
    imports: HashMap<&'a str, &'a [Arc<str>]>,
    found: Vec<Reference>,
}

impl Walk<'_> {
    fn rule(&mut self, rule: &Rule) {
        let head = &rule.head;
        // The first part is the name of the rule itself.
        self.terms(head.reference.get(1..).unwrap_or_default());
        self.terms(head.parameters.as_deref().unwrap_or_default());
        for term in head.key.iter().chain(&head.value) {
            self.term(term);
        }
        self.body(&rule.body);
        if let Some(otherwise) = &rule.otherwise {
            self.rule(otherwise);
        }
    }

    fn body(&mut self, body: &Body) {
        for expression in body {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match &expression.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::SomeDeclaration(_) => {}
            ExprKind::SomeIn {
                key,
                value,
                collection,
            } => {
                for term in key.iter().chain([value, collection]) {
                    self.term(term);
                }
            }
            ExprKind::Every { domain, body, .. } => {
                self.term(domain);
                self.body(body);
            }
        }
        for with in &expression.with {
            self.term(&with.target);
            self.term(&with.value);
        }
    }

    fn terms(&mut self, terms: &[Term]) {
        for term in terms {
            self.term(term);
        }
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => self.reference(term.span, name, &[]),
            TermKind::Ref(parts) => {
                let Some((head, keys)) = parts.split_first() else {
                    return;
                };
                match &head.kind {
                    TermKind::Var(name) => self.reference(term.span, name, keys),
                    _ => self.term(head),
                }
                self.terms(keys);
            }
            TermKind::Call(function, operands) => {
                self.term(function);
                self.terms(operands);
            }
            TermKind::Array(items) | TermKind::Set(items) => self.terms(items),
            TermKind::Object(entries) => {
                for (key, value) in entries {
                    self.term(key);
                    self.term(value);
                }
            }
            TermKind::ArrayComprehension(head, body) | TermKind::SetComprehension(head, body) => {
                self.term(head);
                self.body(body);
            }
            TermKind::ObjectComprehension(head, body) => {
                self.term(&head.0);
                self.term(&head.1);
                self.body(body);
            }
            TermKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Term(term) = part {
                        self.term(term);
                    }
                }
            }
        }
    }

    fn reference(&mut self, span: Span, name: &Arc<str>, keys: &[Term]) {
        let mut path = match (&**name, self.imports.get(&**name)) {
            ("data" | "input", _) => vec![Arc::clone(name)],
            (_, Some(path)) => path.to_vec(),
            _ => return,
        };
        if !matches!(path.first().map(|root| &**root), Some("data" | "input")) {
            return;
        }
        let known = |key: &Term| match &key.kind {
            TermKind::String(key) => Some(Arc::clone(key)),
            _ => None,
        };
        let before = path.len();
        path.extend(keys.iter().map_while(known));
        let unknown = path.len() - before;
        self.found.push(Reference {
            path,
            beyond: keys.get(unknown + 1).and_then(known),
            span,
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::{Version, parse};

    #[test]
    fn references_are_followed_through_imports_and_end_where_a_key_is_not_known() {
        let text = r#"package main
import data.lib.kubernetes as k8s
import input.spec
import rego.v1
deny := sprintf("%v", [k8s.name(input.metadata)]) if {
	some key in data.keys
	not data[key].allowed
	every c in spec.containers { c.image in {x | x := data.images[c.name].all} }
	input.a with data.mock as 1
	$"{input.b}" == k8s["x"]
} else := data.other
"#;
        let module = parse("a.rego", text, Version::V1).unwrap();
        let found = module.references(&module.rules[0]);
        let texts: Vec<_> = found.iter().map(|one| one.path.join(".")).collect();
        assert_eq!(
            texts,
            [
                "data.lib.kubernetes.name",
                "input.metadata",
                "data.keys",
                "data",
                "input.spec.containers",
                "data.images",
                "input.a",
                "data.mock",
                "input.b",
                "data.lib.kubernetes.x",
                "data.other",
            ]
        );
        let beyond: Vec<_> = found
            .iter()
            .filter_map(|one| one.beyond.as_deref())
            .collect();
        assert_eq!(beyond, ["allowed", "all"]);
    }
}
