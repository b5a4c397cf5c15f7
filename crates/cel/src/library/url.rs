//! URLs, as Go's `net/url` reads them.
//!
//! See: <https://pkg.go.dev/net/url>

use std::{
    fmt::{self, Write},
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::{Cost, Function, Implementation};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "url",
        overloads: &["(string) -> URL"],
        call: url,
        cost: Cost::Scan,
    },
    function("isURL", &["(string) -> bool"], is_url),
    function("getScheme", &["URL.() -> string"], scheme),
    function("getHost", &["URL.() -> string"], host),
    function("getHostname", &["URL.() -> string"], hostname),
    function("getPort", &["URL.() -> string"], port),
    function("getEscapedPath", &["URL.() -> string"], escaped_path),
    function("getQuery", &["URL.() -> map<string, list<string>>"], query),
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

/// A URL with a scheme, or an absolute path.
#[derive(Clone, Debug, Default)]
pub struct Url {
    scheme: String,
    opaque: String,
    user: Option<String>,
    host: String,
    has_authority: bool,
    /// Between host and `?`, escaped.
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl Url {
    /// Reads a URL, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The question whether it is one, and its parts, come from two different readings.
        Self::without_fragment(text, true)?;
        let (before, fragment) = match text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (text, None),
        };
        let mut url = Self::without_fragment(before, false)?;
        if let Some(fragment) = fragment {
            unescape(fragment, Part::Other)?;
            url.fragment = Some(fragment.to_owned());
        }
        Ok(url)
    }

    /// Whether Go's `ParseRequestURI` takes it.
    pub(super) fn check(text: &str) -> Result<(), String> {
        Self::without_fragment(text, true).map(|_| ())
    }

    fn without_fragment(text: &str, is_request: bool) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text.is_empty() && is_request {
            return Err("empty url".to_owned());
        }
        if text == "*" {
            return Ok(Self {
                path: "*".to_owned(),
                ..Self::default()
            });
        }
        let (scheme, rest) = split_scheme(text)?;
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            ..Self::default()
        };
        let mut rest = match rest.split_once('?') {
            Some((before, query)) => {
                url.query = Some(query.to_owned());
                before
            }
            None => rest,
        };
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if is_request {
                return Err("invalid URI for request".to_owned());
            }
            let first = rest.split('/').next().unwrap_or_default();
            if first.contains(':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if (!url.scheme.is_empty() || (!is_request && !rest.starts_with("///")))
            && let Some(after) = rest.strip_prefix("//")
        {
            let length = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(length);
            url.authority(authority)?;
            rest = path;
        }
        unescape(rest, Part::Other)?;
        rest.clone_into(&mut url.path);
        Ok(url)
    }

    fn authority(&mut self, authority: &str) -> Result<(), String> {
        self.has_authority = true;
        let host = match authority.rsplit_once('@') {
            Some((user, host)) => {
                let is_valid = user.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
                });
                if !is_valid {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                unescape(user, Part::Other)?;
                self.user = Some(user.to_owned());
                host
            }
            None => authority,
        };
        self.host = parse_host(&self.scheme, host)?;
        Ok(())
    }

    fn hostname(&self) -> &str {
        let host = match self.port_start() {
            Some(colon) => self.host.get(..colon).unwrap_or_default(),
            None => &self.host,
        };
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    fn port(&self) -> &str {
        self.port_start()
            .and_then(|colon| self.host.get(colon + 1..))
            .unwrap_or_default()
    }

    /// Where the colon before a port is.
    fn port_start(&self) -> Option<usize> {
        let colon = self.host.rfind(':')?;
        is_optional_port(self.host.get(colon..)?).then_some(colon)
    }

    fn escaped_path(&self) -> String {
        let is_encoded = self
            .path
            .bytes()
            .all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || !path_must_escape(byte));
        if is_encoded || self.path == "*" {
            return self.path.clone();
        }
        let Ok(plain) = unescape(&self.path, Part::Other) else {
            return self.path.clone();
        };
        let mut escaped = String::new();
        for byte in plain {
            if path_must_escape(byte) {
                let _ = write!(escaped, "%{byte:02X}");
            } else {
                escaped.push(char::from(byte));
            }
        }
        escaped
    }

    /// Keys and values of the query; what cannot be read is left out.
    fn query_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for part in self.query.as_deref().unwrap_or_default().split('&') {
            if part.is_empty() || part.contains(';') {
                continue;
            }
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let read = |text: &str| {
                let plain = unescape(&text.replace('+', " "), Part::Other).ok()?;
                Some(String::from_utf8_lossy(&plain).into_owned())
            };
            if let (Some(key), Some(value)) = (read(key), read(value)) {
                pairs.push((key, value));
            }
        }
        pairs
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            if self.has_authority {
                f.write_str("//")?;
                if let Some(user) = &self.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&self.host)?;
            }
            f.write_str(&self.escaped_path())?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        match self.fragment.as_deref() {
            Some(fragment) if !fragment.is_empty() => write!(f, "#{fragment}"),
            _ => Ok(()),
        }
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at(index);
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    if host.rfind('[').is_some_and(|place| place > 0) {
        return Err("invalid IP-literal".to_owned());
    }
    if let Some(inside) = host.strip_prefix('[') {
        let (address, port) = inside
            .rsplit_once(']')
            .ok_or_else(|| "missing ']' in host".to_owned())?;
        if !is_optional_port(port) {
            return Err(invalid_port(port));
        }
        let (plain, zone) = match address.split_once("%25") {
            Some((plain, zone)) => (plain, Some(zone)),
            None => (address, None),
        };
        unescape(plain, Part::Host)?;
        if plain.parse::<Ipv4Addr>().is_ok() {
            return Err("invalid IP-literal".to_owned());
        }
        if plain.parse::<Ipv6Addr>().is_err() {
            return Err(format!(
                "invalid host: ParseAddr({plain:?}): unable to parse IP"
            ));
        }
        if let Some(zone) = zone {
            let zone = unescape(zone, Part::Other)?;
            let zone = String::from_utf8(zone).map_err(|_| "invalid zone".to_owned())?;
            return Ok(format!("[{plain}%{zone}]{port}"));
        }
        return Ok(host.to_owned());
    }
    // Other schemes than these may name several hosts with their ports.
    let colon = match scheme {
        "http" | "https" => host.find(':'),
        _ => host.rfind(':'),
    };
    let port = colon
        .and_then(|colon| host.get(colon..))
        .unwrap_or_default();
    if !is_optional_port(port) {
        return Err(invalid_port(port));
    }
    let plain = unescape(host, Part::Host)?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

fn invalid_port(port: &str) -> String {
    format!("invalid port {port:?} after host")
}

/// Nothing, or a colon and digits.
fn is_optional_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => text.is_empty(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Other,
}

/// Puts bytes in place of `%41`; in a host only what is not ASCII may be escaped.
fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().enumerate();
    while let Some((index, byte)) = bytes.next() {
        if byte != b'%' {
            if part == Part::Host
                && byte < 0x80
                && !(byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte))
            {
                let shown = char::from(byte).to_string();
                return Err(format!("invalid character {shown:?} in host name"));
            }
            plain.push(byte);
            continue;
        }
        let invalid = || {
            let shown: String = text
                .get(index..)
                .unwrap_or_default()
                .chars()
                .take(3)
                .collect();
            format!("invalid URL escape {shown:?}")
        };
        let mut digit = || {
            let (_, byte) = bytes.next()?;
            u8::try_from(char::from(byte).to_digit(16)?).ok()
        };
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(invalid());
        };
        let value = high * 16 + low;
        if part == Part::Host && value < 0x80 {
            return Err(invalid());
        }
        plain.push(value);
    }
    Ok(plain)
}

fn path_must_escape(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte))
}

fn url<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Url::parse(text)
            .map(|url| Value::Opaque(Opaque::Url(Arc::new(url))))
            .map_err(|reason| {
                EvalError::argument(format!(
                    "URL parse error during conversion from string: {reason}"
                ))
            }),
        _ => Err(EvalError::overload()),
    }
}

fn is_url<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::Bool(Url::check(text).is_ok())),
        _ => Err(EvalError::overload()),
    }
}

fn receiver<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Url, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Url(url))] => Ok(url),
        _ => Err(EvalError::overload()),
    }
}

fn scheme<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.scheme.as_str()))
}

fn host<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.host.as_str()))
}

fn hostname<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.hostname()))
}

fn port<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.port()))
}

fn escaped_path<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(receiver(arguments)?.escaped_path()))
}

fn query<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let mut keys: Vec<(String, Vec<Value<'a>>)> = Vec::new();
    for (key, value) in receiver(arguments)?.query_pairs() {
        let value = Value::string(value);
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    let entries = keys
        .into_iter()
        .map(|(key, values)| (Value::string(key), Value::list(values)))
        .collect();
    Value::map(entries).ok_or_else(EvalError::overload)
}
