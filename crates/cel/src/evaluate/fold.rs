//! Comprehensions.
//!
//! Each kind is evaluated directly; what is charged is what the reference charges for the loop that it expands
//! the same macro to.

use std::sync::Arc;

use super::{Frame, ITERATION, LIST_COST, Outcome, at};
use crate::{
    error::{EvalError, Fault},
    program::{Fold, Node},
    syntax::ast::FoldKind,
    value::{Entries, List, Map, Value},
};

/// What a comprehension has gathered so far.
enum Gathered<'a> {
    /// `all`, `exists`: the first failure, which only a deciding element makes good.
    Decision(Option<Fault>),
    Count(u64),
    List(Vec<Value<'a>>),
    Map(Entries<'a>),
}

/// Whether to look at further elements.
enum Next {
    Continue,
    Decided,
}

impl<'a> Frame<'_, '_, 'a> {
    #[inline(never)]
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Outcome<'a> {
        let range = self.evaluate(&fold.range)?;
        let mut gathered = match fold.kind {
            FoldKind::All | FoldKind::Exists => Gathered::Decision(None),
            FoldKind::ExistsOne => Gathered::Count(0),
            FoldKind::Map | FoldKind::Filter | FoldKind::TransformList => {
                Gathered::List(Vec::new())
            }
            FoldKind::TransformMap | FoldKind::TransformMapEntry => {
                Gathered::Map(Entries::default())
            }
        };
        let floor = self.locals.len();
        let decided = match &range {
            Value::List(list) => self.over_list(fold, list, &mut gathered),
            Value::Map(map) => self.over_map(fold, map, &mut gathered),
            _ => Err(at(fold.span, EvalError::overload())),
        };
        self.locals.truncate(floor);
        let decided = decided?;
        self.charge(1)?;
        Ok(match gathered {
            Gathered::Decision(_) if decided => Value::Bool(fold.kind == FoldKind::Exists),
            Gathered::Decision(Some(fault)) => return Err(fault),
            Gathered::Decision(None) => Value::Bool(fold.kind == FoldKind::All),
            Gathered::Count(count) => {
                self.charge(1)?;
                Value::Bool(count == 1)
            }
            Gathered::List(elements) => Value::list(elements),
            Gathered::Map(entries) => Value::Map(Map::Shared(Arc::new(entries))),
        })
    }

    fn over_list(
        &mut self,
        fold: &'a Fold,
        list: &List<'a>,
        gathered: &mut Gathered<'a>,
    ) -> Result<bool, Fault> {
        let floor = self.locals.len();
        for (index, element) in list.iter().enumerate() {
            self.locals.truncate(floor);
            if fold.has_second {
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                self.locals.push(Value::Int(index));
            }
            self.locals.push(element);
            if let Next::Decided = self.element(fold, gathered)? {
                if index + 1 < list.len() {
                    self.decided_cost(fold)?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn over_map(
        &mut self,
        fold: &'a Fold,
        map: &Map<'a>,
        gathered: &mut Gathered<'a>,
    ) -> Result<bool, Fault> {
        let floor = self.locals.len();
        for (index, (key, value)) in map.iter().enumerate() {
            self.locals.truncate(floor);
            self.locals.push(key);
            if fold.has_second {
                self.locals.push(value);
            }
            if let Next::Decided = self.element(fold, gathered)? {
                if index + 1 < map.len() {
                    self.decided_cost(fold)?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The reference asks once more whether to go on, if there is a next element.
    fn decided_cost(&mut self, fold: &Fold) -> Result<(), Fault> {
        self.charge(if fold.kind == FoldKind::Exists { 3 } else { 2 })
    }

    fn element(&mut self, fold: &'a Fold, gathered: &mut Gathered<'a>) -> Result<Next, Fault> {
        self.work(ITERATION)?;
        if let Some(filter) = &fold.filter
            && !self.condition(fold, filter)?
        {
            return Ok(Next::Continue);
        }
        match gathered {
            Gathered::Decision(failed) => return self.decide(fold, failed),
            Gathered::Count(count) => {
                if self.condition(fold, &fold.body)? {
                    *count += 1;
                    self.charge(2)?;
                }
            }
            Gathered::List(elements) => {
                if fold.kind == FoldKind::Filter {
                    if self.condition(fold, &fold.body)? {
                        let place = self.locals.get(fold.place).cloned();
                        elements.extend(place);
                        self.charge(LIST_COST + 3)?;
                    }
                } else {
                    let value = self.evaluate(&fold.body)?;
                    elements.push(value);
                    // The list of one element that the reference adds is made once if the element is constant.
                    let list = if matches!(fold.body, Node::Constant(_)) {
                        0
                    } else {
                        LIST_COST
                    };
                    self.charge(list + 2)?;
                }
            }
            Gathered::Map(entries) => self.entry(fold, entries)?,
        }
        Ok(Next::Continue)
    }

    fn decide(&mut self, fold: &'a Fold, failed: &mut Option<Fault>) -> Result<Next, Fault> {
        let decisive = fold.kind == FoldKind::Exists;
        self.charge(if decisive { 4 } else { 3 })?;
        match self.evaluate(&fold.body) {
            Ok(Value::Bool(value)) if value == decisive => return Ok(Next::Decided),
            Ok(Value::Bool(_)) => {}
            Ok(_) => {
                failed.get_or_insert_with(|| at(fold.span, EvalError::overload()));
            }
            Err(fault) if fault.is_final() => return Err(fault),
            Err(fault) => {
                failed.get_or_insert(fault);
            }
        }
        Ok(Next::Continue)
    }

    fn entry(&mut self, fold: &'a Fold, entries: &mut Entries<'a>) -> Result<(), Fault> {
        let value = self.evaluate(&fold.body)?;
        if fold.kind == FoldKind::TransformMap {
            self.charge(3)?;
            let key = self.locals.get(fold.place).cloned().unwrap_or(Value::Null);
            return insert(entries, key, value);
        }
        self.charge(2)?;
        let Value::Map(map) = value else {
            return Err(at(fold.span, EvalError::overload()));
        };
        for (key, value) in map.iter() {
            insert(entries, key, value)?;
        }
        Ok(())
    }

    fn condition(&mut self, fold: &'a Fold, node: &'a Node) -> Result<bool, Fault> {
        match self.evaluate(node)? {
            Value::Bool(value) => Ok(value),
            _ => Err(at(fold.span, EvalError::overload())),
        }
    }
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
