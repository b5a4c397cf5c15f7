//! What evaluations may cost.

use std::fmt;

/// Units of cost for evaluations, in the measure of the API server.
///
/// One budget serves all expressions of a policy; each of them may use up to [`Budget::PER_CALL`] of it.
pub struct Budget<'b> {
    remaining: u64,
    per_call: u64,
    spent: u64,
    interrupt: Option<&'b dyn Fn() -> bool>,
}

impl<'b> Budget<'b> {
    /// What one expression may cost.
    pub const PER_CALL: u64 = 1_000_000;
    /// What all expressions of a policy may cost for one request and binding.
    pub const POLICY: u64 = 10_000_000;
    /// What all match conditions of a policy may cost for one request.
    pub const MATCH_CONDITIONS: u64 = 2_500_000;

    /// A budget of so many units.
    pub fn new(units: u64) -> Self {
        Self {
            remaining: units,
            per_call: Self::PER_CALL,
            spent: 0,
            interrupt: None,
        }
    }

    /// The same with another limit for one expression.
    #[must_use]
    pub fn per_call(mut self, units: u64) -> Self {
        self.per_call = units;
        self
    }

    /// The same, asking from time to time whether to stop: because a deadline passed, for example.
    #[must_use]
    pub fn interrupted_by(mut self, interrupt: &'b dyn Fn() -> bool) -> Self {
        self.interrupt = Some(interrupt);
        self
    }

    /// What is left.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// What was used so far.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    pub(crate) fn call_limit(&self) -> u64 {
        self.per_call
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.is_some_and(|interrupt| interrupt())
    }

    /// Takes units; `false` if there were fewer.
    pub(crate) fn take(&mut self, units: u64) -> bool {
        self.spent = self.spent.saturating_add(units);
        let enough = units <= self.remaining;
        self.remaining = self.remaining.saturating_sub(units);
        enough
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("remaining", &self.remaining)
            .field("per_call", &self.per_call)
            .finish_non_exhaustive()
    }
}
