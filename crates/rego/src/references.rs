//! What a rule refers to, as far as its text tells: for whoever wants to know what depends on what.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Span,
    ast::{Module, Rule, Term, TermKind},
    walk,
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
        let imports: HashMap<_, _> = imports.collect();
        let mut found = Vec::new();
        walk::rule(rule, &mut |node| {
            let reference = node.reference();
            found.extend(
                reference.and_then(|(span, name, keys)| document(&imports, span, name, keys)),
            );
        });
        found
    }

    /// The documents that a rule puts others in the place of: `data.limits` of `allow with data.limits as {}`.
    pub fn replaced(&self, rule: &Rule) -> Vec<Reference> {
        let imports = HashMap::new();
        let mut found = Vec::new();
        walk::rule(rule, &mut |node| {
            if let walk::Node::Expr(expr) = node {
                let targets = expr.with.iter().map(|with| walk::Node::Term(&with.target));
                found.extend(
                    targets
                        .filter_map(walk::Node::reference)
                        .filter_map(|(span, name, keys)| document(&imports, span, name, keys)),
                );
            }
        });
        found
    }

    /// Whether a rule asks for what goes by a name in its own package.
    pub fn names(&self, rule: &Rule, name: &str) -> bool {
        let mut is_named = false;
        walk::rule(rule, &mut |node| {
            is_named |= (node.reference()).is_some_and(|(_, first, _)| **first == *name);
        });
        is_named
    }

    /// Whether a rule asks something that is bound in it for a key: `contents` of `some file in input; file.contents`.
    pub fn asks_local_for(&self, rule: &Rule, key: &str) -> bool {
        let is_document = |name: &str| {
            let mut imports = self.imports.iter();
            matches!(name, "data" | "input")
                || imports.any(|it| {
                    it.alias
                        .as_ref()
                        .or(it.path.last())
                        .is_some_and(|it| **it == *name)
                })
        };
        let mut asks = false;
        walk::rule(rule, &mut |node| {
            if let Some((_, name, [first, ..])) = node.reference() {
                let is_key = matches!(&first.kind, TermKind::String(first) if **first == *key);
                asks |= is_key && !is_document(name);
            }
        });
        asks
    }
}

/// What a reference reads, if that is a document.
fn document(
    imports: &HashMap<&str, &[Arc<str>]>,
    span: Span,
    name: &Arc<str>,
    keys: &[Term],
) -> Option<Reference> {
    let mut path = match (&**name, imports.get(&**name)) {
        ("data" | "input", _) => vec![Arc::clone(name)],
        (_, Some(path)) => path.to_vec(),
        _ => return None,
    };
    if !matches!(path.first().map(|root| &**root), Some("data" | "input")) {
        return None;
    }
    let known = |key: &Term| match &key.kind {
        TermKind::String(key) => Some(Arc::clone(key)),
        _ => None,
    };
    let before = path.len();
    path.extend(keys.iter().map_while(known));
    let unknown = path.len() - before;
    Some(Reference {
        path,
        beyond: keys.get(unknown + 1).and_then(known),
        span,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Version, parse};

    #[test]
    fn what_is_replaced_and_named_is_found() {
        let text = "package main\nx if { y[1] with data.a.b as 1 with input as 2; f(3) }";
        let module = parse("a.rego", text, Version::V1).unwrap();
        let rule = &module.rules[0];
        let replaced = module.replaced(rule);
        let replaced: Vec<_> = replaced.iter().map(|one| one.path.join(".")).collect();
        assert_eq!(replaced, ["data.a.b", "input"]);
        for (name, expected) in [("y", true), ("f", true), ("z", false)] {
            assert_eq!(module.names(rule, name), expected, "{name}");
        }
    }

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
