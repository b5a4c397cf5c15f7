//! Evaluation: one program, one input, one state of the data.

#![expect(
    clippy::unnecessary_box_returns,
    reason = "errors are boxed to keep results small"
)]

mod call;
mod documents;
mod join;
pub(crate) mod put;
mod replace;
mod rules;
mod run;
mod scratch;
mod trace;

pub(crate) use rules::is_same;
pub use trace::{Derived, InputRead};

use std::sync::Arc;

use self::{call::Kept, scratch::Scratch, trace::Trace};
use crate::{
    Bindings, Error, ErrorCode, Program, Query, Source, Span, Value,
    builtins::{BuiltinError, BuiltinErrorKind, Caches, Context, Host},
    code::{Callee, Group, GroupId, Operand},
    data::Data,
};

/// What one evaluation is given.
#[derive(Clone)]
pub struct Evaluation<'a> {
    /// `input`; `None` leaves it undefined.
    pub input: Option<Value>,
    /// `data`, as far as no rule defines it.
    pub data: &'a Data,
    /// What builtins keep between evaluations.
    pub caches: &'a Caches,
    /// The outside, for builtins that are allowed to reach it.
    pub host: &'a dyn Host,
    /// The time, in nanoseconds since 1970.
    pub now_ns: i64,
    /// For `rand.intn` and `uuid.rfc4122`.
    pub seed: u64,
    /// How much it may cost.
    pub limits: Limits,
    /// Asked now and then whether to end the evaluation: because its time is over, for example.
    pub stop: Option<&'a dyn Fn() -> bool>,
    /// Whether a builtin that fails ends the evaluation, instead of leaving its call undefined.
    pub strict_builtin_errors: bool,
    /// Whether to use indexes over data; results are the same without, only later.
    pub indexes: bool,
}

impl<'a> Evaluation<'a> {
    /// An evaluation with the default limits, at the beginning of 1970, that is not strict.
    pub fn new(data: &'a Data, caches: &'a Caches, host: &'a dyn Host) -> Self {
        Self {
            input: None,
            data,
            caches,
            host,
            now_ns: 0,
            seed: 0,
            limits: Limits::default(),
            stop: None,
            strict_builtin_errors: false,
            indexes: true,
        }
    }
}

/// What an evaluation may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: one for each expression tried and each member walked, more for builtins that do more.
    pub steps: u64,
    /// Bytes of values made, all in all: an upper bound of what is held.
    pub bytes: u64,
    /// Rules and bodies inside of each other.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000_000,
            bytes: 512 << 20,
            depth: 250,
        }
    }
}

/// What goes wrong inside, boxed to keep results small.
pub(crate) type Result<T> = std::result::Result<T, Box<Error>>;

/// The state of one evaluation.
pub(crate) struct Machine<'a> {
    program: &'a Program,
    builtins: Context<'a>,
    world: World,
    data: &'a Data,
    /// Whether base documents are those of `data`, so that its indexes hold.
    is_data_original: bool,
    use_indexes: bool,
    host: &'a dyn Host,
    strict: bool,
    limits: Limits,
    /// Frames of the rules at work; operands of steps are relative to `base`.
    slots: Vec<Value>,
    base: usize,
    choices: Vec<run::Choice>,
    /// Members collected by the comprehensions at work.
    items: Vec<Value>,
    entries: Vec<(Value, Value)>,
    leaves: Vec<(Box<[Value]>, Value, bool)>,
    /// Worlds that are not in use.
    worlds: Vec<World>,
    /// Notes of what was read, if they were asked for.
    trace: Option<Box<Trace>>,
    /// How many comprehensions of the rule at hand are at work.
    collecting: u32,
    /// Where the result of the latest call comes from, if notes are taken.
    called: trace::Origin,
    result: Option<Value>,
    depth: u32,
    /// Steps until the next look at the limits.
    ticks: u32,
    source: &'a Source,
    span: Span,
    rule: Option<GroupId>,
}

/// What `with` can replace, and what was computed from it.
#[derive(Default)]
struct World {
    input: Option<Value>,
    data: Value,
    /// Paths that `with` has replaced: no rules are looked up below.
    replaced: Vec<Arc<[Value]>>,
    mocks: Vec<(MockTarget, Mock)>,
    rules: Vec<Memo>,
    closures: Vec<Option<Value>>,
    paths: Vec<Memo>,
    calls: Vec<Kept>,
}

impl World {
    /// Forgets what was computed, and makes room for what a program computes.
    fn prepare(&mut self, program: &Program, closures: u32) {
        self.rules.resize(program.groups.len(), Memo::Unknown);
        self.closures.resize(closures as usize, None);
        self.paths.resize(program.paths.len(), Memo::Unknown);
        self.calls.resize_with(program.kept as usize, Kept::default);
    }

    fn clear(&mut self) {
        self.input = None;
        self.data = Value::Null;
        self.replaced.clear();
        self.mocks.clear();
        self.rules.clear();
        self.closures.clear();
        self.paths.clear();
        self.calls.clear();
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum MockTarget {
    Rules(GroupId),
    Builtin(&'static str),
}

#[derive(Clone, Debug)]
enum Mock {
    Value(Value),
    Function(Callee),
}

/// What is known of a group's document.
#[derive(Clone, Debug, Default)]
enum Memo {
    #[default]
    Unknown,
    Running,
    Undefined,
    Value(Value),
}

/// Runs a query.
pub(crate) fn ask<'a>(
    program: &'a Program,
    query: &'a Query,
    evaluation: &Evaluation<'a>,
) -> Result<Vec<Bindings>> {
    let mut machine = Machine::new(program, evaluation);
    machine.world.prepare(program, query.closures);
    machine.source = &query.source;
    machine.slots.resize(query.slots, Value::Null);
    machine.run(&query.body)?;
    Ok(machine
        .items
        .iter()
        .map(|row| match row {
            Value::Array(row) => query
                .variables
                .iter()
                .zip(row.iter())
                .map(|((name, _), value)| (Arc::clone(name), value.clone()))
                .collect(),
            _ => Bindings::new(),
        })
        .collect())
}

/// Values inside of one value, shared ones counted as often as they stand in it.
const MAX_NODES: u32 = 1 << 26;

/// How deep a value may be: what goes through it needs that much stack.
const MAX_VALUE_DEPTH: u32 = 1_000;

/// Steps between two looks at the limits.
const TICKS: u32 = 256;

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a Program, evaluation: &Evaluation<'a>) -> Self {
        let mut builtins = Context::new(
            evaluation.caches,
            evaluation.host,
            evaluation.now_ns,
            evaluation.seed,
            evaluation.limits.steps,
        );
        builtins.let_bytes(evaluation.limits.bytes);
        if let Some(stop) = evaluation.stop {
            builtins = builtins.stopped_by(stop);
        }
        let mut scratch = Scratch::take();
        let mut world = scratch.worlds.pop().unwrap_or_default();
        world.prepare(program, program.closures);
        world.input.clone_from(&evaluation.input);
        world.data = evaluation.data.value().clone();
        Self {
            program,
            builtins,
            world,
            data: evaluation.data,
            is_data_original: true,
            use_indexes: evaluation.indexes && !evaluation.strict_builtin_errors,
            host: evaluation.host,
            strict: evaluation.strict_builtin_errors,
            limits: evaluation.limits,
            slots: scratch.slots,
            base: 0,
            choices: scratch.choices,
            items: scratch.items,
            entries: scratch.entries,
            leaves: Vec::new(),
            worlds: scratch.worlds,
            trace: None,
            collecting: 0,
            called: trace::Origin::Unknown,
            result: None,
            depth: 0,
            ticks: TICKS,
            source: Program::nowhere(),
            span: Span::default(),
            rule: None,
        }
    }

    fn error(&self, code: ErrorCode, message: impl Into<String>) -> Box<Error> {
        Box::new(Error::new(code, self.source, self.span, message))
    }

    fn limit(&self, message: &str) -> Box<Error> {
        let name = self
            .rule
            .and_then(|rule| self.program.groups.get(rule.0 as usize))
            .map_or("the query", |group| &*group.name);
        self.error(ErrorCode::Limit, format!("{name}: {message}"))
    }

    /// Pays for one step.
    #[inline]
    fn tick(&mut self) -> Result<()> {
        self.ticks -= 1;
        if self.ticks == 0 {
            return self.look_at_limits();
        }
        Ok(())
    }

    #[cold]
    fn look_at_limits(&mut self) -> Result<()> {
        self.ticks = TICKS;
        self.spend(u64::from(TICKS))
    }

    #[cold]
    fn spend(&mut self, steps: u64) -> Result<()> {
        self.builtins
            .spend(steps)
            .map_err(|error| self.limit(&error.message))
    }

    /// Notes that a value of so many bytes was made.
    #[inline]
    fn made(&mut self, bytes: usize) -> Result<()> {
        self.builtins
            .keep_bytes(bytes)
            .map_err(|error| self.limit(&error.message))
    }

    /// Refuses a value that is too large to be looked at as a whole, however much of it is shared.
    #[inline]
    fn checked(&mut self, value: Value) -> Result<Value> {
        if let Value::Array(_) | Value::Object(_) | Value::Set(_) = &value {
            let mut seen = 0;
            let measure = value.measure(&mut seen);
            if seen >= u64::from(TICKS) {
                self.spend(seen / 16)?;
            }
            if measure.nodes > MAX_NODES || measure.depth > MAX_VALUE_DEPTH {
                return Err(self.limit("a value is too large or too deep"));
            }
        }
        Ok(value)
    }

    #[inline]
    fn pay_for(&mut self, left: &Operand, right: &Operand) -> Result<()> {
        self.pay_to_compare(nodes(self.operand(left)).min(nodes(self.operand(right))))
    }

    /// Pays for comparing two values, if both are large: the stop is looked at, too.
    #[inline]
    fn pay_to_compare(&mut self, nodes: u64) -> Result<()> {
        if nodes >= u64::from(TICKS) {
            self.spend(nodes / 16)?;
        }
        Ok(())
    }

    /// What a builtin that failed means: the end, or an undefined call.
    #[cold]
    fn builtin_failed(&self, name: &str, error: &BuiltinError) -> Result<()> {
        match error.kind {
            BuiltinErrorKind::Halt => Err(self.limit(&format!("{name}: {error}"))),
            _ if self.strict => Err(self.error(error.code(), format!("{name}: {error}"))),
            _ => Ok(()),
        }
    }

    fn group(&self, id: GroupId) -> Result<&'a Group> {
        match self.program.groups.get(id.0 as usize) {
            Some(group) => Ok(group),
            None => Err(self.error(ErrorCode::Internal, "no such rule")),
        }
    }

    #[inline]
    fn operand<'s>(&'s self, operand: &'s Operand) -> &'s Value {
        match operand {
            Operand::Slot(slot) => self
                .slots
                .get(self.base + *slot as usize)
                .unwrap_or(&Value::Null),
            Operand::Const(value) => value,
        }
    }

    #[inline]
    fn set(&mut self, slot: u32, value: Value) {
        if let Some(place) = self.slots.get_mut(self.base + slot as usize) {
            *place = value;
        }
        if self.trace.is_some() {
            self.trace_slot(slot, trace::Origin::Unknown);
        }
    }

    /// Has what is read of the input noted.
    pub(crate) fn traced(mut self) -> Self {
        self.trace = Some(Box::default());
        self
    }
}

/// How much of a value a comparison may have to look at.
#[inline]
fn nodes(value: &Value) -> u64 {
    match value {
        Value::Array(_) | Value::Object(_) | Value::Set(_) => {
            u64::from(value.measure(&mut 0).nodes)
        }
        _ => 0,
    }
}
