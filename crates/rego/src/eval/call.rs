//! Calls of builtins and of functions that rules define.

use std::fmt::Write;

use super::{Machine, Mock, MockTarget, Result, nodes, trace::Origin};
use crate::{
    Value,
    builtins::{Builtin, Made},
    code::{Call, Callee, Group, GroupId, Guard, Operand, Out},
    index::is_same,
};

impl<'a> Machine<'a> {
    #[inline]
    pub(super) fn call(&mut self, call: &'a Call) -> Result<bool> {
        let value = if self.world.mocks.is_empty() {
            self.answer(&call.callee, &call.operands, call)?
        } else {
            self.answer_mocked(call)?
        };
        let Some(value) = value else {
            return Ok(false);
        };
        if let Out::Equal(other) = &call.out {
            let cost = nodes(&value).min(nodes(self.operand(other)));
            self.pay_to_compare(cost)?;
        }
        let holds = self.put(&call.out, value);
        if self.trace.is_some() {
            let origin = std::mem::take(&mut self.called);
            if let Out::Bind(slot) = &call.out {
                self.trace_slot(*slot, origin);
            }
        }
        Ok(holds)
    }

    fn answer(
        &mut self,
        callee: &Callee,
        operands: &'a [Operand],
        call: &'a Call,
    ) -> Result<Option<Value>> {
        match callee {
            Callee::Builtin(builtin) => self.builtin(builtin, operands, call),
            Callee::Function(group) => self.function(*group, operands),
        }
    }

    #[cold]
    fn answer_mocked(&mut self, call: &'a Call) -> Result<Option<Value>> {
        let target = match &call.callee {
            Callee::Builtin(builtin) => MockTarget::Builtin(builtin.name),
            Callee::Function(group) => MockTarget::Rules(*group),
        };
        let mock = self
            .world
            .mocks
            .iter()
            .rev()
            .find(|mock| mock.0 == target)
            .map(|mock| mock.1.clone());
        match mock {
            None => self.answer(&call.callee, &call.operands, call),
            Some(Mock::Value(value)) => Ok(Some(value)),
            Some(Mock::Function(callee)) => {
                // What stands in for a function may call it.
                let mocks = std::mem::take(&mut self.world.mocks);
                let rules = vec![super::Memo::Unknown; self.world.rules.len()];
                let rules = std::mem::replace(&mut self.world.rules, rules);
                let closures = vec![None; self.world.closures.len()];
                let closures = std::mem::replace(&mut self.world.closures, closures);
                let calls = vec![Kept::default(); self.world.calls.len()];
                let calls = std::mem::replace(&mut self.world.calls, calls);
                let value = self.answer(&callee, &call.operands, call)?;
                self.world.mocks = mocks;
                self.world.rules = rules;
                self.world.closures = closures;
                self.world.calls = calls;
                Ok(value)
            }
        }
    }

    #[inline]
    fn builtin(
        &mut self,
        builtin: &'static Builtin,
        operands: &'a [Operand],
        call: &'a Call,
    ) -> Result<Option<Value>> {
        if self.trace.is_some() {
            for operand in operands {
                self.trace_use(operand);
            }
        }
        self.builtins.begin_call();
        let answer = match operands {
            [Operand::Const(one)] => builtin.call(&mut self.builtins, std::slice::from_ref(one)),
            [Operand::Slot(one)] => {
                let one = self.slots.get(self.base + *one as usize);
                let given = one.map_or(&[][..], std::slice::from_ref);
                builtin.call(&mut self.builtins, given)
            }
            [one, two] => {
                let given = [self.operand(one).clone(), self.operand(two).clone()];
                builtin.call(&mut self.builtins, &given)
            }
            operands => {
                let given: Vec<Value> = operands
                    .iter()
                    .map(|operand| self.operand(operand).clone())
                    .collect();
                builtin.call(&mut self.builtins, &given)
            }
        };
        match answer {
            Ok(value) => {
                if let Some(value) = &value {
                    self.made(shallow_size(value))?;
                }
                value.map(|value| self.checked(value)).transpose()
            }
            Err(error) => {
                self.span = call.span;
                self.builtin_failed(builtin.name, &error)?;
                Ok(None)
            }
        }
    }

    fn function(&mut self, id: GroupId, operands: &'a [Operand]) -> Result<Option<Value>> {
        let group = self.group(id)?;
        if let Some(guard) = &group.guard
            && !self.may_hold(group, id, guard)?
        {
            return Ok(None);
        }
        let base = self.slots.len();
        for operand in operands {
            let value = self.operand(operand).clone();
            self.slots.push(value);
        }
        if self.trace.is_some() {
            return self.function_traced(id, group, operands, base);
        }
        let Some(memo) = group.memo else {
            return self.in_frame(group, id, base, Self::evaluate_single);
        };
        let given = self.slots.get(base..).unwrap_or(&[]);
        if let Some(kept) = self.world.calls.get(memo as usize)
            && let Some(value) = kept.find(given)
        {
            let value = value.clone();
            self.slots.truncate(base);
            return Ok(value);
        }
        let given: Box<[Value]> = given.into();
        let value = self.in_frame(group, id, base, Self::evaluate_single)?;
        if let Some(kept) = self.world.calls.get_mut(memo as usize) {
            kept.keep(given, value.clone());
        }
        Ok(value)
    }

    /// Whether a function may have a value for any operands.
    fn may_hold(&mut self, group: &'a Group, id: GroupId, guard: &'a Guard) -> Result<bool> {
        // What is told of a call, and which of its errors is the first, are told of all its steps.
        if self.trace.is_some() || self.strict {
            return Ok(true);
        }
        let memo = guard.memo as usize;
        if let Some(Some(Value::Bool(holds))) = self.world.closures.get(memo) {
            return Ok(*holds);
        }
        let base = self.slots.len();
        let holds = self.in_frame(group, id, base, |machine, group| {
            if let Some(rule) = group.rules.first() {
                machine.source = &rule.source;
                machine.span = rule.span;
            }
            machine.run(&guard.body)
        })?;
        if let Some(place) = self.world.closures.get_mut(memo) {
            *place = Some(Value::Bool(holds));
        }
        Ok(holds)
    }

    /// Hands a line to the host, or one for each combination of values if operands have several.
    #[cold]
    pub(super) fn print(&mut self, line: &Operand) -> Result<bool> {
        let Value::Array(operands) = self.operand(line).clone() else {
            return Ok(true);
        };
        let mut lines = vec![String::new()];
        for (index, operand) in operands.iter().enumerate() {
            let values: Vec<String> = match operand {
                Value::Set(set) if set.members().is_empty() => vec!["<undefined>".to_owned()],
                Value::Set(set) => {
                    let mut spoken = Vec::with_capacity(set.members().len());
                    for member in set.members() {
                        spoken.push(self.spoken(member)?);
                    }
                    spoken
                }
                other => vec![self.spoken(other)?],
            };
            let space = if index == 0 { "" } else { " " };
            let mut longer = Vec::with_capacity(lines.len() * values.len());
            for line in &lines {
                for value in &values {
                    self.made(line.len() + value.len())?;
                    longer.push(format!("{line}{space}{value}"));
                }
            }
            lines = longer;
        }
        for line in &lines {
            self.host.note(line);
        }
        Ok(true)
    }

    /// A value as `print` shows it: strings without quotes.
    fn spoken(&mut self, value: &Value) -> Result<String> {
        self.builtins.begin_call();
        let mut made = Made::new(&mut self.builtins);
        let written = match value {
            Value::String(text) => made.push(text),
            other => made.write(|out| write!(out, "{other}")),
        };
        written
            .and_then(|()| made.text())
            .map_err(|error| self.limit(&error.message))
    }

    #[cold]
    fn function_traced(
        &mut self,
        id: GroupId,
        group: &'a Group,
        operands: &'a [Operand],
        base: usize,
    ) -> Result<Option<Value>> {
        let origins: Vec<Origin> = operands
            .iter()
            .map(|operand| self.trace_origin(operand))
            .collect();
        if let Some(trace) = &mut self.trace {
            for (slot, origin) in (base..).zip(origins) {
                trace.set(slot, origin);
            }
        }
        let mark = self.trace_mark();
        let value = self.in_frame(group, id, base, Self::evaluate_single)?;
        let origin = self.trace_called(mark);
        self.called = if value.is_some() {
            origin
        } else {
            Origin::Unknown
        };
        Ok(value)
    }
}

/// The latest results of a function.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    calls: Vec<(Box<[Value]>, Option<Value>)>,
    next: usize,
}

/// How many results of a function are kept.
const KEPT: usize = 8;

impl Kept {
    /// The result for operands, if it is known.
    fn find(&self, operands: &[Value]) -> Option<&Option<Value>> {
        self.calls
            .iter()
            .find(|call| {
                call.0.len() == operands.len()
                    && call.0.iter().zip(operands).all(|(a, b)| is_same(a, b))
            })
            .map(|call| &call.1)
    }

    fn keep(&mut self, operands: Box<[Value]>, value: Option<Value>) {
        match self.calls.get_mut(self.next) {
            Some(call) => *call = (operands, value),
            None => self.calls.push((operands, value)),
        }
        self.next = (self.next + 1) % KEPT;
    }
}

/// Bytes that a value holds itself, without what its members hold.
fn shallow_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Number(number) => number.text_bytes(),
        Value::Array(items) => size_of::<Value>() * items.len(),
        Value::Set(set) => std::mem::size_of_val(set.members()),
        Value::Object(object) => size_of::<Value>() * 2 * object.entries().len(),
        _ => 0,
    }
}
