//! Networks in CIDR notation.

mod merge;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, boolean,
    operands::wrong_type,
    signature::{ANY, ARRAY, BOOLEAN, STRING, STRING_LIST, STRING_SET, Type, array, object, tuple},
};
use crate::{Number, Set, Value};

const NETWORK: Type = Type::AnyOf(&[STRING, ARRAY]);
const NETWORKS: Type = Type::AnyOf(&[
    STRING,
    array(&NETWORK),
    object(&STRING, &NETWORK),
    Type::Set(&NETWORK),
]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("net.cidr_overlap", &[STRING, STRING], BOOLEAN, |_, x| {
        boolean(contains(x.value(0), x.value(1))?)
    })
    .deprecated(),
    Builtin::new("net.cidr_contains", &[STRING, STRING], BOOLEAN, |_, x| {
        boolean(contains(x.value(0), x.value(1))?)
    }),
    Builtin::new("net.cidr_intersects", &[STRING, STRING], BOOLEAN, |_, x| {
        let (a, b) = (Network::of(x.value(0))?, Network::of(x.value(1))?);
        boolean(a.contains(b.first) || b.contains(a.first))
    }),
    Builtin::new(
        "net.cidr_contains_matches",
        &[NETWORKS, NETWORKS],
        Type::Set(&tuple(&[ANY, ANY])),
        contains_matches,
    ),
    Builtin::new("net.cidr_expand", &[STRING], STRING_SET, expand),
    Builtin::new(
        "net.cidr_merge",
        &[STRING_LIST],
        STRING_SET,
        |c, x| match x.members(0, &[]) {
            Ok(members) => merge::merge(c, members),
            Err(_) => Err(BuiltinError::failed("operand must be an array")),
        },
    ),
    Builtin::new("net.cidr_is_valid", &[STRING], BOOLEAN, |_, x| {
        boolean(
            x.value(0)
                .as_str()
                .is_some_and(|text| Network::parse(text).is_some()),
        )
    }),
];

/// A network: its first address and the length of its prefix. IPv4 within IPv6 counts as IPv4.
#[derive(Clone, Copy, Debug)]
struct Network {
    first: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `address/length`.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        if length.is_empty() || !length.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = length.trim_start_matches('0');
        let prefix = if significant.is_empty() {
            0
        } else {
            significant.parse().ok()?
        };
        match address {
            IpAddr::V4(address) => {
                let mask = mask_v4(prefix)?;
                Some(Self {
                    first: Ipv4Addr::from_bits(address.to_bits() & mask).into(),
                    prefix,
                })
            }
            IpAddr::V6(address) => {
                let first = Ipv6Addr::from_bits(address.to_bits() & mask_v6(prefix)?);
                Some(match (first.to_ipv4_mapped(), prefix.checked_sub(96)) {
                    (Some(first), Some(prefix)) => Self {
                        first: first.into(),
                        prefix,
                    },
                    _ => Self {
                        first: first.into(),
                        prefix,
                    },
                })
            }
        }
    }

    fn of(value: &Value) -> Result<Self, BuiltinError> {
        let text = string(value)?;
        Self::parse(text)
            .ok_or_else(|| BuiltinError::failed(format!("invalid CIDR address: {text}")))
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.first, unmapped(address)) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                mask_v4(self.prefix).is_some_and(|mask| address.to_bits() & mask == first.to_bits())
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                mask_v6(self.prefix).is_some_and(|mask| address.to_bits() & mask == first.to_bits())
            }
            _ => false,
        }
    }

    fn last(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => {
                Ipv4Addr::from_bits(first.to_bits() | !mask_v4(self.prefix).unwrap_or(u32::MAX))
                    .into()
            }
            IpAddr::V6(first) => {
                Ipv6Addr::from_bits(first.to_bits() | !mask_v6(self.prefix).unwrap_or(u128::MAX))
                    .into()
            }
        }
    }
}

/// IPv4 that is written as IPv6, as IPv4.
fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn mask_v4(prefix: u32) -> Option<u32> {
    match prefix {
        0 => Some(0),
        1..=32 => u32::MAX.checked_shl(32 - prefix),
        _ => None,
    }
}

fn mask_v6(prefix: u32) -> Option<u128> {
    match prefix {
        0 => Some(0),
        1..=128 => u128::MAX.checked_shl(128 - prefix),
        _ => None,
    }
}

fn string(value: &Value) -> Result<&str, BuiltinError> {
    value
        .as_str()
        .ok_or_else(|| wrong_type(0, value, &["string"]))
}

/// Whether a network has all of an address or of another network.
fn contains(network: &Value, inner: &Value) -> Result<bool, BuiltinError> {
    let network = Network::of(network)?;
    let text = string(inner)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(network.contains(address));
    }
    let inner = Network::parse(text).ok_or_else(|| {
        BuiltinError::failed(format!(
            "not a valid textual representation of an IP address or CIDR: {text}"
        ))
    })?;
    if let (IpAddr::V6(_), IpAddr::V6(_)) = (network.first, inner.first) {
        return Ok(network.prefix <= inner.prefix && network.contains(inner.first));
    }
    Ok(network.contains(inner.first) && network.contains(inner.last()))
}

/// A network, or the first member of an array.
fn network_in(member: &Value) -> Option<&Value> {
    match member {
        Value::String(_) => Some(member),
        Value::Array(items) => items.first(),
        _ => None,
    }
}

/// A network and what names it: an index, a key, or the member itself.
type Named<'v> = (Result<&'v Value, BuiltinError>, Value);

/// The networks in an operand; nothing if it cannot hold any.
fn named(operand: usize, value: &Value) -> Vec<Named<'_>> {
    let network = |member| {
        network_in(member).ok_or_else(|| {
            BuiltinError::failed(format!(
                "operand {operand}: element must be string or non-empty array"
            ))
        })
    };
    match value {
        Value::String(_) => vec![(Ok(value), value.clone())],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (network(item), Value::Number(Number::from_count(index))))
            .collect(),
        Value::Set(set) => set
            .members()
            .iter()
            .map(|member| (network(member), member.clone()))
            .collect(),
        Value::Object(object) => object
            .entries()
            .iter()
            .map(|(key, value)| (network(value), key.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

/// Which networks of the first operand have which of the second. Nothing is read before it is needed.
fn contains_matches(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut pairs = Vec::new();
    for (outer, outer_name) in named(1, operands.value(0)) {
        let outer = outer?;
        for (inner, inner_name) in named(2, operands.value(1)) {
            context.spend(1)?;
            if contains(outer, inner?)? {
                context.make_values(3)?;
                pairs.push(Value::Array([outer_name.clone(), inner_name].into()));
            }
        }
    }
    Ok(Some(Value::Set(Arc::new(Set::from_members(pairs)))))
}

/// All addresses of a network.
fn expand(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let text = operands.string(0)?;
    let network = Network::parse(text)
        .ok_or_else(|| BuiltinError::failed(format!("invalid CIDR address: {text}")))?;
    let mut addresses = Vec::new();
    let mut push = |address: IpAddr| {
        addresses.push(Value::from(&*address.to_string()));
        context.make_values(4)
    };
    match (network.first, network.last()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            for bits in first.to_bits()..=last.to_bits() {
                push(Ipv4Addr::from_bits(bits).into())?;
            }
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            for bits in first.to_bits()..=last.to_bits() {
                push(Ipv6Addr::from_bits(bits).into())?;
            }
        }
        _ => {}
    }
    Ok(Some(Value::Set(Arc::new(Set::from_members(addresses)))))
}
