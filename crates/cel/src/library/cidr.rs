//! Networks.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{
    Cost, Function, Implementation,
    ip::{Ip, is_mapped},
};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cidr",
        overloads: &["(string) -> CIDR"],
        call: cidr,
        cost: Cost::Scan,
    },
    Function {
        name: "isCIDR",
        overloads: &["(string) -> bool"],
        call: is_cidr,
        cost: Cost::Scan,
    },
    Function {
        name: "containsIP",
        overloads: &["CIDR.(string) -> bool", "CIDR.(IP) -> bool"],
        call: contains_ip,
        cost: Cost::ContainsIp,
    },
    Function {
        name: "containsCIDR",
        overloads: &["CIDR.(string) -> bool", "CIDR.(CIDR) -> bool"],
        call: contains_cidr,
        cost: Cost::ContainsCidr,
    },
    function("ip", &["CIDR.() -> IP"], address),
    function("prefixLength", &["CIDR.() -> int"], prefix_length),
    function("masked", &["CIDR.() -> CIDR"], masked),
    function("string", &["(CIDR) -> string"], to_text),
];

const fn function(
    name: &'static str,
    overloads: &'static [&'static str],
    call: Implementation,
) -> Function {
    Function {
        name,
        overloads,
        call,
        cost: Cost::Fixed(1),
    }
}

/// A network: an address, and how many of its first bits name the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Reads a network, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = || text.chars().take(100).collect::<String>();
        let wrong = || {
            format!(
                "network address parse error during conversion from string: {:?}",
                shown()
            )
        };
        let (address, bits) = text.rsplit_once('/').ok_or_else(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        if let IpAddr::V6(address) = &address
            && is_mapped(address)
        {
            return Err(format!(
                "IPv4-mapped IPv6 address {:?} is not allowed",
                shown()
            ));
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        let is_plain = bits.bytes().all(|byte| byte.is_ascii_digit())
            && (bits.len() == 1 || !bits.starts_with('0'));
        let bits: u8 = bits.parse().map_err(|_| wrong())?;
        if !is_plain || bits > most {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }

    pub(crate) fn prefix_bytes(self) -> usize {
        usize::from(self.bits).div_ceil(8)
    }

    fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && self.masked()
                == Self {
                    address,
                    bits: self.bits,
                }
                .masked()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

fn value<'a>(network: Cidr) -> Value<'a> {
    Value::Opaque(Opaque::Cidr(network))
}

fn cidr<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Cidr::parse(text).map(value).map_err(EvalError::argument),
        _ => Err(EvalError::overload()),
    }
}

fn is_cidr<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::Bool(Cidr::parse(text).is_ok())),
        _ => Err(EvalError::overload()),
    }
}

fn contains_ip<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (network, ip) = match arguments {
        [
            Value::Opaque(Opaque::Cidr(network)),
            Value::Opaque(Opaque::Ip(ip)),
        ] => (network, *ip),
        [Value::Opaque(Opaque::Cidr(network)), Value::String(text)] => {
            (network, Ip::parse(text).map_err(EvalError::argument)?)
        }
        _ => return Err(EvalError::overload()),
    };
    Ok(Value::Bool(network.contains(ip.0)))
}

fn contains_cidr<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (network, other) = match arguments {
        [
            Value::Opaque(Opaque::Cidr(network)),
            Value::Opaque(Opaque::Cidr(other)),
        ] => (network, *other),
        [Value::Opaque(Opaque::Cidr(network)), Value::String(text)] => {
            (network, Cidr::parse(text).map_err(EvalError::argument)?)
        }
        _ => return Err(EvalError::overload()),
    };
    Ok(Value::Bool(
        network.bits <= other.bits && network.contains(other.address),
    ))
}

fn receiver(arguments: &[Value<'_>]) -> Result<Cidr, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Cidr(network))] => Ok(*network),
        _ => Err(EvalError::overload()),
    }
}

fn address<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Opaque(Opaque::Ip(Ip(receiver(arguments)?.address))))
}

fn prefix_length<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(receiver(arguments)?.bits.into()))
}

fn masked<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(value(receiver(arguments)?.masked()))
}

fn to_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.to_string()))
}
