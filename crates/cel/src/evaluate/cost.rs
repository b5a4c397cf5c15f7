//! What calls cost: the reference interpreter's measure, and the API server's for its own library.
//!
//! See: <https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#CostEstimator>

use crate::{
    library::{Cost, Pattern},
    program::Call,
    value::Value,
};

/// A tenth for each character that is passed over, rounded up.
fn traversal(size: u64) -> u64 {
    size.div_ceil(10)
}

/// A quarter for each character of a pattern, rounded up.
fn pattern_cost(size: u64) -> u64 {
    size.div_ceil(4)
}

/// Whether the cost of a call depends on what comes out.
pub(super) fn needs_result(call: &Call) -> bool {
    call.candidates
        .first()
        .is_some_and(|candidate| matches!(candidate.function.cost, Cost::Joined | Cost::ListResult))
}

/// What a call costs, given what it was called with and what came out.
pub(super) fn of_call(call: &Call, arguments: &[Value<'_>], result: Option<&Value<'_>>) -> u64 {
    let Some(function) = call.candidates.first().map(|candidate| candidate.function) else {
        return 1;
    };
    if !call.is_unique && !function.cost.is_by_name() {
        return 1;
    }
    let size = |index: usize| arguments.get(index).map_or(1, Value::cost_size);
    match function.cost {
        Cost::Fixed(units) => units,
        Cost::Prefix => traversal(size(1)),
        Cost::InList => size(1),
        Cost::Smaller => traversal(size(0).min(size(1))),
        Cost::Equality => match arguments.first() {
            Some(Value::Opaque(_)) => 1,
            _ => traversal(size(0).min(size(1))),
        },
        Cost::Sum => traversal(size(0).saturating_add(size(1))),
        Cost::Contains => traversal(size(0)).saturating_mul(traversal(size(1))),
        Cost::Pattern => traversal(size(0).saturating_add(1)).saturating_mul(pattern_cost(size(1))),
        Cost::Text | Cost::Scan => traversal(size(0)),
        Cost::ScanTwice => size(0).saturating_mul(2).div_ceil(10),
        Cost::Joined => result
            .map_or(1, Value::cost_size)
            .saturating_mul(2)
            .div_ceil(10),
        Cost::Tree => arguments.first().map_or(0, tree),
        Cost::ContainsIp => {
            let parse = match arguments.get(1) {
                Some(Value::String(_)) if call.is_unique => traversal(size(1)),
                _ => 0,
            };
            size(0).saturating_mul(2).div_ceil(10) + parse
        }
        Cost::ContainsCidr => {
            let parse = match arguments.get(1) {
                Some(Value::String(_)) if call.is_unique => traversal(size(1)),
                _ => 0,
            };
            size(0).saturating_mul(2).div_ceil(10) + traversal(size(0)) + 1 + parse
        }
        Cost::Validate => match arguments.first() {
            Some(Value::Opaque(crate::value::Opaque::Format(format))) => {
                traversal(size(1).saturating_add(1))
                    .saturating_mul(pattern_cost(format.pattern_size as u64))
            }
            _ => 1,
        },
        Cost::Selector => 10 + traversal(size(1)) + size(1).saturating_mul(50).div_ceil(2),
        Cost::ListResult => 11 + result.map_or(1, Value::cost_size),
        Cost::Flatten => {
            let depth = match arguments.get(1) {
                Some(Value::Int(depth)) => u64::try_from(*depth).unwrap_or(0),
                _ => 1,
            };
            11_u64.saturating_add(size(0).saturating_mul(depth))
        }
        Cost::CompareAll(index) => compare_all(arguments.get(index)),
        Cost::Sets(factor) => 1 + size(0).saturating_mul(size(1)).saturating_mul(factor),
    }
}

/// What a call with a compiled pattern costs, over a text of so many characters.
pub(super) fn of_match(size: u64, pattern: &Pattern) -> u64 {
    traversal(size.saturating_add(1)).saturating_mul(pattern_cost(pattern.size()))
}

/// Comparing all elements of a list with each other.
fn compare_all(list: Option<&Value<'_>>) -> u64 {
    let Some(Value::List(list)) = list else {
        return 1;
    };
    let size = list.len() as u64;
    let pairs = size.saturating_mul(size);
    let text = matches!(list.get(0), Some(Value::String(_) | Value::Bytes(_)));
    let compared = pairs.saturating_mul(2);
    11_u64
        .saturating_add(compared)
        .saturating_add(if text { pairs / 10 } else { 0 })
}

/// Passing over a value and all that is in it.
fn tree(value: &Value<'_>) -> u64 {
    let mut left = MAX_PASSED;
    // What is too large to pass over costs more than anything may cost.
    below(value, &mut left).unwrap_or(u64::MAX)
}

/// Values passed over to tell a cost. Lists may hold the same list many times over.
const MAX_PASSED: u32 = 2_000_000;

fn below(value: &Value<'_>, left: &mut u32) -> Option<u64> {
    *left = left.checked_sub(1)?;
    Some(match value {
        Value::String(text) => text.len() as u64 / 10,
        Value::Bytes(bytes) => bytes.len() as u64 / 10,
        Value::List(list) => {
            let mut sum = 0_u64;
            for element in list.iter() {
                sum = sum.saturating_add(below(&element, left)?);
            }
            sum
        }
        Value::Map(map) => {
            let mut sum = 0_u64;
            for (key, value) in map.iter() {
                sum = sum
                    .saturating_add(below(&key, left)?)
                    .saturating_add(below(&value, left)?);
            }
            sum
        }
        _ => 1,
    })
}
