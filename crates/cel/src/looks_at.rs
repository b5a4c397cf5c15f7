//! What of its variables an expression looks at, told from its steps: nobody has to evaluate it again after a change of
//! something else.
//!
//! Each step is taken once, with what its operands may be: documents at paths from variables, or lists and maps that
//! are made of such. What is done with them in any other way than by selecting, walking, joining and counting may look
//! at all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    program::{Call, Fold, Node, Program},
    syntax::ast::FoldKind,
    value::Value,
};

/// A way from a variable, by its name, to what an expression looks at; `None` is any key or index.
pub type Path = Vec<Option<Box<str>>>;

/// Longest path that is told; below it everything counts.
const MAX_LENGTH: usize = 24;

/// Most paths that one value may be followed to; of more, everything counts.
const MAX_HELD: usize = 64;

impl Program {
    /// The places that an expression looks at, lazy variables included, each with whether it may look at all of what
    /// stands there: else what is deeper cannot matter to the result, unless it is told besides.
    pub fn looks_at(&self) -> BTreeMap<Path, bool> {
        let mut flow = Flow::default();
        let result = flow.node(&self.root);
        flow.whole(&result);
        flow.looks
    }
}

/// What a value may be.
#[derive(Clone, Debug, Default)]
struct Held {
    documents: BTreeSet<Path>,
    /// What the elements of a list or a map may be that an expression makes.
    elements: Option<Box<Held>>,
}

impl Held {
    fn list(elements: Self) -> Self {
        Self {
            documents: BTreeSet::new(),
            elements: Some(Box::new(elements)),
        }
    }

    fn or(mut self, other: Self) -> Self {
        self.documents.extend(other.documents);
        self.elements = match (self.elements, other.elements) {
            (Some(one), Some(other)) => Some(Box::new(one.or(*other))),
            (one, other) => one.or(other),
        };
        self
    }
}

#[derive(Default)]
struct Flow {
    looks: BTreeMap<Path, bool>,
    /// Of each variable of a comprehension around.
    locals: Vec<Held>,
    /// Of each lazy variable, by the address of its program.
    lazies: BTreeMap<usize, Held>,
}

impl Flow {
    fn node(&mut self, node: &Node) -> Held {
        match node {
            Node::Constant(_) => Held::default(),
            Node::Variable { name, .. } => {
                let path = vec![Some(Box::from(&**name))];
                self.look(&path, false);
                Held {
                    documents: BTreeSet::from([path]),
                    elements: None,
                }
            }
            Node::Local { place, .. } => self.locals.get(*place).cloned().unwrap_or_default(),
            Node::Lazy { program, .. } => self.lazy(program),
            Node::Select(select) => {
                let operand = self.node(&select.operand);
                self.below(operand, Some(&select.field))
            }
            Node::Has(select) => {
                let operand = self.node(&select.operand);
                self.below(operand, Some(&select.field));
                Held::default()
            }
            Node::Index(index) => {
                let operand = self.node(&index.operand);
                let key = self.node(&index.key);
                self.whole(&key);
                match &index.key {
                    Node::Constant(Value::String(key)) => self.below(operand, Some(&**key)),
                    _ => self.below(operand, None),
                }
            }
            Node::Call(call) => self.call(call),
            Node::Match(called) => {
                let text = self.node(&called.text);
                self.whole(&text);
                if let Some(limit) = &called.limit {
                    let limit = self.node(limit);
                    self.whole(&limit);
                }
                Held::default()
            }
            // Truth values have nothing inside.
            Node::Not(term, _) => {
                self.node(term);
                Held::default()
            }
            Node::And(terms) | Node::Or(terms) => {
                for term in terms {
                    self.node(term);
                }
                Held::default()
            }
            Node::Ternary(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.node(condition);
                self.node(then).or(self.node(otherwise))
            }
            Node::Member { operand, .. } => {
                let operand = self.node(operand);
                self.whole(&operand);
                Held::default()
            }
            Node::List(elements) => Held::list(self.any(elements.iter().map(|(one, _)| one))),
            Node::Map { entries, .. } => {
                for (key, ..) in entries {
                    let key = self.node(key);
                    self.whole(&key);
                }
                Held::list(self.any(entries.iter().map(|(_, value, _)| value)))
            }
            Node::Message(message) => {
                for (_, value, _) in &message.fields {
                    let value = self.node(value);
                    self.whole(&value);
                }
                Held::default()
            }
            Node::Fold(fold) => self.fold(fold),
            Node::Bind(parts) => {
                let [value, body] = &**parts;
                let value = self.node(value);
                self.with_locals([value], body)
            }
            Node::OptMap(mapped) => {
                let target = self.node(&mapped.target);
                self.with_locals([target], &mapped.body)
            }
            Node::OrElse { parts, .. } => self.any(parts.iter()),
        }
    }

    /// What any of these may be.
    fn any<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) -> Held {
        nodes.fold(Held::default(), |held, node| held.or(self.node(node)))
    }

    /// Where a program is asked for more than once, it looks at the same each time.
    fn lazy(&mut self, program: &Arc<Program>) -> Held {
        let address = Arc::as_ptr(program).addr();
        if let Some(known) = self.lazies.get(&address) {
            return known.clone();
        }
        // It sees no variables of comprehensions around the place where it is asked for.
        let around = std::mem::take(&mut self.locals);
        let held = self.node(&program.root);
        self.locals = around;
        self.lazies.insert(address, held.clone());
        held
    }

    fn call(&mut self, call: &Call) -> Held {
        let function = call.candidates.first().map(|one| one.function.name);
        let arguments: Vec<Held> = call.arguments.iter().map(|one| self.node(one)).collect();
        let is_null = |node: &Node| matches!(node, Node::Constant(Value::Null));
        match function {
            // Joined and counted are lists, or what has nothing inside.
            Some("_+_") => {
                let arguments = arguments.into_iter();
                let elements = arguments.map(|one| self.elements(one));
                Held::list(elements.fold(Held::default(), Held::or))
            }
            Some("size") => {
                for one in arguments {
                    self.elements(one);
                }
                Held::default()
            }
            Some("_==_" | "_!=_") if call.arguments.iter().any(is_null) => Held::default(),
            Some("dyn") => arguments.into_iter().fold(Held::default(), Held::or),
            _ => {
                for one in &arguments {
                    self.whole(one);
                }
                Held::default()
            }
        }
    }

    fn fold(&mut self, fold: &Fold) -> Held {
        let range = self.node(&fold.range);
        let element = self.elements(range);
        let first = if fold.has_second {
            vec![Held::default(), element.clone()] // The index or the key has nothing inside.
        } else {
            vec![element.clone()]
        };
        let variables = first.len();
        self.locals.extend(first);
        if let Some(filter) = &fold.filter {
            self.node(filter);
        }
        let body = self.node(&fold.body);
        self.locals.truncate(self.locals.len() - variables);
        match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => Held::default(),
            FoldKind::Filter => Held::list(element),
            FoldKind::Map | FoldKind::TransformList | FoldKind::TransformMap => Held::list(body),
            FoldKind::TransformMapEntry => Held::list(self.elements(body)),
        }
    }

    fn with_locals<const N: usize>(&mut self, values: [Held; N], body: &Node) -> Held {
        self.locals.extend(values);
        let body = self.node(body);
        self.locals.truncate(self.locals.len() - N);
        body
    }

    /// Any element of a list or a map, of which there may be more or fewer.
    fn elements(&mut self, held: Held) -> Held {
        self.below(held, None)
    }

    /// What stands below under a key.
    fn below(&mut self, held: Held, key: Option<&str>) -> Held {
        let mut found = held
            .elements
            .map_or_else(Held::default, |elements| *elements);
        for mut path in held.documents {
            path.push(key.map(Box::from));
            self.look(&path, false);
            found.documents.insert(path);
        }
        if found.documents.len() > MAX_HELD {
            self.whole(&found);
            found.documents.clear();
        }
        found
    }

    /// Somebody may look at all of it.
    fn whole(&mut self, held: &Held) {
        for path in &held.documents {
            self.look(path, true);
        }
        if let Some(elements) = &held.elements {
            self.whole(elements);
        }
    }

    fn look(&mut self, path: &Path, is_whole: bool) {
        let is_cut = path.len() > MAX_LENGTH;
        let path = path.get(..MAX_LENGTH).unwrap_or(path);
        let look = self.looks.entry(path.to_vec()).or_default();
        *look |= is_whole || is_cut;
    }
}

#[cfg(test)]
mod tests {
    use crate::{Environment, Extension, Type};

    /// The deepest places, those with all below them with a `*` at their end.
    fn looks_at(expression: &str) -> Vec<String> {
        let mut environment = Environment::kubernetes(37)
            .with(Extension::Bind)
            .variable("object", Type::Dyn);
        for (name, of) in [
            ("variables.spec", "object.spec"),
            (
                "variables.all",
                "object.spec.containers + (has(object.spec.init) ? object.spec.init : [])",
            ),
            (
                "variables.bad",
                "variables.all.filter(c, has(c.tty) && c.tty).map(c, c.name)",
            ),
        ] {
            let program = environment.compile(of).expect("an expression");
            environment = environment.lazy_variable(name, program.into());
        }
        let program = environment.compile(expression).expect("an expression");
        let looks = program.looks_at();
        let mut told: Vec<String> = Vec::new();
        for (path, is_whole) in &looks {
            let is_above =
                |other: &&super::Path| other.len() > path.len() && other.starts_with(path);
            if *is_whole || !looks.keys().any(|other| is_above(&other)) {
                let keys = path.iter().skip(1).map(|key| key.as_deref().unwrap_or("_"));
                let end = if *is_whole { "/*" } else { "" };
                told.push(keys.collect::<Vec<_>>().join("/") + end);
            }
        }
        told
    }

    #[test]
    fn what_an_expression_looks_at_is_told() {
        for (expression, expected) in [
            ("object.spec.hostNetwork", &["spec/hostNetwork/*"][..]),
            (
                "!has(object.spec.a) || object.spec.a.b == 1",
                &["spec/a/b/*"],
            ),
            ("object.spec.?a[?'b'].orValue(1) == 1", &["spec/a/b/*"]),
            ("object.spec.l[0].name == 'a'", &["spec/l/_/name/*"]),
            ("object.spec.l.all(c, c.name == 'a')", &["spec/l/_/name/*"]),
            ("size(object.spec.l) == 1", &["spec/l/_"]),
            (
                "size(variables.bad) == 0",
                &[
                    "spec/containers/_/name",
                    "spec/containers/_/tty",
                    "spec/init/_/name",
                    "spec/init/_/tty",
                ],
            ),
            (
                "variables.bad.join(',') == ''",
                &[
                    "spec/containers/_/name/*",
                    "spec/containers/_/tty",
                    "spec/init/_/name/*",
                    "spec/init/_/tty",
                ],
            ),
            (
                "variables.all.exists(c, c.image.startsWith('a'))",
                &["spec/containers/_/image/*", "spec/init/_/image/*"],
            ),
            (
                "variables.all.filter(c, c.a)[0].b.c == 1",
                &[
                    "spec/containers/_/a",
                    "spec/containers/_/b/c/*",
                    "spec/init/_/a",
                    "spec/init/_/b/c/*",
                ],
            ),
            (
                "object.metadata.labels.exists(k, k == 'a')",
                &["metadata/labels/_/*"],
            ),
            ("object.a.transformList(i, v, v.x)[0] == 1", &["a/_/x/*"]),
            (
                "object.a.transformMap(k, v, v.x)['y'].z == 1",
                &["a/_/x/z/*"],
            ),
            (
                "cel.bind(s, object.spec, s.x == 1 && s.y)",
                &["spec/x/*", "spec/y"],
            ),
            ("object.?a.optMap(a, a.b).orValue(0) == 1", &["a/b/*"]),
            ("{'k': object.a}.k.b == 1", &["a/b/*"]),
            ("[object.a, object.b].all(x, x.c == 1)", &["a/c/*", "b/c/*"]),
            (
                "variables.spec == variables.all[0]",
                &["spec/*", "spec/containers/_/*", "spec/init/_/*"],
            ),
            ("object.a in [object.b]", &["a/*", "b/*"]),
            ("object.a != null && object.a.b > 1", &["a/b/*"]),
            ("object == null", &[""]),
            (
                "(object.a ? object.b : object.c).d == 1",
                &["a", "b/d/*", "c/d/*"],
            ),
            ("dyn(object.a).b == 1", &["a/b/*"]),
            ("object.a.matches('x')", &["a/*"]),
            ("object.a.size() == object.b.c", &["a/_", "b/c/*"]),
            ("true", &[]),
        ] {
            assert_eq!(looks_at(expression), expected, "{expression}");
        }
    }
}
