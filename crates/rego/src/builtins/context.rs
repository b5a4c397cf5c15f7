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
    /// Bytes of values that may still be made.
    bytes: u64,
    /// Those of them that the builtin at work has made so far.
    in_call: u64,
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
            bytes: u64::MAX,
            in_call: 0,
            stop: None,
            asks_at: 0,
            random: seed,
            answers: BTreeMap::new(),
        }
    }

    /// Lets values of no more than so many bytes be made from now on.
    pub(crate) const fn let_bytes(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// The bytes of values that may still be made.
    pub(crate) const fn bytes_left(&self) -> u64 {
        self.bytes
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

    /// Pays for a whole number of so many bits that is read from its digits or written: nothing for ordinary ones,
    /// and by the square of their length for long ones, as that is what it takes.
    pub(super) fn spend_bits(&mut self, bits: u64) -> Result<(), BuiltinError> {
        let words = bits / 64;
        self.spend(words.saturating_mul(words) / 16)
    }

    /// Pays for a number of bytes that are made within a call.
    ///
    /// What of them is held when the call is over is [kept](Self::keep_bytes) besides; the rest is free again.
    pub(super) fn make_bytes(&mut self, count: usize) -> Result<(), BuiltinError> {
        self.spend_bytes(count)?;
        self.in_call = self.in_call.saturating_add(count as u64);
        if self.in_call > self.bytes {
            return Err(too_much_memory());
        }
        Ok(())
    }

    /// Pays for a number of values that are made within a call.
    pub(super) fn make_values(&mut self, count: usize) -> Result<(), BuiltinError> {
        self.spend_values(count)?;
        self.make_bytes(count.saturating_mul(size_of::<Value>()))
    }

    /// Begins a call: nothing of it is made yet.
    #[inline]
    pub(crate) const fn begin_call(&mut self) {
        self.in_call = 0;
    }

    /// Notes that a value of so many bytes is held.
    #[inline]
    pub(crate) fn keep_bytes(&mut self, count: usize) -> Result<(), BuiltinError> {
        self.bytes = (self.bytes.checked_sub(count as u64)).ok_or_else(too_much_memory)?;
        Ok(())
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

#[cold]
fn too_much_memory() -> BuiltinError {
    BuiltinError::halt("the evaluation needs too much memory")
}
