//! `semver.*` and `uuid.*`.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, boolean,
    encoding::{decode_hex, hex},
    signature::{ANY, BOOLEAN, NUMBER, STRING, STRING_OBJECT},
};
use crate::{Object, Value};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("semver.is_valid", &[ANY], BOOLEAN, |_, x| {
        boolean(
            x.value(0)
                .as_str()
                .is_some_and(|text| Version::parse(text).is_some()),
        )
    }),
    Builtin::new("semver.compare", &[STRING, STRING], NUMBER, compare),
    Builtin {
        is_deterministic: false,
        ..Builtin::new("uuid.rfc4122", &[STRING], STRING, new_uuid)
    },
    Builtin::new("uuid.parse", &[STRING], STRING_OBJECT, parse_uuid),
];

/// A version by semver.org 2.0; a `v` may stand before it.
struct Version<'t> {
    numbers: [i64; 3],
    pre_release: &'t str,
}

impl<'t> Version<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, metadata) = cut(text, '+');
        if metadata.is_some_and(|metadata| !are_identifiers(metadata)) {
            return None;
        }
        let (text, pre_release) = cut(text, '-');
        if pre_release.is_some_and(|pre_release| {
            !are_identifiers(pre_release)
                || pre_release
                    .split('.')
                    .any(|part| part.len() > 1 && part.starts_with('0') && is_numeric(part))
        }) {
            return None;
        }
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let part = parts.next()?;
            if !is_numeric(part) || part.len() > 1 && part.starts_with('0') {
                return None;
            }
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Self {
            numbers,
            pre_release: pre_release.unwrap_or(""),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        if numbers.is_ne() || self.pre_release == other.pre_release {
            return numbers;
        }
        match (self.pre_release, other.pre_release) {
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => {
                let (mut left, mut right) = (a.split('.'), b.split('.'));
                loop {
                    match (left.next(), right.next()) {
                        (None, None) => return Ordering::Equal,
                        (None, Some(_)) => return Ordering::Less,
                        (Some(_), None) => return Ordering::Greater,
                        (Some(a), Some(b)) => {
                            let order = compare_parts(a, b);
                            if order.is_ne() {
                                return order;
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn are_identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

fn is_numeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Numbers stand before words; those beyond 64 bits count as the largest, as in OPA.
fn compare_parts(a: &str, b: &str) -> Ordering {
    match (is_numeric(a), is_numeric(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (true, true) => {
            let number = |text: &str| text.parse().unwrap_or(i64::MAX);
            number(a).cmp(&number(b))
        }
        (false, false) => a.cmp(b),
    }
}

fn compare(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let texts = (operands.string(0)?, operands.string(1)?);
    let version = |place: usize, text| {
        Version::parse(text).ok_or_else(|| {
            BuiltinError::failed(format!(
                "operand {place}: string {text:?} is not a valid SemVer"
            ))
        })
    };
    let order = version(1, texts.0)?.compare(&version(2, texts.1)?);
    Ok(Some(Value::from(order as i64)))
}

/// A random UUID, the same for the same operand within an evaluation.
fn new_uuid(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let key = operands.value(0).clone();
    Ok(Some(context.once("uuid.rfc4122", key, |context| {
        let bits = u128::from(context.random_bits()) << 64 | u128::from(context.random_bits());
        // Version 4, the variant of RFC 4122.
        let bits = bits & !(0xf << 76) & !(0xc << 60) | 4 << 76 | 0x8 << 60;
        Value::from(&*dashed(&bits.to_be_bytes()))
    })))
}

fn dashed(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
        .map(|(from, to)| part(from, to))
        .join("-")
}

/// The sixteen bytes of a UUID in one of its four spellings.
fn bytes_of(text: &str) -> Option<[u8; 16]> {
    let plain = match text.len() {
        32 => return decode_hex(text).ok()?.try_into().ok(),
        36 => text,
        // `urn:uuid:` in any case.
        45 => {
            let (prefix, rest) = text.split_at_checked(9)?;
            if !prefix.eq_ignore_ascii_case("urn:uuid:") {
                return None;
            }
            rest
        }
        // Braces, or whatever stands in their place.
        38 => text.get(1..37)?,
        _ => return None,
    };
    let bytes = plain.as_bytes();
    if [8, 13, 18, 23]
        .iter()
        .any(|at| bytes.get(*at) != Some(&b'-'))
    {
        return None;
    }
    let digits = plain.replace('-', "");
    decode_hex(&digits).ok()?.try_into().ok()
}

fn parse_uuid(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let Some(bytes) = bytes_of(operands.string(0)?) else {
        return Ok(None);
    };
    let bits = u128::from_be_bytes(bytes);
    let field = |shift: u32, width: u32| {
        i64::try_from(bits >> shift & ((1_u128 << width) - 1)).unwrap_or(0)
    };
    let version = field(76, 4);
    let variant = match field(61, 3) {
        0..=3 => "Reserved",
        4 | 5 => "RFC4122",
        6 => "Microsoft",
        _ => "Future",
    };
    let mut entries = vec![
        (Value::from("version"), Value::from(version)),
        (Value::from("variant"), Value::from(variant)),
    ];
    if matches!(version, 1 | 2) {
        let node = bytes.get(10..).unwrap_or_default();
        let first = node.first().copied().unwrap_or(0);
        let variables = match first & 3 {
            3 => "local:multicast",
            1 => "global:multicast",
            2 => "local:unicast",
            _ => "global:unicast",
        };
        let octets: Vec<String> = node.iter().map(|byte| format!("{byte:02x}")).collect();
        // Hundreds of nanoseconds since October 1582.
        let time = field(96, 32) | field(80, 16) << 32 | field(64, 12) << 48;
        let since_1970 = i128::from(time) - 0x01B2_1DD2_1381_4000;
        // Times outside of 64 bits wrap around, as in OPA.
        let low = since_1970.wrapping_mul(100).cast_unsigned() & u128::from(u64::MAX);
        let nanoseconds = u64::try_from(low).unwrap_or(0).cast_signed();
        entries.extend([
            (Value::from("time"), Value::from(nanoseconds)),
            (Value::from("nodeid"), Value::from(&*octets.join("-"))),
            (Value::from("macvariables"), Value::from(variables)),
            (Value::from("clocksequence"), Value::from(field(48, 14))),
        ]);
    }
    if version == 2 {
        let domain = match field(48, 8) {
            0 => "Person".to_owned(),
            1 => "Group".to_owned(),
            2 => "Org".to_owned(),
            other => format!("Domain{other}"),
        };
        entries.extend([
            (Value::from("id"), Value::from(field(96, 32))),
            (Value::from("domain"), Value::from(&*domain)),
        ]);
    }
    Ok(Some(Value::Object(Arc::new(Object::from_entries(entries)))))
}
