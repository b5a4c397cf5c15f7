//! From modules to a program: names, rules, safety, order, steps.

pub(crate) mod core;
mod demand;
mod guard;
mod join;
mod lower;
mod metadata;
mod names;
pub(crate) mod needs;
mod recursion;
mod resolve;
mod safety;
mod share;
mod slots;
pub(crate) mod tree;
mod tune;
pub(crate) mod types;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use self::{
    core::{Callee, Equality, Head, Kind, Term, Var},
    lower::Lowering,
    metadata::Metadata,
    names::{Globals, Names},
    resolve::{Resolver, declared_in, made, path_text},
    safety::{Arity, Unsafe, Vars},
    tree::{Member, Sort, Tree},
};
use crate::{
    Error, ErrorCode, Program, Query, Source, Span, Value,
    ast::{self, Module, TermKind},
    builtins::{Availability, Builtin},
    code::{self, Gives, GroupId, Operand},
    eval::is_same,
};

/// How modules are compiled.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether `print` does something; it is left out otherwise.
    pub prints: bool,
    /// Leaves out indexes and all else that makes evaluations faster and nothing different: to compare with.
    pub plain: bool,
    /// Builtins by which the host lets policies reach the outside, as `http.send`.
    pub allowed: BTreeSet<Arc<str>>,
    /// The path below `data` of the only document that evaluations are asked for, if there is one: what rules look at
    /// is told more closely then, and sets that it looks members up in hold no more than those. Neither is enough for
    /// other documents and for queries.
    pub asked_for: Option<Box<[Value]>>,
}

impl Options {
    /// Whether modules may call a builtin, or why not.
    fn allows(&self, builtin: &Builtin) -> Result<(), String> {
        match builtin.availability {
            Availability::Here(_) => Ok(()),
            Availability::Evaluator if matches!(builtin.name, "walk" | "internal.print") => Ok(()),
            Availability::Evaluator => Err(format!("{} cannot be called here", builtin.name)),
            Availability::Host if self.allowed.contains(builtin.name) => Ok(()),
            Availability::Host => Err(format!(
                "{} reaches outside of the policy and is not allowed",
                builtin.name
            )),
            Availability::Refused(reason) => {
                Err(format!("{} is not supported: {reason}", builtin.name))
            }
        }
    }
}

/// Compiles modules into a program, or says everything that is wrong with them.
pub fn compile(modules: &[Module], options: &Options) -> Result<Program, Vec<Error>> {
    let mut errors = Vec::new();
    let tree = Tree::build(modules, &mut errors);
    let mut compiler = Compiler {
        options,
        tree: &tree,
        modules,
        globals: globals(modules),
        closures: 0,
        typed: Vec::new(),
        errors,
    };
    let mut groups = Vec::with_capacity(tree.groups.len());
    let mut uses = Vec::with_capacity(tree.groups.len());
    for (index, group) in tree.groups.iter().enumerate() {
        compiler.typed.push(Vec::new());
        let (group, used) =
            compiler.group(group, GroupId(u32::try_from(index).unwrap_or(u32::MAX)));
        groups.push(group);
        uses.push(used);
    }
    let mut closures = compiler.closures;
    let (typed, mut errors) = (compiler.typed, compiler.errors);
    recursion::check(&groups, &uses, &mut errors);
    let mut shapes = Vec::new();
    if errors.is_empty() {
        shapes = types::check_rules(&tree, &typed, &uses, &mut errors);
    }
    if !errors.is_empty() {
        errors.sort_by(|a, b| (&a.file, a.span, a.code).cmp(&(&b.file, b.span, b.code)));
        errors.dedup();
        return Err(errors);
    }
    if let Some(asked_for) = options.asked_for.as_deref().filter(|_| !options.plain) {
        demand::narrow(&mut groups, asked_for);
    }
    let needs = needs::needs(&groups, options.asked_for.as_deref());
    let (mut paths, mut kept) = (Box::default(), 0);
    if !options.plain {
        join::plan(&mut groups);
        (paths, kept) = tune::tune(&mut groups, &types::order(&uses));
        share::share(&mut groups);
        closures = guard::guard(&mut groups, closures);
    }
    Ok(Program {
        id: Program::next_id(),
        paths,
        kept,
        needs,
        tree,
        groups: groups.into(),
        closures,
        shapes: shapes.into(),
        options: options.clone(),
    })
}

/// Compiles a query for a program.
pub(crate) fn query(
    program: &Program,
    source: Arc<Source>,
    body: &[ast::Expr],
) -> Result<Query, Vec<Error>> {
    let globals = Globals::new();
    let mut resolver = Resolver {
        options: &program.options,
        source: &source,
        globals: &globals,
        tree: &program.tree,
        metadata: None,
        names: Names::default(),
        errors: Vec::new(),
    };
    resolver.names.enter(declared_in(body));
    let body = resolver.body(body);
    let variables = resolver.names.variables();
    let Resolver {
        mut names,
        mut errors,
        ..
    } = resolver;
    let mut found = Vec::new();
    let body = safety::order(body, &Vars::new(), &Arities(&program.tree), &mut found);
    if errors.is_empty() {
        unsafe_errors(found, &names, &source, &mut errors);
        let known = types::Known {
            tree: &program.tree,
            shapes: &program.shapes,
        };
        types::check_query(&source, &body, known, &mut errors);
    }
    let mut closures = program.closures;
    let mut lowering = Lowering {
        source: &source,
        tree: &program.tree,
        first_temporary: u32::try_from(names.count()).unwrap_or(u32::MAX),
        names: &mut names,
        bound: Vars::new(),
        uses: BTreeSet::new(),
        memos: &mut closures,
        errors: Vec::new(),
        span: Span::default(),
    };
    let slots: Box<[u32]> = variables.iter().map(|variable| variable.1).collect();
    let body = lowering.body(&body, |_, _| Gives::Slots(slots));
    if errors.is_empty() {
        errors.append(&mut lowering.errors);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Query {
        body,
        variables: variables.into(),
        slots: names.count(),
        closures,
        source,
    })
}

struct Compiler<'a> {
    options: &'a Options,
    tree: &'a Tree,
    modules: &'a [Module],
    /// Of each module.
    globals: Vec<Arc<Globals>>,
    closures: u32,
    /// The rules of each group so far, for the check of types.
    typed: Vec<Vec<types::Rule>>,
    errors: Vec<Error>,
}

struct Arities<'a>(&'a Tree);

impl Arity for Arities<'_> {
    fn of(&self, callee: &Callee) -> usize {
        match callee {
            Callee::Builtin(builtin) => builtin.arity(),
            Callee::Function(path) => self.0.arity(path).unwrap_or(0),
        }
    }
}

/// What names mean outside of bodies, for each module.
fn globals(modules: &[Module]) -> Vec<Arc<Globals>> {
    let mut exports: HashMap<&[Arc<str>], HashSet<Arc<str>>> = HashMap::new();
    for module in modules {
        let names = exports.entry(&module.package).or_default();
        for rule in &module.rules {
            if let Some(TermKind::Var(name) | TermKind::String(name)) =
                rule.head.reference.first().map(|first| &first.kind)
            {
                names.insert(Arc::clone(name));
            }
        }
    }
    modules
        .iter()
        .map(|module| {
            let strings = |path: &[Arc<str>]| -> Vec<Value> {
                path.iter()
                    .map(|key| Value::String(Arc::clone(key)))
                    .collect()
            };
            let mut globals = Globals::new();
            for name in exports
                .get(&*module.package)
                .into_iter()
                .flatten()
                .collect::<BTreeSet<_>>()
            {
                let mut path = strings(&module.package);
                path.push(Value::String(Arc::clone(name)));
                globals.insert(Arc::clone(name), (Head::Data, path));
            }
            for import in &module.imports {
                let (Some((first, rest)), Some(last)) =
                    (import.path.split_first(), import.path.last())
                else {
                    continue;
                };
                let head = match &**first {
                    "data" => Head::Data,
                    "input" => Head::Input,
                    _ => continue,
                };
                let name = import.alias.as_ref().unwrap_or(last);
                globals.insert(Arc::clone(name), (head, strings(rest)));
            }
            Arc::new(globals)
        })
        .collect()
}

impl Compiler<'_> {
    fn group(&mut self, group: &tree::Group, id: GroupId) -> (code::Group, BTreeSet<GroupId>) {
        let mut uses = BTreeSet::new();
        let mut rules = Vec::new();
        let mut default = None;
        let mut slots = 0;
        for member in &group.rules {
            let Some((module, globals)) = self
                .modules
                .get(member.module)
                .zip(self.globals.get(member.module).cloned())
            else {
                continue;
            };
            let Some(rule) = module.rules.get(member.rule) else {
                continue;
            };
            let site = Site {
                module,
                globals: &globals,
                member,
            };
            let compiled = self.rule(&site, rule, &mut uses, &mut slots);
            if rule.is_default {
                default = Some(Box::new(compiled));
            } else {
                rules.push(compiled);
            }
        }
        let sort = match group.sort {
            Sort::Complete => code::Sort::Complete,
            Sort::Function(_) => code::Sort::Function,
            Sort::Set => code::Sort::Set,
            Sort::Object => {
                let is_flat = group
                    .rules
                    .iter()
                    .all(|member| member.suffix.len() == 1 && !member.is_set);
                if is_flat {
                    code::Sort::Entries
                } else {
                    code::Sort::Nested
                }
            }
        };
        if sort == code::Sort::Entries {
            for rule in &mut rules {
                flatten(rule);
            }
        }
        let _ = id;
        let compiled = code::Group {
            name: path_text(&group.path).into(),
            path: group.path.clone().into(),
            sort,
            arity: match group.sort {
                Sort::Function(arity) => arity,
                _ => 0,
            },
            is_same: is_same(&rules),
            dispatch: None,
            memo: None,
            rules: rules.into(),
            shared: None,
            guard: None,
            default,
            slots,
        };
        (compiled, uses)
    }

    fn rule(
        &mut self,
        site: &Site<'_>,
        rule: &ast::Rule,
        uses: &mut BTreeSet<GroupId>,
        slots: &mut usize,
    ) -> code::Rule {
        let otherwise = rule
            .otherwise
            .as_ref()
            .map(|next| Box::new(self.rule(site, next, uses, slots)));
        let metadata = Metadata::of(self.modules, site.member.module, site.member.rule);
        let mut resolver = Resolver {
            options: self.options,
            source: &site.module.source,
            globals: site.globals,
            tree: self.tree,
            metadata: Some(&metadata),
            names: Names::default(),
            errors: Vec::new(),
        };
        let mut hidden = declared_in(&rule.body);
        let parameters = rule.head.parameters.as_deref().unwrap_or(&[]);
        hidden.extend(parameters.iter().flat_map(all_names));
        resolver.names.enter(hidden);
        let mut body = self::parameters(&mut resolver, parameters);
        body.extend(resolver.body(&rule.body));
        let suffix: Vec<Term> = site
            .member
            .suffix
            .iter()
            .map(|part| resolver.given(part, &mut body))
            .collect();
        let value = if site.member.is_set {
            rule.head.key.as_ref()
        } else {
            rule.head.value.as_ref()
        };
        let value = match value {
            Some(value) => resolver.given(value, &mut body),
            None => Term::Const(Value::Bool(true)),
        };
        resolver.names.leave();
        let Resolver {
            mut names, errors, ..
        } = resolver;
        let earlier = self.errors.len();
        let has_errors = !errors.is_empty();
        self.errors.extend(errors);
        let bound: Vars = (0..u32::try_from(parameters.len()).unwrap_or(u32::MAX)).collect();
        let body = self.order(
            &names,
            &site.module.source,
            body,
            &bound,
            !has_errors,
            |vars| {
                for term in suffix.iter().chain([&value]) {
                    safety::term_vars(term, vars);
                }
            },
            rule.head.span,
        );
        let first_temporary = u32::try_from(names.count()).unwrap_or(u32::MAX);
        let mut lowering = Lowering {
            source: &site.module.source,
            tree: self.tree,
            names: &mut names,
            bound,
            first_temporary,
            uses: BTreeSet::new(),
            memos: &mut self.closures,
            errors: Vec::new(),
            span: rule.span,
        };
        let is_set = site.member.is_set;
        let is_document = !suffix.is_empty();
        let ordered = body;
        let body = lowering.body(&ordered, |lowering, steps| {
            let path: Box<[Operand]> = suffix
                .iter()
                .map(|part| lowering.value(part, steps))
                .collect();
            let value = lowering.value(&value, steps);
            if is_document {
                Gives::Leaf {
                    path,
                    value,
                    is_set,
                }
            } else if is_set {
                Gives::Member(value)
            } else {
                Gives::Value(value)
            }
        });
        uses.append(&mut lowering.uses);
        // What cannot be lowered after other errors is a consequence of them.
        if self.errors.len() == earlier {
            self.errors.append(&mut lowering.errors);
        }
        *slots = (*slots).max(names.count());
        if let Some(typed) = self.typed.last_mut() {
            typed.push(types::Rule {
                source: Arc::clone(&site.module.source),
                body: ordered,
                parameters: u32::try_from(parameters.len()).unwrap_or(u32::MAX),
                suffix,
                value,
                is_set,
            });
        }
        code::Rule {
            source: Arc::clone(&site.module.source),
            span: rule.span,
            body,
            otherwise,
        }
    }

    /// Orders a body, and complains of variables without values unless there are other errors.
    #[expect(clippy::too_many_arguments, reason = "one step of compiling a rule")]
    fn order(
        &mut self,
        names: &Names,
        source: &Source,
        body: Vec<core::Expr>,
        bound: &Vars,
        complain: bool,
        head: impl FnOnce(&mut Vars),
        head_span: Span,
    ) -> Vec<core::Expr> {
        let mut found = Vec::new();
        let body = safety::order(body, bound, &Arities(self.tree), &mut found);
        let mut safe = bound.clone();
        for expr in &body {
            safe.extend(safety::vars_of(expr));
        }
        let mut in_head = Vars::new();
        head(&mut in_head);
        for var in in_head.difference(&safe) {
            found.push(Unsafe {
                span: head_span,
                var: *var,
            });
        }
        if complain {
            unsafe_errors(found, names, source, &mut self.errors);
        }
        body
    }
}

/// Gives parameters their slots, which come first, and tells what patterns ask of them.
fn parameters(resolver: &mut Resolver<'_>, parameters: &[ast::Term]) -> Vec<core::Expr> {
    let slots: Vec<Var> = parameters.iter().map(|_| resolver.names.fresh()).collect();
    let mut patterns = Vec::new();
    for (parameter, slot) in parameters.iter().zip(slots) {
        match &parameter.kind {
            TermKind::Var(name) if names::is_wildcard(name) => {}
            TermKind::Var(name) if resolver.names.declared(name).is_none() => {
                resolver.names.bind_parameter(name, slot);
            }
            _ => patterns.push((parameter, slot)),
        }
    }
    for (parameter, _) in &patterns {
        for name in all_names(parameter) {
            if !names::is_wildcard(&name) && &*name != "input" && &*name != "data" {
                resolver.names.parameter(&name);
            }
        }
    }
    let mut body = Vec::new();
    for (parameter, slot) in patterns {
        let mut support = Vec::new();
        let pattern = resolver.term(parameter, &mut support);
        body.append(&mut support);
        body.push(made(
            parameter.span,
            Kind::Unify {
                left: Term::Var(slot),
                right: pattern,
                sort: Equality::Unify,
            },
        ));
    }
    body
}

/// Complains of variables without values; those that the compiler made only if there are no others.
fn unsafe_errors(mut found: Vec<Unsafe>, names: &Names, source: &Source, errors: &mut Vec<Error>) {
    found.sort();
    found.dedup();
    let any_named = found.iter().any(|one| !names.written(one.var).is_empty());
    for Unsafe { span, var } in found {
        let name = match names.written(var) {
            name if names::is_wildcard(name) => "_",
            "" if any_named => continue,
            "" => "expression",
            name => name,
        };
        errors.push(Error::new(
            ErrorCode::UnsafeVar,
            source,
            span,
            format!("var {name} is unsafe"),
        ));
    }
}

/// Where a rule stands.
struct Site<'a> {
    module: &'a Module,
    globals: &'a Globals,
    member: &'a Member,
}

/// Entries of a flat object need no paths.
fn flatten(rule: &mut code::Rule) {
    let mut rule = Some(rule);
    while let Some(at) = rule {
        if let Gives::Leaf { path, value, .. } = &at.body.gives
            && let [key] = &**path
        {
            at.body.gives = Gives::Entry(key.clone(), value.clone());
        }
        rule = at.otherwise.as_deref_mut();
    }
}

/// The names in a pattern.
fn all_names(term: &ast::Term) -> Vec<Arc<str>> {
    match &term.kind {
        TermKind::Var(name) => vec![Arc::clone(name)],
        TermKind::Array(items) | TermKind::Set(items) => items.iter().flat_map(all_names).collect(),
        TermKind::Object(members) => members
            .iter()
            .flat_map(|(key, value)| [all_names(key), all_names(value)].concat())
            .collect(),
        _ => Vec::new(),
    }
}
