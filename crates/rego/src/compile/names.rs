//! What a name means where it stands: a local variable, a rule of the package, an import.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::core::{Head, Var};
use crate::Value;

/// What the names of a module stand for outside of its bodies: the rules of its package and its imports.
pub(crate) type Globals = HashMap<Arc<str>, (Head, Vec<Value>)>;

/// What a name was found to be.
pub(crate) enum Meaning {
    Var(Var),
    Document(Head, Vec<Value>),
}

/// How a variable came into its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    Parameter,
    Seen,
    Assigned,
    Declared,
}

/// The variables of one rule.
#[derive(Debug, Default)]
pub(crate) struct Names {
    scopes: Vec<Scope>,
    implicit: HashMap<Arc<str>, Var>,
    /// The name of each variable, for messages; empty if the compiler made it.
    written: Vec<Arc<str>>,
}

#[derive(Debug, Default)]
struct Scope {
    known: HashMap<Arc<str>, (Option<Var>, Occurrence)>,
    /// Names that this body declares somewhere: they never mean a rule or an import in it.
    hidden: HashSet<Arc<str>>,
}

impl Names {
    /// A variable that no name means.
    pub(crate) fn fresh(&mut self) -> Var {
        self.named(Arc::from(""))
    }

    fn named(&mut self, name: Arc<str>) -> Var {
        let var = u32::try_from(self.written.len()).unwrap_or(u32::MAX);
        self.written.push(name);
        var
    }

    /// How many variables there are.
    pub(crate) fn count(&self) -> usize {
        self.written.len()
    }

    /// The name as it was written; empty if the compiler made the variable.
    pub(crate) fn written(&self, var: Var) -> &str {
        self.written.get(var as usize).map_or("", |name| name)
    }

    /// The variables of the innermost open body that have names, and those never declared.
    pub(crate) fn variables(&self) -> Vec<(Arc<str>, Var)> {
        let mut named = Vec::new();
        for (name, var) in self
            .scopes
            .last()
            .into_iter()
            .flat_map(|scope| scope.known.iter().collect::<BTreeMap<_, _>>())
        {
            let var = match (var.0, var.1) {
                (Some(var), _) => Some(var),
                (None, _) => self.implicit.get(name).copied(),
            };
            if !is_wildcard(name)
                && let Some(var) = var
            {
                named.push((Arc::clone(name), var));
            }
        }
        named
    }

    /// Opens a body in which the given names are declared.
    pub(crate) fn enter(&mut self, hidden: HashSet<Arc<str>>) {
        self.scopes.push(Scope {
            known: HashMap::new(),
            hidden,
        });
    }

    /// Closes the innermost body.
    pub(crate) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// A new variable in the innermost body, or why there cannot be one.
    pub(crate) fn declare(
        &mut self,
        name: &Arc<str>,
        occurrence: Occurrence,
    ) -> Result<Var, String> {
        if is_wildcard(name) {
            return Ok(self.implicit_var(name));
        }
        let earlier = self
            .scopes
            .last()
            .and_then(|scope| scope.known.get(name))
            .map(|known| known.1);
        match earlier {
            Some(Occurrence::Seen) => return Err(format!("var {name} referenced above")),
            Some(Occurrence::Assigned) => return Err(format!("var {name} assigned above")),
            Some(Occurrence::Declared) => return Err(format!("var {name} declared above")),
            Some(Occurrence::Parameter) => return Err(format!("arg {name} redeclared")),
            None => {}
        }
        let var = self.named(Arc::clone(name));
        if let Some(scope) = self.scopes.last_mut() {
            scope
                .known
                .insert(Arc::clone(name), (Some(var), occurrence));
        }
        Ok(var)
    }

    /// A parameter: the same name twice is the same variable.
    pub(crate) fn parameter(&mut self, name: &Arc<str>) -> Var {
        if let Some(var) = self.declared(name) {
            return var;
        }
        self.declare(name, Occurrence::Parameter)
            .unwrap_or_else(|_| self.fresh())
    }

    /// Lets a variable be known by a name as a parameter.
    pub(crate) fn bind_parameter(&mut self, name: &Arc<str>, var: Var) {
        if let Some(written) = self.written.get_mut(var as usize) {
            *written = Arc::clone(name);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope
                .known
                .insert(Arc::clone(name), (Some(var), Occurrence::Parameter));
        }
    }

    /// The variable that a name was declared to be in the scopes around.
    pub(crate) fn declared(&self, name: &str) -> Option<Var> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.known.get(name).and_then(|known| known.0))
    }

    /// What a name means here.
    pub(crate) fn meaning(&mut self, name: &Arc<str>, globals: &Globals) -> Meaning {
        if is_wildcard(name) {
            return Meaning::Var(self.implicit_var(name));
        }
        if let Some(var) = self.declared(name) {
            return Meaning::Var(var);
        }
        match &**name {
            "input" => return Meaning::Document(Head::Input, Vec::new()),
            "data" => return Meaning::Document(Head::Data, Vec::new()),
            _ => {}
        }
        if !self.scopes.iter().any(|scope| scope.hidden.contains(name))
            && let Some((head, path)) = globals.get(name)
        {
            return Meaning::Document(*head, path.clone());
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope
                .known
                .entry(Arc::clone(name))
                .or_insert((None, Occurrence::Seen));
        }
        Meaning::Var(self.implicit_var(name))
    }

    fn implicit_var(&mut self, name: &Arc<str>) -> Var {
        if let Some(var) = self.implicit.get(name) {
            return *var;
        }
        let var = self.named(Arc::clone(name));
        self.implicit.insert(Arc::clone(name), var);
        var
    }
}

/// Whether the parser made the name for `_`.
pub(crate) fn is_wildcard(name: &str) -> bool {
    name.starts_with('$')
}
