//! Comprehensions.
//!
//! Each kind is evaluated directly; what is charged is what the reference charges for the loop that it expands
//! the same macro to.

use std::sync::Arc;

use super::{
    Frame, ITERATION, LIST_COST, Outcome, at,
    trace::{MAX_READS, Read},
};
use crate::{
    error::{EvalError, Fault},
    program::{Fold, Node},
    syntax::ast::FoldKind,
    value::{Entries, List, Map, Value},
};

/// What a comprehension has gathered so far.
struct State<'a> {
    gathered: Gathered<'a>,
    /// Whether an element decided.
    decided: bool,
    /// Where the notes of a trace about the elements begin.
    mark: usize,
    /// Notes about elements that decided or stay.
    chosen: Vec<Read>,
    /// The first failure. Of `all` and `exists`, a deciding element makes it good; the others go on to the end like
    /// the reference, which costs what it costs there.
    failed: Option<Fault>,
}

enum Gathered<'a> {
    /// `all`, `exists`.
    Decision,
    Count(u64),
    List(Vec<Value<'a>>),
    Map(Entries<'a>),
}

impl Gathered<'_> {
    fn len(&self) -> usize {
        match self {
            Self::List(elements) => elements.len(),
            Self::Decision | Self::Count(_) | Self::Map(_) => 0,
        }
    }
}

/// Whether to look at further elements.
enum Next {
    Continue,
    Decided,
}

impl<'a> Frame<'_, '_, 'a> {
    #[inline(never)]
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Outcome<'a> {
        let before = self.mark();
        let range = self.evaluate(&fold.range)?;
        let gathered = match fold.kind {
            FoldKind::All | FoldKind::Exists => Gathered::Decision,
            FoldKind::ExistsOne => Gathered::Count(0),
            FoldKind::Map | FoldKind::Filter | FoldKind::TransformList => {
                Gathered::List(Vec::new())
            }
            FoldKind::TransformMap | FoldKind::TransformMapEntry => {
                Gathered::Map(Entries::default())
            }
        };
        let mut state = State {
            gathered,
            decided: false,
            mark: self.mark(),
            chosen: Vec::new(),
            failed: None,
        };
        let floor = self.locals.len();
        let end = match &range {
            Value::List(list) => self.over_list(fold, list, &mut state),
            Value::Map(map) => self.over_map(fold, map, &mut state),
            _ => Err(at(fold.span, EvalError::overload())),
        };
        self.locals.truncate(floor);
        end?;
        if let Some(trace) = &mut self.trace
            && !state.chosen.is_empty()
        {
            // Which elements there are, and what the others are like, says less.
            trace.take_from(before);
            trace.put(state.chosen);
        }
        self.charge(if fold.kind == FoldKind::ExistsOne {
            2
        } else {
            1
        })?;
        if state.decided {
            return Ok(Value::Bool(fold.kind == FoldKind::Exists));
        }
        if let Some(fault) = state.failed {
            return Err(fault);
        }
        Ok(match state.gathered {
            Gathered::Decision => Value::Bool(fold.kind == FoldKind::All),
            Gathered::Count(count) => Value::Bool(count == 1),
            Gathered::List(elements) => Value::list(elements),
            Gathered::Map(entries) => Value::Map(Map::Shared(Arc::new(entries))),
        })
    }

    fn over_list(
        &mut self,
        fold: &'a Fold,
        list: &List<'a>,
        state: &mut State<'a>,
    ) -> Result<(), Fault> {
        let floor = self.locals.len();
        for (index, element) in list.iter().enumerate() {
            self.locals.truncate(floor);
            if self.trace.is_some() && !is_container(&element) {
                let step = index.to_string();
                self.note(&Value::List(list.clone()), &step);
            }
            if fold.has_second {
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                self.locals.push(Value::Int(index));
            }
            self.locals.push(element);
            if let Next::Decided = self.element_of(fold, state)? {
                if index + 1 < list.len() {
                    self.decided_cost(fold)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn over_map(
        &mut self,
        fold: &'a Fold,
        map: &Map<'a>,
        state: &mut State<'a>,
    ) -> Result<(), Fault> {
        let floor = self.locals.len();
        for (index, (key, value)) in map.iter().enumerate() {
            self.locals.truncate(floor);
            if self.trace.is_some()
                && let Value::String(step) = &key
            {
                self.note(&Value::Map(map.clone()), step);
            }
            self.locals.push(key);
            if fold.has_second {
                self.locals.push(value);
            }
            if let Next::Decided = self.element_of(fold, state)? {
                if index + 1 < map.len() {
                    self.decided_cost(fold)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes an element that is looked at whatever is read of it.
    #[cold]
    fn note(&mut self, of: &Value<'a>, step: &str) {
        if let Some(trace) = &mut self.trace {
            trace.read(of, step, None);
        }
    }

    /// One element, and what a trace keeps of it. That goes on where an element has decided, to tell of all that do.
    fn element_of(&mut self, fold: &'a Fold, state: &mut State<'a>) -> Result<Next, Fault> {
        let stay = state.gathered.len();
        let next = self.element(fold, state)?;
        let decides = matches!(next, Next::Decided);
        state.decided |= decides;
        let Some(trace) = &mut self.trace else {
            return Ok(next);
        };
        let is_chosen = match fold.kind {
            FoldKind::All | FoldKind::Exists => decides,
            FoldKind::Filter => state.gathered.len() > stay,
            _ => false,
        };
        if is_chosen {
            let of_element = trace.take_from(state.mark);
            // More than are kept are too many all the same.
            if state.chosen.len() <= MAX_READS {
                state.chosen.extend(of_element);
            }
        } else if state.chosen.is_empty() {
            state.mark = trace.mark();
        } else {
            trace.take_from(state.mark);
        }
        Ok(Next::Continue)
    }

    /// The reference asks once more whether to go on, if there is a next element.
    fn decided_cost(&mut self, fold: &Fold) -> Result<(), Fault> {
        self.charge(if fold.kind == FoldKind::Exists { 3 } else { 2 })
    }

    fn element(&mut self, fold: &'a Fold, state: &mut State<'a>) -> Result<Next, Fault> {
        self.work(ITERATION)?;
        match self.gather(fold, &mut state.gathered) {
            Err(fault) if !fault.is_final() => {
                state.failed.get_or_insert(fault);
                Ok(Next::Continue)
            }
            next => next,
        }
    }

    fn gather(&mut self, fold: &'a Fold, gathered: &mut Gathered<'a>) -> Result<Next, Fault> {
        if let Some(filter) = &fold.filter
            && !self.is_true(fold, filter)?
        {
            return Ok(Next::Continue);
        }
        match gathered {
            Gathered::Decision => {
                let decisive = fold.kind == FoldKind::Exists;
                self.charge(if decisive { 4 } else { 3 })?;
                if self.is_true(fold, &fold.body)? == decisive {
                    return Ok(Next::Decided);
                }
            }
            Gathered::Count(count) => {
                if self.is_true(fold, &fold.body)? {
                    *count += 1;
                    self.charge(2)?;
                }
            }
            Gathered::List(elements) if fold.kind == FoldKind::Filter => {
                if self.is_true(fold, &fold.body)? {
                    let place = self.locals.get(fold.place).cloned();
                    elements.extend(place);
                    self.charge(LIST_COST + 3)?;
                }
            }
            Gathered::List(elements) => {
                let value = self.evaluate(&fold.body);
                // The list of one element that the reference adds is made once if the element is constant.
                let list = if matches!(fold.body, Node::Constant(_)) {
                    0
                } else {
                    LIST_COST
                };
                self.charge(list + 2)?;
                elements.push(value?);
            }
            Gathered::Map(entries) => self.entry(fold, entries)?,
        }
        Ok(Next::Continue)
    }

    fn entry(&mut self, fold: &'a Fold, entries: &mut Entries<'a>) -> Result<(), Fault> {
        let value = self.evaluate(&fold.body);
        if fold.kind == FoldKind::TransformMap {
            self.charge(3)?;
            let key = self.locals.get(fold.place).cloned().unwrap_or(Value::Null);
            return insert(entries, key, value?);
        }
        self.charge(2)?;
        let Value::Map(map) = value? else {
            return Err(at(fold.span, EvalError::overload()));
        };
        for (key, value) in map.iter() {
            insert(entries, key, value)?;
        }
        Ok(())
    }

    fn is_true(&mut self, fold: &'a Fold, node: &'a Node) -> Result<bool, Fault> {
        match self.evaluate(node)? {
            Value::Bool(value) => Ok(value),
            _ => Err(at(fold.span, EvalError::overload())),
        }
    }
}

/// Whether what is read of an element tells where it is.
fn is_container(element: &Value<'_>) -> bool {
    matches!(element, Value::List(_) | Value::Map(_))
}

fn insert<'a>(entries: &mut Entries<'a>, key: Value<'a>, value: Value<'a>) -> Result<(), Fault> {
    let shown = key.clone();
    match entries.insert(key, value) {
        Some(true) => Ok(()),
        Some(false) => Err(EvalError::argument(format!(
            "insert failed: key {shown} already exists"
        ))),
        None => Err(EvalError::argument(format!(
            "unsupported key type: {}",
            shown.type_name()
        ))),
    }
}
