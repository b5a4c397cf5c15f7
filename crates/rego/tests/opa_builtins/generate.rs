//! Operands, made from the types that a builtin declares and from texts that mean something to it.

use std::{fmt::Write as _, sync::Arc};

use ringwall_rego::{
    Number, Object, Set, Value,
    builtins::{Builtin, Type},
};

use crate::corpus;

/// A value as Rego reads it; strings are escaped as in JSON.
pub(crate) fn literal(value: &Value) -> String {
    let mut out = String::new();
    write_literal(&mut out, value);
    out
}

fn write_literal(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => {
            // A byte order mark may not stand in a module.
            let text = serde_json::to_string(&**text).unwrap();
            out.push_str(&text.replace('\u{feff}', "\\ufeff"));
        }
        Value::Array(items) => write_list(out, items, "[", "]"),
        Value::Set(set) if set.members().is_empty() => out.push_str("set()"),
        Value::Set(set) => write_list(out, set.members(), "{", "}"),
        Value::Object(object) => {
            out.push('{');
            for (index, (key, value)) in object.entries().iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_literal(out, key);
                out.push_str(": ");
                write_literal(out, value);
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

fn write_list(out: &mut String, items: &[Value], open: &str, close: &str) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_literal(out, item);
    }
    out.push_str(close);
}

pub(crate) struct Generator<'b> {
    builtin: &'b Builtin,
    state: u64,
    /// Whole calls that mean something.
    calls: Vec<Vec<Value>>,
    /// Texts used in this call, so that operands have something in common.
    used: Vec<Value>,
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "5",
    "7",
    "10",
    "16",
    "64",
    "100",
    "-7",
    "1.0",
    "1.5",
    "0.5",
    "-0.5",
    "2.50",
    "0.1",
    "1e3",
    "1.5e-7",
    "123456.789",
    "1234567.5",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.3333333333333333333333",
    "-3.7",
    "1e20",
    "1e21",
    "0.000001",
    "99999999999",
    "4294967296",
    "2147483648",
    "-2147483649",
    "0.0",
    "1E5",
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "abc",
    "abcabc",
    "Hello, World",
    "foo.bar",
    "foo/bar",
    "é",
    "日本語",
    "aé日b",
    " a b ",
    "ABC",
    "\t x\n",
    "a,b,c",
    "1",
    "12",
    "true",
    "null",
    "{}",
    "\"",
    "\\",
    "a\u{0}b",
    "<&>",
    "😀",
    "ß",
    "İ",
    "ǆ",
    "..",
    "aaaa",
    "-",
    "%d",
];

impl<'b> Generator<'b> {
    pub(crate) fn new(builtin: &'b Builtin, seed: u64) -> Self {
        let state = builtin.name.bytes().fold(seed, |state, byte| {
            state.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        Self {
            builtin,
            state,
            calls: corpus::calls(builtin.name).unwrap_or_default(),
            used: Vec::new(),
        }
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    /// The operands of one call.
    pub(crate) fn operands(&mut self) -> Vec<Value> {
        self.used.clear();
        if !self.calls.is_empty() && !self.one_in(3) {
            let call = self.below(self.calls.len());
            let mut operands = self.calls[call].clone();
            if self.one_in(2) && corpus::may_change(self.builtin.name) {
                let index = self.below(operands.len());
                operands[index] = self.mutated(&operands[index].clone());
            }
            return operands;
        }
        let parameters = self.builtin.parameters;
        (0..parameters.len())
            .map(|index| {
                if self.one_in(25) {
                    return self.value(&Type::Any, index, 1);
                }
                self.value(&parameters[index], index, 0)
            })
            .collect()
    }

    /// The value, changed a little somewhere.
    fn mutated(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::from(&*self.mutated_text(text)),
            Value::Array(items) if !items.is_empty() => {
                let mut items = items.to_vec();
                let index = self.below(items.len());
                items[index] = self.mutated(&items[index].clone());
                Value::Array(items.into())
            }
            Value::Object(object) if !object.entries().is_empty() => {
                let mut entries = object.entries().to_vec();
                let index = self.below(entries.len());
                if self.one_in(4) {
                    entries.remove(index);
                } else {
                    entries[index].1 = self.mutated(&entries[index].1.clone());
                }
                Value::Object(Arc::new(Object::from_entries(entries)))
            }
            Value::Number(_) => self.value(&Type::Number, 0, 0),
            Value::Bool(value) => Value::Bool(!value),
            _ => self.value(&Type::Any, 0, 2),
        }
    }

    fn mutated_text(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(2) {
            let at = self.below(letters.len() + 1);
            match self.below(4) {
                0 if at < letters.len() => {
                    letters.remove(at);
                }
                1 => {
                    let letter = self.pick(TEXTS).chars().next().unwrap_or('x');
                    letters.insert(at, letter);
                }
                2 if at < letters.len() => {
                    let letter = letters[at];
                    letters.insert(at, letter);
                }
                _ if at < letters.len() && !letters.is_empty() => {
                    let other = self.below(letters.len());
                    letters.swap(at, other);
                }
                _ => {}
            }
        }
        letters.into_iter().collect()
    }

    fn text(&mut self, index: usize) -> Value {
        if !self.used.is_empty() && self.one_in(3) {
            let known = self.below(self.used.len());
            let value = self.used[known].clone();
            if let Some(text) = value.as_str()
                && self.one_in(2)
            {
                // A part of a text that was used before.
                let letters: Vec<char> = text.chars().collect();
                let start = self.below(letters.len() + 1);
                let end = start + self.below(letters.len() - start + 1);
                return Value::from(&*letters[start..end].iter().collect::<String>());
            }
            return value;
        }
        let texts = corpus::texts(self.builtin.name, index);
        let text = match texts {
            Some(texts) if !self.one_in(8) => self.pick(&texts).to_owned(),
            _ => self.pick(TEXTS).to_owned(),
        };
        let text = if self.one_in(4) && corpus::may_change(self.builtin.name) {
            self.mutated_text(&text)
        } else {
            text
        };
        let value = Value::from(&*text);
        self.used.push(value.clone());
        value
    }

    fn number(&mut self, index: usize) -> Value {
        if let Some(numbers) = corpus::numbers(self.builtin.name, index) {
            return Value::Number(self.pick(&numbers).parse::<Number>().unwrap());
        }
        if self.one_in(3) {
            return Value::from(i64::try_from(self.below(12)).unwrap() - 3);
        }
        Value::Number(self.pick(NUMBERS).parse::<Number>().unwrap())
    }

    fn list(&mut self, member: &Type, index: usize, depth: usize) -> Vec<Value> {
        let count = self.below(5);
        (0..count)
            .map(|_| {
                if self.one_in(20) {
                    self.value(&Type::Any, index, depth + 1)
                } else {
                    self.value(member, index, depth + 1)
                }
            })
            .collect()
    }

    fn value(&mut self, declared: &Type, index: usize, depth: usize) -> Value {
        match declared {
            Type::Null => Value::Null,
            Type::Boolean => Value::Bool(self.one_in(2)),
            Type::Number => self.number(index),
            Type::String => self.text(index),
            Type::Any => {
                let kinds = if depth > 2 { 4 } else { 7 };
                match self.below(kinds) {
                    0 if self.one_in(2) => Value::Null,
                    0 => Value::Bool(self.one_in(2)),
                    1 => self.number(index),
                    2 | 3 => self.text(index),
                    4 => Value::Array(self.list(&Type::Any, index, depth).into()),
                    5 => Value::Set(Arc::new(Set::from_members(self.list(
                        &Type::Any,
                        index,
                        depth,
                    )))),
                    _ => self.object(&[], Some((&Type::String, &Type::Any)), index, depth),
                }
            }
            Type::AnyOf(types) => {
                let one = self.below(types.len());
                self.value(&types[one], index, depth)
            }
            Type::Array { first, rest } => {
                let mut items: Vec<Value> = first
                    .iter()
                    .map(|one| self.value(one, index, depth + 1))
                    .collect();
                if let Some(rest) = rest {
                    items.extend(self.list(rest, index, depth));
                }
                Value::Array(items.into())
            }
            Type::Set(member) => {
                Value::Set(Arc::new(Set::from_members(self.list(member, index, depth))))
            }
            Type::Object { members, rest } => self.object(members, *rest, index, depth),
        }
    }

    fn object(
        &mut self,
        members: &[(&'static str, Type)],
        rest: Option<(&Type, &Type)>,
        index: usize,
        depth: usize,
    ) -> Value {
        let mut entries: Vec<(Value, Value)> = members
            .iter()
            .map(|(key, one)| (Value::from(*key), self.value(one, index, depth + 1)))
            .collect();
        if let Some((key, value)) = rest {
            for _ in 0..self.below(4) {
                let key = if matches!(key, Type::Any) && !self.one_in(6) {
                    Value::from(self.pick(&["a", "b", "c", "d", "key"]))
                } else {
                    self.value(key, index, depth + 1)
                };
                entries.push((key, self.value(value, index, depth + 1)));
            }
        }
        Value::Object(Arc::new(Object::from_entries(entries)))
    }
}
