//! Policies and data for them.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use globset::Glob;
use ringwall_model::{Location, Source, Span};
use ringwall_rego::{
    self as rego, Data, Module, Object, Program, Query, Value as Rego, Version, builtins::Caches,
};
use serde_json::Value;

use super::{
    RuleKind,
    builtins::{self, Builtins, ConfigFiles},
    shape,
    verify::{self, Test},
};
use crate::manifest::Problem;

/// How policies are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The grammar of all policies; by default each file is read by version 1, and by version 0 if it is none of it.
    pub version: Option<Version>,
    /// Whether a builtin that fails is an error.
    pub show_builtin_errors: bool,
    /// The time since 1970 at which files are checked and tests are run.
    pub now: Duration,
}

/// A set of policies, compiled.
#[derive(Debug)]
pub struct Conftest {
    pub(super) program: Program,
    pub(super) packages: Vec<Package>,
    pub(super) tests: Vec<Test>,
    data: Rego,
    /// The same as it is where nobody asks for the file at hand.
    pub(super) shared_data: Data,
    /// Whether a rule may ask for the file at hand, below `data.conftest`.
    pub(super) asks_for_file: bool,
    pub(super) caches: Caches,
    pub(super) options: Options,
    pub(super) builtins: Builtins,
    refused: Vec<Problem>,
}

/// The rules of one package that conftest asks.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) namespace: String,
    /// Each once, in the order of files and rules.
    pub(super) rules: Vec<AskedRule>,
    /// Every definition, as conftest counts them.
    pub(super) definitions: usize,
    /// Whether its rules judge where nobody names a package.
    pub(super) is_judged: bool,
}

/// A rule that is asked, with all that asking takes.
#[derive(Debug)]
pub(super) struct AskedRule {
    pub(super) name: String,
    pub(super) kind: RuleKind,
    /// Where it stands below `data`.
    pub(super) path: Vec<Rego>,
    /// The file of its first definition.
    pub(super) file: Arc<str>,
    /// Another rule has the same name but for capitals: conftest asks only the first of them.
    pub(super) is_repeated: bool,
    /// What gives an answer for each exception that silences it.
    pub(super) exception: String,
    pub(super) asks_exception: Result<Query, rego::Error>,
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
        verify::tell_tests_apart(&mut modules);
        let program = compile(&modules).map_err(|errors| {
            errors
                .iter()
                .map(|error| problem(policies, error))
                .collect::<Vec<_>>()
        })?;
        let builtins = Builtins::new(policies, files);
        Ok(Self::new(program, &modules, data, builtins, *options))
    }

    /// A set of modules that were compiled.
    pub(super) fn new(
        program: Program,
        modules: &[Module],
        data: &[Value],
        builtins: Builtins,
        options: Options,
    ) -> Self {
        let mut packages: Vec<Package> = Vec::new();
        let mut tests: Vec<Test> = Vec::new();
        for module in modules {
            let namespace = module.package.join(".");
            if !packages.iter().any(|it| it.namespace == namespace) {
                packages.push(Package {
                    namespace: namespace.clone(),
                    rules: Vec::new(),
                    definitions: 0,
                    is_judged: true,
                });
            }
            let mut known = packages.iter_mut();
            let Some(package) = known.find(|it| it.namespace == namespace) else {
                continue;
            };
            for test in module
                .rules
                .iter()
                .filter_map(|rule| Test::of(module, rule))
            {
                if !tests.iter().any(|known| known.path == test.path) {
                    tests.push(test);
                }
            }
            for (rule, name) in module.rules.iter().filter_map(named) {
                let Some(kind) = RuleKind::of(name) else {
                    continue;
                };
                package.definitions += 1;
                // A function of such a name is never asked, as there is nothing to call it with.
                if rule.head.parameters.is_none()
                    && !package.rules.iter().any(|known| known.name == name)
                {
                    let asked = AskedRule::new(&program, package, name, kind, module);
                    package.rules.push(asked);
                }
            }
        }
        let data = data.iter().map(Rego::from).fold(object(Vec::new()), merged);
        let asks_for_file = modules.iter().any(|module| {
            let rules = module.rules.iter();
            let mut references = rules.flat_map(|rule| module.references(rule));
            references.any(|reference| is_about(&reference.path, &["conftest"]))
        });
        Self {
            program,
            packages,
            tests,
            shared_data: Data::new(data.clone()),
            data,
            asks_for_file,
            caches: Caches::default(),
            options,
            builtins,
            refused: modules.iter().flat_map(shape::refused).collect(),
        }
    }

    /// The rules for which conftest refuses to check files by the whole set; their tests can be run all the same.
    pub fn refused(&self) -> &[Problem] {
        &self.refused
    }

    /// The packages, in the order of the files.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.packages
            .iter()
            .map(|package| package.namespace.as_str())
    }

    /// The packages that some names mean: each name as it is, or as a pattern with `*`, `?` and `[...]`, in which a
    /// dot is like any other letter.
    ///
    /// # Errors
    ///
    /// A pattern that is none, or that no package has.
    pub fn namespaces_like(&self, names: &[String]) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        for name in names {
            if !name.contains(['*', '?', '[']) {
                found.push(name.clone());
                continue;
            }
            // Braces mean nothing in Go's patterns.
            let pattern = name.replace('{', "[{]").replace('}', "[}]");
            let pattern = Glob::new(&pattern).map_err(|error| error.to_string())?;
            let pattern = pattern.compile_matcher();
            let before = found.len();
            found.extend(
                self.namespaces()
                    .filter(|it| pattern.is_match(it))
                    .map(str::to_owned),
            );
            if found.len() == before {
                return Err(format!("no package is named like {name}"));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|it| seen.insert(it.clone()));
        Ok(found)
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

impl AskedRule {
    fn new(
        program: &Program,
        package: &Package,
        name: &str,
        kind: RuleKind,
        module: &Module,
    ) -> Self {
        let silenced = match name {
            "deny" | "violation" | "warn" => "",
            name => name.split_once('_').map_or("", |(_, name)| name),
        };
        let exception = format!(
            "data.{}.exception[_][_] == {}",
            package.namespace,
            Value::from(silenced)
        );
        let asks_exception = program.query(&exception, Version::V1).map_err(|errors| {
            let first = errors.into_iter().next();
            first.unwrap_or_else(|| {
                let (code, span) = (rego::ErrorCode::Internal, module.package_span);
                rego::Error::new(code, &module.source, span, "exceptions cannot be asked for")
            })
        });
        let parts = module.package.iter().map(|part| Rego::from(&**part));
        let is_repeated = |known: &AskedRule| known.name.eq_ignore_ascii_case(name);
        Self {
            name: name.to_owned(),
            kind,
            path: parts.chain([Rego::from(name)]).collect(),
            file: Arc::clone(&module.source.name),
            is_repeated: package.rules.iter().any(is_repeated),
            exception,
            asks_exception,
        }
    }
}

/// A rule with its name, if that is a name alone; `deny.x` is none.
pub(super) fn named(rule: &rego::ast::Rule) -> Option<(&rego::ast::Rule, &str)> {
    let [name] = rule.head.reference.as_slice() else {
        return None;
    };
    match &name.kind {
        rego::ast::TermKind::Var(name) | rego::ast::TermKind::String(name) => Some((rule, name)),
        _ => None,
    }
}

/// Whether a rule of this name is a test.
pub(super) fn is_test(name: &str) -> bool {
    name.starts_with("test_") || name.starts_with("todo_test_")
}

/// Whether a reference may lead to what stands below a path of `data`, or leads to something above it.
pub(super) fn is_about(reference: &[Arc<str>], path: &[&str]) -> bool {
    let Some((root, keys)) = reference.split_first() else {
        return false;
    };
    &**root == "data" && keys.iter().zip(path).all(|(key, part)| **key == **part)
}

/// Compiles modules with the builtins that conftest adds.
pub(super) fn compile(modules: &[Module]) -> Result<Program, Vec<rego::Error>> {
    let options = rego::Options {
        allowed: builtins::NAMES
            .iter()
            .map(|name| Arc::from(*name))
            .collect(),
        ..rego::Options::default()
    };
    rego::compile(modules, &options)
}

pub(super) fn parse(source: &Source, version: Option<Version>) -> Result<Module, Vec<rego::Error>> {
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
