//! Addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use super::{Cost, Function, Implementation};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "ip",
        overloads: &["(string) -> IP"],
        call: ip,
        cost: Cost::Scan,
    },
    Function {
        name: "isIP",
        overloads: &["(string) -> bool"],
        call: is_ip,
        cost: Cost::Scan,
    },
    Function {
        name: "ip.isCanonical",
        overloads: &["(string) -> bool"],
        call: is_canonical,
        cost: Cost::ScanTwice,
    },
    function("string", &["(IP) -> string"], to_text),
    function("family", &["IP.() -> int"], family),
    function("isUnspecified", &["IP.() -> bool"], is_unspecified),
    function("isLoopback", &["IP.() -> bool"], is_loopback),
    function(
        "isLinkLocalMulticast",
        &["IP.() -> bool"],
        is_link_local_multicast,
    ),
    function(
        "isLinkLocalUnicast",
        &["IP.() -> bool"],
        is_link_local_unicast,
    ),
    function("isGlobalUnicast", &["IP.() -> bool"], is_global_unicast),
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

/// An address without a zone, and not one of version 4 in the clothes of version 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(pub(super) IpAddr);

impl Ip {
    /// Reads an address, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = || text.chars().take(100).collect::<String>();
        if text.contains('%') && text.contains(':') {
            return Err(format!(
                "IP address {:?} with zone value is not allowed",
                shown()
            ));
        }
        match text.parse() {
            Ok(IpAddr::V6(address)) if is_mapped(&address) => Err(format!(
                "IPv4-mapped IPv6 address {:?} is not allowed",
                shown()
            )),
            Ok(address) => Ok(Self(address)),
            Err(_) => Err(format!(
                "IP Address {:?} parse error during conversion from string",
                shown()
            )),
        }
    }

    pub(crate) fn byte_length(self) -> usize {
        match self.0 {
            IpAddr::V4(_) => 4,
            IpAddr::V6(_) => 16,
        }
    }

    fn is_link_local_unicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local(),
        }
    }

    fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
            IpAddr::V6(address) => {
                let first = address.segments().first().copied().unwrap_or(0);
                first & 0xff0f == 0xff02
            }
        }
    }

    fn is_global_unicast(self) -> bool {
        let is_broadcast = matches!(self.0, IpAddr::V4(address) if address.is_broadcast());
        !is_broadcast
            && !self.0.is_unspecified()
            && !self.0.is_loopback()
            && !self.0.is_multicast()
            && !self.is_link_local_unicast()
    }
}

pub(super) fn is_mapped(address: &Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn ip<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ip::parse(text)
            .map(|ip| Value::Opaque(Opaque::Ip(ip)))
            .map_err(EvalError::argument),
        _ => Err(EvalError::overload()),
    }
}

fn is_ip<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::Bool(Ip::parse(text).is_ok())),
        _ => Err(EvalError::overload()),
    }
}

fn is_canonical<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => {
            let ip = Ip::parse(text).map_err(EvalError::argument)?;
            Ok(Value::Bool(ip.to_string() == **text))
        }
        _ => Err(EvalError::overload()),
    }
}

fn receiver(arguments: &[Value<'_>]) -> Result<Ip, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Ip(ip))] => Ok(*ip),
        _ => Err(EvalError::overload()),
    }
}

fn to_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.to_string()))
}

fn family<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(match receiver(arguments)?.0 {
        IpAddr::V4(_) => 4,
        IpAddr::V6(_) => 6,
    }))
}

fn is_unspecified<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(receiver(arguments)?.0.is_unspecified()))
}

fn is_loopback<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(receiver(arguments)?.0.is_loopback()))
}

fn is_link_local_multicast<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(receiver(arguments)?.is_link_local_multicast()))
}

fn is_link_local_unicast<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(receiver(arguments)?.is_link_local_unicast()))
}

fn is_global_unicast<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(receiver(arguments)?.is_global_unicast()))
}
