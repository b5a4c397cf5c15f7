//! Policies and data for them.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_model::{Location, Source, Span};
use ringwall_rego::{
    self as rego, Data, Module, Object, Program, Value as Rego, Version, builtins::Caches,
};

use super::{
    RuleKind,
    builtins::{self, Builtins, ConfigFiles},
};
use crate::manifest::Problem;

/// How policies are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The grammar of all policies; by default each file is read by version 1, and by version 0 if it is none of it.
    pub version: Option<Version>,
    /// Whether a builtin that fails is an error.
    pub show_builtin_errors: bool,
}

/// A set of policies, compiled.
#[derive(Debug)]
pub struct Conftest {
    pub(super) program: Program,
    pub(super) packages: Vec<Package>,
    pub(super) tests: Vec<(String, String)>,
    pub(super) data: Rego,
    pub(super) caches: Caches,
    pub(super) show_builtin_errors: bool,
    pub(super) builtins: Builtins,
}

/// The rules of one package that conftest asks.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) namespace: String,
    /// Each once, in the order of files and rules.
    pub(super) rules: Vec<String>,
    /// Every definition, as conftest counts them.
    pub(super) definitions: usize,
}

impl Conftest {
    /// Compiles policies, with documents that they see below `data`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong: like conftest, nothing is judged by a set of which a part is missing.
    pub fn load(
        policies: &[Arc<Source>],
        data: &[serde_json::Value],
        files: Arc<dyn ConfigFiles>,
        options: &Options,
    ) -> Result<Self, Vec<Problem>> {
        let mut modules = Vec::with_capacity(policies.len());
        let mut problems = Vec::new();
        for source in policies {
            match parse(source, options.version) {
                Ok(module) => modules.push(module),
                Err(errors) => {
                    problems.extend(errors.iter().map(|error| problem(policies, error)));
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let compile_options = rego::Options {
            allowed: builtins::NAMES
                .iter()
                .map(|name| Arc::from(*name))
                .collect(),
            ..rego::Options::default()
        };
        let program = rego::compile(&modules, &compile_options).map_err(|errors| {
            errors
                .iter()
                .map(|error| problem(policies, error))
                .collect::<Vec<_>>()
        })?;
        let mut packages: Vec<Package> = Vec::new();
        let mut tests = Vec::new();
        let mut seen = BTreeSet::new();
        for module in &modules {
            let namespace = module.package.join(".");
            if !packages.iter().any(|it| it.namespace == namespace) {
                packages.push(Package {
                    namespace: namespace.clone(),
                    rules: Vec::new(),
                    definitions: 0,
                });
            }
            let mut known = packages.iter_mut();
            let Some(package) = known.find(|it| it.namespace == namespace) else {
                continue;
            };
            for name in module.rules.iter().filter_map(rule_name) {
                let is_test = name.starts_with("test_") || name.starts_with("todo_test_");
                if is_test && seen.insert((namespace.clone(), name.to_owned())) {
                    tests.push((namespace.clone(), name.to_owned()));
                }
                if RuleKind::of(name).is_some() {
                    package.definitions += 1;
                    if !package
                        .rules
                        .iter()
                        .any(|rule| rule.eq_ignore_ascii_case(name))
                    {
                        package.rules.push(name.to_owned());
                    }
                }
            }
        }
        let data = data.iter().map(Rego::from).fold(object(Vec::new()), merged);
        Ok(Self {
            program,
            packages,
            tests,
            data,
            caches: Caches::default(),
            show_builtin_errors: options.show_builtin_errors,
            builtins: Builtins::new(policies, files),
        })
    }

    /// The packages, in the order of the files.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.packages
            .iter()
            .map(|package| package.namespace.as_str())
    }

    /// The documents below `data` for a file.
    pub(super) fn data_for(&self, name: &str, folder: &str) -> Data {
        let file = object(vec![
            (Rego::from("name"), Rego::from(name)),
            (Rego::from("dir"), Rego::from(folder)),
        ]);
        let own = object(vec![(
            Rego::from("conftest"),
            object(vec![(Rego::from("file"), file)]),
        )]);
        Data::new(merged(self.data.clone(), own))
    }
}

/// The name of a rule that is a name alone; `deny.x` is none.
fn rule_name(rule: &rego::ast::Rule) -> Option<&str> {
    let [name] = rule.head.reference.as_slice() else {
        return None;
    };
    match &name.kind {
        rego::ast::TermKind::Var(name) | rego::ast::TermKind::String(name) => Some(name),
        _ => None,
    }
}

fn parse(source: &Source, version: Option<Version>) -> Result<Module, Vec<rego::Error>> {
    let read = |version| rego::parse(&source.name, &source.text, version);
    match version {
        Some(version) => read(version),
        None => read(Version::V1).or_else(|errors| read(Version::V0).map_err(|_| errors)),
    }
}

/// What is wrong, where it stands in the file.
pub(super) fn problem(policies: &[Arc<Source>], error: &rego::Error) -> Problem {
    let source = policies.iter().find(|source| *source.name == *error.file);
    Problem {
        subject: error.file.to_string(),
        location: source.map(|source| location(source, error)),
        message: format!("{}: {}", error.code.as_str(), error.message),
        is_warning: false,
    }
}

fn location(source: &Source, error: &rego::Error) -> Location {
    let (start, end) = (error.span.start as usize, error.span.end as usize);
    source.location(Span::new(start, end.max(start)))
}

pub(super) fn object(entries: Vec<(Rego, Rego)>) -> Rego {
    Rego::Object(Arc::new(Object::from_entries(entries)))
}

/// Two documents as one: objects member by member, the later of two other values.
fn merged(one: Rego, other: Rego) -> Rego {
    match (one, other) {
        (Rego::Object(one), Rego::Object(other)) => {
            let mut entries = one.entries().to_vec();
            for (key, value) in other.entries() {
                match entries.iter_mut().find(|(known, _)| known == key) {
                    Some(entry) => entry.1 = merged(entry.1.clone(), value.clone()),
                    None => entries.push((key.clone(), value.clone())),
                }
            }
            object(entries)
        }
        (_, other) => other,
    }
}
