//! What Rego of a template may look like.
//!
//! The main module has a rule `violation` and any package; libraries are packages below `lib`.
//! Nothing of `data` is there but libraries and the inventory, and `input` has the review and the parameters only.

use ringwall_rego::{
    Span,
    ast::{Head, Module, Term, TermKind},
    walk,
};

/// The rule that a template must have.
pub(super) const ENTRY: &str = "violation";

/// What is wrong in a module, and whether it does no harm.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) is_warning: bool,
}

/// What is wrong with the main module.
pub(super) fn main(module: &Module) -> Vec<Finding> {
    let mut checker = Checker::default();
    let entry: Vec<_> = (module.rules.iter())
        .filter(|rule| name(&rule.head) == Some(ENTRY))
        .collect();
    if entry.is_empty() {
        checker.fault(
            module.package_span,
            format!("a template must have the rule `{ENTRY}`"),
        );
    }
    for rule in entry {
        if rule.head.key.is_none() || rule.head.parameters.is_some() {
            checker.fault(
                rule.head.span,
                format!(
                    "`{ENTRY}` must be a set of objects with `msg`: `{ENTRY}[{{\"msg\": msg}}]`"
                ),
            );
        }
    }
    checker.module(module);
    checker.findings
}

/// What is wrong with a library.
pub(super) fn library(module: &Module) -> Vec<Finding> {
    let mut checker = Checker::default();
    let is_below_lib = module.package.len() > 1
        && module
            .package
            .first()
            .is_some_and(|first| &**first == "lib");
    if !is_below_lib {
        checker.fault(
            module.package_span,
            "the package of a library must be below `lib`: `package lib.name`".to_owned(),
        );
    }
    checker.module(module);
    checker.findings
}

/// Whether a module reads objects of the cluster.
pub(super) fn reads_inventory(module: &Module) -> bool {
    let mut checker = Checker::default();
    checker.module(module);
    checker.reads_inventory
}

fn name(head: &Head) -> Option<&str> {
    match &head.reference.first()?.kind {
        TermKind::Var(name) | TermKind::String(name) => Some(name),
        _ => None,
    }
}

#[derive(Default)]
struct Checker {
    findings: Vec<Finding>,
    reads_inventory: bool,
}

impl Checker {
    fn fault(&mut self, span: Span, message: String) {
        self.findings.push(Finding {
            span,
            message,
            is_warning: false,
        });
    }

    fn module(&mut self, module: &Module) {
        for import in &module.imports {
            let path: Vec<&str> = import.path.iter().map(|part| &**part).collect();
            match path.as_slice() {
                ["data", "lib", ..] | ["future", ..] => {}
                ["input", ..] => {
                    let message = "`input` must not be imported".to_owned();
                    self.fault(import.span, message);
                }
                _ => {
                    let message = format!(
                        "`{}` must not be imported; templates import `data.lib` and `future` only",
                        path.join(".")
                    );
                    self.fault(import.span, message);
                }
            }
        }
        for rule in &module.rules {
            walk::rule(rule, &mut |node| {
                if let Some((span, root, keys)) = node.reference() {
                    self.reference(span, root, keys);
                }
            });
        }
    }

    fn reference(&mut self, span: Span, root: &str, keys: &[Term]) {
        let first = match keys.first().map(|key| &key.kind) {
            Some(TermKind::String(name)) => Some(&**name),
            _ => None,
        };
        match (root, first) {
            ("data", Some("inventory")) => self.reads_inventory = true,
            ("data", Some("lib")) => {}
            ("data", Some(name)) => self.data(span, &format!("data.{name}")),
            ("data", None) if keys.is_empty() => self.data(span, "data"),
            ("data", None) => self.data(span, "data.[…]"),
            ("input", Some(field)) if !["review", "parameters"].contains(&field) => {
                self.findings.push(Finding {
                    span,
                    message: format!(
                        "`input.{field}` is never defined; `input` has `review` and `parameters`"
                    ),
                    is_warning: true,
                });
            }
            _ => {}
        }
    }

    fn data(&mut self, span: Span, path: &str) {
        let message = format!(
            "`{path}` must not be used; templates see `data.inventory` and `data.lib` only"
        );
        self.fault(span, message);
    }
}

#[cfg(test)]
mod tests {
    use ringwall_rego::{ast::Version, parse};

    use super::*;

    /// The lines at fault; warnings with a minus.
    fn lines(text: &str, check: fn(&Module) -> Vec<Finding>) -> Vec<i64> {
        let module = parse("template.rego", text, Version::V0).expect(text);
        check(&module)
            .into_iter()
            .map(|finding| {
                let line = i64::from(module.source.position(finding.span.start).line);
                if finding.is_warning { -line } else { line }
            })
            .collect()
    }

    #[test]
    fn a_template_has_violations() {
        let entry = "violation[{\"msg\": msg}] { msg := input.parameters.a }\n";
        assert_eq!(lines(&format!("package a\n{entry}"), main), [0; 0]);
        assert_eq!(lines("package a\nviolations[x] { x := 1 }\n", main), [1]);
        assert_eq!(lines("package a\nviolation = x { x := 1 }\n", main), [2]);
        assert_eq!(lines("package a\nviolation(x) = 1 { x }\n", main), [2]);
    }

    #[test]
    fn data_is_libraries_and_the_inventory() {
        let with = |line: &str| {
            let text = format!("package a\nviolation[x] {{ x := 1 }}\nr {{\n{line}\n}}\n");
            lines(&text, main)
        };
        assert_eq!(with("data.lib.f(1)\ndata.inventory.cluster[_]"), [0; 0]);
        assert_eq!(with("x := data.other"), [4]);
        assert_eq!(with("data[x].y"), [4]);
        assert_eq!(with("x := data"), [4]);
        assert_eq!(with("x := [y | y := data.a.b]"), [4]);
        assert_eq!(with("not data.a with input as data.b"), [4, 4]);
        assert_eq!(with("input.review.object; input.constraint"), [-4]);
        assert_eq!(with("count(input[data.x])"), [4]);
    }

    #[test]
    fn who_reads_the_inventory_is_known() {
        let reads = |line: &str| {
            let text = format!("package a\nviolation[x] {{ x := 1 }}\nr {{\n{line}\n}}\n");
            reads_inventory(&parse("template.rego", &text, Version::V0).expect(line))
        };
        assert!(reads("x := [y | y := data.inventory.namespace[_]]"));
        assert!(reads("not f(data[\"inventory\"])"));
        assert!(!reads(
            "data.lib.inventory; input.review.object.data.inventory"
        ));
    }

    #[test]
    fn imports_are_libraries_and_the_future() {
        let with = |import: &str| {
            lines(
                &format!("package a\nimport {import}\nviolation[x] {{ x := 1 }}\n"),
                main,
            )
        };
        assert_eq!(with("data.lib.helpers"), [0; 0]);
        assert_eq!(with("future.keywords.in"), [0; 0]);
        assert_eq!(with("data.inventory"), [2]);
        assert_eq!(with("input.review"), [2]);
    }

    #[test]
    fn libraries_are_below_lib() {
        assert_eq!(lines("package lib.helpers\nf(x) = x\n", library), [0; 0]);
        assert_eq!(lines("package lib\nf(x) = x\n", library), [1]);
        assert_eq!(lines("package helpers\nf(x) = x\n", library), [1]);
    }
}
