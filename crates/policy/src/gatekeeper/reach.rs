//! Which objects of the inventory a set of policies can see at all, told from their code.
//!
//! Referential policies mostly name the kind that they look at (`data.inventory.namespace[_][_]["Ingress"][_]`).
//! What no policy names need not be kept. A key that is known only when a policy runs may be any.

use ringwall_rego::{Program, Value as Rego};

use crate::admission::GroupVersionKind;

/// Kinds of objects that policies look for in the inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    named: Vec<Named>,
}

/// API version and kind as a policy names them; `None` may be any.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    api_version: Option<Box<str>>,
    kind: Option<Box<str>>,
}

impl Reach {
    /// Every object, for whoever does not know what policies look for.
    pub fn everything() -> Self {
        Self {
            named: vec![Named {
                api_version: None,
                kind: None,
            }],
        }
    }

    /// Whether a policy may look at objects of a kind.
    pub fn covers(&self, kind: &GroupVersionKind) -> bool {
        self.named.iter().any(|named| {
            (named.kind.as_deref()).is_none_or(|name| name == kind.kind)
                && (named.api_version.as_deref())
                    .is_none_or(|version| version == kind.api_version())
        })
    }

    /// Whether no policy looks at the inventory.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Adds what a program names.
    pub(super) fn add(&mut self, program: &Program) {
        for path in program.data_reads() {
            if let Some(named) = named(path).filter(|named| !self.named.contains(named)) {
                self.named.push(named);
            }
        }
    }
}

/// What a path below `data` leads to; `None` if not to the inventory.
fn named(path: &[Option<Rego>]) -> Option<Named> {
    let (root, path) = path.split_first().unwrap_or((&None, &[]));
    if root
        .as_ref()
        .is_some_and(|root| root.as_str() != Some("inventory"))
    {
        return None;
    }
    let rest = match path.first() {
        Some(Some(scope)) => match scope.as_str() {
            Some("cluster") => path.get(1..),
            Some("namespace") => path.get(2..),
            _ => return None,
        },
        // Any scope, and then any place below it.
        _ => None,
    };
    let text = |index: usize| {
        let key = rest?.get(index)?.as_ref()?;
        // A key that is no text is nowhere in the inventory, but nothing is lost by keeping too much.
        key.as_str().map(Box::from)
    };
    Some(Named {
        api_version: text(0),
        kind: text(1),
    })
}

#[cfg(test)]
mod tests {
    use ringwall_rego::{Options, Version, compile, parse};

    use super::*;

    fn reach(body: &str) -> Reach {
        let text = format!("package p\nf(x) = x {{ true }}\nviolation[m] {{ {body}; m := 1 }}");
        let module = parse("p.rego", &text, Version::V0).expect("a module");
        let program = compile(&[module], &Options::default()).expect("a program");
        let mut reach = Reach::default();
        reach.add(&program);
        reach
    }

    fn covers(reach: &Reach, api_version: &str, kind: &str) -> bool {
        reach.covers(&GroupVersionKind::new(api_version, kind))
    }

    #[test]
    fn a_kind_that_is_named_is_the_only_one() {
        let one = reach(r#"o := data.inventory.namespace[_][v]["Ingress"][_]; f(o) == v"#);
        assert!(covers(&one, "networking.k8s.io/v1", "Ingress"));
        assert!(covers(&one, "extensions/v1beta1", "Ingress"));
        assert!(!covers(&one, "v1", "Pod"));

        let one = reach(r#"x := data.inventory.cluster["v1"].Namespace[input.n]; f(x)"#);
        assert!(covers(&one, "v1", "Namespace"));
        assert!(!covers(&one, "example.com/v1", "Namespace"));

        let both = reach(
            r#"a := data.inventory.cluster["v1"].Node; b := data.inventory.namespace.x["v1"].Pod; f(a) == b"#,
        );
        assert!(covers(&both, "v1", "Node") && covers(&both, "v1", "Pod"));
        assert!(!covers(&both, "v1", "Secret"));
    }

    #[test]
    fn what_is_not_known_may_be_any() {
        for body in [
            "f(data.inventory)",
            "x := data.inventory.namespace[_][_][k][_]; f(x) == k",
            "x := data.inventory[s].x[\"v1\"].Ingress; f(x) == s",
            "f(data.inventory[input.scope])",
            "walk(data.inventory.namespace, [p, _]); f(p)",
            "every_pod := {n | data.inventory.namespace[n]}; f(every_pod)",
            r#"k := "Pod"; x := data.inventory.namespace[_]["v1"][k][_]; f(x) == k"#,
            "not data.inventory.namespace.x[input.v][input.k]",
            "x := data.inventory; f(x.namespace.a.v1.Ingress)",
        ] {
            assert!(covers(&reach(body), "v1", "Pod"), "{body}");
        }
    }

    #[test]
    fn without_the_inventory_there_is_nothing() {
        assert!(reach("f(input.review)").is_empty());
        assert!(reach("f(data.p.other)").is_empty());
        assert!(reach("f(data.inventory.elsewhere)").is_empty());
    }
}
