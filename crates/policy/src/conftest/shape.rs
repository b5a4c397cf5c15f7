//! Rules with a name that is asked, in a form that is not.

use ringwall_model::{Source, Span};
use ringwall_rego::{
    Module,
    ast::{Rule, TermKind},
};

use super::RuleKind;
use crate::manifest::Problem;

/// A rule with a name that is asked, in a form that is not: `deny[id] := msg`, `deny.pods contains msg`.
pub(super) fn misshapen(rule: &Rule) -> Option<&Rule> {
    let is_longer = rule.head.reference.len() > 1;
    (is_longer && asked_name(rule).is_some()).then_some(rule)
}

/// The name that a rule's own begins with, if rules of such a name are asked.
pub(super) fn asked_name(rule: &Rule) -> Option<&str> {
    match &rule.head.reference.first()?.kind {
        TermKind::Var(name) | TermKind::String(name) => {
            RuleKind::of(name).is_some().then_some(&**name)
        }
        _ => None,
    }
}

/// The rules for which conftest refuses the set: `deny[msg] if ...` gives `true` for each message, and no message.
pub(super) fn refused(module: &Module) -> impl Iterator<Item = Problem> {
    let rules = module.rules.iter().filter_map(misshapen);
    rules.filter(|rule| is_true(rule)).map(|rule| {
        let source = Source::new(&*module.source.name, &*module.source.text);
        let (start, end) = (rule.head.span.start as usize, rule.head.span.end as usize);
        let name = asked_name(rule).unwrap_or_default();
        Problem {
            subject: module.source.name.to_string(),
            location: Some(source.location(Span::new(start, end.max(start)))),
            message: format!(
                "{name} has `if` and no `contains`, so that it gives no messages: what is asked is a set, as `{name} contains msg if ...` makes one"
            ),
            is_warning: false,
        }
    })
}

/// Whether the value of a rule is `true`, as it is where none is written.
fn is_true(rule: &Rule) -> bool {
    let value = rule.head.value.as_ref();
    value.is_some_and(|value| matches!(value.kind, TermKind::Bool(true)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::conftest::{Conftest, NoFiles, Options};

    fn refusals(policy: &str) -> Vec<String> {
        let policies = [Arc::new(Source::new("p.rego", policy))];
        let loaded = Conftest::load(&policies, &[], Arc::new(NoFiles), &Options::default());
        let loaded = loaded.unwrap_or_else(|problems| panic!("{problems:?}"));
        loaded.refused().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rule_that_gives_true_in_the_place_of_messages_is_refused() {
        let head = "package main\nimport rego.v1\n";
        for rule in [
            "deny[msg] if { msg := \"no\" }",
            "warn_size[msg] if msg := \"no\"",
            "violation.pods if input.kind == \"Pod\"",
            "deny[msg] := true if msg := \"no\"",
        ] {
            let refusals = refusals(&format!("{head}{rule}\n"));
            assert_eq!(refusals.len(), 1, "{rule}: {refusals:?}");
            assert!(refusals[0].starts_with("p.rego:3"), "{refusals:?}");
            assert!(refusals[0].contains("no `contains`"), "{refusals:?}");
        }
        for rule in [
            "deny contains msg if msg := \"no\"",
            "deny if input.kind == \"Pod\"",
            "deny[msg] := \"no\" if msg := \"id\"",
            "allowed[name] if name := \"a\"",
        ] {
            assert_eq!(refusals(&format!("{head}{rule}\n")), [""; 0], "{rule}");
        }
        // The set of version 0.
        assert_eq!(
            refusals("package main\ndeny[msg] { msg := \"no\" }\n"),
            [""; 0]
        );
    }
}
