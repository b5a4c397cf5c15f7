//! Rego among other policies of a folder: what can be used is, and nothing of the rest goes unsaid.
//!
//! conftest refuses a set of which a part is broken. Here one file must not stop the others, so that what is broken
//! is left out with all that depends on it: a rule that asks a library which is not there would say nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use ringwall_model::{Location, Source, Span};
use ringwall_rego::{
    Module,
    ast::{Rule, TermKind},
};
use serde_json::Value;

use super::{
    RuleKind,
    builtins::{Builtins, ConfigFiles, NoFiles},
    load::{self, Conftest, Options, is_about, is_test, named},
    shape::{asked_name, misshapen},
};
use crate::manifest::Problem;

/// How Rego in files of its own is loaded.
#[derive(Clone)]
pub struct Settings {
    /// How it is read.
    pub options: Options,
    /// The packages whose rules judge; all that have some if none is named.
    pub namespaces: Vec<String>,
    /// Documents below `data`.
    pub data: Vec<Value>,
    /// Who opens the files that policies name.
    pub files: Arc<dyn ConfigFiles>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            options: Options::default(),
            namespaces: Vec::new(),
            data: Vec::new(),
            files: Arc::new(NoFiles),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("options", &self.options)
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}

impl Conftest {
    /// Loads what can be used of a folder's Rego. `is_in_template` tells whether a text is the code of a
    /// `ConstraintTemplate` beside it.
    ///
    /// Comes with everything that is wrong, and with what judges nothing although it looks as if it did.
    pub fn load_usable(
        policies: &[Arc<Source>],
        settings: &Settings,
        is_in_template: &dyn Fn(&str) -> bool,
    ) -> (Option<Self>, Vec<Problem>) {
        let mut usable = Usable {
            policies,
            modules: Vec::new(),
            broken: Vec::new(),
            problems: Vec::new(),
        };
        usable.parse(&settings.options);
        let Some(program) = usable.compile() else {
            return (None, usable.problems);
        };
        let builtins = Builtins::new(policies, Arc::clone(&settings.files));
        let modules = &usable.modules;
        let mut conftest = Self::new(program, modules, &settings.data, builtins, settings.options);
        let mut problems = usable.problems;
        conftest.choose(modules, settings, is_in_template, &mut problems);
        conftest.find_idle(modules, &mut problems);
        conftest.find_unasked(modules, &mut problems);
        find_undefined(modules, &settings.data, &mut problems);
        (Some(conftest), problems)
    }

    /// Leaves the packages that judge.
    fn choose(
        &mut self,
        modules: &[Module],
        settings: &Settings,
        is_in_template: &dyn Fn(&str) -> bool,
        problems: &mut Vec<Problem>,
    ) {
        for wanted in &settings.namespaces {
            let mut known = self.packages.iter();
            if !known.any(|package| package.namespace == *wanted && !package.rules.is_empty()) {
                problems.push(Problem {
                    subject: format!("package {wanted}"),
                    location: None,
                    message: "is asked for, and has no rule named deny, violation or warn"
                        .to_owned(),
                    is_warning: false,
                });
            }
        }
        for package in &mut self.packages {
            let is_wanted =
                settings.namespaces.is_empty() || settings.namespaces.contains(&package.namespace);
            package.is_judged = is_wanted && !package.rules.is_empty();
            if !package.is_judged {
                continue;
            }
            let of_package: Vec<_> = modules
                .iter()
                .filter(|module| namespace(module) == package.namespace)
                .collect();
            if is_for_combined(&of_package) {
                package.is_judged = false;
                for module in of_package {
                    problems.push(at(
                        module,
                        "is written for all files together, as it reads `contents` of each: it judges only with `-o conftest --combine`",
                    ));
                }
                continue;
            }
            let wrapping = with_used(&of_package, modules);
            let Some(wrapping) = Wrapping::of(&wrapping) else {
                continue;
            };
            package.is_judged = false;
            for module in of_package {
                if wrapping != Wrapping::Gatekeeper || !is_in_template(&module.source.text) {
                    problems.push(at(module, wrapping.reason()));
                }
            }
        }
    }

    /// Tells which files judge nothing: they have neither rules that are asked, nor tests, nor users.
    fn find_idle(&self, modules: &[Module], problems: &mut Vec<Problem>) {
        for (index, module) in modules.iter().enumerate() {
            let own = namespace(module);
            let asked = self.packages.iter().find(|it| it.namespace == own);
            let has_asked = asked.is_some_and(|package| !package.rules.is_empty());
            let mut names = module.rules.iter().filter_map(named).peekable();
            let is_tests = names.peek().is_some() && names.all(|(_, name)| is_test(name));
            let path: Vec<_> = module.package.iter().map(|part| &**part).collect();
            let is_used = || {
                let others = modules.iter().enumerate();
                others
                    .filter(|(other, _)| *other != index)
                    .any(|(_, other)| depends_on(other, &path))
            };
            if !has_asked && !is_tests && !is_used() {
                let mut rules = module.rules.iter();
                problems.push(at(
                    module,
                    match rules.find_map(misshapen) {
                        Some(_) => {
                            "judges nothing: what is asked is a set, as `deny contains msg if ...` makes one; here more stands behind the name"
                        }
                        None => {
                            "judges nothing: it has no rule named deny, violation or warn, and no other policy uses it"
                        }
                    },
                ));
            }
        }
    }
}

impl Conftest {
    /// Tells which rules of packages that judge have a name that is asked and a form that is not.
    fn find_unasked(&self, modules: &[Module], problems: &mut Vec<Problem>) {
        for module in modules {
            let own = namespace(module);
            let mut judged = self.packages.iter().filter(|it| it.is_judged);
            if !judged.any(|package| package.namespace == own) {
                continue;
            }
            let mut told = BTreeSet::new();
            for rule in module.rules.iter().filter_map(misshapen) {
                let Some(name) = asked_name(rule) else {
                    continue;
                };
                let mut path: Vec<_> = module.package.iter().map(|part| &**part).collect();
                path.push(name);
                let is_used = modules.iter().any(|other| {
                    let is_own = namespace(other) == own;
                    let mut users = rules(other).filter(|it| asked_name(it) != Some(name));
                    users.any(|user| {
                        is_own && other.names(user, name)
                            || (other.references(user).iter())
                                .any(|it| it.path.len() > path.len() && is_about(&it.path, &path))
                    })
                });
                if !is_used && told.insert(name) {
                    let message = format!(
                        "{name} judges nothing: what is asked is a set, as `{name} contains msg if ...` makes one; here more stands behind the name, and no other rule uses it"
                    );
                    let span = rule.head.span;
                    problems.push(Problem {
                        location: Some(place(module, span.start as usize, span.end as usize)),
                        is_warning: true,
                        ..at(module, &message)
                    });
                }
            }
        }
    }
}

/// What of a folder's Rego can be used, as far as is known.
struct Usable<'a> {
    policies: &'a [Arc<Source>],
    modules: Vec<Module>,
    /// Packages of which a part is missing, each with the file that is at fault; all of them where it is not known.
    broken: Vec<(Option<Vec<String>>, String)>,
    problems: Vec<Problem>,
}

impl Usable<'_> {
    fn parse(&mut self, options: &Options) {
        for source in self.policies {
            match load::parse(source, options.version) {
                // Tests judge nothing, and bring mocks along that nobody else needs.
                Ok(module) if is_test_file(source) && !has_asked_rules(&module) => {}
                Ok(module) => self.modules.push(module),
                Err(errors) => {
                    let errors = errors.iter();
                    self.problems
                        .extend(errors.map(|error| load::problem(self.policies, error)));
                    if !is_test_file(source) {
                        let package = package_of(&source.text);
                        self.broken.push((package, source.name.to_string()));
                    }
                }
            }
        }
    }

    /// Compiles what is left when all that is broken is gone; `None` if nothing is.
    fn compile(&mut self) -> Option<ringwall_rego::Program> {
        loop {
            self.leave_out_dependents();
            if self.modules.is_empty() {
                return None;
            }
            let errors = match load::compile(&self.modules) {
                Ok(program) => return Some(program),
                Err(errors) => errors,
            };
            let at_fault: BTreeSet<_> = errors.iter().map(|error| &*error.file).collect();
            let before = self.modules.len();
            let mut left = Vec::with_capacity(before);
            for module in std::mem::take(&mut self.modules) {
                if at_fault.contains(&*module.source.name) {
                    let package = module.package.iter().map(ToString::to_string).collect();
                    let file = module.source.name.to_string();
                    self.broken.push((Some(package), file));
                } else {
                    left.push(module);
                }
            }
            self.modules = left;
            let errors = errors.iter();
            self.problems
                .extend(errors.map(|error| load::problem(self.policies, error)));
            if self.modules.len() == before {
                // Nobody is at fault that could be left out.
                return None;
            }
        }
    }

    /// Leaves out what depends on something that is broken, and what depends on that.
    fn leave_out_dependents(&mut self) {
        loop {
            let found = self.modules.iter().enumerate().find_map(|(index, module)| {
                let mut broken = self.broken.iter();
                let (_, file) = broken.find(|(package, _)| match package {
                    None => true,
                    Some(package) => {
                        let path: Vec<_> = package.iter().map(String::as_str).collect();
                        module
                            .package
                            .iter()
                            .map(|part| &**part)
                            .eq(path.iter().copied())
                            || depends_on(module, &path)
                    }
                })?;
                Some((index, file.clone()))
            });
            let Some((index, file)) = found else {
                return;
            };
            let module = self.modules.remove(index);
            let reason = format!("judges nothing: it depends on {file}, which cannot be used");
            self.problems.push(at(&module, &reason));
            let package = module.package.iter().map(ToString::to_string).collect();
            self.broken
                .push((Some(package), module.source.name.to_string()));
        }
    }
}

fn namespace(module: &Module) -> String {
    module.package.join(".")
}

fn is_test_file(source: &Source) -> bool {
    source.name.ends_with("_test.rego")
}

fn has_asked_rules(module: &Module) -> bool {
    let mut names = module.rules.iter().filter_map(named);
    names.any(|(_, name)| RuleKind::of(name).is_some())
}

/// Rules that are no tests.
fn rules(module: &Module) -> impl Iterator<Item = &Rule> {
    let rules = module.rules.iter();
    rules.filter(|rule| !named(rule).is_some_and(|(_, name)| is_test(name)))
}

/// Whether anything of a module refers to a package, or may.
fn depends_on(module: &Module, package: &[&str]) -> bool {
    let imports = module.imports.iter();
    let mut rules = rules(module);
    imports
        .map(|import| &import.path)
        .any(|path| is_about(path, package))
        || rules.any(|rule| {
            let references = module.references(rule);
            let mut references = references.iter();
            references.any(|reference| is_about(&reference.path, package))
        })
}

/// The modules of a package, and those that they use.
fn with_used<'m>(own: &[&'m Module], all: &'m [Module]) -> Vec<&'m Module> {
    let mut found = own.to_vec();
    let mut at = 0;
    while let Some(user) = found.get(at).copied() {
        let used = all.iter().filter(|module| {
            let path: Vec<_> = module.package.iter().map(|part| &**part).collect();
            depends_on(user, &path)
        });
        for module in used {
            if !found.iter().any(|known| std::ptr::eq(*known, module)) {
                found.push(module);
            }
        }
        at += 1;
    }
    found
}

/// What stands around an object for policies that are written for another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    /// `input.review` of Gatekeeper's templates.
    Gatekeeper,
    /// `input.request` of an AdmissionReview, which OPA as a webhook is asked with.
    AdmissionReview,
}

impl Wrapping {
    /// Where rules know no other input than what one of these gives.
    fn of(modules: &[&Module]) -> Option<Self> {
        let mut found = None;
        for module in modules {
            for rule in rules(module) {
                for reference in module.references(rule) {
                    let path: Vec<_> = reference.path.iter().map(|part| &**part).collect();
                    let read = match path.as_slice() {
                        ["input", "review", ..] => Self::Gatekeeper,
                        ["input", "request", ..] => Self::AdmissionReview,
                        // An AdmissionReview has a kind, as any object has.
                        ["data", ..]
                        | ["input", "parameters", ..]
                        | ["input", "kind" | "apiVersion"] => continue,
                        _ => return None,
                    };
                    if found.is_some_and(|found| found != read) {
                        return None;
                    }
                    found = Some(read);
                }
            }
        }
        found
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Gatekeeper => {
                "is written for Gatekeeper, as it reads `input.review`: it judges only inside of a ConstraintTemplate"
            }
            Self::AdmissionReview => {
                "is written for OPA as a webhook, as it reads `input.request`: here the object itself is the input, without an AdmissionReview around it"
            }
        }
    }
}

/// Whether the rules of a package know no other input than that of conftest's `--combine`.
fn is_for_combined(modules: &[&Module]) -> bool {
    let mut reads_contents = false;
    for module in modules {
        for rule in rules(module) {
            let mut reads_all = false;
            for reference in module.references(rule) {
                let path: Vec<_> = reference.path.iter().map(|part| &**part).collect();
                match (path.as_slice(), reference.beyond.as_deref()) {
                    (["input"], Some("contents")) => reads_contents = true,
                    (["input"], _) => reads_all = true,
                    (["data", ..], _) => {}
                    _ => return false,
                }
            }
            reads_contents |= reads_all && module.asks_local_for(rule, "contents");
        }
    }
    reads_contents
}

/// Tells of documents that rules ask for and nobody gives.
fn find_undefined(modules: &[Module], data: &[Value], problems: &mut Vec<Problem>) {
    let mut told = BTreeMap::new();
    let all = || {
        modules
            .iter()
            .flat_map(|module| rules(module).map(move |rule| (module, rule)))
    };
    let replaced: Vec<_> = all()
        .flat_map(|(module, rule)| module.replaced(rule))
        .collect();
    for module in modules {
        for rule in rules(module) {
            for reference in module.references(rule) {
                let Some((root, keys)) = reference.path.split_first() else {
                    continue;
                };
                let Some(first) = keys.first().filter(|_| &**root == "data") else {
                    continue;
                };
                let is_given = &**first == "conftest"
                    || replaced
                        .iter()
                        .any(|it| reference.path.starts_with(&it.path))
                    || data.iter().any(|document| document.get(&**first).is_some())
                    || modules.iter().any(|other| gives(other, keys));
                if !is_given {
                    let key = (Arc::clone(&module.source.name), keys.join("."));
                    told.entry(key).or_insert((module, reference.span));
                }
            }
        }
    }
    for ((_, name), (module, span)) in told {
        let message = format!(
            "refers to data.{name}, which neither a policy nor --data gives: what needs it says nothing"
        );
        problems.push(Problem {
            location: Some(place(module, span.start as usize, span.end as usize)),
            is_warning: true,
            ..at(module, &message)
        });
    }
}

/// Whether a module gives what stands at a path below `data`, or something below it.
fn gives(module: &Module, path: &[Arc<str>]) -> bool {
    let Some(below) = path.strip_prefix(module.package.as_slice()) else {
        return module.package.starts_with(path);
    };
    let is_named = |rule: &Rule, name: &str| match rule.head.reference.first().map(|it| &it.kind) {
        Some(TermKind::Var(own) | TermKind::String(own)) => **own == *name,
        _ => false,
    };
    let mut rules = module.rules.iter();
    below
        .first()
        .is_none_or(|name| rules.any(|rule| is_named(rule, name)))
}

/// The package that a text which cannot be parsed names in a line.
fn package_of(text: &str) -> Option<Vec<String>> {
    text.lines().find_map(|line| {
        let path = line.strip_prefix("package")?;
        let path = path.strip_prefix([' ', '\t'])?;
        let path = path.split('#').next().unwrap_or(path).trim();
        let is_plain = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|char| char.is_alphanumeric() || char == '_')
        };
        path.split('.')
            .map(|part| is_plain(part).then(|| part.to_owned()))
            .collect()
    })
}

fn at(module: &Module, message: &str) -> Problem {
    let span = module.package_span;
    Problem {
        subject: module.source.name.to_string(),
        location: Some(place(module, span.start as usize, span.end as usize)),
        message: message.to_owned(),
        is_warning: false,
    }
}

fn place(module: &Module, start: usize, end: usize) -> Location {
    let source = Source::new(&*module.source.name, &*module.source.text);
    source.location(Span::new(start, end.max(start)))
}
