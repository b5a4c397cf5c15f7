//! The order in which the expressions of a body are evaluated, so that every variable has a value when it is used.
//!
//! An expression is taken as soon as what it needs is bound, the earliest first, as OPA does it.
//! What can never be taken is an error that names the variables.

use std::collections::{BTreeMap, BTreeSet};

use super::core::{Callee, Closure, Equality, Expr, Gives, Head, Kind, Replacement, Term, Var};
use crate::Span;

/// A set of variables.
pub(crate) type Vars = BTreeSet<Var>;

/// A variable that gets no value, and where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unsafe {
    pub(crate) span: Span,
    pub(crate) var: Var,
}

/// Knows how many parameters functions have.
pub(crate) trait Arity {
    fn of(&self, callee: &Callee) -> usize;
}

/// Orders a body and those inside of it, given the variables that are bound already.
pub(crate) fn order(
    body: Vec<Expr>,
    bound: &Vars,
    arity: &dyn Arity,
    unsafe_vars: &mut Vec<Unsafe>,
) -> Vec<Expr> {
    let used: Vec<Vars> = body.iter().map(vars_of).collect();
    let body_vars: Vars = used.iter().flatten().copied().collect();
    let closed: Vec<Vars> = body
        .iter()
        .map(|expr| {
            closure_vars(expr)
                .into_iter()
                .filter(|var| body_vars.contains(var) && !bound.contains(var))
                .collect()
        })
        .collect();
    let mut safe = bound.clone();
    let mut waiting: Vec<Option<Expr>> = body.into_iter().map(Some).collect();
    let mut ordered: Vec<Expr> = Vec::with_capacity(waiting.len());
    loop {
        let before = ordered.len();
        for (index, slot) in waiting.iter_mut().enumerate() {
            let Some(expr) = slot.as_ref() else { continue };
            let (Some(used), Some(closed)) = (used.get(index), closed.get(index)) else {
                continue;
            };
            // What a closure takes from around it must be bound by earlier expressions, not by this one.
            if !closed.is_subset(&safe) {
                continue;
            }
            let outputs = outputs_of(expr, &safe, arity);
            if !used
                .iter()
                .all(|var| safe.contains(var) || outputs.contains(var))
            {
                continue;
            }
            let Some(mut expr) = slot.take() else {
                continue;
            };
            // Bodies inside see what was bound before this expression.
            order_inside(&mut expr, &safe, arity, unsafe_vars);
            safe.extend(outputs);
            ordered.push(expr);
        }
        if ordered.len() == before {
            break;
        }
    }
    for (index, expr) in waiting.into_iter().enumerate() {
        let Some(expr) = expr else { continue };
        let missing: BTreeSet<Var> = used
            .get(index)
            .into_iter()
            .chain(closed.get(index))
            .flatten()
            .copied()
            .filter(|var| !safe.contains(var))
            .collect();
        unsafe_vars.extend(missing.into_iter().map(|var| Unsafe {
            span: expr.span,
            var,
        }));
        ordered.push(expr);
    }
    ordered
}

fn order_inside(expr: &mut Expr, safe: &Vars, arity: &dyn Arity, unsafe_vars: &mut Vec<Unsafe>) {
    let mut terms: Vec<&mut Term> = Vec::new();
    match &mut expr.kind {
        Kind::Term(term) => terms.push(term),
        Kind::Unify { left, right, .. } => terms.extend([left, right]),
        Kind::Call { operands, .. } => terms.extend(operands.iter_mut()),
        Kind::Every(every) => {
            let mut bound = safe.clone();
            bound.extend(every.key);
            bound.insert(every.value);
            let body = std::mem::take(&mut every.body);
            every.body = order(body, &bound, arity, unsafe_vars);
            terms.push(&mut every.domain);
        }
    }
    for with in &mut expr.with {
        if let Replacement::Term(term) = &mut with.value {
            terms.push(term);
        }
    }
    for term in terms {
        order_in_term(term, safe, arity, expr.span, unsafe_vars);
    }
}

fn order_in_term(
    term: &mut Term,
    safe: &Vars,
    arity: &dyn Arity,
    span: Span,
    unsafe_vars: &mut Vec<Unsafe>,
) {
    match term {
        Term::Const(_) | Term::Var(_) => {}
        Term::Ref(_, items) | Term::Array(items) | Term::Set(items) => {
            for item in items {
                order_in_term(item, safe, arity, span, unsafe_vars);
            }
        }
        Term::Object(members) => {
            for (key, value) in members {
                order_in_term(key, safe, arity, span, unsafe_vars);
                order_in_term(value, safe, arity, span, unsafe_vars);
            }
        }
        Term::Closure(closure) => {
            let body = std::mem::take(&mut closure.body);
            closure.body = order(body, safe, arity, unsafe_vars);
            let mut bound = safe.clone();
            for expr in &closure.body {
                bound.extend(vars_of(expr));
            }
            for var in given_vars(&closure.gives) {
                if !bound.contains(&var) {
                    unsafe_vars.push(Unsafe { span, var });
                }
            }
        }
    }
}

fn given_vars(gives: &Gives) -> Vars {
    let mut vars = Vars::new();
    match gives {
        Gives::Array(term) | Gives::Set(term) => term_vars(term, &mut vars),
        Gives::Object(key, value) => {
            term_vars(key, &mut vars);
            term_vars(value, &mut vars);
        }
    }
    vars
}

/// The variables of an expression, without those of bodies inside of it.
pub(crate) fn vars_of(expr: &Expr) -> Vars {
    let mut vars = Vars::new();
    match &expr.kind {
        Kind::Term(term) => term_vars(term, &mut vars),
        Kind::Unify { left, right, .. } => {
            term_vars(left, &mut vars);
            term_vars(right, &mut vars);
        }
        Kind::Call { operands, .. } => {
            for operand in operands {
                term_vars(operand, &mut vars);
            }
        }
        Kind::Every(every) => term_vars(&every.domain, &mut vars),
    }
    for with in &expr.with {
        if let Replacement::Term(term) = &with.value {
            term_vars(term, &mut vars);
        }
    }
    vars
}

/// The variables of a term, without those of comprehensions.
pub(crate) fn term_vars(term: &Term, vars: &mut Vars) {
    match term {
        Term::Const(_) | Term::Closure(_) => {}
        Term::Var(var) => {
            vars.insert(*var);
        }
        Term::Ref(head, operands) => {
            if let Head::Var(var) = head {
                vars.insert(*var);
            }
            for operand in operands {
                term_vars(operand, vars);
            }
        }
        Term::Array(items) | Term::Set(items) => {
            for item in items {
                term_vars(item, vars);
            }
        }
        Term::Object(members) => {
            for (key, value) in members {
                term_vars(key, vars);
                term_vars(value, vars);
            }
        }
    }
}

/// All variables of the bodies inside of an expression.
pub(crate) fn closure_vars(expr: &Expr) -> Vars {
    let mut vars = Vars::new();
    visit_terms(expr, &mut |term| inner_vars(term, &mut vars));
    if let Kind::Every(every) = &expr.kind {
        body_vars(&every.body, &mut vars);
        vars.remove(&every.value);
        if let Some(key) = every.key {
            vars.remove(&key);
        }
    }
    vars
}

fn visit_terms(expr: &Expr, visit: &mut dyn FnMut(&Term)) {
    match &expr.kind {
        Kind::Term(term) => visit(term),
        Kind::Unify { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Kind::Call { operands, .. } => operands.iter().for_each(&mut *visit),
        Kind::Every(every) => visit(&every.domain),
    }
    for with in &expr.with {
        if let Replacement::Term(term) = &with.value {
            visit(term);
        }
    }
}

fn body_vars(body: &[Expr], vars: &mut Vars) {
    for expr in body {
        vars.extend(vars_of(expr));
        vars.extend(closure_vars(expr));
    }
}

/// The variables of comprehensions in a term.
pub(crate) fn inner_vars(term: &Term, vars: &mut Vars) {
    match term {
        Term::Const(_) | Term::Var(_) => {}
        Term::Ref(_, items) | Term::Array(items) | Term::Set(items) => {
            for item in items {
                inner_vars(item, vars);
            }
        }
        Term::Object(members) => {
            for (key, value) in members {
                inner_vars(key, vars);
                inner_vars(value, vars);
            }
        }
        Term::Closure(closure) => closure_all_vars(closure, vars),
    }
}

/// The variables of a comprehension.
pub(crate) fn closure_all_vars(closure: &Closure, vars: &mut Vars) {
    body_vars(&closure.body, vars);
    vars.extend(given_vars(&closure.gives));
}

/// The variables that an expression binds if it is evaluated now.
fn outputs_of(expr: &Expr, safe: &Vars, arity: &dyn Arity) -> Vars {
    if expr.negated {
        return Vars::new();
    }
    let mut with_vars = Vars::new();
    for with in &expr.with {
        if let Replacement::Term(term) = &with.value {
            term_vars(term, &mut with_vars);
        }
    }
    if !with_vars.is_subset(safe) {
        return Vars::new();
    }
    let mut output = Vars::new();
    match &expr.kind {
        Kind::Term(term) => ref_outputs(term, safe, &mut output),
        Kind::Every(every) => ref_outputs(&every.domain, safe, &mut output),
        Kind::Unify { left, right, sort } if *sort != Equality::Compare => {
            ref_outputs(left, safe, &mut output);
            ref_outputs(right, safe, &mut output);
            let mut known = safe.clone();
            known.extend(&output);
            if *sort == Equality::Assign {
                let mut assigned = Vars::new();
                term_vars(left, &mut assigned);
                known.retain(|var| !assigned.contains(var));
            }
            output.extend(unify(&known, left, right));
        }
        Kind::Unify { left, right, .. } => {
            ref_outputs(left, safe, &mut output);
            ref_outputs(right, safe, &mut output);
        }
        Kind::Call { callee, operands } => {
            for operand in operands {
                ref_outputs(operand, safe, &mut output);
            }
            let arity = arity.of(callee);
            if let Some(result) = operands.get(arity) {
                let mut inputs = Vars::new();
                for operand in operands.iter().take(arity) {
                    pattern_vars(operand, false, &mut inputs);
                }
                if !inputs
                    .iter()
                    .all(|var| safe.contains(var) || output.contains(var))
                {
                    return Vars::new();
                }
                pattern_vars(result, false, &mut output);
            }
        }
    }
    output
}

/// The variables on the paths of references whose heads are bound.
fn ref_outputs(term: &Term, safe: &Vars, output: &mut Vars) {
    match term {
        Term::Const(_) | Term::Var(_) | Term::Closure(_) => {}
        Term::Ref(head, operands) => {
            if let Head::Var(var) = head
                && !safe.contains(var)
            {
                return;
            }
            for operand in operands {
                match operand {
                    Term::Ref(..) => ref_outputs(operand, safe, output),
                    _ => term_vars(operand, output),
                }
            }
        }
        Term::Array(items) | Term::Set(items) => {
            for item in items {
                ref_outputs(item, safe, output);
            }
        }
        Term::Object(members) => {
            for (key, value) in members {
                ref_outputs(key, safe, output);
                ref_outputs(value, safe, output);
            }
        }
    }
}

/// The variables of a pattern: not in the keys of objects, in sets (only if `sets`), at the heads of references.
fn pattern_vars(term: &Term, sets: bool, vars: &mut Vars) {
    match term {
        Term::Const(_) | Term::Closure(_) => {}
        Term::Var(var) => {
            vars.insert(*var);
        }
        Term::Ref(_, operands) => {
            for operand in operands {
                pattern_vars(operand, sets, vars);
            }
        }
        Term::Array(items) => {
            for item in items {
                pattern_vars(item, sets, vars);
            }
        }
        Term::Set(items) => {
            if sets {
                for item in items {
                    pattern_vars(item, sets, vars);
                }
            }
        }
        Term::Object(members) => {
            for (_, value) in members {
                pattern_vars(value, sets, vars);
            }
        }
    }
}

/// The variables that get values when two terms are made equal, given those that have some.
fn unify(safe: &Vars, left: &Term, right: &Term) -> Vars {
    let mut unifier = Unifier {
        safe,
        unified: Vars::new(),
        unknown: BTreeMap::new(),
    };
    unifier.unify(left, right);
    unifier.unified
}

struct Unifier<'a> {
    safe: &'a Vars,
    unified: Vars,
    /// Variables that get a value once others have one.
    unknown: BTreeMap<Var, Vars>,
}

impl Unifier<'_> {
    fn is_safe(&self, var: Var) -> bool {
        self.safe.contains(&var) || self.unified.contains(&var)
    }

    fn unify(&mut self, left: &Term, right: &Term) {
        match (left, right) {
            (Term::Var(a), Term::Var(b)) => {
                if self.is_safe(*b) {
                    self.mark(*a);
                } else if self.is_safe(*a) {
                    self.mark(*b);
                } else {
                    self.unknown.entry(*a).or_default().insert(*b);
                    self.unknown.entry(*b).or_default().insert(*a);
                }
            }
            (Term::Var(var), pattern @ (Term::Array(_) | Term::Object(_)))
            | (pattern @ (Term::Array(_) | Term::Object(_)), Term::Var(var)) => {
                self.var_and_pattern(*var, pattern);
            }
            (Term::Var(var), Term::Ref(head, _)) | (Term::Ref(head, _), Term::Var(var))
                if self.head_is_safe(*head) =>
            {
                self.mark(*var);
            }
            (Term::Var(var), _) | (_, Term::Var(var)) => self.mark(*var),
            (pattern @ (Term::Array(_) | Term::Object(_)), Term::Ref(head, _))
            | (Term::Ref(head, _), pattern @ (Term::Array(_) | Term::Object(_)))
                if self.head_is_safe(*head) =>
            {
                self.mark_pattern(pattern);
            }
            (pattern @ (Term::Array(_) | Term::Object(_)), Term::Closure(_) | Term::Const(_))
            | (Term::Closure(_) | Term::Const(_), pattern @ (Term::Array(_) | Term::Object(_))) => {
                self.mark_pattern(pattern);
            }
            (Term::Array(a), Term::Array(b)) if a.len() == b.len() => {
                for (a, b) in a.iter().zip(b) {
                    self.unify(a, b);
                }
            }
            (Term::Object(a), Term::Object(b)) if a.len() == b.len() => {
                for (key, value) in a {
                    if let Some((_, other)) = b.iter().find(|(other, _)| same_key(key, other)) {
                        self.unify(value, other);
                    }
                }
            }
            _ => {}
        }
    }

    fn head_is_safe(&self, head: Head) -> bool {
        match head {
            Head::Var(var) => self.safe.contains(&var),
            Head::Input | Head::Data => true,
        }
    }

    fn var_and_pattern(&mut self, var: Var, pattern: &Term) {
        if self.is_safe(var) {
            self.mark_pattern(pattern);
            return;
        }
        let mut vars = Vars::new();
        pattern_vars(pattern, true, &mut vars);
        vars.retain(|inner| !self.is_safe(*inner));
        if vars.is_empty() {
            self.mark(var);
        } else {
            self.unknown.entry(var).or_default().extend(vars);
        }
    }

    fn mark_pattern(&mut self, pattern: &Term) {
        let mut vars = Vars::new();
        pattern_vars(pattern, true, &mut vars);
        for var in vars {
            self.mark(var);
        }
    }

    fn mark(&mut self, var: Var) {
        let mut marked = vec![var];
        while let Some(var) = marked.pop() {
            self.unified.insert(var);
            if let Some(waiting) = self.unknown.remove(&var) {
                marked.extend(waiting);
            }
            let mut ready = Vec::new();
            for (other, needs) in &mut self.unknown {
                if needs.remove(&var) && needs.is_empty() {
                    ready.push(*other);
                }
            }
            for other in ready {
                self.unknown.remove(&other);
                marked.push(other);
            }
        }
    }
}

/// Whether two keys of object patterns are the same; only those known now can be.
pub(crate) fn same_key(a: &Term, b: &Term) -> bool {
    match (a, b) {
        (Term::Const(a), Term::Const(b)) => a == b,
        (Term::Var(a), Term::Var(b)) => a == b,
        _ => false,
    }
}
