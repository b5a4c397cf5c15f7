//! What of the inventory a set of policies can see at all, told from their code.
//!
//! Referential policies mostly name the kind that they look at (`data.inventory.namespace[_][_]["Ingress"][_]`), and
//! compare a few fields. What no policy looks at need not be kept.

use ringwall_rego::{Need, Program};

use crate::admission::GroupVersionKind;

/// What policies look at in the inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Of the document `data.inventory`.
    need: Need,
}

impl Reach {
    /// All of every object, for whoever does not know what policies look for.
    pub fn everything() -> Self {
        Self {
            need: Need::whole(),
        }
    }

    /// These parts of the document `data.inventory`.
    pub fn new(need: Need) -> Self {
        Self { need }
    }

    /// Whether a policy may look at objects of a kind.
    pub fn covers(&self, kind: &GroupVersionKind) -> bool {
        self.of(kind).is_some()
    }

    /// What policies may look at in objects of a kind; `None` if not even whether there are any.
    pub fn of(&self, kind: &GroupVersionKind) -> Option<Need> {
        let api_version = kind.api_version();
        let kind = [Some(api_version.as_str()), Some(kind.kind.as_str()), None];
        let mut found = None;
        gather(
            &self.need,
            &[&[Some("cluster")], &kind[..]].concat(),
            &mut found,
        );
        let namespaced = [&[Some("namespace"), None], &kind[..]].concat();
        gather(&self.need, &namespaced, &mut found);
        found
    }

    /// Whether no policy looks at the inventory.
    pub fn is_empty(&self) -> bool {
        let scopes = ["cluster", "namespace"];
        !self.need.is_asked() && scopes.iter().all(|scope| self.need.member(scope).is_none())
    }

    /// Adds what a program looks at.
    pub(super) fn add(&mut self, program: &Program) {
        if let Some(need) = program.needs().member("inventory") {
            self.need.add(need);
        }
    }
}

/// Adds up what is needed of the documents at a path; `None` on it is any key.
fn gather(need: &Need, path: &[Option<&str>], found: &mut Option<Need>) {
    if need.is_asked() {
        // What stands above an object is there only if the object is.
        found.get_or_insert_default();
    }
    match path.split_first() {
        None => found.get_or_insert_default().add(need),
        Some((Some(key), rest)) => {
            if let Some(member) = need.member(key) {
                gather(member, rest, found);
            }
        }
        Some((None, rest)) => {
            for member in need.below() {
                gather(member, rest, found);
            }
        }
    }
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

        let one = reach(r#"o := data.inventory[s].shop["v1"].Service; f(o) == s"#);
        assert!(covers(&one, "v1", "Service") && !covers(&one, "v1", "Pod"));
        assert!(covers(&one, "shop", "v1"), "of the cluster");

        let one = reach("x := data.inventory; f(x.namespace.a.v1.Service)");
        assert!(covers(&one, "v1", "Service") && !covers(&one, "v1", "Pod"));

        let both = reach(
            r#"a := data.inventory.cluster["v1"].Node; b := data.inventory.namespace.x["v1"].Pod; f(a) == b"#,
        );
        assert!(covers(&both, "v1", "Node") && covers(&both, "v1", "Pod"));
        assert!(!covers(&both, "v1", "Secret"));
    }

    #[test]
    fn of_an_object_only_the_parts_that_are_looked_at_are_needed() {
        let hosts = reach(
            r#"o := data.inventory.namespace[_][_]["Ingress"][_]; o.spec.rules[_].host == "a""#,
        );
        let need = hosts.of(&GroupVersionKind::new("networking.k8s.io/v1", "Ingress"));
        let need = need.expect("of an Ingress");
        let at = |path: &[&str]| {
            let found = path.iter().try_fold(&need, |need, name| need.member(name));
            found.map(Need::is_whole)
        };
        assert_eq!(at(&["spec", "rules", "-", "host"]), Some(true));
        assert_eq!(at(&["spec", "rules", "-", "http"]), None);
        assert_eq!(at(&["spec", "tls"]), None);
        assert_eq!(at(&["metadata"]), None);

        let there = reach("not data.inventory.namespace[input.a][input.b][input.c][input.d]");
        let need = there.of(&GroupVersionKind::new("v1", "Pod"));
        let need = need.expect("whether a Pod is there");
        assert!(!need.is_whole() && need.below().next().is_none());
    }

    #[test]
    fn what_is_not_known_may_be_any() {
        for body in [
            "f(data.inventory)",
            "x := data.inventory.namespace[_][_][k][_]; f(x) == k",
            "f(data.inventory[input.scope])",
            "walk(data.inventory.namespace, [p, _]); f(p)",
            "every_pod := {n | data.inventory.namespace[n]}; f(every_pod)",
            r#"k := "Pod"; x := data.inventory.namespace[_]["v1"][k][_]; f(x) == k"#,
            "not data.inventory.namespace.x[input.v][input.k]",
            "x := data.inventory; not x.namespace; f(x)",
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
