//! What a builtin may use besides its operands: all of it handed in.

use std::collections::BTreeMap;

use super::{Answer, BuiltinError, caches::Caches};
use crate::Value;

/// The outside, as far as policies may reach it.
///
/// Builtins that need it (`http.send`, `net.lookup_ip_addr`, `opa.runtime`, `external_data`, `parse_config` and its
/// kin) are refused when a module is loaded, unless the host allows them by name.
pub trait Host: Sync {
    /// Whether modules that call the builtin may be loaded.
    fn allows(&self, builtin: &str) -> bool;

    /// Answers a call of a builtin that is allowed.
    fn call(&self, builtin: &str, operands: &[Value]) -> Answer;

    /// Takes a line of `print` or a note of `trace`.
    fn note(&self, _text: &str) {}
}

/// A host that allows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn allows(&self, _builtin: &str) -> bool {
        false
    }

    fn call(&self, builtin: &str, _operands: &[Value]) -> Answer {
        Err(BuiltinError::halt(format!("{builtin} is not allowed")))
    }
}

/// Steps between two questions whether to stop: a small part of a millisecond, and long beside the question.
const STEPS_UNASKED: u64 = 4096;

/// The surroundings of one evaluation.
pub struct Context<'a> {
    /// Compiled patterns, shared between evaluations.
    pub(super) caches: &'a Caches,
    /// The outside.
    pub(super) host: &'a dyn Host,
    /// The time of the evaluation, in nanoseconds since 1970.
    pub(super) now_ns: i64,
    /// Steps that are left.
    steps: u64,
    stop: Option<&'a dyn Fn() -> bool>,
    /// With how many steps left it is asked next.
    asks_at: u64,
    random: u64,
    /// Answers that stay the same within an evaluation, by builtin and operands.
    answers: BTreeMap<(&'static str, Value), Value>,
}

impl<'a> Context<'a> {
    /// Surroundings for one evaluation at a time of so many nanoseconds since 1970, with a seed for
    /// `rand.intn` and `uuid.rfc4122` and a number of steps that may be spent.
    pub fn new(caches: &'a Caches, host: &'a dyn Host, now_ns: i64, seed: u64, steps: u64) -> Self {
        Self {
            caches,
            host,
            now_ns,
            steps,
            stop: None,
            asks_at: 0,
            random: seed,
            answers: BTreeMap::new(),
        }
    }

    /// Lets somebody end the evaluation, who is asked now and then, and first of all.
    #[must_use]
    pub fn stopped_by(mut self, stop: &'a dyn Fn() -> bool) -> Self {
        self.stop = Some(stop);
        self.asks_at = u64::MAX;
        self
    }

    /// The steps that are left.
    pub const fn steps_left(&self) -> u64 {
        self.steps
    }

    /// Pays for work: about one step for a value looked at or made, or for 64 bytes of text.
    #[inline]
    pub fn spend(&mut self, steps: u64) -> Result<(), BuiltinError> {
        let Some(rest) = self.steps.checked_sub(steps) else {
            self.steps = 0;
            return Err(BuiltinError::halt("the evaluation took too many steps"));
        };
        self.steps = rest;
        if rest > self.asks_at {
            return Ok(());
        }
        self.ask()
    }

    #[cold]
    fn ask(&mut self) -> Result<(), BuiltinError> {
        self.asks_at = self.steps.saturating_sub(STEPS_UNASKED);
        if self.stop.is_some_and(|stop| stop()) {
            return Err(BuiltinError::halt("the evaluation was stopped"));
        }
        Ok(())
    }

    /// Pays for a number of values.
    pub(super) fn spend_values(&mut self, count: usize) -> Result<(), BuiltinError> {
        self.spend(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Pays for a number of bytes.
    pub(super) fn spend_bytes(&mut self, count: usize) -> Result<(), BuiltinError> {
        self.spend(u64::try_from(count / 64).unwrap_or(u64::MAX))
    }

    /// The next random bits (SplitMix64, as by Steele, Lea and Flood 2014).
    pub(super) fn random_bits(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// An answer given earlier in this evaluation, or a new one that is kept.
    pub(super) fn once(
        &mut self,
        builtin: &'static str,
        operands: Value,
        make: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let key = (builtin, operands);
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let answer = make(self);
        self.answers.insert(key, answer.clone());
        answer
    }
}
