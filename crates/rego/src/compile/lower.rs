//! From ordered bodies to the steps that the evaluator runs.
//!
//! References and comprehensions in operands of calls, in keys and in collections are evaluated before, and outside
//! of a negation, as OPA does it ("rewrite dynamics"): `not f(x, input.missing)` is undefined. A reference that
//! stands alone, or on one side of an equality, stays inside: `not input.missing == 1` holds.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    core::{self, Closure, Every, Expr, Head, Kind, Term, Var},
    names::Names,
    safety::{self, Vars},
    tree::{Node, Sort, Tree},
};
use crate::{
    Error, ErrorCode, Source, Span, Value,
    code::{
        Body, Call, Callee, Collect, Collection, Comparison, Documents, From, Gives, GroupId, Key,
        Operand, Out, Replacement, Step, Target, With,
    },
};

/// Lowers the bodies of one rule.
pub(crate) struct Lowering<'a> {
    pub(crate) source: &'a Source,
    pub(crate) tree: &'a Tree,
    pub(crate) names: &'a mut Names,
    /// Variables that have a value at this point.
    pub(crate) bound: Vars,
    /// Variables below this number were there before; those above are temporary.
    pub(crate) first_temporary: Var,
    /// The groups that the rule reads or calls.
    pub(crate) uses: BTreeSet<GroupId>,
    /// Numbers given to comprehensions whose value is kept.
    pub(crate) memos: &'a mut u32,
    pub(crate) errors: Vec<Error>,
    /// The expression at hand.
    pub(crate) span: Span,
}

/// Where a value goes.
enum Goal<'t> {
    Out(Out),
    /// To a variable: it is bound, or compared if it has a value by then.
    Var(Var),
    Pattern(&'t Term),
}

impl Lowering<'_> {
    /// Lowers a body; the variables it binds are forgotten afterwards.
    pub(crate) fn body(
        &mut self,
        exprs: &[Expr],
        gives: impl FnOnce(&mut Self, &mut Vec<Step>) -> Gives,
    ) -> Body {
        let bound = self.bound.clone();
        let mut steps = Vec::new();
        for expr in exprs {
            self.expr(expr, &mut steps);
        }
        let gives = gives(self, &mut steps);
        self.bound = bound;
        Body {
            steps: steps.into(),
            gives,
        }
    }

    pub(crate) fn fresh(&mut self) -> Var {
        self.names.fresh()
    }

    fn expr(&mut self, expr: &Expr, steps: &mut Vec<Step>) {
        let outer = std::mem::replace(&mut self.span, expr.span);
        if expr.with.is_empty() {
            self.plain(expr, steps);
        } else {
            self.with(expr, steps);
        }
        self.span = outer;
    }

    fn with(&mut self, expr: &Expr, steps: &mut Vec<Step>) {
        let mut targets = Vec::with_capacity(expr.with.len());
        for with in &expr.with {
            let target = match &with.target {
                core::Target::Input(path) => Target::Input(
                    path.iter()
                        .map(|key| Value::String(Arc::clone(key)))
                        .collect(),
                ),
                core::Target::Data(path) => Target::Data(Arc::clone(path)),
                core::Target::Builtin(builtin) => Target::Builtin(builtin.name),
                core::Target::Function(path) => match self.tree.function(path) {
                    Some((group, _)) => Target::Rules(group),
                    None => continue,
                },
            };
            let value = match &with.value {
                core::Replacement::Term(term) => Replacement::Value(self.value(term, steps)),
                core::Replacement::Function(callee) => match self.callee(callee) {
                    Some(callee) => Replacement::Function(callee),
                    None => continue,
                },
            };
            targets.push((target, value));
        }
        let before = self.bound.clone();
        let mut inner = Vec::new();
        self.plain(expr, &mut inner);
        let slots: Box<[u32]> = self
            .bound
            .difference(&before)
            .copied()
            .filter(|var| *var < self.first_temporary)
            .collect();
        steps.push(Step::With(Box::new(With {
            targets: targets.into(),
            body: Body {
                steps: inner.into(),
                gives: if slots.is_empty() {
                    Gives::Truth
                } else {
                    Gives::Slots(slots.clone())
                },
            },
            slots,
        })));
    }

    fn plain(&mut self, expr: &Expr, steps: &mut Vec<Step>) {
        if expr.negated {
            self.negation(&expr.kind, steps);
            return;
        }
        match &expr.kind {
            Kind::Term(term) => self.truthy(term, steps),
            Kind::Unify { left, right, .. } => self.unify(left, right, steps),
            Kind::Call { callee, operands } => self.call(callee, operands, steps),
            Kind::Every(every) => self.every(every, steps),
        }
    }

    fn negation(&mut self, kind: &Kind, steps: &mut Vec<Step>) {
        let mut inner = Vec::new();
        let bound = self.bound.clone();
        match kind {
            Kind::Term(term) => {
                let term = self.hoisted_inside(term, steps);
                self.truthy(&term, &mut inner);
            }
            Kind::Unify { left, right, .. } => {
                let left = self.hoisted_inside(left, steps);
                let right = self.hoisted_inside(right, steps);
                self.unify(&left, &right, &mut inner);
            }
            Kind::Call { callee, operands } => {
                let operands: Vec<Term> = operands
                    .iter()
                    .map(|operand| self.hoisted(operand, steps))
                    .collect();
                self.call(callee, &operands, &mut inner);
            }
            Kind::Every(every) => self.every(every, &mut inner),
        }
        // What was evaluated before the negation stays bound; what is inside of it does not.
        self.bound = bound;
        steps.push(Step::Not(Box::new(Body {
            steps: inner.into(),
            gives: Gives::Truth,
        })));
    }

    /// A term in whose place a reference or comprehension may stay, but not in what is inside of it.
    fn hoisted_inside(&mut self, term: &Term, steps: &mut Vec<Step>) -> Term {
        match term {
            Term::Ref(head, operands) => Term::Ref(
                *head,
                operands
                    .iter()
                    .map(|operand| self.hoisted(operand, steps))
                    .collect(),
            ),
            Term::Closure(_) => term.clone(),
            _ => self.hoisted(term, steps),
        }
    }

    /// A term of variables, constants and collections of them.
    fn hoisted(&mut self, term: &Term, steps: &mut Vec<Step>) -> Term {
        match term {
            Term::Const(_) | Term::Var(_) => term.clone(),
            Term::Ref(..) | Term::Closure(_) => {
                let var = self.fresh();
                self.produce(term, Goal::Var(var), steps);
                Term::Var(var)
            }
            Term::Array(items) => {
                Term::Array(items.iter().map(|item| self.hoisted(item, steps)).collect())
            }
            Term::Set(items) => {
                Term::Set(items.iter().map(|item| self.hoisted(item, steps)).collect())
            }
            Term::Object(members) => Term::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.hoisted(key, steps), self.hoisted(value, steps)))
                    .collect(),
            ),
        }
    }

    fn truthy(&mut self, term: &Term, steps: &mut Vec<Step>) {
        match term {
            Term::Const(Value::Bool(false)) => steps.push(Step::Fail),
            Term::Const(_) => {}
            _ => self.produce(term, Goal::Out(Out::Truthy), steps),
        }
    }

    /// Whether all variables of a term have values, except on the paths of references.
    fn is_known(&self, term: &Term) -> bool {
        match term {
            Term::Const(_) | Term::Closure(_) => true,
            Term::Var(var) => self.bound.contains(var),
            Term::Ref(head, _) => match head {
                Head::Var(var) => self.bound.contains(var),
                Head::Input | Head::Data => true,
            },
            Term::Array(items) | Term::Set(items) => items.iter().all(|item| self.is_known(item)),
            Term::Object(members) => members
                .iter()
                .all(|(key, value)| self.is_known(key) && self.is_known(value)),
        }
    }

    fn unify(&mut self, left: &Term, right: &Term, steps: &mut Vec<Step>) {
        let side = |lowering: &mut Self, term: &Term, steps: &mut Vec<Step>| match term {
            Term::Ref(..) | Term::Closure(_) => term.clone(),
            _ => lowering.hoisted(term, steps),
        };
        let left = side(self, left, steps);
        let right = side(self, right, steps);
        let mut pending = vec![(left, right)];
        while !pending.is_empty() {
            let before = pending.len();
            let mut later = Vec::new();
            let mut progress = false;
            for (left, right) in pending {
                if self.unify_pair(&left, &right, steps, &mut later) {
                    progress = true;
                } else {
                    later.push((left, right));
                }
            }
            if !progress && later.len() >= before {
                self.errors.push(Error::new(
                    ErrorCode::Unsupported,
                    self.source,
                    self.span,
                    "these two patterns cannot be made equal",
                ));
                return;
            }
            pending = later;
        }
    }

    /// Makes two terms equal if one of them is known; otherwise gives `false`.
    fn unify_pair(
        &mut self,
        left: &Term,
        right: &Term,
        steps: &mut Vec<Step>,
        more: &mut Vec<(Term, Term)>,
    ) -> bool {
        match (self.is_known(left), self.is_known(right)) {
            (true, true) => {
                // Of two walks the left one is the outer one.
                if matches!(right, Term::Const(_) | Term::Var(_)) {
                    let value = self.value(right, steps);
                    self.produce(left, Goal::Out(Out::Equal(value)), steps);
                } else {
                    let value = self.value(left, steps);
                    self.produce(right, Goal::Out(Out::Equal(value)), steps);
                }
            }
            (true, false) => self.produce(left, Goal::Pattern(right), steps),
            (false, true) => self.produce(right, Goal::Pattern(left), steps),
            (false, false) => match (left, right) {
                (Term::Array(a), Term::Array(b)) => {
                    if a.len() == b.len() {
                        more.extend(a.iter().cloned().zip(b.iter().cloned()));
                    } else {
                        steps.push(Step::Fail);
                    }
                }
                (Term::Object(a), Term::Object(b)) => {
                    if a.len() != b.len() {
                        steps.push(Step::Fail);
                        return true;
                    }
                    for (key, value) in a {
                        if let Some((_, other)) =
                            b.iter().find(|(other, _)| safety::same_key(key, other))
                        {
                            more.push((value.clone(), other.clone()));
                        } else {
                            steps.push(Step::Fail);
                            return true;
                        }
                    }
                }
                (Term::Array(_), Term::Object(_) | Term::Set(_))
                | (Term::Object(_), Term::Array(_) | Term::Set(_))
                | (Term::Set(_), Term::Array(_) | Term::Object(_)) => steps.push(Step::Fail),
                _ => return false,
            },
        }
        true
    }

    /// The value of a term whose variables are bound.
    pub(crate) fn value(&mut self, term: &Term, steps: &mut Vec<Step>) -> Operand {
        match term {
            Term::Const(value) => Operand::Const(value.clone()),
            Term::Var(var) => Operand::Slot(*var),
            _ => {
                let var = self.fresh();
                self.produce(term, Goal::Var(var), steps);
                Operand::Slot(var)
            }
        }
    }

    fn values(&mut self, terms: &[Term], steps: &mut Vec<Step>) -> Box<[Operand]> {
        terms.iter().map(|term| self.value(term, steps)).collect()
    }

    /// Evaluates a known term and gives its value on.
    fn produce(&mut self, term: &Term, goal: Goal<'_>, steps: &mut Vec<Step>) {
        match term {
            Term::Const(_) | Term::Var(_) => {
                let value = self.value(term, steps);
                match goal {
                    Goal::Pattern(pattern) => self.destructure(value, pattern, steps),
                    goal => {
                        let out = self.out(goal);
                        steps.push(Step::Give { value, out });
                    }
                }
            }
            Term::Ref(head, operands) => self.reference(*head, operands, goal, steps),
            Term::Array(items) => {
                let items = self.values(items, steps);
                self.finish(goal, steps, |out| Step::MakeArray { items, out });
            }
            Term::Set(items) => {
                let items = self.values(items, steps);
                self.finish(goal, steps, |out| Step::MakeSet { items, out });
            }
            Term::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, value)| (self.value(key, steps), self.value(value, steps)))
                    .collect();
                let span = self.span;
                self.finish(goal, steps, |out| Step::MakeObject { members, out, span });
            }
            Term::Closure(closure) => {
                let collect = self.closure(closure);
                self.finish(goal, steps, |out| {
                    Step::Collect(Box::new(Collect { out, ..collect }))
                });
            }
        }
    }

    /// Adds a step that gives a value, and what makes a pattern of it.
    fn finish(&mut self, goal: Goal<'_>, steps: &mut Vec<Step>, step: impl FnOnce(Out) -> Step) {
        match goal {
            Goal::Pattern(Term::Var(var)) => {
                let out = self.out(Goal::Var(*var));
                steps.push(step(out));
            }
            Goal::Pattern(pattern) => {
                let var = self.fresh();
                self.bound.insert(var);
                steps.push(step(Out::Bind(var)));
                self.destructure(Operand::Slot(var), pattern, steps);
            }
            goal => {
                let out = self.out(goal);
                steps.push(step(out));
            }
        }
    }

    fn out(&mut self, goal: Goal<'_>) -> Out {
        match goal {
            Goal::Out(out) => out,
            Goal::Var(var) => {
                if self.bound.insert(var) {
                    Out::Bind(var)
                } else {
                    Out::Equal(Operand::Slot(var))
                }
            }
            Goal::Pattern(_) => Out::Ignore,
        }
    }

    /// Takes a value apart by a pattern.
    fn destructure(&mut self, value: Operand, pattern: &Term, steps: &mut Vec<Step>) {
        let from = || match &value {
            Operand::Slot(slot) => From::Slot(*slot),
            Operand::Const(value) => From::Const(value.clone()),
        };
        match pattern {
            Term::Var(var) => {
                let out = self.out(Goal::Var(*var));
                steps.push(Step::Give { value, out });
            }
            Term::Array(items) => {
                steps.push(Step::ArrayOf {
                    value: value.clone(),
                    length: items.len(),
                });
                for (index, item) in items.iter().enumerate() {
                    let key = Value::from(i64::try_from(index).unwrap_or(i64::MAX));
                    let keys = Box::new([Operand::Const(key)]);
                    self.member(from(), keys, item, steps);
                }
            }
            Term::Object(members) => {
                let keys: Box<[Operand]> = members
                    .iter()
                    .map(|(key, _)| self.value(key, steps))
                    .collect();
                steps.push(Step::ObjectOf {
                    value: value.clone(),
                    keys: keys.clone(),
                });
                for (key, (_, member)) in keys.into_iter().zip(members) {
                    self.member(from(), Box::new([key]), member, steps);
                }
            }
            _ => {
                let other = self.value(pattern, steps);
                steps.push(Step::Give {
                    value,
                    out: Out::Equal(other),
                });
            }
        }
    }

    fn member(&mut self, from: From, keys: Box<[Operand]>, pattern: &Term, steps: &mut Vec<Step>) {
        if self.is_known(pattern) {
            let value = self.value(pattern, steps);
            steps.push(Step::Read {
                from,
                keys,
                out: Out::Equal(value),
            });
            return;
        }
        self.finish(Goal::Pattern(pattern), steps, |out| Step::Read {
            from,
            keys,
            out,
        });
    }

    fn closure(&mut self, closure: &Closure) -> Collect {
        let mut captured = Vars::new();
        safety::closure_all_vars(closure, &mut captured);
        let memo = captured.is_disjoint(&self.bound).then(|| {
            let memo = *self.memos;
            *self.memos += 1;
            memo
        });
        let sort = match closure.gives {
            core::Gives::Array(_) => Collection::Array,
            core::Gives::Set(_) => Collection::Set,
            core::Gives::Object(..) => Collection::Object,
        };
        let body = self.body(&closure.body, |lowering, steps| match &closure.gives {
            core::Gives::Array(item) => Gives::Item(lowering.value(item, steps)),
            core::Gives::Set(member) => Gives::Member(lowering.value(member, steps)),
            core::Gives::Object(key, value) => {
                let key = lowering.value(key, steps);
                Gives::Entry(key, lowering.value(value, steps))
            }
        });
        Collect {
            sort,
            body,
            out: Out::Ignore,
            span: self.span,
            memo,
        }
    }

    fn every(&mut self, every: &Every, steps: &mut Vec<Step>) {
        let domain = self.value(&every.domain, steps);
        let bound = self.bound.clone();
        self.bound.extend(every.key);
        self.bound.insert(every.value);
        let body = self.body(&every.body, |_, _| Gives::Truth);
        self.bound = bound;
        steps.push(Step::Every(Box::new(crate::code::Every {
            domain,
            key: every.key,
            value: every.value,
            body,
        })));
    }

    fn callee(&mut self, callee: &core::Callee) -> Option<Callee> {
        Some(match callee {
            core::Callee::Builtin(builtin) => Callee::Builtin(builtin),
            core::Callee::Function(path) => {
                let (group, _) = self.tree.function(path)?;
                self.uses.insert(group);
                Callee::Function(group)
            }
        })
    }

    fn call(&mut self, callee: &core::Callee, operands: &[Term], steps: &mut Vec<Step>) {
        let arity = match callee {
            core::Callee::Builtin(builtin) => builtin.arity(),
            core::Callee::Function(path) => self.tree.arity(path).unwrap_or(0),
        };
        let operands: Vec<Term> = operands
            .iter()
            .map(|operand| self.hoisted(operand, steps))
            .collect();
        let (operands, result) = operands.split_at(arity.min(operands.len()));
        let operands = self.values(operands, steps);
        let goal = match result.first() {
            None => Goal::Out(Out::Truthy),
            Some(result) if self.is_known(result) => {
                Goal::Out(Out::Equal(self.value(result, steps)))
            }
            Some(result) => Goal::Pattern(result),
        };
        let Some(callee) = self.callee(callee) else {
            return;
        };
        if let Callee::Builtin(builtin) = &callee {
            if let ("internal.print", [line]) = (builtin.name, &*operands) {
                steps.push(Step::Print(line.clone()));
                return;
            }
            if builtin.name == "walk" {
                self.walk_into(&operands, goal, steps);
                return;
            }
            if let (Some(sort), [left, right], Goal::Out(Out::Truthy)) =
                (comparison(builtin.name), &*operands, &goal)
            {
                steps.push(Step::Compare {
                    left: left.clone(),
                    right: right.clone(),
                    sort,
                });
                return;
            }
        }
        let span = self.span;
        self.finish(goal, steps, |out| {
            Step::Call(Box::new(Call {
                callee,
                operands,
                out,
                span,
            }))
        });
    }

    fn walk_into(&mut self, operands: &[Operand], goal: Goal<'_>, steps: &mut Vec<Step>) {
        let Some(value) = operands.first().cloned() else {
            return;
        };
        match goal {
            Goal::Pattern(Term::Array(pair)) if pair.len() == 2 => {
                let mut late = Vec::new();
                let outs: Vec<Out> = pair
                    .iter()
                    .map(|part| match part {
                        Term::Var(var) if self.names.written(*var).starts_with('$') => Out::Ignore,
                        part if self.is_known(part) => {
                            let mut before = Vec::new();
                            let value = self.value(part, &mut before);
                            steps.append(&mut before);
                            Out::Equal(value)
                        }
                        Term::Var(var) => self.out(Goal::Var(*var)),
                        part => {
                            let var = self.fresh();
                            self.bound.insert(var);
                            late.push((var, part.clone()));
                            Out::Bind(var)
                        }
                    })
                    .collect();
                let mut outs = outs.into_iter();
                if let (Some(path), Some(member)) = (outs.next(), outs.next()) {
                    steps.push(Step::WalkInto {
                        value,
                        path,
                        member,
                    });
                }
                for (var, part) in late {
                    self.destructure(Operand::Slot(var), &part, steps);
                }
            }
            goal => {
                let (path, member) = (self.fresh(), self.fresh());
                self.bound.extend([path, member]);
                steps.push(Step::WalkInto {
                    value,
                    path: Out::Bind(path),
                    member: Out::Bind(member),
                });
                let items = Box::new([Operand::Slot(path), Operand::Slot(member)]);
                self.finish(goal, steps, |out| Step::MakeArray { items, out });
            }
        }
    }

    fn reference(&mut self, head: Head, operands: &[Term], goal: Goal<'_>, steps: &mut Vec<Step>) {
        let operands: Vec<Term> = operands
            .iter()
            .map(|operand| self.hoisted(operand, steps))
            .collect();
        let (from, rest) = match head {
            Head::Input => (From::Input, 0),
            Head::Var(var) => (From::Slot(var), 0),
            Head::Data => {
                let tree = self.tree;
                let mut node = &tree.root;
                let mut depth = 0;
                loop {
                    let next = match operands.get(depth) {
                        Some(Term::Const(key)) => node.children.get(key),
                        _ => None,
                    };
                    if let Some(next) = next {
                        node = next;
                        depth += 1;
                        continue;
                    }
                    break;
                }
                if let Some(group) = node.group {
                    if matches!(
                        tree.group(group).map(|group| group.sort),
                        Some(Sort::Function(_))
                    ) {
                        steps.push(Step::Fail);
                        self.bind_all(&operands, &goal);
                        return;
                    }
                    self.uses.insert(group);
                    (From::Rules(group), depth)
                } else if matches!(operands.get(depth), Some(Term::Const(_)))
                    || (depth == 0 && node.children.is_empty())
                {
                    (From::Data, 0)
                } else {
                    self.documents(node, depth, &operands, goal, steps);
                    return;
                }
            }
        };
        self.path(from, operands.get(rest..).unwrap_or(&[]), goal, steps);
    }

    /// Marks everything that would have been bound, behind a step that never holds.
    fn bind_all(&mut self, operands: &[Term], goal: &Goal<'_>) {
        for operand in operands {
            safety::term_vars(operand, &mut self.bound);
        }
        match goal {
            Goal::Var(var) => {
                self.bound.insert(*var);
            }
            Goal::Pattern(pattern) => safety::term_vars(pattern, &mut self.bound),
            Goal::Out(_) => {}
        }
    }

    /// Reads and walks along keys.
    fn path(&mut self, from: From, operands: &[Term], goal: Goal<'_>, steps: &mut Vec<Step>) {
        let mut from = from;
        let mut keys: Vec<Operand> = Vec::new();
        for (index, operand) in operands.iter().enumerate() {
            if self.is_known(operand) {
                keys.push(self.value(operand, steps));
                continue;
            }
            let over = match (&from, keys.is_empty()) {
                (From::Slot(slot), true) => Operand::Slot(*slot),
                (From::Const(value), true) => Operand::Const(value.clone()),
                _ => {
                    let var = self.fresh();
                    self.bound.insert(var);
                    steps.push(Step::Read {
                        from: from.clone(),
                        keys: std::mem::take(&mut keys).into(),
                        out: Out::Bind(var),
                    });
                    Operand::Slot(var)
                }
            };
            let key = match operand {
                Term::Var(var) if self.names.written(*var).starts_with('$') => {
                    self.bound.insert(*var);
                    Out::Ignore
                }
                Term::Var(var) => self.out(Goal::Var(*var)),
                _ => {
                    let var = self.fresh();
                    self.bound.insert(var);
                    Out::Bind(var)
                }
            };
            let key_slot = match &key {
                Out::Bind(slot) if !matches!(operand, Term::Var(_)) => Some(*slot),
                _ => None,
            };
            let is_last = index + 1 == operands.len();
            // A value that must equal its own key is compared when the key is there.
            let is_own_key = matches!((&goal, operand),
                (Goal::Var(a) | Goal::Pattern(Term::Var(a)), Term::Var(b)) if a == b)
                || matches!((&goal, operand),
                    (Goal::Out(Out::Equal(Operand::Slot(a))), Term::Var(b)) if a == b);
            if is_last && key_slot.is_none() && !is_own_key {
                self.finish(goal, steps, |value| Step::Walk { over, key, value });
                return;
            }
            let value = self.fresh();
            self.bound.insert(value);
            steps.push(Step::Walk {
                over,
                key,
                value: Out::Bind(value),
            });
            if let Some(slot) = key_slot {
                self.destructure(Operand::Slot(slot), operand, steps);
            }
            from = From::Slot(value);
        }
        match (&from, keys.is_empty()) {
            (From::Slot(slot), true) => {
                let value = Operand::Slot(*slot);
                match goal {
                    Goal::Pattern(pattern) => self.destructure(value, pattern, steps),
                    goal => {
                        let out = self.out(goal);
                        steps.push(Step::Give { value, out });
                    }
                }
            }
            _ => self.finish(goal, steps, |out| Step::Read {
                from,
                keys: keys.into(),
                out,
            }),
        }
    }

    /// A read where rules and base documents meet.
    fn documents(
        &mut self,
        node: &Node,
        depth: usize,
        operands: &[Term],
        goal: Goal<'_>,
        steps: &mut Vec<Step>,
    ) {
        let path: Arc<[Value]> = operands
            .iter()
            .take(depth)
            .filter_map(|operand| match operand {
                Term::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let rest = operands.get(depth..).unwrap_or(&[]);
        self.use_all(node, rest);
        let mut slots = Vec::new();
        let mut late = Vec::new();
        let mut keys = Vec::new();
        for operand in rest {
            if self.is_known(operand) {
                keys.push(Key::Known(self.value(operand, steps)));
                continue;
            }
            let slot = if let Term::Var(var) = operand {
                *var
            } else {
                let var = self.fresh();
                late.push((var, operand.clone()));
                var
            };
            self.bound.insert(slot);
            slots.push(slot);
            keys.push(Key::Any(slot));
        }
        let late_value = late.is_empty();
        let (path, keys, slots) = (path, keys.into(), slots.into());
        if late_value {
            self.finish(goal, steps, |out| {
                Step::Documents(Box::new(Documents {
                    path,
                    keys,
                    slots,
                    out,
                }))
            });
            return;
        }
        let value = self.fresh();
        self.bound.insert(value);
        steps.push(Step::Documents(Box::new(Documents {
            path,
            keys,
            slots,
            out: Out::Bind(value),
        })));
        for (slot, pattern) in late {
            self.destructure(Operand::Slot(slot), &pattern, steps);
        }
        self.produce(&Term::Var(value), goal, steps);
    }

    /// Notes all rules that keys below a node can lead to.
    fn use_all(&mut self, node: &Node, keys: &[Term]) {
        if let Some(group) = node.group {
            if !matches!(
                self.tree.group(group).map(|group| group.sort),
                Some(Sort::Function(_))
            ) {
                self.uses.insert(group);
            }
            return;
        }
        let rest = keys.get(1..).unwrap_or(&[]);
        match keys.first() {
            Some(Term::Const(key)) => {
                if let Some(child) = node.children.get(key) {
                    self.use_all(child, rest);
                }
            }
            _ => {
                for child in node.children.values() {
                    self.use_all(child, rest);
                }
            }
        }
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "neq" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
