//! `net.cidr_merge`: the fewest networks that cover the same addresses.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::{
    super::{Answer, BuiltinError, Context},
    Network, unmapped,
};
use crate::{Set, Value};

/// The addresses from one to another, as numbers of 128 bits; IPv4 stands where IPv6 has it.
struct Range {
    first: u128,
    last: u128,
    /// The text of the one network it is, as long as it is that.
    text: Option<String>,
}

const MAPPED: u128 = 0xffff_0000_0000;

pub(super) fn merge(context: &mut Context<'_>, members: &[Value]) -> Answer {
    context.spend_values(members.len())?;
    // OPA takes IPv4 that is written as a network of IPv6 for something else than IPv4.
    let is_mapped = |member: &Value| {
        member
            .as_str()
            .filter(|text| text.contains(':'))
            .and_then(Network::parse)
            .is_some_and(|network| network.first.is_ipv4())
    };
    if members.len() > 1 && members.iter().any(is_mapped) {
        return Err(BuiltinError::halt(
            "a network of IPv4 is written as one of IPv6",
        ));
    }
    let mut ranges: Vec<Range> = members.iter().map(range).collect::<Result<_, _>>()?;
    ranges.sort_by(|a, b| a.last.cmp(&b.last).then(a.first.cmp(&b.first)));
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges.into_iter().rev() {
        match merged.last_mut() {
            // `range` ends before or where the last one does; do they touch?
            Some(above) if previous(above.first) <= range.last => {
                above.first = above.first.min(range.first);
                above.text = None;
            }
            _ => merged.push(range),
        }
    }
    let mut texts = Vec::new();
    for range in merged {
        match range.text {
            Some(text) => texts.push(Value::from(&*text)),
            None => cover(&range, &mut texts)?,
        }
    }
    context.spend_values(texts.len())?;
    Ok(Some(Value::Set(Arc::new(Set::from_members(texts)))))
}

/// The address before another; the first of each kind has none before it.
const fn previous(address: u128) -> u128 {
    if address == MAPPED || address == 0 {
        address
    } else {
        address - 1
    }
}

fn range(member: &Value) -> Result<Range, BuiltinError> {
    let Value::String(text) = member else {
        return Err(BuiltinError::failed("element must be string"));
    };
    let (network, text) = match text.parse::<IpAddr>().map(unmapped) {
        Ok(IpAddr::V4(address)) => {
            // An address alone stands for the network of its class.
            let prefix = match address.octets() {
                [..128, _, _, _] => 8,
                [128..192, _, _, _] => 16,
                [192..224, _, _, _] => 24,
                _ => {
                    return Err(BuiltinError::halt(format!(
                        "net.cidr_merge: {address} belongs to no network of class A, B or C"
                    )));
                }
            };
            let text = format!("{address}/{prefix}");
            let network = Network::parse(&text);
            (network, text)
        }
        Ok(IpAddr::V6(_)) => {
            return Err(BuiltinError::failed("IPv6 invalid: needs prefix length"));
        }
        Err(_) => {
            let network = Network::parse(text);
            let text = network.map_or_else(String::new, |network| {
                format!("{}/{}", network.first, network.prefix)
            });
            (network, text)
        }
    };
    let network = network.ok_or_else(|| {
        BuiltinError::failed(format!(
            "invalid CIDR address: {}",
            member.as_str().unwrap_or("")
        ))
    })?;
    Ok(Range {
        first: bits(network.first),
        last: bits(network.last()),
        text: Some(text),
    })
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => MAPPED | u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Writes the networks of a range, largest first from its start.
fn cover(range: &Range, texts: &mut Vec<Value>) -> Result<(), BuiltinError> {
    let is_v4 = |bits: u128| bits >> 32 == MAPPED >> 32;
    let mut first = range.first;
    loop {
        if is_v4(first) != is_v4(range.first) || is_v4(first) != is_v4(range.last) {
            return Err(BuiltinError::halt(
                "networks of IPv4 and IPv6 run into each other",
            ));
        }
        let mut size = if first == 0 {
            128
        } else {
            first.trailing_zeros()
        };
        let end = |size: u32| {
            let below = 1_u128.checked_shl(size).map_or(u128::MAX, |end| end - 1);
            first | below
        };
        while end(size) > range.last {
            size -= 1;
        }
        let text = if is_v4(first) {
            let low = u32::try_from(first & u128::from(u32::MAX)).unwrap_or(0);
            format!(
                "{}/{}",
                Ipv4Addr::from_bits(low),
                32_u32.saturating_sub(size)
            )
        } else {
            format!("{}/{}", Ipv6Addr::from_bits(first), 128 - size)
        };
        texts.push(Value::from(&*text));
        match end(size).checked_add(1) {
            Some(next) if end(size) < range.last => first = next,
            _ => return Ok(()),
        }
    }
}
