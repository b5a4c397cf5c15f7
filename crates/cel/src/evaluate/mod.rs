//! Evaluation: a walk over the nodes of a program, counting what it costs.
//!
//! Costs are those that the reference interpreter counts for the same expression, so that a budget means here
//! what it means in the API server.

mod access;
mod cost;
mod fold;
mod trace;

use std::sync::Arc;

use crate::{
    bindings::Bindings,
    budget::Budget,
    error::{EvalError, EvalErrorKind, Fault, Span},
    library,
    program::{Call, Match, MatchKind, Message, Node, OptMap, Program},
    value::{Entries, Map, Object, Value, equal, whole},
};

pub(crate) use trace::Trace;

/// A value, or why there is none.
pub(crate) type Outcome<'a> = Result<Value<'a>, Fault>;

/// Levels of nodes within nodes, those of lazy variables included. Bounds the stack.
const MAX_DEPTH: u32 = 300;

/// Work after which the caller is asked whether to stop: well below a millisecond of it.
const ASK_AFTER: u64 = 5_000;
/// What an iteration counts as work, whatever it costs.
const ITERATION: u64 = 50;

const LIST_COST: u64 = 10;
const MAP_COST: u64 = 30;
const OBJECT_COST: u64 = 40;

/// Evaluates a program; `depth` is that of the evaluation it is part of. A trace notes what the result rests on.
pub(crate) fn run<'a>(
    program: &'a Program,
    bindings: &Bindings<'a>,
    budget: &mut Budget<'_>,
    depth: u32,
    trace: Option<&mut Trace<'a>>,
) -> Outcome<'a> {
    if budget.is_interrupted() {
        return Err(interrupted());
    }
    let limit = budget.call_limit();
    let mut frame = Frame {
        bindings,
        locals: Vec::new(),
        cost: 0,
        limit: limit.min(budget.remaining()),
        depth,
        unasked: 0,
        budget,
        trace,
    };
    let result = frame.evaluate(&program.root);
    let cost = frame.cost;
    let enough = budget.take(cost);
    match result {
        Err(fault) if fault.is_final() => Err(fault),
        _ if cost > limit => Err(over_limit()),
        _ if !enough => Err(over_budget()),
        result => result,
    }
}

fn interrupted() -> Fault {
    EvalError::fault(EvalErrorKind::Interrupted, "operation interrupted")
}

fn over_limit() -> Fault {
    EvalError::fault(
        EvalErrorKind::CostLimit,
        "operation cancelled: actual cost limit exceeded",
    )
}

fn over_budget() -> Fault {
    EvalError::fault(
        EvalErrorKind::BudgetExhausted,
        "running out of cost budget, no further evaluation",
    )
}

pub(crate) struct Frame<'f, 'b, 'a> {
    bindings: &'f Bindings<'a>,
    /// Variables of the comprehensions around the node that is evaluated.
    locals: Vec<Value<'a>>,
    cost: u64,
    limit: u64,
    depth: u32,
    /// Work since the caller was asked whether to stop, in units of cost.
    unasked: u64,
    budget: &'f mut Budget<'b>,
    trace: Option<&'f mut Trace<'a>>,
}

impl<'a> Frame<'_, '_, 'a> {
    fn charge(&mut self, units: u64) -> Result<(), Fault> {
        self.cost = self.cost.saturating_add(units);
        if self.cost > self.limit {
            return Err(self.exceeded());
        }
        self.work(units)
    }

    /// Asks from time to time whether to stop.
    fn work(&mut self, units: u64) -> Result<(), Fault> {
        self.unasked = self.unasked.saturating_add(units);
        if self.unasked >= ASK_AFTER {
            self.unasked = 0;
            if self.budget.is_interrupted() {
                return Err(interrupted());
            }
        }
        Ok(())
    }

    #[cold]
    fn exceeded(&self) -> Fault {
        if self.cost > self.budget.call_limit() {
            over_limit()
        } else {
            over_budget()
        }
    }

    pub(crate) fn evaluate(&mut self, node: &'a Node) -> Outcome<'a> {
        match node {
            Node::Constant(value) => Ok(value.borrowed()),
            Node::Variable { name, cost, span } => {
                self.charge((*cost).into())?;
                self.bindings
                    .get(name)
                    .ok_or_else(|| no_such_variable(name, *span))
            }
            Node::Local { place, cost } => {
                self.charge((*cost).into())?;
                self.locals.get(*place).cloned().ok_or_else(internal)
            }
            _ => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    self.depth -= 1;
                    return Err(too_deep());
                }
                let result = self.inner(node);
                self.depth -= 1;
                result
            }
        }
    }

    fn inner(&mut self, node: &'a Node) -> Outcome<'a> {
        match node {
            Node::Constant(_) | Node::Variable { .. } | Node::Local { .. } => Err(internal()),
            Node::Lazy { program, cost } => self.lazy(program, *cost),
            Node::Select(select) => self.select(select),
            Node::Has(select) => self.has(select),
            Node::Index(index) => self.index(index),
            Node::Call(call) => self.call(call),
            Node::Match(call) => self.matches(call),
            Node::Not(operand, span) => {
                let value = self.evaluate(operand);
                self.charge(1)?;
                match value? {
                    Value::Bool(value) => Ok(Value::Bool(!value)),
                    _ => Err(at(*span, EvalError::overload())),
                }
            }
            Node::And(terms) => self.logic(terms, false),
            Node::Or(terms) => self.logic(terms, true),
            Node::Ternary(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.evaluate(condition)? {
                    Value::Bool(true) => self.evaluate(then),
                    Value::Bool(false) => self.evaluate(otherwise),
                    _ => Err(EvalError::overload()),
                }
            }
            Node::Member { operand, list } => {
                let value = self.evaluate(operand)?;
                for known in list {
                    if is_member(known, &value)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            // What is constructed is paid for even if an element fails.
            Node::List(elements) => {
                let list = self.list(elements);
                self.charge(LIST_COST)?;
                list
            }
            Node::Map { entries, unique } => {
                let map = self.map(entries, *unique);
                self.charge(MAP_COST)?;
                map
            }
            Node::Message(message) => self.message(message),
            Node::Fold(fold) => self.fold(fold),
            Node::Bind(parts) => {
                let [value, body] = &**parts;
                let value = self.evaluate(value)?;
                self.locals.push(value);
                let result = self.evaluate(body);
                self.locals.pop();
                result
            }
            Node::OptMap(call) => self.opt_map(call),
            Node::OrElse { parts, unwraps } => {
                let [target, other] = &**parts;
                match self.evaluate(target)? {
                    Value::Optional(None) => self.evaluate(other),
                    Value::Optional(Some(value)) if *unwraps => Ok((*value).clone()),
                    value @ Value::Optional(_) => Ok(value),
                    _ => Err(EvalError::overload()),
                }
            }
        }
    }

    fn lazy(&mut self, program: &'a Arc<Program>, cost: u8) -> Outcome<'a> {
        self.charge(cost.into())?;
        let known = match &mut self.trace {
            Some(trace) => trace.remembered(program),
            None => self.bindings.remembered(program),
        };
        if let Some(result) = known {
            return result;
        }
        let mark = self.mark();
        let trace = self.trace.as_deref_mut();
        let result = run(program, self.bindings, self.budget, self.depth, trace);
        self.limit = self.limit.min(self.budget.remaining());
        if !matches!(&result, Err(fault) if fault.is_final()) {
            match &mut self.trace {
                Some(trace) => trace.remember(program, result.clone(), mark),
                None => self.bindings.remember(program, result.clone()),
            }
        }
        result
    }

    /// How many notes a trace has; none without one.
    fn mark(&mut self) -> usize {
        self.trace.as_mut().map_or(0, |trace| trace.mark())
    }

    /// `&&` and `||`: a term that decides wins over one that fails, wherever it stands.
    fn logic(&mut self, terms: &'a [Node], decisive: bool) -> Outcome<'a> {
        let mut failed: Option<Fault> = None;
        let first = self.mark();
        for term in terms {
            let mark = self.mark();
            match self.evaluate(term) {
                Ok(Value::Bool(value)) if value == decisive => {
                    if let Some(trace) = &mut self.trace {
                        trace.forget(first, mark);
                    }
                    return Ok(Value::Bool(value));
                }
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    failed.get_or_insert_with(EvalError::overload);
                }
                Err(fault) if fault.is_final() => return Err(fault),
                Err(fault) => {
                    failed.get_or_insert(fault);
                }
            }
        }
        match failed {
            Some(fault) => Err(fault),
            None => Ok(Value::Bool(!decisive)),
        }
    }

    #[inline(never)]
    fn call(&mut self, call: &'a Call) -> Outcome<'a> {
        match call.arguments.as_slice() {
            [one] => match self.evaluate(one) {
                Ok(one) => self.apply(call, &[one]),
                Err(fault) => Err(self.failed(call, vec![Err(fault)])),
            },
            [one, two] => match (self.evaluate(one), self.evaluate(two)) {
                (Ok(one), Ok(two)) => self.apply(call, &[one, two]),
                (one, two) => Err(self.failed(call, vec![one, two])),
            },
            nodes => {
                let results: Vec<Outcome<'a>> =
                    nodes.iter().map(|node| self.evaluate(node)).collect();
                if results.iter().any(Result::is_err) {
                    return Err(self.failed(call, results));
                }
                let arguments: Vec<Value<'a>> = results.into_iter().flatten().collect();
                self.apply(call, &arguments)
            }
        }
    }

    /// Why a call fails of whose arguments some failed; the call is charged as in the reference, which evaluates all
    /// arguments and then looks at them.
    #[cold]
    fn failed(&mut self, call: &'a Call, results: Vec<Outcome<'a>>) -> Fault {
        let mut first: Option<Fault> = None;
        let mut arguments = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok(value) => arguments.push(value),
                Err(fault) if fault.is_final() => return fault,
                Err(fault) => {
                    first.get_or_insert(fault);
                    arguments.push(Value::Null);
                }
            }
        }
        match self.charge(cost::of_call(call, &arguments, None)) {
            Err(over) => over,
            Ok(()) => first.unwrap_or_else(internal),
        }
    }

    fn apply(&mut self, call: &'a Call, arguments: &[Value<'a>]) -> Outcome<'a> {
        // What is known to be too expensive is not done at all.
        let is_known = !cost::needs_result(call);
        if is_known {
            self.charge(cost::of_call(call, arguments, None))?;
        }
        let result = library::dispatch(&call.candidates, arguments);
        if !is_known {
            self.charge(cost::of_call(call, arguments, result.as_ref().ok()))?;
        }
        result.map_err(|fault| at(call.span, fault))
    }

    fn matches(&mut self, call: &'a Match) -> Outcome<'a> {
        let text = self.evaluate(&call.text)?;
        let limit = match &call.limit {
            None => None,
            Some(limit) => Some(self.evaluate(limit)?),
        };
        let text = match text {
            Value::String(text) => text,
            // The reference looks through an optional where the pattern is known.
            Value::Optional(Some(inner)) if inner.as_str().is_some() => match &*inner {
                Value::String(text) => text.clone(),
                _ => return Err(internal()),
            },
            _ => {
                self.charge(cost::of_match(1, &call.pattern))?;
                return Err(at(call.span, EvalError::overload()));
            }
        };
        self.charge(cost::of_match(text.character_count() as u64, &call.pattern))?;
        Ok(match call.kind {
            MatchKind::Matches => Value::Bool(call.pattern.is_match(&text)),
            MatchKind::Find => call.pattern.find(&text),
            MatchKind::FindAll => {
                let limit = match limit {
                    None => -1,
                    Some(Value::Int(limit)) => limit,
                    Some(_) => return Err(at(call.span, EvalError::overload())),
                };
                call.pattern.find_all(&text, limit)
            }
        })
    }

    fn list(&mut self, elements: &'a [(Node, bool)]) -> Outcome<'a> {
        let mut values = Vec::with_capacity(elements.len());
        for (node, optional) in elements {
            let value = self.evaluate(node)?;
            if !optional {
                values.push(value);
                continue;
            }
            match value {
                Value::Optional(Some(value)) => values.push((*value).clone()),
                Value::Optional(None) => {}
                other => return Err(not_optional(&other)),
            }
        }
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &'a [(Node, Node, bool)], unique: bool) -> Outcome<'a> {
        let mut map = Entries::default();
        for (key, value, optional) in entries {
            let key = self.evaluate(key)?;
            let mut value = self.evaluate(value)?;
            if *optional {
                value = match value {
                    Value::Optional(Some(value)) => (*value).clone(),
                    Value::Optional(None) => continue,
                    other => return Err(not_optional(&other)),
                };
            }
            let inserted = if unique {
                map.insert(key.clone(), value)
            } else {
                map.set(key.clone(), value).map(|()| true)
            };
            match inserted {
                Some(true) => {}
                Some(false) => {
                    return Err(EvalError::argument(format!(
                        "Failed with repeated key: {key}"
                    )));
                }
                None => {
                    return Err(EvalError::argument(format!(
                        "unsupported key type: {}",
                        key.type_name()
                    )));
                }
            }
        }
        Ok(Value::Map(Map::Shared(Arc::new(map))))
    }

    fn message(&mut self, message: &'a Message) -> Outcome<'a> {
        let mut fields: Vec<(Arc<str>, Value<'a>)> = Vec::with_capacity(message.fields.len());
        for (name, node, optional) in &message.fields {
            let mut value = self.evaluate(node)?;
            if *optional {
                value = match value {
                    Value::Optional(Some(value)) => (*value).clone(),
                    Value::Optional(None) => continue,
                    other => return Err(not_optional(&other)),
                };
            }
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some(entry) => entry.1 = value,
                None => fields.push((Arc::clone(name), value)),
            }
        }
        self.charge(OBJECT_COST)?;
        let object = Object {
            type_name: Arc::clone(&message.type_name),
            fields,
        };
        library::mutation::check_fields(&object)?;
        Ok(Value::Object(Arc::new(object)))
    }

    fn opt_map(&mut self, call: &'a OptMap) -> Outcome<'a> {
        let before = self.cost;
        let target = self.evaluate(&call.target)?;
        // The reference evaluates the target twice if it has a value: for the question, and for the value.
        let again = self.cost - before;
        self.charge(1)?;
        let value = match target {
            Value::Optional(Some(value)) => value,
            Value::Optional(None) => {
                self.charge(1)?;
                return Ok(Value::Optional(None));
            }
            _ => return Err(at(call.span, EvalError::overload())),
        };
        self.charge(again + 1)?;
        self.locals.push((*value).clone());
        let result = self.evaluate(&call.body);
        self.locals.pop();
        if call.flat {
            return result;
        }
        self.charge(1)?;
        Ok(Value::some(result?))
    }
}

/// Whether a value is this element of a set, in which integers and doubles are the same only if neither is rounded.
fn is_member(element: &Value<'_>, value: &Value<'_>) -> Result<bool, Fault> {
    Ok(match (element, value) {
        (Value::Double(element), Value::Int(value)) => whole(*element) == Some((*value).into()),
        (Value::Double(element), Value::Uint(value)) => whole(*element) == Some((*value).into()),
        _ => return equal(element, value),
    })
}

/// Says where a failure happened, unless that is known more exactly.
fn at(span: Span, mut fault: Fault) -> Fault {
    fault.span.get_or_insert(span);
    fault
}

#[cold]
fn internal() -> Fault {
    EvalError::fault(
        EvalErrorKind::NoSuchVariable,
        "a variable has no value although it is in scope",
    )
}

#[cold]
fn too_deep() -> Fault {
    EvalError::fault(EvalErrorKind::TooLarge, "the evaluation nests too deeply")
}

#[cold]
fn no_such_variable(name: &str, span: Span) -> Fault {
    at(
        span,
        EvalError::fault(
            EvalErrorKind::NoSuchVariable,
            format!("no such attribute(s): {name}"),
        ),
    )
}

fn not_optional(value: &Value<'_>) -> Fault {
    EvalError::argument(format!(
        "cannot initialize optional list element from non-optional value {value}"
    ))
}
