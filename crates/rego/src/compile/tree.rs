//! Which rules there are, and at which paths below `data`.

use std::collections::BTreeMap;

use super::resolve::path_text;
use crate::{
    Error, ErrorCode, Value,
    ast::{Head, Module, Rule, Term, TermKind},
    code::GroupId,
};

/// The paths below `data` that rules define.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) root: Node,
    pub(crate) groups: Vec<Group>,
}

/// A path that leads to rules, or is that of some.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) children: BTreeMap<Value, Node>,
    pub(crate) group: Option<GroupId>,
}

/// The rules that together make one document or function.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) path: Vec<Value>,
    pub(crate) sort: Sort,
    pub(crate) rules: Vec<Member>,
}

/// What the rules of a group make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// One value.
    Complete,
    /// A function of so many parameters.
    Function(usize),
    /// A set of their values.
    Set,
    /// An object of any depth, with a variable on the path of at least one rule.
    Object,
}

/// A rule of a group.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) module: usize,
    pub(crate) rule: usize,
    /// What comes in its path after that of the group.
    pub(crate) suffix: Vec<Term>,
    /// Whether its value is a member of a set.
    pub(crate) is_set: bool,
}

struct Placed {
    path: Vec<Value>,
    member: Member,
    sort: Sort,
}

impl Tree {
    /// Sorts the rules of all modules into groups.
    pub(crate) fn build(modules: &[Module], errors: &mut Vec<Error>) -> Self {
        let mut raw = RawNode::default();
        for (module_index, module) in modules.iter().enumerate() {
            // A package without rules is an empty document all the same.
            raw.at(&module
                .package
                .iter()
                .map(|key| Value::String(key.clone()))
                .collect::<Vec<_>>());
            for (rule_index, rule) in module.rules.iter().enumerate() {
                raw.insert(place(module, module_index, rule, rule_index));
            }
        }
        let mut tree = Self::default();
        tree.root = tree.settle(raw, &mut Vec::new(), modules, errors);
        tree
    }

    fn settle(
        &mut self,
        mut raw: RawNode,
        path: &mut Vec<Value>,
        modules: &[Module],
        errors: &mut Vec<Error>,
    ) -> Node {
        if raw.rules.iter().any(|placed| placed.sort == Sort::Object) {
            // Rules below a path with a variable are parts of the same object.
            let mut below = Vec::new();
            for (key, child) in &mut raw.children {
                child.take_documents(&mut vec![key.clone()], &mut below);
            }
            raw.rules.extend(below);
            raw.children.retain(|_, child| !child.is_empty());
        }
        let group = if raw.rules.is_empty() {
            None
        } else {
            self.check(&raw, path, modules, errors);
            let sort = if raw.rules.iter().any(|placed| placed.sort == Sort::Object) {
                Sort::Object
            } else {
                raw.rules.first().map_or(Sort::Complete, |first| first.sort)
            };
            let id = GroupId(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
            self.groups.push(Group {
                path: path.clone(),
                sort,
                rules: raw.rules.into_iter().map(|placed| placed.member).collect(),
            });
            Some(id)
        };
        let children = raw
            .children
            .into_iter()
            .map(|(key, child)| {
                path.push(key.clone());
                let node = self.settle(child, path, modules, errors);
                path.pop();
                (key, node)
            })
            .collect();
        Node { children, group }
    }

    #[expect(clippy::unused_self, reason = "part of building")]
    fn check(&self, raw: &RawNode, path: &[Value], modules: &[Module], errors: &mut Vec<Error>) {
        let mut complain = |placed: &Placed, message: String| {
            if let Some(module) = modules.get(placed.member.module)
                && let Some(rule) = module.rules.get(placed.member.rule)
            {
                errors.push(Error::new(
                    ErrorCode::Type,
                    &module.source,
                    rule.span,
                    message,
                ));
            }
        };
        let is_default = |placed: &&Placed| {
            modules
                .get(placed.member.module)
                .and_then(|module| module.rules.get(placed.member.rule))
                .is_some_and(|rule| rule.is_default)
        };
        let Some(first) = raw.rules.first() else {
            return;
        };
        let name = path_text(path);
        let general = |sort: Sort| matches!(sort, Sort::Object);
        let any_general = raw.rules.iter().any(|placed| general(placed.sort));
        if let Some(other) = raw.rules.iter().find(|placed| {
            if any_general {
                matches!(placed.sort, Sort::Function(_)) || placed.member.suffix.is_empty()
            } else {
                placed.sort != first.sort
            }
        }) {
            complain(other, format!("conflicting rules {name} found"));
        }
        if let Some(second) = raw.rules.iter().filter(is_default).nth(1) {
            complain(second, format!("multiple default rules {name} found"));
        }
        if !any_general && !raw.children.is_empty() {
            let mut below = Vec::new();
            for (key, child) in &raw.children {
                let mut path = path.to_vec();
                path.push(key.clone());
                child.paths(&mut path, &mut below);
            }
            complain(
                first,
                format!("rule {name} conflicts with [{}]", below.join(" ")),
            );
        }
    }

    /// The node at a path.
    pub(crate) fn find(&self, path: &[Value]) -> Option<&Node> {
        path.iter()
            .try_fold(&self.root, |node, key| node.children.get(key))
    }

    pub(crate) fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(id.0 as usize)
    }

    /// The function at a path.
    pub(crate) fn function(&self, path: &[Value]) -> Option<(GroupId, usize)> {
        let id = self.find(path)?.group?;
        match self.group(id)?.sort {
            Sort::Function(arity) => Some((id, arity)),
            _ => None,
        }
    }

    /// How many parameters the function at a path has.
    pub(crate) fn arity(&self, path: &[Value]) -> Option<usize> {
        self.function(path).map(|found| found.1)
    }

    /// Why `with` cannot replace a path, if it cannot.
    pub(crate) fn cannot_replace(&self, path: &[Value]) -> Option<&'static str> {
        let mut node = &self.root;
        for key in path.split_last()?.1 {
            node = node.children.get(key)?;
            if node.group.is_some() {
                return Some("with keyword cannot partially replace virtual document(s)");
            }
        }
        None
    }
}

#[derive(Default)]
struct RawNode {
    children: BTreeMap<Value, RawNode>,
    rules: Vec<Placed>,
}

impl RawNode {
    fn at(&mut self, path: &[Value]) -> &mut Self {
        path.iter().fold(self, |node, key| {
            node.children.entry(key.clone()).or_default()
        })
    }

    fn insert(&mut self, placed: Placed) {
        let path = placed.path.clone();
        self.at(&path).rules.push(placed);
    }

    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.children.values().all(Self::is_empty)
    }

    /// Takes all rules but functions out, with the way to them in front of their suffix.
    fn take_documents(&mut self, way: &mut Vec<Value>, taken: &mut Vec<Placed>) {
        let (documents, functions) = std::mem::take(&mut self.rules)
            .into_iter()
            .partition(|placed| !matches!(placed.sort, Sort::Function(_)));
        self.rules = functions;
        for mut placed in <Vec<Placed> as IntoIterator>::into_iter(documents) {
            let mut suffix: Vec<Term> = way.iter().filter_map(constant_term).collect();
            suffix.append(&mut placed.member.suffix);
            placed.member.suffix = suffix;
            placed.sort = Sort::Object;
            taken.push(placed);
        }
        for (key, child) in &mut self.children {
            way.push(key.clone());
            child.take_documents(way, taken);
            way.pop();
        }
        self.children.retain(|_, child| !child.is_empty());
    }

    fn paths(&self, path: &mut Vec<Value>, found: &mut Vec<String>) {
        if !self.rules.is_empty() {
            found.push(path_text(path));
        }
        for (key, child) in &self.children {
            path.push(key.clone());
            child.paths(path, found);
            path.pop();
        }
    }
}

/// The package and the parts of a head that are known.
pub(crate) fn ground_path(module: &Module, head: &Head) -> Vec<Value> {
    let mut path: Vec<Value> = module
        .package
        .iter()
        .map(|key| Value::String(key.clone()))
        .collect();
    path.extend(
        head.reference
            .iter()
            .enumerate()
            .map_while(|(index, part)| constant(part, index == 0)),
    );
    path
}

fn place(module: &Module, module_index: usize, rule: &Rule, rule_index: usize) -> Placed {
    let path = ground_path(module, &rule.head);
    let ground = path.len() - module.package.len();
    let suffix: Vec<Term> = rule.head.reference.iter().skip(ground).cloned().collect();
    let is_set = rule.head.value.is_none() && rule.head.key.is_some();
    let sort = match &rule.head.parameters {
        Some(parameters) => Sort::Function(parameters.len()),
        None if !suffix.is_empty() => Sort::Object,
        None if is_set => Sort::Set,
        None => Sort::Complete,
    };
    Placed {
        path,
        member: Member {
            module: module_index,
            rule: rule_index,
            suffix,
            is_set,
        },
        sort,
    }
}

/// A part as a value; the first one is a name.
fn constant(part: &Term, is_first: bool) -> Option<Value> {
    Some(match &part.kind {
        TermKind::Var(name) if is_first => Value::String(name.clone()),
        TermKind::String(text) => Value::String(text.clone()),
        TermKind::Number(number) => Value::Number(number.clone()),
        TermKind::Bool(value) => Value::Bool(*value),
        TermKind::Null => Value::Null,
        _ => return None,
    })
}

fn constant_term(value: &Value) -> Option<Term> {
    let kind = match value {
        Value::String(text) => TermKind::String(text.clone()),
        Value::Number(number) => TermKind::Number(number.clone()),
        Value::Bool(value) => TermKind::Bool(*value),
        Value::Null => TermKind::Null,
        _ => return None,
    };
    Some(Term {
        span: crate::Span::default(),
        kind,
    })
}
