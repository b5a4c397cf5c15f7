//! Imports: two of one name, and those that nothing uses.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Checker;
use crate::{
    ErrorCode,
    ast::{Import, Module, TermKind},
    walk,
};

/// The name under which an import is known; `None` for those of keywords and versions.
fn name_of(import: &Import) -> Option<&Arc<str>> {
    match import.path.first().map(|first| &**first) {
        Some("data" | "input") => import.alias.as_ref().or(import.path.last()),
        _ => None,
    }
}

/// The names that mean a rule of the package or an import in a module.
pub(super) fn names_of(modules: &[Module], module: &Module) -> HashSet<Arc<str>> {
    let siblings = modules
        .iter()
        .filter(|other| other.package == module.package);
    let rules = siblings.flat_map(|other| &other.rules).filter_map(|rule| {
        match rule.head.reference.first().map(|first| &first.kind) {
            Some(TermKind::Var(name) | TermKind::String(name)) => Some(name),
            _ => None,
        }
    });
    rules
        .chain(module.imports.iter().filter_map(name_of))
        .cloned()
        .collect()
}

impl Checker<'_, '_> {
    pub(super) fn duplicate_imports(&mut self) {
        let mut seen: HashMap<&Arc<str>, &Import> = HashMap::new();
        for import in &self.module.imports {
            let Some(name) = import.alias.as_ref().or(import.path.last()) else {
                continue;
            };
            if let Some(first) = seen.get(name) {
                let first = self.module.source.slice(first.span);
                self.error(
                    ErrorCode::Compile,
                    import.span,
                    format!(
                        "import must not shadow {first}; give one of them another name with `as`"
                    ),
                );
            } else {
                seen.insert(name, import);
            }
        }
    }

    pub(super) fn unused_imports(&mut self) {
        let mut used: HashSet<&Arc<str>> = HashSet::new();
        for rule in &self.module.rules {
            walk::rule(rule, &mut |node| {
                used.extend(node.variable());
            });
        }
        for import in &self.module.imports {
            if let Some(name) = name_of(import)
                && !used.contains(name)
            {
                self.error(
                    ErrorCode::Compile,
                    import.span,
                    format!("import {name} unused"),
                );
            }
        }
    }
}
